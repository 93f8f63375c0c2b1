import Foundation
import Imaging

/// How wrong a place may be and still be trusted: `20HU`, `0.5mm2/s`, `5%`.
public enum Tolerance: Sendable, Equatable {
    /// In the image's real-world units, after its rescale: Hounsfield units in CT.
    case rescaled(Double, unit: String)
    /// A share of the image's range from black to white, above 0.
    case share(Double)

    /// - Parameter text: a number above 0, followed by % or by the name of the image's unit, which is not looked at.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let value = Double(digits), value > 0, value.isFinite else { return nil }
        let unit = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
        self = unit == "%" ? .share(value / 100) : .rescaled(value, unit: unit)
    }
}

extension TrustBound {
    /// A tolerance in stored units.
    ///
    /// - Parameters:
    ///   - tolerance: as a person says it.
    ///   - slope: real-world units a stored unit.
    public func stored(_ tolerance: Tolerance, slope: Double) -> Double {
        switch tolerance {
        case .rescaled(let value, _): value / abs(slope)
        case .share(let share): share * rangeWidth
        }
    }

    /// Where the bound is within a tolerance in stored units: 1, and 0 elsewhere.
    public func mask(tolerance: Double) -> Pixels {
        var mask = map
        for index in mask.samples.indices { mask.samples[index] = Double(map.samples[index]) <= tolerance ? 1 : 0 }
        return mask
    }
}
