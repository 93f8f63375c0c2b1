"""Small files of every format and kind of sample, written by others, and what is in them.

    python Tools/golden/formats.py      # needs numpy, nibabel, pillow, pypng, tifffile, imagecodecs
    writes Tests/ImagingTests/Golden/formats/ and formats.json in it

NIfTI by nibabel, PNG by pypng and Pillow, TIFF by tifffile and Pillow, JPEG by Pillow. Samples are listed in Fovea's
order: slice, channel, row, column.
"""

import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
import png
import tifffile
from PIL import Image, PngImagePlugin

OUTPUT = Path(__file__).parents[2] / "Tests/ImagingTests/Golden/formats"
shutil.rmtree(OUTPUT, ignore_errors=True)
OUTPUT.mkdir(parents=True)
random = np.random.default_rng(20260101)
cases = []

TYPES = {"u1": "uint8", "i1": "int8", "u2": "uint16", "i2": "int16", "u4": "uint32", "i4": "int32", "u8": "uint64",
         "i8": "int64", "f4": "float32", "f8": "float64"}


def values(shape, kind):
    """Numbers over the type's range that float32 holds exactly."""
    kind = np.dtype(kind)
    if kind.kind == "f":
        return random.normal(scale=100, size=shape).astype("f4").astype(kind)
    limits = np.iinfo(kind)
    low, high = max(limits.min, -(2**24)), min(limits.max, 2**24)
    result = random.integers(low, high, shape, endpoint=True)
    result.flat[0], result.flat[1] = low, high
    return result.astype(kind)


def add(file, array, model, kind, spacing=None, affine=None, tolerance=0, **more):
    """array: (slice, row, column, channel)"""
    slices, height, width, channels = array.shape
    samples = array.transpose(0, 3, 1, 2).ravel()
    cases.append(dict(
        file=file, width=width, height=height, slices=slices, colorModel=model, sampleType=TYPES[kind],
        spacing=spacing, affine=None if affine is None else np.asarray(affine, "f8")[:3].T.ravel().tolist(),
        tolerance=tolerance, samples=[int(s) if s == int(s) else float(s) for s in samples.tolist()], **more))


def flat(volume):
    """nibabel's (x, y, z, …) as (slice, row, column, channel)."""
    return volume.reshape(volume.shape[:2] + (-1,), order="F").transpose(2, 1, 0)[..., None]


# NIfTI
rotation = nibabel.eulerangles.euler2mat(0.1, 0.2, 0.3)
oblique = nibabel.affines.from_matvec(rotation @ np.diag([-0.75, 0.5, 2.5]), [-90, -100, -50])
sheared = oblique.copy()
sheared[0, 1] += 0.2
sheared[:3, 3] += 7
oblique_spacing = [0.75, 0.5]


def nifti(name, volume, affine=oblique, image=nibabel.Nifti1Image, endian="<", sform=2, qform=1, qform_affine=None,
          edit=None):
    header = image.header_class(endianness=endian)
    header.set_data_dtype(volume.dtype.newbyteorder(endian) if volume.dtype.names is None else volume.dtype)
    result = image(volume, affine, header, dtype=volume.dtype)
    if affine is not None:
        result.set_sform(affine if sform else None, sform)
        result.set_qform(qform_affine if qform_affine is not None else affine if qform else None, qform)
        result.header["pixdim"][4] = 1.5
    result.header["descrip"] = b"a phantom"
    result.header["aux_file"] = b"aux"
    if edit:
        edit(result.header)
    nibabel.save(result, OUTPUT / name)


for kind in TYPES:
    for image, version in ((nibabel.Nifti1Image, 1), (nibabel.Nifti2Image, 2)):
        endian = ">" if (list(TYPES).index(kind) + version) % 2 else "<"
        suffix = ".nii.gz" if kind in ("u1", "f4") else ".nii"
        volume = values((4, 3, 2), kind)

        def edit(header):
            header.set_xyzt_units("mm", "sec")
            header["intent_name"] = b"an intent"
            header["dim_info"] = 0b111001
            header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"kept as it is"))

        name = f"nifti{version}-{TYPES[kind]}-{'big' if endian == '>' else 'little'}{suffix}"
        nifti(name, volume, image=image, endian=endian, edit=edit)
        add(name, flat(volume), "gray", kind, oblique_spacing, oblique)

