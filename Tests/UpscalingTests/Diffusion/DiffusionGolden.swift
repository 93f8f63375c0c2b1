import Foundation
import Imaging
import Upscaling

/// What Tools/golden/diffusion.py wrote.
struct DiffusionGolden: Decodable {
    struct Schedule: Decodable {
        var kind: NoiseSchedule.Kind
        var steps: [Int]
        var gammas: [Double]
    }
    struct Embedding: Decodable {
        var gamma: Double
        var features: [Float]
    }
    var schedules: [Schedule]
    var noisy: [Float]
    var prediction: [Float]
    var noise: [Float]
    var older: [Float]
    var previousGamma: Double
    var gamma: Double
    var nextGamma: Double
    var images: [String: [Float]]
    var noises: [String: [Float]]
    var trainingVelocity: [Float]
    var ancestral: [String: [Float]]
    var ddim: [String: [Float]]
    var dpmFirstOrder: [Float]
    var dpmSecondOrder: [Float]
    var embeddings: [Embedding]

    static let shared: DiffusionGolden = {
        let url = Bundle.module.url(forResource: "diffusion", withExtension: "json", subdirectory: "Golden")!
        return try! JSONDecoder().decode(DiffusionGolden.self, from: Data(contentsOf: url))
    }()
}

/// Samples in a row.
func row(_ samples: [Float]) -> Pixels { Pixels(width: samples.count, height: 1, samples: samples) }

func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
}

/// A denoiser that is a formula.
struct FormulaDenoiser: Denoiser {
    var target: PredictionTarget
    var formula: (_ noisy: Float, _ condition: Float, _ gamma: Double) -> Double

    func predict(_ noisy: Pixels, condition: Pixels, gamma: Double) -> Pixels {
        var result = noisy
        result.samples = zip(noisy.samples, condition.samples).map { Float(formula($0, $1, gamma)) }
        return result
    }
}
