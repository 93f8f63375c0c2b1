import Imaging

/// Diffusion models one after the other, each on what the one before it made: 64 → 256 → 1024 pixels (SR3, section 4.5).
///
/// Stages after the first are best trained with a blurred condition (`largestBlur`), so that they forgive what the first
/// gets wrong.
public struct Cascade: Sendable {
    public let stages: [DiffusionUpscaler]

    /// - Precondition: at least one stage.
    public init(_ stages: [DiffusionUpscaler]) {
        precondition(!stages.isEmpty, "a cascade has a stage")
        self.stages = stages
    }

    /// The product of the stages' magnifications.
    public var scale: Int { stages.reduce(1) { $0 * $1.model.metadata.scale } }

    /// One sample at the cascade's scale, in stored units, not rounded. With `isConsistent` each stage agrees with the one
    /// before it, and so the last with the image.
    public func sample(
        _ image: Image, options: SamplingOptions = SamplingOptions(), number: Int = 0,
        progress: (Double) -> Void = { _ in }
    ) throws -> Image {
        var result = image
        // Most of the work is in the last stage: a stage's share is its pixels'.
        var pixels = 1.0
        let shares = stages.map { stage -> Double in
            pixels *= Double(stage.model.metadata.scale * stage.model.metadata.scale)
            return pixels
        }
        let whole = shares.reduce(0, +)
        var finished = 0.0
        for (index, stage) in stages.enumerated() {
            var options = options
            // Another seed a stage: the same noise twice would be seen.
            options.seed &+= UInt64(index) << 48
            result = try stage.sample(
                result, scale: Double(stage.model.metadata.scale), options: options, number: number
            ) { progress((finished + $0 * shares[index]) / whole) }
            finished += shares[index]
        }
        result.header.derivation = Derivation(
            description: "Super-resolution \(scale)x, one sample of the cascade "
                + stages.map(\.model.metadata.name).joined(separator: ", ") + ", seed \(options.seed)",
            model: stages.map(\.model.metadata.name).joined(separator: " + "),
            modelHash: stages.map(\.model.sha256).joined(separator: " + "), scale: Double(scale))
        return result
    }
}
