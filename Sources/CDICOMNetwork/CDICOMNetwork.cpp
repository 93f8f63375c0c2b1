#include "CDICOMNetwork.h"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcostrma.h>
#include <dcmtk/dcmdata/dcostrmf.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>
#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmnet/dulstruc.h>
#include <dcmtk/oflog/oflog.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct CDICOMNetwork {
    T_ASC_Network *network = nullptr;
    ~CDICOMNetwork() { ASC_dropNetwork(&network); }
};

struct CDICOMAssociation {
    T_ASC_Association *association = nullptr;
    std::string calling, called, address;
    T_DIMSE_Message message{};
    T_ASC_PresentationContextID context = 0;
    DIC_US lastMessage = 0;

    ~CDICOMAssociation() {
        if (!association) return;
        ASC_dropAssociation(association);
        ASC_destroyAssociation(&association);
    }
};

namespace {

thread_local std::string lastError;

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void require(const OFCondition &condition) {
    if (condition.bad()) throw Failure(condition.text());
}

/// What `body` returns, or `failure` if it throws; one line of why.
template <typename Result, typename Body>
Result guarded(Result failure, Body body) noexcept {
    try {
        return body();
    } catch (const std::exception &error) {
        lastError = error.what();
    } catch (...) {
        lastError = "unknown error in DCMTK";
    }
    for (char &letter : lastError)
        if (letter == '\n' || letter == '\r') letter = ' ';
    return failure;
}

/// Silence (errors are returned, never logged), and addresses in digits: a name's look-up may take a minute.
void setUp() {
    static const bool done = [] {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        dcmDisableGethostbyaddr.set(OFTrue);
        return true;
    }();
    (void)done;
}

CDICOMNetwork *opened(int timeout) {
    setUp();
    auto network = std::make_unique<CDICOMNetwork>();
    require(ASC_initializeNetwork(NET_REQUESTOR, 0, timeout, &network->network));
    return network.release();
}

/// A file's end, to which bytes go as they come, up to a limit. DCMTK's own stream does not tell whether the last of them
/// reached the disk.
class Appender : public DcmConsumer {
public:
    Appender(const char *path, uint64_t limit)
        : file(open(path, O_WRONLY | O_APPEND | O_CLOEXEC)), left(limit), state(file < 0 ? EC_InvalidStream : EC_Normal) {}
    ~Appender() override {
        if (file >= 0) close(file);
    }

    OFBool good() const override { return state.good(); }
    OFCondition status() const override { return state; }
    OFBool isFlushed() const override { return OFTrue; }
    offile_off_t avail() const override { return offile_off_t(left); }
    void flush() override {}

    offile_off_t write(const void *bytes, offile_off_t count) override {
        offile_off_t written = 0;
        while (state.good() && written < count) {
            const size_t rest = size_t(count - written);
            const ssize_t step =
                rest > left ? -1 : ::write(file, static_cast<const char *>(bytes) + written, rest);
            if (step <= 0) {
                state = EC_InvalidStream;
            } else {
                written += step;
                left -= uint64_t(step);
            }
        }
        return written;
    }

    bool reachedDisk() { return state.good() && fsync(file) == 0; }

private:
    const int file;
    uint64_t left;
    OFCondition state;
};

class AppendingStream : public DcmOutputStream {
public:
    AppendingStream(const char *path, uint64_t limit) : DcmOutputStream(&appender), appender(path, limit) {}
    Appender appender;
};

}  // namespace

const char *cdicom_network_error(void) { return lastError.c_str(); }

// MARK: Networks

CDICOMNetwork *cdicom_network_listen(int listeningSocket, int timeout) {
    return guarded<CDICOMNetwork *>(nullptr, [&] {
        // DCMTK listens at all of the machine's addresses or at none. So it is given a socket that listens at one.
        std::unique_ptr<CDICOMNetwork> network(opened(timeout));
        const int own = fcntl(listeningSocket, F_DUPFD_CLOEXEC, 0);
        if (own < 0) throw Failure("too many files are open");
        auto key = reinterpret_cast<PRIVATE_NETWORKKEY *>(network->network->network);
        network->network->role = NET_ACCEPTOR;
        key->applicationFunction = DICOM_APPLICATION_ACCEPTOR;
        key->networkSpecific.TCP.listenSocket = own;
        return network.release();
    });
}

