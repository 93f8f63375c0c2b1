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
    public enum Step: Sendable, Equatable {
        /// `bicubic/4`, and `bilinear`, `nearest`, `lanczos2`, `lanczos3`, `area` likewise; `aliased-bicubic/4` without
        /// antialiasing. `factor` times fewer pixels along both axes; see ``Resampler``.
        case downsampling(factor: Double, Interpolation, antialias: Bool = true)
        /// `blur:1.2`: Gaussian of standard deviation `sigma` pixels.
        case gaussianBlur(sigma: Parameter)
        /// `blur:3:0.8:30`: Gaussian of standard deviations `along` and `across` pixels, its long axis turned by
        /// `degrees` from the rows towards growing row numbers.
        case anisotropicBlur(along: Parameter, across: Parameter, degrees: Parameter)
        /// `noise:5`: Gaussian of standard deviation `sigma` / 255 of the value range, whatever the bit depth.
        case gaussianNoise(sigma: Parameter)
        /// `grain:5:0.6`: the same, blurred by a Gaussian of standard deviation `width` pixels and brought back to `sigma`:
        /// noise whose neighbours agree, as film, interpolation and zero-filled k-space leave it.
        case grain(sigma: Parameter, width: Parameter)
        /// `poisson:200`: counts of photons, of which a pixel at the range's upper end has `photons` on average.
        case poissonNoise(photons: Parameter)
        /// `speckle:50:0.8:1.5`: what coherent waves make of tissue in an ultrasound image whose gray levels are `decibels`
        /// of logarithmic compression, by a point spread of standard deviations `axial` (along columns) and `lateral`
        /// (along rows) pixels; see ``Pixels/withSpeckle(decibels:axial:lateral:valueRange:seed:)``.
        case speckle(decibels: Parameter, axial: Parameter, lateral: Parameter)
        /// `jpeg:80`: compressed by libjpeg at `quality` 1…100, to 8 bits of the value range; see
        /// ``Pixels/withJPEGArtifacts(quality:valueRange:)``.
        case jpeg(quality: Parameter)
        /// `bin/4`: detector elements merged, means of factor × factor pixels; what fills no whole element is dropped.
        case binning(factor: Int)
        /// `kspace:2/4`: the central part of the Fourier transform, as an MR scanner takes it in 1/factor² of the time,
        /// with complex noise of `noise` / 255 of the value range, and the magnitude; see ``Pixels/kSpaceTruncated(width:height:zero:noise:seed:)``.
        case kSpaceTruncation(factor: Double, noise: Parameter)
        /// `xray:5000:2/4`: factor × factor elements of a detector merged before photons are counted, so that dose stays
        /// and noise falls; see ``Pixels/radiographed(factor:photons:readNoise:valueRange:seed:)``.
        case radiograph(factor: Int, photons: Parameter, readNoise: Parameter)

        /// How many times fewer pixels there are along an axis afterwards.
        public var factor: Double {
            switch self {
            case .downsampling(let factor, _, _), .kSpaceTruncation(let factor, _): factor
            case .binning(let factor), .radiograph(let factor, _, _): Double(factor)
            case .gaussianBlur, .anisotropicBlur, .gaussianNoise, .grain, .poissonNoise, .speckle, .jpeg: 1
            }
        }

        /// What the step does beside its noise; `nil` for a step that is noise alone.
        var withoutNoise: Step? {
            switch self {
            case .downsampling, .gaussianBlur, .anisotropicBlur, .binning: self
            case .gaussianNoise, .grain, .poissonNoise, .speckle, .jpeg: nil
            case .kSpaceTruncation(let factor, _): .kSpaceTruncation(factor: factor, noise: 0)
            case .radiograph(let factor, _, _): .binning(factor: factor)
            }
        }
    }

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
        let steps = steps.map { step -> Step in
            switch step {
            case .downsampling, .binning: step
            case .gaussianBlur(let sigma): .gaussianBlur(sigma: sigma.drawn(using: &generator))
            case .anisotropicBlur(let along, let across, let degrees):
                .anisotropicBlur(
                    along: along.drawn(using: &generator), across: across.drawn(using: &generator),
                    degrees: degrees.drawn(using: &generator))
            case .gaussianNoise(let sigma): .gaussianNoise(sigma: sigma.drawn(using: &generator))
            case .grain(let sigma, let width):
                .grain(sigma: sigma.drawn(using: &generator), width: width.drawn(using: &generator))
            case .poissonNoise(let photons): .poissonNoise(photons: photons.drawn(using: &generator))
            case .speckle(let decibels, let axial, let lateral):
                .speckle(
                    decibels: decibels.drawn(using: &generator), axial: axial.drawn(using: &generator),
                    lateral: lateral.drawn(using: &generator))
            case .jpeg(let quality): .jpeg(quality: quality.drawn(using: &generator))
            case .kSpaceTruncation(let factor, let noise):
                .kSpaceTruncation(factor: factor, noise: noise.drawn(using: &generator))
            case .radiograph(let factor, let photons, let readNoise):
                .radiograph(
                    factor: factor, photons: photons.drawn(using: &generator),
                    readNoise: readNoise.drawn(using: &generator))
            }
        }
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
            if case .gaussianBlur(let sigma) = step { squares += sigma.value * sigma.value }
        }
        return squares.squareRoot()
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
            result = step.applied(to: result, valueRange: valueRange, seed: stepSeed)
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
                let factor: Double
                switch step {
                case .downsampling(let downsampling, _, _): factor = downsampling
                case .binning(let binning): factor = Double(binning)
                case .radiograph(let binning, _, _): factor = Double(binning)
                case .kSpaceTruncation(let truncation, _):
                    // The field of view stays, whatever the number of pixels.
                    pixels = (pixels / truncation).rounded(.up)
                    continue
                default: continue
                }
                let isRoundedUp = if case .downsampling = step { true } else { false }
                let count = (pixels / factor).rounded(isRoundedUp ? .up : .down)
                length *= count * factor / pixels
                pixels = count
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
                guard case .downsampling(let factor, _, _) = step else {
                    throw .notForCodes(step: "\(Degradation([step]))", statement: statement)
                }
                result = result.nearest(
                    width: Resampler.scaledCount(result.width, by: 1 / factor),
                    height: Resampler.scaledCount(result.height, by: 1 / factor))
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

