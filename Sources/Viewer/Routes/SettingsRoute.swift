import Batch
import Hummingbird
import Imaging
import Trust
import Upscaling

/// What the page lets a person choose.
struct ViewerSettings: Encodable {
    /// A model, or a family of them, by the name that orders use.
    struct Model: Encodable {
        var name: String
        /// What it enlarges, and how.
        var title: String
    }

    var version = FoveaVersion.current
    var models: [Model]
    /// What models are calibrated for.
    var subjects: [String]
    var largestUpload: Int

    /// - Parameters:
    ///   - library: of shipped models.
    ///   - options: of the viewer.
    init(_ library: ModelLibrary, _ options: ViewerOptions) throws {
        largestUpload = options.largestUpload.bytes
        let known = try library.models()
        subjects = Set(try known.flatMap { try $0.calibrations }.map(\.subject)).sorted()
        models = EnlargementOrder.models(of: library).compactMap { name in
            switch name {
            case "auto": return Model(name: name, title: "auto: what fits the image")
            case "bicubic": return Model(name: name, title: "bicubic interpolation")
            default:
                // A family stands for its members.
                let members = known.filter { ModelLibrary.family(of: $0.metadata.name) == name }
                guard let model = members.first else { return nil }
                let made = model.metadata.modalities.map(\.rawValue).joined(separator: ", ")
                let invents = model.metadata.objective == .fidelity ? "" : "; invents detail"
                return Model(name: name, title: "\(name)\(made.isEmpty ? "" : ": \(made)")\(invents)")
            }
        }
    }
}
