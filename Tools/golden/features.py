"""A network that describes an image by three numbers, to test distances of features with: the means of the image, of its
square and of its gradient's length.

    python Tools/golden/features.py      # needs onnx, numpy; writes Tests/TrainingTests/Golden/features.onnx
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUTPUT = Path(__file__).parents[2] / "Tests/TrainingTests/Golden/features.onnx"


def main():
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=np.float32)
    nodes = [
        helper.make_node("Mul", ["image", "image"], ["square"]),
        helper.make_node("Conv", ["image", "sobel"], ["gradient"]),
        helper.make_node("ReduceL2", ["gradient", "channels"], ["length"], keepdims=1),
        helper.make_node("GlobalAveragePool", ["image"], ["a"]),
        helper.make_node("GlobalAveragePool", ["square"], ["b"]),
        helper.make_node("GlobalAveragePool", ["length"], ["c"]),
        helper.make_node("Concat", ["a", "b", "c"], ["features"], axis=1),
    ]
    graph = helper.make_graph(
        nodes, "features",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, "rows", "columns"])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, 3, 1, 1])],
        [
            numpy_helper.from_array(np.stack([sobel, sobel.T])[:, None], "sobel"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "channels"),
        ])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), OUTPUT)


if __name__ == "__main__":
    main()
