import ArgumentParser
import Batch
import Imaging
import Upscaling

/// How many times as many pixels, or fewer: `4`, `2.5`.
struct Factor: ExpressibleByArgument, ExpressibleByIntegerLiteral, CustomStringConvertible {
    var value: Double

    init?(argument: String) {
        guard let value = Double(argument), value.isFinite else { return nil }
        self.value = value
    }

    init(integerLiteral value: Int) { self.value = Double(value) }

    /// `4` for 4.0, `2.5` for 2.5.
    var description: String { value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : String(value) }

    var defaultValueDescription: String { description }
}

/// The least and the greatest value: `0,255`.
struct ValueRange: ExpressibleByArgument {
    var bounds: ClosedRange<Float>

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
        guard numbers.count == 2, let low = numbers[0], let high = numbers[1], low < high, low.isFinite, high.isFinite
        else { return nil }
        bounds = low...high
    }
}

extension ColorTreatment: ExpressibleByArgument {}
extension NetworkInput: ExpressibleByArgument {}
extension NetworkOutput: ExpressibleByArgument {}
extension DICOMCompression: ExpressibleByArgument {}
extension DICOMMaps: ExpressibleByArgument {}

/// A ``Precision``, or `auto`.
enum PrecisionOption: String, ExpressibleByArgument, CaseIterable {
    case auto, float32, bfloat16

    func precision(for models: [ModelFile]) -> Precision {
        switch self {
        case .auto: .automatic(for: models)
        case .float32: .float32
        case .bfloat16: .bfloat16
        }
    }
}

extension Sampler: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }

    public static var allValueStrings: [String] { known.map(\.name) }
}

extension Shard: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension ByteCount: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

/// `auto`, `none`, or a standard deviation in 255ths of the range: `3.5`.
struct NoiseOption: ExpressibleByArgument {
    var treatment: GrainTreatment.Noise

    init?(argument: String) {
        switch argument {
        case "auto": treatment = .automatic
        case "none": treatment = .none
        default:
            guard let sigma = Double(argument), (0...255).contains(sigma) else { return nil }
            treatment = .known(sigma: sigma)
        }
    }
}
