#include "CTIFF.h"

#include <stdio.h>
#include <string.h>

static int keep_first_error(TIFF *file, void *user, const char *module, const char *format, va_list arguments) {
  (void)file, (void)module;
  ctiff_messages *messages = user;
  if (messages->error[0] == 0) vsnprintf(messages->error, sizeof messages->error, format, arguments);
  return 1;
}

static int keep_first_loss(TIFF *file, void *user, const char *module, const char *format, va_list arguments) {
  (void)file, (void)module;
  ctiff_messages *messages = user;
  if (messages->loss[0] == 0 && strstr(format, "IO error")) {
    vsnprintf(messages->loss, sizeof messages->loss, format, arguments);
  }
  return 1;
}

/* Tags that libtiff does not know by itself: what GDAL and those who write like it hold for no data. */
static void declare_tags(TIFF *file) {
  static const TIFFFieldInfo tags[] = {
      {CTIFF_TAG_GDAL_NODATA, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, (char *)"GDAL_NODATA"}};
  TIFFMergeFieldInfo(file, tags, sizeof tags / sizeof *tags);
}

/* Whoever handed the bytes over closes them. */
static int close_nothing(thandle_t user) {
  (void)user;
  return 0;
}

TIFF *ctiff_open(const char *name, const char *mode, ctiff_procedures procedures, void *user, tmsize_t most_memory,
                 ctiff_messages *messages) {
  messages->error[0] = messages->loss[0] = 0;
  TIFFSetTagExtender(declare_tags);
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) return NULL;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, most_memory);
  TIFFOpenOptionsSetErrorHandlerExtR(options, keep_first_error, messages);
  TIFFOpenOptionsSetWarningHandlerExtR(options, keep_first_loss, messages);
  TIFF *file = TIFFClientOpenExt(name, mode, user, procedures.read, procedures.write, procedures.seek, close_nothing,
                                 procedures.size, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return file;
}

int ctiff_get_uint16(TIFF *file, uint32_t tag, uint16_t *value) { return TIFFGetFieldDefaulted(file, tag, value); }

int ctiff_get_uint32(TIFF *file, uint32_t tag, uint32_t *value) { return TIFFGetFieldDefaulted(file, tag, value); }

int ctiff_get_float(TIFF *file, uint32_t tag, float *value) { return TIFFGetField(file, tag, value); }

int ctiff_get_text(TIFF *file, uint32_t tag, const char **value) { return TIFFGetField(file, tag, value); }

int ctiff_get_bytes(TIFF *file, uint32_t tag, uint32_t *count, const void **value) {
  return TIFFGetField(file, tag, count, value);
}

int ctiff_get_uint16s(TIFF *file, uint32_t tag, uint16_t *count, const uint16_t **value) {
  return TIFFGetFieldDefaulted(file, tag, count, value);
}

int ctiff_get_colormap(TIFF *file, const uint16_t **red, const uint16_t **green, const uint16_t **blue) {
  return TIFFGetField(file, TIFFTAG_COLORMAP, red, green, blue);
}

int ctiff_set_int(TIFF *file, uint32_t tag, int value) { return TIFFSetField(file, tag, value); }

int ctiff_set_uint32(TIFF *file, uint32_t tag, uint32_t value) { return TIFFSetField(file, tag, value); }

int ctiff_set_double(TIFF *file, uint32_t tag, double value) { return TIFFSetField(file, tag, value); }

int ctiff_set_text(TIFF *file, uint32_t tag, const char *value) { return TIFFSetField(file, tag, value); }

int ctiff_set_bytes(TIFF *file, uint32_t tag, uint32_t count, const void *value) {
  return TIFFSetField(file, tag, count, value);
}

int ctiff_set_uint16s(TIFF *file, uint32_t tag, uint16_t count, const uint16_t *value) {
  return TIFFSetField(file, tag, count, value);
}

int ctiff_set_pair(TIFF *file, uint32_t tag, int first, int second) {
  return TIFFSetField(file, tag, first, second);
}
