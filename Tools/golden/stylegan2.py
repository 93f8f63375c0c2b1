"""Golden values for Tests/NetworksTests: StyleGAN2's generator and discriminator, small, as PyTorch computes them.

    python Tools/golden/stylegan2.py      # needs torch, safetensors, numpy

Writes Tests/NetworksTests/Golden/stylegan2.safetensors and stylegan2Discriminator.safetensors. Written from the paper
(Karras et al. 2020): a kernel of its own for each example in a grouped convolution, and resolutions changed by putting
zeros between pixels and filtering with [1 3 3 1], where Fovea scales features around one convolution, repeats pixels and
blurs.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "Tests/NetworksTests/Golden"
SQRT2 = 2**0.5
LATENT, WIDTHS, MAPPING = 6, [5, 4, 3], 2
torch.manual_seed(20261126)
weights = {}


def weight(name, *shape, spread=1.0):
    weights[name] = torch.randn(*shape) * spread
    return weights[name]


def activation(x):
    return F.leaky_relu(x, 0.2) * SQRT2


def dense(name, x, outputs, rate=1.0):
    w, b = weight(f"{name}.weight", outputs, x.shape[1], spread=1 / rate), weight(f"{name}.bias", outputs, spread=0.1 / rate)
    return F.linear(x, w * rate / x.shape[1] ** 0.5, b * rate)


def fir(x, up=False):
    """[1 3 3 1] after zeros between the pixels, or before every second pixel is taken; zeros beyond the edge."""
    row = torch.tensor([1.0, 3, 3, 1]) / 8
    kernel = torch.outer(row, row)[None, None].repeat(x.shape[1], 1, 1, 1)
    if not up:
        return F.conv2d(F.pad(x, (1, 1, 1, 1)), kernel, stride=2, groups=x.shape[1])
    spaced = torch.zeros(x.shape[0], x.shape[1], 2 * x.shape[2], 2 * x.shape[3])
    spaced[:, :, ::2, ::2] = x
    # Each pixel ends where the two that it becomes lie.
    return F.conv2d(F.pad(spaced, (2, 1, 2, 1)), 4 * kernel, groups=x.shape[1])


def modulated(name, x, latent, outputs, kernel, demodulates=True):
    batch, inputs = x.shape[:2]
    w = weight(f"{name}.weight", outputs, inputs, kernel, kernel) / (inputs * kernel**2) ** 0.5
    style_weight = weight(f"{name}.style.weight", inputs, LATENT)
    style_bias = weight(f"{name}.style.bias", inputs, spread=0.1)
    style_bias += 1
    style = F.linear(latent, style_weight / LATENT**0.5, style_bias)
    own = w[None] * style[:, None, :, None, None]
    if demodulates:
        own = own / (own.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()
    y = F.conv2d(
        x.reshape(1, batch * inputs, *x.shape[2:]), own.reshape(batch * outputs, inputs, kernel, kernel),
        padding=kernel // 2, groups=batch)
    return y.reshape(batch, outputs, *x.shape[2:])


def synthesis(latents, noise):
    def layer(index, x, outputs):
        name = f"layers.{index}"
        y = modulated(name, x, latents[index], outputs, 3)
        y = y + weight(f"{name}.bias", 1, outputs, 1, 1) + noise[index] * weight(f"{name}.noise_strength", 1)
        return activation(y)

    def to_image(level, x):
        name = f"images.{level}"
        y = modulated(name, x, latents[2 * level + 1], 1, 1, demodulates=False)
        return y + weight(f"{name}.bias", 1, 1, 1, 1)

    x = layer(0, weight("constant", 1, WIDTHS[0], 4, 4).repeat(latents[0].shape[0], 1, 1, 1), WIDTHS[0])
    image = to_image(0, x)
    for level in range(1, len(WIDTHS)):
        x = layer(2 * level - 1, fir(x, up=True), WIDTHS[level])
        x = layer(2 * level, x, WIDTHS[level])
        image = fir(image, up=True) + to_image(level, x)
    return image


def generator():
    z = torch.randn(2, LATENT)
    w = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
    for index in range(MAPPING):
        w = activation(dense(f"mapping.{index}", w, LATENT, rate=0.01))
    latents = [torch.randn(2, LATENT) for _ in range(2 * len(WIDTHS))]
    noise = [torch.randn(1, 1, side, side) for side in [4, 8, 8, 16, 16]]
    image = synthesis(latents, noise)
    tensors = {f"weights/{name}": tensor for name, tensor in weights.items()}
    tensors |= {f"latents/{index}": latent for index, latent in enumerate(latents)}
    tensors |= {f"noise/{index}": plane for index, plane in enumerate(noise)}
    save_file({**tensors, "input": z, "mapped": w, "output": image}, OUT / "stylegan2.safetensors")


def discriminator(size=32, features=4, most=8):
    weights.clear()
    image = torch.rand(2, 1, size, size)

    def conv(name, x, outputs, kernel=3, bias=True):
        w = weight(f"{name}.weight", outputs, x.shape[1], kernel, kernel) / (x.shape[1] * kernel**2) ** 0.5
        return F.conv2d(x, w, weight(f"{name}.bias", outputs, spread=0.1) if bias else None, padding=kernel // 2)

    x = activation(conv("from_image", image * 2 - 1, features, 1))
    for index in range(3):
        outputs = min(features << (index + 1), most)
        y = activation(conv(f"blocks.{index}.first", x, x.shape[1]))
        y = activation(conv(f"blocks.{index}.second", fir(y), outputs))
        x = (y + conv(f"blocks.{index}.skip", fir(x), outputs, 1, bias=False)) / SQRT2
    deviation = (x.var(0, unbiased=False) + 1e-8).sqrt().mean().reshape(1, 1, 1, 1).expand(2, 1, 4, 4)
    x = activation(conv("last", torch.cat([x, deviation], 1), most))
    logits = dense("logit", activation(dense("hidden", x.flatten(1), most)), 1)
    save_file(
        {**{f"weights/{name}": tensor for name, tensor in weights.items()}, "input": image, "output": logits},
        OUT / "stylegan2Discriminator.safetensors")


generator()
discriminator()