CDICOMNetwork *cdicom_network_request(int timeout) {
    return guarded<CDICOMNetwork *>(nullptr, [&] { return opened(timeout); });
}

void cdicom_network_free(CDICOMNetwork *network) {
    guarded<bool>(false, [&] { return delete network, true; });
}

// MARK: The side that is asked

CDICOMArrival cdicom_association_receive(
    CDICOMNetwork *network, int seconds, int32_t maximumPDU, CDICOMAssociation **result) {
    *result = nullptr;
    return guarded<CDICOMArrival>(CDICOMFailed, [&] {
        if (!ASC_associationWaiting(network->network, seconds)) return CDICOMNobody;
        auto association = std::make_unique<CDICOMAssociation>();
        const OFCondition condition = ASC_receiveAssociation(
            network->network, &association->association, maximumPDU, nullptr, nullptr, OFFalse, DUL_NOBLOCK, 0);
        // Another thread was faster.
        if (condition == DUL_NOASSOCIATIONREQUEST || condition.code() == DULC_TCPINITERROR) return CDICOMNobody;
        if (association->association && association->association->params) {
            char calling[128] = "", called[128] = "", peer[128] = "", own[128] = "";
            ASC_getAPTitles(
                association->association->params, calling, sizeof calling, called, sizeof called, nullptr, 0);
            ASC_getPresentationAddresses(association->association->params, peer, sizeof peer, own, sizeof own);
            association->calling = calling;
            association->called = called;
            association->address = peer;
        }
        if (condition.good()) {
            *result = association.release();
            return CDICOMRequested;
        }
        lastError = condition.text();
        return CDICOMFailed;
    });
}

const char *cdicom_association_calling(CDICOMAssociation *association) { return association->calling.c_str(); }
const char *cdicom_association_called(CDICOMAssociation *association) { return association->called.c_str(); }
const char *cdicom_association_address(CDICOMAssociation *association) { return association->address.c_str(); }

bool cdicom_association_accept(CDICOMAssociation *association, const char *const *transferSyntaxes, int count) {
    return guarded<bool>(false, [&] {
        T_ASC_Parameters *params = association->association->params;
        std::vector<const char *> classes{UID_VerificationSOPClass};
        classes.insert(
            classes.end(), dcmAllStorageSOPClassUIDs, dcmAllStorageSOPClassUIDs + numberOfDcmAllStorageSOPClassUIDs);
        require(ASC_acceptContextsWithPreferredTransferSyntaxes(
            params, classes.data(), int(classes.size()), const_cast<const char **>(transferSyntaxes), count));
        if (ASC_countAcceptedPresentationContexts(params) == 0) throw Failure("proposes nothing that is taken here");
        require(ASC_acknowledgeAssociation(association->association));
        return true;
    });
}

void cdicom_association_reject(CDICOMAssociation *association, CDICOMRejection reason) {
    guarded<bool>(false, [&] {
        const T_ASC_RejectParameters rejection{
            ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER,
            reason == CDICOMCallingTitle  ? ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED
            : reason == CDICOMCalledTitle ? ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED
                                          : ASC_REASON_SU_NOREASON};
        require(ASC_rejectAssociation(association->association, &rejection));
        return true;
    });
}

bool cdicom_association_waits(CDICOMAssociation *association, int seconds) {
    return guarded<bool>(true, [&] { return bool(ASC_dataWaiting(association->association, seconds)); });
}

