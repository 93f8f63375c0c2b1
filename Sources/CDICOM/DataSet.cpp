#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcjson.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/oflog/oflog.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>

#include "Failure.hpp"

using cdicom::Failure;
using cdicom::guarded;

struct CDICOMFile {
    DcmFileFormat format;
    /// As the meta header states it; empty where there is none.
    std::string transferSyntax;
    bool hasDamagedEnd = false;
};

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
        // Others state a wrong length of the meta header, switch to implicit elements, or end an item as a sequence.
        dcmIgnoreFileMetaInformationGroupLength.set(OFTrue);
        dcmAcceptUnexpectedImplicitEncoding.set(OFTrue);
        dcmReplaceWrongDelimitationItem.set(OFTrue);
        DJDecoderRegistration::registerCodecs(EDC_never, EUC_never, EPC_colorByPixel);
        return true;
    }();
    (void)done;
}

/// Bytes as DCMTK takes them.
class Producer : public DcmProducer {
public:
    Producer(const CDICOMBytes &bytes, size_t offset) : bytes(bytes), offset(offset) {}

    OFBool good() const override { return state.good(); }
    OFCondition status() const override { return state; }
    OFBool eos() override { return offset >= bytes.count; }
    offile_off_t avail() override { return offile_off_t(bytes.count - std::min(offset, bytes.count)); }

    offile_off_t read(void *buffer, offile_off_t count) override {
        if (!buffer || count <= 0) return 0;
        const size_t got = bytes.read(bytes.user, offset, static_cast<uint8_t *>(buffer), size_t(count));
        offset += got;
        return offile_off_t(got);
    }

    offile_off_t skip(offile_off_t count) override {
        const offile_off_t step = std::max<offile_off_t>(std::min(count, avail()), 0);
        offset += size_t(step);
        return step;
    }

    void putback(offile_off_t count) override {
        if (count < 0 || size_t(count) > offset) {
            state = EC_PutbackFailed;
        } else {
            offset -= size_t(count);
        }
    }

    const CDICOMBytes bytes;
    size_t offset;

private:
    OFCondition state = EC_Normal;
};

class Factory;

class Stream : public DcmInputStream {
public:
    Stream(const CDICOMBytes &bytes, size_t offset) : DcmInputStream(&producer), producer(bytes, offset) {}

    /// What large values are read by when they are asked for. Those of a deflated data set cannot be found again.
    DcmInputStreamFactory *newFactory() const override;

private:
    Producer producer;
};

class Factory : public DcmInputStreamFactory {
public:
    Factory(const CDICOMBytes &bytes, size_t offset) : bytes(bytes), offset(offset) {}

    DcmInputStream *create() const override { return new Stream(bytes, offset); }
    DcmInputStreamFactory *clone() const override { return new Factory(*this); }
    DcmInputStreamFactoryType ident() const override { return DFT_DcmInputFileStreamFactory; }

private:
    const CDICOMBytes bytes;
    const size_t offset;
};

DcmInputStreamFactory *Stream::newFactory() const {
    return currentProducer() == &producer ? new Factory(producer.bytes, producer.offset) : nullptr;
}

/// A stream that ends where sequences nest so deeply that DCMTK, which recurses, would overrun the stack.
class ShallowStream : public Stream {
public:
    explicit ShallowStream(const CDICOMBytes &bytes) : Stream(bytes, 0) {}

    offile_off_t read(void *buffer, offile_off_t count) override {
        const char here = 0;
        if (labs(&here - top) > limit) throw Failure("its sequences are nested too deeply");
        return Stream::read(buffer, count);
    }

private:
    static constexpr long limit = 128 * 1024;
    const char anchor = 0;
    const char *top = &anchor;
};

DcmDataset *datasetOf(CDICOMFile *file) { return file->format.getDataset(); }
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
    require(datasetOf(file)->findAndGetElement(DCM_PixelData, element));
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

/// The transfer syntax to parse a data set by. DCMTK knows none that is newer than itself; all of those in the
/// standard's own range hold encapsulated pixels behind explicit little endian elements (PS3.5 A.4), as JPEG 2000 does.
E_TransferSyntax structureOf(const std::string &uid) {
    const E_TransferSyntax known = DcmXfer(uid.c_str()).getXfer();
    const std::string standard = "1.2.840.10008.1.2.", deflatedHTJ2K = "1.2.840.10008.1.2.4.205";
    if (uid == deflatedHTJ2K) return EXS_DeflatedLittleEndianExplicit;
    return known == EXS_Unknown && uid.compare(0, standard.size(), standard) == 0 ? EXS_JPEG2000 : known;
}

