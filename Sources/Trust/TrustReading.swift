import Foundation
import Imaging
import Upscaling

/// A way to enlarge images that a promise is about.
struct TrustedMethod: Sendable {
    let method: Method
    let chain: TrustChain

    /// - Parameter samples: how many a model that draws them is asked for.
    init(_ method: Method, scale: Double, isConsistent: Bool, samples: Int? = nil) throws(TrustError) {
        self.method = method
        chain = try TrustChain(of: method, scale: scale, isConsistent: isConsistent, samples: samples)
    }

    /// - Throws: ``TrustError/notCalibratable(reason:)`` where the method does not give what a doubt is made of.
    func requireGiving(_ kind: DoubtKind) throws(TrustError) {
        switch kind {
        case .difference: break
        case .head where !method.corrects(scale: chain.scale):
            throw .notCalibratable(
                reason: "\(method.name) has no head that doubts it; let --doubt be difference, or train one"
            )
        case .samples where chain.samples == nil:
            throw .notCalibratable(
                reason:
                    "\(method.name) gives one result; --doubt samples is for models that draw them, with --samples"
            )
        case .head, .samples: break
        }
    }

    /// An image enlarged as it would be written: whole steps where its file holds integers.
    func enlarged(_ image: Image, progress: (Double) -> Void = { _ in }) throws -> DoubtedEnlargement {
        var made = try method.upscaleDoubting(
            image, scale: chain.scale, isConsistent: chain.isConsistent, samples: chain.samples,
            progress: progress)
        made.image.quantize()
        return made
    }

    /// An image as the truth, what is made of it to be enlarged, and samples of the truth that hold no data.
    typealias Reduced = (truth: Image, input: Image, missing: NoDataMask?)

    /// An image reduced as a file would hold it, from as many rows and columns as the scale divides.
    ///
    /// - Parameters:
    ///   - image: sharp.
    ///   - degradation: that reduces it by the scale.
    ///   - seed: of what is random in that.
    ///   - name: for errors.
    /// - Returns: `nil` where it is too small to be reduced twice.
    func reduced(
        _ image: Image, by degradation: Degradation, seed: UInt64, named name: String
    ) throws -> Reduced? {
        let factor = Int(chain.scale)
        let cropped = image.pixels.croppedToMultiple(of: factor)
        guard min(cropped.width, cropped.height) >= 16 * factor * factor else { return nil }
        var header = image.header.resized(width: cropped.width, height: cropped.height)
        let whole = Image(header: header, pixels: cropped)
        let missing = whole.noData
        if missing?.isTotal == true {
            throw TrustError.badImage(name: name, reason: "holds no data, padding alone")
        }
        let truth = whole.filled
        let range = try range(of: truth)
        var generator = SeededGenerator(seed: seed)
        let pixels = degradation.drawn(using: &generator)(
            truth.pixels, valueRange: min(range.black, range.white)...max(range.black, range.white))
        header = truth.header.resized(width: pixels.width, height: pixels.height)
        var input = Image(header: header, pixels: pixels)
        input.quantize()
        return (truth, input, missing)
    }

    /// The range of an image that the doubt is counted in.
    func range(of image: Image) throws -> IntensityRange {
        var rule = Normalization.standard
        switch method {
        case .networks(let upscaler):
            rule = upscaler.models(for: chain.scale).first?.metadata.normalization ?? rule
        case .drawing(let cascade, _): rule = cascade.stages[0].model.metadata.normalization
        case .interpolation, .acquiredGrid: break
        }
        return try IntensityRange(of: image, by: rule)
    }
}

extension Image {
    /// Samples as the file would hold them.
    mutating func quantize() {
        guard header.intensity.storedRange != nil else { return }
        for index in pixels.samples.indices {
            pixels.samples[index] = header.intensity.quantized(pixels.samples[index])
        }
    }

    /// Reduced by antialiased bicubic interpolation as a file would hold it, from as many rows and columns as a whole
    /// scale divides; `nil` where nothing to be looked at would be left.
    func reduced(by scale: Double) -> (truth: Image, input: Image)? {
        guard scale == scale.rounded() else { return nil }
        let factor = Int(scale)
        let cropped = pixels.croppedToMultiple(of: factor)
        let (width, height) = (cropped.width / factor, cropped.height / factor)
        guard min(width, height) >= 16 else { return nil }
        let truth = Image(header: header.resized(width: cropped.width, height: cropped.height), pixels: cropped)
        var input = Image(
            header: header.resized(width: width, height: height),
            pixels: cropped.resized(width: width, height: height))
        input.quantize()
        return (truth, input)
    }

    /// At most `count` slices, evenly spread.
    func slicesSpread(atMost count: Int) -> Image {
        guard header.slices > count else { return self }
        return selecting((0..<count).map { ($0 * 2 + 1) * header.slices / (2 * count) })
    }
}

/// What can be told of an input without its truth: what a promise is checked against.
struct TrustReading: Sendable {
    /// In 255ths of the range.
    let noise: Double
    /// Millimetres, the smaller of both directions.
    let spacing: Double?
    let hasColor: Bool
    let signature: ImageSignature
    /// Errors as multiples of their doubt when the input is reduced once more and restored; `nil` where it is too small
    /// for that.
    let selfTest: [Float]?

    /// So many slices of a volume stand for it.
    static let slices = 8

    /// - Parameter image: the input, filled.
    init(of image: Image, by trusted: TrustedMethod, score: DoubtScore) throws {
        let sample = image.slicesSpread(atMost: Self.slices)
        let range = try trusted.range(of: sample)
        let width = Double(abs(range.white - range.black))
        let estimate = NoiseEstimate(of: sample.pixels.brightness(), colors: 1)
        noise = (estimate?.fine ?? 0) * 255 / width
        spacing = image.header.geometry.spacing.map { min($0.column, $0.row) }
        hasColor = image.hasColor
        signature = try ImageSignature(sample.pixels, range: range)
        guard let (truth, input) = sample.reduced(by: trusted.chain.scale) else {
            selfTest = nil
            return
        }
        let result = try trusted.enlarged(input)
        let enlargement = Enlargement(
            input: input, made: result, scale: trusted.chain.scale, range: try trusted.range(of: input))
        let missing = sample.uncounted?
            .cropped(columns: 0..<truth.header.width, rows: 0..<truth.header.height)
        selfTest = ErrorMap(enlargement, truth: truth.pixels, missing: missing, score: score).ratios
    }
}

extension Image {
    /// Whether colours differ by more than compression leaves of gray: a 50th of the range at one pixel in a hundred.
    fileprivate var hasColor: Bool {
        guard header.colorModel.colorChannels == 3 else { return false }
        let range = header.intensity.storedRange
        let limit = ((range?.upperBound ?? 1) - (range?.lowerBound ?? 0)) / 50
        let (red, green, blue) = (pixels.plane(), pixels.plane(channel: 1), pixels.plane(channel: 2))
        let colored = (0..<pixels.planeCount).count { index in
            let (r, g, b) = (red.samples[index], green.samples[index], blue.samples[index])
            return max(r, g, b) - min(r, g, b) > limit
        }
        return colored * 100 > pixels.planeCount
    }
}
