import Evaluation
import Foundation
import ImageQuality
import Imaging
import Networks
import Torch
import Upscaling

/// The comparison of Ahmad, Ali, Shah & Azmat, "A new generative adversarial network for medical images super resolution",
/// Scientific Reports 12:9533, 2022: bicubic, SRGAN and the multi-scale GAN at ×4, each also as it is after its stage on
/// pixels. The paper's code, settings and split are not public, so that there is nothing to stand beside these numbers.
public struct AhmadReproduction: Sendable {
    public var dataSet: DataSet
    public var root: URL
    /// Steps of the stage on pixels, and of the adversarial one after it.
    public var pixelSteps = 20_000
    public var adversarialSteps = 4_000
    /// Peak learning rate of the stage on pixels; it falls to nothing along a cosine. The paper's 1e-4 is meant for a
    /// training many times as long.
    public var learningRate = 5e-4
    public var batchSize = 16
    /// Side of the low-resolution crops.
    public var cropSize = 24
    public var precision = TrainingPrecision.bfloat16
    public var seed: UInt64 = 1
    /// Share of the images that is judged where the owner has no split.
    public var testShare = 0.2
    public var vgg19: String?
    public var limit: Int?
    /// Of each volume at most so many slices are judged.
    public var sliceLimit: Int? = 8

    public static let metrics: [Metric] = [.psnr, .ssim]

    public init(dataSet: DataSet, root: URL) {
        self.dataSet = dataSet
        self.root = root
    }

    /// - Parameter folder: receives the runs and the split.
    /// - Throws: ``TrainingError/configuration(_:)``, ``DataSetError``, `ImageFileError`.
    public func reproduction(in folder: URL, device: Device) throws -> Reproduction {
        var images = try dataSet.images(in: root)
        if let limit, images.count > limit {
            let all = images
            images = (0..<limit).map { all[(2 * $0 + 1) * all.count / (2 * limit)] }
        }
        let outer = DataSplit(images, validationShare: testShare, seed: seed)
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

        let color = try ImageFile.read(root.appendingPathComponent(outer.training[0])).header.colorModel
        let data = TrainingFolder(
            folder: root.path, modality: dataSet.modality, reduction: reduction, name: dataSet.layout.title,
            licence: dataSet.layout.source, split: split.path)
        return Reproduction(
            paper: "ahmad", systems: systems(channels: color.colorChannels, data, in: folder),
            evaluation: Evaluation(
                scale: 4, metrics: Self.metrics, seed: seed, reduction: reduction, sliceLimit: sliceLimit),
            testFiles: outer.validation.map { ($0, root.appendingPathComponent($0)) }, published: nil,
            choices: [
                """
                training: \(inner.training.count) images of \(dataSet.layout.title), batches of \(batchSize) crops of \
                \(cropSize)² input pixels, \(pixelSteps) steps on pixels from a learning rate of \(learningRate), then \
                \(adversarialSteps) adversarial, seed \(seed)
                """,
                "split: \(outer.rule)",
                vgg19 == nil
                    ? "content loss: the discriminator's features, since VGG-19's weights were not given"
                    : "content loss: VGG-19's φ5,4",
                "the paper's numbers, code and settings are not public; these are ours alone",
            ], folder: folder, device: device)
    }

    /// JPEG's traces in dermoscopic photographs are halved away.
    private var reduction: Int { dataSet == .isic ? 2 : 1 }

    private func systems(channels: Int, _ data: TrainingFolder, in folder: URL) -> [Reproduction.System] {
        let size = cropSize * 4
        return [
            (
                "SRGAN", Architecture.srresnet(.init(scale: 4, channels: channels)),
                DiscriminatorArchitecture.srgan(.init(channels: channels, size: size)), 0.0
            ),
            (
                "multi-scale GAN", .ahmad(.init(channels: channels)), .ahmad(.init(channels: channels, size: size)), 1.0
            ),
        ].flatMap { name, architecture, discriminator, pixelWeight in
            var configuration = TrainingConfiguration(
                architecture: architecture, scale: 4, data: [data], reductions: [1], batchSize: batchSize,
                cropSize: cropSize, steps: pixelSteps, learningRate: learningRate, loss: .mse, precision: precision,
                seed: seed, validationInterval: 1_000, checkpointInterval: 500)
            let onPixels = Reproduction.System(name: "\(name), on pixels", configuration: configuration)
            configuration.steps = adversarialSteps
            configuration.learningRate = 1e-4
            configuration.schedule = .constant
            var full = Reproduction.System(name: name, configuration: configuration)
            full.configuration.initialWeights =
                Reproduction.checkpoint(of: onPixels, in: folder).path
            full.configuration.adversarial = AdversarialConfiguration(
                discriminator: discriminator, pixelSteps: 0,
                content: .vgg19(.phi54, .squared, scale: VGG19.srganScale), pixelWeight: pixelWeight
            ).resolving(vgg19: vgg19)
            return [onPixels, full]
        }
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
}
