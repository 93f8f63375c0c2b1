import Foundation
import Imaging
import ONNX
import Upscaling

/// A network of the user's that describes an image by numbers, such as Inception without its last layer, as ONNX.
///
/// One image (1, channels, rows, columns) in, one output of any shape with a batch of 1. Of a gray image the network sees
/// as many copies as it has channels; where its input is of a fixed size, the image is brought to that by antialiased
/// bicubic interpolation.
public struct FeatureNetwork: Sendable {
    public let url: URL
    /// What black and white are to the network.
    public let valueRange: ClosedRange<Float>
    private let engine: OpenVINOEngine
    private let input: String
    private let output: String
    private let channels: Int
    private let size: (width: Int, height: Int)?

    /// - Throws: `ModelError` where the file is no network of one image in and one output.
    public init(contentsOf url: URL, valueRange: ClosedRange<Float> = 0...1) throws(ModelError) {
        let graph = try FeatureGraph(url, inputs: 1)
        let dimensions = graph.dimensions
        self.url = url
        self.valueRange = valueRange
        input = graph.inputs[0]
        output = graph.output
        channels = dimensions[1] ?? 3
        size = dimensions[3].flatMap { width in dimensions[2].map { (width, $0) } }
        engine = try OpenVINOEngine(contentsOf: url, concurrency: 1)
    }

    /// The features of each slice.
    ///
    /// - Parameters:
    ///   - image: of any size, gray or with the network's channels.
    ///   - range: the samples that are black and white.
    public func callAsFunction(_ image: Pixels, range: ClosedRange<Float>) throws(ModelError) -> [[Float]] {
        var result: [[Float]] = []
        for index in 0..<image.slices {
            var slice = image.slice(index)
            if let size, size != (slice.width, slice.height) {
                slice = slice.resized(width: size.width, height: size.height)
            }
            let tensor = slice.tensor(channels: channels, from: range, to: valueRange)
            result.append(try engine.run([input: tensor], output: output).values)
        }
        return result
    }
}

/// What a network for judging images takes and gives.
struct FeatureGraph {
    /// Names of the images that go in.
    let inputs: [String]
    let output: String
    /// Of the first input: batch, channels, rows, columns; `nil` where free.
    let dimensions: [Int?]

    init(_ url: URL, inputs count: Int) throws(ModelError) {
        let model: ModelProto
        do throws(ONNXError) {
            (model, _) = try ModelProto.read(url)
        } catch {
            throw .unreadable(path: error.path, reason: error.reason)
        }
        let feeds = model.feeds
        guard feeds.count == count, let output = model.graph.output.first, let dimensions = feeds[0].dimensions,
            dimensions.count == 4
        else {
            throw .badGraph(
                path: url.path, reason: "it is to take \(count) image\(count > 1 ? "s" : "") and give one result")
        }
        inputs = feeds.map(\.name)
        self.output = output.name
        self.dimensions = dimensions
    }
}

extension Pixels {
    /// One slice as a network takes it; gray is repeated.
    func tensor(channels count: Int, from range: ClosedRange<Float>, to target: ClosedRange<Float>) -> EngineTensor {
        let gain = (target.upperBound - target.lowerBound) / (range.upperBound - range.lowerBound)
        let values = (0..<count).flatMap { channel in
            samples[planeRange(channel: min(channel, channels - 1))].map {
                ($0 - range.lowerBound) * gain + target.lowerBound
            }
        }
        return EngineTensor(shape: [1, count, height, width], values: values)
    }
}
