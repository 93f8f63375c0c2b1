import DataSets
import Evaluation
import Foundation
import Imaging
import Upscaling

/// What a comparison of trained systems is made on: a data set, the share of it that is judged, and how it is used.
public struct Comparison: Sendable {
    public var dataSet: DataSet
    public var root: URL
    /// What the images show, where the data set does not tell.
    public var modality: Modality?
    /// Share of the images that is judged where the owner has no split.
    public var testShare = 0.2
    /// A folder of images of other patients that are judged, all of them; `nil` judges a part of the data set.
    public var test: URL?
    /// A folder with a mask for each image, for systems that learn from masks. What has none is learned from by no system.
    public var priors: URL?
    /// The side in pixels that images are reduced to, whole: squares of one size that lie alike. `nil` leaves them as they
    /// are.
    public var side: Int?
    /// Uses at most so many images, evenly spread.
    public var limit: Int?
    /// Of each volume at most so many slices are judged.
    public var sliceLimit: Int? = 8
    public var precision = TrainingPrecision.auto
    public var seed: UInt64 = 1

    public init(dataSet: DataSet, root: URL) {
        self.dataSet = dataSet
        self.root = root
    }
}

/// The images of a data set: some to learn from, of which a part validates, and some to judge by that are never seen.
struct DividedDataSet {
    let training: TrainingFolder
    let trainingCount: Int
    /// Images of the folder that have no mask, where masks are asked for.
    let maskless: Int
    /// Images that are judged, by the names that results give them.
    let testFiles: [(name: String, url: URL)]
    /// By how much those are reduced before they serve as truth.
    let testReduction: Int
    /// How the images for judging were chosen.
    let rule: String
    let colorChannels: Int

    /// - Parameter folder: receives the splits.
    /// - Throws: ``TrainingError/configuration(_:)``, ``DataSetError``, `ImageFileError`.
    init(_ comparison: Comparison, in folder: URL) throws {
        let (dataSet, root, seed) = (comparison.dataSet, comparison.root, comparison.seed)
        let found = try dataSet.images(in: root)
        let masked = found.filter { comparison.hasMask($0) }
        maskless = found.count - masked.count
        let images = masked.evenlySpread(comparison.limit)
        let outer: DataSplit
        if let test = comparison.test {
            let judged = try dataSet.images(in: test)
            try Self.requireOtherPatients(judged, than: images)
            outer = DataSplit(
                rule: "all of \(test.lastPathComponent), a folder of its own", training: images.map(\.path),
                validation: judged.evenlySpread(comparison.limit).map(\.path))
        } else {
            outer = DataSplit(images, validationShare: comparison.testShare, seed: seed)
        }
        if let priors = comparison.priors, images.count < 2 {
            throw TrainingError.configuration(
                "\(priors.path): has masks for \(images.count) of the \(found.count) images in \(root.path); a mask has its image's name"
            )
        }
        guard outer.training.count > 1, !outer.validation.isEmpty else {
            throw TrainingError.configuration(
                "\(root.path): \(images.count) images cannot be split into some to learn from and some to judge")
        }
        let learned = Set(outer.training)
        let inner = DataSplit(drawnFrom: images.filter { learned.contains($0.path) }, validationShare: 0.1, seed: seed)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let split = folder.appendingPathComponent("split.json")
        try JSONEncoder.fovea.encode(inner).write(to: split, options: .atomic)
        try JSONEncoder.fovea.encode(outer).write(
            to: folder.appendingPathComponent("test-split.json"), options: .atomic)
        let first = try ImageFile.read(root.appendingPathComponent(outer.training[0]))
        colorChannels = first.header.colorModel.colorChannels
        training = TrainingFolder(
            folder: root.path, modality: comparison.modality ?? dataSet.modality,
            reduction: try comparison.reduction(of: outer.training, in: root), name: dataSet.layout.title,
            licence: dataSet.layout.source, split: split.path)
        trainingCount = inner.training.count
        let judgedRoot = comparison.test ?? root
        testReduction = try comparison.reduction(of: outer.validation, in: judgedRoot)
        testFiles = outer.validation.map { ($0, judgedRoot.appendingPathComponent($0)) }
        rule = outer.rule
    }

    private static func requireOtherPatients(_ judged: [DataSetImage], than learned: [DataSetImage]) throws {
        let shared = Set(learned.compactMap(\.patient)).intersection(judged.compactMap(\.patient))
        guard shared.isEmpty else {
            throw TrainingError.configuration(
                "\(shared.count) patients have images in both folders, \(shared.min()!) for one; keep each on one side")
        }
    }
}

extension Comparison {
    fileprivate func hasMask(_ image: DataSetImage) -> Bool {
        guard let priors else { return true }
        return (try? PriorMaps.file(of: image.path, in: priors.path)) != nil
    }

    /// By how much images are reduced before use.
    ///
    /// - Throws: ``TrainingError/configuration(_:)`` where ``side`` asks for whole images and one is no square, or of
    ///   another size than the first; `ImageFileError`.
    fileprivate func reduction(of paths: [String], in root: URL) throws -> Int {
        guard let side else { return dataSet.reduction }
        var length: Int?
        for path in paths {
            let url = root.appendingPathComponent(path)
            let header = try ImageFile.read(url).header
            guard header.width == header.height, header.width % side == 0, header.width == length ?? header.width
            else {
                throw TrainingError.configuration(
                    "\(url.path): \(header.width) × \(header.height) pixels; whole images are compared, squares of one size whose side is a multiple of \(side)"
                )
            }
            length = header.width
        }
        return length! / side
    }
}

extension DataSet {
    /// What its images show.
    public var modality: Modality {
        switch self {
        case .chestXRay14: .chestXRay
        case .drive, .stare: .fundus
        case .isic: .skin
        case .brats: .brainMRI
        case .camus: .ultrasound
        case .ffhq, .celebAHQ, .imageNet, .folder: .general
        }
    }

    /// By how much images are reduced before use: JPEG's traces in dermoscopic photographs are halved away.
    var reduction: Int { self == .isic ? 2 : 1 }
}
