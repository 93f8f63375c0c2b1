"""Golden values for Tests/NetworksTests: FSRNet, small, as PyTorch computes it.

    python Tools/golden/fsrnet.py      # needs torch, safetensors, numpy

Writes Tests/NetworksTests/Golden/fsrnet.safetensors: the weights under weights/, an input, the image that the network gives,
and its side outputs. Written from the paper (Chen et al. 2018, figure 2) and Newell et al. 2016, figure 3, in PyTorch's own
layers.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

OUT = Path(__file__).parents[2] / "Tests/NetworksTests/Golden"


class Normed(nn.Module):
    def __init__(self, inputs, outputs, kernel=3, stride=1):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.norm(self.convolution(x)))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = Normed(width, width), nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x):
        return x + self.norm(self.second(self.first(x)))


class Blocks(nn.Module):
    def __init__(self, inputs, width, outputs, count, stride=1):
        super().__init__()
        self.head, self.tail = Normed(inputs, width, stride=stride), nn.Conv2d(width, outputs, 3, padding=1)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(count)])

    def forward(self, x):
        return self.tail(self.blocks(self.head(x)))


class Bottleneck(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        half = outputs // 2
        self.norms = nn.ModuleList([nn.BatchNorm2d(inputs), nn.BatchNorm2d(half), nn.BatchNorm2d(half)])
        self.convolutions = nn.ModuleList(
            [nn.Conv2d(inputs, half, 1), nn.Conv2d(half, half, 3, padding=1), nn.Conv2d(half, outputs, 1)])
        if inputs != outputs:
            self.skip = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        y = x
        for norm, convolution in zip(self.norms, self.convolutions):
            y = convolution(F.relu(norm(y)))
        return y + (self.skip(x) if hasattr(self, "skip") else x)


class Hourglass(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        for name in "beside", "before", "behind":
            self.add_module(name, nn.ModuleList([Bottleneck(width, width) for _ in range(depth)]))
        self.bottom, self.depth = Bottleneck(width, width), depth

    def forward(self, x, depth=0):
        if depth == self.depth:
            return self.bottom(x)
        low = self.behind[depth](self(self.before[depth](F.max_pool2d(x, 2)), depth + 1))
        return self.beside[depth](x) + F.interpolate(low, scale_factor=2, mode="nearest")


class Prior(nn.Module):
    def __init__(self, channels, width, hourglasses, maps):
        super().__init__()
        self.head, self.widening = Normed(channels, width, 7, 2), Bottleneck(width, 2 * width)
        self.blocks = nn.Sequential(Block(2 * width), Block(2 * width))
        self.hourglasses = nn.Sequential(*[Hourglass(2 * width, 3) for _ in range(hourglasses)])
        self.maps = nn.Conv2d(2 * width, maps, 1)

    def forward(self, x):
        features = self.hourglasses(self.blocks(self.widening(self.head(x))))
        return features, self.maps(features)


class FSRNet(nn.Module):
    def __init__(self, channels, width, encoder, hourglasses, maps):
        super().__init__()
        self.coarse = Blocks(channels, width, channels, 3)
        self.encoder = Blocks(channels, width, width, encoder, stride=2)
        self.prior = Prior(channels, width, hourglasses, maps)
        self.fusion = Normed(3 * width, width)
        self.enlargement = nn.ConvTranspose2d(width, width, 3, 2, 1, 1)
        self.decoder = nn.Sequential(*[Block(width) for _ in range(3)])
        self.tail = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, x):
        coarse = self.coarse(x)
        features, maps = self.prior(coarse)
        fused = self.fusion(torch.cat([self.encoder(coarse), features], 1))
        return self.tail(self.decoder(self.enlargement(fused))), coarse, maps


torch.manual_seed(20261127)
network = FSRNet(3, 4, 2, 2, 2)
with torch.no_grad():
    for name, value in network.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif name.endswith("running_mean"):
            value.normal_(0, 0.3)
        elif "norm" in name and name.endswith("weight"):
            value.normal_(1, 0.3)
        elif value.dim() == 1:
            value.normal_(0.1, 0.2)
    network.eval()
    x = torch.rand(2, 3, 32, 48)
    image, coarse, maps = network(x)
    assert min(y.std() for y in (image, coarse, maps)) > 0.02
    tensors = {f"weights/{name}": value for name, value in network.state_dict().items()
               if not name.endswith("num_batches_tracked")}
    tensors |= {"input": x, "output": image, "coarse": coarse, "priors": maps}
    save_file({name: value.contiguous().clone() for name, value in tensors.items()}, OUT / "fsrnet.safetensors")

# The published sizes, each part by itself, for the paper's count.
full = FSRNet(3, 64, 12, 2, 2)
for part in "coarse", "encoder", "prior":
    print(part, sum(p.numel() for p in getattr(full, part).parameters()))
print("all", sum(p.numel() for p in full.parameters()), sum(p.numel() for p in FSRNet(1, 32, 6, 1, 2).parameters()))
