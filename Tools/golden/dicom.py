"""Golden values for DICOM: what pydicom reads from its own test files, and phantoms for what those do not cover.

    python Tools/golden/dicom.py
    # needs pydicom 3.0.2, numpy, pylibjpeg with its three plugins, and DCMTK's dcmcjpeg and dcmcjpls for the phantoms;
    # writes Tests/ImagingTests/Golden/dicom.json and Tests/ImagingTests/Golden/dicom/*.dcm

The phantoms are patterns computed here; what a reader must find in them are the numbers they were made from.
"""

import json
import logging
import subprocess
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    generate_uid,
)

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / ".cache/pydicom-3.0.2/pydicom/data"
GOLDEN = ROOT / "Tests/ImagingTests/Golden"
LOSSY = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91"}

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def planar(array, frames, channels):
    """Frame, channel, row, column."""
    array = array.reshape((frames, -1, array.shape[-2], array.shape[-1])) if channels == 1 else array.reshape(
        (frames, *array.shape[-3:])
    ).transpose(0, 3, 1, 2)
    return array


def checksum(values):
    """Sum of (value + 1) times a weight that differs for every position, modulo 2^64."""
    values = values.ravel().astype(np.int64).astype(np.uint64)
    weights = (np.arange(values.size, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(12345)) & np.uint64(0xFFFFFFFF)
    return str(int(((values + np.uint64(1)) * weights).sum(dtype=np.uint64)))


def record(values, exact):
    """What a test compares. Lossy codecs may differ by a rounding, so for them a few samples and the mean are kept."""
    frames, channels, rows, columns = values.shape
    entry = {"columns": columns, "rows": rows, "frames": frames, "channels": channels}
    if exact:
        entry["checksum"] = checksum(values)
    else:
        flat = values.ravel()
        picks = np.linspace(0, flat.size - 1, 32).astype(int)
        entry["samples"] = [[int(index), float(flat[index])] for index in picks]
        entry["mean"] = float(flat.mean())
    return entry


def pydicom_files():
    entries = {}
    for path in sorted(path for folder in ("test_files", "charset_files") for path in (SOURCE / folder).rglob("*")):
        if not path.is_file():
            continue
        name = str(path.relative_to(SOURCE))
        try:
            dataset = pydicom.dcmread(path)
            array = dataset.pixel_array
            syntax = dataset.file_meta.TransferSyntaxUID
        except Exception:
            continue
        channels = dataset.SamplesPerPixel
        frames = int(dataset.get("NumberOfFrames", 1) or 1)
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            array, channels = apply_color_lut(array, dataset), 3
            # Eight bits in the upper half of sixteen.
            if array.max() > 255 and not (array & 0xFF).any():
                array = array >> 8
        values = planar(array, frames, channels)
        if values.max() >= 2**24:
            # Beyond what a Float holds exactly: refused.
            continue
        entry = record(values, str(syntax) not in LOSSY)
        entry["bitsStored"] = dataset.BitsStored if channels == dataset.SamplesPerPixel else 8
        # Half-width katakana beside kanji is beyond both of the converters used.
        if "charset" in name and "chrH32" not in name:
            entry["patientName"] = str(dataset.PatientName).strip("=")
        if "PixelSpacing" in dataset:
            entry["spacing"] = [float(dataset.PixelSpacing[1]), float(dataset.PixelSpacing[0])]
            if "ImagePositionPatient" in dataset:
                cosines = np.array(dataset.ImageOrientationPatient, dtype=float)
                entry["origin"] = [float(number) for number in dataset.ImagePositionPatient]
                entry["columnStep"] = list(cosines[:3] * entry["spacing"][0])
                entry["rowStep"] = list(cosines[3:] * entry["spacing"][1])
        if "RescaleSlope" in dataset:
            entry["slope"], entry["intercept"] = float(dataset.RescaleSlope), float(dataset.RescaleIntercept)
        entries[name] = entry
    return entries


def pattern(shape, low, high, seed):
    values = np.random.default_rng(seed).integers(low, high + 1, shape)
    values.flat[0], values.flat[-1] = low, high
    return values


def phantom(sop_class, modality, rows, columns, **attributes):
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[modality, str(attributes)])
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=["study"])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=["series", modality])
    dataset.Modality, dataset.PatientID, dataset.PatientName = modality, "PHANTOM", "Phantom^Fovea"
    dataset.PatientBirthDate = dataset.PatientSex = dataset.StudyDate = dataset.StudyTime = ""
    dataset.AccessionNumber = dataset.ReferringPhysicianName = dataset.StudyID = ""
    dataset.SeriesNumber, dataset.InstanceNumber, dataset.ImageType = 1, 1, ["ORIGINAL", "PRIMARY"]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    for name, value in attributes.items():
        setattr(dataset, name, value)
    return dataset


