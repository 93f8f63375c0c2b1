#!/usr/bin/env python3
"""Candidates for a ×4 network beside Foveola: what each costs in OpenVINO on one thread, and what it learns in few steps (over torch's
bicubic interpolation, which is a little sharper than MATLAB's).

    Tools/bench/candidates.py                       parameters, and milliseconds for 256² → 1024² (ONEDNN_MAX_CPU_ISA=AVX2: as there)
    Tools/bench/candidates.py --learn DATA --steps 500     and dB over bicubic, from scratch

DATA holds teacher-x4/ (Tools/teach.py) to learn from and train/, of which the last tenth of each folder's names is scored. Needs
Python with torch, openvino, numpy and Pillow.
"""
import argparse
import pathlib
import random
import sys
import time

import numpy
import openvino
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import teach

SCALE, CROP, BATCH = 4, 48, 8


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.second.weight.data *= 0.1

    def forward(self, x):
        return x + self.second(functional.relu(self.first(x)))


class Plain(nn.Module):
    """One 3 × 3 convolution and an identity, which fold into one in use (as PlainUSR's)."""

    def __init__(self, width):
        super().__init__()
        self.convolution, self.isFolded = nn.Conv2d(width, width, 3, padding=1), False
        self.convolution.weight.data *= 0.5

    def forward(self, x):
        return functional.leaky_relu(self.convolution(x) + (0 if self.isFolded else x), 0.1)


