"""Makes the network by which trust tells what an image looks like: the beginning of fovea-general-x4, whose features are
averaged over a square of 96 pixels and put down to 32 numbers.

    python Tools/looks.py --data DATA Sources/Upscaling/Models/fovea-general-x4.onnx Sources/Upscaling/Models/Looks/looks.onnx

The numbers are those in which kinds of training images, DATA/train, differ most, reduced twice and four times as inputs are: principal
components of features that vary alike within kinds (Fisher 1936). No patient of any calibration is among them. The weights keep
half precision in the file. Calibrations are of one such network: after a change all must be made anew (docs/decisions/0031).
Needs numpy, onnx, openvino, Pillow, nibabel and pydicom.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BLOCKS = 4
TAPS = {2: "after2", 4: "after4"}
NUMBERS = 32
# What features vary by in images that are not at hand, as a share of what they do in these.
RIDGE = 0.01
SQUARE = 96
MOST_OF_A_KIND = 160


def samples(path):
    """The image's planes as networks see them, from 0 to 1."""
    if path.name.endswith((".nii", ".nii.gz")):
        import nibabel

        volume = np.asarray(nibabel.load(path).dataobj, np.float32)
        volume = volume.reshape(volume.shape[0], volume.shape[1], -1)
        wanted = [(2 * i + 1) * volume.shape[2] // 8 for i in range(min(4, volume.shape[2]))]
        return [in_range(volume[:, :, i].T) for i in wanted]
    if path.suffix == ".dcm":
        import pydicom

        file = pydicom.dcmread(path)
        units = file.pixel_array * float(file.get("RescaleSlope", 1)) + float(file.get("RescaleIntercept", 0))
        return [((units + 1024) / 4095).clip(0, 1).astype(np.float32)]
    from PIL import Image

    image = Image.open(path)
    pixels = np.asarray(image, np.float32)
    if pixels.ndim == 3:
        pixels = pixels[..., :3] @ np.float32([0.299, 0.587, 0.114])
    return [pixels / 255 if pixels.max() <= 255 else in_range(pixels)]


def in_range(pixels):
    black, white = min(pixels.min(), 0), np.percentile(pixels, 99.9)
    return (pixels - black) / max(white - black, 1e-6)


def reduced(pixels, scale):
    """By antialiased bicubic interpolation, Keys' kernel with a = -1/2 stretched by the scale."""
    def weights(length):
        result = np.zeros((length // scale, length), np.float32)
        for i in range(length // scale):
            center = (i + 0.5) * scale - 0.5
            taps = np.arange(int(np.floor(center - 2 * scale)), int(np.ceil(center + 2 * scale)) + 1)
            x = np.abs(center - taps) / scale
            value = np.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))
            mirrored = np.where(taps < 0, -taps - 1, np.where(taps >= length, 2 * length - 1 - taps, taps))
            np.add.at(result[i], mirrored.clip(0, length - 1), value / value.sum())
        return result

    height, width = (length // scale * scale for length in pixels.shape)
    return weights(height) @ pixels[:height, :width] @ weights(width).T


def squares(folder):
    """Squares of one kind's images, those full of body where an image has some."""
    found = []
    files = sorted(path for path in folder.iterdir() if path.suffix in {".png", ".jpg", ".dcm", ".gz", ".nii"})
    for path in files:
        for pixels in samples(path):
            for scale in (2, 4):
                small = reduced(pixels, scale)
                cut = [
                    small[row : row + SQUARE, column : column + SQUARE]
                    for row in range(0, max(1, small.shape[0] - SQUARE // 2), SQUARE)
                    for column in range(0, max(1, small.shape[1] - SQUARE // 2), SQUARE)
                ]
                cut = [square for square in cut if min(square.shape) >= 32]
                full = [square for square in cut if (square > 0.02).mean() > 0.9 and square.std() > 0.03]
                found += (full or cut)[:4]
    kept = found[:: max(1, len(found) // MOST_OF_A_KIND)]
    print(f"{folder.name}: {len(kept)} squares of {len(files)} files", flush=True)
    return kept


def features(network):
    """Nodes and weights of the network's beginning, and the name of what is averaged of its features."""
    weights = {entry.name: numpy_helper.to_array(entry) for entry in network.graph.initializer}
    nodes, kept = [], []

    def stored(name):
        kept.append(numpy_helper.from_array(weights[name].astype(np.float16), f"{name}.half"))
        nodes.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
        return name

    def convolution(source, name):
        nodes.append(
            helper.make_node("Conv", [source, stored(f"{name}.weight"), stored(f"{name}.bias")], [name], pads=[1, 1, 1, 1])
        )
        return name

    last, averages = convolution("input", "head"), []
    kept.append(numpy_helper.from_array(np.float32(1e-6), "least"))
    for block in range(BLOCKS):
        inner = convolution(last, f"body.{block}.0")
        nodes.append(helper.make_node("Relu", [inner], [f"relu.{block}"]))
        outer = convolution(f"relu.{block}", f"body.{block}.1")
        nodes.append(helper.make_node("Add", [last, outer], [f"block.{block}"]))
        last = f"block.{block}"
        if tap := TAPS.get(block + 1):
            nodes += [
                helper.make_node("GlobalAveragePool", [last], [f"{tap}.mean"]),
                helper.make_node("Mul", [last, last], [f"{tap}.square"]),
                helper.make_node("GlobalAveragePool", [f"{tap}.square"], [f"{tap}.squares"]),
                helper.make_node("Mul", [f"{tap}.mean", f"{tap}.mean"], [f"{tap}.meanSquare"]),
                helper.make_node("Sub", [f"{tap}.squares", f"{tap}.meanSquare"], [f"{tap}.variance"]),
                helper.make_node("Max", [f"{tap}.variance", "least"], [f"{tap}.atLeast"]),
                helper.make_node("Log", [f"{tap}.atLeast"], [f"{tap}.spread"]),
            ]
            averages += [f"{tap}.mean", f"{tap}.spread"]
    nodes.append(helper.make_node("Concat", averages, ["averages"], axis=1))
    return nodes, kept, "averages"


def model(nodes, weights, output, shape):
    graph = helper.make_graph(
        nodes, "looks",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 1, "height", "width"])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)], weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="Fovea Tools/looks.py")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("network", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    import openvino

    nodes, weights, averages = features(onnx.load(arguments.network))
    core = openvino.Core()
    core.set_property("CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    run = core.compile_model(core.read_model(model(nodes, weights, averages, None).SerializeToString()), "CPU")
    kinds = []
    for folder in sorted(path for path in (arguments.data / "train").iterdir() if path.is_dir()):
        kinds.append(np.stack([run({"input": square[None, None].astype(np.float32)})[0].ravel() for square in squares(folder)]))
    # Every kind counts alike, however many images it has.
    center = np.mean([kind.mean(0) for kind in kinds], 0)
    within = np.mean([np.cov(kind.T, bias=True) for kind in kinds], 0)
    variances, axes = np.linalg.eigh(within + RIDGE * np.diag(np.diag(within)))
    alike = axes / np.sqrt(variances)
    differences = np.concatenate([(kind - center) @ alike / np.sqrt(len(kind)) for kind in kinds])
    _, _, directions = np.linalg.svd(differences, full_matrices=False)
    projection = directions[:NUMBERS] @ alike.T
    weights += [
        numpy_helper.from_array(projection[..., None, None].astype(np.float32), "projection.weight"),
        numpy_helper.from_array((-projection @ center).astype(np.float32), "projection.bias"),
    ]
    nodes.append(helper.make_node("Conv", [averages, "projection.weight", "projection.bias"], ["looks"]))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    result = model(nodes, weights, "looks", [1, NUMBERS, 1, 1])
    onnx.checker.check_model(result)
    onnx.save(result, arguments.output)


if __name__ == "__main__":
    main()
