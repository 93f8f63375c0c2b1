import Torch
import TorchNN

/// A level of the flow: squeeze, two transition steps, conditional steps, and a split but at the last.
struct FlowLevel {
    private let transitions: [TransitionStep]
    private let steps: [FlowStep]
    private let split: FlowSplit?
    /// Places of this level for one of the low-resolution image, along an axis.
    private let places: Int
    /// Channels of the whole latent that leave here, at the low-resolution image's places.
    let latentChannels: Int
    /// Channels that go on to the next level.
    let keptChannels: Int

    /// - Parameters:
    ///   - inputs: channels before the squeeze.
    ///   - places: of this level for one of the low-resolution image, along an axis.
    init(
        _ path: ParameterPath, inputs: Int, places: Int, features: Int, hidden: Int, steps count: Int,
        leastScale: Double, splits: Bool
    ) throws {
        let channels = 4 * inputs
        transitions = try (0..<2).map { try TransitionStep(path / "transitions" / $0, channels) }
        steps = try (0..<count).map {
            try FlowStep(
                path / "steps" / $0, channels: channels, features: features, hidden: hidden,
                leastScale: leastScale)
        }
        split = splits ? try FlowSplit(path / "split", channels) : nil
        self.places = places
        keptChannels = splits ? channels / 2 : 0
        latentChannels = (channels - keptChannels) * places * places
    }

    /// - Parameters:
    ///   - x: (B, inputs, 2·H, 2·W).
    ///   - features: of the low-resolution image, at its own places.
    ///   - fits: whether normalisations are chosen for this input first.
    /// - Returns: what goes on, (B, keptChannels, H, W), `nil` at the last level; and what leaves.
    func callAsFunction(
        _ x: Tensor, features: Tensor, fits: Bool
    ) -> (kept: Tensor?, latent: Tensor, logDeterminant: Tensor) {
        let features = spread(features)
        let begin = transitions[0](x.pixelUnshuffle(2), fits: fits).then { transitions[1]($0, fits: fits) }
        let end = steps.reduce(begin) { state, step in state.then { step($0, features: features, fits: fits) } }
        guard let split else { return (nil, end.value.pixelUnshuffle(places), end.logDeterminant) }
        let (kept, latent) = split(end.value)
        return (kept.value, latent.pixelUnshuffle(places), end.logDeterminant + kept.logDeterminant)
    }

    func inverse(kept: Tensor?, latent: Tensor, features: Tensor) -> Tensor {
        let features = spread(features)
        let left = places == 1 ? latent : latent.pixelShuffle(places)
        let end = split.map { $0.inverse(kept!, latent: left) } ?? left
        let begin = steps.reversed().reduce(end) { $1.inverse($0, features: features) }
        return transitions.reversed().reduce(begin) { $1.inverse($0) }.pixelShuffle(2)
    }

    private func spread(_ features: Tensor) -> Tensor { places == 1 ? features : features.upsampleNearest(places) }
}
