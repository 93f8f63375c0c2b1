#include <openjpeg-2.5/openjpeg.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "Failure.hpp"

using cdicom::Failure;
using cdicom::guarded;

namespace {

struct Source {
    const uint8_t *bytes;
    size_t count;
    size_t position;
};

OPJ_SIZE_T readBytes(void *buffer, OPJ_SIZE_T wanted, void *user) {
    auto &source = *static_cast<Source *>(user);
    const size_t count = std::min<size_t>(wanted, source.count - source.position);
    if (count == 0) return OPJ_SIZE_T(-1);
    memcpy(buffer, source.bytes + source.position, count);
    source.position += count;
    return count;
}

OPJ_OFF_T skipBytes(OPJ_OFF_T wanted, void *user) {
    auto &source = *static_cast<Source *>(user);
    if (wanted < 0) return -1;
    const size_t count = std::min<size_t>(size_t(wanted), source.count - source.position);
    source.position += count;
    return OPJ_OFF_T(count);
}

OPJ_BOOL seekBytes(OPJ_OFF_T position, void *user) {
    auto &source = *static_cast<Source *>(user);
    if (position < 0 || size_t(position) > source.count) return OPJ_FALSE;
    source.position = size_t(position);
    return OPJ_TRUE;
}

struct Target {
    std::vector<uint8_t> bytes;
    size_t position = 0;
};

OPJ_SIZE_T writeBytes(void *buffer, OPJ_SIZE_T count, void *user) {
    auto &target = *static_cast<Target *>(user);
    if (target.position + count > target.bytes.size()) target.bytes.resize(target.position + count);
    memcpy(target.bytes.data() + target.position, buffer, count);
    target.position += count;
    return count;
}

OPJ_OFF_T skipTarget(OPJ_OFF_T count, void *user) {
    auto &target = *static_cast<Target *>(user);
    if (count < 0) return -1;
    target.position += size_t(count);
    return count;
}

OPJ_BOOL seekTarget(OPJ_OFF_T position, void *user) {
    if (position < 0) return OPJ_FALSE;
    static_cast<Target *>(user)->position = size_t(position);
    return OPJ_TRUE;
}

/// Keeps the first message: what follows is its consequence.
void keepFirst(const char *message, void *user) {
    auto &text = *static_cast<std::string *>(user);
    if (!text.empty()) return;
    text = message;
    while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
}

}  // namespace

struct CDICOMJPEG2000 {
    std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)> image{nullptr, opj_image_destroy};
    bool isReversible = false;
    bool transformsColors = false;
};

CDICOMJPEG2000 *cdicom_jpeg2000_decode(
    const uint8_t *bytes, size_t count, uint32_t columns, uint32_t rows, uint32_t components) {
    return guarded<CDICOMJPEG2000 *>(nullptr, [&] {
        std::string message;
        const auto require = [&](bool succeeded) {
            if (!succeeded) throw Failure("JPEG 2000: " + (message.empty() ? "cannot be decoded" : message));
        };

        const bool isFile = count >= 12 && memcmp(bytes + 4, "jP  ", 4) == 0;
        std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)> codec(
            opj_create_decompress(isFile ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K), opj_destroy_codec);
        opj_set_error_handler(codec.get(), keepFirst, &message);
        opj_dparameters_t parameters;
        opj_set_default_decoder_parameters(&parameters);
        require(codec && opj_setup_decoder(codec.get(), &parameters));

        Source source{bytes, count, 0};
        std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)> stream(
            opj_stream_create(64 * 1024, OPJ_TRUE), opj_stream_destroy);
        require(stream != nullptr);
        opj_stream_set_user_data(stream.get(), &source, nullptr);
        opj_stream_set_user_data_length(stream.get(), count);
        opj_stream_set_read_function(stream.get(), readBytes);
        opj_stream_set_skip_function(stream.get(), skipBytes);
        opj_stream_set_seek_function(stream.get(), seekBytes);

        opj_image_t *header = nullptr;
        const bool hasHeader = opj_read_header(stream.get(), codec.get(), &header);
        std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)> image(header, opj_image_destroy);
        require(hasHeader && image);

        // The size is checked before decoding allocates what a hostile codestream asks for.
        if (image->x1 - image->x0 != columns || image->y1 - image->y0 != rows || image->numcomps < components)
            throw Failure("the JPEG 2000 codestream has another size than the header says");
        const auto agrees = [&] {
            for (uint32_t index = 0; index < components; ++index) {
                const opj_image_comp_t &component = image->comps[index];
                if (component.w != columns || component.h != rows || component.dx != 1 || component.dy != 1
                    || component.prec != image->comps[0].prec || component.sgnd != image->comps[0].sgnd)
                    return false;
            }
            return true;
        };
        for (uint32_t index = 0; index < components; ++index)
            if (image->comps[index].dx != 1 || image->comps[index].dy != 1)
                throw Failure("JPEG 2000 with subsampled colours", CDICOMUnsupported);

        auto result = std::make_unique<CDICOMJPEG2000>();
        if (opj_codestream_info_v2_t *info = opj_get_cstr_info(codec.get())) {
            const opj_tile_info_v2_t &tile = info->m_default_tile_info;
            result->isReversible = tile.tccp_info && tile.tccp_info[0].qmfbid == 1;
            result->transformsColors = tile.mct != 0;
            opj_destroy_cstr_info(&info);
        }
        require(opj_decode(codec.get(), stream.get(), image.get()));
        if (!agrees()) throw Failure("JPEG 2000: components of different size or depth", CDICOMUnsupported);
        for (uint32_t index = 0; index < components; ++index) require(image->comps[index].data != nullptr);
        result->image = std::move(image);
        return result.release();
    });
}

