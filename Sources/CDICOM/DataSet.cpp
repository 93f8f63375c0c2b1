#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcistrmf.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "Failure.hpp"

using cdicom::Failure;
using cdicom::guarded;

namespace {

thread_local std::string lastError;
thread_local CDICOMErrorKind lastErrorKind = CDICOMDamaged;

void require(const OFCondition &condition) {
    if (condition.good()) return;
    if (condition == EC_EndOfStream || condition == EC_StreamNotifyClient || condition == EC_InvalidStream)
        throw Failure("or the length of a data element is wrong", CDICOMTruncated);
    throw Failure(condition.text(), condition == EC_CannotChangeRepresentation ? CDICOMUnsupported : CDICOMDamaged);
}

/// Silence (errors are returned, never logged) and codecs that leave colours and planes as they are coded.
void setUp() {
    static const bool done = [] {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        // Some writers forget what standard attributes are; the dictionary knows.
        dcmEnableUnknownVRConversion.set(OFTrue);
        DJDecoderRegistration::registerCodecs(EDC_never, EUC_never, EPC_colorByPixel);
        DJLSDecoderRegistration::registerCodecs(EJLSUC_default, EJLSPC_colorByPixel);
        return true;
    }();
    (void)done;
}

/// A file that stops being read where its sequences nest so deeply that DCMTK, which recurses, would overrun the stack.
class ShallowFile : public DcmInputFileStream {
public:
    explicit ShallowFile(const char *path) : DcmInputFileStream(OFFilename(path)) {}

    offile_off_t read(void *buffer, offile_off_t count) override {
        const char here = 0;
        if (labs(&here - top) > limit) throw Failure("its sequences are nested too deeply");
        return DcmInputFileStream::read(buffer, count);
    }

private:
    static constexpr long limit = 128 * 1024;
    const char anchor = 0;
    const char *top = &anchor;
};

DcmFileFormat *unwrap(CDICOMFile *file) { return reinterpret_cast<DcmFileFormat *>(file); }
CDICOMFile *wrap(std::unique_ptr<DcmFileFormat> file) { return reinterpret_cast<CDICOMFile *>(file.release()); }
DcmItem *unwrap(CDICOMItem *item) { return reinterpret_cast<DcmItem *>(item); }
CDICOMItem *wrap(DcmItem *item) { return reinterpret_cast<CDICOMItem *>(item); }
DcmTag tagOf(uint32_t tag) { return DcmTag(Uint16(tag >> 16), Uint16(tag & 0xFFFF)); }

uint32_t numberOf(const DcmTag &tag) { return uint32_t(tag.getGroup()) << 16 | tag.getElement(); }

DcmElement *find(CDICOMItem *item, uint32_t tag) {
    DcmElement *element = nullptr;
    unwrap(item)->findAndGetElement(tagOf(tag), element);
    return element;
}

DcmPixelSequence &fragments(CDICOMFile *file) {
    DcmElement *element = nullptr;
    require(unwrap(file)->getDataset()->findAndGetElement(DCM_PixelData, element));
    auto *pixels = dynamic_cast<DcmPixelData *>(element);
    if (!pixels) throw Failure("the pixel data is not what its transfer syntax says");
    DcmPixelSequence *sequence = nullptr;
    E_TransferSyntax syntax;
    const DcmRepresentationParameter *parameter = nullptr;
    pixels->getOriginalRepresentationKey(syntax, parameter);
    require(pixels->getEncapsulatedRepresentation(syntax, parameter, sequence));
    if (!sequence) throw Failure("the pixel data is not what its transfer syntax says");
    return *sequence;
}

DcmPixelItem &fragment(CDICOMFile *file, int64_t index) {
    DcmPixelItem *item = nullptr;
    require(fragments(file).getItem(item, static_cast<unsigned long>(index)));
    return *item;
}

}  // namespace

void cdicom::remember(const char *message, CDICOMErrorKind kind) noexcept {
    lastErrorKind = kind;
    try {
        lastError = message;
    } catch (...) {
        lastError.clear();
    }
}

const char *cdicom_error(void) { return lastError.c_str(); }
CDICOMErrorKind cdicom_error_kind(void) { return lastErrorKind; }

const char *cdicom_uid_name(const char *uid) { return dcmFindNameOfUID(uid, nullptr); }

// MARK: Files

CDICOMFile *cdicom_read(const char *path) {
    return guarded<CDICOMFile *>(nullptr, [&] {
        setUp();
        auto file = std::make_unique<DcmFileFormat>();
        ShallowFile stream(path);
        require(stream.status());
        file->transferInit();
        require(file->read(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength));
        file->transferEnd();
        return wrap(std::move(file));
    });
}

