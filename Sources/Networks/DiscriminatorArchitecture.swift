import Torch
import TorchNN
import Upscaling

/// The numbers that make a discriminator, and what it wants of the images that it judges. A discriminator brings all of it
/// in its own file and joins `DiscriminatorArchitecture.known`.
public protocol DiscriminatorConfiguration: Codable, Sendable, Equatable {
    /// Its key in configurations.
    static var name: String { get }
    /// Whose it is, for people.
    static var author: String { get }
    /// Of an image: 1 or 3.
    var channels: Int { get }
    /// Side of the high-resolution crops that it judges.
    var size: Int { get }
    /// Channels of the first convolutions; those of the later ones are multiples.
    var features: Int { get }

    /// - Throws: ``ConfigurationError`` with the first value that cannot be.
    func validate() throws(ConfigurationError)

    /// - Parameter path: where its weights get their names.
    /// - Returns: one that takes images of ``size``² pixels.
    /// - Throws: `TorchError` where weights that are loaded are another network's.
    func makeDiscriminator(_ path: ParameterPath) throws -> any Discriminator
}

extension DiscriminatorConfiguration {
    fileprivate func equals(_ other: any DiscriminatorConfiguration) -> Bool { self == other as? Self }
}

/// A discriminator that Fovea trains, with its configuration.
public struct DiscriminatorArchitecture: Sendable, Equatable {
    /// Every one there is: a new discriminator joins here.
    static let known: [any DiscriminatorConfiguration.Type] = [
        SRGANDiscriminator.Configuration.self, AhmadDiscriminator.Configuration.self,
        ESRGANDiscriminator.Configuration.self, EnhanceNetDiscriminator.Configuration.self,
        StyleDiscriminator.Configuration.self,
    ]

    /// The numbers that make it.
    public var configuration: any DiscriminatorConfiguration

    /// - Parameter configuration: the numbers that make it, which also say which one it is.
    public init(_ configuration: some DiscriminatorConfiguration) { self.configuration = configuration }

    public static func == (left: DiscriminatorArchitecture, right: DiscriminatorArchitecture) -> Bool {
        left.configuration.equals(right.configuration)
    }

    /// Its key in configurations.
    public var name: String { type(of: configuration).name }
    /// Whose it is, for people.
    public var author: String { type(of: configuration).author }
    /// Of an image: 1 or 3.
    public var channels: Int { configuration.channels }
    /// Side of the high-resolution crops that it judges.
    public var size: Int { configuration.size }

    /// - Parameter parameters: receive its weights, or hold those to load.
    /// - Returns: one that takes images of ``size``² pixels.
    /// - Throws: `TorchError` where weights that are loaded are another network's.
    public func makeDiscriminator(_ parameters: Parameters) throws -> any Discriminator {
        let discriminator = try configuration.makeDiscriminator(parameters.root)
        try parameters.requireAllUsed()
        return discriminator
    }

    /// - Throws: ``ConfigurationError`` with the first value that no such network can have, its key under the name.
    public func validate() throws(ConfigurationError) { try within(name, configuration.validate) }
}

extension DiscriminatorArchitecture: Codable {
    /// One key, the discriminator's name, whose value is its configuration: `srgan: {size: 96, …}`.
    public init(from decoder: any Decoder) throws {
        let (type, values, key) = try decoder.oneNamed("discriminator", of: Self.known) { $0.name }
        configuration = try values.decode(type, forKey: key)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: NameKey.self)
        try values.encode(configuration, forKey: NameKey(stringValue: name))
    }
}
