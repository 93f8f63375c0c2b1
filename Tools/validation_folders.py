"""Gathers the images that a training run kept aside, one folder a set, for `fovea evaluate`.

    python Tools/validation_folders.py runs/general-x4/split.json OUT

Needs nibabel for volumes, of which only the middle slices were kept aside.
"""

import json
import pathlib
import shutil
import sys

split_file, out = map(pathlib.Path, sys.argv[1:3])
for folder, split in json.loads(split_file.read_text()).items():
    source = pathlib.Path(folder)
    target = out / f"{source.parent.name}-{source.name}"
    target.mkdir(parents=True, exist_ok=True)
    for name in split["validation"]:
        destination = target / name.replace("/", "_")
        if name.endswith((".nii", ".nii.gz")):
            import nibabel

            volume = nibabel.load(source / name)
            count = volume.shape[2]
            # The rule of Sources/Training/TrainingImages.swift: slices from 45 % to 60 % of the volume.
            kept = [index for index in range(count) if 0.45 <= index / count < 0.6]
            nibabel.save(volume.slicer[:, :, kept[0] : kept[-1] + 1], destination)
        else:
            shutil.copy(source / name, destination)
    print(target, len(split["validation"]))
