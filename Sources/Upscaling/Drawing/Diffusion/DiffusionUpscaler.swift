import Foundation
import Imaging

/// Enlarges images by sampling a diffusion model, SR3's kind.
///
/// Each sample is one image among those that could have been reduced to the given one. What differs from sample to sample
/// is invented; what the samples agree on is what the model is sure of, rightly or not.
///
///     let upscaler = try DiffusionUpscaler(model: ModelFile(contentsOf: url))
///     let drawn = try Cascade([upscaler]).samples(of: image, scale: 4, count: 8)
///     // drawn.mean, drawn.deviation, drawn.samples
///
/// A gray model on a color image enlarges the luminance, bicubic interpolation the chrominance. Volumes go slice by slice.
public struct DiffusionUpscaler: Drawing {
    public let model: ModelFile
    private let description: DiffusionDescription
    private let engine: any Engine
    private let tileLength: Int
    /// What the network's inner layers are computed in; `nil` where an engine of the caller's runs it.
    public let precision: Precision?

    /// - Parameters:
    ///   - model: the file of a diffusion model.
    ///   - precision: of the network's inner layers; ``Precision/automatic(for:)`` chooses.
    ///   - threads: processor threads in all.
    ///   - tileLength: pixels of the enlarged image fed to the network at a time along each axis, about.
    ///   - cache: a folder in which compiled networks are kept from one process to the next; `nil` keeps none.
    /// - Throws: ``ModelError`` where the file is no diffusion model or cannot be loaded.
    public init(
        model: ModelFile, precision: Precision = .float32,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount, tileLength: Int = 384, cache: URL? = nil
    ) throws(ModelError) {
        try self.init(
            model: model,
            engine: OpenVINOEngine(
                contentsOf: model.url, precision: precision, threads: threads, concurrency: 1, cache: cache),
            tileLength: tileLength, precision: precision.computed)
    }

    /// With an engine of the caller's that holds the network of `model`.
    public init(model: ModelFile, engine: any Engine, tileLength: Int = 384) throws(ModelError) {
        try self.init(model: model, engine: engine, tileLength: tileLength, precision: nil)
    }

    private init(
        model: ModelFile, engine: any Engine, tileLength: Int, precision: Precision?
    ) throws(ModelError) {
        guard let description = model.metadata.diffusion else {
            throw .badDescription(
                path: model.url.path, reason: "it describes no diffusion model; its samples cannot differ")
        }
        guard description.levelFeatures >= 4, description.levelFeatures % 2 == 0 else {
            throw .badDescription(path: model.url.path, reason: "levelFeatures is not an even number from 4")
        }
        self.model = model
        self.description = description
        self.engine = engine
        self.tileLength = tileLength
        self.precision = precision
    }

    /// What was trained, and for what.
    public var process: DiffusionProcess { description.process }

    public func drawer(width: Int, height: Int) throws(ModelError) -> SliceDrawer {
        let factor = model.metadata.scale
        let denoiser = try TiledDenoiser(
            model, description, engine: engine, width: width * factor, height: height * factor, tileLength: tileLength)
        return { measured, options, generator, progress in
            try draw(measured, denoiser: denoiser, options: options, using: &generator, progress: progress)
        }
    }

    private func draw(
        _ measured: Pixels, denoiser: TiledDenoiser, options: SamplingOptions, using generator: inout SeededGenerator,
        progress: (Double) -> Void
    ) throws -> Pixels {
        let factor = model.metadata.scale
        let (width, height) = (measured.width * factor, measured.height * factor)
        let enlarged = measured.resized(width: width, height: height)
        let condition = enlarged.mapped { 2 * $0 - 1 }
        let subject = process.subject
        let (gain, offset, share) = (subject.gain, subject.offset, subject.baseShare)
        func image(_ clean: Pixels) -> Pixels {
            var result = clean.mapped { ($0 - Float(offset)) * Float(1 / gain) }
            if share != 0 { result.add(share, enlarged) }
            return result
        }

        var correct: EstimateCorrection?
        if options.isConsistent {
            let consistency = Consistency(with: measured, width: width, height: height)
            correct = { estimate in
                var result = consistency.projected(image(estimate))
                if share != 0 { result.add(-share, enlarged) }
                return result.mapped { $0 * Float(gain) + Float(offset) }
            }
        } else {
            correct = subject.correction(condition: condition)
        }
        let schedule = options.schedule(of: process)
        let clean = try withoutActuallyEscaping(progress) { progress in
            try options.sampler(
                denoiser, schedule: schedule, condition: condition, using: &generator, correct: correct
            ) { step, _ in progress(Double(step) / Double(schedule.steps)) }
        }
        return image(clean)
    }
}
