/// How a file stores one sample.
public enum SampleType: String, Sendable, Codable, CaseIterable {
    case uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32, float64

    public var isFloatingPoint: Bool { self == .float32 || self == .float64 }
    public var isSigned: Bool {
        switch self {
        case .uint8, .uint16, .uint32, .uint64: false
        default: true
        }
    }
    public var bits: Int {
        switch self {
        case .uint8, .int8: 8
        case .uint16, .int16: 16
        case .uint32, .int32, .float32: 32
        case .uint64, .int64, .float64: 64
        }
    }
}

/// Whether large values are bright.
public enum Polarity: String, Sendable, Codable {
    /// DICOM MONOCHROME2, and every other format.
    case brightIsHigh
    /// DICOM MONOCHROME1: the least value is shown white.
    case brightIsLow
}

/// What a viewer shows as black to white, in rescaled units (slope and intercept applied).
public struct Window: Sendable, Equatable, Codable {
    public var center: Double
    public var width: Double

    public init(center: Double, width: Double) {
        self.center = center
        self.width = width
    }
}

/// What the samples mean and what a file can hold. What goes in comes out in the same terms.
public struct Intensity: Sendable, Equatable, Codable {
    public var sampleType: SampleType
    /// The declared range in stored units: 0…4095 for 12 bits stored, −32768…32767 for signed 16, and for floating
    /// point `nil`.
    public var storedRange: ClosedRange<Float>?
    /// Real-world value = stored · slope + intercept (DICOM's rescale, NIfTI's scl_slope and scl_inter).
    public var slope: Double
    public var intercept: Double
    public var window: Window?
    public var polarity: Polarity

    /// - Parameters:
    ///   - sampleType: of the stored samples.
    ///   - bitsStored: how many of the sample type's bits are used; all of them by default.
    ///   - slope: real-world units a stored unit.
    ///   - intercept: the real-world value of a stored 0.
    ///   - window: what is shown between black and white, in real-world units.
    ///   - polarity: whether high values are bright or dark.
    public init(
        sampleType: SampleType, bitsStored: Int? = nil, slope: Double = 1, intercept: Double = 0, window: Window? = nil,
        polarity: Polarity = .brightIsHigh
    ) {
        self.sampleType = sampleType
        self.slope = slope
        self.intercept = intercept
        self.window = window
        self.polarity = polarity
        if sampleType.isFloatingPoint {
            storedRange = nil
        } else {
            let bits = bitsStored ?? sampleType.bits
            let magnitude = Float(sign: .plus, exponent: sampleType.isSigned ? bits - 1 : bits, significand: 1)
            // Past 24 bits Float32 has no `magnitude - 1`; the nearest value below is what can still be held.
            let upper = min(magnitude - 1, magnitude.nextDown)
            storedRange = (sampleType.isSigned ? -magnitude : 0)...upper
        }
    }

    /// A sample as the file can hold it: rounded to the nearest (ties away from zero) and clamped for integers,
    /// untouched for floating point.
    public func quantized(_ sample: Float) -> Float {
        guard let storedRange else { return sample }
        return min(max(sample.rounded(), storedRange.lowerBound), storedRange.upperBound)
    }
}
