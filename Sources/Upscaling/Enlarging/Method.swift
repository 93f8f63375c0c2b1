import Imaging

/// A way to enlarge images: plain interpolation, networks, or a sample of a model that draws them.
public enum Method: Sendable {
    case interpolation(Interpolation)
    case networks(Upscaler)
    /// Networks, from the samples that an MR scanner acquired rather than from those that it stored.
    case acquiredGrid(AcquiredGridUpscaler)
    case drawing(Cascade, SamplingOptions)

    /// What a derived image says of itself where it was made consistent.
    fileprivate static let consistencyNote = ", made to agree with its source when reduced again"

    /// MATLAB's bicubic interpolation, what everything is compared with.
    public static let bicubic = Method.interpolation(.cubic)

    /// What tables and derived files call it.
    public var name: String {
        switch self {
        case .interpolation(.cubic): "bicubic"
        case .interpolation(.linear): "bilinear"
        case .interpolation(let interpolation): interpolation.rawValue
        case .networks(let upscaler): upscaler.models.map(\.metadata.name).joined(separator: " + ")
        case .acquiredGrid(let acquired): Method.networks(acquired.upscaler).name
        case .drawing(let cascade, _): cascade.name
        }
    }

    /// What the result of ``upscale(_:scale:progress:)`` says about itself.
    ///
    /// - Throws: ``ModelError/badScale(scale:)``.
    public func header(for image: Image, scale: Double) throws -> ImageHeader {
        switch self {
        case .networks(let upscaler): return try upscaler.header(for: image, scale: scale)
        case .acquiredGrid(let acquired): return try acquired.header(for: image, scale: scale)
        case .drawing(let cascade, let options):
            return try cascade.header(for: image, scale: scale, options: options)
        case .interpolation:
            guard scale >= 1, scale <= 16 else { throw ModelError.badScale(scale: scale) }
            guard scale > 1 else { return image.header }
            if let codes = image.header.enlargedCodes(by: scale) { return codes }
            return image.header.enlarged(
                by: scale,
                Derivation(
                    description: "Enlarged \(scaleText(scale))x by \(name) interpolation", model: name, scale: scale))
        }
    }

    /// `image` at `scale` times its sampling rate, ⌈scale · n⌉ pixels along each axis; see ``Upscaler``.
    ///
    /// - Parameters:
    ///   - image: the low-resolution image.
    ///   - scale: from 1 to 16.
    ///   - progress: told the finished part, from 0 to 1, on the calling thread.
    /// - Throws: ``ModelError``; `CancellationError` where the task that this runs in is cancelled.
    public func upscale(_ image: Image, scale: Double, progress: (Double) -> Void = { _ in }) throws -> Image {
        switch self {
        case .networks(let upscaler): return try upscaler.upscale(image, scale: scale, progress: progress)
        case .acquiredGrid(let acquired): return try acquired.upscale(image, scale: scale, progress: progress)
        case .drawing(let cascade, let options):
            return try cascade.sample(image, scale: scale, options: options, progress: progress)
        case .interpolation(let interpolation):
            let header = try header(for: image, scale: scale)
            defer { progress(1) }
            guard scale > 1 else { return image }
            return try image.enlarged(to: header) {
                $0.pixels.resized(width: header.width, height: header.height, interpolation: interpolation)
            }
        }
    }

