"""Golden values for codings and damages of DICOM that Tools/golden/dicom.py does not have, and for attributes of the grid.

    python Tools/golden/dicom_codings.py
    # needs pydicom 3.0.2, numpy, Pillow, imagecodecs, pyjpegls and pylibjpeg-openjpeg; writes
    # Tests/ImagingTests/Golden/dicom-codings.json and Tests/ImagingTests/Golden/dicom-codings/*.dcm

Patterns are computed here. What must be read is the pattern, or, after a lossy codec, what an independent decoder
(imagecodecs, pyjpegls, OpenJPEG, Pillow) makes of it, clamped to the bits stored.
"""

import io
import json
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import openjpeg.utils
from jpeg_ls import encode_array
from PIL import Image
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import generate_uid

GOLDEN = Path(__file__).parents[2] / "Tests/ImagingTests/Golden"
FOLDER = GOLDEN / "dicom-codings"
COMPRESSED = "1.2.840.10008.1.2.4."

ROWS, COLUMNS = 12, 17
Y, X = np.mgrid[0:ROWS, 0:COLUMNS]
GRAY = ((X * 241 + Y * 101) % 4096).astype("u2")
COLOR = np.stack([X * 8 + 60, 200 - Y * 9, X * 5 + Y * 4 + 40], -1).astype("u1")
CHECKS = (X // 3 + Y // 4) % 2
FILES = {}


def image(array, bits=None, photometric="MONOCHROME2", **attributes):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=["codings", str(len(FILES))])
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.StudyInstanceUID = dataset.SeriesInstanceUID = generate_uid(entropy_srcs=["codings"])
    dataset.Modality, dataset.PatientName, dataset.PatientID = "OT", "Phantom^Fovea", "PHANTOM"
    colors = 3 if array.shape[-1] == 3 else 1
    shape = array.shape[:-1] if colors == 3 else array.shape
    if len(shape) == 3:
        dataset.NumberOfFrames = shape[0]
    dataset.Rows, dataset.Columns = shape[-2:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = colors, photometric
    if colors == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = 8 * array.dtype.itemsize
    dataset.BitsStored = bits or dataset.BitsAllocated
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, int(array.dtype.kind == "i")
    for name, value in attributes.items():
        setattr(dataset, name, value)
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    return dataset


def coded(dataset, frames, syntax):
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([bytes(frame) for frame in frames])
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    return dataset


def encoded(dataset):
    """The file's bytes, in whatever transfer syntax; pydicom writes only those it knows."""
    syntax, buffer = str(dataset.file_meta.TransferSyntaxUID), io.BytesIO()
    known = COMPRESSED + "90"
    if syntax in ("1.2.840.10008.1.2.8.1", COMPRESSED + "110"):
        dataset.file_meta.TransferSyntaxUID = known
    dataset.save_as(buffer, enforce_file_format=True)

    def element(uid):
        value = uid.encode() + b"\0" * (len(uid) % 2)
        return b"UI" + struct.pack("<H", len(value)) + value

    return buffer.getvalue().replace(element(known), element(syntax), 1)


def add(name, data, expected, tolerance=0, warns=False):
    (FOLDER / f"{name}.dcm").write_bytes(data if isinstance(data, bytes) else encoded(data))
    expected = np.asarray(expected).astype(int)
    if expected.shape[-1] == 3:
        expected = np.moveaxis(expected, -1, 0)
    FILES[name] = {"samples": expected.ravel().tolist(), "tolerance": tolerance, "warns": warns}


def overshoot():
    bright = np.where(CHECKS, 1023, 300).astype("u2")
    stream = imagecodecs.jpeg8_encode(bright, level=20, bitspersample=12)
    decoded = imagecodecs.jpeg8_decode(stream).astype(int)
    assert decoded.max() > 1023
    add("jpeg-10-in-12", coded(image(bright, 10), [stream], COMPRESSED + "51"), decoded.clip(0, 1023), 1)

    # The standard has no signed lossy JPEG; these are positive samples in a signed image.
    half = np.where(CHECKS, 511, 100).astype("i2")
    stream = imagecodecs.jpeg8_encode(half.astype("u2"), level=20, bitspersample=12)
    decoded = imagecodecs.jpeg8_decode(stream).astype(int)
    assert decoded.max() > 511
    add("jpeg-signed-10-in-12", coded(image(half, 10), [stream], COMPRESSED + "51"), decoded.clip(-512, 511), 1)

    # OpenJPEG's encoder takes no fewer rows.
    checks = np.tile(CHECKS, (3, 2))
    extremes = np.where(checks, 2047, -2048).astype("i2")
    stream = openjpeg.utils.encode_array(
        extremes, photometric_interpretation=2, compression_ratios=[10], bits_stored=16)
    decoded = openjpeg.utils.decode(stream).astype("i2").astype(int)
    assert decoded.max() > 2047 and decoded.min() < -2048
    add("jpeg2000-signed-12-in-16", coded(image(extremes, 12), [stream], COMPRESSED + "91"), decoded.clip(-2048, 2047), 1)
    low = np.where(checks, 1023, 0).astype("i2")
    stream = openjpeg.utils.encode_array(low, photometric_interpretation=2, compression_ratios=[10], bits_stored=16)
    decoded = openjpeg.utils.decode(stream).astype("i2").astype(int)
    assert decoded.min() < 0
    add("jpeg2000-signed-codestream", coded(image(low.astype("u2"), 10), [stream], COMPRESSED + "91"), decoded.clip(0, 1023), 1)

    # What lies above the stored bits of lossless pixels is no part of them.
    overlaid = (GRAY | 0x4000).astype("u2")
    for name, stream, syntax in [
        ("jpeg2000-overlaid", imagecodecs.jpeg2k_encode(overlaid, level=0, codecformat="j2k", reversible=True), "90"),
        ("jpeg-lossless-overlaid", imagecodecs.ljpeg_encode(overlaid, bitspersample=16), "70"),
    ]:
        add(name, coded(image(overlaid, 12), [stream], COMPRESSED + syntax), GRAY)


def codings():
    for bits in (2, 5, 7):
        low = (GRAY.astype(int) * (2**bits - 1) // 4095).astype("u1")
        add(f"jpeg-ls-{bits}", coded(image(low, bits), [encode_array(low)], COMPRESSED + "80"), low)
    planar = encode_array(np.ascontiguousarray(COLOR.transpose(2, 0, 1)), interleave_mode=0)
    add("jpeg-ls-planar", coded(image(COLOR, photometric="RGB"), [planar], COMPRESSED + "80"), COLOR)
    near = encode_array(GRAY, lossy_error=3)
    add("jpeg-ls-near", coded(image(GRAY, 12), [near], COMPRESSED + "81"), imagecodecs.jpegls_decode(bytes(near)))

    for name, array, photometric in [("gray", GRAY, "MONOCHROME2"), ("color", COLOR, "YBR_RCT")]:
        stream = imagecodecs.htj2k_encode(array, reversible=True)
        add(f"htj2k-{name}", coded(image(array, photometric=photometric), [stream], COMPRESSED + "201"), array)
    stream = imagecodecs.htj2k_encode(GRAY, reversible=False)
    add("htj2k-lossy", coded(image(GRAY), [stream], COMPRESSED + "203"), imagecodecs.htj2k_decode(stream), 3)

    frames = np.stack([GRAY, GRAY[::-1]])
    raw = [frame.tobytes() for frame in frames]
    add("encapsulated-uncompressed", coded(image(frames, 12), raw, "1.2.840.10008.1.2.1.98"), frames)

    def deflated(data):
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = deflate.compress(data) + deflate.flush()
        return data + b"\0" * (len(data) % 2)

    add("deflated-frames", coded(image(frames, 12), map(deflated, raw), "1.2.840.10008.1.2.8.1"), frames)


def colors():
    def without_markers(stream):
        kept, position = stream[:2], 2
        while stream[position + 1] != 0xDA:
            length = struct.unpack(">H", stream[position + 2 : position + 4])[0] + 2
            if stream[position + 1] not in (0xE0, 0xEE):
                kept += stream[position : position + length]
            position += length
        return kept + stream[position:]

    for name, subsampling in [("422", 1), ("420", 2)]:
        buffer = io.BytesIO()
        Image.fromarray(COLOR).save(buffer, "JPEG", quality=95, subsampling=subsampling)
        decoded = np.array(Image.open(io.BytesIO(buffer.getvalue())))
        bare = without_markers(buffer.getvalue())
        add(f"jpeg-{name}-odd-columns", coded(image(COLOR, photometric="YBR_FULL_422"), [buffer.getvalue()], COMPRESSED + "50"), decoded, 3)
        add(f"jpeg-{name}-labelled-rgb", coded(image(COLOR, photometric="RGB"), [bare], COMPRESSED + "50"), decoded, 3)
    stream = imagecodecs.jpeg2k_encode(COLOR, level=0, codecformat="j2k", reversible=True, mct=True)
    add("jpeg2000-transformed-labelled-ybr", coded(image(COLOR, photometric="YBR_FULL"), [stream], COMPRESSED + "90"), COLOR)


def fragments():
    frames = np.stack([GRAY, GRAY[::-1]])
    streams = [imagecodecs.ljpeg_encode(frame, bitspersample=12) for frame in frames]
    streams = [stream + b"\0" * (len(stream) % 2) for stream in streams]
    whole = encoded(coded(image(frames, 12), streams, COMPRESSED + "70"))
    start = whole.index(b"\xe0\x7f\x10\x00OB") + 12
    delimiter = bytes.fromhex("feffdde000000000")

    def items(*values):
        return b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(value)) + value for value in values)

    first, second = streams
    for name, data, warns in [
        ("no-table", items(first, second) + delimiter, False),
        ("empty-fragment", items(b"", b"", first, second) + delimiter, False),
        ("split", items(b"", first[:20], first[20:], second[:8], second[8:]) + delimiter, False),
        ("no-delimiter", items(b"", first, second), True),
        ("two-delimiters", items(b"", first, second) + 2 * delimiter, False),
        ("one-image-more", items(b"", first, second, first) + delimiter, True),
    ]:
        add(f"fragments-{name}", whole[:start] + data, frames, warns=warns)

    native = encoded(image(GRAY, 12))
    add("byte-behind", native + b"\0", GRAY, warns=True)
    add("noise-behind", native + np.random.default_rng(1).bytes(301), GRAY, warns=True)
    add("no-preamble", native[128:], GRAY)
    more = image(GRAY, 12)
    more.PixelData += bytes(10)
    add("more-pixel-data", more, GRAY, warns=True)
    add("labelled-implicit", native.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0", 1), GRAY)

    icon = coded(image(GRAY, 12), streams[:1], COMPRESSED + "70")
    del icon.file_meta
    for name in ("private", "referenced"):
        dataset = coded(image(GRAY, 12), streams[:1], COMPRESSED + "70")
        if name == "private":
            dataset.private_block(0x07A3, "PHANTOM", create=True).add_new(0xCE, "SQ", [icon])
        else:
            other = Dataset()
            other.ReferencedSOPClassUID, other.ReferencedSOPInstanceUID = dataset.SOPClassUID, "2.25.1"
            other.IconImageSequence = [icon]
            dataset.ReferencedImageSequence = [other]
        add(f"icon-{name}", dataset, GRAY, warns=True)


# Attributes that follow the grid: a value, and what it is on a grid twice as fine (4 × 6 pixels become 8 × 12). Rows and
# columns counted from 1 are centres, p → 2 (p − ½) + ½, rounded away from zero (PS3.3 C.7.6.11); places of figure
# C.10.5-1 are counted from the corner and double.
GRID = {
    0x00181164: ([0.2, 0.4], [0.1, 0.2]),
    0x00182010: ([0.2, 0.4], [0.1, 0.2]),
    0x00189322: ([0.2, 0.4], [0.1, 0.2]),
    0x00189404: ([0.5, 0.25], [0.25, 0.125]),
    0x00280030: ([1.5, 0.5], [0.75, 0.25]),
    0x00700101: ([1.5, 0.5], [0.75, 0.25]),
    0x30020011: ([0.2, 0.4], [0.1, 0.2]),
    0x00520014: (0.5, 0.25),
    0x00520030: (-3, -6),
    0x00280034: ([3, 1], [3, 1]),
    0x00700102: ([3, 1], [3, 1]),
    0x00700103: (4, 2),
    0x00181602: (1, 2), 0x00181604: (5, 10), 0x00181606: (1, 2), 0x00181608: (3, 6),
    0x00181702: (1, 2), 0x00181704: (5, 10), 0x00181706: (1, 2), 0x00181708: (3, 6),
    0x00189436: (1, 2), 0x00189437: (5, 10), 0x00189438: (1, 2), 0x00189439: (3, 6),
    0x00181610: ([2, 3], [4, 6]), 0x00181710: ([2, 3], [4, 6]), 0x00189440: ([2, 3], [4, 6]),
    0x00181620: ([1, 1, 1, 5, 3, 5], [2, 2, 2, 10, 6, 10]),
    0x00181720: ([1, 1, 1, 5, 3, 5], [2, 2, 2, 10, 6, 10]),
    0x00189442: ([1, 1, 1, 5, 3, 5], [2, 2, 2, 10, 6, 10]),
    0x00289503: ([1, 1, 1, 5, 3, 5], [2, 2, 2, 10, 6, 10]),
    0x00460208: ([1, 1, 1, 5, 3, 5], [2, 2, 2, 10, 6, 10]),
    0x00181612: (2, 4), 0x00181712: (2, 4), 0x00189441: (2, 4),
    0x00286114: ([0.25, -1.5], [0.5, -3]),
    0x00182043: ([2.5, 1.25], [5, 2.5]),
    0x00221463: ([2.5, 1.25], [5, 2.5]),
    0x00460202: ([2.5, 1.25], [5, 2.5]),
    0x00221624: (2.5, 5), 0x00221626: (1.25, 2.5),
    0x0016002A: ([3, 2, 2], [6, 4, 4]), 0x00160037: ([3, 2], [6, 4]),
    0x00700010: ([0.5, 1], [1, 2]), 0x00700011: ([5.5, 3], [11, 6]), 0x00700014: ([1, 2], [2, 4]),
    0x00700022: ([0, 0, 6, 4], [0, 0, 12, 8]),
    0x00700050: ([1, 1], [1, 1]), 0x00700051: ([6, 4], [12, 8]),
    0x00700052: ([2, 1], [3, 1]), 0x00700053: ([6, 4], [12, 8]),
    # A region of pixels 1 to 4 and 0 to 2, its reference pixel at 1, 1 in it.
    0x00186018: (1, 2), 0x0018601A: (0, 0), 0x0018601C: (4, 9), 0x0018601E: (2, 5),
    0x00186020: (1, 3), 0x00186022: (1, 3), 0x00186028: (0.5, 0.5125), 0x0018602A: (0.25, 0.26),
    0x0018602C: (0.05, 0.025), 0x0018602E: (0.04, 0.02),
    0x00186038: (1, 3), 0x00186039: (1, 3), 0x0018603A: (2, 5), 0x0018603B: (2, 5),
    0x0018603C: (0, 1), 0x0018603D: (0, 1), 0x0018603E: (0, 1), 0x0018603F: (0, 1),
    0x00186040: (3, 7), 0x00186041: (3, 7), 0x00186042: (1, 3), 0x00186043: (1, 3),
}
UNITS = {0x00700003: "PIXEL", 0x00700004: "PIXEL", 0x00700005: "PIXEL"}
GONE = {
    0x00181623: 0x6000, 0x00186070: 0x6000, 0x00280106: 0, 0x00280107: 9, 0x00280108: 0, 0x00280109: 9,
    0x00280110: 0, 0x00280111: 9, 0x00289099: 9, 0x00200030: [0, 0, 0], 0x00181240: [0, 9],
}


def grid():
    """Everything at the top level and inside functional groups."""
    values = np.arange(24, dtype="u2").reshape(4, 6)
    dataset = image(
        values, ImagePositionPatient=[10, 20, 30], ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    item = Dataset()
    for target in (dataset, item):
        for tag, value in [(tag, pair[0]) for tag, pair in GRID.items()] + [*UNITS.items(), *GONE.items()]:
            kind = dictionary_VR(tag)
            target.add_new(tag, "US" if kind == "US or SS" else kind, value)
    position = Dataset()
    position.ImagePositionPatient = [10, 20, 30]
    group = Dataset()
    group.PixelMeasuresSequence, group.PlanePositionSequence = [item], [position]
    dataset.SharedFunctionalGroupsSequence = [group]
    (GOLDEN / "dicom-codings/grid.dcm").write_bytes(encoded(dataset))

    def numbers(value):
        return [float(number) for number in (value if isinstance(value, list) else [value])]

    return {
        "attributes": {f"{tag:08X}": numbers(pair[1]) for tag, pair in GRID.items()},
        "gone": [f"{tag:08X}" for tag in GONE],
        # (1/2 − 1)/2 of the old spacing outwards: 0.5 along a row, 1.5 along a column.
        "position": [10 - 0.125, 20 - 0.375, 30],
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for make in (overshoot, codings, colors, fragments):
        make()
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in FILES.items())
    text = '{"files": {\n' + lines + '},\n"grid": ' + json.dumps(grid()) + "}\n"
    (GOLDEN / "dicom-codings.json").write_text(text)
