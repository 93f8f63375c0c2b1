"""Sets Fovea's times beside its peers'.

    python Tools/bench/table.py MODEL.onnx FOLDER      # fovea.json, and the peers' JSON files, in milliseconds

A peer's file may hold Fovea's time too, where both were measured turn by turn. Files `sampling-*.json` are of
`fovea evaluate` and give quality beside time.
"""

import json
import sys
from pathlib import Path

TO_REACH = {
    "forward 256 float32": 0.85, "forward 256 bfloat16": 0.45, "denoise 256 float32": 0.85, "denoise 256 bfloat16": 0.85,
    "training step foveola": 1.05, "training step srresnet": 1.05,
}

folder = Path(sys.argv[2])
ours = json.loads((folder / "fovea.json").read_text())
peers = {}
for file in folder.glob("*.json"):
    if file.name != "fovea.json" and not file.name.startswith("sampling-"):
        peers |= json.loads(file.read_text())
for name, times in peers.items():
    if "fovea" in times:
        ours[name] = times.pop("fovea")

print(f"{'':24}{'Fovea':>10}  {'peer':>10}  ratio")
for name, time in sorted(ours.items()):
    for peer, other in sorted(peers.get(name, {}).items()):
        goal = f"  (to reach: {TO_REACH[name]})" if name in TO_REACH else ""
        print(f"{name:24}{time:8.1f} ms{other:9.1f} ms  {time / other:5.2f} of {peer}{goal}")
    if name not in peers:
        goal = "  (to reach: under 1000 ms)" if "process" in name else ""
        print(f"{name:24}{time:8.1f} ms{goal}")
for file in sorted(folder.glob("sampling-*.json")):
    row = json.loads(file.read_text())["rows"][0]
    values = "  ".join(f"{key} {row['metrics'][key]:.3f}" for key in ("psnr", "ssim", "sharpness"))
    print(f"{file.stem.replace('-', ' '):24}{1000 * row['secondsPerImage']:8.1f} ms  {values}")
print(f"\nmodel: {Path(sys.argv[1]).name}; best of several runs; below 1 Fovea is faster")
