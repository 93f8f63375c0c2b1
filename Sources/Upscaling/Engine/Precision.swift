import Imaging

/// The arithmetic of a network's inner layers.
public enum Precision: String, Sendable, Codable, CaseIterable {
    case float32
    /// Eight bits of mantissa and half the memory: twice as fast on processors with arithmetic for it, several times as
    /// fast with matrix units, and three times slower or impossible on others.
    case bfloat16

    /// The faster of the two that costs less than 0.05 dB: ``bfloat16`` where this processor computes in it and every
    /// network gives a residual, ``float32`` elsewhere.
    ///
    /// What an instruction set promises decides, not a trial: the same processor always takes the same.
    public static func automatic(for models: [ModelFile]) -> Precision {
        automatic(for: models.map(\.metadata), hasArithmetic: Processor.hasBFloat16Arithmetic)
    }

    package static func automatic(for models: [ModelMetadata], hasArithmetic: Bool) -> Precision {
        // A network that gives the image itself would pass it through eight bits; a flow's inverse has no use for them.
        hasArithmetic && models.allSatisfy { $0.output == .residual && $0.flow == nil } ? .bfloat16 : .float32
    }

    /// What OpenVINO computes in where it is asked for this: below AVX-512 it takes Float32 whatever is asked.
    package var computed: Precision {
        Processor.Instructions.usable < .avx512 ? .float32 : self
    }
}

extension Derivation {
    /// Adds what the network was computed in, to the description only where pixels differ from Float32's for it.
    ///
    /// - Parameter precision: `nil` where it is not known.
    mutating func state(_ precision: Precision?) {
        self.precision = precision?.rawValue
        if let precision, precision != .float32 { description += ", computed in \(precision.rawValue)" }
    }
}
