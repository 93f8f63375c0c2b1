import Foundation

/// What a configuration asks for and cannot have, said in one line: the key, its value, and what is allowed.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// Where in the configuration, as `architecture.foveola.blocks`.
    public var key: String
    /// What is wrong with the value there: "is -1; it must be a whole number from 0 to 256".
    public var problem: String

    public init(_ key: String, _ problem: String) {
        self.key = key
        self.problem = problem
    }

    public var description: String { "\(key) \(problem)" }

    /// The same error about a part of something larger.
    public func under(_ path: String) -> ConfigurationError { ConfigurationError("\(path).\(key)", problem) }
}

/// Checks of one value each.
public enum Requirement {
    /// - Throws: ``ConfigurationError`` where `value` is no number of `range`.
    public static func within(_ range: ClosedRange<Int>, _ key: String, _ value: Int) throws(ConfigurationError) {
        guard range.contains(value) else {
            throw ConfigurationError(
                key, "is \(value); it must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    /// - Throws: ``ConfigurationError`` where `value` is no finite number of `range`.
    public static func within(
        _ range: ClosedRange<Double>, _ key: String, _ value: Double
    ) throws(ConfigurationError) {
        guard range.contains(value) else {
            throw ConfigurationError(
                key, "is \(value); it must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    /// - Throws: ``ConfigurationError`` where `value` is none of `choices`.
    public static func oneOf(_ choices: [Int], _ key: String, _ value: Int) throws(ConfigurationError) {
        guard choices.contains(value) else {
            let known = choices.map(String.init)
            let text = known.count > 1 ? known.dropLast().joined(separator: ", ") + " or " + known.last! : known[0]
            throw ConfigurationError(key, "is \(value); it must be \(text)")
        }
    }

    /// Gray or color.
    static func channels(_ value: Int) throws(ConfigurationError) { try oneOf([1, 3], "channels", value) }

    /// The widths that layers are made in.
    static func features(_ value: Int, _ key: String = "features") throws(ConfigurationError) {
        try within(1...2048, key, value)
    }

    /// How often a block is repeated.
    static func count(_ value: Int, _ key: String) throws(ConfigurationError) { try within(0...256, key, value) }
}

/// Runs checks of a part, whose errors then say where the part is.
public func within<Result>(
    _ path: String, _ body: () throws(ConfigurationError) -> Result
) throws(ConfigurationError) -> Result {
    do {
        return try body()
    } catch {
        throw error.under(path)
    }
}

extension ConfigurationError: LocalizedError {
    public var errorDescription: String? { description }
}
