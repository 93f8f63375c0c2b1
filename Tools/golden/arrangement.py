"""Files whose slices are no plain stack as they lie, and what they are when each lies in its place.

    python Tools/golden/arrangement.py      # needs pydicom 3.0.2, numpy, nibabel, tifffile
    writes Tests/ImagingTests/Golden/arrangement/ and arrangement.json in it

DICOM by pydicom, TIFF by tifffile, CIFTI by nibabel. Every picture holds one value; what a reader must find are the
volumes (a list of values a volume, in the order of space) and positions that the files were made from. Files of which a
format with one grid cannot say what they hold are listed with a word that the refusal must have.
"""

import json
import shutil

import nibabel
import numpy as np
import tifffile
from nibabel import cifti2
from pydicom.sequence import Sequence

import dicom

OUTPUT = dicom.GOLDEN / "arrangement"
ENHANCED_MR, NUCLEAR, DOSE = "1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.20", "1.2.840.10008.5.1.4.1.1.481.2"
ULTRASOUND = "1.2.840.10008.5.1.4.1.1.3.1"
AXIAL = [1, 0, 0, 0, 1, 0]


def frames(sop_class, modality, values, **attributes):
    dataset = dicom.phantom(sop_class, modality, 2, 3, NumberOfFrames=len(values), **attributes)
    dataset.PixelData = np.repeat(np.array(values, "<u2"), 6).tobytes()
    return dataset


def enhanced(values, positions, orientation=AXIAL, **groups):
    """`groups`: for each macro a function from the frame's number to its attributes."""
    dataset = frames(ENHANCED_MR, "MR", values)
    plane = {} if callable(orientation) else {
        "PlaneOrientationSequence": dicom.items(dicom.item(ImageOrientationPatient=orientation))}
    if callable(orientation):
        groups["PlaneOrientationSequence"] = lambda frame: {"ImageOrientationPatient": orientation(frame)}
    dataset.SharedFunctionalGroupsSequence = dicom.items(dicom.item(
        PixelMeasuresSequence=dicom.items(dicom.item(PixelSpacing=[1, 1], SliceThickness=2)), **plane))
    dataset.PerFrameFunctionalGroupsSequence = Sequence([
        dicom.item(
            PlanePositionSequence=dicom.items(dicom.item(ImagePositionPatient=list(position))),
            **{name: dicom.items(dicom.item(**macro(frame))) for name, macro in groups.items()})
        for frame, position in enumerate(positions)])
    return dataset


def save(name, dataset):
    path = dicom.save("arrangement", dataset)
    shutil.move(path, OUTPUT / f"{name}.dcm")


def heights(*numbers):
    return [(0, 0, number) for number in numbers]


