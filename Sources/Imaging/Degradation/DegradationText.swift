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
        let open = parts.filter { $0.kind?.shrinks == true && $0.factorText == nil }
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

/// Why a text is no degradation, each said in one line.
public enum DegradationError: Error, Equatable, CustomStringConvertible {
    case empty
    case unknownStep(String)
    case wrongParameters(step: String, usage: String)
    case wrongNumber(String, step: String)
    case outOfBounds(String, step: String, bounds: String)
    case factorMissing(step: String)
    case severalFactorsMissing
    case factorNotTaken(step: String)
    case factorDisagrees(steps: Double, scale: Double)
    /// Codes can be sampled less densely, and nothing else; see ``SampleMeaning``.
    case notForCodes(step: String, statement: String)

    public var description: String {
        switch self {
        case .notForCodes(let step, let statement):
            "holds codes (\(statement)), for which '\(step)' means nothing: they can be reduced by nearest neighbour alone"
        case .empty:
            "the degradation names no step: write for example bicubic, or blur:1.2,bicubic,noise:5"
        case .unknownStep(let name):
            "no degradation step is called '\(name)': use \(StepText.Kind.allNames.joined(separator: ", "))"
        case .wrongParameters(let step, let usage):
            "'\(step)' has the wrong parameters: write \(usage)"
        case .wrongNumber(let number, let step):
            "'\(number)' in '\(step)' is not a number: write one such as 1.2, or a range such as 0.2..3 to draw from"
        case .outOfBounds(let number, let step, let bounds):
            "\(number) in '\(step)' is out of bounds: give \(bounds)"
        case .factorMissing(let step):
            "'\(step)' does not say how much it shrinks: write \(step)/4, or give the scale"
        case .severalFactorsMissing:
            "several steps don't say how much they shrink: write it behind each, such as bicubic/2"
        case .factorNotTaken(let step):
            "'\(step)' does not shrink: leave out what follows '/'"
        case .factorDisagrees(let steps, let scale):
            steps == 1
                ? "nothing shrinks the image \(number(scale)) times: add a step such as bicubic"
                : "the steps shrink the image \(number(steps)) times in all, not \(number(scale))"
        }
    }
}

private func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}

extension Degradation.Parameter: CustomStringConvertible {
    public var description: String {
        switch self {
        case .fixed(let value): number(value)
        case .uniform(let range): "\(number(range.lowerBound))..\(number(range.upperBound))"
        }
    }
}

extension Degradation.Step: CustomStringConvertible {
    public var description: String {
        switch self {
        case .downsampling(let factor, let interpolation, let antialias):
            "\(antialias ? "" : "aliased-")\(interpolation.degradationName)/\(number(factor))"
        case .gaussianBlur(let sigma): "blur:\(sigma)"
        case .anisotropicBlur(let along, let across, let degrees): "blur:\(along):\(across):\(degrees)"
        case .gaussianNoise(let sigma): "noise:\(sigma)"
        case .grain(let sigma, let width): "grain:\(sigma):\(width)"
        case .poissonNoise(let photons): "poisson:\(photons)"
        case .speckle(let decibels, let axial, let lateral): "speckle:\(decibels):\(axial):\(lateral)"
        case .jpeg(let quality): "jpeg:\(quality)"
        case .binning(let factor): "bin/\(factor)"
        case .kSpaceTruncation(let factor, let noise):
            noise == 0 ? "kspace/\(number(factor))" : "kspace:\(noise)/\(number(factor))"
        case .radiograph(let factor, let photons, let readNoise):
            readNoise == 0 ? "xray:\(photons)/\(factor)" : "xray:\(photons):\(readNoise)/\(factor)"
        }
    }
}

extension Interpolation {
    /// What papers call it.
    fileprivate var degradationName: String {
        switch self {
        case .linear: "bilinear"
        case .cubic: "bicubic"
        default: rawValue
        }
    }
}

