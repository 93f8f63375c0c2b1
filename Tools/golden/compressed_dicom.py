"""Compares DICOM files that `fovea upscale --compress` wrote with what it writes uncompressed, by pydicom's decoders.

    fovea upscale scan.dcm -o plain.dcm
    fovea upscale scan.dcm -o small.dcm --compress jpegls
    python3 Tools/golden/compressed_dicom.py plain.dcm small.dcm

Needs pydicom with a plugin for the coding: Pillow or pylibjpeg for JPEG 2000, pyjpegls for JPEG-LS.
"""

import sys

import numpy
import pydicom
from pydicom.encaps import generate_fragments, parse_basic_offsets

plain, small = (pydicom.dcmread(path) for path in sys.argv[1:3])
assert small.file_meta.TransferSyntaxUID.is_encapsulated and not plain.file_meta.TransferSyntaxUID.is_encapsulated
assert small.get("LossyImageCompression") == plain.get("LossyImageCompression")
frames = int(small.get("NumberOfFrames", 1))
offsets = parse_basic_offsets(small.PixelData)
fragments = list(generate_fragments(small.PixelData))
assert len(offsets) == frames and len(fragments) - 1 == frames or len(fragments) == frames, (offsets, len(fragments))
assert small.pixel_array.dtype == plain.pixel_array.dtype, (small.pixel_array.dtype, plain.pixel_array.dtype)
numpy.testing.assert_array_equal(small.pixel_array, plain.pixel_array)
print(
    f"{small.file_meta.TransferSyntaxUID.name}, {small.PhotometricInterpretation}, {small.BitsStored} bits of "
    f"{small.BitsAllocated}, {frames} frames {plain.pixel_array.shape}: {len(small.PixelData) / len(plain.PixelData):.3f} of the size"
)
