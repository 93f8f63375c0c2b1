import Evaluation
import Foundation
import Imaging
import Upscaling

/// Finds the method for each image, and keeps networks that are loaded.
///
/// Unchecked because of the cache, which is touched under `lock` alone.
final class MethodFinder: @unchecked Sendable {
    private let choice: ModelChoice
    private let options: ModelOptions
    private let library = ModelLibrary.shipped
    private let lock = NSLock()
    private var upscalers: [[String]: Upscaler] = [:]

    init(_ choice: ModelChoice, options: ModelOptions) {
        self.choice = choice
        self.options = options
    }

    /// - Throws: ``ModelError``.
    func method(for image: Image, scale: Double) throws -> Method {
        switch choice {
        case .bicubic: .bicubic
        case .auto: .networks(try upscaler(try library.choose(for: image, scale: scale, load: upscaler).models))
        case .named(let name): .networks(try upscaler(try library.models(named: name)))
        case .file(let url):
            .networks(try upscaler([try ModelFile(contentsOf: url, metadata: options.foreign.metadata(scale: scale))]))
        }
    }

    private func upscaler(_ models: [ModelFile]) throws -> Upscaler {
        lock.lock()
        defer { lock.unlock() }
        let key = models.map(\.url.path)
        if let upscaler = upscalers[key] { return upscaler }
        let upscaler = try Upscaler(models: models, precision: options.precision)
        upscalers[key] = upscaler
        return upscaler
    }

    /// What `evaluate` and `compare` judge, called as the user named it.
    func evaluatedMethod(named text: String, scale: Double) throws -> EvaluatedMethod {
        let hash: String? =
            switch choice {
            case .auto, .bicubic: nil
            case .named(let name): try library.models(named: name).map(\.sha256).joined(separator: " + ")
            case .file(let url): try ModelFile(contentsOf: url, metadata: options.foreign.metadata(scale: scale)).sha256
            }
        return EvaluatedMethod(name: text, modelHash: hash) { [self] image, scale in
            try method(for: image, scale: Double(scale)).upscale(image, scale: Double(scale))
        }
    }

    /// The methods of a list separated by commas.
    static func evaluatedMethods(_ list: String, options: ModelOptions, scale: Int) throws -> [EvaluatedMethod] {
        try list.split(separator: ",").map { name in
            let name = name.trimmingCharacters(in: .whitespaces)
            return try MethodFinder(ModelChoice(name), options: options).evaluatedMethod(
                named: name, scale: Double(scale))
        }
    }
}