CDICOMFile *cdicom_decode(const uint8_t *bytes, size_t count) {
    return guarded<CDICOMFile *>(nullptr, [&] {
        setUp();
        auto file = std::make_unique<DcmFileFormat>();
        DcmInputBufferStream stream;
        stream.setBuffer(bytes, offile_off_t(count));
        stream.setEos();
        DcmDataset *dataset = file->getDataset();
        dataset->transferInit();
        require(dataset->read(stream, EXS_LittleEndianExplicit));
        dataset->transferEnd();
        return wrap(std::move(file));
    });
}

void cdicom_free(CDICOMFile *file) { delete unwrap(file); }

CDICOMItem *cdicom_root(CDICOMFile *file) { return wrap(unwrap(file)->getDataset()); }

const char *cdicom_transfer_syntax(CDICOMFile *file) {
    return DcmXfer(unwrap(file)->getDataset()->getOriginalXfer()).getXferID();
}

bool cdicom_is_encapsulated(CDICOMFile *file) {
    return DcmXfer(unwrap(file)->getDataset()->getOriginalXfer()).isEncapsulated();
}

bool cdicom_convert_to_utf8(CDICOMFile *file) {
    return guarded(false, [&] {
        require(unwrap(file)->getDataset()->convertToUTF8());
        return true;
    });
}

CDICOMFile *cdicom_split(CDICOMFile *file, uint32_t tag) {
    return guarded<CDICOMFile *>(nullptr, [&] {
        auto rest = std::make_unique<DcmFileFormat>();
        DcmDataset *dataset = unwrap(file)->getDataset();
        for (unsigned long index = dataset->card(); index > 0; --index) {
            if (numberOf(dataset->getElement(index - 1)->getTag()) <= tag) continue;
            require(rest->getDataset()->insert(dataset->remove(index - 1)));
        }
        return wrap(std::move(rest));
    });
}

uint8_t *cdicom_encode(CDICOMFile *file, size_t *count) {
    return guarded<uint8_t *>(nullptr, [&] {
        DcmDataset *dataset = unwrap(file)->getDataset();
        require(dataset->loadAllDataIntoMemory());
        // The length with every sequence explicit is exact; a few bytes more cost nothing.
        const size_t capacity = dataset->calcElementLength(EXS_LittleEndianExplicit, EET_ExplicitLength) + 16;
        std::unique_ptr<uint8_t, decltype(&free)> bytes(static_cast<uint8_t *>(malloc(capacity)), free);
        if (!bytes) throw std::bad_alloc();
        DcmOutputBufferStream stream(bytes.get(), offile_off_t(capacity));
        dataset->transferInit();
        require(dataset->write(stream, EXS_LittleEndianExplicit, EET_ExplicitLength, nullptr, EGL_withoutGL));
        dataset->transferEnd();
        void *start = nullptr;
        offile_off_t length = 0;
        stream.flushBuffer(start, length);
        *count = size_t(length);
        return bytes.release();
    });
}

bool cdicom_save(CDICOMFile *file, const char *path) {
    return guarded(false, [&] {
        require(unwrap(file)->saveFile(
            path, EXS_LittleEndianExplicit, EET_ExplicitLength, EGL_withoutGL, EPD_withoutPadding, 0, 0,
            EWM_createNewMeta));
        return true;
    });
}

// MARK: Elements

int64_t cdicom_element_count(CDICOMItem *item) { return int64_t(unwrap(item)->card()); }

uint32_t cdicom_element_tag(CDICOMItem *item, int64_t index) {
    const DcmElement *element = unwrap(item)->getElement(static_cast<unsigned long>(index));
    return element ? numberOf(element->getTag()) : 0;
}

char *cdicom_string(CDICOMItem *item, uint32_t tag) {
    return guarded<char *>(nullptr, [&]() -> char * {
        OFString value;
        if (unwrap(item)->findAndGetOFStringArray(tagOf(tag), value).bad()) return nullptr;
        return strdup(value.c_str());
    });
}

int64_t cdicom_length(CDICOMItem *item, uint32_t tag) {
    return guarded<int64_t>(-1, [&]() -> int64_t {
        DcmElement *element = find(item, tag);
        return element ? int64_t(element->getLength()) : -1;
    });
}

const char *cdicom_value_representation(CDICOMItem *item, uint32_t tag) {
    return guarded<const char *>(nullptr, [&]() -> const char * {
        DcmElement *element = find(item, tag);
        return element ? DcmVR(element->getVR()).getValidVRName() : nullptr;
    });
}

