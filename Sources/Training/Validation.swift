import Foundation
import ImageQuality
import Imaging
import Networks
import Torch
import Upscaling

/// Mean scores over the held-out images of one folder: PSNR in dB and SSIM (Wang 2004), on luma in 0…1, clipped and for
/// 8-bit sources rounded, a border of `scale` pixels left out, per image then averaged.
public struct ValidationScore: Codable, Sendable, Equatable {
    public var dataset: String
    public var images: Int
    public var psnr: Double
    public var ssim: Double
    public var bicubicPSNR: Double
    public var bicubicSSIM: Double
}

/// Scores weights on the held-out images.
struct Validation {
    let configuration: TrainingConfiguration
    let sets: [TrainingSet]
    let device: Device

    func callAsFunction(_ weights: [String: Tensor]) throws -> [ValidationScore] {
        let restore = try configuration.objective.learning.makeRestorer(configuration, weights: weights, on: device)
        return try sets.filter { !$0.validation.isEmpty }.map { set in
            var sums = [0.0, 0.0, 0.0, 0.0]
            for image in set.validation {
                let pair = configuration.pair(of: image)
                let told = configuration.conditions.told(image.structure)
                let truth = truth(of: pair)
                let (psnr, ssim) = try scores(restore(pair, told), truth, pair.levels)
                let (bicubicPSNR, bicubicSSIM) = try scores(pair.bicubic, truth, pair.levels)
                for (index, value) in [psnr, ssim, bicubicPSNR, bicubicSSIM].enumerated() { sums[index] += value }
            }
            let count = Double(set.validation.count)
            return ValidationScore(
                dataset: set.folder.name ?? set.folder.modality.rawValue, images: set.validation.count,
                psnr: sums[0] / count, ssim: sums[1] / count, bicubicPSNR: sums[2] / count,
                bicubicSSIM: sums[3] / count)
        }
    }

    private func truth(of pair: TrainingPair) -> Pixels {
        guard configuration.architecture.output == .residual else { return pair.target }
        var truth = pair.target
        for index in truth.samples.indices { truth.samples[index] += pair.bicubic.samples[index] }
        return truth
    }

    private func scores(_ image: Pixels, _ truth: Pixels, _ levels: Float?) throws -> (psnr: Double, ssim: Double) {
        var image = image
        for index in image.samples.indices {
            let value = min(max(image.samples[index], 0), 1)
            image.samples[index] = levels.map { (value * $0).rounded() / $0 } ?? value
        }
        let convention = MetricConvention(
            channel: image.channels == 3 ? .matlabY : .gray, valueRange: 0...1, border: configuration.scale)
        return (
            try Metric.psnr(of: image, against: truth, convention: convention),
            try Metric.ssim(of: image, against: truth, convention: convention)
        )
    }
}
