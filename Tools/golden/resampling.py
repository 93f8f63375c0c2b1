"""Golden values for Resampling: MATLAB's documented `imresize` as dense matrices in double precision, and Pillow and
NumPy beside it.

The matrices follow MATLAB's documentation of imresize (kernel, antialiasing, pixel centres, size rule, symmetric
edges); they are checked here against Pillow and PyTorch in the interior, where all agree, before anything is written.

    python Tools/golden/resampling.py      # needs numpy, pillow, torch; writes Tests/ImagingTests/Golden/resampling.json
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image

OUTPUT = Path(__file__).parents[2] / "Tests/ImagingTests/Golden/resampling.json"


def cubic(x):
    x = np.abs(x)
    inner = 1.5 * x**3 - 2.5 * x**2 + 1
    outer = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return inner * (x <= 1) + outer * ((x > 1) & (x <= 2))


def box(x):
    return ((x >= -0.5) & (x < 0.5)).astype(float)


def triangle(x):
    return np.maximum(1 - np.abs(x), 0)


def lanczos(lobes):
    return lambda x: np.sinc(x) * np.sinc(x / lobes) * (np.abs(x) < lobes)


KERNELS = {
    "nearest": (box, 1), "linear": (triangle, 2), "cubic": (cubic, 4),
    "lanczos2": (lanczos(2), 4), "lanczos3": (lanczos(3), 6),
}


def contributions(length, count, scale, kernel, width, antialias):
    """(count, length) matrix of weights; indices count from 1 as in MATLAB."""
    if scale < 1 and antialias:
        h, support = (lambda x: scale * kernel(scale * x)), width / scale
    else:
        h, support = kernel, width
    u = np.arange(1, count + 1) / scale + 0.5 * (1 - 1 / scale)
    left = np.floor(u - support / 2)
    taps = math.ceil(support) + 2
    indices = left[:, None] + np.arange(taps)
    weights = h(u[:, None] - indices)
    weights /= weights.sum(axis=1, keepdims=True)
    both = np.concatenate([np.arange(length), np.arange(length)[::-1]])
    reads = both[np.mod(indices.astype(int) - 1, 2 * length)]
    matrix = np.zeros((count, length))
    for row in range(count):
        np.add.at(matrix[row], reads[row], weights[row])
    return matrix


def imresize(image, scales, sizes, interpolation, antialias=True):
    kernel, width = KERNELS[interpolation]
    antialias = antialias and interpolation != "nearest"
    rows = contributions(image.shape[0], sizes[0], scales[0], kernel, width, antialias)
    columns = contributions(image.shape[1], sizes[1], scales[1], kernel, width, antialias)
    return rows @ image @ columns.T


def area(image, sizes):
    """Mean over the footprint of each new pixel, by way of the running integral."""
    def along(array, count):
        length = array.shape[0]
        integral = np.concatenate([np.zeros((1, array.shape[1])), np.cumsum(array, axis=0)])
        edges = np.arange(count + 1) * length / count
        whole = np.minimum(edges.astype(int), length - 1)
        at = integral[whole] + (edges - whole)[:, None] * array[whole]
        return np.diff(at, axis=0) * count / length
    return along(along(image, sizes[0]).T, sizes[1]).T


def phantom(height, width):
    y, x = np.mgrid[0:height, 0:width]
    image = 120 + 60 * np.sin(0.9 * x + 0.2 * y) + 40 * np.cos(1.3 * y) + 30 * ((x // 3 + y // 4) % 2)
    return np.round(image, 2).astype(np.float32)


def listed(array):
    return [round(float(value), 4) for value in np.asarray(array).ravel()]


def main():
    image = phantom(10, 13)
    wide = image.astype(np.float64)
    cases = []

    def add(name, width, height, interpolation, result, scale=None, antialias=True, margin=0):
        cases.append({
            "name": name, "width": width, "height": height, "interpolation": interpolation, "scale": scale,
            "antialias": antialias, "margin": margin, "expected": listed(result),
        })

    for interpolation in KERNELS:
        for width, height in [(20, 15), (7, 5), (4, 3), (23, 4), (5, 19), (13, 21), (13, 10)]:
            result = imresize(wide, (height / 10, width / 13), (height, width), interpolation)
            add("matlab", width, height, interpolation, result)
        for scale in [0.25, 1 / 3, 1.7] + [4] * (interpolation == "cubic"):
            height, width = math.ceil(scale * 10), math.ceil(scale * 13)
            result = imresize(wide, (scale, scale), (height, width), interpolation)
            add("matlab", width, height, interpolation, result, scale=scale)
    for width, height in [(9, 7), (26, 5)]:
        result = imresize(wide, (height / 10, width / 13), (height, width), "cubic", antialias=False)
        add("matlab", width, height, "cubic", result, antialias=False)

    for width, height in [(4, 3), (9, 7), (26, 20), (23, 5)]:
        add("footprint mean", width, height, "area", area(wide, (height, width)))

    # Pillow and PyTorch drop weights outside the image where MATLAB mirrors: equal in the interior.
    filters = {"cubic": Image.Resampling.BICUBIC, "linear": Image.Resampling.BILINEAR,
               "lanczos3": Image.Resampling.LANCZOS}
    for interpolation, filter in filters.items():
        for width, height, margin in [(26, 20, 6), (10, 8, 3)]:
            result = np.asarray(Image.fromarray(image, mode="F").resize((width, height), filter))
            ours = imresize(wide, (height / 10, width / 13), (height, width), interpolation)
            inside = np.s_[margin:-margin, margin:-margin]
            assert np.abs(result - ours)[inside].max() < 1e-4, (interpolation, width)
            add("pillow", width, height, interpolation, result, margin=margin)
    for width, height, margin in [(26, 20, 6), (10, 8, 2)]:
        tensor = torch.from_numpy(image)[None, None]
        result = torch.nn.functional.interpolate(
            tensor, (height, width), mode="bicubic", antialias=True, align_corners=False)[0, 0].numpy()
        add("torch", width, height, "cubic", result, margin=margin)

    OUTPUT.write_text(json.dumps({"source": {"width": 13, "height": 10, "samples": listed(image)}, "cases": cases}))


main()
