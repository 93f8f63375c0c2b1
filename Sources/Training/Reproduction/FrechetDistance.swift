import Evaluation
import ImageQuality
import Imaging
import Torch
import TorchNN

/// How far two sets of images are apart, as normal distributions of their features: the Fréchet distance of Heusel et al.,
/// "GANs Trained by a Two Time-Scale Update Rule", 2017, called FID where the features are Inception's.
///
/// ‖m₁ − m₂‖² + Tr(C₁ + C₂ − 2·√(C₁C₂)). With A and B the centred features, one a column, divided by √(n − 1), C₁ is AAᵀ
/// and C₂ is BBᵀ, and the trace of √(C₁C₂) is the sum of the singular values of AᵀB: as small as the sets are.
public enum FrechetDistance {
    /// - Parameters: features of one image each, at least two images a set, all of one length.
    public static func between(_ first: [[Float]], _ second: [[Float]]) -> Double {
        let (a, b) = (Centred(first), Centred(second))
        let means = (a.mean - b.mean).square.sum().values[0]
        let common = a.scaled.matmul(b.scaled.permute([1, 0])).singularValues.sum().values[0]
        return Double(means) + Double(a.scaled.square.sum().values[0]) + Double(b.scaled.square.sum().values[0])
            - 2 * Double(common)
    }

    private struct Centred {
        let mean: Tensor
        /// (images, features)
        let scaled: Tensor

        init(_ features: [[Float]]) {
            let all = Tensor(features.flatMap { $0 }, shape: [features.count, features[0].count]).to(type: .float64)
            mean = all.mean([0], keepDimensions: true)
            scaled = (all - mean) * (1 / Double(features.count - 1)).squareRoot()
        }
    }
}

/// Gathers the features of an evaluation's results and of the truths.
struct FrechetDistances {
    private let network: FeatureNetwork
    private var truths: [[Float]] = []
    private var seen: Set<String> = []
    private var results: [String: [[Float]]]

    init(_ network: FeatureNetwork, methods: [String]) {
        self.network = network
        results = Dictionary(uniqueKeysWithValues: methods.map { ($0, []) })
    }

    mutating func add(_ restored: Evaluator.Restored) throws {
        if seen.insert(restored.file).inserted {
            truths += try network(restored.truth.pixels, range: restored.valueRange)
        }
        results[restored.method]! += try network(restored.result, range: restored.valueRange)
    }

    /// `nil` for fewer than two images.
    func value(of method: String) -> Double? {
        guard let features = results[method], features.count > 1, truths.count > 1 else { return nil }
        return FrechetDistance.between(truths, features)
    }
}

extension Measure {
    /// `FrechetDistance` between all results and all truths.
    public static let frechetDistance = Measure(
        key: "fid", title: "Fréchet distance of the features of results and truths; with few images far too high",
        better: .less, decimals: 2)
}
