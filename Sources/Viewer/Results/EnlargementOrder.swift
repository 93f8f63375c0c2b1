import Upscaling

/// What a page asks to be made, in the words of `fovea upscale`.
public struct EnlargementOrder: Sendable, Codable, Equatable {
    /// `auto`, `bicubic`, or one of the shipped models and their families.
    public var model: String
    /// From 1 to 16.
    public var scale: Double
    /// The share of grain that is kept, from 0 to 1.
    public var grain: Double
    /// Whether the result, reduced again, is to be the input.
    public var isConsistent: Bool
    /// Whether to say how wrong the result may be.
    public var wantsTrust: Bool
    /// For that: what the image shows, by the name of a calibration, where its file does not say it.
    public var subject: String?
    /// How many samples are drawn, of a model that draws them, whose mean is the result; `nil` for one result.
    public var samples: Int?

    /// - Parameters:
    ///   - model: `auto`, `bicubic`, or one of the shipped models and their families.
    ///   - scale: from 1 to 16.
    ///   - grain: the share of grain that is kept, from 0 to 1.
    ///   - isConsistent: whether the result, reduced again, is to be the input.
    ///   - wantsTrust: whether to say how wrong the result may be.
    ///   - subject: for that: what the image shows, where its file does not say it.
    ///   - samples: how many are drawn of a model that draws them; `nil` for one result.
    public init(
        model: String = "auto", scale: Double = 4, grain: Double = 1, isConsistent: Bool = false,
        wantsTrust: Bool = false, subject: String? = nil, samples: Int? = nil
    ) {
        self.model = model
        self.scale = scale
        self.grain = grain
        self.isConsistent = isConsistent
        self.wantsTrust = wantsTrust
        self.subject = subject
        self.samples = samples
    }

    /// Refuses what a page cannot ask for; a model's name among it that would be taken for a file's path.
    ///
    /// - Parameter models: that can be named.
    func check(models: [String]) throws(ViewerError) {
        guard models.contains(model) else {
            throw ViewerError(.cannotBeDone, "\(model): is no model of this viewer")
        }
        guard (1...16).contains(scale) else {
            throw ViewerError(.cannotBeDone, "the scale is a number from 1 to 16, not \(scale)")
        }
        guard (0...1).contains(grain) else {
            throw ViewerError(.cannotBeDone, "the grain kept is a share from 0 to 1, not \(grain)")
        }
        guard let samples else { return }
        guard (2...16).contains(samples) else {
            throw ViewerError(.cannotBeDone, "samples are 2 to 16 here, not \(samples)")
        }
        guard !wantsTrust else {
            throw ViewerError(
                .cannotBeDone, "samples show where they differ, trust bounds errors; ask for one of them")
        }
    }

    /// What results are called: `_x4`.
    var suffix: String { scale == scale.rounded() ? "_x\(Int(scale))" : "_x\(scale)" }

    /// The models that a page may name.
    static func models(of library: ModelLibrary) -> [String] {
        let names = library.names
        let families = Set(names.map(ModelLibrary.family(of:))).subtracting(names).sorted()
        return ["auto", "bicubic"] + families + names
    }
}
