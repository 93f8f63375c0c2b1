"""Small files whose samples are not all intensities: padding, NaN, labels, indices of a palette, mosaics, doses.

pip install pydicom nibabel numpy tifffile; writes Tests/ImagingTests/Golden/meaning/. What is expected of each follows from PS3.3
C.7.5.1.1.2 (padding), C.8.20.2 (segmentations), C.7.6.19 (supplemental palettes) and nifti1.h, by pydicom and NumPy.
"""

import json
import pathlib

import nibabel as nib
import numpy as np
import tifffile
from pydicom.dataset import Dataset, FileMetaDataset

folder = pathlib.Path(__file__).parents[2] / "Tests/ImagingTests/Golden/meaning"
folder.mkdir(parents=True, exist_ok=True)
cases = {}


def dicom(name, array, sop="1.2.840.10008.5.1.4.1.1.2", bits=None, photometric="MONOCHROME2", modality="CT",
          missing=None, error=None, codes=None, elements=(), tag="PixelData", **more):
    """missing: a mask of what holds no data; codes and error: words that the answer names."""
    d = Dataset()
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = sop
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID = f"1.2.3.{len(cases) + 1}"
    d.Modality, d.ImageType = modality, ["ORIGINAL", "PRIMARY", "AXIAL"]
    if array.ndim == 3:
        d.NumberOfFrames = array.shape[0]
    d.Rows, d.Columns = array.shape[-2:]
    d.SamplesPerPixel, d.PhotometricInterpretation, d.BitsAllocated = 1, photometric, 8 * array.dtype.itemsize
    if tag == "PixelData":
        d.BitsStored = bits or d.BitsAllocated
        d.HighBit, d.PixelRepresentation = d.BitsStored - 1, int(array.dtype.kind == "i")
        d.PixelData = array.tobytes()
        d["PixelData"].VR = "OW" if d.BitsAllocated > 8 else "OB"
    else:
        setattr(d, tag, array.tobytes())
    for key, value in more.items():
        setattr(d, key, value)
    for number, representation, value in elements:
        d.add_new(number, representation, value)
    d.save_as(folder / f"{name}.dcm", enforce_file_format=True)
    cases[f"{name}.dcm"] = dict(
        missing=[] if missing is None else np.flatnonzero(missing).tolist(), error=error, codes=codes,
        samples=None if error else [float(x) for x in array.astype("f8").ravel() if np.isfinite(x)])


def nifti(name, array, intent, codes=None, error=None):
    image = nib.Nifti1Image(array, np.eye(4), dtype=array.dtype)
    image.header["intent_code"] = intent
    image.header["descrip"] = b""
    nib.save(image, folder / f"{name}.nii")
    cases[f"{name}.nii"] = dict(
        missing=np.flatnonzero(np.isnan(array.ravel(order="F"))).tolist() if array.dtype.kind == "f" else [],
        error=error, codes=codes, samples=None)


y, x = np.mgrid[0:4, 0:6]
tissue = (10 * y + x).astype("i2")
outside = x + y > 6
ct = np.where(outside, -2000, tissue).astype("i2")

dicom("padding", ct, missing=outside, elements=[(0x00280120, "SS", -2000)])
# The value representation goes by Pixel Representation, and writers take the other one.
dicom("padding-unsigned-word", ct, missing=outside, elements=[(0x00280120, "US", 63536)])
dicom("padding-of-14-bits", ct, bits=14, missing=outside, elements=[(0x00280120, "US", 14384)])
limits = np.where(outside, 5 - y, tissue + 100).astype("u2")
dicom("padding-range", limits, bits=12, missing=outside, elements=[(0x00280120, "US", 2), (0x00280121, "US", 5)])
dicom("padding-range-monochrome1", limits, bits=12, photometric="MONOCHROME1", missing=outside,
      elements=[(0x00280120, "US", 5), (0x00280121, "US", 2)])
# Bits that are not stored cannot be told from others.
dicom("padding-beyond-range", tissue.astype("u2"), bits=12, elements=[(0x00280120, "US", 63536)])


def enhanced(paddings):
    """Functional groups of two frames with a padding each; one alone is shared."""
    def group(padding):
        transformation = Dataset()
        transformation.RescaleSlope, transformation.RescaleIntercept, transformation.RescaleType = 1, 0, "HU"
        transformation.add_new(0x00280120, "SS", padding)
        item = Dataset()
        item.PixelValueTransformationSequence = [transformation]
        return item
    if len(paddings) == 1:
        return dict(SharedFunctionalGroupsSequence=[group(paddings[0])],
                    PerFrameFunctionalGroupsSequence=[Dataset(), Dataset()])
    return dict(SharedFunctionalGroupsSequence=[Dataset()], PerFrameFunctionalGroupsSequence=list(map(group, paddings)))