volume = values((4, 3, 2, 3), "i2")
nifti("four-dimensions.nii", volume, edit=lambda h: h.set_slope_inter(2, 5))
add("four-dimensions.nii", flat(volume), "gray", "i2", oblique_spacing, oblique, slope=2.0, intercept=5.0)
nifti("two-forms.nii", volume, affine=sheared, qform_affine=oblique)
add("two-forms.nii", flat(volume), "gray", "i2", oblique_spacing, sheared, qform=oblique[:3].T.ravel().tolist())
nifti("qform-only.nii.gz", volume, sform=0)
add("qform-only.nii.gz", flat(volume), "gray", "i2", oblique_spacing, oblique)
nifti("no-form.nii", volume, affine=None)
add("no-form.nii", flat(volume), "gray", "i2", [1.0, 1.0])
nifti("microns.nii", volume, affine=np.diag([500, 250, 1000, 1.0]), edit=lambda h: h.set_xyzt_units("micron"))
add("microns.nii", flat(volume), "gray", "i2", [0.5, 0.25], np.diag([0.5, 0.25, 1, 1]))
nifti("one-plane.nii", volume[:, :, 0, 0], edit=lambda h: None)
add("one-plane.nii", flat(volume[:, :, 0, 0]), "gray", "i2", oblique_spacing, oblique)
nibabel.save(nibabel.Nifti1Pair(volume, oblique), OUTPUT / "pair.hdr")
add("pair.hdr", flat(volume), "gray", "i2", oblique_spacing, oblique)
for channels, model in ((3, "rgb"), (4, "rgba")):
    color = values((4, 3, 2, channels), "u1")
    record = np.dtype([(name, "u1") for name in "RGBA"[:channels]])
    nifti(f"{model}.nii", np.ascontiguousarray(color).view(record)[..., 0])
    add(f"{model}.nii", color.transpose(2, 1, 0, 3), model, "u1", oblique_spacing, oblique)

broken = values((4, 3, 2, 3), "f4")
broken[3, 1, 1, 2] = np.nan
nifti("nan.nii", broken)
inexact = values((4, 3, 2, 3), "i4")
inexact[1, 2, 0, 1] = 2**24 + 1
nifti("inexact.nii", inexact)
nifti("complex.nii", values((4, 3, 2), "f4").astype("c8"))

# PNG
for channels, model in ((1, "gray"), (2, "grayAlpha"), (3, "rgb"), (4, "rgba")):
    for bits in (1, 2, 4, 8, 16) if channels == 1 else (8, 16):
        for interlaced in (False, True):
            array = random.integers(0, 2**bits, (5, 9, channels))
            array.flat[0] = 2**bits - 1
            name = f"{model}-{bits}{'-interlaced' if interlaced else ''}.png"
            writer = png.Writer(
                9, 5, greyscale=channels < 3, alpha=channels in (2, 4), bitdepth=bits, interlace=interlaced,
                x_pixels_per_unit=4000, y_pixels_per_unit=2000, unit_is_meter=True)
            with open(OUTPUT / name, "wb") as file:
                writer.write(file, array.reshape(5, -1).tolist())
            add(name, array[None], model, "u2" if bits == 16 else "u1", [0.25, 0.5], storedMaximum=2**bits - 1)

palette = [(10 * i, 255 - 3 * i, i) for i in range(12)]
indices = random.integers(0, 12, (5, 9))
for name, colors in (("palette.png", palette), ("palette-alpha.png", [c + (20 * i,) for i, c in enumerate(palette)])):
    with open(OUTPUT / name, "wb") as file:
        png.Writer(9, 5, palette=colors, bitdepth=4).write(file, indices.tolist())
    add(name, np.array(colors)[indices][None], "rgb" if len(colors[0]) == 3 else "rgba", "u1")
gray = random.integers(0, 16, (5, 9))
gray[1, 2] = 7
with open(OUTPUT / "gray-4-transparent.png", "wb") as file:
    png.Writer(9, 5, greyscale=True, bitdepth=4, transparent=7).write(file, gray.tolist())
add("gray-4-transparent.png", np.stack([gray * 17, np.where(gray == 7, 0, 255)], -1)[None], "grayAlpha", "u1")
color = random.integers(0, 65536, (5, 9, 3))
with open(OUTPUT / "rgb-16-transparent.png", "wb") as file:
    png.Writer(9, 5, greyscale=False, bitdepth=16, transparent=tuple(int(c) for c in color[2, 3])).write(
        file, color.reshape(5, -1).tolist())
opaque = np.full((5, 9, 1), 65535)
opaque[2, 3] = 0
add("rgb-16-transparent.png", np.concatenate([color, opaque], -1)[None], "rgba", "u2")

# TIFF
for kind in TYPES:
    name = f"stack-{TYPES[kind]}.tif"
    stack = values((2, 5, 6, 1), kind)
    tifffile.imwrite(OUTPUT / name, stack[..., 0], photometric="minisblack", metadata=None, byteorder=">",
                     resolution=(50, 20), resolutionunit="CENTIMETER")
    add(name, stack, "gray", kind, [0.2, 0.5])
