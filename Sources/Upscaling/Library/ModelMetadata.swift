import Foundation

/// What a network expects, what it gives, and how it came to be.
///
/// Stored as JSON under ``key`` in the `metadata_props` of an ONNX file. For a network from elsewhere the same JSON lies
/// beside it (`model.onnx`, `model.json`); only ``scale`` and ``channels`` are required there:
///
///     {"scale": 4, "channels": 3, "valueRange": [0, 1], "input": "lowResolution"}
public struct ModelMetadata: Sendable, Equatable, Codable {
    /// The key of `metadata_props` that holds the JSON.
    public static let key = "fovea"
    /// The name of the input that takes ``conditions``.
    public static let conditionsTensor = "conditions"
    /// The name of the output of a network that ``doubts`` itself.
    public static let doubtTensor = "doubt"

    // MARK: How to use it

    /// What people call it: `fovea-chest-x4`. Empty: the file's name without `.onnx`.
    public var name: String
    /// Magnification along rows and columns.
    public var scale: Int
    /// Channels of the network's input and output: 1 for gray, 3 for red, green and blue.
    public var channels: Int
    public var input: NetworkInput
    public var output: NetworkOutput
    /// The range that an image's range is mapped to before the network sees it: 0…1, −1…1, 0…255.
    public var valueRange: ClosedRange<Float>
    public var normalization: Normalization
    /// How far a pixel of the network's *input* can lie from an output pixel's place and still change it, in input
    /// pixels along an axis; for a chain of 3 × 3 convolutions before the upsampling, their number. `nil`: not known or
    /// the whole image, as with attention.
    public var receptiveField: Int?
    /// Width and height that the network takes are multiples of this: the window of SwinIR, 8.
    public var paddingMultiple: Int
    /// Names of the tensors, where a file has several.
    public var inputTensor: String?
    public var outputTensor: String?
    /// What the network is told beside the image, in this order, as a second input named ``conditionsTensor`` of shape
    /// (batch, count); see ``LearnedCondition/share(of:)``. Empty: nothing.
    public var conditions: [LearnedCondition]
    /// Whether the network says where its result is to be doubted, in a second output named ``doubtTensor``: how many times as
    /// much as by the result's distance from interpolation, as a logarithm, one number a place of its input.
    public var doubts: Bool
    /// Set where the network is the denoiser of a diffusion model, which takes many runs an image.
    public var diffusion: DiffusionDescription?
    /// Set where the network is a flow, which draws an image from a latent.
    public var flow: FlowDescription?

    // MARK: How it came to be

    /// The network as its paper calls it, and its configuration as the training side wrote it.
    public var architecture: String?
    public var configuration: JSONValue?
    /// What its loss asked for; `auto` takes only what was asked to be faithful.
    public var objective: TrainingObjective
    /// What it was trained to see; what `auto` chooses by.
    public var modalities: [Modality]
    /// How low-resolution images were made in training, in words: "bicubic, antialiased (MATLAB imresize)".
    public var degradation: String?
    /// The standard deviations of the noise that its low-resolution images had and that it learned to leave as it is, in
    /// 255ths of the range. `nil`: it learned from images without noise, and sharpens what it takes for structure.
    public var noise: ClosedRange<Double>?
    public var trainingData: [TrainingData]
    public var steps: Int?
    public var seed: UInt64?
    public var scores: [Score]
    /// SHA-256 of the checkpoint it was exported from, lower-case hexadecimal.
    public var checkpointHash: String?
    /// Day of export, ISO 8601: `2026-11-21`.
    public var date: String?
    /// What it must not be used for.
    public var notFor: String?
    /// Calibrations of a bound on its errors, as the library Trust writes them.
    public var trust: [JSONValue]

