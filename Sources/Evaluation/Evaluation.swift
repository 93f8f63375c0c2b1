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
        measuresConsistency: Bool = false, perceptualDistance: LPIPS? = nil
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
        try run(files: try files(in: folder), methods: methods, progress: progress)
    }

    /// The images of a folder that are evaluated, by their paths relative to it: at most ``limit``, evenly spread.
    ///
    /// - Throws: ``EvaluationError/noImages(path:)``, `ImageFileError/missing(path:)`.
    public func files(in folder: URL) throws -> [(name: String, url: URL)] {
        let files = try ImageFolder(folder).images
        guard !files.isEmpty else { throw EvaluationError.noImages(path: folder.path) }
        let root = folder.standardizedFileURL.path + "/"
        return files.map { file in
            let path = file.standardizedFileURL.path
            return (path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path, file)
        }.evenlySpread(limit)
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

    private typealias Outcome = (scores: [ImageScore], seconds: Double)

    private func outcomes(
        _ file: (name: String, url: URL), _ methods: [EvaluatedMethod], warmUp: Bool, _ seriesRanges: SeriesRanges,
        stream: Int, show: ((Restored) throws -> Void)?, willRun: (String) -> Void
    ) throws -> [Outcome] {
        let source = try ImageFile.read(file.url)
        try checkScorable(source)
        guard
            let truth = GroundTruth(
                source, scale: scale, reduction: reduction, seriesRange: seriesRanges.range(of: source),
                sliceLimit: sliceLimit)
        else { throw EvaluationError.noSignal }
        guard min(truth.image.pixels.width, truth.image.pixels.height) > 0 else {
            throw EvaluationError.tooSmall(scale: scale, reduction: reduction)
        }
        var generator = SeededGenerator(seed: seed, stream: UInt64(stream))
        let drawn = degradation.drawn(using: &generator)
        let lowResolution = truth.lowResolution(drawn)
        let convention = truth.convention(border: border)
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
                var metrics = try values(
                    of: result.slice(slice), against: truth.image.pixels.slice(slice),
                    excluding: truth.noData?.slice(slice), convention)
                metrics[Self.consistencyKey] = again.map {
                    $0.slice(slice).meanSquaredError(
                        to: lowResolution.pixels.slice(slice),
                        excluding: truth.noData?.slice(slice).resized(width: $0.width, height: $0.height))
                        / (convention.dataRange * convention.dataRange) * 1e5
                }
                return ImageScore(
                    file: file.name, slice: truth.sliceNumbers?[slice], dataRange: convention.dataRange,
                    metrics: metrics)
            }
            return (scores, seconds)
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
        try checkScorable(image)
        guard
            let truth = GroundTruth(image, scale: scale, reduction: reduction, seriesRange: nil, sliceLimit: sliceLimit)
        else { throw EvaluationError.noSignal }
        guard min(truth.image.pixels.width, truth.image.pixels.height) > 0 else {
            throw EvaluationError.tooSmall(scale: scale, reduction: reduction)
        }
        var generator = SeededGenerator(seed: seed, stream: UInt64(index))
        let lowResolution = truth.lowResolution(degradation.drawn(using: &generator))
        return Comparison(
            truth: truth.shown(truth.image), lowResolution: lowResolution,
            restored: try methods.map { method in
                let enlarged = try method.enlarge(lowResolution, scale)
                let pixels = truth.finished(enlarged.pixels)
                return (
                    method.name, truth.shown(Image(header: enlarged.header, pixels: pixels)),
                    try values(
                        of: pixels, against: truth.image.pixels, excluding: truth.noData,
                        truth.convention(border: border))
                )
            })
    }

    private struct Tally {
        var scores: [ImageScore] = []
        var seconds = 0.0

        mutating func add(_ outcome: Outcome) {
            scores += outcome.scores
            seconds += outcome.seconds
        }

        func row(_ method: EvaluatedMethod) -> EvaluationRow {
            let count = Double(max(scores.count, 1))
            let means = (scores.first?.metrics.keys).map(Array.init)?.map { key in
                (key, scores.reduce(0) { $0 + ($1.metrics[key] ?? 0) } / count)
            }
            return EvaluationRow(
                model: method.name, modelHash: method.modelHash, images: scores.count,
                metrics: Dictionary(uniqueKeysWithValues: means ?? []),
                secondsPerImage: seconds / count, perImage: scores)
        }
    }
}

/// The ranges of DICOM series, whose slices lie in files of their own.
private struct SeriesRanges {
    private var ranges: [String: ClosedRange<Float>] = [:]

    /// Reads the DICOM files among `files`; those that cannot be read are left to whoever needs them.
    init(_ files: [URL]) {
        var samples: [String: [Float]] = [:]
        var counts: [String: Int] = [:]
        for file in files {
            guard (try? ImageFile.format(of: file)) == .dicom, let image = try? ImageFile.read(file),
                image.header.intensity.sampleType.bits > 8, let series = image.seriesInstanceUID
            else { continue }
            counts[series, default: 0] += 1
            let isMissing = image.noData?.isMissing
            samples[series, default: []] += stride(
                from: 0, to: image.pixels.samples.count, by: max(1, image.pixels.samples.count >> 15) | 1
            ).filter { isMissing?[$0] != true }.map { image.pixels.samples[$0] }
        }
        for (series, samples) in samples where counts[series]! > 1 && !samples.isEmpty {
            ranges[series] = GroundTruth.range(Percentiles(samples))
        }
    }

    func range(of image: Image) -> ClosedRange<Float>? { image.seriesInstanceUID.flatMap { ranges[$0] } }
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
    /// Samples are codes; see `SampleMeaning`.
    case codes(statement: String)
    case noDataForLPIPS

    public var description: String {
        switch self {
        case .noImages(let path): "\(path): there is no image in this folder"
        case .noSignal: "no slice shows enough to be scored"
        case .tooSmall(let scale, let reduction):
            "the image is smaller than \(scale * reduction) × \(scale * reduction) pixels"
        case .codes(let statement):
            "holds codes (\(statement)), of which PSNR and SSIM say nothing; compare labels by their overlap, such as Dice"
        case .noDataForLPIPS:
            "holds samples without data (padding or NaN), which LPIPS cannot leave out; leave out --lpips"
        }
    }
}
