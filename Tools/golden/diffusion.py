"""Golden values for diffusion: noise schedules, prediction targets, one step of each sampler, the noise level embedding.

The formulas are written out in PyTorch, double precision, and checked here against Hugging Face's diffusers, which
nobody here wrote, before anything is saved.

    python Tools/golden/diffusion.py       # needs torch, diffusers; writes Tests/UpscalingTests/Golden/diffusion.json
"""

import json
import math
from pathlib import Path

import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler

OUTPUT = Path(__file__).parents[2] / "Tests/UpscalingTests/Golden/diffusion.json"
torch.set_default_dtype(torch.float64)


def linear(steps, first, last):
    return torch.cumprod(1 - torch.linspace(first, last, steps), 0)


def cosine(steps, offset=0.008, largest=0.999):
    share = torch.cos((torch.arange(steps + 1) / steps + offset) / (1 + offset) * math.pi / 2) ** 2
    return torch.cumprod(1 - (1 - share[1:] / share[:-1]).clamp(max=largest), 0)


def picked(gammas):
    """Every entry of a short table, about thirty of a long one."""
    stride = max(1, len(gammas) // 30)
    index = sorted({*range(0, len(gammas), stride), len(gammas) - 1})
    return {"steps": [i + 1 for i in index], "gammas": [gammas[i].item() for i in index]}


def check(ours, theirs, tolerance=1e-5):
    difference = (ours - theirs.to(ours)).abs().max().item()
    assert difference < tolerance, difference


schedules = []
for steps, first, last in [(10, 1e-4, 0.02), (2000, 1e-6, 1e-2), (100, 1e-4, 0.1)]:
    gammas = linear(steps, first, last)
    check(gammas, DDPMScheduler(steps, first, last, "linear").alphas_cumprod)
    kind = {"linear": {"steps": steps, "firstBeta": first, "lastBeta": last}}
    schedules.append({"kind": kind, **picked(gammas)})
for steps in [4, 10, 1000]:
    gammas = cosine(steps)
    check(gammas, DDPMScheduler(steps, beta_schedule="squaredcos_cap_v2").alphas_cumprod)
    kind = {"cosine": {"steps": steps, "offset": 0.008, "largestBeta": 0.999}}
    schedules.append({"kind": kind, **picked(gammas)})

# Every step below starts from these, at γ_t = gamma and γ_s = next; previous is the level before.
generator = torch.Generator().manual_seed(7)
noisy, prediction, noise, older = torch.randn(4, 6, generator=generator)
previous, gamma, following = 0.05, 0.3, 0.7
signal, deviation = math.sqrt(gamma), math.sqrt(1 - gamma)

estimates = {
    "noise": ((noisy - deviation * prediction) / signal, prediction),
    "image": (prediction, (noisy - signal * prediction) / deviation),
    "velocity": (signal * noisy - deviation * prediction, deviation * noisy + signal * prediction),
}
for image, epsilon in estimates.values():
    check(signal * image + deviation * epsilon, noisy, 1e-12)
# The velocity that a network is trained to give, eq. in section 4 of Salimans and Ho, from image and noise.
training_velocity = signal * noise - deviation * older

table = torch.tensor([following, gamma, previous])
betas = 1 - table / torch.cat([torch.ones(1), table[:-1]])
image, epsilon = estimates["noise"]
alpha = gamma / following
drift = (noisy - (1 - alpha) / deviation * epsilon) / math.sqrt(alpha)
ancestral = {
    "forward": drift + math.sqrt(1 - alpha) * noise,
    "posterior": drift + math.sqrt((1 - alpha) * (1 - following) / (1 - gamma)) * noise,
    "last": (noisy - math.sqrt(1 - gamma) * epsilon) / math.sqrt(gamma),
}


def theirs_with(noise, body):
    """Runs a scheduler with our noise in place of its own draws."""
    import diffusers.schedulers.scheduling_ddim as ddim
    import diffusers.schedulers.scheduling_ddpm as ddpm

    drawn = lambda *arguments, **options: noise
    before = ddim.randn_tensor, ddpm.randn_tensor
    ddim.randn_tensor = ddpm.randn_tensor = drawn
    result = body()
    ddim.randn_tensor, ddpm.randn_tensor = before
    return result


for variance, name in [("fixed_large", "forward"), ("fixed_small", "posterior")]:
    scheduler = DDPMScheduler(3, trained_betas=betas.tolist(), variance_type=variance, clip_sample=False)
    scheduler.set_timesteps(3)
    check(ancestral[name], theirs_with(noise, lambda: scheduler.step(prediction[None], 1, noisy[None]).prev_sample[0]))

ddim = {}
for eta in [0.0, 0.5, 1.0]:
    sigma = eta * math.sqrt((1 - following) / (1 - gamma)) * math.sqrt(1 - gamma / following)
    ddim[str(eta)] = (
        math.sqrt(following) * image + math.sqrt(1 - following - sigma**2) * epsilon + sigma * noise
    )
    scheduler = DDIMScheduler(3, trained_betas=betas.tolist(), clip_sample=False, set_alpha_to_one=True)
    scheduler.set_timesteps(3)
    step = lambda: scheduler.step(prediction, 1, noisy, eta=eta, variance_noise=noise).prev_sample
    check(ddim[str(eta)], step())

half_log_snr = lambda g: 0.5 * math.log(g / (1 - g))
step = half_log_snr(following) - half_log_snr(gamma)
ratio = (half_log_snr(gamma) - half_log_snr(previous)) / step
carried = math.sqrt((1 - following) / (1 - gamma)) * noisy
first_order = carried - math.sqrt(following) * math.expm1(-step) * prediction
corrected = prediction + (prediction - older) / (2 * ratio)
second_order = carried - math.sqrt(following) * math.expm1(-step) * corrected

scheduler = DPMSolverMultistepScheduler(
    3, trained_betas=betas.tolist(), solver_order=2, algorithm_type="dpmsolver++", prediction_type="sample",
    final_sigmas_type="zero", timestep_spacing="trailing", lower_order_final=False,
)
scheduler.set_timesteps(3)
assert scheduler.timesteps.tolist() == [2, 1, 0]
scheduler.step(older, 2, torch.zeros(6))
check(second_order, scheduler.step(prediction, 1, noisy).prev_sample)
scheduler = DPMSolverMultistepScheduler(
    3, trained_betas=betas.tolist(), solver_order=1, algorithm_type="dpmsolver++", prediction_type="sample",
    final_sigmas_type="zero", timestep_spacing="trailing",
)
scheduler.set_timesteps(3)
scheduler.step(older, 2, torch.zeros(6))
check(first_order, scheduler.step(prediction, 1, noisy).prev_sample)


def embedding(gamma, count):
    half = count // 2
    frequencies = torch.exp(-math.log(10_000) * torch.arange(half) / (half - 1))
    angles = 5000 * math.sqrt(gamma) * frequencies
    return torch.cat([angles.sin(), angles.cos()])


# diffusers embeds a time; ours is 5000 √γ.
from diffusers.models.embeddings import get_timestep_embedding

embeddings = []
for level, count in [(0.0, 4), (0.5, 8), (0.9999, 16), (0.02, 16)]:
    theirs = get_timestep_embedding(
        torch.tensor([5000 * math.sqrt(level)]), count, downscale_freq_shift=1, flip_sin_to_cos=False
    )
    check(embedding(level, count), theirs[0], 1e-3)
    embeddings.append({"gamma": level, "features": embedding(level, count).tolist()})

OUTPUT.parent.mkdir(parents=True, exist_ok=True)
values = lambda tensors: {name: tensor.tolist() for name, tensor in tensors.items()}
OUTPUT.write_text(
    json.dumps(
        {
            "schedules": schedules,
            "noisy": noisy.tolist(),
            "prediction": prediction.tolist(),
            "noise": noise.tolist(),
            "older": older.tolist(),
            "previousGamma": previous,
            "gamma": gamma,
            "nextGamma": following,
            "images": {name: pair[0].tolist() for name, pair in estimates.items()},
            "noises": {name: pair[1].tolist() for name, pair in estimates.items()},
            "trainingVelocity": training_velocity.tolist(),
            "ancestral": values(ancestral),
            "ddim": values(ddim),
            "dpmFirstOrder": first_order.tolist(),
            "dpmSecondOrder": second_order.tolist(),
            "embeddings": embeddings,
        },
        indent=1,
    )
    + "\n"
)
print(OUTPUT)
