"""PyTorch's time for the network of a model file, as JSON in milliseconds: the same weights, size and threads as Fovea's,
channels-last, in inference mode, and the network alone.

    python Tools/bench/network.py MODEL.onnx      # needs onnx, torch

The file's graph is built again of torch's own functions; what a network of Fovea's is made of is known here.
"""

import json
import os
import sys

import onnx
import torch
from onnx import helper, numpy_helper
from torch.nn import functional as F
from timing import best


def attributes(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


class Network(torch.nn.Module):
    def __init__(self, graph):
        super().__init__()
        self.nodes = list(graph.node)
        self.input = next(i.name for i in graph.input if i.name not in {t.name for t in graph.initializer})
        self.output = graph.output[0].name
        self.keys = {}
        for index, tensor in enumerate(graph.initializer):
            value = torch.from_numpy(numpy_helper.to_array(tensor).copy())
            if value.is_floating_point():
                self.keys[tensor.name] = f"weight{index}"
                self.register_buffer(f"weight{index}", value)

    def forward(self, x):
        values = {self.input: x}
        weights = {name: getattr(self, key) for name, key in self.keys.items()}

        def get(name):
            return values[name] if name in values else weights[name]

        for node in self.nodes:
            inputs = [get(name) for name in node.input]
            a = attributes(node)
            match node.op_type:
                case "Conv":
                    bias = inputs[2] if len(inputs) > 2 else None
                    result = F.conv2d(inputs[0], inputs[1], bias, padding=a["pads"][0], groups=a.get("group", 1))
                case "Relu":
                    result = F.relu(inputs[0])
                case "LeakyRelu":
                    result = F.leaky_relu(inputs[0], a.get("alpha", 0.01))
                case "PRelu":
                    result = F.prelu(inputs[0], inputs[1].flatten())
                case "Add":
                    result = inputs[0] + inputs[1]
                case "Mul":
                    result = inputs[0] * inputs[1]
                case "Tanh":
                    result = torch.tanh(inputs[0])
                case "DepthToSpace":
                    assert a["mode"] == b"CRD"
                    result = F.pixel_shuffle(inputs[0], a["blocksize"])
                case other:
                    sys.exit(f"network.py knows no {other}")
            values[node.output[0]] = result
        return values[self.output]


torch.set_num_threads(os.cpu_count())
model = onnx.load(sys.argv[1])
channels = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
times = {}
with torch.inference_mode():
    for precision in (torch.float32, torch.bfloat16):
        network = Network(model.graph).to(precision).to(memory_format=torch.channels_last)
        x = torch.rand(1, channels, 256, 256).to(precision).contiguous(memory_format=torch.channels_last)
        times[f"forward 256 {str(precision).removeprefix('torch.')}"] = {"torch": best(lambda: network(x), runs=12)}
print(json.dumps(times, indent=1))
