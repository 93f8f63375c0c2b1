/// How a low-resolution image comes about: steps in the order light, detector and reconstruction take them.
///
/// The text form is made for command lines and records, and is what a degradation is coded as: steps separated by
/// commas, each `name:parameter/factor`, as in `blur:1.2,bicubic/4,noise:5`. A parameter `0.2..3` is drawn uniformly
/// from that range anew for each image.
///
///     var generator = SeededGenerator(seed: 1)
///     let degradation = try Degradation("blur:0.2..3,bicubic,noise:0..5", scale: 4)
///     let drawn = degradation.drawn(using: &generator)  // blur:1.37…,bicubic/4,noise:2.6…, and a seed for the noise
///     let lowResolution = drawn(highResolution, valueRange: 0...255)  // the same pixels every time
public struct Degradation: Sendable, Equatable {
    /// A number that is fixed or drawn for each image.
    public enum Parameter: Sendable, Equatable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
        case fixed(Double)
        case uniform(ClosedRange<Double>)

        public init(floatLiteral value: Double) { self = .fixed(value) }
        public init(integerLiteral value: Int) { self = .fixed(Double(value)) }

        /// All that it can be.
        public var range: ClosedRange<Double> {
            switch self {
            case .fixed(let value): value...value
            case .uniform(let range): range
            }
        }

        func drawn(using generator: inout SeededGenerator) -> Parameter {
            switch self {
            case .fixed: self
            case .uniform(let range): .fixed(generator.uniform(in: range))
            }
        }

        /// - Precondition: the parameter is fixed.
        var value: Double {
            guard case .fixed(let value) = self else {
                preconditionFailure("a parameter must be drawn before it is used")
            }
            return value
        }
    }

    public var steps: [Step]

    public init(_ steps: [Step]) {
        self.steps = steps
    }

    /// Antialiased bicubic downsampling as MATLAB's `imresize`: what most published models are trained and scored on.
    public static func bicubic(factor: Double) -> Degradation {
        Degradation([.downsampling(factor: factor, .cubic)])
    }

    /// How many times fewer pixels the result has along an axis.
    public var factor: Double { steps.reduce(1) { $0 * $1.factor } }

    /// This degradation with every number drawn, and a seed for its noise.
    public func drawn(using generator: inout SeededGenerator) -> DrawnDegradation {
        let steps = steps.map { Step($0.kind.drawn(using: &generator)) }
        return DrawnDegradation(degradation: Degradation(steps), seed: generator.next())
    }
}

/// A degradation of which nothing is left to chance: applied again it gives the same pixels, bit for bit on the same
/// platform.
public struct DrawnDegradation: Sendable, Equatable, Codable {
    /// The steps, every parameter fixed.
    public let degradation: Degradation
    /// Where noise starts.
    public let seed: UInt64

    init(degradation: Degradation, seed: UInt64) {
        self.degradation = degradation
        self.seed = seed
    }

    /// - Throws: `DecodingError` where a parameter is a range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        degradation = try container.decode(Degradation.self, forKey: .degradation)
        seed = try container.decode(UInt64.self, forKey: .seed)
        var generator = SeededGenerator(seed: 0)
        guard degradation.drawn(using: &generator).degradation == degradation else {
            throw DecodingError.dataCorruptedError(
                forKey: .degradation, in: container, debugDescription: "a drawn degradation holds no ranges")
        }
    }

    /// Standard deviation of the Gaussians that blur before anything is reduced, in the image's pixels.
    public var blur: Double {
        var squares = 0.0
        for step in degradation.steps {
            guard step.factor == 1 else { break }
            if let sigma = step.kind.gaussianBlur { squares += sigma.value * sigma.value }
        }
        return squares.squareRoot()
    }

    /// What a file of the result would say that JPEG rounded, where JPEG comes last; else `nil`.
    ///
    /// - Parameter valueRange: what samples can be, in their unit.
    package func quantization(valueRange: ClosedRange<Float>) -> JPEGQuantization? {
        guard let last = degradation.steps.last?.kind as? Degradation.JPEGArtifacts else { return nil }
        return last.quantization.scaled(by: (valueRange.upperBound - valueRange.lowerBound) / 255)
    }

    /// The same blur and reduction with no noise; `nil` where there is none to begin with.
    public var withoutNoise: DrawnDegradation? {
        let quiet = degradation.steps.compactMap(\.withoutNoise)
        return quiet == degradation.steps ? nil : DrawnDegradation(degradation: Degradation(quiet), seed: seed)
    }

    /// The degraded image. Nothing is rounded or clamped: bicubic filters overshoot and noise leaves the range; where the
    /// result is to be a file of integers, follow with ``Intensity/quantized(_:)``.
    ///
    /// - Parameters:
    ///   - pixels: an image whose size is a multiple of the factor, so that old and new pixels cover the same field; see
    ///     ``Pixels/croppedToMultiple(of:)``. Other sizes are rounded up, those of binning and radiographs down.
    ///   - valueRange: what samples can be, in their unit; noise and photons are counted in it.
    /// - Precondition: the image has at least `factor` rows and columns.
    public func callAsFunction(_ pixels: Pixels, valueRange: ClosedRange<Float>) -> Pixels {
        var result = pixels
        for (index, step) in degradation.steps.enumerated() {
            var generator = SeededGenerator(seed: seed, stream: UInt64(index))
            let stepSeed = generator.next()
            result = step.kind.applied(to: result, valueRange: valueRange, seed: stepSeed)
        }
        return result
    }
}

extension DrawnDegradation {
    /// How much of an image, from its first pixel on, the result covers, in the image's pixels: less than all where
    /// columns or rows that fill no whole block are dropped, and a fraction of a pixel more where sizes are rounded up.
    public func covered(of extent: PixelExtent) -> PixelExtent {
        func covered(_ count: Double) -> Double {
            var (pixels, length) = (count, count)
            for step in degradation.steps {
                let sampling = step.kind.sampling(of: pixels)
                length *= sampling.covered
                pixels = sampling.count
            }
            return length
        }
        return PixelExtent(columns: covered(extent.columns), rows: covered(extent.rows))
    }

    /// The same of an image whose samples may be codes or hold no data: codes are taken from the nearest pixel centre,
    /// whatever the interpolation; samples without data are seen by no step, and stand in the result wherever at least
    /// half of what a new pixel covers holds none.
    ///
    /// - Throws: ``DegradationError/notForCodes(step:statement:)``.
    public func callAsFunction(_ image: Image, valueRange: ClosedRange<Float>) throws(DegradationError) -> Pixels {
        if let statement = image.header.meaning.codesStatement {
            var result = image.pixels
            for step in degradation.steps {
                guard let reduced = step.kind.applied(toCodes: result) else {
                    throw .notForCodes(step: "\(step)", statement: statement)
                }
                result = reduced
            }
            return result
        }
        guard let keeping = NoDataKeeping(image, width: image.pixels.width, height: image.pixels.height) else {
            return self(image.pixels, valueRange: valueRange)
        }
        let result = self(keeping.filled.pixels, valueRange: valueRange)
        return keeping.to(width: result.width, height: result.height).restored(result)
    }
}