class LargeKernel(nn.Module):
    """Blueprint convolutions and a large-kernel attention (as BSRN's and LKDN's)."""

    def __init__(self, width):
        super().__init__()
        def point(): return nn.Conv2d(width, width, 1)
        def depth(size, dilation=1):
            return nn.Conv2d(width, width, size, padding=size // 2 * dilation, dilation=dilation, groups=width)
        self.first, self.second = nn.Sequential(point(), depth(3)), nn.Sequential(point(), depth(3))
        self.attention = nn.Sequential(point(), depth(5), depth(5, 3), point())
        self.last = point()
        self.last.weight.data *= 0.1

    def forward(self, x):
        y = functional.gelu(self.first(x))
        y = functional.gelu(self.second(y) + y)
        return x + self.last(y * self.attention(y))


class Gated(nn.Module):
    """Foveola's block under a gate of a quarter of the resolution (local importance, as PlainUSR's)."""

    def __init__(self, width):
        super().__init__()
        self.block, self.squeeze, self.spread = Residual(width), nn.Conv2d(width, 16, 1), nn.Conv2d(16, width, 3, padding=1)

    def forward(self, x):
        y = self.block(x)
        gate = self.spread(functional.relu(functional.avg_pool2d(self.squeeze(y), 4)))
        return 2 * y * torch.sigmoid(functional.interpolate(gate, scale_factor=4, mode="bilinear"))


class Network(nn.Module):
    """The residual to bicubic interpolation, of blocks at low resolution."""

    def __init__(self, block, width, count):
        super().__init__()
        self.head = nn.Conv2d(1, width, 3, padding=1)
        self.body = nn.Sequential(*[block(width) for _ in range(count)])
        self.tail = nn.Conv2d(width, SCALE * SCALE, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)

    def forward(self, x):
        features = self.head(x)
        return functional.pixel_shuffle(self.tail(self.body(features) + features), SCALE)


CANDIDATES = {
    "foveola 64 × 8": (Residual, 64, 8), "foveola 96 × 4": (Residual, 96, 4), "foveola 48 × 14": (Residual, 48, 14),
    "plain 64 × 17": (Plain, 64, 17), "large kernel 56 × 9": (LargeKernel, 56, 9), "gated 64 × 7": (Gated, 64, 7),
}  # fmt: skip


def milliseconds(networks):
    core, compiled, image = openvino.Core(), {}, numpy.random.rand(1, 1, 256, 256).astype(numpy.float32)
    for name, network in networks.items():
        for layer in network.modules():
            layer.isFolded = True
        with torch.no_grad():
            model = openvino.convert_model(network.eval(), example_input=torch.zeros(1, 1, 256, 256), input=[1, 1, 256, 256])
        compiled[name] = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"})
    times = {name: [] for name in networks}
    for _ in range(6):  # By turns, so that a busy machine treats all alike; the first is not counted.
        for name in networks:
            start = time.process_time()
            compiled[name]([image])
            times[name].append(time.process_time() - start)
    return {name: 1000 * numpy.median(values[1:]) for name, values in times.items()}


def pair(image):
    rows, columns = (length // SCALE * SCALE for length in image.shape)
    image = image[:rows, :columns]
    low = teach.reduced(image, SCALE)
    enlarged = functional.interpolate(torch.tensor(low)[None, None], scale_factor=SCALE, mode="bicubic")[0, 0].numpy()
    return low, enlarged, image


def psnr(image, truth):
    inner = (slice(SCALE, -SCALE),) * 2
    return 10 * numpy.log10(255**2 / numpy.mean((image.round().clip(0, 255) - truth)[inner] ** 2))


def gain(network, learned, kept, steps):
    draw = random.Random(1)
    network = network.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.Adam(network.parameters(), 5e-4)
    for step in range(steps):
        rate = 5e-4 * min(1, (step + 1) / 50) * (0.02 + 0.49 * (1 + numpy.cos(numpy.pi * step / steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        inputs, targets = [], []
        for low, enlarged, image in draw.choices(learned, k=BATCH):
            row, column = (draw.randrange(length - CROP + 1) for length in low.shape)
            turns, low_part = draw.randrange(4), low[row : row + CROP, column : column + CROP]
            place = tuple(slice(SCALE * start, SCALE * (start + CROP)) for start in (row, column))
            inputs.append(numpy.rot90(low_part, turns) / 255)
            targets.append(numpy.rot90((image - enlarged)[place], turns) / 255)
        x, y = (torch.tensor(numpy.stack(parts)[:, None], dtype=torch.float32) for parts in (inputs, targets))
        with torch.autocast("cpu", torch.bfloat16):
            loss = functional.l1_loss(network(x.contiguous(memory_format=torch.channels_last)).float(), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    network.eval()
    gains = []
    with torch.no_grad():
        for low, enlarged, image in kept:
            result = enlarged + 255 * network(torch.tensor(low / 255, dtype=torch.float32)[None, None])[0, 0].numpy()
            gains.append(psnr(result, image) - psnr(enlarged, image))
    return numpy.mean(gains)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learn", type=pathlib.Path, metavar="DATA")
    parser.add_argument("--steps", type=int, default=500)
    options = parser.parse_args()
    torch.set_num_threads(1)

    def networks():
        torch.manual_seed(1)
        return {name: Network(*candidate) for name, candidate in CANDIDATES.items()}

    costs = milliseconds(networks())
    for name, network in networks().items():
        print(f"{name:20} {sum(part.numel() for part in network.parameters()):8d} {costs[name]:6.0f} ms", flush=True)
    if not options.learn:
        return
    files = sorted((options.learn / "teacher-x4").glob("*/*.png"))
    learned = [pair(numpy.asarray(Image.open(path), float)) for path in random.Random(1).sample(files, min(700, len(files)))]
    learned = [each for each in learned if min(each[0].shape) >= CROP]
    kept = []
    for kind in ("cxr", "fundus", "skin", "ultrasound", "spine", "mammography"):
        folder = options.learn / "train" / kind
        aside = set(folder.iterdir()) - set(teach.learned_from(folder))
        for path in sorted(path for path in aside if path.suffix in (".png", ".jpg", ".tif"))[:5]:
            image = numpy.asarray(Image.open(path).convert("RGB"), float) @ teach.LUMA
            kept.append(pair((teach.reduced(image, 2) if kind == "skin" else image).round()[:320, :320]))
    kept = [each for each in kept if min(length % 4 == 0 for length in each[0].shape)]
    for name, network in networks().items():
        print(f"{name:20} {gain(network, learned, kept, options.steps):+.2f} dB", flush=True)


if __name__ == "__main__":
    main()