def save(name, dataset, syntax=ExplicitVRLittleEndian, bare=False):
    path = GOLDEN / "dicom" / f"{name}.dcm"
    if bare:
        dataset.save_as(
            path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=syntax != ExplicitVRBigEndian,
            enforce_file_format=False)
        return path
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path


def items(*datasets):
    return Sequence(datasets)


def item(**attributes):
    dataset = Dataset()
    for name, value in attributes.items():
        setattr(dataset, name, value)
    return dataset


MR, ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"
SECONDARY, ULTRASOUND = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.6.1"
SEGMENTATION, RT_IMAGE = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.481.1"
X_RAY, PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.30"


def gray(values):
    return values.reshape((1, 1) + values.shape) if values.ndim == 2 else values[:, None]


def enhanced():
    """Three oblique slices whose planes, units and window stand in functional groups."""
    values = pattern((3, 5, 7), 0, 4095, 1)
    column = np.array([0.8, 0.6, 0.0])
    row = np.array([-0.48, 0.64, 0.6])
    origin, step, spacing = np.array([-100.5, 20.25, 33.125]), np.cross(column, row) * 2.5, (0.75, 0.5)
    dataset = phantom(ENHANCED_MR, "MR", 5, 7, BitsStored=12, HighBit=11, NumberOfFrames=3)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.SharedFunctionalGroupsSequence = items(item(
        PixelMeasuresSequence=items(item(PixelSpacing=list(spacing), SliceThickness=2.5)),
        PlaneOrientationSequence=items(item(ImageOrientationPatient=[*column, *row])),
        PixelValueTransformationSequence=items(item(RescaleSlope=2, RescaleIntercept=-10, RescaleType="US")),
        FrameVOILUTSequence=items(item(WindowCenter=1000, WindowWidth=800)),
        MRImageFrameTypeSequence=items(item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]))))
    positions = [[round(float(number), 6) for number in origin + step * frame] for frame in range(3)]
    dataset.PerFrameFunctionalGroupsSequence = Sequence([
        item(PlanePositionSequence=items(item(ImagePositionPatient=position))) for position in positions])
    dataset.PixelData = values.astype("<u2").tobytes()
    save("enhanced", dataset)
    moved = [
        "\\".join(f"{number:.6f}" for number in
                  np.array(position) + (column * spacing[1] + row * spacing[0]) * (1 / 4 - 1) / 2)
        for position in positions
    ]
    return record(gray(values), True) | {
        "spacing": [spacing[1], spacing[0]], "origin": positions[0], "slope": 2, "intercept": -10, "bitsStored": 12,
        "columnStep": list(column * spacing[1]), "rowStep": list(row * spacing[0]),
        "sliceStep": [positions[1][axis] - positions[0][axis] for axis in range(3)], "window": [1000, 800],
        "framePositionsTimes4": moved,
    }


def ultrasound():
    """Colour by plane, with one calibrated region."""
    values = pattern((6, 8, 3), 0, 255, 2)
    dataset = phantom(
        ULTRASOUND, "US", 6, 8, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=1,
        BitsAllocated=8, BitsStored=8, HighBit=7, UltrasoundColorDataPresent=1)
    dataset.SequenceOfUltrasoundRegions = items(item(
        RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, RegionLocationMinX0=1, RegionLocationMinY0=2,
        RegionLocationMaxX1=6, RegionLocationMaxY1=5, PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3,
        ReferencePixelX0=2, ReferencePixelY0=1, ReferencePixelPhysicalValueX=0.5, ReferencePixelPhysicalValueY=-0.25,
        PhysicalDeltaX=0.05, PhysicalDeltaY=0.04))
    dataset.PixelData = values.transpose(2, 0, 1).astype("u1").tobytes()
    save("ultrasound", dataset)
    return record(values.transpose(2, 0, 1)[None], True) | {"spacing": [0.5, 0.4], "bitsStored": 8}


def overlay_bits():
    """12 bits in the upper part of 16, below them bits of something else."""
    values = pattern((5, 5), -2048, 2047, 3)
    dataset = phantom(MR, "MR", 5, 5, BitsStored=12, HighBit=13, PixelRepresentation=1)
    noise = pattern((5, 5), 0, 3, 4)
    words = ((values & 0xFFF) << 2) | noise | (pattern((5, 5), 0, 3, 5) << 14)
    dataset.PixelData = words.astype("<u2").tobytes()
    for element, kind, value in [
        (0x0010, "US", 5), (0x0011, "US", 5), (0x0040, "CS", "G"), (0x0050, "SS", [1, 1]), (0x0100, "US", 16),
        (0x0102, "US", 14),
    ]:
        dataset.add_new((0x6000, element), kind, value)
    save("overlay-bits", dataset)
    return record(gray(values), True) | {"bitsStored": 12}


