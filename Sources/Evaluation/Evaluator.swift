import DataSets
import Foundation
import ImageQuality
import Imaging

/// Judges methods on images of which the truth is known: each image is degraded, restored by every method, and compared
/// with itself. What is done besides is said in ``EvaluationConventions``.
public struct Evaluator: Sendable {
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
    /// Whether results are also held to what they were made from; see ``Measure/consistency``.
    public var measuresConsistency: Bool
    /// The user's network for LPIPS; `nil` leaves that out.
    public var perceptualDistance: LPIPS?
    /// Files that inputs come from, where they are not the truths themselves, degraded.
    public var pairs: ImagePairs?
    /// Whether results of pairs are laid onto their truths before they are scored; see ``Registration``. Scores as both lie
    /// are kept too, as ``Measure/unregistered``.
    public var registers: Bool

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
        var tallies = methods.map { _ in MethodTally() }
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
}