void cdicom_jpeg2000_free(CDICOMJPEG2000 *image) { delete image; }

const int32_t *cdicom_jpeg2000_samples(CDICOMJPEG2000 *image, uint32_t component) {
    return image->image->comps[component].data;
}

uint32_t cdicom_jpeg2000_precision(CDICOMJPEG2000 *image) { return image->image->comps[0].prec; }
bool cdicom_jpeg2000_is_signed(CDICOMJPEG2000 *image) { return image->image->comps[0].sgnd != 0; }
bool cdicom_jpeg2000_is_reversible(CDICOMJPEG2000 *image) { return image->isReversible; }
bool cdicom_jpeg2000_transforms_colors(CDICOMJPEG2000 *image) { return image->transformsColors; }

uint8_t *cdicom_encode_jpeg2000(CDICOMFrame frame, const uint8_t *samples, size_t *count) {
    return guarded<uint8_t *>(nullptr, [&] {
        std::string message;
        const auto require = [&](bool succeeded) {
            if (!succeeded) throw Failure("JPEG 2000: " + (message.empty() ? "cannot be encoded" : message));
        };

        opj_image_cmptparm_t component{};
        component.dx = component.dy = 1;
        component.w = frame.columns;
        component.h = frame.rows;
        component.prec = component.bpp = frame.precision;
        component.sgnd = frame.isSigned;
        std::vector<opj_image_cmptparm_t> components(frame.samplesPerPixel, component);
        std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)> image(
            opj_image_create(
                frame.samplesPerPixel, components.data(),
                frame.samplesPerPixel == 1 ? OPJ_CLRSPC_GRAY : OPJ_CLRSPC_SRGB),
            opj_image_destroy);
        require(image != nullptr);
        image->x1 = frame.columns;
        image->y1 = frame.rows;
        const size_t pixels = size_t(frame.columns) * frame.rows;
        const auto fill = [&](const auto *stored) {
            for (uint32_t index = 0; index < frame.samplesPerPixel; ++index)
                for (size_t pixel = 0; pixel < pixels; ++pixel)
                    image->comps[index].data[pixel] = stored[pixel * frame.samplesPerPixel + index];
        };
        if (frame.precision > 8) {
            frame.isSigned ? fill(reinterpret_cast<const int16_t *>(samples))
                           : fill(reinterpret_cast<const uint16_t *>(samples));
        } else {
            frame.isSigned ? fill(reinterpret_cast<const int8_t *>(samples)) : fill(samples);
        }

        // By default one layer of the reversible wavelet, which is without loss where no rate is set.
        opj_cparameters_t parameters;
        opj_set_default_encoder_parameters(&parameters);
        parameters.tcp_numlayers = 1;
        parameters.tcp_rates[0] = 0;
        parameters.cp_disto_alloc = 1;
        parameters.tcp_mct = frame.samplesPerPixel == 3;
        // No more halvings than the picture has sizes for.
        while (parameters.numresolution > 1
               && std::min(frame.columns, frame.rows) < 1 << (parameters.numresolution - 1))
            --parameters.numresolution;
        std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)> codec(
            opj_create_compress(OPJ_CODEC_J2K), opj_destroy_codec);
        opj_set_error_handler(codec.get(), keepFirst, &message);
        require(codec && opj_setup_encoder(codec.get(), &parameters, image.get()));

        Target target;
        std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)> stream(
            opj_stream_create(64 * 1024, OPJ_FALSE), opj_stream_destroy);
        require(stream != nullptr);
        opj_stream_set_user_data(stream.get(), &target, nullptr);
        opj_stream_set_write_function(stream.get(), writeBytes);
        opj_stream_set_skip_function(stream.get(), skipTarget);
        opj_stream_set_seek_function(stream.get(), seekTarget);
        require(opj_start_compress(codec.get(), image.get(), stream.get()));
        require(opj_encode(codec.get(), stream.get()));
        require(opj_end_compress(codec.get(), stream.get()));
        stream.reset();

        auto *bytes = static_cast<uint8_t *>(malloc(target.bytes.size()));
        if (!bytes) throw std::bad_alloc();
        memcpy(bytes, target.bytes.data(), target.bytes.size());
        *count = target.bytes.size();
        return bytes;
    });
}
