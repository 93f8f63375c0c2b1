import Foundation

/// How samples between pixel centres are made from their neighbours.
public enum Interpolation: String, Codable, CaseIterable, Sendable {
    /// The sample whose centre is nearest; never antialiased.
    case nearest
    /// Triangle over two samples.
    case linear
    /// Keys' cubic convolution with a = −0.5 over four samples (Keys, "Cubic convolution interpolation for digital image
    /// processing", 1981): MATLAB's `bicubic`. OpenCV's has a = −0.75 and is a different filter.
    case cubic
    /// Sinc windowed by a sinc, over four samples.
    case lanczos2
    /// Sinc windowed by a sinc, over six samples.
    case lanczos3
    /// The mean over the footprint of the new pixel, pixels partly covered counting by the part.
    case area

    /// Width of the kernel in source pixels at scale 1.
    var support: Double {
        switch self {
        case .nearest, .area: 1
        case .linear: 2
        case .cubic, .lanczos2: 4
        case .lanczos3: 6
        }
    }

    /// The kernel's value at a distance of `x` source pixels, scaled by `compression` ≤ 1 where antialiasing widens it.
    /// Weights are normalised afterwards, so that only ratios matter.
    func weight(_ x: Double, compression: Double) -> Double {
        let t = x * compression
        switch self {
        case .nearest:
            return t >= -0.5 && t < 0.5 ? 1 : 0
        case .linear:
            return max(1 - abs(t), 0)
        case .cubic:
            let a = abs(t)
            if a <= 1 { return (1.5 * a - 2.5) * a * a + 1 }
            if a <= 2 { return ((-0.5 * a + 2.5) * a - 4) * a + 2 }
            return 0
        case .lanczos2:
            return Self.sinc(t, lobes: 2)
        case .lanczos3:
            return Self.sinc(t, lobes: 3)
        case .area:
            // Overlap of the source pixel with a footprint `1 / compression` wide around the new centre.
            let half = 0.5 / compression
            return max(min(x + half, 0.5) - max(x - half, -0.5), 0)
        }
    }

    private static func sinc(_ x: Double, lobes: Double) -> Double {
        if x == 0 { return 1 }
        if abs(x) >= lobes || x == x.rounded() { return 0 }
        return lobes * sin(.pi * x) * sin(.pi * x / lobes) / (.pi * .pi * x * x)
    }
}