/// What could be read of a file, and what went wrong.
std::pair<std::unique_ptr<CDICOMFile>, OFCondition> read(const CDICOMBytes &bytes, bool guessesSyntax) {
    auto file = std::make_unique<CDICOMFile>();
    ShallowStream stream(bytes);
    // Some leave out the preamble alone.
    char start[4] = {};
    stream.mark();
    if (stream.read(start, 4) != 4 || memcmp(start, "DICM", 4) != 0) stream.putback();
    DcmMetaInfo *meta = file->format.getMetaInfo();
    DcmDataset *dataset = datasetOf(file.get());
    file->format.transferInit();
    require(meta->read(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength));
    OFString uid;
    meta->findAndGetOFString(DCM_TransferSyntaxUID, uid);
    uid.erase(uid.find_last_not_of(" ") + 1);
    file->transferSyntax = uid.c_str();
    // Only the plain ones can be told from their bytes.
    E_TransferSyntax syntax = structureOf(file->transferSyntax);
    if (guessesSyntax) {
        const DcmXfer stated(syntax);
        if (stated.isEncapsulated() || stated.getStreamCompression() != ESC_none) return {nullptr, EC_IllegalCall};
        syntax = EXS_Unknown;
    }
    const OFCondition condition = dataset->read(stream, syntax, EGL_noChange, DCM_MaxReadLength);
    if (file->transferSyntax.empty() || guessesSyntax)
        file->transferSyntax = DcmXfer(dataset->getOriginalXfer()).getXferID();
    return {std::move(file), condition};
}

/// Whether an element, just read, has its whole value: DCMTK counts those that stay in the file as read even where the
/// file ends within them.
bool isWhole(DcmElement &element) {
    if (element.transferState() != ERW_ready) return false;
    const Uint32 length = element.getLengthField();
    Uint8 last = 0;
    return length == 0 || element.getPartialValue(&last, length - 1, 1).good();
}

/// Whether all pixels were read before reading failed: by bytes behind them that are no data element, or because the
/// delimiter that should end their fragments is missing. Then the file keeps what stands before that.
bool endsBehindPixels(CDICOMFile &file) {
    DcmDataset *dataset = datasetOf(&file);
    DcmElement *element = nullptr;
    if (dataset->findAndGetElement(DCM_PixelData, element).bad()) return false;
    auto *pixels = dynamic_cast<DcmPixelData *>(element);
    if (!pixels) return false;
    if (pixels->getLengthField() == DCM_UndefinedLength) {
        DcmPixelSequence *sequence = nullptr;
        E_TransferSyntax syntax;
        const DcmRepresentationParameter *parameter = nullptr;
        pixels->getOriginalRepresentationKey(syntax, parameter);
        if (pixels->getEncapsulatedRepresentation(syntax, parameter, sequence).bad() || !sequence) return false;
        for (unsigned long index = 0; index < sequence->card(); ++index) {
            DcmPixelItem *item = nullptr;
            if (sequence->getItem(item, index).bad() || !isWhole(*item)) return false;
        }
        if (sequence->card() < 2) return false;
    } else if (!isWhole(*pixels)) {
        return false;
    }
    for (unsigned long index = dataset->card(); index > 0; --index) {
        DcmElement *other = dataset->getElement(index - 1);
        if (other == pixels || (other->transferState() == ERW_ready && (!other->isLeaf() || isWhole(*other)))) continue;
        delete dataset->remove(index - 1);
    }
    file.hasDamagedEnd = true;
    return true;
}

