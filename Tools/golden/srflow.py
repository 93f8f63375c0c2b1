"""Golden values for SRFlow: latent, log-determinant and log-density of a small flow, in NumPy's Float64 from the papers'
equations (Lugmayr et al. 2020; Kingma & Dhariwal 2018), with weights drawn here.

    python Tools/golden/srflow.py    # needs numpy, safetensors; writes Tests/NetworksTests/Golden/srflow.safetensors
"""

import math
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

OUTPUT = Path(__file__).parents[2] / "Tests/NetworksTests/Golden/srflow.safetensors"
SCALE, FEATURES, BLOCKS, PROJECTED, STEPS, HIDDEN, LEAST, DEVIATION = 4, 3, 2, 2, 1, 3, 0.4, 0.3
draw = np.random.default_rng(7)
weights = {}


def weight(name, *shape, spread=0.2):
    weights[name] = draw.normal(0, spread, shape).astype(np.float32)
    return weights[name].astype(np.float64)


def convolve(x, name, outputs, kernel=3):
    """Cross-correlation with zeros around, as every framework's convolution."""
    w, bias = weight(f"{name}.weight", outputs, x.shape[1], kernel, kernel), weight(f"{name}.bias", outputs)
    r = kernel // 2
    padded = np.pad(x, ((0, 0), (0, 0), (r, r), (r, r)))
    result = np.zeros((x.shape[0], outputs) + x.shape[2:])
    for dy in range(kernel):
        for dx in range(kernel):
            part = padded[:, :, dy : dy + x.shape[2], dx : dx + x.shape[3]]
            result += np.einsum("oi,bihw->bohw", w[:, :, dy, dx], part)
    return result + bias[None, :, None, None]


def relu(x):
    return np.maximum(x, 0)


def squeeze(x, f):
    """Each block of f × f pixels becomes f² channels, row by row; channels of one pixel's blocks stay together."""
    b, c, h, w = x.shape
    out = np.zeros((b, c * f * f, h // f, w // f))
    for dy in range(f):
        for dx in range(f):
            out[:, dy * f + dx :: f * f] = x[:, :, dy::f, dx::f]
    return out


def unsqueeze(x, f):
    b, c, h, w = x.shape
    out = np.zeros((b, c // (f * f), h * f, w * f))
    for dy in range(f):
        for dx in range(f):
            out[:, :, dy::f, dx::f] = x[:, dy * f + dx :: f * f]
    return out


def transition(x, name):
    c, places = x.shape[1], x.shape[2] * x.shape[3]
    offset = weight(f"{name}.norm.offset", 1, c, 1, 1)
    log_factor = weight(f"{name}.norm.logFactor", 1, c, 1, 1)
    matrix = weight(f"{name}.mixing.weight", c, c, 1, 1, spread=0.5)[:, :, 0, 0]
    x = np.einsum("oi,bihw->bohw", matrix, (x + offset) * np.exp(log_factor))
    return x, places * (log_factor.sum() + np.linalg.slogdet(matrix)[1])


def zero_convolution(x, name, outputs):
    result = convolve(x, name, outputs)
    return result * np.exp(3 * weight(f"{name}.logScale", 1, outputs, 1, 1, spread=0.1))


def affine(x, told, name, least):
    inner = relu(convolve(relu(convolve(told, f"{name}.first", HIDDEN)), f"{name}.second", HIDDEN, kernel=1))
    both = zero_convolution(inner, f"{name}.last", 2 * x.shape[1])
    shift, raw = both[:, : x.shape[1]], both[:, x.shape[1] :]
    scale = least + (1 - least) / (1 + np.exp(-(raw + 2)))
    return (x + shift) * scale, np.log(scale).sum(axis=(1, 2, 3))


low = draw.uniform(0, 1, (2, 1, 2, 3)).astype(np.float32)
residual = draw.normal(0, 0.3, (2, 1, 8, 12)).astype(np.float32)

# The enlarging network, a foveola.
stages = [convolve(low.astype(np.float64), "head", FEATURES)]
for block in range(BLOCKS):
    inner = relu(convolve(stages[-1], f"body.{block}.0", FEATURES))
    stages.append(stages[-1] + convolve(inner, f"body.{block}.1", FEATURES))
mean = unsqueeze(convolve(stages[-1], "tail", SCALE * SCALE), SCALE)
features = np.concatenate(
    [convolve(stages[1 + i], f"flow.projections.{i}", PROJECTED, kernel=1) for i in range(2)], axis=1)

value = (residual.astype(np.float64) - mean) / DEVIATION
log_determinant = np.full(2, -value[0].size * math.log(DEVIATION))
latents = []
for level, places in [(0, 2), (1, 1)]:
    path = f"flow.levels.{level}"
    value = squeeze(value, 2)
    told = features.repeat(places, axis=2).repeat(places, axis=3)
    for index in range(2):
        value, change = transition(value, f"{path}.transitions.{index}")
        log_determinant = log_determinant + change
    for step in range(STEPS):
        name = f"{path}.steps.{step}"
        value, change = transition(value, name)
        log_determinant = log_determinant + change
        value, change = affine(value, told, f"{name}.injector", 1e-4)
        log_determinant = log_determinant + change
        half = value.shape[1] // 2
        kept, changed = value[:, :half], value[:, half:]
        changed, change = affine(changed, np.concatenate([kept, told], axis=1), f"{name}.coupling", LEAST)
        log_determinant = log_determinant + change
        value = np.concatenate([kept, changed], axis=1)
    if level == 0:
        half = value.shape[1] // 2
        kept, leaving = value[:, :half], value[:, half:]
        both = zero_convolution(kept, f"{path}.split.prior", 2 * half)
        log_deviation = 2 * np.tanh(both[:, half:] / 2)
        latents.append(squeeze((leaving - both[:, :half]) * np.exp(-log_deviation), places))
        log_determinant = log_determinant - log_deviation.sum(axis=(1, 2, 3))
        value = kept
    else:
        latents.append(value)
latent = np.concatenate(latents, axis=1)
log_density = log_determinant - 0.5 * (latent**2).sum(axis=(1, 2, 3)) - 0.5 * latent[0].size * math.log(2 * math.pi)

tensors = {f"weights.{name}": value for name, value in weights.items()}
tensors |= {
    "low": low, "residual": residual, "latent": latent.astype(np.float32),
    "logDeterminant": log_determinant.astype(np.float32), "logDensity": log_density.astype(np.float32),
}
save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, OUTPUT)
