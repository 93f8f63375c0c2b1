import Networks
import Torch
import TorchNN

/// Where a latent search is: latents and noise, which move on the spheres about the origin that they were drawn on, since
/// that is where almost all of a Gaussian in many dimensions lies (Menon et al. 2020, section 3.3).
package final class SearchPoint {
    /// (latentCount, latentSize), each on a sphere of its own.
    package let latents: Tensor
    /// One for each of the generator's layers, (1, 1, side, side).
    package let noise: [Tensor]
    private let spheres: [(point: Tensor, radius: Tensor, axes: [Int])]
    private let optimizer: Adam

    /// - Parameters:
    ///   - generator: whose layers it is for.
    ///   - moving: how many noise maps move, the coarsest.
    ///   - seed: of where it begins.
    ///   - device: what the generator runs on.
    package init(
        _ generator: StyleGenerator.Configuration, moving: Int, seed: UInt64, on device: Device = .cpu
    ) {
        let parameters = Parameters(seed: seed, on: device)
        func drawn(_ name: String, _ shape: [Int]) -> Tensor {
            // Names are given once, and nothing is loaded that could be missing.
            try! parameters.root.weight(name, shape: shape, .normal(deviation: 1))
        }
        let latents = drawn("latents", [generator.latentCount, generator.latentSize])
        let sides = generator.noiseSides
        noise = sides.enumerated().map { index, side in
            let shape = [1, 1, side, side]
            if index == sides.count - 1 { return .zeros(shape, on: device) }
            return index < moving ? drawn("noise.\(index)", shape) : parameters.generator.normal(shape)
        }
        self.latents = latents
        spheres = parameters.trainable.map { name, point in
            let axes = name == "latents" ? [1] : [2, 3]
            return (point, Self.length(point, axes), axes)
        }
        optimizer = Adam(parameters, learningRate: 0)
    }

    /// A step of Adam against the gradients, and back onto the spheres.
    package func descend(rate: Double) {
        optimizer.learningRate = rate
        optimizer.step()
        for sphere in spheres {
            sphere.point.copy(from: sphere.point.detached / Self.length(sphere.point, sphere.axes) * sphere.radius)
        }
    }

    private static func length(_ point: Tensor, _ axes: [Int]) -> Tensor {
        (point.detached.square.sum(axes, keepDimensions: true) + 1e-9).squareRoot
    }
}
