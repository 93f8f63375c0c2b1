import Torch
import TorchNN

/// Every super-resolution network that Fovea trains, with its configuration.
public enum Architecture: Sendable, Equatable {
    case foveola(Foveola.Configuration)
    case vdsr(VDSR.Configuration)
    case srresnet(SRResNet.Configuration)
    case saeedi(SaeediHybrid.Configuration)
    case ahmad(AhmadGenerator.Configuration)
    case rrdb(RRDBNet.Configuration)
    case enhanceNet(EnhanceNet.Configuration)
    /// SR3's regression baseline as a network of its own; with a diffusion objective, SR3.
    case sr3(SR3.Configuration)

    public func makeNetwork(_ parameters: Parameters) throws -> any Layer {
        let network: any Layer =
            switch self {
            case .foveola(let configuration): try Foveola(parameters.root, configuration)
            case .vdsr(let configuration): try VDSR(parameters.root, configuration)
            case .srresnet(let configuration): try SRResNet(parameters.root, configuration)
            case .saeedi(let configuration): try SaeediHybrid(parameters.root, configuration)
            case .ahmad(let configuration): try AhmadGenerator(parameters.root, configuration)
            case .rrdb(let configuration): try RRDBNet(parameters.root, configuration)
            case .enhanceNet(let configuration): try EnhanceNet(parameters.root, configuration)
            case .sr3(let configuration): try SR3Regression(parameters.root, configuration)
            }
        try parameters.requireAllUsed()
        return network
    }

    /// - Throws: ``ConfigurationError`` with the first value that no such network can have, its key under the name.
    public func validate() throws(ConfigurationError) {
        switch self {
        case .foveola(let configuration): try within(Name.foveola.rawValue, configuration.validate)
        case .vdsr(let configuration): try within(Name.vdsr.rawValue, configuration.validate)
        case .srresnet(let configuration): try within(Name.srresnet.rawValue, configuration.validate)
        case .saeedi(let configuration): try within(Name.saeedi.rawValue, configuration.validate)
        case .ahmad(let configuration): try within(Name.ahmad.rawValue, configuration.validate)
        case .rrdb(let configuration): try within(Name.rrdb.rawValue, configuration.validate)
        case .enhanceNet(let configuration): try within(Name.enhanceNet.rawValue, configuration.validate)
        case .sr3(let configuration): try within(Name.sr3.rawValue, configuration.validate)
        }
    }

    /// Magnification, or `nil` for a network that serves any.
    public var scale: Int? {
        switch self {
        case .foveola(let configuration): configuration.scale
        case .vdsr, .sr3: nil
        case .srresnet(let configuration): configuration.scale
        case .saeedi, .ahmad: 4
        case .rrdb(let configuration): configuration.scale
        case .enhanceNet(let configuration): configuration.scale
        }
    }

    public var channels: Int {
        switch self {
        case .foveola: 1
        case .vdsr(let configuration): configuration.channels
        case .srresnet(let configuration): configuration.channels
        case .saeedi(let configuration): configuration.channels
        case .ahmad(let configuration): configuration.channels
        case .rrdb(let configuration): configuration.channels
        case .enhanceNet(let configuration): configuration.channels
        case .sr3(let configuration): configuration.channels
        }
    }

    /// How many numbers about its input the network is told; above 0 it is a `ConditionedLayer`.
    public var conditions: Int {
        if case .foveola(let configuration) = self { configuration.conditions } else { 0 }
    }

    /// The range that the high-resolution image's 0…1 is mapped to. Residuals are differences in 0…1.
    public var outputRange: ClosedRange<Double> {
        switch self {
        case .foveola, .vdsr, .rrdb, .enhanceNet, .sr3: 0...1
        case .srresnet, .saeedi, .ahmad: -1...1
        }
    }

    /// How far an input pixel reaches, in pixels of the input along an axis; `nil` where it is the whole image, as with
    /// norms over all places.
    public var receptiveField: Int? {
        switch self {
        case .foveola(let configuration): 2 * configuration.blocks + 2
        case .vdsr(let configuration): configuration.depth
        // 9 × 9 at either end, two convolutions a block, one after, one an upsampling; those past the first
        // enlargement reach less far in input pixels, so this is an upper bound.
        case .srresnet(let configuration): 4 + 2 * configuration.blocks + 1 + configuration.scale / 2 + 4
        // Stem, blocks, plain layers, sharpening and up-block on the image enlarged ×2, whose pixels are half as far;
        // bicubic before, 3 × 3 and 5 × 5 after.
        case .saeedi(let configuration):
            2 + (4 + 2 * configuration.residualBlocks + configuration.plainLayers + 2 + 1) / 2 + 1
        case .ahmad(let configuration):
            (configuration.kernels.max() ?? 1) / 2 * (1 + 2 * configuration.shallowBlocks)
                + 2 * configuration.deepBlocks + 2 + (2 * configuration.enlargedBlocks + 2 + 1) / 2 + 1
        // Fifteen convolutions a block.
        case .rrdb(let configuration): 2 + 15 * configuration.blocks + 2
        case .enhanceNet(let configuration): 1 + 2 * configuration.blocks + 2
        case .sr3: nil
        }
    }

    /// What width and height of the input must be multiples of.
    public var paddingMultiple: Int {
        switch self {
        case .foveola, .vdsr, .srresnet, .saeedi, .ahmad, .rrdb, .enhanceNet: 1
        case .sr3(let configuration): configuration.network.multiple
        }
    }
}

extension Architecture: Codable {
    private enum Name: String, CodingKey, CaseIterable {
        case foveola, vdsr, srresnet, saeedi, ahmad, rrdb, enhanceNet, sr3
    }

    /// One key, the architecture's name, whose value is its configuration: `foveola: {scale: 4, …}`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Name.self)
        guard let name = values.allKeys.first, values.allKeys.count == 1 else {
            let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "name one architecture of: \(known)"))
        }
        switch name {
        case .foveola: self = .foveola(try values.decode(Foveola.Configuration.self, forKey: name))
        case .vdsr: self = .vdsr(try values.decode(VDSR.Configuration.self, forKey: name))
        case .srresnet: self = .srresnet(try values.decode(SRResNet.Configuration.self, forKey: name))
        case .saeedi: self = .saeedi(try values.decode(SaeediHybrid.Configuration.self, forKey: name))
        case .ahmad: self = .ahmad(try values.decode(AhmadGenerator.Configuration.self, forKey: name))
        case .rrdb: self = .rrdb(try values.decode(RRDBNet.Configuration.self, forKey: name))
        case .enhanceNet: self = .enhanceNet(try values.decode(EnhanceNet.Configuration.self, forKey: name))
        case .sr3: self = .sr3(try values.decode(SR3.Configuration.self, forKey: name))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Name.self)
        switch self {
        case .foveola(let configuration): try values.encode(configuration, forKey: .foveola)
        case .vdsr(let configuration): try values.encode(configuration, forKey: .vdsr)
        case .srresnet(let configuration): try values.encode(configuration, forKey: .srresnet)
        case .saeedi(let configuration): try values.encode(configuration, forKey: .saeedi)
        case .ahmad(let configuration): try values.encode(configuration, forKey: .ahmad)
        case .rrdb(let configuration): try values.encode(configuration, forKey: .rrdb)
        case .enhanceNet(let configuration): try values.encode(configuration, forKey: .enhanceNet)
        case .sr3(let configuration): try values.encode(configuration, forKey: .sr3)
        }
    }
}
