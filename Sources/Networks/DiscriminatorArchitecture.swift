import TorchNN

/// Every discriminator that Fovea trains, with its configuration.
public enum DiscriminatorArchitecture: Sendable, Equatable {
    case srgan(DiscriminatorConfiguration)
    case ahmad(DiscriminatorConfiguration)
    case esrgan(ESRGANDiscriminator.Configuration)
    case enhanceNet(DiscriminatorConfiguration)

    public func makeDiscriminator(_ parameters: Parameters) throws -> any Discriminator {
        let discriminator: any Discriminator =
            switch self {
            case .srgan(let configuration): try SRGANDiscriminator(parameters.root, configuration)
            case .ahmad(let configuration): try AhmadDiscriminator(parameters.root, configuration)
            case .esrgan(let configuration): try ESRGANDiscriminator(parameters.root, configuration)
            case .enhanceNet(let configuration): try EnhanceNetDiscriminator(parameters.root, configuration)
            }
        try parameters.requireAllUsed()
        return discriminator
    }

    /// - Throws: ``ConfigurationError`` with the first value that no such network can have, its key under the name.
    public func validate() throws(ConfigurationError) {
        switch self {
        case .srgan(let configuration): try within(Name.srgan.rawValue, configuration.validate)
        case .ahmad(let configuration): try within(Name.ahmad.rawValue, configuration.validate)
        case .esrgan(let configuration): try within(Name.esrgan.rawValue, configuration.validate)
        case .enhanceNet(let configuration): try within(Name.enhanceNet.rawValue, configuration.validate)
        }
    }

    public var channels: Int {
        switch self {
        case .srgan(let configuration), .ahmad(let configuration), .enhanceNet(let configuration):
            configuration.channels
        case .esrgan(let configuration): configuration.channels
        }
    }

    /// Side of the high-resolution crops that it judges.
    public var size: Int {
        switch self {
        case .srgan(let configuration), .ahmad(let configuration), .enhanceNet(let configuration): configuration.size
        case .esrgan(let configuration): configuration.size
        }
    }
}

extension DiscriminatorArchitecture: Codable {
    private enum Name: String, CodingKey, CaseIterable {
        case srgan, ahmad, esrgan, enhanceNet
    }

    /// One key, the architecture's name, whose value is its configuration: `srgan: {size: 96, …}`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Name.self)
        guard let name = values.allKeys.first, values.allKeys.count == 1 else {
            let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "name one discriminator of: \(known)"))
        }
        switch name {
        case .srgan: self = .srgan(try values.decode(DiscriminatorConfiguration.self, forKey: name))
        case .ahmad: self = .ahmad(try values.decode(DiscriminatorConfiguration.self, forKey: name))
        case .esrgan: self = .esrgan(try values.decode(ESRGANDiscriminator.Configuration.self, forKey: name))
        case .enhanceNet: self = .enhanceNet(try values.decode(DiscriminatorConfiguration.self, forKey: name))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Name.self)
        switch self {
        case .srgan(let configuration): try values.encode(configuration, forKey: .srgan)
        case .ahmad(let configuration): try values.encode(configuration, forKey: .ahmad)
        case .esrgan(let configuration): try values.encode(configuration, forKey: .esrgan)
        case .enhanceNet(let configuration): try values.encode(configuration, forKey: .enhanceNet)
        }
    }
}
