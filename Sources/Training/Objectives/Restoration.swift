import Imaging
import Networks
import Torch
import TorchNN
import Upscaling

extension Architecture {
    /// What a network of this architecture makes of a pair's input, in 0…1.
    func restore(_ pair: TrainingPair, told: [Float], with network: any Layer, on device: Device) -> Pixels {
        let conditions = told.isEmpty ? nil : Tensor(told, shape: [1, told.count], on: device)
        let values = TorchRuntime.withoutGradients {
            network(Tensor.images(pair.input, sidesMultiplesOf: paddingMultiple, on: device), told: conditions)
                .cropped(width: pair.target.width, height: pair.target.height).values
        }
        var result = pair.target
        switch output {
        case .residual:
            let bicubic = pair.bicubic
            for index in result.samples.indices { result.samples[index] = bicubic.samples[index] + values[index] }
        case .image:
            let (lower, width) = (
                Float(outputRange.lowerBound), Float(outputRange.upperBound - outputRange.lowerBound)
            )
            for index in result.samples.indices { result.samples[index] = (values[index] - lower) / width }
        }
        return result
    }
}