/// `name:parameter:…/factor`, taken apart.
private struct StepText {
    enum Kind: Equatable {
        case downsampling(Interpolation, antialias: Bool)
        case blur, noise, grain, poisson, speckle, jpeg, bin, kspace, xray

        static let named: [(name: String, kind: Kind)] =
            [Interpolation.cubic, .linear, .nearest, .lanczos2, .lanczos3, .area].map {
                ($0.degradationName, .downsampling($0, antialias: true))
            } + [
                ("aliased-bicubic", .downsampling(.cubic, antialias: false)),
                ("aliased-bilinear", .downsampling(.linear, antialias: false)),
                ("aliased-lanczos2", .downsampling(.lanczos2, antialias: false)),
                ("aliased-lanczos3", .downsampling(.lanczos3, antialias: false)), ("blur", .blur), ("noise", .noise),
                ("grain", .grain), ("poisson", .poisson), ("speckle", .speckle), ("jpeg", .jpeg), ("bin", .bin),
                ("kspace", .kspace), ("xray", .xray),
            ]
        static var allNames: [String] { named.map(\.name) }

        var shrinks: Bool {
            switch self {
            case .downsampling, .bin, .kspace, .xray: true
            case .blur, .noise, .grain, .poisson, .speckle, .jpeg: false
            }
        }
    }

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

    var kind: Kind? { Kind.named.first { $0.name == name }?.kind }

    func factor() throws(DegradationError) -> Double? {
        guard let factorText else { return nil }
        guard let factor = Double(factorText) else { throw .wrongNumber(factorText, step: text) }
        guard factor.isFinite && factor > 0 else {
            throw .outOfBounds(factorText, step: text, bounds: "a factor above 0")
        }
        return factor
    }

    func step(missingFactor: Double?) throws(DegradationError) -> Degradation.Step {
        guard let kind else { throw .unknownStep(name) }
        let parameters = try parameters()
        guard kind.shrinks else {
            guard factorText == nil else { throw .factorNotTaken(step: text) }
            switch (kind, parameters.count) {
            case (.blur, 1):
                return .gaussianBlur(sigma: try notNegative(parameters[0], atMost: Self.widestBlur))
            case (.blur, 3):
                return .anisotropicBlur(
                    along: try notNegative(parameters[0], atMost: Self.widestLongBlur),
                    across: try notNegative(parameters[1], atMost: Self.widestLongBlur), degrees: parameters[2])
            case (.blur, _):
                throw .wrongParameters(
                    step: text,
                    usage: "blur:SIGMA in pixels, or blur:ALONG:ACROSS:DEGREES, such as blur:1.2 or blur:3:0.8:30")
            case (.noise, 1): return .gaussianNoise(sigma: try notNegative(parameters[0]))
            case (.noise, _):
                throw .wrongParameters(step: text, usage: "noise:SIGMA in grey levels of 255, such as noise:5")
            case (.grain, 2):
                return .grain(sigma: try notNegative(parameters[0]), width: try notNegative(parameters[1]))
            case (.grain, _):
                throw .wrongParameters(
                    step: text, usage: "grain:SIGMA:WIDTH in grey levels of 255 and pixels, such as grain:5:0.6")
            case (.speckle, 3):
                return .speckle(
                    decibels: try positive(parameters[0]),
                    axial: try notNegative(parameters[1], atMost: Self.widestBlur),
                    lateral: try notNegative(parameters[2], atMost: Self.widestBlur))
            case (.speckle, _):
                throw .wrongParameters(
                    step: text,
                    usage:
                        "speckle:DECIBELS:AXIAL:LATERAL, gray levels in decibels and pixels, such as speckle:50:0.8:1.5"
                )
            case (.jpeg, 1):
                guard parameters[0].range.lowerBound >= 1, parameters[0].range.upperBound <= 100 else {
                    throw .outOfBounds("\(parameters[0])", step: text, bounds: "a quality of 1 to 100")
                }
                return .jpeg(quality: parameters[0])
            case (.jpeg, _):
                throw .wrongParameters(step: text, usage: "jpeg:QUALITY from 1 to 100, such as jpeg:80")
            case (_, 1): return .poissonNoise(photons: try positive(parameters[0]))
            default:
                throw .wrongParameters(step: text, usage: "poisson:PHOTONS at the brightest, such as poisson:200")
            }
        }
        guard let factor = try factor() ?? missingFactor else { throw .factorMissing(step: text) }
        switch kind {
        case .downsampling(let interpolation, let antialias):
            guard parameters.isEmpty else {
                throw .wrongParameters(step: text, usage: "\(name)/FACTOR, such as \(name)/4")
            }
            return .downsampling(factor: factor, interpolation, antialias: antialias)
        case .kspace:
            guard factor >= 1 else { throw .outOfBounds(number(factor), step: text, bounds: "a factor of 1 or more") }
            guard parameters.count <= 1 else {
                throw .wrongParameters(
                    step: text, usage: "kspace/FACTOR, or kspace:SIGMA/FACTOR with noise in grey levels of 255")
            }
            return .kSpaceTruncation(factor: factor, noise: try notNegative(parameters.first ?? 0))
        default: break
        }
        guard let whole = Int(exactly: factor) else {
            throw .outOfBounds(number(factor), step: text, bounds: "a whole factor")
        }
        if kind == .bin {
            guard parameters.isEmpty else { throw .wrongParameters(step: text, usage: "bin/FACTOR, such as bin/4") }
            return .binning(factor: whole)
        }
        guard (1...2).contains(parameters.count) else {
            throw .wrongParameters(
                step: text, usage: "xray:PHOTONS/FACTOR, or xray:PHOTONS:READNOISE/FACTOR, such as xray:5000:2/4")
        }
        return .radiograph(
            factor: whole, photons: try positive(parameters[0]),
            readNoise: try notNegative(parameters.count > 1 ? parameters[1] : 0))
    }

