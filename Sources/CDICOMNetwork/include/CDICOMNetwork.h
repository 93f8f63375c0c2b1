// What Fovea needs of DCMTK's network library, as C: the association (PS3.8), C-ECHO and C-STORE (PS3.7), of either side. No
// C++ exception leaves these functions: one that fails returns NULL or false, and cdicom_network_error() of the same thread says
// in a line why.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Not to be used by two threads at once; each thread has its own.
typedef struct CDICOMNetwork CDICOMNetwork;
/// An association, or the request for one; lives no longer than its network.
typedef struct CDICOMAssociation CDICOMAssociation;

const char *_Nonnull cdicom_network_error(void);

// MARK: Networks

/// Receives associations at a socket that listens and does not block, of which it keeps a duplicate. `timeout` seconds are
/// waited for each step of setting an association up.
CDICOMNetwork *_Nullable cdicom_network_listen(int listeningSocket, int timeout);
/// Requests associations.
CDICOMNetwork *_Nullable cdicom_network_request(int timeout);
void cdicom_network_free(CDICOMNetwork *_Nullable network);

// MARK: The side that is asked

typedef enum {
    /// Nobody has come.
    CDICOMNobody,
    /// A request, to be accepted or rejected.
    CDICOMRequested,
    /// Whoever came spoke no DICOM, or fell silent.
    CDICOMFailed
} CDICOMArrival;

/// Waits so many seconds for somebody to come, and reads what is asked.
CDICOMArrival cdicom_association_receive(
    CDICOMNetwork *_Nonnull network, int seconds, int32_t maximumPDU,
    CDICOMAssociation *_Nullable *_Nonnull association);
const char *_Nonnull cdicom_association_calling(CDICOMAssociation *_Nonnull association);
const char *_Nonnull cdicom_association_called(CDICOMAssociation *_Nonnull association);
/// The address of the other side, in digits.
const char *_Nonnull cdicom_association_address(CDICOMAssociation *_Nonnull association);
/// Accepts verification and all storage classes that are proposed, in the transfer syntaxes given, the first best; false where
/// none is left.
bool cdicom_association_accept(
    CDICOMAssociation *_Nonnull association, const char *_Nonnull const *_Nonnull transferSyntaxes, int count);

typedef enum { CDICOMCallingTitle, CDICOMCalledTitle, CDICOMNoReason } CDICOMRejection;
void cdicom_association_reject(CDICOMAssociation *_Nonnull association, CDICOMRejection reason);

typedef enum {
    CDICOMEcho, CDICOMStore,
    /// A command that was not negotiated.
    CDICOMOther,
    CDICOMRelease, CDICOMAbort,
    /// The connection broke, or what came is no DICOM.
    CDICOMBroken
} CDICOMCommand;

/// Whether something has come, within so many seconds.
bool cdicom_association_waits(CDICOMAssociation *_Nonnull association, int seconds);
/// Reads the next command.
CDICOMCommand cdicom_association_next(CDICOMAssociation *_Nonnull association, int timeout);
bool cdicom_association_answer_echo(CDICOMAssociation *_Nonnull association);
/// Agrees to a release.
void cdicom_association_agree(CDICOMAssociation *_Nonnull association);

// Of the last command, where it is C-STORE.
const char *_Nonnull cdicom_store_class(CDICOMAssociation *_Nonnull association);
const char *_Nonnull cdicom_store_instance(CDICOMAssociation *_Nonnull association);

typedef enum {
    CDICOMStored,
    /// The object was read to its end, and could not be written or is larger than the limit.
    CDICOMNoRoom,
    /// The association cannot go on.
    CDICOMLost
} CDICOMStoreOutcome;

/// Writes the object as it comes, bit for bit, behind a meta header, and brings it to the disk. What it leaves at the path
/// unless all is stored is no object.
CDICOMStoreOutcome cdicom_store_receive(
    CDICOMAssociation *_Nonnull association, const char *_Nonnull path, uint64_t limit, int timeout);
/// Reads the object and drops it.
bool cdicom_store_ignore(CDICOMAssociation *_Nonnull association, int timeout);
/// Answers with a status of PS3.4 B.2.3, and for whoever reads it a comment (0000,0902).
bool cdicom_store_answer(
    CDICOMAssociation *_Nonnull association, uint16_t status, const char *_Nullable comment);

// MARK: The side that asks

/// Proposes a presentation context for each storage class, with these transfer syntaxes; and verification where there is no
/// class. `address` is a host, a colon and a port.
CDICOMAssociation *_Nullable cdicom_association_request(
    CDICOMNetwork *_Nonnull network, const char *_Nonnull calling, const char *_Nonnull called,
    const char *_Nonnull address, const char *_Nonnull const *_Nonnull classes, int classCount,
    const char *_Nonnull const *_Nonnull transferSyntaxes, int syntaxCount, int timeout);
bool cdicom_association_echo(CDICOMAssociation *_Nonnull association, int timeout, uint16_t *_Nonnull status);
/// Whether the other side takes objects of a class.
bool cdicom_association_accepts(CDICOMAssociation *_Nonnull association, const char *_Nonnull storageClass);
/// Sends a file, and waits for what the other side says of it.
bool cdicom_association_store(
    CDICOMAssociation *_Nonnull association, const char *_Nonnull path, const char *_Nonnull storageClass,
    const char *_Nonnull instance, int timeout, uint16_t *_Nonnull status);
void cdicom_association_release(CDICOMAssociation *_Nonnull association);

// MARK: Either side

void cdicom_association_abort(CDICOMAssociation *_Nonnull association);
/// Closes the connection, if it still is open.
void cdicom_association_free(CDICOMAssociation *_Nullable association);

#ifdef __cplusplus
}
#endif
