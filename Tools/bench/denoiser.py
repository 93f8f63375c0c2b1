"""PyTorch's time for one denoising step of a small SR3, as JSON in milliseconds: the network alone, with the model file's
weights, on 256 x 256 pixels, channels-last, in inference mode.

    python Tools/bench/denoiser.py DIFFUSION.onnx      # needs onnx, torch
"""

import json
import os
import sys

import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F
from timing import best

FEATURES, MULTIPLIERS, PATCH = 48, (1, 2, 2), 4


def groups(channels):
    return max(n for n in range(1, max(1, min(32, channels // 4)) + 1) if channels % n == 0)


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.first_norm = nn.GroupNorm(groups(inputs), inputs)
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.projection = nn.Linear(4 * FEATURES, outputs)
        self.second_norm = nn.GroupNorm(groups(outputs), outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, vector):
        h = self.first(F.silu(self.first_norm(x))) + self.projection(vector)[:, :, None, None]
        return (self.second(F.silu(self.second_norm(h))) + self.shortcut(x)) * 0.5**0.5


class UNet(nn.Module):
    """SR3's U-Net with one block a level, without attention: the tiny presets' network."""

    def __init__(self):
        super().__init__()
        widths = [FEATURES * m for m in MULTIPLIERS]
        self.embedding = nn.ModuleList([nn.Linear(FEATURES, 4 * FEATURES), nn.Linear(4 * FEATURES, 4 * FEATURES)])
        self.head = nn.Conv2d(2, FEATURES, 2 * PATCH, stride=PATCH, padding=PATCH // 2)
        self.down, self.reductions, self.up, self.enlargements = (nn.ModuleList() for _ in range(4))
        width, skips = FEATURES, [FEATURES]
        for level, wide in enumerate(widths):
            self.down.append(Block(width, wide))
            width = wide
            skips.append(width)
            if level + 1 < len(widths):
                self.reductions.append(nn.Conv2d(width, width, 3, stride=2, padding=1))
                skips.append(width)
        self.middle = nn.ModuleList([Block(width, width), Block(width, width)])
        for level, wide in reversed(list(enumerate(widths))):
            blocks = nn.ModuleList()
            for _ in range(2):
                blocks.append(Block(width + skips.pop(), wide))
                width = wide
            self.up.append(blocks)
            if level > 0:
                self.enlargements.append(nn.Conv2d(width, width, 3, padding=1))
        self.norm = nn.GroupNorm(groups(width), width)
        self.tail = nn.Conv2d(width, PATCH * PATCH, 3, padding=1)

    def forward(self, noisy, condition, level):
        vector = F.silu(self.embedding[1](F.silu(self.embedding[0](level))))
        x = self.head(torch.cat([condition, noisy], 1))
        skips = [x]
        for index, block in enumerate(self.down):
            x = block(x, vector)
            skips.append(x)
            if index < len(self.reductions):
                x = self.reductions[index](x)
                skips.append(x)
        for block in self.middle:
            x = block(x, vector)
        for index, blocks in enumerate(self.up):
            for block in blocks:
                x = block(torch.cat([x, skips.pop()], 1), vector)
            if index < len(self.enlargements):
                x = self.enlargements[index](F.interpolate(x, scale_factor=2, mode="nearest"))
        return F.pixel_shuffle(self.tail(F.silu(self.norm(x))), PATCH)

    def load(self, graph):
        """Takes over the model file's weights, whose names are its own."""
        stored = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
        names = {}
        for ours in self.state_dict():
            part = ours.split(".")
            last = len(self.down) - 1
            match part[0]:
                case "down":
                    theirs = ["down", part[1], "0", "block", *part[2:]]
                case "reductions":
                    theirs = ["down", part[1], "reduction", *part[2:]]
                case "up":
                    theirs = ["up", str(last - int(part[1])), part[2], "block", *part[3:]]
                case "enlargements":
                    theirs = ["up", str(last - int(part[1])), "enlargement", *part[2:]]
                case _:
                    theirs = part
            names[ours] = ".".join(theirs)
        missing = [name for name in names.values() if name not in stored]
        if missing:
            sys.exit(f"denoiser.py knows the tiny presets' network alone; the file lacks {missing[0]}")
        self.load_state_dict({
            ours: stored[theirs].reshape(self.state_dict()[ours].shape) for ours, theirs in names.items()})


def main():
    torch.set_num_threads(os.cpu_count())
    network = UNet().eval()
    network.load(onnx.load(sys.argv[1]).graph)
    times = {}
    with torch.inference_mode():
        for precision in (torch.float32, torch.bfloat16):
            network = network.to(precision).to(memory_format=torch.channels_last)
            images = [torch.rand(1, 1, 256, 256).to(precision) for _ in range(2)]
            level = torch.rand(1, FEATURES).to(precision)
            name = f"denoise 256 {str(precision).removeprefix('torch.')}"
            times[name] = {"torch": best(lambda: network(*images, level), runs=12)}
    print(json.dumps(times, indent=1))


if __name__ == "__main__":
    main()
