import Foundation
import ONNX
import Torch
import Upscaling

/// What a run's weights start from: another run's checkpoint, or a model file, shipped ones among them.
struct InitialWeights {
    /// By name; an exported network keeps the names that its weights were trained under.
    let tensors: [String: Tensor]
    /// The runs behind a checkpoint, first to last.
    let stages: [TrainingStage]
    /// The model file that all began with, if one did.
    let ancestor: ModelAncestor?

    /// - Throws: ``TrainingError/badCheckpoint(path:reason:)``, `TorchError`, `ONNXError` or `ModelError`.
    init(contentsOf url: URL) throws {
        guard url.pathExtension == "onnx" else {
            let checkpoint = try Checkpoint(contentsOf: url)
            (tensors, stages, ancestor) = (checkpoint.finalWeights, checkpoint.stages, checkpoint.ancestor)
            return
        }
        let file = try ModelFile(contentsOf: url)
        let model = try ModelProto.read(url).model
        tensors = Dictionary(
            model.graph.initializer.compactMap { tensor in tensor.floats.map { (tensor.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        stages = []
        ancestor = ModelAncestor(
            name: file.metadata.name, sha256: file.sha256, steps: file.metadata.steps ?? 0,
            trainingData: file.metadata.trainingData, description: file.metadata)
    }
}

/// A model file whose weights a run went on from, and what it had learned from.
public struct ModelAncestor: Codable, Sendable, Equatable {
    public var name: String
    /// Of the file, lower-case hexadecimal.
    public var sha256: String
    public var steps: Int
    public var trainingData: [TrainingData]
    /// What the file said of the network; `nil` in checkpoints from before it was kept.
    public var description: ModelMetadata?
}

extension TensorProto {
    /// The tensor where it holds Float32, in whichever of ONNX's two ways.
    fileprivate var floats: Tensor? {
        guard dataType == Int32(DataType.float.rawValue) else { return nil }
        let shape = dims.map(Int.init)
        if rawData.isEmpty { return Tensor(floatData, shape: shape) }
        return rawData.withUnsafeBytes { bytes in
            bytes.count == shape.reduce(4, *) ? Tensor(bytes: bytes, shape: shape, type: .float32) : nil
        }
    }
}
