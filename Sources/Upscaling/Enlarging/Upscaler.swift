import Foundation
import Imaging

/// Enlarges images with super-resolution networks.
///
///     let upscaler = try Upscaler(models: [ModelFile(contentsOf: url)])
///     let large = try upscaler.upscale(image, scale: 4)
///
/// Images of any size, gray and color, with alpha, and volumes slice by slice; what goes in comes out in the same terms:
/// the stored units, geometry and meaning of the image. Samples that are codes are repeated, and those without data
/// (padding, NaN) stay what they are; no network sees either. Samples of the result are not rounded; whoever writes them does
/// so once, with `Intensity/quantized(_:)`. Large images go through in tiles that are fed as much of their surroundings
/// as changes them, so that no seams arise.
///
/// A gray network treats a color image as ``ColorTreatment`` says. A color
/// network on a gray image gets it three times, and the mean of its channels is the result. Alpha is interpolated.
public struct Upscaler: Sendable {
    /// Largest first.
    private let networks: [Network]
    /// What is done about an image's noise.
    public let grain: GrainTreatment
    /// The blur that networks are told of, in pixels of the image.
    public let blur: Double
    /// Of color images by gray networks.
    public let colorTreatment: ColorTreatment
    /// What the networks' inner layers are computed in; `nil` where an engine of the caller's runs them.
    private let precision: Precision?

    /// - Parameters:
    ///   - models: one network, or several of one family at different scales, from which the fitting ones are taken.
    ///   - precision: of the networks' inner layers; ``Precision/automatic(for:)`` chooses.
    ///   - threads: processor threads in all for each network.
    ///   - tileLength: pixels of a network's input fed to it at a time along each axis, about.
    ///   - colorTreatment: of color images by gray networks.
    ///   - grain: what is done about an image's noise.
    ///   - blur: standard deviation of the Gaussian that is known to have blurred the images, in their pixels; networks
    ///     that learned ``ImageCondition/blur`` are told.
    ///   - cache: a folder in which compiled networks are kept from one process to the next; `nil` keeps none.
    /// - Throws: ``ModelError/engine(path:reason:)`` where a network cannot be loaded.
    /// - Precondition: `models` is not empty.
    public init(
        models: [ModelFile], precision: Precision = .float32,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount, tileLength: Int = 384,
        colorTreatment: ColorTreatment = .luminance, grain: GrainTreatment = GrainTreatment(), blur: Double = 0,
        cache: URL? = nil
    ) throws(ModelError) {
        precondition(!models.isEmpty, "an upscaler needs a model")
        var networks: [Network] = []
        for model in models {
            guard !model.metadata.drawsSamples else {
                throw .badDescription(
                    path: model.url.path, reason: "it is a model that draws samples, which is to be sampled")
            }
            let cheapToCut = (model.metadata.receptiveField ?? .max) <= 32
            let engine = try OpenVINOEngine(
                contentsOf: model.url, precision: precision, threads: threads, concurrency: cheapToCut ? nil : 1,
                cache: cache)
            networks.append(
                Network(file: model, engine: engine, tileLength: tileLength, colorTreatment: colorTreatment))
        }
        self.networks = networks.sorted { $0.scale > $1.scale }
        self.colorTreatment = colorTreatment
        self.grain = grain
        self.blur = blur
        self.precision = precision.computed
    }

    /// With an engine of the caller's that holds the network of `model`, on a GPU for example.
    public init(
        model: ModelFile, engine: any Engine, tileLength: Int = 384, colorTreatment: ColorTreatment = .luminance,
        grain: GrainTreatment = GrainTreatment(), blur: Double = 0
    ) {
        networks = [
            Network(file: model, engine: engine, tileLength: tileLength, colorTreatment: colorTreatment)
        ]
        self.colorTreatment = colorTreatment
        self.grain = grain
        self.blur = blur
        precision = nil
    }

    /// The models in use, the largest scale first.
    public var models: [ModelFile] { networks.map(\.file) }

    /// The models that enlarge by `scale`, one after the other.
    ///
    /// - Parameter scale: from 1 to 16.
    public func models(for scale: Double) -> [ModelFile] { stages(for: scale).map(\.file) }

    /// The models that take part in an enlargement, in the order in which they first do.
    ///
    /// - Parameter scale: from 1 to 16.
    public func usedModels(for scale: Double) -> [ModelFile] {
        var used: [ModelFile] = []
        for network in stages(for: scale) where !used.contains(where: { $0.sha256 == network.file.sha256 }) {
            used.append(network.file)
        }
        return used
    }