    /// Hands the result to `sink` in bands as it is made, so that it may be larger than memory. The sink is one for
    /// ``header(for:scale:)``; finishing it is the caller's.
    public func upscale(
        _ image: Image, scale: Double, to sink: any ImageSink, progress: (Double) -> Void = { _ in }
    ) throws {
        switch self {
        case .networks(let upscaler): try upscaler.upscale(image, scale: scale, to: sink, progress: progress)
        case .acquiredGrid(let acquired):
            let result = try acquired.upscale(image, scale: scale, progress: progress)
            for slice in 0..<result.pixels.slices { try sink.append(result.pixels.slice(slice)) }
        case .drawing(let cascade, let options):
            let result = try cascade.sample(image, scale: scale, options: options, progress: progress)
            for slice in 0..<result.pixels.slices { try sink.append(result.pixels.slice(slice)) }
        case .interpolation(let interpolation):
            let header = try header(for: image, scale: scale)
            let resampler = Resampler(
                sourceWidth: image.header.width, sourceHeight: image.header.height, width: header.width,
                height: header.height, interpolation: interpolation)
            let rowsAtOnce = max(1, min(header.height, (1 << 24) / header.width))
            func append(_ band: Pixels) throws { try sink.append(band) }
            try image.enlarge(to: header, emit: append) { image, emit in
                for slice in 0..<header.slices {
                    let source = header.slices == 1 ? image.pixels : image.pixels.slice(slice)
                    for start in stride(from: 0, to: header.height, by: rowsAtOnce) {
                        try Task.checkCancellation()
                        let rows = start..<min(start + rowsAtOnce, header.height)
                        try emit(resampler.rows(rows, of: source))
                        progress(
                            Double(slice * header.height + rows.upperBound) / Double(header.slices * header.height))
                    }
                }
            }
            progress(1)
        }
    }

    /// The enlargement changed as little as can be so that, reduced again by antialiased bicubic interpolation, it is
    /// `image`: what a network adds to the measured image stays, what it changes of it is undone. Samples are rounded
    /// and clamped to what the image's file can hold, since the promise is about these. It is not about samples without
    /// data, nor about codes, which are repeated and so agree as they are.
    ///
    /// - Returns: the image, and the largest deviation of the reduced result from `image` in gray levels: steps of the
    ///   stored integers; for floating point, of a 65,535th of the range of the image's samples.
    public func upscaleConsistently(
        _ image: Image, scale: Double, progress: (Double) -> Void = { _ in }
    ) throws -> (image: Image, largestDeviation: Double) {
        var method = self
        if case .drawing(let cascade, var options) = self {
            // Held to the image at every step, a sample is as likely as any other; corrected afterwards alone, it is not.
            options.isConsistent = true
            method = .drawing(cascade, options)
        }
        return try method.consistent(image, scale: scale) {
            try method.upscale($0, scale: scale, progress: progress)
        }
    }

    /// What `enlarge` makes of an image, made to agree with it.
    func consistent(
        _ image: Image, scale: Double, _ enlarge: (Image) throws -> Image
    ) throws -> (image: Image, largestDeviation: Double) {
        let header = try header(for: image, scale: scale)
        guard scale > 1 else { return (try enlarge(image), 0) }
        var deviation = 0.0
        var result = try image.enlarged(to: header) { image in
            let consistent = try enlarge(image).madeConsistent(with: image)
            deviation = consistent.largestDeviation
            return consistent.image.pixels
        }
        if image.header.meaning == .quantity { result.header.derivation?.description += Self.consistencyNote }
        return (result, deviation)
    }
}

extension Image {
    /// This enlargement of `image` changed as ``Method/upscaleConsistently(_:scale:progress:)`` promises.
    func madeConsistent(with image: Image) throws -> (image: Image, largestDeviation: Double) {
        var result = self
        let collector = PixelCollector(header)
        var largest: Float = 0
        for slice in 0..<image.pixels.slices {
            try Task.checkCancellation()
            let consistency = Consistency(
                with: image.pixels.slice(slice), width: header.width, height: header.height)
            var pixels = pixels.slice(slice)
            if let declared = image.header.intensity.storedRange {
                let range = image.filling.map { declared.clamped(to: $0.limits) } ?? declared
                pixels = consistency.projected(pixels, within: range, tolerance: 0.25)
                pixels = pixels.mapped(image.header.intensity.quantized)
            } else {
                pixels = consistency.projected(pixels)
            }
            largest = max(largest, consistency.largestDeviation(of: pixels))
            collector.append(pixels)
        }
        result.pixels = collector.pixels
        result.header.derivation?.description += Method.consistencyNote
        return (result, Double(largest / image.grayLevel))
    }
}

extension Image {
    /// The least difference that counts, in stored units.
    fileprivate var grayLevel: Float {
        guard header.intensity.sampleType.isFloatingPoint else { return 1 }
        let (least, greatest) = pixels.samples.reduce((Float.infinity, -Float.infinity)) {
            (min($0.0, $1), max($0.1, $1))
        }
        return greatest > least ? (greatest - least) / 65535 : 1
    }
}
