import Foundation
import Imaging

/// Draws a slice at the model's scale.
///
/// - Parameters:
///   - measured: the slice as the network sees it, in 0…1, of the size that the drawer was made for.
///   - options: how it is drawn; with `isConsistent` the result reduces to `measured` but for rounding.
///   - generator: all that chance has a part in.
///   - progress: told the finished part, from 0 to 1.
/// - Returns: the sample, in 0…1 as `measured`.
public typealias SliceDrawer = (
    _ measured: Pixels, _ options: SamplingOptions, _ generator: inout SeededGenerator, _ progress: (Double) -> Void
) throws -> Pixels

/// A model that draws images which could have been reduced to the given one: a diffusion model or a flow.
///
/// Each sample is one of them. What differs from sample to sample is invented; what the samples agree on is what the model is
/// sure of, rightly or not. A gray model on a color image enlarges the luminance, bicubic interpolation the chrominance.
/// Volumes go slice by slice.
public protocol Drawing: Sendable {
    var model: ModelFile { get }
    /// What the network's inner layers are computed in; `nil` where an engine of the caller's runs it.
    var precision: Precision? { get }

    /// What draws slices of a size.
    ///
    /// - Parameters:
    ///   - width: of the low-resolution image, in pixels.
    ///   - height: of the low-resolution image, in pixels.
    /// - Throws: ``ModelError`` where the network does not take images of this size.
    func drawer(width: Int, height: Int) throws(ModelError) -> SliceDrawer
}

extension Drawing {
    /// One sample: `image` at `scale` times its sampling rate, up to the model's own; for less, its result is reduced.
    func sample(
        _ image: Image, scale: Double, options: SamplingOptions, number: Int, progress: (Double) -> Void
    ) throws -> Image {
        let header = image.header.enlarged(by: scale, nil)
        let range = try IntensityRange(of: image, by: model.metadata.normalization)
        let channels = DrawnChannels(
            image.header.colorModel, networkChannels: model.metadata.channels, map: IntensityMap(range, to: 0...1))
        let draw = try drawer(width: image.header.width, height: image.header.height)
        let collector = PixelCollector(header)
        for slice in 0..<image.pixels.slices {
            // Streams of a seed: neither slices nor samples repeat each other's noise.
            var generator = SeededGenerator(seed: options.seed, stream: UInt64(slice) << 32 | UInt64(number))
            let source = image.pixels.slice(slice)
            let measured = channels.measured(source)
            let drawn = try draw(measured, options, &generator) {
                progress((Double(slice) + $0) / Double(image.pixels.slices))
            }
            var result = channels.stored(drawn, measured: measured, source: source)
            if result.width != header.width || result.height != header.height {
                result = result.resized(width: header.width, height: header.height)
            }
            collector.append(result)
        }
        return Image(header: header, pixels: collector.pixels)
    }
}

extension ModelMetadata {
    /// Whether the network is one that draws samples.
    public var drawsSamples: Bool { diffusion != nil || flow != nil }
}

extension ModelFile {
    /// What draws samples of the model.
    ///
    /// - Parameters:
    ///   - precision: of a diffusion model's inner layers; flows are always computed in Float32.
    ///   - threads: processor threads in all.
    /// - Throws: ``ModelError`` where the model draws no samples or cannot be loaded.
    public func drawing(
        precision: Precision = .float32, threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws(ModelError) -> any Drawing {
        metadata.flow == nil
            ? try DiffusionUpscaler(model: self, precision: precision, threads: threads)
            : try FlowUpscaler(model: self, threads: threads)
    }
}
