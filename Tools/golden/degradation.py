"""Golden values for the degradations without noise: SciPy, scikit-image and NumPy on a small image.

    python Tools/golden/degradation.py      # needs numpy, scipy, scikit-image
    writes Tests/ImagingTests/Golden/degradation.json
"""

import json
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.measure import block_reduce

OUTPUT = Path(__file__).parents[2] / "Tests/ImagingTests/Golden/degradation.json"


def phantom(width, height):
    y, x = np.mgrid[0:height, 0:width]
    image = 120 + 60 * np.sin(0.9 * x + 0.2 * y) + 40 * np.cos(1.3 * y) + 30 * ((x // 3 + y // 4) % 2)
    return np.round(image, 2)


def anisotropic(image, along, across, degrees):
    radius = int(4 * max(along, across) + 0.5)
    y, x = np.mgrid[-radius:radius + 1, -radius:radius + 1]
    angle = np.deg2rad(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    inverse = np.linalg.inv(rotation @ np.diag([along**2, across**2]) @ rotation.T)
    points = np.stack([x, y], axis=-1)
    kernel = np.exp(-0.5 * np.einsum("...i,ij,...j", points, inverse, points))
    return ndimage.convolve(image, kernel / kernel.sum(), mode="reflect")


def truncated(image, width, height):
    """Centre of the shifted spectrum; a linear phase moves samples to the centres of the new pixels."""
    spectrum = np.fft.fftshift(np.fft.fft2(image))
    for axis, kept in enumerate([height, width]):
        count = image.shape[axis]
        frequencies = np.fft.fftshift(np.fft.fftfreq(count, 1 / count)).round()
        inside = (frequencies >= -(kept // 2)) & (frequencies < (kept + 1) // 2)
        shift = (count / kept - 1) / 2
        phase = np.exp(2j * np.pi * frequencies * shift / count)
        spectrum = np.compress(inside, spectrum * np.expand_dims(phase, 1 - axis), axis=axis)
    return np.abs(np.fft.ifft2(np.fft.ifftshift(spectrum))) * width * height / image.size


def main():
    image = phantom(18, 15)
    results = {
        "blur:0.6": ndimage.gaussian_filter(image, 0.6, mode="reflect", truncate=4),
        "blur:1.7": ndimage.gaussian_filter(image, 1.7, mode="reflect", truncate=4),
        "blur:5": ndimage.gaussian_filter(image, 5, mode="reflect", truncate=4),
        "blur:2:0.7:30": anisotropic(image, 2, 0.7, 30),
        "blur:0.5:1.5:-70": anisotropic(image, 0.5, 1.5, -70),
        "bin/3": block_reduce(image, (3, 3), np.mean),
        "bin/4": block_reduce(image[:12, :16], (4, 4), np.mean),
        "kspace/1": image,
        "kspace/2": truncated(image, 9, 8),
        "kspace/3": truncated(image, 6, 5),
        "kspace/4": truncated(image, 5, 4),
    }
    cases = [{
        "degradation": name, "width": result.shape[1], "height": result.shape[0],
        "expected": [round(float(value), 4) for value in result.ravel()],
    } for name, result in results.items()]
    source = {"width": 18, "height": 15, "samples": image.ravel().tolist()}
    OUTPUT.write_text(json.dumps({"source": source, "cases": cases}) + "\n")


main()
