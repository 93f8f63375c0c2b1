"""Golden values for LPIPS: AlexNet's and VGG-16's layers, as narrow as they can be, with random weights, compared in
PyTorch as the paper's code does; the networks that Tools/convert_lpips.py makes of the same weights lie beside them.

    python Tools/golden/lpips.py      # needs torch, onnx; writes Tests/EvaluationTests/Golden/lpips*
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from torch.nn import functional as F

sys.path.append(str(Path(__file__).parents[1]))
from convert_lpips import build  # noqa: E402

OUTPUT = Path(__file__).parents[2] / "Tests/EvaluationTests/Golden"
# (layer, kernel, stride, padding, pool before, whether its activation is compared)
ALEXNET = [(0, 11, 4, 2, 0, 1), (3, 5, 1, 2, 3, 1), (6, 3, 1, 1, 3, 1), (8, 3, 1, 1, 0, 1), (10, 3, 1, 1, 0, 1)]
VGG16 = [
    (layer, 3, 1, 1, 2 if layer in (5, 10, 17, 24) else 0, layer in (2, 7, 14, 21, 28))
    for layer in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
]


def phantom(width, height, shift):
    """What Tests/EvaluationTests/Phantom.swift draws."""
    x, y = np.meshgrid(np.arange(width) + shift, np.arange(height))
    return (x * 7 + y * 3) % 64 + (x // 8 + y // 8) % 2 * 120 + x * y % 17


def image(shift):
    x = torch.tensor(phantom(96, 80, shift), dtype=torch.float64) / 255 * 2 - 1
    return x.expand(1, 3, -1, -1)


def distance(layers, weights, heads, first, second):
    shift = torch.tensor([-0.030, -0.088, -0.188], dtype=torch.float64).view(1, 3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450], dtype=torch.float64).view(1, 3, 1, 1)

    def features(x):
        x = (x - shift) / scale
        for layer, _, stride, padding, pool, compared in layers:
            if pool:
                x = F.max_pool2d(x, pool, 2)
            x = F.relu(F.conv2d(x, weights[f"features.{layer}.weight"], weights[f"features.{layer}.bias"], stride, padding))
            if compared:
                yield x / (x.pow(2).sum(1, keepdim=True).sqrt() + 1e-10)

    pairs = zip(features(first), features(second))
    return sum(F.conv2d((a - b) ** 2, head).mean().item() for (a, b), head in zip(pairs, heads.values()))


def main():
    values = {}
    for name, layers in (("alexnet", ALEXNET), ("vgg16", VGG16)):
        generator = torch.Generator().manual_seed(3)
        weights, heads, channels = {}, {}, 3
        for layer, kernel, *_, compared in layers:
            shape = (4, channels, kernel, kernel)
            weights[f"features.{layer}.weight"] = torch.randn(shape, generator=generator) / (channels * kernel**2) ** 0.5
            weights[f"features.{layer}.bias"] = torch.randn(4, generator=generator) * 0.1
            channels = 4
            if compared:
                heads[f"lin{len(heads)}.model.1.weight"] = torch.rand((1, 4, 1, 1), generator=generator)
        arrays = [{key: tensor.numpy() for key, tensor in group.items()} for group in (weights, heads)]
        onnx.save(build(*arrays), OUTPUT / f"lpips-{name}.onnx")
        double = [{key: tensor.double() for key, tensor in group.items()} for group in (weights, heads)]
        values[name] = distance(layers, *double, image(0), image(3))
    (OUTPUT / "lpips.json").write_text(json.dumps(values, indent=2) + "\n")


if __name__ == "__main__":
    main()
