"""Files that SimpleITK and Pillow write, for the formats that Fovea reads but does not write.

pip install SimpleITK pillow numpy; writes Tests/ImagingTests/Golden/readonly/.
"""

import gzip
import json
import pathlib

import numpy as np
import SimpleITK as sitk
from PIL import Image

folder = pathlib.Path(__file__).parents[2] / "Tests/ImagingTests/Golden/readonly"
folder.mkdir(parents=True, exist_ok=True)
cases = []


def metaimage(name, array, compressed=False, color=False):
    """array: (slice, row, column) or with channels last."""
    image = sitk.GetImageFromArray(array, isVector=color)
    spacing, origin = (0.5, 0.75, 3.0), (-10.0, 20.5, 7.25)
    # A rotation by 90 degrees about the third axis, then a flip of the third: columns run along +y.
    direction = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
    rank = image.GetDimension()
    if rank == 3:
        image.SetSpacing(spacing)
        image.SetOrigin(origin)
        image.SetDirection(direction)
    else:
        image.SetSpacing(spacing[:2])
    sitk.WriteImage(image, str(folder / name), useCompression=compressed)
    planar = np.moveaxis(array, -1, -3) if color else array
    if rank == 3:
        corners = [image.TransformIndexToPhysicalPoint(i) for i in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]]
    else:
        # In the plane z = 0, as ITK writes it to formats of three dimensions.
        corners = [(*image.TransformIndexToPhysicalPoint(i), 0) for i in [(0, 0), (1, 0), (0, 1)]]
        corners.append(np.add(corners[0], (0, 0, 1)))
    steps = [np.subtract(corner, corners[0]) for corner in corners[1:]]
    affine = [float(x) for x in np.concatenate(steps + [corners[0]])]
    cases.append(dict(
        file=name, format="metaImage", width=image.GetWidth(), height=image.GetHeight(),
        slices=image.GetDepth() if rank == 3 else 1, colorModel="rgb" if color else "gray",
        sampleType=str(array.dtype), spacing=list(image.GetSpacing()[:2]), affine=affine,
        samples=[float(x) for x in planar.ravel()]))


def pnm(name, array, maximum=255):
    mode = "RGB" if array.ndim == 3 else None
    plain = folder / name.removesuffix(".gz")
    Image.fromarray(array, mode=mode).save(plain)
    if name.endswith(".gz"):
        (folder / name).write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
        plain.unlink()
    planar = np.moveaxis(array, -1, 0) if array.ndim == 3 else array
    cases.append(dict(
        file=name, format="pnm", width=array.shape[1], height=array.shape[0], slices=1,
        colorModel="rgb" if array.ndim == 3 else "gray", sampleType=str(array.dtype), storedMaximum=maximum,
        samples=[float(x) for x in planar.ravel()]))


random = np.random.default_rng(0)
metaimage("volume.mha", random.integers(-3000, 3000, (3, 4, 5)).astype(np.int16))
metaimage("apart.mhd", random.integers(0, 256, (2, 4, 6)).astype(np.uint8))
metaimage("compressed.mha", random.normal(size=(2, 5, 4)).astype(np.float32), compressed=True)
metaimage("plane.mha", random.integers(0, 65536, (4, 7)).astype(np.uint16))
metaimage("color.mha", random.integers(0, 256, (1, 3, 4, 3)).astype(np.uint8), color=True)
pnm("color.ppm.gz", random.integers(0, 256, (5, 7, 3)).astype(np.uint8))
pnm("gray.pgm", random.integers(0, 256, (4, 6)).astype(np.uint8))
pnm("deep.pgm", random.integers(0, 65536, (4, 6)).astype(np.uint16), maximum=65535)
(folder / "readonly.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