extension Degradation.Step {
    fileprivate func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
        let grayLevel = (Double(valueRange.upperBound) - Double(valueRange.lowerBound)) / 255
        switch self {
        case .downsampling(let factor, let interpolation, let antialias):
            return pixels.scaled(by: 1 / factor, interpolation: interpolation, antialias: antialias)
        case .gaussianBlur(let sigma):
            return pixels.gaussianBlurred(sigma: sigma.value)
        case .anisotropicBlur(let along, let across, let degrees):
            return pixels.gaussianBlurred(along: along.value, across: across.value, degrees: degrees.value)
        case .gaussianNoise(let sigma):
            return pixels.withGaussianNoise(sigma: sigma.value * grayLevel, seed: seed)
        case .grain(let sigma, let width):
            return pixels.withGrain(sigma: sigma.value * grayLevel, width: width.value, seed: seed)
        case .poissonNoise(let photons):
            return pixels.withPoissonNoise(photons: photons.value, valueRange: valueRange, seed: seed)
        case .speckle(let decibels, let axial, let lateral):
            return pixels.withSpeckle(
                decibels: decibels.value, axial: axial.value, lateral: lateral.value, valueRange: valueRange, seed: seed
            )
        case .jpeg(let quality):
            return pixels.withJPEGArtifacts(quality: Int(quality.value.rounded()), valueRange: valueRange)
        case .binning(let factor):
            return pixels.binned(by: factor)
        case .kSpaceTruncation(let factor, let noise):
            return pixels.kSpaceTruncated(
                width: Resampler.scaledCount(pixels.width, by: 1 / factor),
                height: Resampler.scaledCount(pixels.height, by: 1 / factor), zero: valueRange.lowerBound,
                noise: noise.value * grayLevel, seed: seed)
        case .radiograph(let factor, let photons, let readNoise):
            return pixels.radiographed(
                factor: factor, photons: photons.value, readNoise: readNoise.value, valueRange: valueRange, seed: seed)
        }
    }
}

extension Pixels {
    /// This image without its last columns and rows, so that both sizes are multiples of `factor`.
    ///
    /// - Precondition: `factor` is positive.
    public func croppedToMultiple(of factor: Int) -> Pixels {
        precondition(factor > 0, "a factor is positive")
        if width % factor == 0 && height % factor == 0 { return self }
        return cropped(columns: 0..<width - width % factor, rows: 0..<height - height % factor)
    }

    /// Means over `factor` × `factor` pixels; pixels that fill no whole block at the right and the bottom are dropped.
    ///
    /// - Precondition: `factor` is positive, and the image holds at least one block.
    public func binned(by factor: Int) -> Pixels {
        let whole = croppedToMultiple(of: factor)
        return whole.resized(width: whole.width / factor, height: whole.height / factor, interpolation: .area)
    }
}
