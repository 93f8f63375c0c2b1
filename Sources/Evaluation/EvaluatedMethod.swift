import Imaging

/// Something that enlarges images and is to be judged: bicubic interpolation, a network in a model file, or one that is
/// still in training.
public struct EvaluatedMethod: Sendable {
    /// What tables call it.
    public var name: String
    /// SHA-256 of the model file, where there is one.
    public var modelHash: String?
    /// The image at `scale` times its sampling rate, in its stored units, not rounded.
    public var enlarge: @Sendable (_ image: Image, _ scale: Int) throws -> Image

    public init(
        name: String, modelHash: String? = nil,
        enlarge: @escaping @Sendable (_ image: Image, _ scale: Int) throws -> Image
    ) {
        self.name = name
        self.modelHash = modelHash
        self.enlarge = enlarge
    }

    /// MATLAB's bicubic interpolation, what everything is compared with.
    public static let bicubic = EvaluatedMethod(name: "bicubic") { image, scale in
        let header = image.header.resized(width: image.header.width * scale, height: image.header.height * scale)
        return Image(header: header, pixels: image.pixels.resized(width: header.width, height: header.height))
    }
}
