import Foundation
import Imaging

/// How samples are drawn from a diffusion model.
public struct SamplingOptions: Sendable, Equatable, Codable {
    public var sampler: Sampler
    /// Runs of the network a sample. Samplers that take the trained schedule's own levels take no more than it has.
    public var steps: Int
    /// Equal seeds give equal samples.
    public var seed: UInt64
    /// Keeps each estimate, at every step, such that it reduces to the image that was measured. The result does too but for
    /// rounding and clamping: ``Method/upscaleConsistently(_:scale:progress:)`` sees to these.
    public var isConsistent: Bool
    /// Levels to walk down instead of ones picked from the trained schedule, as ``searchSchedule(steps:firstBetas:lastBetas:largestFinalGamma:objective:)`` finds
    /// them; their number is then that of the steps.
    public var levels: NoiseSchedule?

    public init(
        sampler: Sampler = .dpmSolver, steps: Int = 20, seed: UInt64 = 0, isConsistent: Bool = false,
        levels: NoiseSchedule? = nil
    ) {
        self.sampler = sampler
        self.steps = steps
        self.seed = seed
        self.isConsistent = isConsistent
        self.levels = levels
    }

    /// The levels to visit.
    func schedule(of process: DiffusionProcess) -> NoiseSchedule {
        if let levels { return levels }
        let steps = max(1, sampler.spacing == .time ? min(steps, process.schedule.steps) : steps)
        return process.schedule.spaced(steps, by: sampler.spacing)
    }
}

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
public struct DiffusionUpscaler: Sendable {
    public let model: ModelFile
    private let description: DiffusionDescription
    private let engine: any Engine
    private let tileLength: Int
    /// What the network's inner layers are computed in; `nil` where an engine of the caller's runs it.
    let precision: Precision?

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

    /// One sample: `image` at `scale` times its sampling rate, up to the model's own; for less, its result is reduced.
    func sample(
        _ image: Image, scale: Double, options: SamplingOptions, number: Int, progress: (Double) -> Void
    ) throws -> Image {
        let header = image.header.enlarged(by: scale, nil)
        let range = try IntensityRange(of: image, by: model.metadata.normalization)
        let map = IntensityMap(range, to: 0...1)
        let factor = model.metadata.scale
        let denoiser = try TiledDenoiser(
            model, description, engine: engine, width: image.header.width * factor,
            height: image.header.height * factor, tileLength: tileLength)
        let collector = PixelCollector(header)
        for slice in 0..<image.pixels.slices {
            // Streams of a seed: neither slices nor samples repeat each other's noise.
            var generator = SeededGenerator(seed: options.seed, stream: UInt64(slice) << 32 | UInt64(number))
            var result = try sample(
                image.pixels.slice(slice), colorModel: image.header.colorModel, map: map, denoiser: denoiser,
                options: options, using: &generator
            ) { progress((Double(slice) + $0) / Double(image.pixels.slices)) }
            if result.width != header.width || result.height != header.height {
                result = result.resized(width: header.width, height: header.height)
            }
            collector.append(result)
        }
        return Image(header: header, pixels: collector.pixels)
    }

    /// A sample of one slice at the model's scale, in stored units.
    private func sample(
        _ source: Pixels, colorModel: ColorModel, map: IntensityMap, denoiser: TiledDenoiser,
        options: SamplingOptions, using generator: inout SeededGenerator, progress: (Double) -> Void
    ) throws -> Pixels {
        let factor = model.metadata.scale
        let (width, height) = (source.width * factor, source.height * factor)
        let measured = networkChannels(of: source, colorModel: colorModel, map: map)
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
        return stored(image(clean), source: source, colorModel: colorModel, enlarged: enlarged, map: map)
    }

    /// What the network is to see of a slice, in 0…1: gray, luminance, or the colors.
    private func networkChannels(of source: Pixels, colorModel: ColorModel, map: IntensityMap) -> Pixels {
        let colors = colorModel.colorChannels
        let planes = (0..<colors).map { source.plane(channel: $0) }
        var result: Pixels
        switch (colors, model.metadata.channels) {
        case (3, 1):
            result = planes[0].combined(0.299, planes[1], 0.587)
            result.add(0.114, planes[2])
        default:
            let used = (0..<model.metadata.channels).map { planes[min($0, colors - 1)] }
            result = Pixels(
                width: source.width, height: source.height, channels: used.count, samples: used.flatMap(\.samples))
        }
        return result.mapped { ($0 - map.black) * map.gain }
    }

    /// A result in 0…1 as the slice it was made from stores its samples.
    private func stored(
        _ result: Pixels, source: Pixels, colorModel: ColorModel, enlarged: Pixels, map: IntensityMap
    ) -> Pixels {
        let colors = colorModel.colorChannels
        if source.channels == 1 && result.channels == 1 { return result.mapped { $0 * map.span + map.black } }
        var stored = source.resized(width: result.width, height: result.height)
        for channel in 0..<colors {
            let range = stored.planeRange(channel: channel)
            switch (colors, result.channels) {
            case (3, 1):
                // Bicubic interpolation's luminance gives way to the sample's.
                for index in 0..<result.planeCount {
                    stored.samples[range.lowerBound + index] +=
                        (result.samples[index] - enlarged.samples[index]) * map.span
                }
            case (1, 3):
                for index in 0..<result.planeCount {
                    let sum =
                        result.samples[index] + result.samples[result.planeCount + index]
                        + result.samples[2 * result.planeCount + index]
                    stored.samples[range.lowerBound + index] = sum / 3 * map.span + map.black
                }
            default:
                let plane = result.planeRange(channel: channel).lowerBound
                for index in 0..<result.planeCount {
                    stored.samples[range.lowerBound + index] = result.samples[plane + index] * map.span + map.black
                }
            }
        }
        return stored
    }
}

extension Pixels {
    /// This shape with each sample replaced.
    func mapped(_ transform: (Float) -> Float) -> Pixels {
        with { result in
            samples.withUnsafeBufferPointer { samples in
                for index in 0..<result.count { result[index] = transform(samples[index]) }
            }
        }
    }
}
