/* libtiff's functions that Swift does not import, because they take a variable list of arguments or a va_list. */
#ifndef CTIFF_H
#define CTIFF_H

#include <tiffio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The value that stands for no data, as text. */
#define CTIFF_TAG_GDAL_NODATA 42113

/* What libtiff had to say about one file. */
typedef struct {
  char error[256]; /* the first error since this was last emptied */
  char loss[256];  /* the first warning that a field is ignored because the file ends before its value */
} ctiff_messages;

/* How libtiff reads and writes bytes, as TIFFClientOpen's procedures of these names. */
typedef struct {
  tmsize_t (*read)(void *user, void *bytes, tmsize_t count);
  tmsize_t (*write)(void *user, void *bytes, tmsize_t count);
  toff_t (*seek)(void *user, toff_t offset, int whence);
  toff_t (*size)(void *user);
} ctiff_procedures;

/* TIFFClientOpen, silent: what is said goes to `messages`, which like `user` must outlive the file. `most_memory` limits
   what libtiff takes at a time for one file. */
TIFF *ctiff_open(const char *name, const char *mode, ctiff_procedures procedures, void *user, tmsize_t most_memory,
                 ctiff_messages *messages);

/* TIFFGetField and TIFFGetFieldDefaulted by the type of the field; 0 if the field is absent and has no default. */
int ctiff_get_uint16(TIFF *file, uint32_t tag, uint16_t *value);
int ctiff_get_uint32(TIFF *file, uint32_t tag, uint32_t *value);
int ctiff_get_float(TIFF *file, uint32_t tag, float *value);
int ctiff_get_text(TIFF *file, uint32_t tag, const char **value);
int ctiff_get_bytes(TIFF *file, uint32_t tag, uint32_t *count, const void **value);
int ctiff_get_uint16s(TIFF *file, uint32_t tag, uint16_t *count, const uint16_t **value);
int ctiff_get_colormap(TIFF *file, const uint16_t **red, const uint16_t **green, const uint16_t **blue);

/* TIFFSetField by the type of the field. */
int ctiff_set_int(TIFF *file, uint32_t tag, int value);
int ctiff_set_uint32(TIFF *file, uint32_t tag, uint32_t value);
int ctiff_set_double(TIFF *file, uint32_t tag, double value);
int ctiff_set_text(TIFF *file, uint32_t tag, const char *value);
int ctiff_set_bytes(TIFF *file, uint32_t tag, uint32_t count, const void *value);
int ctiff_set_uint16s(TIFF *file, uint32_t tag, uint16_t count, const uint16_t *value);
int ctiff_set_pair(TIFF *file, uint32_t tag, int first, int second);

#ifdef __cplusplus
}
#endif
#endif
