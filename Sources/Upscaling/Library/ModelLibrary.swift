import Dispatch
import Foundation
import Imaging
import Synchronization

/// A folder of model files, `NAME-xSCALE.onnx`, each with a card `NAME-xSCALE.md` that says what it learned from, how it
/// does, and what it must not be used for. Models that differ in scale alone are a *family* named `NAME`.
public struct ModelLibrary: Sendable {
    public let folder: URL
    private let shelf = Shelf()

    public init(folder: URL) {
        self.folder = folder
    }

    /// What ships with Fovea: in `share/fovea/Models` of the place the running program is installed in, or in the package's
    /// resources.
    public static let shipped: ModelLibrary = {
        let programs = Bundle.main.bundleURL
        let installed = programs.deletingLastPathComponent().appendingPathComponent("share/fovea/Models")
        let isInstalled = FileManager.default.fileExists(atPath: installed.path)
        return ModelLibrary(folder: isInstalled ? installed : Bundle.module.bundleURL.appendingPathComponent("Models"))
    }()

    /// The models' names, sorted.
    public var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// All models, by name.
    public func models() throws(ModelError) -> [ModelFile] {
        var result: [ModelFile] = []
        for name in names { result.append(try model(name)) }
        return result
    }

    /// The card of a model, Markdown.
    public func card(of name: String) -> String? {
        try? String(contentsOf: folder.appendingPathComponent("\(name).md"), encoding: .utf8)
    }

    /// The model `name`, or all models of the family `name`.
    ///
    /// - Throws: ``ModelError/unknownModel(name:known:)``.
    public func models(named name: String) throws(ModelError) -> [ModelFile] {
        let names = names
        let found = names.filter { $0 == name || Self.family(of: $0) == name }
        guard !found.isEmpty else { throw .unknownModel(name: name, known: names) }
        var result: [ModelFile] = []
        for name in found { result.append(try model(name)) }
        return result
    }

    /// The name without what its scale adds: `fovea-chest` for `fovea-chest-x4`.
    public static func family(of name: String) -> String {
        guard let mark = name.range(of: "-x", options: .backwards), Int(name[mark.upperBound...]) != nil else {
            return name
        }
        return String(name[..<mark.lowerBound])
    }

    private func model(_ name: String) throws(ModelError) -> ModelFile {
        try shelf.model(name, in: folder)
    }

    // MARK: Choosing

    /// Models for an image, and why these.
    public struct Choice: Sendable {
        /// One family.
        public var models: [ModelFile]
        /// One line for a person.
        public var reason: String
    }

    /// The family that fits an image: trained on its modality where the file states one, and otherwise the general one;
    /// of several, the one that has a network of just this scale and these channels.
    ///
    /// Models that invent and models that are made for nothing in particular are only taken by name.
    ///
    /// A DICOM file states its modality; one without a model of its own goes to the general one. A NIfTI file does not; it
    /// is taken for the brain MRI that most of them are. A picture that states nothing may show anything: it gets the general
    /// model.
    ///
    /// Where the general model has learned to leave grain alone, models that have not are taken by name alone. In a library
    /// where it has not, the models are tried on a picture that states nothing, reduced once more, and the one that restores
    /// it best is taken.
    ///
    /// Codes go through no network, whatever is chosen; the choice says so.
    ///
    /// - Parameters:
    ///   - image: the image to enlarge.
    ///   - scale: the magnification wanted.
    ///   - load: makes an upscaler of a family's models; a caller that keeps loaded ones hands them out here. It is
    ///     called on several threads at once.
    /// - Throws: ``ModelError/unknownModel(name:known:)`` where there is no model for everything.
    public func choose(
        for image: Image, scale: Double,
        load: @Sendable ([ModelFile]) throws -> Upscaler = { try Upscaler(models: $0) }
    ) throws -> Choice {
        let faithful = try candidates()
        let (modality, statement) = Self.modality(of: image)
        let leavingGrain = Self.leavingGrain(among: faithful, scale: scale)
        let models = leavingGrain ?? faithful
        // What works best on one picture is no evidence against what its file states.
        if modality == nil, leavingGrain == nil,
            let choice = try tried(models, on: image, scale: scale, load: load)
        {
            return choice
        }
        let channels = image.header.colorModel.colorChannels
        for wanted in [modality ?? .general, .general] {
            let candidates = models.filter { $0.metadata.modalities.contains(wanted) }
            let fitting = candidates.sorted { left, right in
                func rank(_ model: ModelFile) -> (Int, Int, Int, String) {
                    (
                        Double(model.metadata.scale) == scale ? 0 : 1, model.metadata.channels == channels ? 0 : 1,
                        // A network for one kind of picture knows it better than one for several.
                        model.metadata.modalities.count, model.metadata.name
                    )
                }
                return rank(left) < rank(right)
            }
            guard let best = fitting.first else { continue }
            let family = Self.family(of: best.metadata.name)
            let members = faithful.filter { Self.family(of: $0.metadata.name) == family }
            let reason =
                image.header.meaning != .quantity
                ? statement
                : wanted == modality ?? .general
                    ? "\(family): \(statement)" : "\(family): \(statement), and no model is there for that alone"
            return Choice(models: members, reason: reason)
        }
        throw ModelError.unknownModel(name: "auto", known: models.map(\.metadata.name))
    }