def main():
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    volumes, refused = {}, {}

    def add(name, dataset, values, step, origin=0.0, **more):
        save(name, dataset)
        volumes[f"{name}.dcm"] = {"volumes": values, "step": step, "origin": [0, 0, origin]} | more

    def refuse(name, dataset, word):
        save(name, dataset)
        refused[f"{name}.dcm"] = word

    def rescale(slopes, unit="US"):
        return lambda frame: {"RescaleSlope": slopes[frame], "RescaleIntercept": frame, "RescaleType": unit}

    up = [0, 0, 2]
    add("order", enhanced([100, 104, 102, 106], heights(0, 4, 2, 6)), [[100, 102, 104, 106]], up)
    add("descending", enhanced([6, 4, 2], heights(6, 4, 2)), [[6, 4, 2]], [0, 0, -2], 6.0)
    add("from-the-middle", enhanced([102, 104, 100], heights(2, 4, 0)), [[104, 102, 100]], [0, 0, -2], 4.0)
    add("slopes", enhanced([100] * 4, heights(0, 2, 4, 6), PixelValueTransformationSequence=rescale([1, 2, 4, 0.5])),
        [[100, 201, 402, 53]], up)
    add("echoes", enhanced(
        [200, 100, 201, 101, 202, 102], heights(0, 0, 2, 2, 4, 4),
        MREchoSequence=lambda frame: {"EffectiveEchoTime": [9.5, 4.5][frame % 2]}), [[100, 101, 102], [200, 201, 202]], up)
    add("times", enhanced(
        list(range(6)), heights(0, 2, 4, 0, 2, 4),
        TemporalPositionSequence=lambda frame: {"TemporalPositionTimeOffset": 2.5 * (frame // 3)}),
        [[0, 1, 2], [3, 4, 5]], up, interval=2.5)
    add("unnamed-repeats", enhanced([1, 2, 3, 4], heights(0, 0, 2, 2)), [[1, 3], [2, 4]], up)
    tilt = np.deg2rad(20)
    add("tilt", enhanced(
        [1, 2, 3], heights(0, 2, 4), orientation=[1, 0, 0, 0, float(np.cos(tilt)), -float(np.sin(tilt))]), [[1, 2, 3]], up)
    detector = dicom.items(dicom.item(ImagePositionPatient=[0, 0, 50], ImageOrientationPatient=AXIAL))
    nuclear = {"PixelSpacing": [1, 1], "SpacingBetweenSlices": -4, "DetectorInformationSequence": detector}
    add("nuclear", frames(
        NUCLEAR, "NM", [1, 2, 3, 4], FrameIncrementPointer=[0x00540010, 0x00540080], SliceVector=[1, 1, 2, 2],
        EnergyWindowVector=[2, 1, 2, 1], **nuclear), [[2, 4], [1, 3]], [0, 0, -4], 50.0)
    dose = {"PixelSpacing": [1, 1], "ImagePositionPatient": [0, 0, -30], "ImageOrientationPatient": AXIAL,
            "FrameIncrementPointer": 0x3004000C}
    add("dose", frames(DOSE, "RTDOSE", [1, 2, 3], GridFrameOffsetVector=[-30, -27, -24], **dose), [[1, 2, 3]], [0, 0, 3],
        -30.0)
    cine = frames(ULTRASOUND, "US", [1, 2, 3], FrameTime=40, FrameIncrementPointer=0x00181063)
    save("cine", cine)
    volumes["cine.dcm"] = {"volumes": [[1], [2], [3]], "interval": 0.04}

    refuse("gap", enhanced([1, 2, 3, 4], heights(0, 2, 4, 12)), "from 2 to 8 mm apart")
    refuse("dose-gap", frames(DOSE, "RTDOSE", [1, 2, 3], GridFrameOffsetVector=[0, 3, 9], **dose), "from 3 to 6 mm apart")
    refuse("incomplete", enhanced([1, 2, 3], heights(0, 0, 2)), "3 frames at 2 positions, 1 or 2 at each")
    refuse("orientations", enhanced(
        [1, 2], heights(0, 2), orientation=lambda frame: [AXIAL, [0, 1, 0, 0, 0, -1]][frame]), "2 stacks that differ in orientation")
    refuse("stacks", enhanced(
        [1, 2, 3, 4], heights(0, 2, 4, 6), FrameContentSequence=lambda frame: {"StackID": "12"[frame // 2]}),
        "2 stacks that differ in Stack ID (1, 2)")
    refuse("field-map", enhanced(
        [1, 2, 3, 4], heights(0, 2, 0, 2),
        MRImageFrameTypeSequence=lambda frame: {"FrameType": ["ORIGINAL", "PRIMARY", ["M", "B0"][frame // 2], "NONE"]},
        PixelValueTransformationSequence=lambda frame: {
            "RescaleSlope": frame + 1, "RescaleIntercept": 0, "RescaleType": ["US", "HZ"][frame // 2]}),
        "units (US, HZ)")

    series = cifti2.SeriesAxis(0, 1, 2)
    surface = cifti2.BrainModelAxis.from_mask(np.ones(3, bool), name="CortexLeft")
    cifti2.Cifti2Image(np.zeros((2, 3), "f4"), (series, surface)).to_filename(str(OUTPUT / "bold.dtseries.nii"))
    matrix = nibabel.Nifti1Image(np.zeros((2, 3, 1), "f4"), np.eye(4))
    matrix.header["intent_code"] = 1009
    matrix.to_filename(OUTPUT / "triangles.nii")

    # tifffile lists pages T, Z, C: the last fastest.
    def pages(*shape):
        return (np.arange(np.prod(shape)).reshape(shape + (1, 1)) * np.ones(shape + (2, 3))).astype("u2")

    hyperstack = {"axes": "TZCYX", "unit": "um", "spacing": 3.0}
    tifffile.imwrite(OUTPUT / "hyperstack.tif", pages(2, 3, 2), imagej=True, photometric="minisblack", metadata=hyperstack, resolution=(2, 4))
    volumes["hyperstack.tif"] = {"volumes": [[0, 2, 4], [1, 3, 5], [6, 8, 10], [7, 9, 11]]}
    tifffile.imwrite(
        OUTPUT / "behind-one-directory.tif", pages(3) * 1000, imagej=True, photometric="minisblack", truncate=True, byteorder=">",
        metadata={"axes": "ZYX"})
    volumes["behind-one-directory.tif"] = {"volumes": [[0, 1000, 2000]]}
    ome = {"axes": "TCYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.25,
           "PhysicalSizeYUnit": "µm", "TimeIncrement": 3, "TimeIncrementUnit": "s"}
    tifffile.imwrite(OUTPUT / "channels.ome.tif", pages(2, 2), ome=True, photometric="minisblack", metadata=ome)
    volumes["channels.ome.tif"] = {"volumes": [[0], [1], [2], [3]]}
    text = ("ImageJ=1.53t\nunit=\\u00B5m\nspacing=3.0\ncf=0\nc0=-32768.0\nc1=1.0\nvunit=Gray Value\nmin=32768.0\n"
            "max=33768.0\nxorigin=4.0\n")
    tifffile.imwrite(
        OUTPUT / "calibrated.tif", np.full((4, 6), 32768, "u2"), description=text, resolution=(2, 4),
        resolutionunit="NONE", metadata=None)
    tifffile.imwrite(
        OUTPUT / "ratio.tif", np.zeros((4, 6), "u1"), resolution=(1, 2), resolutionunit="NONE", metadata=None)
    tifffile.imwrite(OUTPUT / "shaped.tif", pages(3), photometric="minisblack", metadata={"axes": "ZYX"})
    tifffile.imwrite(
        OUTPUT / "geotiff.tif", np.zeros((4, 6), "u1"), metadata=None,
        extratags=[(33550, "d", 3, (1.0, 1.0, 0.0), True), (33922, "d", 6, (0.0,) * 6, True)])
    with tifffile.TiffWriter(OUTPUT / "series.ome.tif", ome=True) as writer:
        writer.write(pages(2), photometric="minisblack", metadata={"axes": "ZYX"})
        writer.write(pages(2), photometric="minisblack", metadata={"axes": "ZYX"})

    (OUTPUT / "arrangement.json").write_text(json.dumps({"volumes": volumes, "refused": refused}, indent=1))


main()
