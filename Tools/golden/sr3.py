"""Golden values for SR3's U-Net: its residual blocks and its attention, from Hugging Face's diffusers.

    python Tools/golden/sr3.py       # needs torch, diffusers, safetensors; writes Tests/NetworksTests/Golden/sr3.safetensors
"""

import math
from pathlib import Path

import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.resnet import ResnetBlock2D
from safetensors.torch import save_file

OUTPUT = Path(__file__).parents[2] / "Tests/NetworksTests/Golden/sr3.safetensors"
torch.manual_seed(0)
tensors = {}

NAMES = {
    "norm1": "first_norm", "conv1": "first", "time_emb_proj": "projection", "norm2": "second_norm",
    "conv2": "second", "conv_shortcut": "shortcut",
}


def randomised(module):
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return module.eval()


def save(case, module, names, transform=lambda value: value):
    for name, value in module.state_dict().items():
        layer, kind = name.rsplit(".", 1)
        tensors[f"{case}.weights.{names[layer]}.{kind}"] = transform(value)


for case, inputs, outputs, change in [("plain", 8, 12, {}), ("half", 8, 8, {"down": True}), ("double", 8, 8, {"up": True})]:
    block = randomised(
        ResnetBlock2D(
            in_channels=inputs, out_channels=outputs, temb_channels=6, groups=inputs // 4, groups_out=outputs // 4,
            eps=1e-5, non_linearity="silu", output_scale_factor=math.sqrt(2), **change,
        )
    )
    image, vector = torch.randn(2, inputs, 4, 6), torch.randn(2, 6)
    # The block applies SiLU to the vector itself; ours expects it done.
    result = block(image, vector)
    save(case, block, NAMES)
    tensors |= {
        f"{case}.input": image, f"{case}.embedding": torch.nn.functional.silu(vector), f"{case}.output": result,
    }

attention = randomised(
    Attention(
        8, heads=1, dim_head=8, norm_num_groups=2, eps=1e-5, bias=True, residual_connection=True,
        rescale_output_factor=math.sqrt(2), _from_deprecated_attn_block=True,
    )
)
image = torch.randn(2, 8, 3, 5)
names = {"group_norm": "norm", "to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "output"}
save("attention", attention, names, lambda value: value[..., None, None] if value.dim() == 2 else value)
tensors |= {"attention.input": image, "attention.output": attention(image)}

OUTPUT.parent.mkdir(parents=True, exist_ok=True)
save_file({name: value.detach().contiguous() for name, value in tensors.items()}, OUTPUT)
print(OUTPUT, OUTPUT.stat().st_size)
