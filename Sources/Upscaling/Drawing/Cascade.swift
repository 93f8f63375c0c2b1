import Imaging

/// Models that draw samples one after the other, each on what the one before it made: 64 → 256 → 1024 pixels (SR3, section 4.5). A
/// single model is a cascade of one stage.
///
/// For less than its scale the stages that are not needed are left out and the last result is reduced; for more, the last
/// stage enlarges once more. Stages after the first are best trained with a blurred condition (`largestBlur`), so that they
/// forgive what the first gets wrong.
public struct Cascade: Sendable {
    public let stages: [any Drawing]

    /// - Precondition: at least one stage.
    public init(_ stages: [any Drawing]) {
        precondition(!stages.isEmpty, "a cascade has a stage")
        self.stages = stages
    }

    /// The product of the stages' magnifications.
    public var scale: Int { stages.reduce(1) { $0 * $1.model.metadata.scale } }

    /// What tables and derived files call it.
    public var name: String { stages.map(\.model.metadata.name).joined(separator: " + ") }

    /// What a sample says about itself.
    ///
    /// - Throws: ``ModelError/badScale(scale:)``.
    public func header(for image: Image, scale: Double, options: SamplingOptions) throws(ModelError) -> ImageHeader {
        guard scale >= 1, scale <= 16 else { throw .badScale(scale: scale) }
        guard scale > 1 else { return image.header }
        if let codes = image.header.enlargedCodes(by: scale) { return codes }
        var derivation = Derivation(
            description: "Super-resolution \(scaleText(scale))x, one sample of \(name), seed \(options.seed)",
            model: name, modelHash: stages.map(\.model.sha256).joined(separator: " + "), scale: scale)
        derivation.state(precision)
        return image.header.enlarged(by: scale, derivation)
    }

    /// One sample at `scale` times the image's sampling rate, in stored units, not rounded. With `isConsistent` each stage
    /// agrees with the one before it, and so the last with the image.
    ///
    /// - Parameters:
    ///   - image: the low-resolution image.
    ///   - scale: from 1, the image itself, to 16.
    ///   - options: for every stage; each stage after the first draws with a seed of its own made from theirs.
    ///   - number: which of the samples that a seed gives.
    ///   - progress: told the finished part, from 0 to 1.
    /// - Throws: ``ModelError``; `CancellationError` where the task that this runs in is cancelled.
    public func sample(
        _ image: Image, scale: Double, options: SamplingOptions = SamplingOptions(), number: Int = 0,
        progress: (Double) -> Void = { _ in }
    ) throws -> Image {
        let header = try header(for: image, scale: scale, options: options)
        return try image.enlarged(to: header) {
            try sample($0, to: header, scale: scale, options: options, number: number, progress: progress)
        }
    }

    /// The stages' own, which are made alike.
    var precision: Precision? { stages[0].precision }

    private func sample(
        _ image: Image, to header: ImageHeader, scale: Double, options: SamplingOptions, number: Int,
        progress: (Double) -> Void
    ) throws -> Pixels {
        let steps = steps(to: scale)
        let whole = steps.reduce(0) { $0 + $1.work }
        var result = image
        var finished = 0.0
        for (index, step) in steps.enumerated() {
            var options = options
            // Another seed a stage: the same noise twice would be seen.
            options.seed &+= UInt64(index) << 48
            result = try step.stage.sample(result, scale: step.scale, options: options, number: number) {
                progress((finished + $0 * step.work) / whole)
            }
            finished += step.work
        }
        var pixels = result.pixels
        // Magnifications that are no whole numbers may round up once more than their product does.
        if (pixels.width, pixels.height) != (header.width, header.height) {
            pixels = pixels.resized(width: header.width, height: header.height)
        }
        return pixels
    }

    /// Which stage enlarges how much, and its share of the work, which goes with the pixels that the network makes.
    private func steps(to scale: Double) -> [(stage: any Drawing, scale: Double, work: Double)] {
        var steps: [(stage: any Drawing, scale: Double, work: Double)] = []
        var reached = 1.0
        while reached < scale {
            let stage = stages[min(steps.count, stages.count - 1)]
            let full = Double(stage.model.metadata.scale)
            steps.append((stage, min(full, scale / reached), reached * full * reached * full))
            reached *= full
        }
        return steps
    }
}
