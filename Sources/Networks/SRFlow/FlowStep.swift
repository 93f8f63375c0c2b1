import Torch
import TorchNN

/// A step of the flow that the low-resolution image has no part in: Lugmayr et al. 2020, section 3.4, "transition step".
struct TransitionStep {
    private let norm: ActNorm
    private let mixing: InvertibleConvolution

    init(_ path: ParameterPath, _ channels: Int) throws {
        norm = try ActNorm(path / "norm", channels)
        mixing = try InvertibleConvolution(path / "mixing", channels)
    }

    /// - Parameter fits: whether the normalisation is chosen for this input first.
    func callAsFunction(_ x: Tensor, fits: Bool) -> Transformed {
        if fits { norm.fit(to: x) }
        return norm(x).then(mixing.callAsFunction)
    }

    func inverse(_ z: Tensor) -> Tensor { norm.inverse(mixing.inverse(z)) }
}

/// A step of the flow: normalisation and mixing of channels, then two affine maps, of all channels as the features of the
/// low-resolution image tell, and of one half as these and the other half tell (Lugmayr et al. 2020, figure 2).
struct FlowStep {
    private let transition: TransitionStep
    private let injector: ConditionalAffine
    private let coupling: ConditionalAffine
    private let half: Int
    private let channels: Int

    init(_ path: ParameterPath, channels: Int, features: Int, hidden: Int, leastScale: Double) throws {
        (self.channels, half) = (channels, channels / 2)
        transition = try TransitionStep(path, channels)
        // What the low-resolution image alone tells cannot build up; its scale is bounded as published.
        injector = try ConditionalAffine(
            path / "injector", inputs: features, hidden: hidden, channels: channels, leastScale: 1e-4)
        coupling = try ConditionalAffine(
            path / "coupling", inputs: half + features, hidden: hidden, channels: channels - half,
            leastScale: leastScale)
    }

    func callAsFunction(_ x: Tensor, features: Tensor, fits: Bool) -> Transformed {
        transition(x, fits: fits).then { injector($0, told: features) }.then { value in
            let kept = value.channels(0..<half)
            var changed = coupling(value.channels(half..<channels), told: .concatenate([kept, features], dimension: 1))
            changed.value = .concatenate([kept, changed.value], dimension: 1)
            return changed
        }
    }

    func inverse(_ z: Tensor, features: Tensor) -> Tensor {
        let kept = z.channels(0..<half)
        let changed = coupling.inverse(
            z.channels(half..<channels), told: .concatenate([kept, features], dimension: 1))
        let injected = injector.inverse(.concatenate([kept, changed], dimension: 1), told: features)
        return transition.inverse(injected)
    }
}

/// Where half of the channels leave the flow: they are normal about what the other half makes of them (Kingma & Dhariwal
/// 2018; Dinh et al., "Density Estimation Using Real NVP", 2017, section 3.6).
struct FlowSplit {
    /// The logarithm of their deviation stays within ± this, for the reason that couplings' scales are bounded.
    private static let largestLogDeviation = 2.0

    private let prior: ZeroConvolution
    private let half: Int
    private let channels: Int

    init(_ path: ParameterPath, _ channels: Int) throws {
        (self.channels, half) = (channels, channels / 2)
        prior = try ZeroConvolution(path / "prior", half, 2 * (channels - half))
    }

    private func moments(_ kept: Tensor) -> (mean: Tensor, logDeviation: Tensor) {
        let told = prior(kept)
        let count = channels - half
        let limit = Self.largestLogDeviation
        let logDeviation = (told.channels(count..<2 * count) * (1 / limit)).tanh * limit
        return (told.channels(0..<count), logDeviation)
    }

    /// What goes on, and what leaves in the form of standard normal values.
    func callAsFunction(_ x: Tensor) -> (kept: Transformed, latent: Tensor) {
        let kept = x.channels(0..<half)
        let (mean, logDeviation) = moments(kept)
        let latent = (x.channels(half..<channels) - mean) * (-logDeviation).exp
        return (Transformed(value: kept, logDeterminant: -logDeviation.sum([1, 2, 3])), latent)
    }

    func inverse(_ kept: Tensor, latent: Tensor) -> Tensor {
        let (mean, logDeviation) = moments(kept)
        return .concatenate([kept, latent * logDeviation.exp + mean], dimension: 1)
    }
}
