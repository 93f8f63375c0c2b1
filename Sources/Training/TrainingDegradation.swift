import Imaging
import Networks

/// One way in which a run makes low-resolution images, and how often.
///
/// `steps` is the text form of `Degradation`, of which one step may leave its factor to the run's scale: `bicubic`, or
/// `blur:0..2,bicubic,noise:0.3..6`. Ranges are drawn anew for each crop. What is noise among the steps is in the
/// network's input alone: the residual that it is to give stays the one of the image without noise, so that what a
/// network adds to the interpolated image is never grain made sharp.
public struct TrainingDegradation: Codable, Sendable, Equatable {
    public var steps: String
    /// Relative share of the crops.
    public var weight: Double
    /// How many times as strong as it was found the folder's own grain comes on top, drawn anew for each crop; see
    /// `GrainHarvest`. `nil` for none.
    public var harvest: ClosedRange<Double>?

    public init(_ steps: String, weight: Double = 1, harvest: ClosedRange<Double>? = nil) {
        self.steps = steps
        self.weight = weight
        self.harvest = harvest
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try values.decode(String.self, forKey: .steps),
            weight: try values.decodeIfPresent(Double.self, forKey: .weight) ?? 1,
            harvest: try values.decodeIfPresent(ClosedRange<Double>.self, forKey: .harvest))
    }

    /// - Throws: `DegradationError` where the text is no degradation of this scale.
    func resolved(scale: Int) throws(DegradationError) -> Degradation {
        try Degradation(steps, scale: Double(scale))
    }

    func validate(scale: Int) throws(ConfigurationError) {
        guard weight > 0, weight <= 1e6 else {
            throw ConfigurationError("weight", "is \(weight); it must be above 0 and at most a million")
        }
        if let harvest, harvest.lowerBound < 0 || harvest.upperBound > 100 {
            throw ConfigurationError("harvest", "is \(harvest); it must be two numbers from 0 to 100")
        }
        do {
            _ = try resolved(scale: scale)
        } catch {
            throw ConfigurationError("steps", "is no way to make images \(scale) times smaller: \(error)")
        }
    }
}

extension [TrainingDegradation] {
    /// Standard deviations of the additive noise among the steps, in 255ths of the range; `nil` where there is none.
    func noise(scale: Int) throws -> ClosedRange<Double>? {
        let strengths = try flatMap { try $0.resolved(scale: scale).steps }.compactMap(\.kind.addedNoise)
        let most = strengths.map(\.range.upperBound).max() ?? 0
        return most > 0 ? 0...most : nil
    }

    /// For a model's card: `bicubic (30 %); bicubic,noise:0.3..2 (70 %)`.
    var summary: String {
        guard count > 1 else { return first?.steps ?? "" }
        let sum = reduce(0) { $0 + $1.weight }
        return map {
            "\($0.steps)\($0.harvest == nil ? "" : " + the images' own grain") (\(Int(($0.weight / sum * 100).rounded())) %)"
        }.joined(separator: "; ")
    }
}