CDICOMCommand cdicom_association_next(CDICOMAssociation *association, int timeout) {
    return guarded<CDICOMCommand>(CDICOMBroken, [&] {
        association->message = T_DIMSE_Message{};
        const OFCondition condition = DIMSE_receiveCommand(
            association->association, DIMSE_NONBLOCKING, timeout, &association->context, &association->message, nullptr);
        if (condition == DUL_PEERREQUESTEDRELEASE) return CDICOMRelease;
        if (condition == DUL_PEERABORTEDASSOCIATION) return CDICOMAbort;
        require(condition);
        switch (association->message.CommandField) {
        case DIMSE_C_ECHO_RQ: return CDICOMEcho;
        case DIMSE_C_STORE_RQ: return CDICOMStore;
        default: return CDICOMOther;
        }
    });
}

bool cdicom_association_answer_echo(CDICOMAssociation *association) {
    return guarded<bool>(false, [&] {
        require(DIMSE_sendEchoResponse(
            association->association, association->context, &association->message.msg.CEchoRQ, STATUS_Success, nullptr));
        return true;
    });
}

void cdicom_association_agree(CDICOMAssociation *association) {
    guarded<bool>(false, [&] {
        require(ASC_acknowledgeRelease(association->association));
        return true;
    });
}

const char *cdicom_store_class(CDICOMAssociation *association) {
    return association->message.msg.CStoreRQ.AffectedSOPClassUID;
}

const char *cdicom_store_instance(CDICOMAssociation *association) {
    return association->message.msg.CStoreRQ.AffectedSOPInstanceUID;
}

CDICOMStoreOutcome cdicom_store_receive(
    CDICOMAssociation *association, const char *path, uint64_t limit, int timeout) {
    return guarded<CDICOMStoreOutcome>(CDICOMLost, [&] {
        const auto connection = association->association;
        DcmOutputFileStream *header = nullptr;
        const OFCondition begun = DIMSE_createFilestream(
            path, &association->message.msg.CStoreRQ, connection, association->context, 1, &header);
        delete header;
        if (begun.bad()) return cdicom_store_ignore(association, timeout) ? CDICOMNoRoom : CDICOMLost;
        AppendingStream stream(path, limit);
        T_ASC_PresentationContextID context = 0;
        const OFCondition condition = DIMSE_receiveDataSetInFile(
            connection, DIMSE_NONBLOCKING, timeout, &context, &stream, nullptr, nullptr);
        if (condition.code() == DIMSEC_OUTOFRESOURCES) return CDICOMNoRoom;
        require(condition);
        if (context != association->context) throw Failure("the object comes in another presentation context");
        return stream.appender.reachedDisk() ? CDICOMStored : CDICOMNoRoom;
    });
}

bool cdicom_store_ignore(CDICOMAssociation *association, int timeout) {
    return guarded<bool>(false, [&] {
        DIC_UL bytes = 0, count = 0;
        require(DIMSE_ignoreDataSet(association->association, DIMSE_NONBLOCKING, timeout, &bytes, &count));
        return true;
    });
}

bool cdicom_store_answer(CDICOMAssociation *association, uint16_t status, const char *comment) {
    return guarded<bool>(false, [&] {
        const T_DIMSE_C_StoreRQ &request = association->message.msg.CStoreRQ;
        T_DIMSE_C_StoreRSP response{};
        response.MessageIDBeingRespondedTo = request.MessageID;
        response.DimseStatus = status;
        response.DataSetType = DIMSE_DATASET_NULL;
        OFStandard::strlcpy(
            response.AffectedSOPClassUID, request.AffectedSOPClassUID, sizeof response.AffectedSOPClassUID);
        OFStandard::strlcpy(
            response.AffectedSOPInstanceUID, request.AffectedSOPInstanceUID, sizeof response.AffectedSOPInstanceUID);
        response.opts = O_STORE_AFFECTEDSOPCLASSUID | O_STORE_AFFECTEDSOPINSTANCEUID;
        DcmDataset detail;
        if (comment) require(detail.putAndInsertString(DCM_ErrorComment, std::string(comment).substr(0, 64).c_str()));
        require(DIMSE_sendStoreResponse(
            association->association, association->context, &request, &response, comment ? &detail : nullptr));
        return true;
    });
}

