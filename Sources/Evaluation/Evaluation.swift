import Foundation
import ImageQuality
import Imaging

/// Judges methods on images of which the truth is known: each image is degraded, restored by every method, and compared
/// with itself. What is done besides is said in ``EvaluationConventions``.
public struct Evaluation: Sendable {
    public var scale: Int
    /// Shrinks by ``scale`` in all.
    public var degradation: Degradation
    public var metrics: [Metric]
    /// Starts the random numbers of the degradation; every image has its own sequence.
    public var seed: UInt64
    /// By how much images are reduced before they serve as ground truth; halves JPEG's traces at 2.
    public var reduction: Int
    /// Of the files at most so many, evenly spread; of each volume's slices likewise.
    public var limit: Int?
    public var sliceLimit: Int?
    /// Pixels left out along each edge; ``scale`` by default.
    public var border: Int
    /// Whether results are also held to what they were made from; see ``consistencyKey``.
    public var measuresConsistency: Bool
    /// The user's network for LPIPS; `nil` leaves that out.
    public var perceptualDistance: LPIPS?
    /// Files that inputs come from, where they are not the truths themselves, degraded.
    public var pairs: ImagePairs?
    /// Whether results of pairs are laid onto their truths before they are scored; see ``Registration``. Scores as both lie
    /// are kept too, under keys that end in ``unregisteredSuffix``.
    public var registers: Bool

    public static let unregisteredSuffix = ".unregistered"

    /// Names, among the metrics of a row, the squared error between the result, degraded again in the same way, and what
    /// the method was given: the mean over all pixels and images, in 1e-5 of the squared range, as in table 1 of Saharia
    /// et al., "Image super-resolution via iterative refinement", 2021.
    public static let consistencyKey = "consistency"
    /// What the value under ``consistencyKey`` is.
    public static let consistencyTitle = """
        squared error of the result, degraded again, to what the method was given, in 1e-5 of the squared range; less is \
        better
        """

    public init(
        scale: Int, degradation: Degradation? = nil, metrics: [Metric] = [.psnr, .ssim], seed: UInt64 = 0,
        reduction: Int = 1, limit: Int? = nil, sliceLimit: Int? = nil, border: Int? = nil,
        measuresConsistency: Bool = false, perceptualDistance: LPIPS? = nil, pairs: ImagePairs? = nil,
        registers: Bool = false
    ) {
        self.scale = scale
        self.degradation = degradation ?? .bicubic(factor: Double(scale))
        self.metrics = metrics
        self.seed = seed
        self.reduction = reduction
        self.limit = limit
        self.sliceLimit = sliceLimit
        self.border = border ?? scale
        self.measuresConsistency = measuresConsistency
        self.perceptualDistance = perceptualDistance
        self.pairs = pairs
        self.registers = registers
    }

    /// How far an evaluation has come.
    public struct Progress: Sendable {
        public var finishedFiles: Int
        public var files: Int
        /// Path of the file that is worked on, relative to the folder.
        public var file: String
        public var method: String
    }

    /// Evaluates methods on the images of a folder.
    ///
    /// A file that cannot be read, is too small for a metric or fails with a method counts in no row and is named in
    /// ``EvaluationResult/failures``.
    ///
    /// - Parameters:
    ///   - folder: searched with all folders in it.
    ///   - methods: a row of the result each, in this order.
    ///   - progress: told before each method starts on each file.
    /// - Throws: ``EvaluationError`` where there is nothing to evaluate; `CancellationError`.
    public func run(
        folder: URL, methods: [EvaluatedMethod], progress: ((Progress) -> Void)? = nil
    ) throws -> EvaluationResult {
        let images = try ImageFolder(folder)
        var result = try run(files: try files(in: images, path: folder.path), methods: methods, progress: progress)
        result.failures += Self.failures(images)
        return result
    }

    /// The images of a folder that are evaluated, by their paths relative to it: at most ``limit``, evenly spread.
    ///
    /// - Throws: ``EvaluationError/noImages(path:)``, `ImageFileError/missing(path:)`.
    public func files(in folder: URL) throws -> [(name: String, url: URL)] {
        try files(in: try ImageFolder(folder), path: folder.path)
    }

