// What Fovea needs of DCMTK (C++), CharLS and OpenJPEG, as C. No C++ exception leaves these functions: one that fails returns
// NULL, false or a negative number, and cdicom_error() of the same thread says in a line why.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A data set that this handle owns. Not to be used by two threads at once.
typedef struct CDICOMFile CDICOMFile;
/// A data set or an item of one of its sequences; lives as long as the file, and until the item is removed.
typedef struct CDICOMItem CDICOMItem;

typedef enum { CDICOMDamaged, CDICOMTruncated, CDICOMUnsupported } CDICOMErrorKind;

const char *_Nonnull cdicom_error(void);
CDICOMErrorKind cdicom_error_kind(void);

/// The registered name of a UID, as "CTImageStorage"; NULL where DCMTK knows none.
const char *_Nullable cdicom_uid_name(const char *_Nonnull uid);

/// The tag of an attribute by its keyword in PS3.6, as "PatientID"; 0 where DCMTK's dictionary has none.
uint32_t cdicom_tag_named(const char *_Nonnull keyword);

// MARK: Files

/// Bytes to be read at any place, of a file or in memory.
typedef struct {
    void *_Nullable user;
    /// Copies up to `count` bytes from `offset` on; how many there were.
    size_t (*_Nonnull read)(void *_Nullable user, size_t offset, uint8_t *_Nonnull bytes, size_t count);
    size_t count;
} CDICOMBytes;

/// Reads a file with or without preamble and meta header, in any transfer syntax. Large values stay in the bytes until
/// they are asked for, so these must live as long as the file and not change meanwhile.
CDICOMFile *_Nullable cdicom_read(CDICOMBytes bytes);
/// Reads a data set in explicit little endian, as cdicom_encode() wrote it.
CDICOMFile *_Nullable cdicom_decode(const uint8_t *_Nullable bytes, size_t count);
void cdicom_free(CDICOMFile *_Nullable file);
CDICOMItem *_Nonnull cdicom_root(CDICOMFile *_Nonnull file);
/// The UID of the transfer syntax the file states, or was found to be in.
const char *_Nonnull cdicom_transfer_syntax(CDICOMFile *_Nonnull file);
/// Whether behind the pixel data the file ends as it must not: with bytes that are no data element, or without the
/// delimiter of its fragments.
bool cdicom_has_damaged_end(CDICOMFile *_Nonnull file);
/// Removes pictures with encapsulated pixels from all sequences, and sequences that held nothing else; whether there
/// were any.
bool cdicom_remove_encapsulated(CDICOMItem *_Nonnull item);
/// Converts all text to UTF-8.
bool cdicom_convert_to_utf8(CDICOMFile *_Nonnull file);
/// Moves the elements behind `tag` to a data set of their own.
CDICOMFile *_Nullable cdicom_split(CDICOMFile *_Nonnull file, uint32_t tag);
/// The data set in explicit little endian without a meta header, to be released with free().
uint8_t *_Nullable cdicom_encode(CDICOMFile *_Nonnull file, size_t *_Nonnull count);
/// The same with preamble and a new meta header that states a transfer syntax whose elements are explicit little endian.
uint8_t *_Nullable cdicom_encode_file(
    CDICOMFile *_Nonnull file, const char *_Nonnull transferSyntax, size_t *_Nonnull count);
/// The data set as JSON (PS3.18 annex F), all values inline, to be released with free().
char *_Nullable cdicom_json(CDICOMFile *_Nonnull file);

// MARK: Elements; a tag is group << 16 | element

int64_t cdicom_element_count(CDICOMItem *_Nonnull item);
uint32_t cdicom_element_tag(CDICOMItem *_Nonnull item, int64_t index);
/// An element's value as text, several values separated by backslashes, to be released with free(). NULL where there
/// is no such element, or where it has no text.
char *_Nullable cdicom_string(CDICOMItem *_Nonnull item, uint32_t tag);
/// The length of an element's value in bytes; negative where there is none.
int64_t cdicom_length(CDICOMItem *_Nonnull item, uint32_t tag);
/// Two letters.
const char *_Nullable cdicom_value_representation(CDICOMItem *_Nonnull item, uint32_t tag);
/// Copies a part of an element's value as it would lie in a file of the byte order given.
bool cdicom_copy(
    CDICOMItem *_Nonnull item, uint32_t tag, size_t offset, uint8_t *_Nonnull bytes, size_t count, bool bigEndian);