for model, channels in (("grayAlpha", 2), ("rgb", 3), ("rgba", 4)):
    for kind in ("u1", "u2", "f4"):
        for planes in ("contig", "separate"):
            array = values((5, 6, channels), kind)
            name = f"{model}-{TYPES[kind]}-{planes}.tif"
            tifffile.imwrite(
                OUTPUT / name, array if planes == "contig" else array.transpose(2, 0, 1), planarconfig=planes,
                photometric="minisblack" if channels < 3 else "rgb", metadata=None,
                extrasamples=["unassalpha"] if channels % 2 == 0 else None)
            add(name, array[None], model, kind)
for compression in ("lzw", "packbits", "deflate"):
    array = values((5, 6), "u2")
    tifffile.imwrite(OUTPUT / f"{compression}.tif", array, compression=compression, predictor=compression == "lzw",
                     photometric="minisblack", metadata=None)
    add(f"{compression}.tif", array[None, ..., None], "gray", "u2")
array = values((35, 20, 3), "u1")
tifffile.imwrite(OUTPUT / "tiled.tif", array, photometric="rgb", tile=(16, 16), metadata=None)
add("tiled.tif", array[None], "rgb", "u1")
array = values((5, 6), "u1")
tifffile.imwrite(OUTPUT / "white-is-zero.tif", array, photometric="miniswhite", metadata=None)
add("white-is-zero.tif", array[None, ..., None], "gray", "u1", polarity="brightIsLow")
tifffile.imwrite(OUTPUT / "big.tif", array, photometric="minisblack", bigtiff=True, metadata=None)
add("big.tif", array[None, ..., None], "gray", "u1")
with tifffile.TiffWriter(OUTPUT / "preview.tif") as writer:
    writer.write(array, photometric="minisblack", metadata=None)
    writer.write(array[::2, ::2], photometric="minisblack", subfiletype=1, metadata=None)
add("preview.tif", array[None, ..., None], "gray", "u1")
with tifffile.TiffWriter(OUTPUT / "pages-differ.tif") as writer:
    writer.write(array, photometric="minisblack", metadata=None)
    writer.write(array[::2], photometric="minisblack", metadata=None)
# The eight orientations as the TIFF 6 specification words them: where row 0 and column 0 are.
turned = [array, array[:, ::-1], array[::-1, ::-1], array[::-1], array.T, array.T[:, ::-1], array.T[::-1, ::-1],
          array.T[::-1]]
for number, upright in enumerate(turned, 1):
    tifffile.imwrite(OUTPUT / f"orientation-{number}.tif", array, photometric="minisblack", metadata=None,
                     resolution=(50, 20), resolutionunit="CENTIMETER", extratags=[(274, "H", 1, number, True)])
    spacing = [0.2, 0.5] if number < 5 else [0.5, 0.2]
    add(f"orientation-{number}.tif", upright[None, ..., None], "gray", "u1", spacing)
bilevel = values((5, 11), "u1") > 127
Image.fromarray(bilevel).save(OUTPUT / "group4.tif", compression="group4")
add("group4.tif", bilevel[None, ..., None], "gray", "u1", storedMaximum=1)
quantized = Image.fromarray(values((6, 7, 3), "u1")).quantize(12)
quantized.save(OUTPUT / "palette.tif")
add("palette.tif", np.array(quantized.convert("RGB"))[None], "rgb", "u1")

# JPEG
y, x = np.mgrid[0:21, 0:30]
smooth = np.stack([120 + 90 * np.sin(x / 5), 100 + 3 * y, 4 * x], -1).clip(0, 255).astype("u1")
for name, picture, model, options in (
        ("gray.jpg", Image.fromarray(smooth[..., 0]), "gray", {}),
        ("color-420.jpg", Image.fromarray(smooth), "rgb", {"subsampling": 2}),
        ("color-progressive.jpg", Image.fromarray(smooth), "rgb", {"progressive": True})):
    picture.save(OUTPUT / name, quality=90, dpi=(254, 127), **options)
    decoded = np.array(Image.open(OUTPUT / name)).reshape(1, 21, 30, -1)
    # Decoders may differ by a grey level or two in the inverse transform and the color conversion.
    add(name, decoded, model, "u1", [0.1, 0.2], tolerance=2)
exif = Image.Exif()
exif[0x0112] = 6
Image.fromarray(smooth[..., 0]).save(OUTPUT / "on-its-side.jpg", quality=90, exif=exif)
decoded = np.array(Image.open(OUTPUT / "on-its-side.jpg"))
add("on-its-side.jpg", np.rot90(decoded, -1)[None, ..., None], "gray", "u1", tolerance=2)
Image.fromarray(smooth).convert("CMYK").save(OUTPUT / "cmyk.jpg")

with open(OUTPUT / "formats.json", "w") as file:
    lines = ",\n".join(json.dumps(case) for case in cases)
    file.write(f"[\n{lines}\n]\n")
print(len(cases), "cases,", sum(path.stat().st_size for path in OUTPUT.iterdir()), "bytes")
