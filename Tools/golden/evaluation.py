"""Golden values for Evaluation: bicubic interpolation scored by scikit-image under the conventions that `fovea evaluate`
prints, on phantoms that Tests/EvaluationTests makes by the same integer formulas.

imresize is written here as MATLAB documents it (cubic, a = -0.5, antialiased, symmetric edges), in double precision.

    python Tools/golden/evaluation.py      # needs numpy, scikit-image; writes Tests/EvaluationTests/Golden/evaluation.json
"""

import json
from pathlib import Path

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

OUTPUT = Path(__file__).parents[2] / "Tests/EvaluationTests/Golden/evaluation.json"
SCALE = 4


def phantom(width, height, shift):
    x, y = np.meshgrid(np.arange(width) + shift, np.arange(height))
    return (x * 7 + y * 3) % 64 + (x // 8 + y // 8) % 2 * 120 + x * y % 17


def cubic(x):
    x = np.abs(x)
    inner = 1.5 * x**3 - 2.5 * x**2 + 1
    outer = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return inner * (x <= 1) + outer * ((x > 1) & (x <= 2))


def matrix(count, size):
    scale = size / count
    width = min(scale, 1)
    result = np.zeros((size, count))
    for row in range(size):
        centre = (row + 0.5) / scale - 0.5
        for column in range(int(np.floor(centre - 2 / width)) - 1, int(np.ceil(centre + 2 / width)) + 2):
            index = column % (2 * count)
            index = index if index < count else 2 * count - 1 - index
            result[row, index] += cubic((centre - column) * width)
    return result / result.sum(axis=1, keepdims=True)


def imresize(image, height, width):
    return matrix(image.shape[0], height) @ image @ matrix(image.shape[1], width).T


def luminance(rgb):
    return 16 + (65.481 * rgb[..., 0] + 128.553 * rgb[..., 1] + 24.966 * rgb[..., 2]) / 255


def restore(truth, finish_low, finish):
    height, width = truth.shape
    low = finish_low(imresize(truth, height // SCALE, width // SCALE))
    return finish(imresize(low, height, width))


def scores(truth, result, data_range):
    a, b = (i[SCALE:-SCALE, SCALE:-SCALE] for i in (truth, result))
    return {
        "psnr": peak_signal_noise_ratio(a, b, data_range=data_range),
        "ssim": structural_similarity(
            a, b, data_range=data_range, gaussian_weights=True, sigma=1.5, use_sample_covariance=False),
    }


def crop(image):
    return image[: image.shape[0] // SCALE * SCALE, : image.shape[1] // SCALE * SCALE].astype(float)


def eight_bit(image):
    # Ties away from zero, as Swift's rounded().
    return np.clip(np.floor(image + 0.5), 0, 255)


gray = crop(phantom(67, 53, 0))
color = [crop(phantom(61, 66, shift)) for shift in (0, 5, 23)]
color_result = np.stack([restore(c, eight_bit, eight_bit) for c in color], axis=-1)

volume = np.stack([phantom(64, 60, 3) * 150, np.zeros((60, 64)), phantom(64, 60, 11) * 90 + 37])
high = np.percentile(volume, 99.9)
slices = {}
for index in (0, 2):
    truth = np.clip(crop(volume[index]), 0, high)
    slices[str(index)] = scores(truth, restore(truth, lambda x: x, lambda x: np.clip(x, 0, high)), high)

OUTPUT.parent.mkdir(parents=True, exist_ok=True)
OUTPUT.write_text(json.dumps({
    "gray": scores(gray, restore(gray, eight_bit, eight_bit), 255),
    "color": scores(luminance(np.stack(color, axis=-1)), luminance(color_result), 255),
    "volume": slices,
    "range": high,
}, indent=1) + "\n")
