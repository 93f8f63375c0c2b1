/// How a model file's flow is used: what it draws images from.
public struct FlowDescription: Sendable, Equatable, Codable {
    /// The temperature that samples are drawn at where none is asked for, from 0 to 1.
    public var temperature: Double

    public init(temperature: Double) { self.temperature = temperature }

    /// Name of the network's second input, the latent: (B, scale² · channels, H, W) at the low-resolution image's places,
    /// standard normal times a temperature.
    public static let latentTensor = "latent"
}
