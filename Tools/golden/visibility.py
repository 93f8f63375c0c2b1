"""Prints the golden values of Tests/TrustTests/PlantedTests.swift: python Tools/golden/visibility.py

From which contrast on a spot stands above noise of standard deviation 1 for the ideal observer, 4 / ‖A l‖₂, with l a Gaussian
spot of height 1 and A the antialiased bicubic reduction; the greatest over where the spot's centre lies. Needs numpy.
"""

import numpy


def cubic(x):
    """Keys' kernel, a = −0.5."""
    x = numpy.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return numpy.where(x <= 1, near, numpy.where(x <= 2, far, 0))


def reduction(count, scale):
    """The matrix that reduces `count` samples by `scale`, the kernel stretched by it; far from any edge."""
    rows = numpy.arange(count // scale)[:, None]
    centres = (rows + 0.5) * scale - 0.5
    weights = cubic((numpy.arange(count)[None, :] - centres) / scale)
    return weights / weights.sum(axis=1, keepdims=True)


def contrast(width, scale):
    """`width` is the full width at half maximum in pixels of the input, those that are reduced to."""
    count = 64 * scale
    matrix = reduction(count, scale)
    strengths = []
    for offset in range(scale):
        distance = numpy.arange(count) - (count // 2 + offset)
        # A Gaussian is the product of two, and so is its reduction.
        line = matrix @ numpy.exp(-4 * numpy.log(2) * distance**2 / (width * scale) ** 2)
        strengths.append(line @ line)
    return 4 / min(strengths)


for scale in (2, 4):
    print(scale, [round(float(contrast(width, scale)), 5) for width in (0.5, 1, 2)])
