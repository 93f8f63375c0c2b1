// The one way an error takes out of the shim.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>

#include "CDICOM.h"

namespace cdicom {

struct Failure : std::runtime_error {
    CDICOMErrorKind kind;
    explicit Failure(const std::string &message, CDICOMErrorKind kind = CDICOMDamaged)
        : std::runtime_error(message), kind(kind) {}
};

void remember(const char *message, CDICOMErrorKind kind) noexcept;

/// What `body` returns, or `failure` if it throws.
template <typename Result, typename Body>
Result guarded(Result failure, Body body) noexcept {
    try {
        return body();
    } catch (const Failure &error) {
        remember(error.what(), error.kind);
    } catch (const std::bad_alloc &) {
        remember("needs more memory than there is", CDICOMDamaged);
    } catch (const std::exception &error) {
        remember(error.what(), CDICOMDamaged);
    } catch (...) {
        remember("unknown error in DCMTK", CDICOMDamaged);
    }
    return failure;
}

}  // namespace cdicom
