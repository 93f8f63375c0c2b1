import Foundation
import Torch
import TorchNN
import Upscaling

/// What a run tells whoever watches it.
public enum TrainingEvent: Sendable {
    case loaded(sets: [(modality: String, training: Int, validation: Int)], parameters: Int)
    /// What of a folder is not used; only where there is something.
    case leftOut(folder: String, TrainingSet.LeftOut)
    case resumed(step: Int)
    case stepped(step: Int, of: Int, losses: [(name: String, value: Float)], secondsLeft: Double)
    case validated(step: Int, scores: [ValidationScore])
    case saved(step: Int, url: URL)
}

/// What a watcher answers.
public enum TrainingDecision: Sendable {
    case proceed
    /// Write a checkpoint and return.
    case stop
}

/// A training run in a folder of its own: `checkpoint.safetensors`, `configuration.json`, `manifest.json`, `split.json`,
/// `losses.csv`, `validation.csv`.
public struct TrainingRun {
    /// With the precision that is computed in.
    public let configuration: TrainingConfiguration
    /// Why that precision, to follow its name.
    public let precisionReason: String
    public let folder: URL
    public let device: Device
    /// That the program was built of, for the manifest.
    public let commit: String?

    /// - Parameters:
    ///   - configuration: what to train, on what and how.
    ///   - folder: the run's own, made where it is missing.
    ///   - device: what networks and their training run on.
    ///   - commit: that the program was built of, for the manifest; `nil` where that is not known.
    /// - Throws: ``TrainingError/invalid(_:)``, or `TorchError/deviceUnavailable(_:reason:)`.
    public init(
        _ configuration: TrainingConfiguration, folder: URL, device: Device = .cpu, commit: String? = nil
    ) throws {
        try configuration.validate()
        try device.prepare()
        let (precision, reason) = configuration.precision.resolved(on: device)
        var configuration = configuration
        configuration.precision = precision
        self.configuration = configuration
        precisionReason = reason
        self.folder = folder
        self.device = device
        self.commit = commit
    }

    public var checkpointURL: URL { folder.appendingPathComponent("checkpoint.safetensors") }

    /// Trains to the last step, from the folder's checkpoint where there is one and `resume` is set.
    ///
    /// - Parameters:
    ///   - resume: goes on from the folder's checkpoint, if any; where unset, a checkpoint there is an error.
    ///   - observe: called after each event; may stop the run, which can then be resumed.
    public func run(
        resume: Bool, observe: (TrainingEvent) -> TrainingDecision = { _ in .proceed }
    ) throws {
        let exists = FileManager.default.fileExists(atPath: checkpointURL.path)
        guard resume || !exists else { throw TrainingError.runExists(path: folder.path) }
        let checkpoint = exists ? try Checkpoint(contentsOf: checkpointURL) : nil
        if let checkpoint, checkpoint.configuration != configuration {
            throw TrainingError.badCheckpoint(
                path: checkpointURL.path, reason: "belongs to another configuration; resume without options")
        }
        let initial = try configuration.initialWeights.map {
            try InitialWeights(contentsOf: URL(fileURLWithPath: $0))
        }
        let sets = try TrainingImages(configuration).load()
        let trainee = try configuration.makeTrainee(initialWeights: initial?.tensors, on: device)
        var sampler = try BatchSampler(sets, configuration: configuration)
        let validation = Validation(configuration: configuration, sets: sets, device: device)
        var scores = checkpoint?.scores ?? []
        var start = 0
        if let checkpoint {
            try trainee.restore(checkpoint.state)
            sampler.generator = checkpoint.generator
            start = checkpoint.step
        }
        var manifest = try TrainingManifest(sets, of: self, step: start)
        if start > 0 { manifest = try manifest.continuing(runIn: folder) }
        let log = try RunLog(folder: folder, configuration: configuration, splits: sets, keepingStepsBefore: start)
        _ = observe(
            .loaded(
                sets: sets.map { ($0.folder.modality.rawValue, $0.training.count, $0.validation.count) },
                parameters: trainee.finalWeights.values.reduce(0) { $0 + $1.count }))
        try manifest.write(to: folder)
        for set in sets where !set.leftOut.isEmpty { _ = observe(.leftOut(folder: set.folder.folder, set.leftOut)) }
        if start > 0 { _ = observe(.resumed(step: start)) }

        var clock = StepClock()
        for step in start..<configuration.steps {
            let losses = try trainee.step(sampler.next(on: device), step: step)
            guard losses.allSatisfy({ $0.value.isFinite }) else { throw TrainingError.diverged(step: step) }
            let done = step + 1
            clock.tick()
            try log.append(losses, step: done)
            var decision = observe(
                .stepped(
                    step: done, of: configuration.steps, losses: losses,
                    secondsLeft: clock.secondsPerStep * Double(configuration.steps - done)))
            let isLast = done == configuration.steps
            if done % configuration.validationInterval == 0 || isLast {
                scores = try validation(trainee.finalWeights)
                try log.append(scores, step: done)
                if case .stop = observe(.validated(step: done, scores: scores)) { decision = .stop }
                clock.restart()
            }
            var stops = false
            if case .stop = decision { stops = true }
            if done % configuration.checkpointInterval == 0 || isLast || stops {
                try Checkpoint(
                    configuration: configuration, step: done, state: trainee.state, finalWeights: trainee.finalWeights,
                    generator: sampler.generator, scores: scores,
                    history: initial?.stages ?? [], ancestor: initial?.ancestor
                ).write(to: checkpointURL)
                _ = observe(.saved(step: done, url: checkpointURL))
            }
            if isLast || stops { try log.finish(step: done) }
            if stops { return }
        }
    }
}

/// Seconds a step, smoothed.
private struct StepClock {
    private var last = ContinuousClock.now
    private(set) var secondsPerStep = 0.0

    mutating func tick() {
        let now = ContinuousClock.now
        let seconds = Double((now - last).components.attoseconds) * 1e-18 + Double((now - last).components.seconds)
        secondsPerStep = secondsPerStep == 0 ? seconds : 0.98 * secondsPerStep + 0.02 * seconds
        last = now
    }

    /// What happened since the last step was no step.
    mutating func restart() { last = .now }
}