    /// The same of a folder that was looked through already.
    public func files(in folder: ImageFolder, path: String) throws -> [(name: String, url: URL)] {
        guard !folder.images.isEmpty else {
            if let failure = folder.failures.first { throw failure }
            throw EvaluationError.noImages(path: path)
        }
        let images = zip(folder.names, folder.images).map { (name: $0, url: $1) }
        guard let pairs else { return images.evenlySpread(limit) }
        let paired = images.filter { pairs.input(of: $0.url) != nil }
        guard !paired.isEmpty else { throw EvaluationError.noPairs(path: path, reason: pairs.failures.first?.error) }
        return paired.evenlySpread(limit)
    }

    /// What of a folder could not be looked at, as results say it.
    public static func failures(_ folder: ImageFolder) -> [EvaluationFailure] {
        folder.failures.map { EvaluationFailure(file: $0.path, error: "\($0)") }
    }

    /// What a method made of a file's image.
    public struct Restored: Sendable {
        public var file: String
        public var method: String
        /// As both were compared.
        public var truth: Image
        public var result: Pixels
        /// Of the samples.
        public var valueRange: ClosedRange<Float>
    }

    /// Evaluates methods on files, each with the name that results give it.
    ///
    /// - Parameters:
    ///   - files: images, with their names in the result.
    ///   - methods: a row of the result each, in this order.
    ///   - progress: told before each method starts on each file.
    ///   - result: is shown every result, for measures that are of all images together.
    public func run(
        files: [(name: String, url: URL)], methods: [EvaluatedMethod], progress: ((Progress) -> Void)? = nil,
        result: ((Restored) throws -> Void)? = nil
    ) throws -> EvaluationResult {
        let files = files.evenlySpread(limit)
        let seriesRanges = SeriesRanges(files.map(\.url))
        var tallies = methods.map { _ in Tally() }
        var failures: [EvaluationFailure] = []
        for (index, file) in files.enumerated() {
            try Task.checkCancellation()
            do {
                let outcomes = try outcomes(
                    file, methods, warmUp: tallies[0].scores.isEmpty, seriesRanges, stream: index, show: result
                ) {
                    progress?(Progress(finishedFiles: index, files: files.count, file: file.name, method: $0))
                }
                for (index, outcome) in outcomes.enumerated() { tallies[index].add(outcome) }
            } catch let error as CancellationError {
                throw error
            } catch {
                failures.append(EvaluationFailure(file: file.name, error: "\(error)"))
            }
        }
        return EvaluationResult(
            scale: scale, degradation: degradation,
            conventions: EvaluationConventions(for: self),
            rows: zip(methods, tallies).map { $1.row($0) }, failures: failures)
    }

    private typealias Outcome = (scores: [ImageScore], seconds: Double, derivation: Derivation?)

