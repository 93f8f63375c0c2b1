import Foundation
import Imaging

/// Enlarges images by drawing from a conditional normalising flow, SRFlow's kind: one run of the network a sample.
///
///     let upscaler = try FlowUpscaler(model: ModelFile(contentsOf: url))
///     let drawn = try Cascade([upscaler]).samples(of: image, scale: 4, count: 8)
///
/// The latent is drawn for the whole slice, at the low-resolution image's places, and tiles are fed what lies around them as
/// far as it counts: so a sample depends on the seed and the place, and on no tile.
public struct FlowUpscaler: Drawing {
    public let model: ModelFile
    private let description: FlowDescription
    private let engine: any Engine
    private let tileLength: Int
    /// Float32 always: a flow's inverse divides again and again by what a lower precision would make coarse.
    public let precision: Precision?

    /// - Parameters:
    ///   - model: the file of a flow.
    ///   - threads: processor threads in all.
    ///   - tileLength: pixels of the low-resolution image fed to the network at a time along each axis, about.
    ///   - cache: a folder in which compiled networks are kept from one process to the next; `nil` keeps none.
    /// - Throws: ``ModelError`` where the file is no flow or cannot be loaded.
    public init(
        model: ModelFile, threads: Int = ProcessInfo.processInfo.activeProcessorCount, tileLength: Int = 128,
        cache: URL? = nil
    ) throws(ModelError) {
        try self.init(
            model: model,
            engine: OpenVINOEngine(
                contentsOf: model.url, precision: .float32, threads: threads, concurrency: 1, cache: cache),
            tileLength: tileLength, precision: .float32)
    }

    /// With an engine of the caller's that holds the network of `model`.
    public init(model: ModelFile, engine: any Engine, tileLength: Int = 128) throws(ModelError) {
        try self.init(model: model, engine: engine, tileLength: tileLength, precision: nil)
    }

    private init(model: ModelFile, engine: any Engine, tileLength: Int, precision: Precision?) throws(ModelError) {
        guard let description = model.metadata.flow else {
            throw .badDescription(path: model.url.path, reason: "it describes no flow")
        }
        guard (0...1).contains(description.temperature) else {
            throw .badDescription(path: model.url.path, reason: "its temperature is not a number from 0 to 1")
        }
        guard model.metadata.input == .lowResolution, model.metadata.output == .residual else {
            throw .badDescription(
                path: model.url.path, reason: "a flow is to take lowResolution images and to give a residual")
        }
        self.model = model
        self.description = description
        self.engine = engine
        self.tileLength = tileLength
        self.precision = precision
    }

    public func drawer(width: Int, height: Int) throws(ModelError) -> SliceDrawer {
        let network = try TiledFlow(model, engine: engine, width: width, height: height, tileLength: tileLength)
        return { measured, options, generator, progress in
            let temperature = Float(options.temperature ?? description.temperature)
            let latent = Pixels.noise(
                width: width, height: height, channels: network.latentChannels, using: &generator
            ).mapped { temperature * $0 }
            let residual = try network.residual(measured, latent: latent, progress: progress)
            var result = measured.resized(width: residual.width, height: residual.height)
            result.add(1, residual)
            guard options.isConsistent else { return result }
            return Consistency(with: measured, width: result.width, height: result.height).projected(result)
        }
    }
}
