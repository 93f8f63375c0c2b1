private let blurUsage = "blur:SIGMA in pixels, or blur:ALONG:ACROSS:DEGREES, such as blur:1.2 or blur:3:0.8:30"

extension Degradation {
    /// `blur:1.2`: Gaussian of standard deviation `sigma` pixels.
    public struct GaussianBlur: DegradationStep {
        /// The widest, in pixels: it is done along the axes.
        static let widest = 1000.0

        public var sigma: Parameter

        public var name: String { "blur" }
        public var usage: String { blurUsage }
        public static let parameters: [StepParameter<Self>] = [StepParameter(\.sigma, .notNegative(atMost: widest))]

        public var withoutNoise: (any DegradationStep)? { self }
        public var gaussianBlur: Parameter? { sigma }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.gaussianBlurred(sigma: sigma.value)
        }
    }

    /// `blur:3:0.8:30`: Gaussian of standard deviations `along` and `across` pixels, its long axis turned by
    /// `degrees` from the rows towards growing row numbers.
    public struct AnisotropicBlur: DegradationStep {
        /// The widest, in pixels: it takes the square of its width.
        static let widest = 50.0

        public var along: Parameter
        public var across: Parameter
        public var degrees: Parameter

        public var name: String { "blur" }
        public var usage: String { blurUsage }
        public static let parameters: [StepParameter<Self>] = [
            StepParameter(\.along, .notNegative(atMost: widest)),
            StepParameter(\.across, .notNegative(atMost: widest)), StepParameter(\.degrees, .any),
        ]

        public var withoutNoise: (any DegradationStep)? { self }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.gaussianBlurred(along: along.value, across: across.value, degrees: degrees.value)
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/GaussianBlur``
    public static func gaussianBlur(sigma: Degradation.Parameter) -> Self {
        Self(Degradation.GaussianBlur(sigma: sigma))
    }

    /// ``Degradation/AnisotropicBlur``
    public static func anisotropicBlur(
        along: Degradation.Parameter, across: Degradation.Parameter, degrees: Degradation.Parameter
    ) -> Self {
        Self(Degradation.AnisotropicBlur(along: along, across: across, degrees: degrees))
    }
}
