import DataSets
import Evaluation
import Foundation
import ImageQuality
import Imaging
import Networks
import Torch
import TorchNN
import Upscaling

/// Table 1 of Saeedi, "Single Image Super-resolution for Chest X-ray Images": VDSR, SRGAN and their hybrid, trained in 6
/// epochs of batches of 4 on 300 films of NIH ChestX-ray14 that were reduced from 1024 to 256 pixels, magnifying by 4.
/// Bicubic interpolation, which the paper leaves out, stands beside them. What the paper leaves open is decided in
/// `docs/decisions/0010-reproductions.md`.
public struct SaeediReproduction: Sendable {
    /// Films for training and for judging, of 1024 × 1024 pixels, or of 256 × 256 that were reduced before.
    public var training: URL
    public var test: URL
    public var epochs = 6
    public var batchSize = 4
    /// Side of the crops that are learned from, in pixels of the 256: SRGAN's by default. 256 for whole films.
    public var cropSize = 96
    public var precision = TrainingPrecision.float32
    public var seed: UInt64 = 1
    /// VGG-19's weights, for SRGAN's loss as the paper has it. Without them pixels are compared.
    public var vgg19: String?
    /// Of each side at most so many films, evenly spread.
    public var limit: Int?

    public static let metrics: [Metric] = [.psnr, .uqiSewar, .uqi, .ssimUniform, .ssim, .multiScaleSSIM]
    /// Side of the ground truth.
    private static let length = 256

    public init(training: URL, test: URL) {
        self.training = training
        self.test = test
    }

    /// - Parameters:
    ///   - folder: receives the runs.
    ///   - device: what the systems are trained on.
    /// - Throws: ``TrainingError/configuration(_:)``, `DataSetError`, `ImageFileError`, where the films do not fit.
    public func reproduction(in folder: URL, device: Device) throws -> Reproduction {
        let films = try DataSet.recognized(at: training).images(in: training)
        let testFilms = try DataSet.recognized(at: test).images(in: test)
        let shared = Set(films.compactMap(\.patient)).intersection(testFilms.compactMap(\.patient))
        guard shared.isEmpty else {
            throw TrainingError.configuration(
                "\(shared.count) patients have films in both folders, \(shared.min()!) for one; keep each on one side")
        }
        let (reduction, testReduction) = (
            try reduction(of: films, in: training), try reduction(of: testFilms, in: test)
        )
        let used = films.evenlySpread(limit)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let split = folder.appendingPathComponent("split.json")
        try JSONEncoder.fovea.encode(
            DataSplit(
                rule: "all films of the folder\(limit == nil ? "" : ", thinned"); those that are judged lie elsewhere",
                training: used.map(\.path), validation: [])
        ).write(to: split, options: .atomic)
        let data = TrainingFolder(
            folder: training.path, modality: .chestXRay, reduction: reduction, name: DataSet.chestXRay14.layout.title,
            licence: DataSet.chestXRay14.layout.source, split: split.path)
        let steps = epochs * ((used.count + batchSize - 1) / batchSize)
        return Reproduction(
            paper: "saeedi",
            systems: [
                .init(name: "VDSR", configuration: vdsr(data, steps: steps)),
                .init(
                    name: "SRGAN",
                    configuration: adversarial(.srresnet(.init(scale: 4)), channels: 1, data, steps: steps)),
                .init(
                    name: "New Method", configuration: adversarial(.saeedi(.init()), channels: 3, data, steps: steps)),
            ],
            evaluation: Evaluator(
                scale: 4, metrics: Self.metrics, seed: seed, reduction: testReduction, limit: limit, border: 0),
            testFiles: testFilms.map { ($0.path, test.appendingPathComponent($0.path)) },
            published: [.saeedi], choices: choices(films: used.count, steps: steps), folder: folder, device: device)
    }

    /// VDSR's own training: momentum 0.1, clipped gradients, a tenth of the rate every 20 epochs, or every quarter of a
    /// training beyond its 80 epochs.
    private func vdsr(_ data: TrainingFolder, steps: Int) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: .vdsr(.init()), scale: 4, data: [data], reductions: [1], validationShare: 0,
            batchSize: batchSize, cropSize: cropSize, steps: steps, learningRate: 0.1,
            schedule: .steps(interval: steps / epochs * max(20, epochs / 4), factor: 0.1), optimizer: .momentum,
            loss: .mse, averageDecay: 0, precision: precision, seed: seed, validationInterval: steps,
            checkpointInterval: 100)
    }

    /// SRGAN's loss from the first step on: the paper names no stage on pixels before it.
    private func adversarial(
        _ architecture: Architecture, channels: Int, _ data: TrainingFolder, steps: Int
    ) -> TrainingConfiguration {
        TrainingConfiguration(
            architecture: architecture,
            objective: .adversarial(
                .init(
                    discriminator: .srgan(.init(channels: channels, size: cropSize)), pixelSteps: 0,
                    content: vgg19 == nil ? .pixels : .vgg19(.phi54, .squared, scale: VGG19.srganScale), vgg19: vgg19)),
            scale: 4, data: [data], reductions: [1], validationShare: 0, batchSize: batchSize, cropSize: cropSize / 4,
            steps: steps, learningRate: 1e-4, schedule: .constant,
            optimizer: .adam, loss: .mse, averageDecay: 0, precision: precision, seed: seed, validationInterval: steps,
            checkpointInterval: 100)
    }

    private func choices(films: Int, steps: Int) -> [String] {
        [
            "training: \(films) films, \(epochs) epochs, batches of \(batchSize) crops of \(cropSize)² pixels, \(steps) steps, seed \(seed)",
            vgg19 == nil
                ? "content loss of SRGAN and New Method: squared error of pixels, since VGG-19's weights were not given"
                : "content loss of SRGAN and New Method: VGG-19's φ5,4",
            "metrics: whole images, no border left out",
        ]
    }

    /// 4 for films of 1024, 1 for films of 256.
    private func reduction(of films: [DataSetImage], in folder: URL) throws -> Int {
        var reductions: Set<Int> = []
        for film in films.evenlySpread(limit) {
            let header = try ImageFile.read(folder.appendingPathComponent(film.path)).header
            guard header.width == header.height, header.width == Self.length || header.width == 4 * Self.length else {
                throw TrainingError.configuration(
                    "\(folder.path)/\(film.path): \(header.width) × \(header.height) pixels; films of 1024² or 256² are taken"
                )
            }
            reductions.insert(header.width / Self.length)
        }
        guard reductions.count == 1 else {
            throw TrainingError.configuration("\(folder.path): holds films of 1024² and of 256²; keep one size")
        }
        return reductions.first!
    }
}
