import Evaluation
import Foundation
import Imaging
import Upscaling

/// Finds the method for each image, and keeps networks that are loaded.
///
/// Unchecked because of the caches, which are touched under `lock` alone.
final class MethodFinder: @unchecked Sendable {
    private let choice: ModelChoice
    private let options: ModelOptions
    private let library = ModelLibrary.shipped
    private let lock = NSLock()
    /// What `choice` names, where that does not depend on the image.
    private var namedModels: [ModelFile]?
    private var upscalers: [[String]: Upscaler] = [:]
    private var diffusionUpscalers: [String: DiffusionUpscaler] = [:]

    init(_ choice: ModelChoice, options: ModelOptions) {
        self.choice = choice
        self.options = options
    }

    /// - Throws: ``ModelError``.
    func method(for image: Image, scale: Double) throws -> Method {
        switch choice {
        case .bicubic: return .bicubic
        case .auto where image.header.meaning != .quantity:
            // No network is to see them, so that none is loaded.
            return .interpolation(.nearest)
        case .auto:
            let choice = try library.choose(for: image, scale: scale) { try upscaler($0) }
            return .networks(try upscaler(choice.models))
        case .named, .file, .cascade: return try method(of: try models(scale: scale))
        }
    }

    /// The models of a choice that names them.
    private func models(scale: Double) throws -> [ModelFile] {
        try lock.withLock {
            if let namedModels { return namedModels }
            let models = try models(of: choice, scale: scale)
            namedModels = models
            return models
        }
    }

    private func models(of choice: ModelChoice, scale: Double) throws -> [ModelFile] {
        switch choice {
        case .auto, .bicubic: return []
        case .named(let name): return try library.models(named: name)
        case .file(let url): return [try ModelFile(contentsOf: url, metadata: options.foreign.metadata(scale: scale))]
        case .cascade(let choices):
            let models = try choices.flatMap { try self.models(of: $0, scale: scale) }
            if let model = models.first(where: { $0.metadata.diffusion == nil }) {
                throw CommandFailure(
                    "\(model.metadata.name): is no diffusion model; only these can follow one another with +")
            }
            guard models.count == choices.count else {
                throw CommandFailure(
                    "in FIRST+SECOND name models with their scales; auto and bicubic have no place there")
            }
            return models
        }
    }

    private func method(of models: [ModelFile]) throws -> Method {
        guard let diffusion = models.first(where: { $0.metadata.diffusion != nil }) else {
            return .networks(try upscaler(models))
        }
        var models = models
        // Of a family, one enlarges as often as is needed.
        if case .named = choice { models = [diffusion] }
        return try lock.withLock {
            let stages = try models.map { model in
                let upscaler =
                    try diffusionUpscalers[model.url.path]
                    ?? DiffusionUpscaler(model: model, precision: options.inference.precision)
                diffusionUpscalers[model.url.path] = upscaler
                return upscaler
            }
            return .diffusion(Cascade(stages), options.sampling.options)
        }
    }

    private func upscaler(_ models: [ModelFile]) throws -> Upscaler {
        let key = models.map(\.url.path)
        if let upscaler = lock.withLock({ upscalers[key] }) { return upscaler }
        // Not under the lock, since several may be made at once.
        let upscaler = try Upscaler(
            models: models, precision: options.inference.precision, colorTreatment: options.inference.color)
        lock.withLock { upscalers[key] = upscaler }
        return upscaler
    }

    /// What `evaluate` and `compare` judge, called as the user named it.
    private func evaluatedMethod(named text: String, scale: Double, isConsistent: Bool) throws -> EvaluatedMethod {
        let hashes = try models(scale: scale).map(\.sha256)
        return EvaluatedMethod(
            name: isConsistent ? "\(text), consistent" : text,
            modelHash: hashes.isEmpty ? nil : hashes.joined(separator: " + ")
        ) { [self] image, scale in
            let method = try method(for: image, scale: Double(scale))
            return isConsistent
                ? try method.upscaleConsistently(image, scale: Double(scale)).image
                : try method.upscale(image, scale: Double(scale))
        }
    }

    /// The methods of a list separated by commas.
    ///
    /// - Parameter alsoConsistent: adds each again, with its results made to agree with what they were made from.
    static func evaluatedMethods(
        _ list: String, options: ModelOptions, scale: Int, alsoConsistent: Bool = false
    ) throws -> [EvaluatedMethod] {
        try list.split(separator: ",").flatMap { name in
            let name = name.trimmingCharacters(in: .whitespaces)
            let finder = MethodFinder(ModelChoice(name), options: options)
            return try (alsoConsistent ? [false, true] : [false]).map {
                try finder.evaluatedMethod(named: name, scale: Double(scale), isConsistent: $0)
            }
        }
    }
}