// MARK: The side that asks

CDICOMAssociation *cdicom_association_request(
    CDICOMNetwork *network, const char *calling, const char *called, const char *address, const char *const *classes,
    int classCount, const char *const *transferSyntaxes, int syntaxCount, int timeout) {
    return guarded<CDICOMAssociation *>(nullptr, [&] {
        dcmConnectionTimeout.set(timeout);
        auto association = std::make_unique<CDICOMAssociation>();
        T_ASC_Parameters *params = nullptr;
        require(ASC_createAssociationParameters(&params, ASC_DEFAULTMAXPDU));
        ASC_setAPTitles(params, calling, called, nullptr);
        ASC_setPresentationAddresses(params, OFStandard::getHostName().c_str(), address);
        const char **syntaxes = const_cast<const char **>(transferSyntaxes);
        OFCondition condition = EC_Normal;
        if (classCount == 0)
            condition = ASC_addPresentationContext(params, 1, UID_VerificationSOPClass, syntaxes, syntaxCount);
        for (int index = 0; index < classCount && condition.good(); ++index)
            condition = ASC_addPresentationContext(
                params, T_ASC_PresentationContextID(2 * index + 1), classes[index], syntaxes, syntaxCount);
        if (condition.bad()) {
            ASC_destroyAssociationParameters(&params);
            require(condition);
        }
        const OFCondition answer = ASC_requestAssociation(
            network->network, params, &association->association, nullptr, nullptr, DUL_NOBLOCK, timeout);
        if (answer == DUL_ASSOCIATIONREJECTED) {
            T_ASC_RejectParameters rejection;
            OFString text;
            ASC_getRejectParameters(params, &rejection);
            throw Failure("rejects the association: " + std::string(ASC_printRejectParameters(text, &rejection).c_str()));
        }
        require(answer);
        return association.release();
    });
}

bool cdicom_association_echo(CDICOMAssociation *association, int timeout, uint16_t *status) {
    return guarded<bool>(false, [&] {
        require(DIMSE_echoUser(
            association->association, ++association->lastMessage, DIMSE_NONBLOCKING, timeout, status, nullptr));
        return true;
    });
}

bool cdicom_association_accepts(CDICOMAssociation *association, const char *storageClass) {
    return ASC_findAcceptedPresentationContextID(association->association, storageClass) != 0;
}

bool cdicom_association_store(
    CDICOMAssociation *association, const char *path, const char *storageClass, const char *instance, int timeout,
    uint16_t *status) {
    return guarded<bool>(false, [&] {
        T_DIMSE_C_StoreRQ request{};
        request.MessageID = ++association->lastMessage;
        OFStandard::strlcpy(request.AffectedSOPClassUID, storageClass, sizeof request.AffectedSOPClassUID);
        OFStandard::strlcpy(request.AffectedSOPInstanceUID, instance, sizeof request.AffectedSOPInstanceUID);
        request.DataSetType = DIMSE_DATASET_PRESENT;
        request.Priority = DIMSE_PRIORITY_MEDIUM;
        T_DIMSE_C_StoreRSP response{};
        DcmDataset *detail = nullptr;
        const OFCondition condition = DIMSE_storeUser(
            association->association, ASC_findAcceptedPresentationContextID(association->association, storageClass),
            &request, path, nullptr, nullptr, nullptr, DIMSE_NONBLOCKING, timeout, &response, &detail);
        delete detail;
        require(condition);
        *status = response.DimseStatus;
        return true;
    });
}

void cdicom_association_release(CDICOMAssociation *association) {
    guarded<bool>(false, [&] {
        require(ASC_releaseAssociation(association->association));
        return true;
    });
}

// MARK: Either side

void cdicom_association_abort(CDICOMAssociation *association) {
    guarded<bool>(false, [&] {
        require(ASC_abortAssociation(association->association));
        return true;
    });
}

void cdicom_association_free(CDICOMAssociation *association) {
    guarded<bool>(false, [&] { return delete association, true; });
}
