import Imaging

/// Several samples of one image, and what they have in common.
public struct DrawnSamples: Sendable {
    public var samples: [Image]
    /// The samples' mean: nearer to the truth, pixel by pixel, than any of them, and smoother.
    public var mean: Image
    /// Where the samples disagree: their standard deviation, pixel by pixel, as floating-point samples in the image's
    /// stored units, on the same geometry. What is large was invented.
    public var deviation: Image
    /// With consistency asked for: the largest deviation of any sample, reduced again, from the image, in gray levels; see
    /// ``Method/upscaleConsistently(_:scale:progress:)``.
    public var largestDeviation: Double?
}

extension Cascade {
    /// Draws samples and compares them.
    ///
    /// - Parameters:
    ///   - image: the low-resolution image.
    ///   - scale: from 1 to 16.
    ///   - count: how many samples are drawn.
    ///   - options: with `isConsistent` every sample, and the mean too, reduces to `image` within a gray level.
    ///   - progress: told the finished part of all samples, from 0 to 1.
    /// - Precondition: `count` is at least 2.
    public func samples(
        of image: Image, scale: Double, count: Int, options: SamplingOptions = SamplingOptions(),
        progress: (Double) -> Void = { _ in }
    ) throws -> DrawnSamples {
        precondition(count >= 2, "one sample differs from nothing")
        let header = try header(for: image, scale: scale, options: options)
        // Drawn and compared as if all samples held data; those without it are put back at the end.
        let keeping = NoDataKeeping(image, width: header.width, height: header.height)
        let image = keeping?.filled ?? image
        let isConsistent = options.isConsistent && scale > 1 && image.header.meaning == .quantity
        var samples: [Image] = []
        var largest: Double?
        for number in 0..<count {
            var sample = try sample(image, scale: scale, options: options, number: number) {
                progress((Double(number) + $0) / Double(count))
            }
            if isConsistent {
                let deviation: Double
                (sample, deviation) = try sample.madeConsistent(with: image)
                largest = max(largest ?? 0, deviation)
            }
            samples.append(sample)
        }

        var mean = samples[0]
        mean.header.derivation?.description =
            "Super-resolution \(scaleText(scale))x, mean of \(count) samples of \(name), seeds from "
            + "\(options.seed)"
        mean.header.derivation?.state(precision)
        for sample in samples.dropFirst() { mean.pixels.add(1, sample.pixels) }
        mean.pixels = mean.pixels.mapped { $0 / Float(count) }
        if isConsistent {
            let deviation: Double
            (mean, deviation) = try mean.madeConsistent(with: image)
            largest = max(largest ?? 0, deviation)
        }
        if let keeping {
            samples = samples.map(keeping.restored)
            mean = keeping.restored(mean)
        }
        return DrawnSamples(
            samples: samples, mean: mean, deviation: Self.deviation(of: samples, mean: mean),
            largestDeviation: largest)
    }

    private static func deviation(of samples: [Image], mean: Image) -> Image {
        var squares = Pixels(
            width: mean.pixels.width, height: mean.pixels.height, channels: mean.pixels.channels,
            slices: mean.pixels.slices)
        for sample in samples {
            squares.samples.withUnsafeMutableBufferPointer { squares in
                mean.pixels.samples.withUnsafeBufferPointer { mean in
                    sample.pixels.samples.withUnsafeBufferPointer { sample in
                        for index in 0..<squares.count {
                            let difference = sample[index] - mean[index]
                            squares[index] += difference * difference
                        }
                    }
                }
            }
        }
        let share = 1 / Float(samples.count - 1)
        var header = mean.header
        // A difference of stored values has their slope, but starts from nothing.
        header.intensity = Intensity(sampleType: .float32, slope: mean.header.intensity.slope)
        header.padding = nil
        let model = header.derivation?.model ?? "a model"
        header.derivation?.description =
            "Standard deviation of \(samples.count) samples of \(model), in "
            + "the image's stored units"
        return Image(header: header, pixels: squares.mapped { ($0 * share).squareRoot() })
    }
}
