import Torch
import TorchNN

/// A residual module of a stacked hourglass, pre-activated: 1 × 1 to half the width, 3 × 3, 1 × 1 (Newell, Yang & Deng,
/// "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016, figure 4); a 1 × 1 convolution skips it where the
/// width changes.
struct Bottleneck: Layer {
    private let norms: [BatchNorm2d]
    private let convolutions: [Conv2d]
    private let skip: Conv2d?

    init(_ path: ParameterPath, _ inputs: Int, _ outputs: Int) throws {
        let half = outputs / 2
        let widths = [inputs, half, half, outputs]
        norms = try (0..<3).map { try BatchNorm2d(path / "norms" / $0, widths[$0]) }
        convolutions = try (0..<3).map {
            try Conv2d(path / "convolutions" / $0, widths[$0], widths[$0 + 1], kernel: $0 == 1 ? 3 : 1)
        }
        skip = inputs == outputs ? nil : try Conv2d(path / "skip", inputs, outputs, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        zip(norms, convolutions).reduce(x) { $1.1($1.0($0).relu) } + (skip?(x) ?? x)
    }
}

/// Down and up again: at each depth a module beside and one before and behind what is done at half the resolution, and one
/// more at the bottom: 3 · depth + 1 modules (Newell et al. 2016, figure 3).
struct Hourglass: Layer {
    private let beside: [Bottleneck]
    private let before: [Bottleneck]
    private let behind: [Bottleneck]
    private let bottom: Bottleneck

    init(_ path: ParameterPath, _ features: Int, depth: Int) throws {
        func modules(_ name: String) throws -> [Bottleneck] {
            try (0..<depth).map { try Bottleneck(path / name / $0, features, features) }
        }
        beside = try modules("beside")
        before = try modules("before")
        behind = try modules("behind")
        bottom = try Bottleneck(path / "bottom", features, features)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { level(0, x) }

    private func level(_ depth: Int, _ x: Tensor) -> Tensor {
        guard depth < beside.count else { return bottom(x) }
        let halved = before[depth](x.maxPool(2))
        return beside[depth](x) + behind[depth](level(depth + 1, halved)).upsampleNearest(2)
    }
}
