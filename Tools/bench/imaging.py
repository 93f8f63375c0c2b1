"""Times of Pillow, scikit-image and PyTorch for what Imaging and ImageQuality do, as JSON in milliseconds.

    python Tools/bench/imaging.py      # needs numpy, pillow, scikit-image, torch

Each is the best of several runs on Float32 images, in the settings that give the same pixels and values as ours.
"""

import json

import numpy as np
import torch
from PIL import Image
from skimage.metrics import structural_similarity
from skimage.transform import resize
from timing import best


def main():
    generator = np.random.default_rng(0)
    image = generator.uniform(0, 255, (1024, 1024)).astype(np.float32)
    other = (image + generator.normal(0, 10, image.shape)).astype(np.float32)
    pillow = Image.fromarray(image)
    tensor = torch.from_numpy(image)[None, None]

    times = {}
    for size in (4096, 256):
        name = f"resize 1024 to {size}"
        times[name] = {
            "pillow": best(lambda: pillow.resize((size, size), Image.Resampling.BICUBIC)),
            "torch": best(lambda: torch.nn.functional.interpolate(
                tensor, (size, size), mode="bicubic", antialias=True, align_corners=False)),
            "scikit-image": best(lambda: resize(image, (size, size), order=3, anti_aliasing=size < 1024), runs=2),
        }
    wang = dict(data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    times["ssim.wang2004 1024"] = {
        "scikit-image": best(lambda: structural_similarity(image, other, **wang)),
    }
    times["ssim.uniform11 1024"] = {
        "scikit-image": best(lambda: structural_similarity(
            image, other, data_range=255, win_size=11, use_sample_covariance=False)),
    }
    print(json.dumps(times, indent=1))


main()
