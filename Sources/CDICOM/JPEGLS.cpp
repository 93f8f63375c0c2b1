#include <charls/charls.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "Failure.hpp"

using cdicom::Failure;
using cdicom::guarded;

// DCMTK's own copy of CharLS decodes no less than 8 bits a sample; CharLS 2 takes the standard's 2 to 16.

bool cdicom_decode_jpegls(
    CDICOMFrame frame, const uint8_t *codestream, size_t count, uint8_t *samples, size_t capacity, bool *isPlanar) {
    return guarded(false, [&] {
        try {
            // Not with what a SPIFF header says beside: it is not of DICOM, and some encoders write it wrong.
            charls::jpegls_decoder decoder(codestream, count, false);
            decoder.read_header();
            const charls::frame_info &info = decoder.frame_info();
            // The caller's room is for what it read in the codestream.
            if (info.width != frame.columns || info.height != frame.rows
                || info.component_count != frame.samplesPerPixel || info.bits_per_sample != frame.precision)
                throw Failure("the JPEG-LS codestream has another size than the header says");
            *isPlanar = decoder.interleave_mode() == charls::interleave_mode::none && info.component_count > 1;
            decoder.decode(samples, capacity);
        } catch (const charls::jpegls_error &error) {
            const bool isTruncated = error.code() == charls::jpegls_errc::source_buffer_too_small;
            throw Failure(
                "JPEG-LS: " + std::string(error.what()), isTruncated ? CDICOMTruncated : CDICOMDamaged);
        }
        return true;
    });
}

uint8_t *cdicom_encode_jpegls(CDICOMFrame frame, const uint8_t *samples, size_t *count) {
    return guarded<uint8_t *>(nullptr, [&] {
        try {
            charls::jpegls_encoder encoder;
            encoder.frame_info({frame.columns, frame.rows, frame.precision, frame.samplesPerPixel});
            if (frame.samplesPerPixel > 1) encoder.interleave_mode(charls::interleave_mode::sample);
            // Noise can need more than the estimate.
            const size_t size = size_t(frame.columns) * frame.rows * frame.samplesPerPixel * (frame.precision > 8 ? 2 : 1);
            const size_t capacity = encoder.estimated_destination_size() + size + 4096;
            std::unique_ptr<uint8_t, decltype(&free)> bytes(static_cast<uint8_t *>(malloc(capacity)), free);
            if (!bytes) throw std::bad_alloc();
            encoder.destination(bytes.get(), capacity);
            *count = encoder.encode(samples, size);
            return bytes.release();
        } catch (const charls::jpegls_error &error) {
            throw Failure("JPEG-LS: " + std::string(error.what()));
        }
    });
}
