import Networks
import Upscaling

/// What stands around a network, in the words of the model file that it ends in.
extension Architecture {
    public var input: NetworkInput {
        switch self {
        case .vdsr, .sr3: .bicubicUpscaled
        case .foveola, .srresnet, .saeedi, .ahmad, .rrdb, .enhanceNet: .lowResolution
        }
    }

    public var output: NetworkOutput {
        switch self {
        case .foveola, .vdsr, .enhanceNet, .sr3: .residual
        case .srresnet, .saeedi, .ahmad, .rrdb: .image
        }
    }
}
