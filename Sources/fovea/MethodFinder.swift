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
        case .auto: return .networks(try upscaler(try library.choose(for: image, scale: scale, load: upscaler).models))
        case .named, .file: return try method(of: try models(scale: scale))
        }
    }

    /// The models of a choice that names them.
    private func models(scale: Double) throws -> [ModelFile] {
        try lock.withLock {
            if let namedModels { return namedModels }
            let models =
                switch choice {
                case .auto, .bicubic: [ModelFile]()
                case .named(let name): try library.models(named: name)
                case .file(let url):
                    [try ModelFile(contentsOf: url, metadata: options.foreign.metadata(scale: scale))]
                }
            namedModels = models
            return models
        }
    }

    private func method(of models: [ModelFile]) throws -> Method {
        guard let model = models.first(where: { $0.metadata.diffusion != nil }) else {
            return .networks(try upscaler(models))
        }
        return try lock.withLock {
            let upscaler =
                try diffusionUpscalers[model.url.path] ?? DiffusionUpscaler(model: model, precision: options.precision)
            diffusionUpscalers[model.url.path] = upscaler
            return .diffusion(upscaler, options.sampling.options)
        }
    }

    private func upscaler(_ models: [ModelFile]) throws -> Upscaler {
        try lock.withLock {
            let key = models.map(\.url.path)
            if let upscaler = upscalers[key] { return upscaler }
            let upscaler = try Upscaler(models: models, precision: options.precision)
            upscalers[key] = upscaler
            return upscaler
        }
    }

    /// What `evaluate` and `compare` judge, called as the user named it.
    private func evaluatedMethod(named text: String, scale: Double) throws -> EvaluatedMethod {
        let hashes = try models(scale: scale).map(\.sha256)
        return EvaluatedMethod(name: text, modelHash: hashes.isEmpty ? nil : hashes.joined(separator: " + ")) {
            [self] image, scale in
            try method(for: image, scale: Double(scale)).upscale(image, scale: Double(scale))
        }
    }

    /// The methods of a list separated by commas.
    static func evaluatedMethods(_ list: String, options: ModelOptions, scale: Int) throws -> [EvaluatedMethod] {
        try list.split(separator: ",").map { name in
            let name = name.trimmingCharacters(in: .whitespaces)
            return try MethodFinder(ModelChoice(name), options: options)
                .evaluatedMethod(named: name, scale: Double(scale))
        }
    }
}
