import Foundation
import ImageQuality
import Imaging
import Upscaling

/// How different two images look to a network: Zhang, Isola, Efros, Shechtman & Wang, "The Unreasonable Effectiveness of
/// Deep Features as a Perceptual Metric", 2018, version 0.1. Less is better; 0 for equal images.
///
/// The network's ImageNet weights are not Fovea's to give: `Tools/convert_lpips.py` makes the file of the published ones.
/// It was fitted to photographs and knows nothing of medicine, so that a low distance says nothing about what is true.
public struct LPIPS: Sendable {
    public let url: URL
    private let engine: OpenVINOEngine
    private let graph: FeatureGraph

    /// - Throws: `ModelError` where the file is no network of two images in and one distance out.
    public init(contentsOf url: URL) throws(ModelError) {
        self.url = url
        graph = try FeatureGraph(url, inputs: 2)
        engine = try OpenVINOEngine(contentsOf: url, concurrency: 1)
    }

    /// The mean over the slices.
    ///
    /// - Parameters:
    ///   - image: what is judged.
    ///   - reference: the truth, of the same shape.
    ///   - convention: for its range and border; its channel does not count.
    /// - Throws: `MetricError` where shapes differ, ``EvaluationError/nothingInside(border:width:height:)``, `ModelError`.
    public func callAsFunction(
        of image: Pixels, against reference: Pixels, convention: MetricConvention
    ) throws -> Double {
        guard
            (image.width, image.height, image.channels, image.slices)
                == (reference.width, reference.height, reference.channels, reference.slices)
        else {
            throw MetricError.differentShape(
                reference: "\(reference.width) × \(reference.height)", image: "\(image.width) × \(image.height)")
        }
        let border = convention.border
        guard border >= 0, 2 * border < min(image.width, image.height) else {
            throw EvaluationError.nothingInside(
                border: border, width: image.width, height: image.height)
        }
        let (columns, rows) = (border..<image.width - border, border..<image.height - border)
        let sum = try (0..<image.slices).reduce(0.0) { sum, slice in
            let tensors = [reference, image].map {
                $0.slice(slice).cropped(columns: columns, rows: rows).tensor(
                    channels: 3, from: convention.valueRange, to: -1...1)
            }
            let result = try engine.run(
                Dictionary(uniqueKeysWithValues: zip(graph.inputs, tensors)), output: graph.output)
            return sum + Double(result.values[0])
        }
        return sum / Double(image.slices)
    }
}