    private func outcomes(
        _ file: (name: String, url: URL), _ methods: [EvaluatedMethod], warmUp: Bool, _ seriesRanges: SeriesRanges,
        stream: Int, show: ((Restored) throws -> Void)?, willRun: (String) -> Void
    ) throws -> [Outcome] {
        let source = try ImageFile.read(file.url).inCommonTerms(path: file.url.path)
        try checkScorable(source)
        guard min(source.header.width, source.header.height) >= scale * reduction else {
            throw EvaluationError.tooSmall(scale: scale, reduction: reduction)
        }
        guard
            let truth = GroundTruth(
                source, scale: scale, reduction: reduction, seriesRange: seriesRanges.range(of: source),
                sliceLimit: sliceLimit)
        else { throw EvaluationError.noSignal }
        var generator = SeededGenerator(seed: seed, stream: UInt64(stream))
        let drawn = degradation.drawn(using: &generator)
        let (lowResolution, noData) = try input(of: file.url, for: source, truth, drawn)
        let convention = truth.convention(border: border)
        let registrations =
            registers && pairs != nil
            ? try (0..<truth.image.header.slices).map {
                try Registration(
                    of: lowResolution.pixels.slice($0), to: truth.image.pixels.slice($0), scale: scale,
                    excluding: noData?.slice($0))
            } : nil
        return try methods.map { method in
            willRun(method.name)
            if warmUp { _ = try method.enlarge(lowResolution, scale) }
            let clock = ContinuousClock()
            let start = clock.now
            let enlarged = try method.enlarge(lowResolution, scale)
            let seconds = (clock.now - start).seconds
            let result = truth.finished(enlarged.pixels)
            try show?(
                Restored(
                    file: file.name, method: method.name, truth: truth.image, result: result, valueRange: truth.range))
            let again = measuresConsistency ? drawn(result, valueRange: truth.range) : nil
            let scores = try (0..<result.slices).map { slice in
                let registration = registrations?[slice]
                var metrics = try values(
                    of: result.slice(slice), against: truth.image.pixels.slice(slice),
                    excluding: noData?.slice(slice), convention)
                if let registration {
                    var inside = convention
                    inside.border += registration.border
                    let registered = try values(
                        of: truth.finished(registration.applied(to: enlarged.pixels.slice(slice))),
                        against: truth.image.pixels.slice(slice), excluding: noData?.slice(slice), inside)
                    for (key, value) in metrics { metrics[key + Self.unregisteredSuffix] = value }
                    metrics.merge(registered) { $1 }
                }
                metrics[Self.consistencyKey] = again.map {
                    $0.slice(slice).meanSquaredError(
                        to: lowResolution.pixels.slice(slice),
                        excluding: truth.noData?.slice(slice).resized(width: $0.width, height: $0.height))
                        / (convention.dataRange * convention.dataRange) * 1e5
                }
                return ImageScore(
                    file: file.name, slice: truth.sliceNumbers?[slice], dataRange: convention.dataRange,
                    metrics: metrics, model: method.modelHash == nil ? enlarged.header.derivation?.model : nil,
                    registration: registration)
            }
            return (scores, seconds, enlarged.header.derivation)
        }
    }

    /// What methods are given for a truth, and which of the truth's samples are not to be scored.
    private func input(
        of file: URL?, for source: Image, _ truth: GroundTruth, _ degradation: DrawnDegradation
    ) throws -> (image: Image, noData: NoDataMask?) {
        guard let url = file.flatMap({ pairs?.input(of: $0) }) else {
            return (truth.lowResolution(degradation), truth.noData)
        }
        do {
            let (image, mask) = try truth.lowResolution(
                of: try ImageFile.read(url).inCommonTerms(path: url.path), for: source, scale: scale,
                reduction: reduction, degradation)
            return (image, mask.map { truth.noData?.union($0) ?? $0 } ?? truth.noData)
        } catch EvaluationError.mismatchedPair(let reason) {
            throw EvaluationError.mismatchedPair(reason: "its input \(url.lastPathComponent) \(reason)")
        }
    }

    /// - Throws: ``EvaluationError/codes(statement:)``.
    private func checkScorable(_ image: Image) throws(EvaluationError) {
        if let statement = image.header.meaning.codesStatement { throw .codes(statement: statement) }
    }

    private func values(
        of result: Pixels, against truth: Pixels, excluding mask: NoDataMask?, _ convention: MetricConvention
    ) throws -> [String: Double] {
        var values: [String: Double] = [:]
        for metric in metrics {
            values[metric.evaluationKey] = try metric(
                of: result, against: truth, convention: convention, excluding: mask)
        }
        guard perceptualDistance == nil || mask == nil else { throw EvaluationError.noDataForLPIPS }
        values[LPIPS.key] = try perceptualDistance?(of: result, against: truth, convention: convention)
        return values
    }

    /// What methods make of one image, for a figure.
    public struct Comparison: Sendable {
        /// The image or the slice of it that is shown, as it was read.
        public var source: Image
        /// As it was compared: cut to a multiple of the scale, clipped, rounded where it is 8-bit.
        public var truth: Image
        public var lowResolution: Image
        public var restored: [(method: String, image: Image, metrics: [String: Double])]
    }

    /// Degrades and restores one image by every method, as ``run(folder:methods:progress:)`` does.
    ///
    /// - Parameters:
    ///   - image: the truth.
    ///   - methods: that restore it, in this order.
    ///   - index: of the image among those of a run, whose random numbers it is to have.
    public func compare(_ image: Image, methods: [EvaluatedMethod], index: Int = 0) throws -> Comparison {
        try compare(image, from: nil, slice: nil, methods: methods, index: index, seriesRange: nil)
    }

