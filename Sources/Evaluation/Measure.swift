import Foundation
import ImageQuality

/// A number of an evaluation: what it is called, which of two values is better, and how it is written.
public struct Measure: Sendable {
    /// Its name in tables and JSON.
    public let key: String
    /// What it is called, with where it comes from.
    public let title: String
    /// Which of two values is the better one.
    public let better: Metric.Better
    /// Digits after the point that mean something.
    public let decimals: Int

    public init(key: String, title: String, better: Metric.Better, decimals: Int) {
        self.key = key
        self.title = title
        self.better = better
        self.decimals = decimals
    }

    /// A metric's value.
    public init(_ metric: Metric) {
        self.init(
            key: metric.evaluationKey, title: metric.title, better: metric.better, decimals: metric.decimals)
    }

    /// The squared error between the result, degraded again in the same way, and what the method was given: the mean over
    /// all pixels and images, in 1e-5 of the squared range, as in table 1 of Saharia et al., "Image super-resolution via
    /// iterative refinement", 2021.
    public static let consistency = Measure(
        key: "consistency",
        title: """
            squared error of the result, degraded again, to what the method was given, in 1e-5 of the squared range; less \
            is better
            """, better: .less, decimals: 2)

    /// The distance of ``LPIPS``.
    public static let lpips = Measure(
        key: "lpips", title: "LPIPS 0.1 (Zhang et al. 2018), on RGB, gray repeated; less is better", better: .less,
        decimals: 4)

    static let unregisteredSuffix = ".unregistered"

    /// The same of a result as it lies, where it is also scored after it was laid onto its truth; see ``Registration``.
    public var unregistered: Measure {
        Measure(key: key + Self.unregisteredSuffix, title: title, better: better, decimals: decimals)
    }

    /// A value as tables show it.
    public func text(_ value: Double?) -> String {
        guard let value, !value.isNaN else { return "–" }
        return value.isFinite ? String(format: "%.\(decimals)f", value) : value > 0 ? "∞" : "−∞"
    }

    /// How good a value is: more is better, whatever the measure counts. What is no number is worst.
    public func merit(of value: Double?) -> Double {
        guard let value, !value.isNaN else { return -.infinity }
        return better.merit(of: value)
    }

    /// Whether `value` is the better one.
    public func isBetter(_ value: Double?, than other: Double?) -> Bool { merit(of: value) > merit(of: other) }
}

extension Metric {
    /// A value as tables show it.
    public func text(_ value: Double) -> String { Measure(self).text(value) }

    /// The metric that a user names, by its key or its full name.
    public init?(named name: String) {
        guard let metric = Metric.allCases.first(where: { $0.evaluationKey == name || $0.rawValue == name }) else {
            return nil
        }
        self = metric
    }
}

extension Evaluator {
    /// What every result is measured by, before registration.
    var measures: [Measure] {
        metrics.map(Measure.init) + (perceptualDistance == nil ? [] : [.lpips])
            + (measuresConsistency ? [.consistency] : [])
    }
}