    public init(
        name: String, scale: Int, channels: Int, input: NetworkInput = .lowResolution, output: NetworkOutput = .image,
        valueRange: ClosedRange<Float> = 0...1, normalization: Normalization = .standard, receptiveField: Int? = nil,
        paddingMultiple: Int = 1, inputTensor: String? = nil, outputTensor: String? = nil,
        conditions: [LearnedCondition] = [], doubts: Bool = false, diffusion: DiffusionDescription? = nil,
        flow: FlowDescription? = nil,
        architecture: String? = nil,
        configuration: JSONValue? = nil,
        objective: TrainingObjective = .fidelity,
        modalities: [Modality] = [], degradation: String? = nil, noise: ClosedRange<Double>? = nil,
        trainingData: [TrainingData] = [], steps: Int? = nil, seed: UInt64? = nil, scores: [Score] = [],
        checkpointHash: String? = nil, date: String? = nil, notFor: String? = nil, trust: [JSONValue] = []
    ) {
        self.name = name
        self.scale = scale
        self.channels = channels
        self.input = input
        self.output = output
        self.valueRange = valueRange
        self.normalization = normalization
        self.receptiveField = receptiveField
        self.paddingMultiple = paddingMultiple
        self.inputTensor = inputTensor
        self.outputTensor = outputTensor
        self.conditions = conditions
        self.doubts = doubts
        self.diffusion = diffusion
        self.flow = flow
        self.architecture = architecture
        self.configuration = configuration
        self.objective = objective
        self.modalities = modalities
        self.degradation = degradation
        self.noise = noise
        self.trainingData = trainingData
        self.steps = steps
        self.seed = seed
        self.scores = scores
        self.checkpointHash = checkpointHash
        self.date = date
        self.notFor = notFor
        self.trust = trust
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, scale, channels, input, output, valueRange, normalization, receptiveField, paddingMultiple
        case inputTensor, outputTensor, conditions, doubts, diffusion, flow, architecture, configuration, objective,
            modalities
        case degradation, noise
        case trainingData, steps, seed
        case scores, checkpointHash, date, notFor, trust
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try values.decodeIfPresent(String.self, forKey: .name) ?? "",
            scale: try values.decode(Int.self, forKey: .scale),
            channels: try values.decode(Int.self, forKey: .channels),
            input: try values.decodeIfPresent(NetworkInput.self, forKey: .input) ?? .lowResolution,
            output: try values.decodeIfPresent(NetworkOutput.self, forKey: .output) ?? .image,
            valueRange: try values.decodeIfPresent(ClosedRange<Float>.self, forKey: .valueRange) ?? 0...1,
            normalization: try values.decodeIfPresent(Normalization.self, forKey: .normalization) ?? .standard,
            receptiveField: try values.decodeIfPresent(Int.self, forKey: .receptiveField),
            paddingMultiple: try values.decodeIfPresent(Int.self, forKey: .paddingMultiple) ?? 1,
            inputTensor: try values.decodeIfPresent(String.self, forKey: .inputTensor),
            outputTensor: try values.decodeIfPresent(String.self, forKey: .outputTensor),
            conditions: try values.decodeIfPresent([LearnedCondition].self, forKey: .conditions) ?? [],
            doubts: try values.decodeIfPresent(Bool.self, forKey: .doubts) ?? false,
            diffusion: try values.decodeIfPresent(DiffusionDescription.self, forKey: .diffusion),
            flow: try values.decodeIfPresent(FlowDescription.self, forKey: .flow),
            architecture: try values.decodeIfPresent(String.self, forKey: .architecture),
            configuration: try values.decodeIfPresent(JSONValue.self, forKey: .configuration),
            objective: try values.decodeIfPresent(TrainingObjective.self, forKey: .objective) ?? .fidelity,
            modalities: try values.decodeIfPresent([Modality].self, forKey: .modalities) ?? [],
            degradation: try values.decodeIfPresent(String.self, forKey: .degradation),
            noise: try values.decodeIfPresent(ClosedRange<Double>.self, forKey: .noise),
            trainingData: try values.decodeIfPresent([TrainingData].self, forKey: .trainingData) ?? [],
            steps: try values.decodeIfPresent(Int.self, forKey: .steps),
            seed: try values.decodeIfPresent(UInt64.self, forKey: .seed),
            scores: try values.decodeIfPresent([Score].self, forKey: .scores) ?? [],
            checkpointHash: try values.decodeIfPresent(String.self, forKey: .checkpointHash),
            date: try values.decodeIfPresent(String.self, forKey: .date),
            notFor: try values.decodeIfPresent(String.self, forKey: .notFor),
            trust: try values.decodeIfPresent([JSONValue].self, forKey: .trust) ?? [])
    }

    /// The JSON for `metadata_props`, keys sorted so that equal metadata are equal bytes.
    public var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}

