import Foundation
import Imaging
import Networks
import Torch
import TorchNN

/// Mean PSNR over the held-out images of one folder.
public struct ValidationScore: Codable, Sendable, Equatable {
    public var dataset: String
    public var images: Int
    /// In dB, per image then averaged, on luma in 0…1, clipped and for 8-bit sources rounded, a border of `scale`
    /// pixels left out.
    public var psnr: Double
    public var bicubicPSNR: Double
}

/// Scores weights on the held-out images.
struct Validation {
    let configuration: TrainingConfiguration
    let sets: [TrainingSet]
    let device: Device

    func callAsFunction(_ weights: [String: Tensor]) throws -> [ValidationScore] {
        let network = try configuration.architecture.makeNetwork(Parameters(loading: weights, on: device))
        return sets.filter { !$0.validation.isEmpty }.map { set in
            var sum = 0.0
            var bicubicSum = 0.0
            for pair in set.validation {
                let restored = restore(pair, network)
                let truth = truth(of: pair)
                sum += psnr(restored, truth, pair.levels)
                bicubicSum += psnr(pair.bicubic!, truth, pair.levels)
            }
            let count = Double(set.validation.count)
            return ValidationScore(
                dataset: set.folder.modality.rawValue, images: set.validation.count, psnr: sum / count,
                bicubicPSNR: bicubicSum / count)
        }
    }

    private func restore(_ pair: TrainingPair, _ network: any Layer) -> Pixels {
        let input = pair.input
        let output = Torch.withoutGradients {
            network(
                Tensor(input.samples, shape: [1, input.channels, input.height, input.width], on: device).channelsLast
            ).values
        }
        var result = pair.target
        switch configuration.architecture.output {
        case .residual:
            let bicubic = pair.bicubic!
            for index in result.samples.indices { result.samples[index] = bicubic.samples[index] + output[index] }
        case .image:
            let range = configuration.architecture.outputRange
            let (lower, width) = (Float(range.lowerBound), Float(range.upperBound - range.lowerBound))
            for index in result.samples.indices { result.samples[index] = (output[index] - lower) / width }
        }
        return result
    }

    private func truth(of pair: TrainingPair) -> Pixels {
        guard configuration.architecture.output == .residual, let bicubic = pair.bicubic else { return pair.target }
        var truth = pair.target
        for index in truth.samples.indices { truth.samples[index] += bicubic.samples[index] }
        return truth
    }

    private func psnr(_ image: Pixels, _ truth: Pixels, _ levels: Float?) -> Double {
        let border = configuration.scale
        var sum = 0.0
        for channel in 0..<image.channels {
            for row in border..<image.height - border {
                let start = channel * image.planeCount + row * image.width
                for index in start + border..<start + image.width - border {
                    var value = min(max(image.samples[index], 0), 1)
                    if let levels { value = (value * levels).rounded() / levels }
                    let difference = Double(value - truth.samples[index])
                    sum += difference * difference
                }
            }
        }
        let count = image.channels * (image.height - 2 * border) * (image.width - 2 * border)
        return -10 * log10(max(sum / Double(count), 1e-12))
    }
}
