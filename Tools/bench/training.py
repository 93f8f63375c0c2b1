"""Times one training step of PyTorch and of fovea-lab on the same network, batch, types and threads, turn by turn.

    python Tools/bench/training.py .build/release/fovea-lab

Prints JSON in milliseconds, for Foveola ×4 and SRResNet ×4: ours as "fovea", PyTorch's as "torch", medians.
"""

import json
import statistics
import subprocess
import sys
import time

import torch
from torch import nn

THREADS = 2
torch.set_num_threads(THREADS)


class Foveola(nn.Module):
    def __init__(self, scale=4, features=64, blocks=5):
        super().__init__()
        self.head = nn.Conv2d(1, features, 3, padding=1)
        self.body = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(features, features, 3, padding=1), nn.ReLU(), nn.Conv2d(features, features, 3, padding=1)
            )
            for _ in range(blocks)
        )
        self.tail = nn.Conv2d(features, scale * scale, 3, padding=1)
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, x):
        x = self.head(x)
        for block in self.body:
            x = x + block(x)
        return self.shuffle(self.tail(x))


class ResidualBlock(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(features, features, 3, padding=1), nn.BatchNorm2d(features), nn.PReLU(),
            nn.Conv2d(features, features, 3, padding=1), nn.BatchNorm2d(features),
        )

    def forward(self, x):
        return x + self.layers(x)


class SRResNet(nn.Module):
    def __init__(self, features=64, blocks=16):
        super().__init__()
        self.head = nn.Sequential(nn.Conv2d(1, features, 9, padding=4), nn.PReLU())
        self.blocks = nn.Sequential(*(ResidualBlock(features) for _ in range(blocks)))
        self.trunk = nn.Sequential(nn.Conv2d(features, features, 3, padding=1), nn.BatchNorm2d(features))
        self.up = nn.Sequential(
            *(
                layer
                for _ in range(2)
                for layer in (nn.Conv2d(features, 4 * features, 3, padding=1), nn.PixelShuffle(2), nn.PReLU())
            )
        )
        self.tail = nn.Sequential(nn.Conv2d(features, 1, 9, padding=4), nn.Tanh())

    def forward(self, x):
        shallow = self.head(x)
        return self.tail(self.up(self.trunk(self.blocks(shallow)) + shallow))


def pytorch_step(network, loss, rate, steps=20):
    network = network.to(memory_format=torch.channels_last).train()
    average = [p.detach().clone() for p in list(network.parameters()) + list(network.buffers())]
    optimizer = torch.optim.Adam(network.parameters(), lr=rate, fused=True)
    x = torch.rand(16, 1, 24, 24).to(memory_format=torch.channels_last)
    y = torch.rand(16, 1, 96, 96).to(memory_format=torch.channels_last)
    seconds = []
    for step in range(steps + 5):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16):
            made = network(x)
        value = loss(made.float(), y)
        value.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            sources = [s for s in list(network.parameters()) + list(network.buffers())]
            for mean, source in zip(average, sources):
                if mean.is_floating_point():
                    mean.lerp_(source, 0.001)
        value.item()
        if step >= 5:
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def fovea_step(lab, preset):
    result = subprocess.run(
        [lab, "time-step", "--preset", preset, "--threads", str(THREADS)], check=True, capture_output=True, text=True
    )
    return float(result.stdout)


rows = {}
for preset, make, loss, rate in (
    ("foveola", Foveola, nn.functional.l1_loss, 5e-4),
    ("srresnet", SRResNet, nn.functional.mse_loss, 1e-4),
):
    pairs = [(fovea_step(sys.argv[1], preset), pytorch_step(make(), loss, rate)) for _ in range(3)]
    ours = statistics.median(pair[0] for pair in pairs)
    theirs = statistics.median(pair[1] for pair in pairs)
    rows[f"training step {preset}"] = {"fovea": 1000 * ours, "torch": 1000 * theirs}
print(json.dumps(rows, indent=1))
