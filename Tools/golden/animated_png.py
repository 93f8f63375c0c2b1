#!/usr/bin/env python3
"""Writes an animated PNG of three pictures by Pillow, of which readers of PNG see the first: values 10, 200, 90."""
from pathlib import Path

from PIL import Image

pictures = [Image.new("L", (16, 12), value) for value in (10, 200, 90)]
target = Path(__file__).parents[2] / "Tests/ImagingTests/Golden/formats/animated.png"
pictures[0].save(target, save_all=True, append_images=pictures[1:])
