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
    /// Images that are judged, by the names that results give them.
    let testFiles: [(name: String, url: URL)]
    /// How the images for judging were chosen.
    let rule: String
    let colorChannels: Int

    /// - Parameter folder: receives the splits.
    /// - Throws: ``TrainingError/configuration(_:)``, ``DataSetError``, `ImageFileError`.
    init(_ comparison: Comparison, in folder: URL) throws {
        let (dataSet, root, seed) = (comparison.dataSet, comparison.root, comparison.seed)
        let images = try dataSet.images(in: root).evenlySpread(comparison.limit)
        let outer = DataSplit(images, validationShare: comparison.testShare, seed: seed)
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
            folder: root.path, modality: comparison.modality ?? dataSet.modality, reduction: dataSet.reduction,
            name: dataSet.layout.title, licence: dataSet.layout.source, split: split.path)
        trainingCount = inner.training.count
        testFiles = outer.validation.map { ($0, root.appendingPathComponent($0)) }
        rule = outer.rule
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
