import ArgumentParser
import Batch
import Evaluation
import Foundation
import Imaging
import Synchronization
import Upscaling

/// Finds the method for each image, and keeps networks that are loaded.
final class MethodFinder: Sendable {
    private let choice: ModelChoice
    private let options: ModelOptions
    private let library = ModelLibrary.shipped
    private let found = Mutex(Found())
    /// What the files that are worked on have in common.
    let series: SeriesSurvey
    /// Processor threads of each network.
    private let threads: Int

    private struct Found: Sendable {
        /// What the choice names, where that does not depend on the image.
        var namedModels: [ModelFile]?
        var upscalers: [[String]: Upscaler] = [:]
        var drawings: [String: any Drawing] = [:]
        /// The choices of `auto` for series, which are chosen for once.
        var seriesChoices: [String: ModelLibrary.Choice] = [:]
        /// What `acquiredGrid(of:)` found, by series and size.
        var seriesGrids: [String: AcquiredGrid?] = [:]
    }

    init(
        _ choice: ModelChoice, options: ModelOptions, series: SeriesSurvey = SeriesSurvey(),
        threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        self.choice = choice
        self.options = options
        self.series = series
        self.threads = threads
    }

    /// All models that the choice may come to.
    func candidates(scale: Double) throws -> [ModelFile] {
        choice == .auto ? try library.candidates() : try models(scale: scale)
    }

    /// - Parameter image: as ``SeriesSurvey/joined(_:)`` gives it.
    /// - Throws: ``ModelError``.
    func method(for image: Image, scale: Double) throws -> Method {
        switch choice {
        case .bicubic: return .bicubic
        case .auto where image.header.meaning != .quantity:
            // No network is to see them, so that none is loaded.
            return .interpolation(.nearest)
        case .auto:
            let grid = try acquiredGrid(of: image)
            let reached = grid.map { AcquiredGridUpscaler.networkScale(of: $0, for: image.header, scale: scale) }
            return method(try upscaler(try automaticChoice(for: image, scale: reached ?? scale).models), grid)
        case .named, .file, .cascade:
            let method = try method(of: try models(scale: scale))
            guard case .networks(let upscaler) = method else { return method }
            return self.method(upscaler, try acquiredGrid(of: image))
        }
    }

    private func method(_ upscaler: Upscaler, _ grid: AcquiredGrid?) -> Method {
        grid.map { .acquiredGrid(AcquiredGridUpscaler(upscaler, grid: $0)) } ?? .networks(upscaler)
    }

    /// The samples that networks are to enlarge where they are fewer than the stored ones: told for a series once, so that
    /// its slices are enlarged alike.
    func acquiredGrid(of image: Image) throws -> AcquiredGrid? {
        guard options.inference.acquiredGrid != ModelOptions.AcquiredGridChoice.none else { return nil }
        guard let uid = series.uid(of: image) else { return AcquiredGrid(of: image) }
        let key = "\(uid) \(image.header.width) \(image.header.height)"
        if let grid = found.withLock({ $0.seriesGrids[key] }) { return grid }
        let middle = try series.representative(of: uid)
        let isAlike = (middle.header.width, middle.header.height) == (image.header.width, image.header.height)
        let grid = AcquiredGrid(of: isAlike ? middle : image)
        found.withLock { $0.seriesGrids[key] = .some(grid) }
        return grid
    }

    /// What `auto` chooses: for a series once, for other images one by one.
    func automaticChoice(for image: Image, scale: Double) throws -> ModelLibrary.Choice {
        guard let uid = series.uid(of: image) else {
            return try library.choose(for: image, scale: scale) { try upscaler($0) }
        }
        let key = "\(uid) \(scale)"
        if let choice = found.withLock({ $0.seriesChoices[key] }) { return choice }
        let choice = try library.choose(for: try series.representative(of: uid), scale: scale) { try upscaler($0) }
        found.withLock { $0.seriesChoices[key] = choice }
        return choice
    }

    /// What of the model options the choice makes use of.
    private func uses(scale: Double) throws -> Uses {
        switch choice {
        case .bicubic: return []
        case .auto: return .color
        case .named, .file, .cascade:
            let metadata = try models(scale: scale).map(\.metadata)
            guard metadata.contains(where: \.drawsSamples) else { return .color }
            return metadata.reduce(into: .sampling) { uses, model in
                if model.diffusion != nil { uses.formUnion(.steps) }
                if model.flow != nil { uses.formUnion(.temperature) }
            }
        }
    }

    private static func namesFile(_ choice: ModelChoice) -> Bool {
        switch choice {
        case .file: true
        case .cascade(let choices): choices.contains(where: namesFile)
        case .auto, .bicubic, .named: false
        }
    }

    private struct Uses: OptionSet {
        let rawValue: Int
        static let color = Uses(rawValue: 1)
        static let sampling = Uses(rawValue: 2)
        /// A diffusion model's sampler and its steps.
        static let steps = Uses(rawValue: 4)
        /// A flow's.
        static let temperature = Uses(rawValue: 8)
    }

