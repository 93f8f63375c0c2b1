"""Golden values for Tests/TorchTests, from PyTorch.

    python Tools/golden/torch_values.py

Writes operations.safetensors (per operation: its inputs, its output, a cotangent and the gradients it causes),
optimizers.safetensors (weights after some steps) and schedules.json.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "Tests/TorchTests/Golden"
torch.manual_seed(20261121)
tensors = {}


def case(name, function, **inputs):
    """Runs `function` on `inputs` and keeps everything under `name`. Every float input gets its gradient."""
    leaves = {key: value.clone().requires_grad_(key[0].islower()) for key, value in inputs.items()}
    output = function(**leaves)
    cotangent = torch.randn_like(output)
    (output * cotangent).sum().backward()
    tensors[f"{name}/output"] = output.detach()
    tensors[f"{name}/cotangent"] = cotangent
    for key, leaf in leaves.items():
        tensors[f"{name}/{key}"] = leaf.detach()
        if leaf.grad is not None:
            tensors[f"{name}/{key}.gradient"] = leaf.grad


def n(*shape):
    return torch.randn(*shape)


def positive(*shape):
    return torch.rand(*shape) + 0.5


image = n(2, 4, 5, 3)
case("add", lambda a, b: a + b, a=n(2, 3), b=n(1, 3))
case("subtract", lambda a, b: a - b, a=n(2, 3), b=n(2, 1))
case("multiply", lambda a, b: a * b, a=n(2, 3), b=n(3))
case("divide", lambda a, b: a / b, a=n(2, 3), b=positive(2, 3))
case("scalars", lambda a: 3 * ((a + 2.5) / 4 - 1), a=n(2, 3))
case("power", lambda a: a**3, a=n(2, 3))
case("squareRoot", lambda a: a.sqrt(), a=positive(2, 3))
case("matmul", lambda a, b: a @ b, a=n(2, 3, 4), b=n(4, 2))
case("clamp", lambda a: a.clamp(-0.5, 0.5), a=n(4, 5))
case("abs", lambda a: a.abs(), a=n(2, 3))
case("exp", lambda a: a.exp(), a=n(2, 3))
case("log", lambda a: a.log(), a=positive(2, 3))
case("sin", lambda a: a.sin(), a=n(2, 3))
case("cos", lambda a: a.cos(), a=n(2, 3))
case("sum", lambda a: a.sum((1, 3), keepdim=True), a=image)
case("mean", lambda a: a.mean((0, 2)), a=image)
case("reshape", lambda a: a.reshape(2, 12), a=n(2, 3, 4))
case("expand", lambda a: a.expand(4, 3), a=n(1, 3))
case("permute", lambda a: a.permute(2, 0, 1), a=n(2, 3, 4))
case("narrow", lambda a: a.narrow(1, 1, 2), a=n(2, 4, 2))
case("flip", lambda a: a.flip(2), a=n(2, 2, 3))
case("concatenate", lambda a, b: torch.cat([a, b], 1), a=n(2, 1, 3), b=n(2, 2, 3))
case("indexSelect", lambda a: a.index_select(0, torch.tensor([2, 0, 2])), a=n(3, 2))
case("conv2d", lambda x, w, b: F.conv2d(x, w, b, padding=1), x=image, w=n(3, 4, 3, 3), b=n(3))
case("convStride", lambda x, w: F.conv2d(x, w, stride=2, padding=1), x=image, w=n(3, 4, 3, 3))
case("convGroups", lambda x, w, b: F.conv2d(x, w, b, padding=2, groups=2), x=image, w=n(6, 2, 5, 5), b=n(6))
case("linear", lambda x, w, b: F.linear(x, w, b), x=n(2, 3, 4), w=n(5, 4), b=n(5))
mean, variance = n(4), positive(4)
case("batchNormEvaluation", lambda x, w, b, Mean, Variance: F.batch_norm(x, Mean, Variance, w, b, False),
     x=image, w=n(4), b=n(4), Mean=mean, Variance=variance)
moved = (mean.clone(), variance.clone())
case("batchNormTraining", lambda x, w, b, Mean, Variance: F.batch_norm(x, *moved, w, b, True, 0.1),
     x=image, w=n(4), b=n(4), Mean=mean, Variance=variance)
tensors["batchNormTraining/Mean.after"], tensors["batchNormTraining/Variance.after"] = moved
case("groupNorm", lambda x, w, b: F.group_norm(x, 2, w, b), x=image, w=n(4), b=n(4))
case("relu", lambda a: F.relu(a), a=n(2, 3))
case("leakyRelu", lambda a: F.leaky_relu(a, 0.2), a=n(2, 3))
case("prelu", lambda x, w: F.prelu(x, w), x=image, w=torch.tensor([0.1, 0.25, -0.5, 2]))
case("preluOneSlope", lambda x, w: F.prelu(x, w), x=image, w=torch.tensor([0.3]))
case("tanh", lambda a: a.tanh(), a=n(2, 3))
case("sigmoid", lambda a: a.sigmoid(), a=n(2, 3))
case("silu", lambda a: F.silu(a), a=n(2, 3))
case("softplus", lambda a: F.softplus(a), a=torch.tensor([-80.0, -1, 0, 1, 80]))
case("softmax", lambda a: a.softmax(-1), a=n(2, 3, 4))
case("pixelShuffle", lambda x: F.pixel_shuffle(x, 2), x=image)
case("upsampleNearest", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), x=image)
case("averagePool", lambda x: F.avg_pool2d(x, 2), x=image)
case("maxPool", lambda x: F.max_pool2d(x, 2), x=image)

a, b = n(2, 3, 4), n(2, 3, 4)
case("l1", lambda a, b: F.l1_loss(a, b), a=a, b=b)
case("mse", lambda a, b: F.mse_loss(a, b), a=a, b=b)
case("charbonnier", lambda a, b: ((a - b) ** 2 + 1e-6).sqrt().mean(), a=a, b=b)
case("binaryCrossEntropyReal", lambda a: F.binary_cross_entropy_with_logits(a, torch.ones_like(a)), a=5 * a)
case("binaryCrossEntropyFake", lambda a: F.binary_cross_entropy_with_logits(a, torch.zeros_like(a)), a=5 * a)

with torch.autocast("cpu", torch.bfloat16):
    x, w = n(1, 4, 6, 6), n(3, 4, 3, 3)
    narrow = F.conv2d(x, w, padding=1)
    assert narrow.dtype == torch.bfloat16
    tensors |= {"autocast/x": x, "autocast/w": w, "autocast/output": narrow}

save_file({key: value.contiguous().clone() for key, value in tensors.items()}, OUT / "operations.safetensors",
          metadata={"origin": "Tools/golden/torch_values.py", "torch": torch.__version__})

# Optimisers: weights after steps of a loss that is not quadratic, so that curvature changes.
start = {"a": n(3, 2), "b": n(4), "unused": n(2)}
trained = {f"start/{key}": value for key, value in start.items()}


def loss(p):
    return (p["a"] ** 4).sum() + (p["b"].exp() * p["a"].mean()).sum()


def run(name, make, clip=None):
    p = {key: value.clone().requires_grad_() for key, value in start.items()}
    optimizer = make(list(p.values()))
    for step in range(1, 8):
        optimizer.zero_grad()
        loss(p).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_([v for v in p.values() if v.grad is not None], clip)
        optimizer.step()
        if step in (1, 3, 7):
            trained.update({f"{name}/{step}/{key}": value.detach().clone() for key, value in p.items()})


run("adam", lambda p: torch.optim.Adam(p, lr=0.05))
run("adamDecay", lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.5, 0.9), eps=1e-6, weight_decay=0.1))
run("adamClip", lambda p: torch.optim.Adam(p, lr=0.05), clip=0.7)
run("momentum", lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=1e-4))
run("momentumClip", lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0), clip=0.4)
save_file(trained, OUT / "optimizers.safetensors")


def schedule(*schedulers, milestones=(), steps=20):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    parts = [make(optimizer) for make in schedulers]
    scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, parts, list(milestones)) if milestones else parts[0]
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


lr = torch.optim.lr_scheduler
warm = lambda o: lr.LinearLR(o, start_factor=1 / 4, end_factor=1, total_iters=3)
(OUT / "schedules.json").write_text(json.dumps({
    "cosine": schedule(warm, lambda o: lr.CosineAnnealingLR(o, T_max=16, eta_min=0.1), milestones=[4]),
    "steps": schedule(lambda o: lr.StepLR(o, step_size=6, gamma=0.1)),
    "warmup": schedule(warm),
}, indent=1) + "\n")
