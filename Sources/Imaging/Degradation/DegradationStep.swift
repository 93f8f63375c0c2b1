/// One thing that happens to an image on its way to fewer and worse pixels.
///
/// A step says once what it is called and which numbers it takes, in ``parameters`` and ``reduction``; the text form is
/// read and written, and ranges are drawn, by this description alone. A step brings all of it, and what it does to the
/// pixels, in a file of its own, and joins `Degradation.Step.known`.
public protocol DegradationStep: Sendable, Equatable {
    /// What the text form starts with: `blur`. Steps that differ in how many parameters they take may share a name.
    var name: String { get }
    /// How it is written, for one who wrote it otherwise: `blur:SIGMA in pixels, such as blur:1.2`.
    var usage: String { get }
    /// The numbers behind colons, in the order in which they are written and drawn; by default none.
    static var parameters: [StepParameter<Self>] { get }
    /// The number behind a slash; by default none, and the step keeps the number of pixels.
    static var reduction: StepReduction<Self> { get }

    /// What the step does beside its noise: itself where it has none, `nil` where it is noise alone.
    var withoutNoise: (any DegradationStep)? { get }
    /// Standard deviation of what it adds to each pixel, in 255ths of the value range; `nil`, the default, for a step
    /// whose noise is of another kind.
    var addedNoise: Degradation.Parameter? { get }
    /// Standard deviation in pixels of the round Gaussian that it blurs by; `nil`, the default, where it does otherwise.
    var gaussianBlur: Degradation.Parameter? { get }

    /// What becomes of `count` pixels along an axis; by default as many, over the same field.
    func sampling(of count: Double) -> AxisSampling

    /// The image after the step; see ``DrawnDegradation/callAsFunction(_:valueRange:)-(Pixels,_)``.
    ///
    /// - Parameters:
    ///   - pixels: before the step.
    ///   - valueRange: what samples can be, in their unit.
    ///   - seed: of the step's noise.
    /// - Precondition: no parameter is a range.
    func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels

    /// The same of samples that are codes, between which nothing lies; `nil`, the default, where it means nothing.
    func applied(toCodes pixels: Pixels) -> Pixels?
}

extension DegradationStep {
    public static var parameters: [StepParameter<Self>] { [] }
    public static var reduction: StepReduction<Self> { .none }
    public var addedNoise: Degradation.Parameter? { nil }
    public var gaussianBlur: Degradation.Parameter? { nil }

    public func sampling(of count: Double) -> AxisSampling { AxisSampling(count: count, covered: 1) }
    public func applied(toCodes pixels: Pixels) -> Pixels? { nil }

    /// How many times fewer pixels there are along an axis afterwards.
    public var factor: Double {
        switch Self.reduction {
        case .none: 1
        case .real(let path, _): self[keyPath: path]
        case .whole(let path): Double(self[keyPath: path])
        }
    }

    /// The step with every number drawn, in the order of ``parameters``.
    func drawn(using generator: inout SeededGenerator) -> Self {
        var result = self
        for parameter in Self.parameters {
            result[keyPath: parameter.path] = self[keyPath: parameter.path].drawn(using: &generator)
        }
        return result
    }

    fileprivate func equals(_ other: any DegradationStep) -> Bool { self == other as? Self }
}

/// What a step makes of the pixels along an axis.
public struct AxisSampling: Sendable, Equatable {
    /// How many there are afterwards.
    public var count: Double
    /// How much of the field these cover: 1 for all of it, less where pixels that fill no whole block are dropped, more
    /// where their number is rounded up.
    public var covered: Double

    public init(count: Double, covered: Double) {
        self.count = count
        self.covered = covered
    }

    /// Of `count` pixels, blocks of `factor`, their number rounded by `rule`.
    init(blocksOf factor: Double, in count: Double, _ rule: FloatingPointRoundingRule) {
        self.count = (count / factor).rounded(rule)
        covered = self.count * factor / count
    }
}

extension Degradation {
    /// A step of whichever kind.
    public struct Step: Sendable, Equatable {
        /// Every one there is, in the order in which they are listed, its numbers such as one might choose: a new step
        /// joins here.
        package static let known: [any DegradationStep] =
            Downsampling.named + [
                GaussianBlur(sigma: 1.2), AnisotropicBlur(along: 3, across: 0.8, degrees: 30), GaussianNoise(sigma: 5),
                Grain(sigma: 5, width: 0.6), PoissonNoise(photons: 200),
                Speckle(decibels: 50, axial: 0.8, lateral: 1.5),
                JPEGArtifacts(quality: 80), Binning(merged: 4), KSpaceTruncation(factor: 4, noise: 2),
                Radiograph(merged: 4, photons: 5000, readNoise: 2),
            ]

        /// What the text form of a step can start with.
        public static let names = known.reduce(into: [String]()) { names, step in
            if !names.contains(step.name) { names.append(step.name) }
        }

        public let kind: any DegradationStep

        public init(_ kind: some DegradationStep) { self.kind = kind }

        /// How many times fewer pixels there are along an axis afterwards.
        public var factor: Double { kind.factor }

        /// What the step does beside its noise; `nil` for a step that is noise alone.
        var withoutNoise: Step? { kind.withoutNoise.map { Step($0) } }

        public static func == (left: Step, right: Step) -> Bool { left.kind.equals(right.kind) }
    }
}
