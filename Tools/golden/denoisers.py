"""Two denoisers as ONNX files, whose samples are known beforehand.

    python Tools/golden/denoisers.py       # needs onnx, numpy; writes Tests/UpscalingTests/Golden/denoiser-*.onnx

`still` predicts a velocity of 0, which is optimal for data of mean 0 and variance 1: samples are the enlarged image plus
normal noise of the stated deviation. `local` looks at 3 x 3 pixels of both images, so that tiles can be compared with the
whole.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).parents[2] / "Tests/UpscalingTests/Golden"
FEATURES = 8
generator = np.random.default_rng(3)

for name, kernel in [
    ("still", np.zeros((1, 2, 3, 3))),
    ("local", 0.3 * generator.standard_normal((1, 2, 3, 3))),
]:
    image = lambda title: helper.make_tensor_value_info(title, TensorProto.FLOAT, ["b", 1, "h", "w"])
    weights = [
        numpy_helper.from_array(kernel.astype(np.float32), "kernel"),
        numpy_helper.from_array(np.float32(0.1 if name == "local" else 0), "share"),
        numpy_helper.from_array(np.array([2, 3], np.int64), "axes"),
    ]
    nodes = [
        helper.make_node("Concat", ["condition", "noisy"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "kernel"], ["seen"], pads=[1, 1, 1, 1]),
        helper.make_node("ReduceMean", ["level"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Unsqueeze", ["mean", "axes"], ["spread"]),
        helper.make_node("Mul", ["spread", "share"], ["shift"]),
        helper.make_node("Add", ["seen", "shift"], ["output"]),
    ]
    level = helper.make_tensor_value_info("level", TensorProto.FLOAT, ["b", FEATURES])
    graph = helper.make_graph(nodes, name, [image("noisy"), image("condition"), level], [image("output")], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    description = {
        "name": name, "scale": 4, "channels": 1, "input": "bicubicUpscaled", "output": "residual",
        "valueRange": [0, 1], "paddingMultiple": 4, "inputTensor": "noisy",
        "diffusion": {
            "levelFeatures": FEATURES, "averageDecay": 0.999,
            "process": {
                "schedule": {"cosine": {"steps": 400, "offset": 0.008, "largestBeta": 0.999}},
                "target": "velocity", "subject": {"residual": {"deviation": 0.05}},
            },
        },
    }
    model.metadata_props.add(key="fovea", value=json.dumps(description))
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / f"denoiser-{name}.onnx")