    /// - Throws: `ValidationError` where an option was given that none of the choices makes use of.
    static func requireUse(of options: ModelOptions, by finders: [MethodFinder], scale: Double) throws {
        guard !finders.contains(where: { $0.choice.lacksName }) else {
            throw ValidationError("a model's name is missing; write auto, bicubic, a name, a file, or FIRST+SECOND.")
        }
        // Before any file is read: what no choice of these kinds could use.
        if let given = options.foreign.given, !finders.contains(where: { namesFile($0.choice) }) {
            throw ValidationError(
                "\(given) describes a network from elsewhere, an ONNX file; no model named here is one.")
        }
        let uses = try finders.reduce(into: Uses()) { $0.formUnion(try $1.uses(scale: scale)) }
        if let given = options.sampling.givenSteps, !uses.contains(.steps) {
            throw ValidationError("\(given) is for diffusion models; no model named here is one.")
        }
        if options.sampling.temperature != nil, !uses.contains(.temperature) {
            throw ValidationError("--temperature is for flows; no model named here is one.")
        }
        if options.sampling.sampleSeed != nil, !uses.contains(.sampling) {
            throw ValidationError("--sample-seed is for models that draw samples; no model named here is one.")
        }
        if options.inference.precision == .bfloat16, uses.contains(.temperature) {
            throw ValidationError("--precision bfloat16 is not for flows, whose inverse needs float32.")
        }
        if options.inference.color != nil, !uses.contains(.color) {
            throw ValidationError(
                "--color is for networks that enlarge directly; bicubic and models that draw samples treat colors in one way."
            )
        }
        if options.inference.acquiredGrid != nil, !uses.contains(.color) {
            throw ValidationError(
                "--acquired-grid is for networks that enlarge directly; bicubic and models that draw samples enlarge what is stored."
            )
        }
        if let given = options.givenGrain, !uses.contains(.color) {
            throw ValidationError(
                "\(given) is for networks that enlarge directly; bicubic keeps grain as it is, models that draw samples draw it anew."
            )
        }
    }

    /// Whether what the choice names can be sampled several times.
    func drawsSamples(scale: Double) throws -> Bool { try uses(scale: scale).contains(.sampling) }

    /// The models of a choice that names them.
    private func models(scale: Double) throws -> [ModelFile] {
        try found.withLock { found in
            if let models = found.namedModels { return models }
            let models = try models(of: choice, scale: scale)
            found.namedModels = models
            return models
        }
    }

    private func models(of choice: ModelChoice, scale: Double) throws -> [ModelFile] {
        switch choice {
        case .auto, .bicubic: return []
        case .named(let name): return try library.models(named: name)
        case .file(let url):
            return [try ModelFile(contentsOf: url, metadata: options.foreign.metadata(of: url, scale: scale))]
        case .cascade(let choices):
            let models = try choices.flatMap { try self.models(of: $0, scale: scale) }
            if let model = models.first(where: { !$0.metadata.drawsSamples }) {
                throw CommandFailure(
                    "\(model.metadata.name): draws no samples; only models that do can follow one another with +")
            }
            guard models.count == choices.count else {
                throw CommandFailure(
                    "in FIRST+SECOND name models with their scales; auto and bicubic have no place there")
            }
            return models
        }
    }

    private func method(of models: [ModelFile]) throws -> Method {
        guard let drawing = models.first(where: \.metadata.drawsSamples) else {
            return .networks(try upscaler(models))
        }
        let precision = options.inference.precision.precision(for: models)
        var models = models
        // Of a family, one enlarges as often as is needed.
        if case .named = choice { models = [drawing] }
        return try found.withLock { found in
            let stages = try models.map { model in
                let stage =
                    try found.drawings[model.url.path] ?? model.drawing(precision: precision, threads: threads)
                found.drawings[model.url.path] = stage
                return stage
            }
            return .drawing(Cascade(stages), options.sampling.options)
        }
    }

    private func upscaler(_ models: [ModelFile]) throws -> Upscaler {
        let key = models.map(\.url.path)
        if let upscaler = found.withLock({ $0.upscalers[key] }) { return upscaler }
        if let blur = options.grain.blur, blur > 0,
            let model = models.first(where: { !$0.metadata.conditions.contains { $0.condition == .blur } })
        {
            throw CommandFailure(
                "--blur: \(model.metadata.name) has not learned to undo a blur that it is told of; leave --blur out, or take a model whose card names it"
            )
        }
        // Not under the lock, since several may be made at once.
        let upscaler = try Upscaler(
            models: models, precision: options.inference.precision.precision(for: models), threads: threads,
            colorTreatment: options.inference.color ?? .luminance, grain: options.grainTreatment,
            blur: options.grain.blur ?? 0)
        found.withLock { $0.upscalers[key] = upscaler }
        return upscaler
    }

    /// What `evaluate` and `compare` judge, called as the user named it.
    private func evaluatedMethod(named text: String, scale: Double, isConsistent: Bool) throws -> EvaluatedMethod {
        let hashes = try models(scale: scale).map(\.sha256)
        return EvaluatedMethod(
            name: isConsistent ? "\(text), consistent" : text,
            modelHash: hashes.isEmpty ? nil : hashes.joined(separator: " + ")
        ) { [self] image, scale in
            let image = series.joined(image)
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
        _ list: String, options: ModelOptions, scale: Int, alsoConsistent: Bool = false,
        series: SeriesSurvey = SeriesSurvey()
    ) throws -> [EvaluatedMethod] {
        let choices = try ModelChoice.list(list)
        let finders = choices.map { MethodFinder($0.choice, options: options, series: series) }
        try requireUse(of: options, by: finders, scale: Double(scale))
        return try zip(choices, finders).flatMap { choice, finder in
            try (alsoConsistent ? [false, true] : [false]).map {
                try finder.evaluatedMethod(named: choice.name, scale: Double(scale), isConsistent: $0)
            }
        }
    }
}