/// What a network takes.
public enum NetworkInput: String, Sendable, Codable, CaseIterable {
    /// The image as it is; the network enlarges.
    case lowResolution
    /// The image enlarged by bicubic interpolation beforehand, as SRCNN and VDSR take it.
    case bicubicUpscaled
}

/// What a network gives.
public enum NetworkOutput: String, Sendable, Codable, CaseIterable {
    /// The enlarged image.
    case image
    /// What must be added to the bicubic enlargement of the input. The sum is made outside of the network in Float32, so
    /// that inference in bfloat16 never touches the low frequencies of a 16-bit image.
    case residual
}

/// How stored samples become the range that a network was trained on.
public enum Normalization: Sendable, Equatable {
    /// The range that the image's file declares, such as 0…4095 for 12 bits stored. Floating point declares none: there
    /// it is ``standard``.
    case declaredRange
    /// The declared range where samples are 8-bit or the image fills at least a quarter of it, and otherwise the
    /// range between two percentiles of the image.
    case robustPercentile(lower: Double, upper: Double)

    /// The percentiles 0.1 and 99.9.
    public static let standard = Normalization.robustPercentile(lower: 0.1, upper: 99.9)
}

extension Normalization: Codable {
    private enum CodingKeys: String, CodingKey { case robustPercentile }

    /// `"declaredRange"` or `{"robustPercentile": [0.1, 99.9]}`.
    public init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            guard word == "declaredRange" else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription:
                            #""\#(word)" is neither "declaredRange" nor {"robustPercentile": [0.1, 99.9]}"#))
            }
            self = .declaredRange
            return
        }
        let percentiles = try decoder.container(keyedBy: CodingKeys.self)
            .decode(ClosedRange<Double>.self, forKey: .robustPercentile)
        guard percentiles.lowerBound >= 0, percentiles.upperBound <= 100 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "percentiles lie between 0 and 100"))
        }
        self = .robustPercentile(lower: percentiles.lowerBound, upper: percentiles.upperBound)
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .declaredRange:
            var container = encoder.singleValueContainer()
            try container.encode("declaredRange")
        case .robustPercentile(let lower, let upper):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(lower...upper, forKey: .robustPercentile)
        }
    }
}

/// What a network's loss asked for.
public enum TrainingObjective: String, Sendable, Codable, CaseIterable {
    /// The least error, pixel by pixel: what cannot be known stays smooth.
    case fidelity
    /// The look of a sharp image: what cannot be known is invented, by an adversarial or perceptual loss.
    case perception
    /// Draws from what the image might be; each sample invents, and samples differ.
    case sampling
}

/// What kind of picture a network was trained to see.
public enum Modality: String, Sendable, Codable, CaseIterable {
    case chestXRay, brainMRI, ultrasound, fundus, skin
    /// Everything else and all together.
    case general
}

/// A set of images that a network learned from.
public struct TrainingData: Sendable, Equatable, Codable {
    public var name: String
    public var images: Int?
    public var licence: String?
    public var source: String?

    public init(name: String, images: Int? = nil, licence: String? = nil, source: String? = nil) {
        self.name = name
        self.images = images
        self.licence = licence
        self.source = source
    }
}

/// How a network did on images kept aside, with bicubic interpolation beside it. PSNR in dB; SSIM as Wang 2004.
public struct Score: Sendable, Equatable, Codable {
    /// The validation set: "brain MRI, 40 slices of other patients".
    public var dataset: String
    public var psnr: Double
    public var ssim: Double
    public var bicubicPSNR: Double
    public var bicubicSSIM: Double

    public init(dataset: String, psnr: Double, ssim: Double, bicubicPSNR: Double, bicubicSSIM: Double) {
        self.dataset = dataset
        self.psnr = psnr
        self.ssim = ssim
        self.bicubicPSNR = bicubicPSNR
        self.bicubicSSIM = bicubicSSIM
    }
}
