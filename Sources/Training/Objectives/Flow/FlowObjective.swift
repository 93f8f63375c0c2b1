import Foundation
import Imaging
import Networks
import Torch
import TorchNN
import Upscaling

/// How a flow is trained: by the likelihood that it gives to the truth, and by nothing else (Lugmayr et al. 2020).
public struct FlowObjective: Codable, Sendable, Equatable {
    /// Share of the run's steps before the enlarging network inside it is trained too, 0 to 1; until then it stays as the
    /// run began with it. A half as published; 1 for a network that has learned all it can.
    public var frozenShare: Double
    /// Width of the uniform noise that truths are given, as a share of the range, so that no density is infinite where images
    /// are of one value, such as their background.
    public var noise: Double
    /// What the model file advises to draw at, and validation draws at; 0 to 1.
    public var temperature: Double

    public init(frozenShare: Double = 0.5, noise: Double = 1.0 / 32, temperature: Double = 0.9) {
        self.frozenShare = frozenShare
        self.noise = noise
        self.temperature = temperature
    }
}

extension FlowObjective: LearningObjective {
    public static let key: String? = "flow"

    public func validate(in configuration: TrainingConfiguration) throws(ConfigurationError) {
        _ = try configuration.flow
        try Requirement.within(0...1, "frozenShare", frozenShare)
        try Requirement.within(0...1, "noise", noise)
        try Requirement.within(0...1, "temperature", temperature)
        guard frozenShare < 1 || configuration.initialWeights != nil else {
            throw ConfigurationError(
                "frozenShare",
                "is 1, so that the enlarging network never learns, and the run begins with no network's weights: "
                    + "give those of a foveola with --from, or a smaller share")
        }
        guard configuration.precision == .float32 else {
            throw ConfigurationError(
                "precision",
                "is \(configuration.precision.rawValue); a flow computes in float32 alone: set the run's precision to it"
            )
        }
    }

    public func makeTrainee(
        _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]?, on device: Device
    ) throws -> any Trainee {
        try FlowTrainee(configuration, configuration.flow, self, initialWeights: initialWeights, on: device)
    }

    public func makeRestorer(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], on device: Device
    ) throws -> Restorer {
        let architecture = try configuration.flow
        let network = try SRFlow(stored: weights, architecture, on: device)
        return { pair, _ in
            // The first draw that whoever uses the model file gets of this seed.
            var generator = SeededGenerator(seed: configuration.seed, stream: 0)
            let latent = Pixels.noise(
                width: pair.input.width, height: pair.input.height, channels: architecture.latentChannels,
                using: &generator)
            let residual = TorchRuntime.withoutGradients {
                let low = Tensor.images(pair.input, sidesMultiplesOf: 1, on: device)
                return network.residual(
                    of: .images(latent, sidesMultiplesOf: 1, on: device) * temperature, given: network.condition(low)
                ).values
            }
            var result = pair.bicubic
            for index in result.samples.indices { result.samples[index] += residual[index] }
            return result
        }
    }

    public func lossName(of configuration: TrainingConfiguration) -> String { "negative log-likelihood" }

    public func cardRow(of configuration: TrainingConfiguration) -> (title: String, text: String)? {
        let frozen = Int((Double(configuration.steps) * frozenShare).rounded())
        let encoder =
            frozen >= configuration.steps
            ? "which stays as it was" : "which is trained too after \(frozen) of \(configuration.steps) steps"
        return (
            "Flow",
            "of what the enlarging network leaves, \(encoder); noise \(noise) of the range; scored at temperature "
                + "\(temperature)"
        )
    }
}

extension TrainingConfiguration {
    /// The network of a flow's run.
    var flow: SRFlow.Configuration {
        get throws(ConfigurationError) {
            guard let flow = architecture.configuration as? SRFlow.Configuration else {
                throw ConfigurationError(
                    "temperature", "is for the architecture srflow alone, not \(architecture.name)")
            }
            return flow
        }
    }
}

extension SRFlow {
    init(stored weights: [String: Tensor], _ configuration: Configuration, on device: Device = .cpu) throws {
        let parameters = Parameters(loading: weights, on: device)
        try self.init(parameters.root, configuration)
        try parameters.requireAllUsed()
    }
}
