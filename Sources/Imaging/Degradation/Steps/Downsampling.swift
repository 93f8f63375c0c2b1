extension Degradation {
    /// `bicubic/4`, and `bilinear`, `nearest`, `lanczos2`, `lanczos3`, `area` likewise; `aliased-bicubic/4` without
    /// antialiasing. `factor` times fewer pixels along both axes; see ``Resampler``.
    public struct Downsampling: DegradationStep {
        public var factor: Double
        public var interpolation: Interpolation
        public var antialias: Bool

        /// One of each that has a name.
        static let named =
            [Interpolation.cubic, .linear, .nearest, .lanczos2, .lanczos3, .area].map {
                Downsampling(factor: 4, interpolation: $0, antialias: true)
            }
            + [Interpolation.cubic, .linear, .lanczos2, .lanczos3].map {
                Downsampling(factor: 4, interpolation: $0, antialias: false)
            }

        public var name: String { (antialias ? "" : "aliased-") + interpolation.nameInPapers }
        public var usage: String { "\(name)/FACTOR, such as \(name)/4" }
        public static let reduction = StepReduction<Self>.real(\.factor)

        public var withoutNoise: (any DegradationStep)? { self }

        public func sampling(of count: Double) -> AxisSampling { AxisSampling(blocksOf: factor, in: count, .up) }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.scaled(by: 1 / factor, interpolation: interpolation, antialias: antialias)
        }

        /// Codes from the nearest pixel centre, whatever the interpolation.
        public func applied(toCodes pixels: Pixels) -> Pixels? {
            pixels.nearest(
                width: Resampler.scaledCount(pixels.width, by: 1 / factor),
                height: Resampler.scaledCount(pixels.height, by: 1 / factor))
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/Downsampling``
    public static func downsampling(factor: Double, _ interpolation: Interpolation, antialias: Bool = true) -> Self {
        Self(Degradation.Downsampling(factor: factor, interpolation: interpolation, antialias: antialias))
    }
}

extension Interpolation {
    fileprivate var nameInPapers: String {
        switch self {
        case .linear: "bilinear"
        case .cubic: "bicubic"
        default: rawValue
        }
    }
}
