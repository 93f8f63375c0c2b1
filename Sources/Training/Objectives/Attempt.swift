import Networks
import Torch
import TorchNN

/// What a network made of a batch, beside what it should have made.
struct Attempt {
    /// In Float32.
    let image: Tensor
    /// In the units of the network's output.
    let target: Tensor
    /// The run's distance between them. Of a network that estimates things on the way, half the sum of the distances of the
    /// image, of the coarse image, and of the maps: equation 7 of Chen et al. 2018 with α = β = 1, as published.
    let loss: Tensor
    /// What `loss` is made of, by name, where it is made of several.
    let parts: [(name: String, value: Float)]
}

extension TrainingConfiguration {
    /// - Parameters:
    ///   - batch: with maps where the network estimates some.
    ///   - network: of this configuration's architecture.
    ///   - device: what it runs on.
    func attempt(_ batch: Batch, by network: any Layer, on device: Device) -> Attempt {
        let target = architecture.scaledTarget(batch.target)
        let type = precision.scalarType(on: device)
        guard let estimating = network as? any EstimatingLayer, let priors = batch.priors else {
            let image = TorchRuntime.autocast(to: type, on: device) { network(batch.input, told: batch.conditions) }
                .to(type: .float32)
            return Attempt(image: image, target: target, loss: loss(image, target), parts: [])
        }
        let made = TorchRuntime.autocast(to: type, on: device) { estimating.estimates(of: batch.input) }
        let image = made.image.to(type: .float32)
        let losses = [
            ("image", loss(image, target)), ("coarse", loss(made.coarse.to(type: .float32), target)),
            // Maps are estimated at half the resolution.
            ("prior", Loss.mse(made.priors.to(type: .float32), priors.averagePool(2))),
        ]
        let sum = (losses[0].1 + losses[1].1 + losses[2].1) / 2
        return Attempt(image: image, target: target, loss: sum, parts: losses.map { ($0.0, $0.1.item) })
    }
}
