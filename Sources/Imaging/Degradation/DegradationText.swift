import Foundation

extension Degradation: CustomStringConvertible {
    /// Reads the text form; see ``Degradation``.
    ///
    /// - Parameters:
    ///   - text: steps, separated by commas.
    ///   - scale: how many times the steps shrink in all. One step may then leave its factor out and takes what the others
    ///     leave.
    public init(_ text: String, scale: Double? = nil) throws(DegradationError) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(StepText.init)
        guard !text.allSatisfy(\.isWhitespace) else { throw .empty }
        var known = 1.0
        for part in parts {
            if let factor = try part.factor() { known *= factor }
        }
        let open = parts.filter(\.lacksFactor)
        guard open.count <= 1 else { throw .severalFactorsMissing }
        let rest = scale.map { $0 / known }
        steps = []
        for part in parts { steps.append(try part.step(missingFactor: rest)) }
        if let scale, abs(factor - scale) > 1e-9 * scale { throw .factorDisagrees(steps: factor, scale: scale) }
    }

    public var description: String { steps.map(\.description).joined(separator: ",") }
}

extension Degradation: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do {
            try self.init(text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Degradation.Parameter: CustomStringConvertible {
    public var description: String {
        switch self {
        case .fixed(let value): stepNumber(value)
        case .uniform(let range): "\(stepNumber(range.lowerBound))..\(stepNumber(range.upperBound))"
        }
    }
}

extension Degradation.Step: CustomStringConvertible {
    public var description: String { kind.text }
}

extension DegradationStep {
    /// `name:parameter:…/factor`, parameters left out from the end where they are what they are when left out.
    fileprivate var text: String {
        var written = Self.parameters[...]
        while let last = written.last, let standard = last.standard, self[keyPath: last.path] == standard {
            written.removeLast()
        }
        let words = [name] + written.map { self[keyPath: $0.path].description }
        let factor =
            switch Self.reduction {
            case .none: ""
            case .real(let path, _): "/\(stepNumber(self[keyPath: path]))"
            case .whole(let path): "/\(self[keyPath: path])"
            }
        return words.joined(separator: ":") + factor
    }

    fileprivate var shrinks: Bool { if case .none = Self.reduction { false } else { true } }

    fileprivate func takes(_ count: Int) -> Bool {
        count <= Self.parameters.count && Self.parameters.dropFirst(count).allSatisfy { $0.standard != nil }
    }

    /// This step with the numbers of a text.
    ///
    /// - Parameter missingFactor: what it shrinks by where the text doesn't say.
    fileprivate func reading(
        _ values: [Degradation.Parameter], of text: StepText, missingFactor: Double?
    ) throws(DegradationError) -> Self {
        var result = self
        try result.readFactor(of: text, missing: missingFactor)
        guard takes(values.count) else { throw .wrongParameters(step: text.text, usage: usage) }
        for (index, parameter) in Self.parameters.enumerated() {
            guard index < values.count else {
                result[keyPath: parameter.path] = parameter.standard!
                continue
            }
            guard parameter.bounds.contains(values[index].range) else {
                throw .outOfBounds(values[index].description, step: text.text, bounds: parameter.bounds.statement)
            }
            result[keyPath: parameter.path] = values[index]
        }
        return result
    }

    private mutating func readFactor(of text: StepText, missing: Double?) throws(DegradationError) {
        guard shrinks else {
            guard text.factorText == nil else { throw .factorNotTaken(step: text.text) }
            return
        }
        guard let factor = try text.factor() ?? missing else { throw .factorMissing(step: text.text) }
        switch Self.reduction {
        case .none: break
        case .real(let path, let least):
            if let least, factor < least {
                throw .outOfBounds(
                    stepNumber(factor), step: text.text, bounds: "a factor of \(stepNumber(least)) or more")
            }
            self[keyPath: path] = factor
        case .whole(let path):
            guard let whole = Int(exactly: factor) else {
                throw .outOfBounds(stepNumber(factor), step: text.text, bounds: "a whole factor")
            }
            self[keyPath: path] = whole
        }
    }
}

/// `name:parameter:…/factor`, taken apart.
private struct StepText {
    let text: String
    let name: String
    let parameterTexts: [String]
    let factorText: String?

    init(_ part: Substring) {
        text = part.filter { !$0.isWhitespace }
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        factorText = halves.count == 2 ? String(halves[1]) : nil
        let words = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        name = words[0]
        parameterTexts = Array(words.dropFirst())
    }

    /// Whether it shrinks without saying how much.
    var lacksFactor: Bool { factorText == nil && kinds.contains { $0.shrinks } }

    private var kinds: [any DegradationStep] { Degradation.Step.known.filter { $0.name == name } }

    func factor() throws(DegradationError) -> Double? {
        guard let factorText else { return nil }
        guard let factor = Double(factorText) else { throw .wrongNumber(factorText, step: text) }
        guard factor.isFinite && factor > 0 else {
            throw .outOfBounds(factorText, step: text, bounds: "a factor above 0")
        }
        return factor
    }

    func step(missingFactor: Double?) throws(DegradationError) -> Degradation.Step {
        let kinds = kinds
        guard let first = kinds.first else { throw .unknownStep(name) }
        let values = try parameters()
        let kind = kinds.first { $0.takes(values.count) } ?? first
        return Degradation.Step(try kind.reading(values, of: self, missingFactor: missingFactor))
    }

    private func parameters() throws(DegradationError) -> [Degradation.Parameter] {
        var result = [Degradation.Parameter]()
        for text in parameterTexts {
            let ends = text.split(separator: "..", maxSplits: 1, omittingEmptySubsequences: false).map { Double($0) }
            switch ends.count {
            case 1:
                guard let value = ends[0], abs(value) <= ParameterBounds.greatestNumber else {
                    throw .wrongNumber(text, step: self.text)
                }
                result.append(.fixed(value))
            default:
                guard let lower = ends[0], let upper = ends[1], lower >= -ParameterBounds.greatestNumber,
                    upper <= ParameterBounds.greatestNumber, lower <= upper
                else { throw .wrongNumber(text, step: self.text) }
                result.append(.uniform(lower...upper))
            }
        }
        return result
    }
}
