import Batch
import DICOMweb
import Hummingbird
import Imaging
import Trust
import Upscaling

/// What the page lets a person choose.
struct ViewerSettings: Encodable {
    /// A model, or a family of them, by the name that orders use.
    struct Model: Encodable {
        var name: String
        /// What it enlarges.
        var title: String
        /// How it answers what the image does not say.
        var kind: Kind
        /// Whether several samples of it can be drawn.
        var drawsSamples = false
    }

    /// In the order in which the page lists them.
    enum Kind: String, Encodable {
        case automatic, interpolation, faithful, adversarial, diffusion, flow

        init(_ metadata: ModelMetadata) {
            self =
                switch metadata.objective {
                case .fidelity: .faithful
                case .perception: .adversarial
                case .sampling: metadata.flow == nil ? .diffusion : .flow
                }
        }
    }

    var version = FoveaVersion.current
    var models: [Model]
    /// What models are calibrated for.
    var subjects: [String]
    var largestUpload: Int
    /// Where results can be sent to, by name and port.
    var archive: String?

    /// - Parameters:
    ///   - library: of shipped models.
    ///   - options: of the viewer.
    init(_ library: ModelLibrary, _ options: ViewerOptions) throws {
        largestUpload = options.largestUpload.bytes
        archive = options.archive?.host
        let known = try library.models()
        subjects = Set(try known.flatMap { try $0.calibrations }.map(\.subject)).sorted()
        models = EnlargementOrder.models(of: library).compactMap { name in
            switch name {
            case "auto": return Model(name: name, title: "auto: what fits the image", kind: .automatic)
            case "bicubic": return Model(name: name, title: "bicubic", kind: .interpolation)
            default:
                // A family stands for its members.
                let members = known.filter { ModelLibrary.family(of: $0.metadata.name) == name }
                guard let model = members.first else { return nil }
                let made = model.metadata.modalities.map(\.title).joined(separator: ", ")
                return Model(
                    name: name, title: "\(name)\(made.isEmpty ? "" : ": \(made)")", kind: Kind(model.metadata),
                    drawsSamples: model.metadata.drawsSamples)
            }
        }
    }
}

extension Modality {
    /// In words.
    fileprivate var title: String {
        switch self {
        case .chestXRay: "chest film"
        case .brainMRI: "brain MRI"
        case .ultrasound, .fundus, .skin, .general: rawValue
        }
    }
}
