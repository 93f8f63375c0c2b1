import Foundation

/// What can be wrong with a model, each said in one line: what, where, what to do.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    /// The file is missing, closed to us, or no ONNX.
    case unreadable(path: String, reason: String)
    /// The file says nothing about how to use it.
    case undescribed(path: String, sidecar: String)
    /// The description contradicts itself or cannot be read.
    case badDescription(path: String, reason: String)
    /// The network is none that takes an image and gives an image.
    case badGraph(path: String, reason: String)
    /// The engine cannot load or run the network.
    case engine(path: String, reason: String)
    /// The processor lacks what the engine needs, or is kept from using it.
    case processor(path: String, reason: String)
    /// The network gave something else than its description promises.
    case badResult(path: String, reason: String)
    /// No shipped model has this name.
    case unknownModel(name: String, known: [String])
    /// Magnification is not a finite number of at least 1, or the result would have more pixels than can be counted.
    case badScale(scale: Double)
    /// A sample of the image is infinite, or NaN among integers, which cannot say it.
    case notFinite(column: Int, row: Int, slice: Int)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .undescribed(let path, let sidecar):
            "\(path): does not say what it expects; give scale and channels (and value range, input, output if not 0 to 1, low-resolution, image) by options or in \(sidecar) beside it, such as {\"scale\": 4, \"channels\": 3}"
        case .badDescription(let path, let reason): "\(path): the model's description: \(reason)"
        case .badGraph(let path, let reason): "\(path): not a network that can be used here: \(reason)"
        case .engine(let path, let reason): "\(path): OpenVINO: \(reason)"
        case .processor(let path, let reason), .badResult(let path, let reason): "\(path): \(reason)"
        case .unknownModel(let name, let known):
            "\(name): no such model; "
                + (known.isEmpty
                    ? "none is installed, give an ONNX file or \"bicubic\""
                    : "choose auto, bicubic, \(known.joined(separator: ", ")) or an ONNX file")
        case .badScale(let scale): "scale \(scale): give a number from 1 to 16"
        case .notFinite(let column, let row, let slice):
            "the sample at column \(column), row \(row), slice \(slice) is not a finite number; replace such samples first"
        }
    }
}

extension ModelError: LocalizedError {
    public var errorDescription: String? { description }
}