    /// What ``run(files:methods:progress:result:)`` scored of one file: a slice of a volume is restored with the whole,
    /// a file of a series in the series' range.
    ///
    /// - Parameters:
    ///   - slice: its number in the file; `nil` for a still picture.
    ///   - range: of the series that an image belongs to: ``seriesRange(among:)``.
    func compare(
        _ file: (name: String, url: URL), slice: Int?, methods: [EvaluatedMethod], index: Int,
        range: (Image) -> ClosedRange<Float>?
    ) throws -> Comparison {
        let image = try ImageFile.read(file.url).inCommonTerms(path: file.url.path)
        return try compare(
            image, from: file.url, slice: slice, methods: methods, index: index, seriesRange: range(image))
    }

    /// Tells the range of the series that an image belongs to.
    static func seriesRange(among files: [URL]) -> (Image) -> ClosedRange<Float>? { SeriesRanges(files).range }

    private func compare(
        _ image: Image, from file: URL?, slice: Int?, methods: [EvaluatedMethod], index: Int,
        seriesRange: ClosedRange<Float>?
    ) throws -> Comparison {
        try checkScorable(image)
        guard min(image.header.width, image.header.height) >= scale * reduction else {
            throw EvaluationError.tooSmall(scale: scale, reduction: reduction)
        }
        guard
            let truth = GroundTruth(
                image, scale: scale, reduction: reduction, seriesRange: seriesRange, sliceLimit: sliceLimit)
        else { throw EvaluationError.noSignal }
        var generator = SeededGenerator(seed: seed, stream: UInt64(index))
        let (lowResolution, noData) = try input(
            of: file, for: image, truth, degradation.drawn(using: &generator))
        let place = slice.flatMap { truth.sliceNumbers?.firstIndex(of: $0) }
        func shown(_ image: Image) -> Image { place.map { image.selecting([$0]) } ?? image }
        let shownTruth = shown(truth.image)
        return Comparison(
            source: slice.map { image.selecting([$0]) } ?? image, truth: truth.shown(shownTruth, slice: place),
            lowResolution: shown(lowResolution),
            restored: try methods.map { method in
                let enlarged = try method.enlarge(lowResolution, scale)
                let result = shown(Image(header: enlarged.header, pixels: truth.finished(enlarged.pixels)))
                return (
                    method.name, truth.shown(result, slice: place),
                    try values(
                        of: result.pixels, against: shownTruth.pixels,
                        excluding: place.map { noData?.slice($0) } ?? noData,
                        truth.convention(border: border))
                )
            })
    }

    private struct Tally {
        var scores: [ImageScore] = []
        var seconds = 0.0
        var models: [String: String] = [:]

        mutating func add(_ outcome: Outcome) {
            scores += outcome.scores
            seconds += outcome.seconds
            if let derivation = outcome.derivation { models[derivation.model] = derivation.modelHash }
        }

        func row(_ method: EvaluatedMethod) -> EvaluationRow {
            let count = Double(max(scores.count, 1))
            let keys = Set(scores.flatMap(\.metrics.keys))
            let means = keys.map { key in
                let values = scores.compactMap { $0.metrics[key] }
                return (key, values.reduce(0, +) / Double(values.count))
            }
            return EvaluationRow(
                model: method.name, modelHash: method.modelHash, models: models.isEmpty ? nil : models,
                images: scores.count, metrics: Dictionary(uniqueKeysWithValues: means),
                secondsPerImage: seconds / count, perImage: scores)
        }
    }
}

/// The ranges of DICOM series, whose slices lie in files of their own, each with a slope and intercept of its own.
private struct SeriesRanges {
    /// In the stored units of a series' first file.
    private var ranges: [String: (range: ClosedRange<Float>, intensity: Intensity)] = [:]

