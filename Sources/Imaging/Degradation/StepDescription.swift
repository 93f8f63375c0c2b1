/// A number that a step takes: where it keeps it, and what it may be.
public struct StepParameter<Step>: Sendable {
    let path: any WritableKeyPath<Step, Degradation.Parameter> & Sendable
    let bounds: ParameterBounds
    /// What it is where nothing is written, and is not written where it is that; `nil` for one that must be written.
    let standard: Degradation.Parameter?

    /// - Parameters:
    ///   - path: where the step holds it.
    ///   - bounds: what may be written.
    ///   - standard: what it is where nothing is written, which only the last parameters of a step may have.
    public init(
        _ path: any WritableKeyPath<Step, Degradation.Parameter> & Sendable, _ bounds: ParameterBounds,
        standard: Degradation.Parameter? = nil
    ) {
        self.path = path
        self.bounds = bounds
        self.standard = standard
    }
}

/// What a step's parameter may be, all of its range.
public struct ParameterBounds: Sendable {
    /// Beyond this numbers mean nothing, and arithmetic with them ends in infinity.
    static let greatestNumber = 1e12

    /// For one who gave something else: `give zero or more`.
    let statement: String
    let contains: @Sendable (ClosedRange<Double>) -> Bool

    public static let any = ParameterBounds(statement: "a number") { _ in true }
    public static let notNegative = ParameterBounds(statement: "zero or more") { $0.lowerBound >= 0 }
    public static let positive = ParameterBounds(statement: "more than zero") { $0.lowerBound > 0 }

    public static func notNegative(atMost greatest: Double) -> ParameterBounds {
        within(0...greatest, "zero to \(stepNumber(greatest))")
    }

    /// - Parameters:
    ///   - range: that a written number or range must lie in.
    ///   - statement: names the bounds: `a quality of 1 to 100`.
    public static func within(_ range: ClosedRange<Double>, _ statement: String) -> ParameterBounds {
        ParameterBounds(statement: statement) { $0.lowerBound >= range.lowerBound && $0.upperBound <= range.upperBound }
    }
}

/// How a step shrinks the image: where it keeps the factor, and what that may be.
public enum StepReduction<Step>: Sendable {
    /// Not at all.
    case none
    /// By any factor of at least `least`, or above 0 where that is `nil`.
    case real(any WritableKeyPath<Step, Double> & Sendable, least: Double? = nil)
    case whole(any WritableKeyPath<Step, Int> & Sendable)
}

/// A number as degradations write it: whole ones without a point.
func stepNumber(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}