    /// `image` at `scale` times its sampling rate, ⌈scale · n⌉ pixels along each axis. Scale 1 is the image itself.
    ///
    /// A scale that no network has is made of several (8 = 4 · 2), and where these overshoot (3 < 4), their result is
    /// reduced by antialiased bicubic interpolation.
    ///
    /// - Parameters:
    ///   - image: the low-resolution image.
    ///   - scale: from 1 to 16.
    ///   - progress: told the finished part, from 0 to 1, on the calling thread.
    /// - Throws: ``ModelError``; `CancellationError` where the task that this runs in is cancelled.
    public func upscale(_ image: Image, scale: Double, progress: (Double) -> Void = { _ in }) throws
        -> Image
    {
        try upscale(image, scale: scale, correction: nil, telling: nil, progress: progress)
    }

    /// The same, and where the only network that takes part is to be doubted.
    ///
    /// - Parameters:
    ///   - correction: made for the image.
    ///   - tell: told each band of the result as it is made.
    func upscale(
        _ image: Image, scale: Double, correction: CorrectionCollector?, telling tell: ((Pixels) throws -> Void)?,
        progress: (Double) -> Void
    ) throws -> Image {
        let knowledge = try knowledge(of: image, scale: scale)
        let header = header(for: image, scale: scale, knowledge)
        let result = PixelCollector(header)
        try enlarge(image, to: header, scale: scale, knowledge, correction, progress: progress) {
            result.append($0)
            try tell?($0)
        }
        return Image(header: header, pixels: result.pixels)
    }

    /// Hands the result to `sink` in bands as it is made, so that it may be larger than memory. The sink is one for
    /// ``header(for:scale:)``; finishing it is the caller's.
    public func upscale(
        _ image: Image, scale: Double, to sink: any ImageSink, progress: (Double) -> Void = { _ in }
    ) throws {
        let knowledge = try knowledge(of: image, scale: scale)
        let header = header(for: image, scale: scale, knowledge)
        try enlarge(image, to: header, scale: scale, knowledge, nil, progress: progress) {
            try sink.append($0)
        }
    }

    /// What the result of ``upscale(_:scale:progress:)`` says about itself.
    public func header(for image: Image, scale: Double) throws -> ImageHeader {
        header(for: image, scale: scale, try knowledge(of: image, scale: scale))
    }

    private func header(for image: Image, scale: Double, _ knowledge: ImageKnowledge) -> ImageHeader {
        guard scale > 1 else { return image.header }
        if let codes = image.header.enlargedCodes(by: scale) { return codes }
        let used = usedModels(for: scale)
        let name = used.map(\.metadata.name).joined(separator: " + ")
        var derivation = Derivation(
            description: "Super-resolution \(scaleText(scale))x by \(name)", model: name,
            modelHash: used.map(\.sha256).joined(separator: " + "), scale: scale)
        derivation.state(precision)
        if let noise = knowledge.noise {
            derivation.grain = Derivation.Grain(noise: noise.strength, jpegStep: noise.meanStep, kept: grain.kept)
            derivation.description += noise.statement(kept: grain.kept)
        }
        if let first = used.first { derivation.beyondTraining = knowledge.beyondTraining(of: first.metadata) }
        return image.header.enlarged(by: scale, derivation)
    }

    /// What is found out about an image once, before it is enlarged.
    private func knowledge(of image: Image, scale: Double) throws -> ImageKnowledge {
        guard scale >= 1, scale <= 16 else { throw ModelError.badScale(scale: scale) }
        var knowledge = ImageKnowledge(conditions: ImageConditions(blur: blur))
        guard scale > 1, let first = stages(for: scale).first, image.header.meaning == .quantity else {
            return knowledge
        }
        let keeping = NoDataKeeping(image, width: image.header.width, height: image.header.height)
        if let keeping, keeping.isEmpty { return knowledge }
        let seen = keeping?.filled ?? image
        let range = try IntensityRange(of: seen, by: first.file.metadata.normalization)
        let width = Double(abs(range.white - range.black))
        let seesLuminance = first.seesLuminance(of: image.header.colorModel)
        let estimate = grain.estimate(of: seen, excluding: image.noData, byLuminance: seesLuminance, range: width)
        let seesBrightness = seesLuminance || image.header.colorModel.colorChannels == 1
        knowledge.noise = grain.treated(
            estimate, seesBrightness ? image.header.quantization : nil, byLuminance: seesLuminance, range: width)
        knowledge.noiseShare = (knowledge.noise?.strength ?? 0) * 255 / width
        if !first.file.metadata.conditions.isEmpty {
            knowledge.conditions.fineNoise = (estimate?.fine ?? 0) * 255 / width
            knowledge.conditions.coarseNoise = (estimate?.coarse ?? 0) * 255 / width
        }
        return knowledge
    }

    private func enlarge(
        _ image: Image, to header: ImageHeader, scale: Double, _ knowledge: ImageKnowledge,
        _ correction: CorrectionCollector?, progress: (Double) -> Void, emit: (Pixels) throws -> Void
    ) throws {
        try image.enlarge(to: header, emit: emit) { image, emit in
            try upscale(image, scale: scale, knowledge, correction, progress: progress, emit: emit)
        }
        progress(1)
    }