def signed_bytes():
    """Odd in size, 7 bits, bright where low, with a window."""
    values = pattern((3, 3), -64, 63, 6)
    dataset = phantom(
        X_RAY, "CR", 3, 3, BitsAllocated=8, BitsStored=7, HighBit=6, PixelRepresentation=1,
        PhotometricInterpretation="MONOCHROME1", WindowCenter=[10, 20], WindowWidth=[30, 40], RescaleSlope=0.5,
        RescaleIntercept=3, RescaleType="US", ImagerPixelSpacing=[0.2, 0.1])
    dataset.PixelData = (values & 0x7F).astype("u1").tobytes() + b"\0"
    save("signed-bytes", dataset)
    return record(gray(values), True) | {
        "spacing": [0.1, 0.2], "slope": 0.5, "intercept": 3, "window": [10, 30], "polarity": "brightIsLow",
        "bitsStored": 7}


def bits():
    """Two frames of one bit that share a byte."""
    values = pattern((2, 3, 5), 0, 1, 7)
    dataset = phantom(
        SEGMENTATION, "SEG", 3, 5, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=2,
        SegmentationType="BINARY", SharedFunctionalGroupsSequence=items(item()))
    packed = np.packbits(values.ravel().astype("u1"), bitorder="little").tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    save("bits", dataset)
    return record(gray(values), True) | {"bitsStored": 1}


def segmented_palette():
    """A palette in segments: listed, in a line, and repeated; expanded by pydicom."""
    indices = pattern((4, 6), 0, 15, 8)
    dataset = phantom(
        SECONDARY, "OT", 4, 6, PhotometricInterpretation="PALETTE COLOR", BitsAllocated=8, BitsStored=8, HighBit=7)
    # Discrete (4), linear (6), then the first segment again, then two entries.
    table = np.array([0, 4, 1000, 2001, 3003, 4005, 1, 6, 65535, 2, 1, 0, 0, 0, 2, 7, 9], dtype="<u2")
    for color in ("Red", "Green", "Blue"):
        setattr(dataset, f"{color}PaletteColorLookupTableDescriptor", [16, 0, 16])
        setattr(dataset, f"Segmented{color}PaletteColorLookupTableData", table.tobytes())
    dataset.PixelData = indices.astype("u1").tobytes()
    save("segmented-palette", dataset)
    colors = apply_color_lut(indices.astype("u1"), dataset)
    return record(colors.transpose(2, 0, 1)[None], True) | {"bitsStored": 16}


