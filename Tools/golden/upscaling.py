"""Makes the networks and golden values of Tests/UpscalingTests/Golden: python Tools/golden/upscaling.py

Tiny networks with random weights of a fixed seed, as ONNX files of a few kilobytes, and what PyTorch says they give.
Values are raw little-endian Float32 files; the tests know their shapes. Needs torch, onnx, numpy.
"""

import json
import pathlib

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/UpscalingTests/Golden"


class Plain(torch.nn.Module):
    """3 × 3 convolutions with ReLU between them, then pixel shuffle where the scale is above 1."""

    def __init__(self, seed, channels, features, layers, shuffle, gain=1.0):
        super().__init__()
        torch.manual_seed(seed)
        sizes = [channels] + [features] * (layers - 1) + [channels * shuffle**2]
        self.convolutions = torch.nn.ModuleList(
            torch.nn.Conv2d(a, b, 3, padding=1) for a, b in zip(sizes, sizes[1:])
        )
        with torch.no_grad():
            self.convolutions[-1].weight *= gain
        self.shuffle = shuffle
        self.channels = channels

    def forward(self, x):
        for index, convolution in enumerate(self.convolutions):
            x = convolution(x if index == 0 else torch.relu(x))
        return torch.nn.functional.pixel_shuffle(x, self.shuffle)

    def export(self, name, metadata=None, size=(None, None)):
        nodes, weights, last = [], [], "image"
        for index, convolution in enumerate(self.convolutions):
            weights.append(numpy_helper.from_array(convolution.weight.detach().numpy(), f"w{index}"))
            weights.append(numpy_helper.from_array(convolution.bias.detach().numpy(), f"b{index}"))
            if index > 0:
                nodes.append(helper.make_node("Relu", [last], [f"r{index}"]))
                last = f"r{index}"
            nodes.append(
                helper.make_node("Conv", [last, f"w{index}", f"b{index}"], [f"c{index}"], pads=[1, 1, 1, 1])
            )
            last = f"c{index}"
        if self.shuffle > 1:
            nodes.append(helper.make_node("DepthToSpace", [last], ["result"], blocksize=self.shuffle, mode="CRD"))
        else:
            nodes[-1].output[0] = "result"
        height, width = size
        save(name, nodes, weights, self.channels, (height or "rows", width or "columns"), metadata)


def save(name, nodes, weights, channels, size, metadata=None, doubts=False):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", channels, *size])],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, ["batch", channels, None, None])]
        + [helper.make_tensor_value_info("doubt", TensorProto.FLOAT, ["batch", 1, "rows", "columns"])] * doubts,
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="golden")
    model.ir_version = 8
    if metadata is not None:
        helper.set_model_props(model, {"fovea": json.dumps(metadata)})
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / f"{name}.onnx")


def export_denoiser(name, network):
    """A network of two inputs, as a diffusion model's: an image of two channels and one noise level an image."""
    weight = numpy_helper.from_array(network.weight.detach().numpy(), "weight")
    bias = numpy_helper.from_array(network.bias.detach().numpy(), "bias")
    shape = numpy_helper.from_array(numpy.array([-1, 1, 1, 1], dtype="i8"), "shape")
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "weight", "bias"], ["features"], pads=[1, 1, 1, 1]),
            helper.make_node("Reshape", ["level", "shape"], ["factor"]),
            helper.make_node("Mul", ["features", "factor"], ["result"]),
        ],
        name,
        [
            helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 2, "rows", "columns"]),
            helper.make_tensor_value_info("level", TensorProto.FLOAT, ["batch"]),
        ],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, ["batch", 1, "rows", "columns"])],
        [weight, bias, shape],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="golden")
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / f"{name}.onnx")


def write(name, tensor):
    numpy.asarray(tensor.detach(), dtype="<f4").tofile(FOLDER / f"{name}.f32")


def parity(name, network, *shape):
    """The network alone, on noise."""
    torch.manual_seed(7)
    image = torch.rand(*shape)
    write(f"{name}-input", image)
    write(f"{name}-output", network(image))


def bicubic(image, scale):
    """Keys' cubic, a = −0.5; equal to MATLAB's imresize away from the edges."""
    return torch.nn.functional.interpolate(image, scale_factor=scale, mode="bicubic", antialias=True)