frames = np.stack([ct, np.where(outside, tissue, ct)]).astype("i2")
dicom("padding-enhanced", frames, sop="1.2.840.10008.5.1.4.1.1.2.1", missing=frames == -2000, **enhanced([-2000]))
dicom("padding-differs", frames, sop="1.2.840.10008.5.1.4.1.1.2.1", error="Pixel Padding Values differ",
      **enhanced([-2000, -1000]))

parametric = "1.2.840.10008.5.1.4.1.1.30"
unknown = np.where(outside, np.nan, tissue).astype("f4")
dicom("nan", unknown, sop=parametric, modality="OT", tag="FloatPixelData", missing=outside)
dicom("padding-float", np.where(outside, -1.5, tissue).astype("f4"), sop=parametric, modality="OT",
      tag="FloatPixelData", missing=outside, elements=[(0x00280122, "FL", -1.5)])

labels = np.where(outside, 200, 3).astype("u1")
dicom("label-map", labels, sop="1.2.840.10008.5.1.4.1.1.66.7", modality="SEG", codes="Label Map",
      SegmentationType="LABELMAP")
palette = [(0x00281101 + n, "US", [256, 0, 8]) for n in range(3)]
palette += [(0x00281201 + n, "OW", bytes(range(n, 256)) + bytes(n)) for n in range(3)]
dicom("label-map-palette", labels, sop="1.2.840.10008.5.1.4.1.1.66.7", modality="SEG", photometric="PALETTE COLOR",
      codes="Label Map", elements=palette, SegmentationType="LABELMAP")
dicom("fractional", labels, sop="1.2.840.10008.5.1.4.1.1.66.4", modality="SEG", codes="Segmentation",
      SegmentationType="FRACTIONAL", MaximumFractionalValue=200)

supplemental = [(0x00281101 + n, "US", [100, 1024, 16]) for n in range(3)]
supplemental += [(0x00281201 + n, "OW", np.arange(100).astype("<u2").tobytes()) for n in range(3)]
colored = np.where(outside, 1100, 200).astype("u2")
dicom("supplemental-palette", colored, bits=12, codes="palette", elements=supplemental, PixelPresentation="COLOR")


def presentation(value):
    frame_type, item = Dataset(), Dataset()
    frame_type.PixelPresentation = value
    item.CTImageFrameTypeSequence = [frame_type]
    return item


dicom("mixed-presentation", np.stack([colored, colored]), bits=12, codes="palette", elements=supplemental,
      PerFrameFunctionalGroupsSequence=[presentation("MONOCHROME"), presentation("COLOR")])
dicom("palette-not-presented", colored, bits=12, elements=supplemental, PixelPresentation="MONOCHROME")

dicom("mosaic", tissue, modality="MR", error="mosaic", ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"])
dicom("mosaic-private", tissue, modality="MR", error="mosaic",
      elements=[(0x00190010, "LO", "SIEMENS MR HEADER"), (0x0019100A, "US", 4)])

dose = (np.linspace(0, 1, 24).reshape(4, 6) * (2**32 - 1)).astype("u4")
dicom("dose", dose, sop="1.2.840.10008.5.1.4.1.1.481.2", modality="RTDOSE", DoseGridScaling="1.7e-8")
dicom("not-a-dose", dose, modality="OT", error="24 significant bits")

nifti("label", np.where(outside, 17, 2).astype("i2").T[:, :, None], 1002, codes="LABEL")
nifti("neuroname", np.where(outside, 17, 2).astype("u1").T[:, :, None], 1003, codes="NEURONAME")
# 5 · 2^24 has 24 significant bits and less; Allen's 614454277 has not.
nifti("label-large", np.where(outside, 5 << 24, 2).astype("u4").T[:, :, None], 1002, codes="LABEL")
nifti("label-too-large", np.where(outside, 614454277, 2).astype("u4").T[:, :, None], 1002, error="24 significant bits")
nifti("label-too-large-float64", np.where(outside, 614454277, 2).astype("f8").T[:, :, None], 1002,
      error="24 significant bits")
nifti("estimate", np.where(outside, 17, 2).astype("i2").T[:, :, None], 1001)
nifti("nan", unknown.T[:, :, None], 0)

for name, array, value in [("gdal-nodata", ct, "-2000"), ("gdal-nodata-float", np.where(outside, -9999, tissue).astype("f4"), "-9999"),
                           ("gdal-nan", unknown, "nan")]:
    tifffile.imwrite(folder / f"{name}.tif", array, extratags=[(42113, "s", 0, value, True)], metadata=None)
    cases[f"{name}.tif"] = dict(missing=np.flatnonzero(outside).tolist(), error=None, codes=None, samples=None)

(folder.parent / "meaning.json").write_text(json.dumps(cases, indent=1, sort_keys=True) + "\n")