bool cdicom_copy(CDICOMItem *item, uint32_t tag, size_t offset, uint8_t *bytes, size_t count, bool bigEndian) {
    return guarded(false, [&] {
        DcmElement *element = find(item, tag);
        if (!element) throw Failure("a data element is missing");
        if (offset + count > element->getLength()) throw Failure("a data element is too short", CDICOMTruncated);
        require(element->getPartialValue(
            bytes, Uint32(offset), Uint32(count), nullptr, bigEndian ? EBO_BigEndian : EBO_LittleEndian));
        return true;
    });
}

bool cdicom_set_string(CDICOMItem *item, uint32_t tag, const char *value) {
    return guarded(false, [&] {
        require(unwrap(item)->putAndInsertString(tagOf(tag), value));
        return true;
    });
}

bool cdicom_remove(CDICOMItem *item, uint32_t tag) {
    return guarded(false, [&] { return unwrap(item)->findAndDeleteElement(tagOf(tag)).good(); });
}

int64_t cdicom_item_count(CDICOMItem *item, uint32_t tag) {
    return guarded<int64_t>(-1, [&]() -> int64_t {
        auto *sequence = dynamic_cast<DcmSequenceOfItems *>(find(item, tag));
        return sequence ? int64_t(sequence->card()) : -1;
    });
}

CDICOMItem *cdicom_item(CDICOMItem *item, uint32_t tag, int64_t index) {
    return guarded<CDICOMItem *>(nullptr, [&]() -> CDICOMItem * {
        auto *sequence = dynamic_cast<DcmSequenceOfItems *>(find(item, tag));
        return sequence ? wrap(sequence->getItem(static_cast<unsigned long>(index))) : nullptr;
    });
}

CDICOMItem *cdicom_append_item(CDICOMItem *item, uint32_t tag) {
    return guarded<CDICOMItem *>(nullptr, [&] {
        DcmItem *result = nullptr;
        require(unwrap(item)->findOrCreateSequenceItem(tagOf(tag), result, -2));
        return wrap(result);
    });
}

// MARK: Encapsulated pixel data

int64_t cdicom_fragment_count(CDICOMFile *file) {
    return guarded<int64_t>(-1, [&] { return int64_t(fragments(file).card()); });
}

int64_t cdicom_fragment_length(CDICOMFile *file, int64_t index) {
    return guarded<int64_t>(-1, [&] { return int64_t(fragment(file, index).getLength()); });
}

bool cdicom_fragment_copy(CDICOMFile *file, int64_t index, uint8_t *bytes, size_t count) {
    return guarded(false, [&] {
        DcmPixelItem &item = fragment(file, index);
        if (count > item.getLength()) throw Failure("a fragment is too short", CDICOMTruncated);
        require(item.getPartialValue(bytes, 0, Uint32(count), nullptr, EBO_LittleEndian));
        return true;
    });
}

bool cdicom_decode_jpeg(
    const char *transferSyntax, CDICOMFrame frame, const uint8_t *codestream, size_t count, uint8_t *samples,
    size_t capacity) {
    return guarded(false, [&] {
        setUp();
        // DCMTK's codecs take a data set: this one says what the codestream says.
        const Uint16 allocated = frame.precision > 8 ? 16 : 8;
        DcmDataset dataset;
        require(dataset.putAndInsertUint16(DCM_Columns, frame.columns));
        require(dataset.putAndInsertUint16(DCM_Rows, frame.rows));
        require(dataset.putAndInsertUint16(DCM_SamplesPerPixel, frame.samplesPerPixel));
        require(dataset.putAndInsertUint16(DCM_BitsAllocated, allocated));
        require(dataset.putAndInsertUint16(DCM_BitsStored, frame.precision));
        require(dataset.putAndInsertUint16(DCM_HighBit, Uint16(frame.precision - 1)));
        require(dataset.putAndInsertUint16(DCM_PixelRepresentation, frame.isSigned ? 1 : 0));
        require(dataset.putAndInsertUint16(DCM_PlanarConfiguration, 0));
        require(dataset.putAndInsertString(
            DCM_PhotometricInterpretation, frame.samplesPerPixel == 1 ? "MONOCHROME2" : "RGB"));

        auto *sequence = new DcmPixelSequence(DCM_PixelSequenceTag);
        auto *table = new DcmPixelItem(DCM_PixelItemTag);
        auto *item = new DcmPixelItem(DCM_PixelItemTag);
        require(sequence->insert(table));
        require(sequence->insert(item));
        DcmPixelData pixels(DCM_PixelData);
        pixels.putOriginalRepresentation(DcmXfer(transferSyntax).getXfer(), nullptr, sequence);
        require(item->putUint8Array(codestream, static_cast<unsigned long>(count)));

        Uint32 startFragment = 0;
        OFString colorModel;
        require(pixels.getUncompressedFrame(&dataset, 0, startFragment, samples, Uint32(capacity), colorModel));
        return true;
    });
}
