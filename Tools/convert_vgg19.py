"""Turns torchvision's published VGG-19 weights into the safetensors file that Fovea's perceptual losses read.

    python Tools/convert_vgg19.py vgg19-dcbb9e9d.pth vgg19.safetensors      # needs torch, safetensors

The weights are https://download.pytorch.org/models/vgg19-dcbb9e9d.pth (548 MB), published by the PyTorch project under
the BSD 3-clause licence; they were trained on ImageNet, whose images are for non-commercial research. The file's SHA-256
begins with the eight digits in its name, and is checked before the file is opened. Only the convolutions are kept (80 MB).
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path

PREFIX = "dcbb9e9d"


def sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description="Convert torchvision's VGG-19 weights for Fovea.")
    parser.add_argument("source", type=Path, help="vgg19-dcbb9e9d.pth, as PyTorch publishes it")
    parser.add_argument("destination", type=Path, help="the safetensors file to write")
    arguments = parser.parse_args()

    if not arguments.source.is_file():
        sys.exit(f"{arguments.source}: no such file; fetch https://download.pytorch.org/models/vgg19-{PREFIX}.pth")
    digest = sha256(arguments.source)
    if not digest.startswith(PREFIX):
        sys.exit(f"{arguments.source}: its SHA-256 begins with {digest[:8]}, not {PREFIX}; fetch it again")

    import torch
    from safetensors.torch import save_file

    # weights_only: a pickle that holds anything but tensors is refused.
    weights = torch.load(arguments.source, map_location="cpu", weights_only=True)
    kept = {
        name: tensor.contiguous() for name, tensor in weights.items()
        if re.match(r"features\.\d+\.(weight|bias)$", name)
    }
    if len(kept) != 32:
        sys.exit(f"{arguments.source}: has {len(kept)} tensors of convolutions, VGG-19 has 32; is it another network's?")
    metadata = {"source": f"torchvision vgg19-{PREFIX}.pth", "sha256": digest}
    save_file(kept, arguments.destination, metadata=metadata)
    print(f"wrote {arguments.destination}")


if __name__ == "__main__":
    main()