bool cdicom_set_string(CDICOMItem *_Nonnull item, uint32_t tag, const char *_Nonnull value);
/// An element without a value, or a sequence without items.
bool cdicom_set_empty(CDICOMItem *_Nonnull item, uint32_t tag);
bool cdicom_remove(CDICOMItem *_Nonnull item, uint32_t tag);
/// Items of a sequence; negative where there is no such sequence.
int64_t cdicom_item_count(CDICOMItem *_Nonnull item, uint32_t tag);
CDICOMItem *_Nullable cdicom_item(CDICOMItem *_Nonnull item, uint32_t tag, int64_t index);
/// A new item at the end of a sequence, which is made where it is missing.
CDICOMItem *_Nullable cdicom_append_item(CDICOMItem *_Nonnull item, uint32_t tag);

// MARK: Encapsulated pixel data

/// Fragments, the offset table (at index 0) included; negative on failure.
int64_t cdicom_fragment_count(CDICOMFile *_Nonnull file);
int64_t cdicom_fragment_length(CDICOMFile *_Nonnull file, int64_t index);
bool cdicom_fragment_copy(CDICOMFile *_Nonnull file, int64_t index, uint8_t *_Nonnull bytes, size_t count);

typedef struct {
    uint16_t columns, rows, samplesPerPixel;
    /// Bits of one sample as the codestream says.
    uint16_t precision;
    bool isSigned;
} CDICOMFrame;

/// Decodes one JPEG frame to samples of 8 bit (16 where the precision exceeds 8) in the machine's byte
/// order, interleaved, colours as they are coded. The codestream must say what `frame` says. `capacity` is at least
/// the frame's size, made even.
bool cdicom_decode_jpeg(
    const char *_Nonnull transferSyntax, CDICOMFrame frame, const uint8_t *_Nonnull codestream, size_t count,
    uint8_t *_Nonnull samples, size_t capacity);

/// Likewise one JPEG-LS frame. `isPlanar` is set where colours lie one after the other rather than interleaved.
bool cdicom_decode_jpegls(
    CDICOMFrame frame, const uint8_t *_Nonnull codestream, size_t count, uint8_t *_Nonnull samples, size_t capacity,
    bool *_Nonnull isPlanar);

/// Encodes samples of 8 bit (16 where the precision exceeds 8), interleaved, in the machine's byte order, as JPEG-LS
/// without loss. Signed samples are taken as their bits. To be released with free().
uint8_t *_Nullable cdicom_encode_jpegls(CDICOMFrame frame, const uint8_t *_Nonnull samples, size_t *_Nonnull count);

/// Inflates deflated bytes without header or checksum; how many there are, at most `capacity`, negative on failure.
int64_t cdicom_inflate(
    const uint8_t *_Nonnull deflated, size_t count, uint8_t *_Nonnull bytes, size_t capacity);

// MARK: JPEG 2000

typedef struct CDICOMJPEG2000 CDICOMJPEG2000;

/// Decodes a codestream, bare or in a JP2 file, if it has this size and number of components, none subsampled.
CDICOMJPEG2000 *_Nullable cdicom_jpeg2000_decode(
    const uint8_t *_Nonnull bytes, size_t count, uint32_t columns, uint32_t rows, uint32_t components);
void cdicom_jpeg2000_free(CDICOMJPEG2000 *_Nullable image);
const int32_t *_Nonnull cdicom_jpeg2000_samples(CDICOMJPEG2000 *_Nonnull image, uint32_t component);
/// Bits a sample, of all components the same.
uint32_t cdicom_jpeg2000_precision(CDICOMJPEG2000 *_Nonnull image);
bool cdicom_jpeg2000_is_signed(CDICOMJPEG2000 *_Nonnull image);
/// Whether the wavelet is the one that can be lossless.
bool cdicom_jpeg2000_is_reversible(CDICOMJPEG2000 *_Nonnull image);
/// Whether colours were transformed on coding, which decoding has undone.
bool cdicom_jpeg2000_transforms_colors(CDICOMJPEG2000 *_Nonnull image);
/// Encodes samples laid out as for cdicom_encode_jpegls() as a JPEG 2000 codestream without loss, three components with
/// the reversible color transform. To be released with free().
uint8_t *_Nullable cdicom_encode_jpeg2000(CDICOMFrame frame, const uint8_t *_Nonnull samples, size_t *_Nonnull count);

#ifdef __cplusplus
}
#endif
