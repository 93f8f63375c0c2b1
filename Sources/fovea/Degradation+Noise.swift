import Imaging

extension Degradation {
    /// What `--degradation` and `--noise` ask for together.
    ///
    /// - Throws: `DegradationError` where the text names no degradation of this scale.
    init(_ text: String, addingNoise noise: Double?, scale: Double) throws {
        try self.init(noise.map { "\(text),noise:\($0)" } ?? text, scale: scale)
    }
}
