import ImageQuality
import Upscaling

/// What was measured, by ``Measure``; its JSON is `{"psnr": …, "ssim": …}`.
public struct Scores: Sendable, Equatable {
    private var values: [String: Double] = [:]

    /// Nothing measured.
    public init() {}

    /// The value of a measure; `nil` where it was not measured.
    public subscript(measure: Measure) -> Double? {
        get { values[measure.key] }
        set { values[measure.key] = newValue }
    }

    /// The value of a metric; `nil` where it was not measured.
    public subscript(metric: Metric) -> Double? {
        get { self[Measure(metric)] }
        set { self[Measure(metric)] = newValue }
    }

    /// Keys of what was measured, sorted.
    public var keys: [String] { values.keys.sorted() }

    /// The mean of each measure over those that have it.
    static func mean(of scores: [Scores]) -> Scores {
        var mean = Scores()
        for key in Set(scores.flatMap(\.values.keys)) {
            let values = scores.compactMap { $0.values[key] }
            mean.values[key] = values.reduce(0, +) / Double(values.count)
        }
        return mean
    }

    /// These of a result that was laid onto its truth, and those of it as it lies, as ``Measure/unregistered``.
    func and(unregistered: Scores) -> Scores {
        var all = self
        for (key, value) in unregistered.values { all.values[key + Measure.unregisteredSuffix] = value }
        return all
    }
}

extension Scores: Codable {
    public init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Double].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }

    /// Reads scores that stand among other things.
    init(from container: KeyedDecodingContainer<NameKey>, except others: [String]) throws {
        for key in container.allKeys where !others.contains(key.stringValue) {
            values[key.stringValue] = try container.decode(Double.self, forKey: key)
        }
    }

    /// Writes scores among other things.
    func encode(to container: inout KeyedEncodingContainer<NameKey>) throws {
        for (name, value) in values { try container.encode(value, forKey: NameKey(stringValue: name)) }
    }
}