def export_doubting():
    """A residual of four numbers a pixel, and beside it the pixel less the mean of its neighbours as what it is doubted for."""
    draw = numpy.random.default_rng(9).normal
    weight = numpy_helper.from_array(draw(0, 0.05, (4, 1, 3, 3)).astype("f4"), "weight")
    edges = numpy.full((1, 1, 3, 3), -1 / 8, dtype="f4")
    edges[0, 0, 1, 1] = 1
    save(
        "doubting-x2",
        [
            helper.make_node("Conv", ["image", "weight"], ["features"], pads=[1, 1, 1, 1]),
            helper.make_node("DepthToSpace", ["features"], ["result"], blocksize=2, mode="CRD"),
            helper.make_node("Conv", ["image", "edges"], ["doubt"], pads=[1, 1, 1, 1]),
        ],
        [weight, numpy_helper.from_array(edges, "edges")],
        1,
        ("rows", "columns"),
        {"name": "doubting-x2", "scale": 2, "channels": 1, "receptiveField": 1, "output": "residual", "doubts": True,
         "outputTensor": "result"},
        doubts=True,
    )


@torch.no_grad()
def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    export_doubting()

    gray = Plain(1, channels=1, features=6, layers=3, shuffle=2)
    gray.export("gray-x2", {"name": "gray-x2", "scale": 2, "channels": 1, "receptiveField": 3})
    parity("gray-x2", gray, 1, 1, 13, 17)
    gray.export("fixed-x2", {"scale": 2, "channels": 1, "receptiveField": 3}, size=(32, 32))
    gray.export("undescribed-x2")

    residual = Plain(2, channels=1, features=6, layers=3, shuffle=4, gain=0.3)
    residual.export(
        "residual-x4",
        {"name": "residual-x4", "scale": 4, "channels": 1, "receptiveField": 3, "output": "residual",
         "modalities": ["general"], "notFor": "diagnosis"},
    )
    parity("residual-x4", residual, 1, 1, 13, 17)

    vdsr = Plain(3, channels=1, features=6, layers=4, shuffle=1, gain=0.3)
    vdsr.export(
        "vdsr-x2",
        {"name": "vdsr-x2", "scale": 2, "channels": 1, "receptiveField": 4, "input": "bicubicUpscaled",
         "output": "residual"},
    )

    color = Plain(4, channels=3, features=6, layers=3, shuffle=2)
    color.export("color-x2")
    (FOLDER / "color-x2.json").write_text(
        json.dumps({"scale": 2, "channels": 3, "valueRange": [-1, 1], "receptiveField": 3}) + "\n"
    )

    torch.manual_seed(5)
    denoiser = torch.nn.Conv2d(2, 1, 3, padding=1)
    export_denoiser("two-inputs", denoiser)
    image, level = torch.rand(2, 2, 6, 7), torch.rand(2)
    write("two-inputs-image", image)
    write("two-inputs-level", level)
    write("two-inputs-output", denoiser(image) * level.view(-1, 1, 1, 1))

    # From one image to another, away from the edges, where torch and MATLAB agree on bicubic interpolation.
    torch.manual_seed(8)
    image = (torch.rand(1, 1, 20, 24) * 255).round()
    write("image-8bit", image)
    normalized = image / 255
    write("image-8bit-gray-x2", gray(normalized) * 255)
    write("image-8bit-residual-x4", (bicubic(normalized, 4) + residual(normalized)) * 255)
    enlarged = bicubic(normalized, 2)
    write("image-8bit-vdsr-x2", (enlarged + vdsr(enlarged)) * 255)
    colors = (torch.rand(1, 3, 20, 24) * 255).round()
    write("image-rgb", colors)
    write("image-rgb-color-x2", (color(colors / 255 * 2 - 1) + 1) / 2 * 255)

    # A network that sees the whole of 8 × 8 windows and takes only multiples of 8, as SwinIR does: each pixel gets a
    # tenth of its window's mean added.
    scale = numpy_helper.from_array(numpy.array([1, 1, 8, 8], dtype="f4"), "eight")
    twice = numpy_helper.from_array(numpy.array([1, 1, 2, 2], dtype="f4"), "two")
    tenth = numpy_helper.from_array(numpy.array(0.1, dtype="f4"), "tenth")
    nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    save(
        "window-x2",
        [
            helper.make_node("AveragePool", ["image"], ["mean"], kernel_shape=[8, 8], strides=[8, 8]),
            helper.make_node("Mul", ["mean", "tenth"], ["small"]),
            helper.make_node("Resize", ["small", "", "eight"], ["spread"], **nearest),
            helper.make_node("Add", ["image", "spread"], ["sum"]),
            helper.make_node("Resize", ["sum", "", "two"], ["result"], **nearest),
        ],
        [scale, twice, tenth],
        1,
        ("rows", "columns"),
        {"scale": 2, "channels": 1, "paddingMultiple": 8},
    )


if __name__ == "__main__":
    main()