    /// The models that ``choose(for:scale:load:)`` chooses from: nobody gets an invented image without having asked for one.
    ///
    /// - Throws: ``ModelError`` where a model cannot be read.
    public func candidates() throws(ModelError) -> [ModelFile] {
        try models().filter { $0.metadata.objective == .fidelity && !$0.metadata.modalities.isEmpty }
    }

    /// The models that have learned to leave grain alone, `nil` where there is none for everything at this scale.
    private static func leavingGrain(among models: [ModelFile], scale: Double) -> [ModelFile]? {
        let working = workingScale(models, for: scale)
        let leaving = models.filter { $0.metadata.noise != nil && $0.metadata.scale == working }
        return leaving.contains { $0.metadata.modalities.contains(.general) } ? leaving : nil
    }

    /// The scale of the network that does the work: the least one that reaches `scale`, or the largest there is.
    private static func workingScale(_ models: [ModelFile], for scale: Double) -> Int? {
        let scales = Set(models.map(\.metadata.scale)).sorted()
        return scales.first { Double($0) >= scale } ?? scales.last
    }

    /// The family that restores the image best from its own reduction, `nil` where there is nothing to compare.
    private func tried(
        _ models: [ModelFile], on image: Image, scale: Double, load: @Sendable ([ModelFile]) throws -> Upscaler
    ) throws -> Choice? {
        guard let tryScale = Self.workingScale(models, for: scale) else { return nil }
        let candidates = models.filter { $0.metadata.scale == tryScale }
        guard candidates.count > 1, let trial = ModelTrial(image, scale: tryScale) else { return nil }
        let families = candidates.map { candidate in
            models.filter { Self.family(of: $0.metadata.name) == Self.family(of: candidate.metadata.name) }
        }
        // Loading a network takes longer than trying it, and one core.
        let trials = Mutex<[Int: Result<Double, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: families.count) { index in
            let error = Result { try trial.error(of: .networks(try load(families[index]))) }
            trials.withLock { $0[index] = error }
        }
        let errors = try trials.withLock { trials in try families.indices.map { try trials[$0]!.get() } }
        // Of equals the first.
        guard let best = errors.indices.min(by: { errors[$0] < errors[$1] }) else { return nil }
        let gain = try 10 * log10(trial.error(of: .bicubic) / max(errors[best], .leastNormalMagnitude))
        let name = Self.family(of: families[best][0].metadata.name)
        return Choice(
            models: families[best],
            reason: String(
                format: "%@: of %d models it best restores this picture from its own reduction, %+.1f dB to bicubic",
                name, candidates.count, gain))
    }

    /// What an image shows, as far as its file says, in words for ``Choice/reason``; `nil` where it says nothing.
    private static func modality(of image: Image) -> (Modality?, statement: String) {
        if let codes = image.header.meaning.codesStatement {
            return (.general, "codes (\(codes)), repeated by nearest neighbour without any network")
        }
        switch image.header.source {
        case .dicom(let source):
            // Defined terms of Modality (0008,0060), PS3.3 C.7.3.1.1.1.
            switch source.modality {
            case "CR", "DX", "RF", "RG", "MG", "XA":
                return (.chestXRay, "DICOM modality \(source.modality!), a radiograph")
            case "MR": return (.brainMRI, "DICOM modality MR")
            case "US", "IVUS": return (.ultrasound, "DICOM modality \(source.modality!), ultrasound")
            case "OP", "OPT", "OPV": return (.fundus, "DICOM modality \(source.modality!), an image of the eye")
            case "DMS", "GM", "XC": return (.skin, "DICOM modality \(source.modality!), a photograph")
            case let other?: return (.general, "DICOM modality \(other) has no model of its own")
            case nil: return (nil, "the DICOM file states no modality")
            }
        case .nifti: return (.brainMRI, "a NIfTI file, taken for MRI")
        case .picture, .memory: return (nil, "a picture that does not say what it shows")
        }
    }
}

/// The models of a library that have been read, so that a folder of images reads each once.
private final class Shelf: Sendable {
    private let models = Mutex<[String: ModelFile]>([:])

    func model(_ name: String, in folder: URL) throws(ModelError) -> ModelFile {
        try models.withLock { models throws(ModelError) in
            if let model = models[name] { return model }
            let model = try ModelFile(contentsOf: folder.appendingPathComponent("\(name).onnx"))
            models[name] = model
            return model
        }
    }
}