/// Whether anything was removed.
bool removeEncapsulated(DcmItem &item) {
    bool found = false;
    for (unsigned long index = item.card(); index > 0; --index) {
        auto *sequence = dynamic_cast<DcmSequenceOfItems *>(item.getElement(index - 1));
        if (!sequence) continue;
        for (unsigned long entry = sequence->card(); entry > 0; --entry) {
            DcmItem *picture = sequence->getItem(entry - 1);
            if (removeEncapsulated(*picture)) found = true;
            DcmElement *pixels = nullptr;
            if (picture->findAndGetElement(DCM_PixelData, pixels).bad()) continue;
            if (pixels->getLengthField() != DCM_UndefinedLength) continue;
            delete sequence->remove(entry - 1);
            found = true;
        }
        if (found && sequence->card() == 0) delete item.remove(index - 1);
    }
    return found;
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

uint32_t cdicom_tag_named(const char *keyword) {
    return guarded<uint32_t>(0, [&]() -> uint32_t {
        DcmTag tag;
        return DcmTag::findTagFromName(keyword, tag).good() ? numberOf(tag) : 0;
    });
}

// MARK: Files

CDICOMFile *cdicom_read(CDICOMBytes bytes) {
    return guarded<CDICOMFile *>(nullptr, [&] {
        setUp();
        auto [file, condition] = read(bytes, false);
        if (condition.bad() && !endsBehindPixels(*file)) {
            // Some files are not in the transfer syntax that they state.
            auto [guessed, guessedCondition] = read(bytes, true);
            if (guessedCondition.bad()) require(condition);
            file = std::move(guessed);
        }
        file->format.transferEnd();
        return file.release();
    });
}

CDICOMFile *cdicom_decode(const uint8_t *bytes, size_t count) {
    return guarded<CDICOMFile *>(nullptr, [&] {
        setUp();
        auto file = std::make_unique<CDICOMFile>();
        DcmInputBufferStream stream;
        stream.setBuffer(bytes, offile_off_t(count));
        stream.setEos();
        DcmDataset *dataset = datasetOf(file.get());
        dataset->transferInit();
        require(dataset->read(stream, EXS_LittleEndianExplicit));
        dataset->transferEnd();
        return file.release();
    });
}

void cdicom_free(CDICOMFile *file) { delete file; }

CDICOMItem *cdicom_root(CDICOMFile *file) { return wrap(datasetOf(file)); }

const char *cdicom_transfer_syntax(CDICOMFile *file) { return file->transferSyntax.c_str(); }

bool cdicom_has_damaged_end(CDICOMFile *file) { return file->hasDamagedEnd; }

bool cdicom_remove_encapsulated(CDICOMItem *item) {
    return guarded(false, [&] { return removeEncapsulated(*unwrap(item)); });
}

bool cdicom_convert_to_utf8(CDICOMFile *file) {
    return guarded(false, [&] {
        require(datasetOf(file)->convertToUTF8());
        return true;
    });
}

CDICOMFile *cdicom_split(CDICOMFile *file, uint32_t tag) {
    return guarded<CDICOMFile *>(nullptr, [&] {
        auto rest = std::make_unique<CDICOMFile>();
        DcmDataset *dataset = datasetOf(file);
        for (unsigned long index = dataset->card(); index > 0; --index) {
            if (numberOf(dataset->getElement(index - 1)->getTag()) <= tag) continue;
            require(datasetOf(rest.get())->insert(dataset->remove(index - 1)));
        }
        return rest.release();
    });
}

uint8_t *cdicom_encode(CDICOMFile *file, size_t *count) {
    return guarded<uint8_t *>(nullptr, [&] {
        DcmDataset *dataset = datasetOf(file);
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

uint8_t *cdicom_encode_file(CDICOMFile *file, const char *transferSyntax, size_t *count) {
    return guarded<uint8_t *>(nullptr, [&] {
        DcmDataset *dataset = datasetOf(file);
        require(dataset->loadAllDataIntoMemory());
        const E_TransferSyntax syntax = DcmXfer(transferSyntax).getXfer();
        // With room for the preamble and a meta header, which is new and holds nothing but UIDs.
        const size_t capacity = dataset->calcElementLength(syntax, EET_ExplicitLength) + 4096;
        std::unique_ptr<uint8_t, decltype(&free)> bytes(static_cast<uint8_t *>(malloc(capacity)), free);
        if (!bytes) throw std::bad_alloc();
        DcmOutputBufferStream stream(bytes.get(), offile_off_t(capacity));
        file->format.transferInit();
        require(file->format.write(
            stream, syntax, EET_ExplicitLength, nullptr, EGL_withoutGL, EPD_withoutPadding, 0, 0, 0,
            EWM_createNewMeta));
        file->format.transferEnd();
        void *start = nullptr;
        offile_off_t length = 0;
        stream.flushBuffer(start, length);
        *count = size_t(length);
        return bytes.release();
    });
}

char *cdicom_json(CDICOMFile *file) {
    return guarded<char *>(nullptr, [&] {
        std::ostringstream text;
        DcmJsonFormatCompact format(OFFalse);
        text << '{';
        require(datasetOf(file)->writeJson(text, format));
        text << '}';
        return strdup(text.str().c_str());
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

bool cdicom_set_empty(CDICOMItem *item, uint32_t tag) {
    return guarded(false, [&] {
        require(unwrap(item)->insertEmptyElement(tagOf(tag)));
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

int64_t cdicom_inflate(const uint8_t *deflated, size_t count, uint8_t *bytes, size_t capacity) {
    return guarded<int64_t>(-1, [&]() -> int64_t {
        z_stream stream{};
        // A negative number of window bits stands for bytes with nothing around them.
        if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
        stream.next_in = const_cast<Bytef *>(deflated);
        stream.avail_in = uInt(count);
        stream.next_out = bytes;
        stream.avail_out = uInt(capacity);
        const int status = inflate(&stream, Z_FINISH);
        const std::string message = stream.msg ? stream.msg : "";
        inflateEnd(&stream);
        if (status == Z_DATA_ERROR) throw Failure("deflated frame: " + message);
        return int64_t(stream.total_out);
    });
}