    /// Reads the DICOM files among `files`; those that cannot be read are left to whoever needs them.
    init(_ files: [URL]) {
        var samples: [String: [Float]] = [:]
        var firsts: [String: Intensity] = [:]
        var counts: [String: Int] = [:]
        for file in files {
            guard (try? ImageFile.format(of: file)) == .dicom,
                let image = try? ImageFile.read(file).inCommonTerms(path: file.path),
                image.header.intensity.sampleType.bits > 8, let series = image.seriesInstanceUID
            else { continue }
            counts[series, default: 0] += 1
            let first = firsts[series] ?? image.header.intensity
            firsts[series] = first
            let isMissing = image.noData?.isMissing
            samples[series, default: []] += stride(
                from: 0, to: image.pixels.samples.count, by: max(1, image.pixels.samples.count >> 15) | 1
            ).filter { isMissing?[$0] != true }.map {
                Self.converted(image.pixels.samples[$0], from: image.header.intensity, to: first)
            }
        }
        for (series, samples) in samples where counts[series]! > 1 && !samples.isEmpty {
            ranges[series] = (GroundTruth.range(Percentiles(samples)), firsts[series]!)
        }
    }

    func range(of image: Image) -> ClosedRange<Float>? {
        guard let (range, first) = image.seriesInstanceUID.flatMap({ ranges[$0] }) else { return nil }
        let bounds = [range.lowerBound, range.upperBound].map {
            Self.converted($0, from: first, to: image.header.intensity)
        }
        return bounds.min()!...bounds.max()!
    }

    /// The stored sample that means in one file what `sample` means in another.
    private static func converted(_ sample: Float, from: Intensity, to: Intensity) -> Float {
        guard (from.slope, from.intercept) != (to.slope, to.intercept) else { return sample }
        return Float((Double(sample) * from.slope + from.intercept - to.intercept) / to.slope)
    }
}

extension Image {
    fileprivate var seriesInstanceUID: String? {
        guard case .dicom(let source) = header.source else { return nil }
        return source.seriesInstanceUID
    }
}

extension Pixels {
    /// - Precondition: `other` and the mask have the same shape.
    fileprivate func meanSquaredError(to other: Pixels, excluding mask: NoDataMask?) -> Double {
        var sum = 0.0
        samples.withUnsafeBufferPointer { mine in
            other.samples.withUnsafeBufferPointer { theirs in
                for index in 0..<mine.count where mask?.isMissing[index] != true {
                    let difference = Double(mine[index]) - Double(theirs[index])
                    sum += difference * difference
                }
            }
        }
        return sum / Double(max(samples.count - (mask?.count ?? 0), 1))
    }
}

extension Duration {
    /// As a number of seconds.
    public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// Why an evaluation or a part of it is impossible, each said in one line.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
    case noImages(path: String)
    case noSignal
    case tooSmall(scale: Int, reduction: Int)
    /// The border that is left out leaves nothing.
    case nothingInside(border: Int, width: Int, height: Int)
    /// Samples are codes; see `SampleMeaning`.
    case codes(statement: String)
    case noDataForLPIPS
    /// Two folders have no pair of files.
    case noPairs(path: String, reason: String?)
    /// An input that cannot be one of its truth.
    case mismatchedPair(reason: String)
    /// No move lays the input onto the truth.
    case notRegistered

    public var description: String {
        switch self {
        case .noImages(let path): "\(path): there is no image in this folder"
        case .noSignal: "no slice shows enough to be scored"
        case .tooSmall(let scale, let reduction):
            "the image is smaller than \(scale * reduction) × \(scale * reduction) pixels"
        case .nothingInside(let border, let width, let height):
            "a border of \(border) pixels leaves nothing of \(width) × \(height) pixels; leave out fewer"
        case .codes(let statement):
            "holds codes (\(statement)), of which PSNR and SSIM say nothing; compare labels by their overlap, such as Dice"
        case .noDataForLPIPS:
            "holds samples without data (padding or NaN), which LPIPS cannot leave out; leave out --lpips"
        case .noPairs(let path, let reason):
            "\(path): no image has an input" + (reason.map { "; of the first: \($0)" } ?? "")
        case .mismatchedPair(let reason): reason
        case .notRegistered:
            "its input cannot be laid onto it: of all moves up to \(Registration.farthest) pixels none stands out; leave out --register"
        }
    }
}

extension EvaluationError: LocalizedError {
    public var errorDescription: String? { description }
}
