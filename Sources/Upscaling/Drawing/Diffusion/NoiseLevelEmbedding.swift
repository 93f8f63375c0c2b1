import Foundation

/// The noise level as a network sees it: a vector that tells any two levels apart.
///
/// Sines and cosines of 5000 · √γ at frequencies that fall geometrically from 1 to 10⁻⁴ (Vaswani et al. 2017 over
/// WaveGrad's continuous noise level, Chen et al. 2021, which SR3 follows). Without the factor all angles stay below one
/// radian and the levels look alike, a slip of a widely used port. Computed outside of the network: angles of thousands
/// of radians do not survive an engine's bfloat16, values within −1…1 do.
public enum NoiseLevelEmbedding {
    /// - Parameters:
    ///   - gamma: 0 ≤ γ ≤ 1.
    ///   - count: even; first all sines, then all cosines.
    public static func features(gamma: Double, count: Int) -> [Float] {
        precondition(count >= 4 && count % 2 == 0, "an even number of features, at least four")
        let half = count / 2
        let angles = (0..<half).map { index in
            5000 * gamma.squareRoot() * exp(-log(10_000) * Double(index) / Double(half - 1))
        }
        return angles.map { Float(sin($0)) } + angles.map { Float(cos($0)) }
    }
}