    private func upscale(
        _ image: Image, scale: Double, _ knowledge: ImageKnowledge, _ correction: CorrectionCollector?,
        progress: (Double) -> Void, emit: (Pixels) throws -> Void
    ) throws {
        let stages = scale > 1 ? stages(for: scale) : []
        guard let last = stages.last else {
            for slice in 0..<image.pixels.slices { try emit(image.pixels.slice(slice)) }
            progress(1)
            return
        }
        let range = try IntensityRange(of: image, by: last.file.metadata.normalization)
        let header = image.header.enlarged(by: scale, nil)
        let split = grain.split(
            image.pixels, colors: image.header.colorModel.colorChannels, knowledge.noise,
            byLuminance: stages.first?.seesLuminance(of: image.header.colorModel) == true)
        // Of noise that was split off as well: what is left of it makes a network that knows more careful.
        let conditions = knowledge.conditions
        let grain = split.interpolated.map { InterpolatedBands($0, width: header.width, height: header.height) }
        let exact =
            stages.reduce(1) { $0 * $1.scale } * image.pixels.width == header.width
            && stages.reduce(1) { $0 * $1.scale } * image.pixels.height == header.height
        func emitWithGrain(_ band: Pixels) throws { try emit(grain?.added(to: band) ?? band) }
        if stages.count == 1 && exact {
            try last.upscale(
                split.network, colorModel: image.header.colorModel, range: range, conditions: conditions,
                progress: progress, correction: correction, rows: emitWithGrain)
            return
        }
        // A network's work goes with the pixels that it is fed.
        let works = stages.indices.map { Double(stages[..<$0].reduce(1) { $0 * $1.scale * $1.scale }) }
        let sliceWork = works.reduce(0, +)
        for slice in 0..<image.pixels.slices {
            func tell(stage: Int, _ part: Double) {
                let done = works[..<stage].reduce(0, +) + part * works[stage]
                progress((Double(slice) + done / sliceWork) / Double(image.pixels.slices))
            }
            var pixels = split.network.slice(slice)
            var conditions = conditions
            for (index, stage) in stages.dropLast().enumerated() {
                let result = PixelCollector(
                    width: pixels.width * stage.scale, height: pixels.height * stage.scale, channels: pixels.channels)
                try stage.upscale(
                    pixels, colorModel: image.header.colorModel, range: range, conditions: conditions,
                    progress: { tell(stage: index, $0) }, rows: { result.append($0) })
                pixels = result.pixels
                // What a network gives is neither noisy nor blurred to the next.
                conditions = ImageConditions()
            }
            if exact {
                try last.upscale(
                    pixels, colorModel: image.header.colorModel, range: range, conditions: conditions,
                    progress: { tell(stage: stages.count - 1, $0) }, rows: emitWithGrain)
            } else {
                let reduction = BandReduction(
                    Resampler(
                        sourceWidth: pixels.width * last.scale, sourceHeight: pixels.height * last.scale,
                        width: header.width, height: header.height))
                try last.upscale(
                    pixels, colorModel: image.header.colorModel, range: range, conditions: conditions,
                    progress: { tell(stage: stages.count - 1, $0) },
                    correction: stages.count == 1 ? correction : nil, firstSlice: slice,
                    rows: { band in if let reduced = reduction.reduce(band) { try emitWithGrain(reduced) } })
            }
        }
    }

    /// The networks that reach `scale` one after the other: those with the least product that does, and of these the
    /// fewest, the largest first.
    private func stages(for scale: Double) -> [Network] {
        func search(_ reached: Int, _ candidates: ArraySlice<Network>) -> [Network]? {
            if Double(reached) >= scale { return [] }
            var best: [Network]?
            for (index, network) in zip(candidates.indices, candidates) where network.scale > 1 {
                guard let rest = search(reached * network.scale, candidates[index...]) else { continue }
                let found = [network] + rest
                let cost = { (stages: [Network]) in (stages.reduce(1) { $0 * $1.scale }, stages.count) }
                if best.map({ cost(found) < cost($0) }) ?? true { best = found }
            }
            return best
        }
        return search(1, networks[...]) ?? []
    }
}

/// `4` for 4.0, `2.5` for 2.5.
func scaleText(_ scale: Double) -> String {
    scale == scale.rounded() ? String(Int(scale)) : String(scale)
}

extension ImageHeader {
    /// This header for the result of an enlargement: MATLAB's size, the grid over the same field of view.
    func enlarged(by scale: Double, _ derivation: Derivation?) -> ImageHeader {
        var result = resized(
            width: Resampler.scaledCount(width, by: scale), height: Resampler.scaledCount(height, by: scale))
        result.derivation = derivation
        return result
    }
}