    /// Beyond this numbers mean nothing, and arithmetic with them ends in infinity.
    private static let greatestNumber = 1e12
    /// The widest blurs, in pixels: a round one is done along the axes, a long one takes the square of its width.
    private static let widestBlur = 1000.0
    private static let widestLongBlur = 50.0

    private func parameters() throws(DegradationError) -> [Degradation.Parameter] {
        var result = [Degradation.Parameter]()
        for text in parameterTexts {
            let ends = text.split(separator: "..", maxSplits: 1, omittingEmptySubsequences: false).map { Double($0) }
            switch ends.count {
            case 1:
                guard let value = ends[0], abs(value) <= Self.greatestNumber else {
                    throw .wrongNumber(text, step: self.text)
                }
                result.append(.fixed(value))
            default:
                guard let lower = ends[0], let upper = ends[1], lower >= -Self.greatestNumber,
                    upper <= Self.greatestNumber, lower <= upper
                else { throw .wrongNumber(text, step: self.text) }
                result.append(.uniform(lower...upper))
            }
        }
        return result
    }

    private func notNegative(
        _ parameter: Degradation.Parameter, atMost greatest: Double = greatestNumber
    ) throws(DegradationError) -> Degradation.Parameter {
        guard parameter.lowest >= 0, parameter.highest <= greatest else {
            let bounds = greatest < Self.greatestNumber ? "zero to \(number(greatest))" : "zero or more"
            throw .outOfBounds(parameter.description, step: text, bounds: bounds)
        }
        return parameter
    }

    private func positive(_ parameter: Degradation.Parameter) throws(DegradationError) -> Degradation.Parameter {
        guard parameter.lowest > 0 else {
            throw .outOfBounds(parameter.description, step: text, bounds: "more than zero")
        }
        return parameter
    }
}

extension Degradation.Parameter {
    fileprivate var highest: Double {
        switch self {
        case .fixed(let value): value
        case .uniform(let range): range.upperBound
        }
    }

    fileprivate var lowest: Double {
        switch self {
        case .fixed(let value): value
        case .uniform(let range): range.lowerBound
        }
    }
}

extension DegradationError: LocalizedError {
    public var errorDescription: String? { description }
}