def floats():
    values = pattern((4, 4), -1000, 1000, 9)
    dataset = phantom(PARAMETRIC_MAP, "MR", 4, 4, SharedFunctionalGroupsSequence=items(item()))
    for name in ("BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, name)
    dataset.BitsAllocated = 32
    dataset.FloatPixelData = values.astype("<f4").tobytes()
    save("floats", dataset)
    return record(gray(values), True)


def partial_ybr():
    """YBR_PARTIAL_422 by the equations of PS3.3 C.7.6.3.1.2, inverted by numpy."""
    rng = np.random.default_rng(10)
    luma = rng.integers(16, 236, (4, 6))
    blue, red = rng.integers(100, 156, (2, 4, 3))
    dataset = phantom(
        SECONDARY, "OT", 4, 6, SamplesPerPixel=3, PhotometricInterpretation="YBR_PARTIAL_422", PlanarConfiguration=0,
        BitsAllocated=8, BitsStored=8, HighBit=7)
    words = np.stack([luma[:, 0::2], luma[:, 1::2], blue, red], axis=-1)
    dataset.PixelData = words.astype("u1").tobytes()
    save("ybr-partial-422", dataset)
    matrix = np.array([[0.2568, 0.5041, 0.0979], [-0.1482, -0.2910, 0.4392], [0.4392, -0.3678, -0.0714]])
    full = np.stack([luma - 16, blue.repeat(2, axis=1) - 128, red.repeat(2, axis=1) - 128], axis=-1)
    colors = np.clip(np.rint(full @ np.linalg.inv(matrix).T), 0, 255)
    return record(colors.transpose(2, 0, 1)[None], False)


def big_endian():
    """Signed 16 bit in explicit big endian."""
    values = pattern((4, 3), -32768, 32767, 11)
    dataset = phantom(MR, "MR", 4, 3, PixelRepresentation=1)
    dataset.PixelData = values.astype(">i2").tobytes()
    dataset["PixelData"].VR = "OW"
    save("big-endian", dataset, ExplicitVRBigEndian)
    return record(gray(values), True)


def bare(name, syntax):
    """No preamble and no meta header."""
    values = pattern((4, 6), 0, 65535, 12)
    dataset = phantom(MR, "MR", 4, 6)
    dataset.PixelData = values.astype(">u2" if syntax == ExplicitVRBigEndian else "<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    save(name, dataset, syntax, bare=True)
    return record(gray(values), True)


def rt_image():
    values = pattern((4, 4), 0, 255, 13)
    dataset = phantom(
        RT_IMAGE, "RTIMAGE", 4, 4, BitsAllocated=8, BitsStored=8, HighBit=7, RTImagePlane="NORMAL",
        RTImageLabel="phantom", ImagePlanePixelSpacing=[0.4, 0.8], RTImagePosition=[-1.2, 0.6])
    dataset.PixelData = values.astype("u1").tobytes()
    save("rt-image", dataset)
    return record(gray(values), True) | {"spacing": [0.8, 0.4]}


def fragmented(name, has_table):
    """Three JPEG 2000 frames of two fragments each."""
    values = pattern((3, 32, 40), 0, 4095, 14)
    dataset = phantom(MR, "MR", 32, 40, BitsStored=12, HighBit=11, NumberOfFrames=3)
    dataset.PixelData = values.astype("<u2").tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.compress(JPEG2000Lossless, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    frames = list(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=3))
    dataset.PixelData = encapsulate(frames, fragments_per_frame=2, has_bot=has_table)
    save(name, dataset, JPEG2000Lossless)
    return record(gray(values), True) | {"bitsStored": 12}


def recoded(name, command, low, high, **attributes):
    """A phantom through one of DCMTK's lossless encoders."""
    values = pattern((9, 11), low, high, 15)
    dataset = phantom(MR, "MR", 9, 11, **attributes)
    kind = {8: "u1", 16: "<u2"}[dataset.BitsAllocated]
    mask = (1 << dataset.BitsStored) - 1
    data = (values & mask).astype(kind).tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    path = save(name, dataset)
    with tempfile.TemporaryDirectory() as folder:
        coded = Path(folder) / "coded.dcm"
        subprocess.run([*command, *([] if command[0] == "dcmconv" else ["--uid-never"]), path, coded], check=True)
        path.write_bytes(coded.read_bytes())
    return record(gray(values), True) | {"bitsStored": dataset.BitsStored}


def compressed_icon():
    """A small picture that is compressed as the large one is."""
    entry = recoded("compressed-icon", ["dcmcjpeg", "+e1"], 0, 4095, BitsStored=12, HighBit=11)
    path = GOLDEN / "dicom/compressed-icon.dcm"
    dataset = pydicom.dcmread(path)
    icon = Dataset()
    for name in ("SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated", "BitsStored",
                 "HighBit", "PixelRepresentation", "PixelData"):
        setattr(icon, name, dataset[name].value)
    icon["PixelData"].VR = "OB"
    icon["PixelData"].is_undefined_length = True
    dataset.IconImageSequence = items(icon)
    dataset.save_as(path)
    return entry


def phantoms():
    return {
        "enhanced": enhanced(),
        "ultrasound": ultrasound(),
        "overlay-bits": overlay_bits(),
        "signed-bytes": signed_bytes(),
        "bits": bits(),
        "segmented-palette": segmented_palette(),
        "floats": floats(),
        "ybr-partial-422": partial_ybr(),
        "big-endian": big_endian(),
        "bare-implicit": bare("bare-implicit", ImplicitVRLittleEndian),
        "bare-explicit": bare("bare-explicit", ExplicitVRLittleEndian),
        "bare-big-endian": bare("bare-big-endian", ExplicitVRBigEndian),
        "rt-image": rt_image(),
        "fragments-with-table": fragmented("fragments-with-table", True),
        "fragments-without-table": fragmented("fragments-without-table", False),
        "jpeg-lossless-12": recoded(
            "jpeg-lossless-12", ["dcmcjpeg", "+e1"], 0, 4095, BitsStored=12, HighBit=11),
        "jpeg-lossless-16": recoded("jpeg-lossless-16", ["dcmcjpeg", "+el"], 0, 65535),
        "jpeg-ls-signed": recoded(
            "jpeg-ls-signed", ["dcmcjpls"], -1024, 1023, BitsStored=11, HighBit=10, PixelRepresentation=1),
        "compressed-icon": compressed_icon(),
        "deflated": recoded("deflated", ["dcmconv", "+td"], 0, 65535),
    }


if __name__ == "__main__":
    (GOLDEN / "dicom").mkdir(parents=True, exist_ok=True)
    result = {"pydicom": pydicom_files(), "phantoms": phantoms()}
    groups = [
        f'"{group}": {{\n' + ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()) + "}"
        for group, entries in result.items()
    ]
    (GOLDEN / "dicom.json").write_text("{" + ",\n".join(groups) + "}\n")
