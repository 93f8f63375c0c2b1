"""Golden values for Tests/NetworksTests: every network in a small configuration, as PyTorch computes it.

    python Tools/golden/networks.py      # needs torch, safetensors, numpy; torchvision installed or unpacked

Writes Tests/NetworksTests/Golden/NAME.safetensors: the weights under weights/, an input and what the network gives.
The networks are written down here from their papers, in PyTorch's own layers; VGG-19 is torchvision's.
"""

import ast
import importlib.util
from collections import OrderedDict
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from resampling import KERNELS, contributions

OUT = Path(__file__).parents[2] / "Tests/NetworksTests/Golden"


def named(**modules):
    return nn.Sequential(OrderedDict(modules))


def conv(inputs, outputs, kernel=3, **options):
    return nn.Conv2d(inputs, outputs, kernel, padding=options.pop("padding", kernel // 2), **options)


class Residual(nn.Module):
    """conv, BN, PReLU, conv, BN, plus identity."""

    def __init__(self, width, kernel=3):
        super().__init__()
        self.first, self.first_norm, self.activation = conv(width, width, kernel), nn.BatchNorm2d(width), nn.PReLU()
        self.second, self.second_norm = conv(width, width, kernel), nn.BatchNorm2d(width)

    def forward(self, x):
        return x + self.second_norm(self.second(self.activation(self.first_norm(self.first(x)))))


class PlainResidual(nn.Module):
    def __init__(self, width, names):
        super().__init__()
        for name in names:
            self.add_module(name, conv(width, width))
        self.names = names

    def forward(self, x):
        first, second = (getattr(self, name) for name in self.names)
        return x + second(F.relu(first(x)))


class SubPixel(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution, self.activation = conv(inputs, 4 * outputs), nn.PReLU()

    def forward(self, x):
        return self.activation(F.pixel_shuffle(self.convolution(x), 2))


class Foveola(nn.Module):
    def __init__(self, scale, features, blocks):
        super().__init__()
        self.head, self.tail = conv(1, features), conv(features, scale**2)
        self.body = nn.Sequential(*[PlainResidual(features, ["0", "1"]) for _ in range(blocks)])
        self.scale = scale

    def forward(self, x):
        return F.pixel_shuffle(self.tail(self.body(self.head(x))), self.scale)


class VDSR(nn.Module):
    def __init__(self, depth, features, channels):
        super().__init__()
        widths = [channels] + [features] * (depth - 1) + [channels]
        self.layers = nn.ModuleList([conv(a, b) for a, b in zip(widths, widths[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class SRResNet(nn.Module):
    def __init__(self, scale, channels, features, blocks):
        super().__init__()
        self.head, self.head_activation = conv(channels, features, 9), nn.PReLU()
        self.blocks = nn.Sequential(*[Residual(features) for _ in range(blocks)])
        self.trunk, self.trunk_norm = conv(features, features), nn.BatchNorm2d(features)
        self.upsampling = nn.Sequential(*[SubPixel(features, features) for _ in range(scale // 2)])
        self.tail = conv(features, channels, 9)

    def forward(self, x):
        shallow = self.head_activation(self.head(x))
        return torch.tanh(self.tail(self.upsampling(self.trunk_norm(self.trunk(self.blocks(shallow))) + shallow)))


def block(inputs, outputs, stride=1, norm=True):
    parts = {"convolution": conv(inputs, outputs, stride=stride)}
    if norm:
        parts["norm"] = nn.BatchNorm2d(outputs)
    return named(**parts, activation=nn.LeakyReLU(0.2))


def head(inputs, hidden):
    return named(flat=nn.Flatten(), hidden=nn.Linear(inputs, hidden), activation=nn.LeakyReLU(0.2),
                 last=nn.Linear(hidden, 1))


class PairDiscriminator(nn.Module):
    """SRGAN's (with normalisation, four pairs) and EnhanceNet's (without, five)."""

    def __init__(self, channels, features, hidden, side, pairs, norm):
        super().__init__()
        widths = [channels] + [features << (i // 2) for i in range(2 * pairs)]
        self.blocks = nn.Sequential(*[
            block(widths[i], widths[i + 1], 1 + i % 2, norm and i > 0) for i in range(2 * pairs)])
        self.head = head(widths[-1] * side * side, hidden)

    def forward(self, x):
        return self.head(self.blocks(x))


def doubled(x):
    """Bicubic ×2 by MATLAB's imresize."""
    kernel, width = KERNELS["cubic"]
    matrices = [torch.tensor(contributions(n, 2 * n, 2, kernel, width, False), dtype=torch.float64) for n in x.shape[2:]]
    return (matrices[0] @ x.double() @ matrices[1].T).float()


class Saeedi(nn.Module):
    def __init__(self, channels, features, residual_blocks, plain_layers, sharpening):
        super().__init__()
        self.stem, self.stem_activation = conv(channels, features, 9), nn.PReLU()
        self.residual_blocks = nn.Sequential(*[Residual(features) for _ in range(residual_blocks)])
        self.plain_layers = nn.Sequential(*[
            named(convolution=conv(features, features), activation=nn.PReLU()) for _ in range(plain_layers)])
        self.norm = nn.BatchNorm2d(features)
        cross = torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]])
        full = torch.tensor([[-1.0, -1, -1], [-1, 9, -1], [-1, -1, -1]])
        self.kernel = full if sharpening == "full" else cross
        if sharpening == "projectedCross":
            self.projection = conv(features, channels, 1)
        self.upsampling = SubPixel(channels, features)
        self.narrowing, self.narrowing_activation = conv(features, 16), nn.PReLU()
        self.tail = conv(16, channels, 5)
        self.channels = channels

    def forward(self, x):
        shallow = self.stem_activation(self.stem(doubled(x)))
        deep = self.norm(self.plain_layers(self.residual_blocks(shallow))) + shallow
        # The mean of the channels, sharpened, three times over; or a projection, each channel sharpened.
        deep = self.projection(deep) if hasattr(self, "projection") else deep.mean(1, keepdim=True)
        sharp = torch.cat([F.conv2d(deep[:, i:i + 1], self.kernel[None, None], padding=1) for i in range(deep.shape[1])], 1)
        sharp = torch.tanh(sharp).expand(-1, self.channels, -1, -1)
        return torch.tanh(self.tail(self.narrowing_activation(self.narrowing(self.upsampling(sharp)))))


class AhmadStage(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        self.blocks = nn.Sequential(*[Residual(width) for _ in range(blocks)])
        self.trunk, self.norm, self.upsampling = conv(width, width), nn.BatchNorm2d(width), SubPixel(width, width)

    def forward(self, x):
        return self.upsampling(self.norm(self.trunk(self.blocks(x))) + x)


class Ahmad(nn.Module):
    def __init__(self, channels, features, kernels, shallow, deep, enlarged, fuses):
        super().__init__()
        self.paths = nn.ModuleDict({
            str(k): named(convolution=conv(channels, features, k), activation=nn.PReLU(),
                          blocks=nn.Sequential(*[Residual(features, k) for _ in range(shallow)])) for k in kernels})
        width = features if fuses else features * len(kernels)
        self.fusion = conv(features * len(kernels), width, 1) if fuses else nn.Identity()
        self.deep, self.enlarged, self.tail = AhmadStage(width, deep), AhmadStage(width, enlarged), conv(width, channels, 9)

    def forward(self, x):
        shallow = self.fusion(torch.cat([path(x) for path in self.paths.values()], 1))
        return torch.tanh(self.tail(self.enlarged(self.deep(shallow))))


class AhmadDiscriminatorStage(nn.Module):
    def __init__(self, inputs, outputs, first):
        super().__init__()
        self.first, self.second = block(inputs, outputs, norm=not first), block(outputs, outputs, 2)
        self.projection = None if first else conv(inputs, outputs, 1, stride=2)
        self.third = block(outputs, outputs)

    def forward(self, x):
        y = self.second(self.first(x))
        if self.projection:
            y = y + self.projection(x)
        return y + self.third(y)


class AhmadDiscriminator(nn.Module):
    def __init__(self, channels, features, hidden, side):
        super().__init__()
        widths = [channels] + [features << i for i in range(4)]
        self.stages = nn.Sequential(*[
            AhmadDiscriminatorStage(widths[i], widths[i + 1], i == 0) for i in range(4)])
        self.head = head(widths[-1] * side * side, hidden)

    def forward(self, x):
        return self.head(self.stages(x))


class Dense(nn.Module):
    def __init__(self, features, growth):
        super().__init__()
        for i in range(5):
            self.add_module(f"conv{i + 1}", conv(features + i * growth, features if i == 4 else growth))

    def forward(self, x):
        seen = [x]
        for i in range(1, 5):
            seen.append(F.leaky_relu(getattr(self, f"conv{i}")(torch.cat(seen, 1)), 0.2))
        return x + 0.2 * self.conv5(torch.cat(seen, 1))


class RRDB(nn.Module):
    def __init__(self, features, growth):
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (Dense(features, growth) for _ in range(3))

    def forward(self, x):
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class RRDBNet(nn.Module):
    def __init__(self, ups, channels, features, blocks, growth):
        super().__init__()
        self.conv_first, self.conv_body = conv(channels, features), conv(features, features)
        self.body = nn.Sequential(*[RRDB(features, growth) for _ in range(blocks)])
        for i in range(ups):
            self.add_module(f"conv_up{i + 1}", conv(features, features))
        self.conv_hr, self.conv_last, self.ups = conv(features, features), conv(features, channels), ups

    def forward(self, x):
        x = self.conv_first(x)
        x = x + self.conv_body(self.body(x))
        for i in range(self.ups):
            x = F.leaky_relu(getattr(self, f"conv_up{i + 1}")(F.interpolate(x, scale_factor=2, mode="nearest")), 0.2)
        return self.conv_last(F.leaky_relu(self.conv_hr(x), 0.2))


class ESRGANDiscriminator(nn.Module):
    def __init__(self, channels, features, side):
        super().__init__()
        widths = [channels] + [features << min(i, 3) for i in range(5)]
        for i in range(5):
            self.add_module(f"conv{i}_0", conv(widths[i], widths[i + 1], bias=i == 0))
            if i:
                self.add_module(f"bn{i}_0", nn.BatchNorm2d(widths[i + 1]))
            self.add_module(f"conv{i}_1", conv(widths[i + 1], widths[i + 1], 4, stride=2, padding=1, bias=False))
            self.add_module(f"bn{i}_1", nn.BatchNorm2d(widths[i + 1]))
        self.linear1, self.linear2 = nn.Linear(widths[5] * side * side, 100), nn.Linear(100, 1)

    def forward(self, x):
        for name, module in self.named_children():
            if name.startswith("linear"):
                break
            if name.startswith("bn") or name == "conv0_0":
                x = F.leaky_relu(module(x), 0.2)
            else:
                x = module(x)
        return self.linear2(F.leaky_relu(self.linear1(x.flatten(1)), 0.2))


class EnhanceNet(nn.Module):
    def __init__(self, ups, channels, features, blocks):
        super().__init__()
        self.head = conv(channels, features)
        self.blocks = nn.Sequential(*[PlainResidual(features, ["first", "second"]) for _ in range(blocks)])
        self.upsampling = nn.ModuleList([conv(features, features) for _ in range(ups)])
        self.last = nn.ModuleList([conv(features, features), conv(features, channels)])

    def forward(self, x):
        x = self.blocks(F.relu(self.head(x)))
        for layer in self.upsampling:
            x = F.relu(layer(F.interpolate(x, scale_factor=2, mode="nearest")))
        return self.last[1](F.relu(self.last[0](x)))


def randomise(module):
    for name, value in module.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif name.endswith("running_mean"):
            value.normal_(0, 0.3)
        elif value.dim() == 1 and ("norm" in name or "bn" in name) and name.endswith("weight"):
            value.normal_(1, 0.3)
        elif value.dim() == 1 and value.is_floating_point():
            value.normal_(0.1, 0.2)
        elif value.dim() > 1 and "Discriminator" in type(module).__name__:
            nn.init.kaiming_normal_(value, 0.2)


def write(name, module, *shape):
    torch.manual_seed(len(name) + 1000 * sum(map(ord, name)))
    with torch.no_grad():
        randomise(module)
        module.eval()
        x = torch.rand(*shape)
        x[1:] = 1 - 3 * x[1:]
        tensors = {f"weights/{key}": value.clone() for key, value in module.state_dict().items()
                   if not key.endswith("num_batches_tracked")}
        tensors["input"], tensors["output"] = x, module(x)
    # A result that is saturated or nearly constant would hide mistakes.
    y = tensors["output"]
    assert 0.005 < y.std(), (name, y.std())
    save_file({key: value.contiguous() for key, value in tensors.items()}, OUT / f"{name}.safetensors")
    print(name, tuple(y.shape), f"{y.std():.3f}", sum(v.numel() for k, v in tensors.items()))


write("foveola", Foveola(3, 6, 2), 2, 1, 5, 7)
write("vdsr", VDSR(4, 6, 3), 2, 3, 5, 7)
write("srresnet2", SRResNet(2, 3, 4, 2), 2, 3, 5, 7)
write("srresnet4", SRResNet(4, 1, 4, 2), 2, 1, 5, 7)
write("srganDiscriminator", PairDiscriminator(3, 2, 5, 2, 4, True), 2, 3, 27, 27)
for sharpening in "cross", "full", "projectedCross":
    write(f"saeedi-{sharpening}", Saeedi(3, 4, 2, 3, sharpening), 1, 3, 5, 7)
write("ahmad", Ahmad(1, 4, [3, 5, 7], 2, 2, 1, True), 1, 1, 5, 7)
write("ahmadUnfused", Ahmad(3, 2, [3, 5], 1, 1, 1, False), 1, 3, 5, 7)
write("ahmadDiscriminator", AhmadDiscriminator(1, 2, 5, 2), 2, 1, 21, 21)
write("rrdb4", RRDBNet(2, 3, 4, 2, 2), 1, 3, 5, 7)
write("rrdb2", RRDBNet(1, 1, 4, 1, 3), 1, 1, 5, 7)
write("esrganDiscriminator", ESRGANDiscriminator(1, 2, 1), 2, 1, 37, 37)
write("enhanceNet", EnhanceNet(2, 3, 4, 2), 1, 3, 5, 7)
write("enhanceNetDiscriminator", PairDiscriminator(1, 2, 5, 2, 5, False), 2, 1, 37, 37)

# torchvision's own make_layers and configuration E, taken from its source: importing the package would want its
# compiled operators, which belong to one build of PyTorch.
source = Path(importlib.util.find_spec("torchvision").submodule_search_locations[0], "models/vgg.py").read_text()
wanted = [node for node in ast.parse(source).body
          if getattr(node, "name", "") == "make_layers" or getattr(getattr(node, "target", None), "id", "") == "cfgs"]
assert len(wanted) == 2
vision = {}
exec("from typing import *\nimport torch.nn as nn\n" + "\n".join(ast.unparse(node) for node in wanted), vision)
narrow = {64: 4, 128: 4, 256: 6, 512: 6}
vgg = vision["make_layers"]([narrow.get(width, width) for width in vision["cfgs"]["E"]])
torch.manual_seed(19)
for layer in vgg:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        nn.init.normal_(layer.bias, 0.1, 0.1)


def see(x):
    """What every layer gives; the ReLUs work in place, so each is copied."""
    y = (x - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    outputs = []
    for layer in vgg:
        y = layer(y).clone()
        outputs.append(y.clone())
    return outputs


def normalised(features):
    return [x / x.mean((1, 2, 3), keepdim=True) for x in features]


def grams(x, size=16):
    """Patch by patch, as EnhanceNet's text has it: G = F Fᵀ over the positions of a patch."""
    result = []
    for top in range(0, x.shape[2] - size + 1, size):
        for left in range(0, x.shape[3] - size + 1, size):
            patch = x[:, :, top:top + size, left:left + size].flatten(2)
            result.append(torch.einsum("bip,bjp->bij", patch, patch))
    return torch.stack(result)


with torch.no_grad():
    first, second = torch.rand(2, 3, 64, 80), torch.rand(2, 3, 64, 80) ** 2
    a, b = see(first), see(second)
    tensors = {f"weights/features.{key}": value.clone() for key, value in vgg.state_dict().items()}
    tensors |= {"input": first, "other": second}
    for index in 1, 8, 9, 34, 35, 36:
        assert a[index].std() > 0.02, (index, a[index].std())
        tensors[f"output/{index}"] = a[index]
    tensors["losses/phi22"] = F.mse_loss(a[8] / 12.75, b[8] / 12.75)
    tensors["losses/phi54"] = F.mse_loss(a[35] / 12.75, b[35] / 12.75)
    tensors["losses/conv54"] = F.l1_loss(a[34], b[34])
    pools = zip((0.2, 0.02), normalised([a[9], a[36]]), normalised([b[9], b[36]]))
    tensors["losses/perceptual"] = sum(weight * F.mse_loss(x, y) for weight, x, y in pools)
    textures = zip((3e-7, 1e-6, 1e-6), normalised([a[1], a[6], a[11]]), normalised([b[1], b[6], b[11]]))
    tensors["losses/texture"] = sum(weight * F.mse_loss(grams(x), grams(y)) for weight, x, y in textures)
    print({key: value.item() for key, value in tensors.items() if key.startswith("losses")})
    save_file(tensors, OUT / "vgg19.safetensors")
