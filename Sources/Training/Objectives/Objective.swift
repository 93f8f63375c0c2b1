import Imaging
import Networks
import ONNX
import Torch
import TorchNN
import Upscaling

/// What a run trains its network for. Each case's folder holds the rest: what it leaves open, its trainee, its export.
public enum Objective: Sendable, Equatable {
    /// The least distance to the truth, pixel by pixel.
    case regression
    /// Pixels first, then also a discriminator's judgement.
    case adversarial(AdversarialObjective)
    /// The denoising of a diffusion model; for the architecture `sr3`.
    case diffusion(DiffusionObjective)
    /// Images of nothing, as if they were the folder's; for the architecture `stylegan2`.
    case generation(GenerationObjective)
    /// The greatest likelihood of the truth under a flow; for the architecture `srflow`.
    case flow(FlowObjective)
    /// Where a finished network errs, said by a head of its own; for the architecture `foveola`.
    case doubt(DoubtObjective)

    /// What the case brings.
    public var learning: any LearningObjective {
        switch self {
        case .regression: RegressionObjective()
        case .adversarial(let objective): objective
        case .diffusion(let objective): objective
        case .generation(let objective): objective
        case .flow(let objective): objective
        case .doubt(let objective): objective
        }
    }
}

/// What a case of ``Objective`` brings: how a network learns it, how weights are judged on the way, and what model file they
/// become. The last two need no trainee, since a checkpoint has only weights.
public protocol LearningObjective: Sendable, Equatable {
    /// Its key in configurations; `nil` for what a run does that names none.
    static var key: String? { get }
    /// Whether it learns from whole images that lie alike: none is cut or turned, and those of another size are left out.
    var learnsFromWholeImages: Bool { get }
    /// Whether it must know what is taken for noise in the images.
    var learnsFromNoise: Bool { get }
    /// Whether the crops of a batch are to be of one folder.
    var learnsKindByKind: Bool { get }

    /// Whether a run can train for it.
    ///
    /// - Parameter configuration: of the run, all else of which is valid.
    /// - Throws: `ConfigurationError` with the first value that cannot be or contradicts another, its key as in the
    ///   configuration's own terms.
    func validate(in configuration: TrainingConfiguration) throws(ConfigurationError)

    /// - Parameters:
    ///   - configuration: of the run.
    ///   - initialWeights: the start of every weight whose name and shape agree; the others are drawn.
    ///   - device: what the networks and their training run on.
    /// - Throws: `TorchError`, or what reading a file that the objective names throws.
    func makeTrainee(
        _ configuration: TrainingConfiguration, initialWeights: [String: Tensor]?, on device: Device
    ) throws -> any Trainee

    /// What weights make of images, for validation: the same as whoever uses the model file gets.
    ///
    /// - Parameters:
    ///   - configuration: of the run.
    ///   - weights: ``Trainee/finalWeights``.
    ///   - device: what the network runs on.
    /// - Throws: `TorchError` where the weights are another network's.
    func makeRestorer(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], on device: Device
    ) throws -> Restorer

    /// The model file's network.
    ///
    /// - Parameters:
    ///   - configuration: of the run.
    ///   - weights: ``Trainee/finalWeights``.
    ///   - metadata: what the file will say about itself.
    /// - Throws: ``ExportError``, or `TorchError` where the weights are another network's.
    func makeModel(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], metadata: ModelMetadata
    ) throws -> ModelProto

    /// Adds to a model file's metadata what the objective alone knows, above all what the result must be taken for.
    ///
    /// - Parameters:
    ///   - metadata: of the network, as a faithful one.
    ///   - configuration: of the run.
    /// - Throws: `ConfigurationError` where the network is none that the objective knows.
    func describe(_ metadata: inout ModelMetadata, of configuration: TrainingConfiguration) throws

    /// What the model's card calls the loss.
    ///
    /// - Parameter configuration: of the run.
    func lossName(of configuration: TrainingConfiguration) -> String

    /// A row for the model's card on what else was learned than the least error; `nil` for nothing else.
    ///
    /// - Parameter configuration: of the run.
    func cardRow(of configuration: TrainingConfiguration) -> (title: String, text: String)?
}

/// What a network makes of the input of a pair, in 0…1 and as large as its target, given what it is told beside the image.
public typealias Restorer = (_ pair: TrainingPair, _ told: [Float]) throws -> Pixels

// What holds for every network that goes from image to image in one step.
extension LearningObjective {
    public var learnsFromWholeImages: Bool { false }
    public var learnsFromNoise: Bool { false }
    public var learnsKindByKind: Bool { false }

    public func makeRestorer(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], on device: Device
    ) throws -> Restorer {
        let network = try configuration.architecture.makeNetwork(Parameters(loading: weights, on: device))
        return { pair, told in configuration.architecture.restore(pair, told: told, with: network, on: device) }
    }

    public func makeModel(
        _ configuration: TrainingConfiguration, weights: [String: Tensor], metadata: ModelMetadata
    ) throws -> ModelProto {
        try ONNXExporter.export(configuration.architecture, Parameters(loading: weights), metadata: metadata)
    }

    public func lossName(of configuration: TrainingConfiguration) -> String { configuration.loss.rawValue }

    public func cardRow(of configuration: TrainingConfiguration) -> (title: String, text: String)? { nil }
}

extension Objective: Codable {
    private enum Key: String, CodingKey, CaseIterable {
        case adversarial, diffusion, generation, flow, doubt
    }

    /// Of a run's configuration itself, where an objective is the key of its case: `adversarial: {…}`. Regression is none.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        // Overrides take an objective away by `null`.
        let named = try Key.allCases.filter { try values.contains($0) && !values.decodeNil(forKey: $0) }
        guard named.count < 2 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath + [named[0]],
                    debugDescription:
                        "cannot stand beside \(named[1].rawValue); a run has one of them: leave out the other"))
        }
        switch named.first {
        case nil: self = .regression
        case .adversarial?: self = .adversarial(try values.decode(AdversarialObjective.self, forKey: .adversarial))
        case .diffusion?: self = .diffusion(try values.decode(DiffusionObjective.self, forKey: .diffusion))
        case .generation?: self = .generation(try values.decode(GenerationObjective.self, forKey: .generation))
        case .flow?: self = .flow(try values.decode(FlowObjective.self, forKey: .flow))
        case .doubt?: self = .doubt(try values.decode(DoubtObjective.self, forKey: .doubt))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        switch self {
        case .regression: break
        case .adversarial(let objective): try values.encode(objective, forKey: .adversarial)
        case .diffusion(let objective): try values.encode(objective, forKey: .diffusion)
        case .generation(let objective): try values.encode(objective, forKey: .generation)
        case .flow(let objective): try values.encode(objective, forKey: .flow)
        case .doubt(let objective): try values.encode(objective, forKey: .doubt)
        }
    }
}
