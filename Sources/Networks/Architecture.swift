import Torch
import TorchNN
import Upscaling

/// The numbers that make a super-resolution network, and what stands around it, in the words of the model file that it
/// ends in. A network brings all of it in its own file and joins `Architecture.known`.
public protocol NetworkConfiguration: Codable, Sendable, Equatable {
    /// Its key in configurations and model files.
    static var name: String { get }
    /// Magnification, or `nil` for a network that serves any.
    var magnification: Int? { get }
    /// Of an image, in and out: 1 or 3.
    var channels: Int { get }
    var input: NetworkInput { get }
    var output: NetworkOutput { get }
    /// The range that the high-resolution image's 0…1 is mapped to. Residuals are differences in 0…1.
    var outputRange: ClosedRange<Double> { get }
    /// How far an input pixel reaches, in pixels of the input along an axis; `nil` where it is the whole image, as with
    /// norms over all places.
    var receptiveField: Int? { get }
    /// What width and height of the input must be multiples of.
    var paddingMultiple: Int { get }
    /// How many numbers about its input the network is told; above 0 it is a `ConditionedLayer`.
    var toldCount: Int { get }
    /// Whether it makes something of an image; a generator of images takes draws.
    var takesImages: Bool { get }
    /// How many maps of what is where it estimates beside its image; above 0 it is an ``EstimatingLayer``.
    var estimatedMaps: Int { get }
    /// Channels of what says where its result is to be doubted; above 0 it is a ``DoubtingLayer``.
    var doubtWidth: Int { get }

    /// - Throws: ``ConfigurationError`` with the first value that cannot be.
    func validate() throws(ConfigurationError)
    func makeNetwork(_ path: ParameterPath) throws -> any Layer
}

extension NetworkConfiguration {
    public var outputRange: ClosedRange<Double> { 0...1 }
    public var paddingMultiple: Int { 1 }
    public var toldCount: Int { 0 }
    public var takesImages: Bool { true }
    public var estimatedMaps: Int { 0 }
    public var doubtWidth: Int { 0 }

    fileprivate func equals(_ other: any NetworkConfiguration) -> Bool { self == other as? Self }
}

/// A super-resolution network that Fovea trains, with its configuration.
public struct Architecture: Sendable, Equatable {
    /// Every one there is: a new network joins here.
    static let known: [any NetworkConfiguration.Type] = [
        Foveola.Configuration.self, VDSR.Configuration.self, SRResNet.Configuration.self,
        SaeediHybrid.Configuration.self, AhmadGenerator.Configuration.self, RRDBNet.Configuration.self,
        EnhanceNet.Configuration.self, SR3.Configuration.self, SRFlow.Configuration.self,
        StyleGenerator.Configuration.self, FSRNet.Configuration.self,
    ]

    public var configuration: any NetworkConfiguration

    public init(_ configuration: some NetworkConfiguration) { self.configuration = configuration }

    public static func == (left: Architecture, right: Architecture) -> Bool {
        left.configuration.equals(right.configuration)
    }

    public var name: String { type(of: configuration).name }
    public var scale: Int? { configuration.magnification }
    public var channels: Int { configuration.channels }
    public var input: NetworkInput { configuration.input }
    public var output: NetworkOutput { configuration.output }
    public var outputRange: ClosedRange<Double> { configuration.outputRange }
    public var receptiveField: Int? { configuration.receptiveField }
    public var paddingMultiple: Int { configuration.paddingMultiple }
    /// How many numbers about its input the network is told.
    public var conditions: Int { configuration.toldCount }
    /// Whether it makes something of an image; a generator of images takes draws.
    public var takesImages: Bool { configuration.takesImages }
    /// How many maps of what is where it estimates beside its image.
    public var estimatedMaps: Int { configuration.estimatedMaps }
    /// Whether it says where its result is to be doubted.
    public var doubts: Bool { configuration.doubtWidth > 0 }

    public func makeNetwork(_ parameters: Parameters) throws -> any Layer {
        let network = try configuration.makeNetwork(parameters.root)
        try parameters.requireAllUsed()
        return network
    }

    /// - Throws: ``ConfigurationError`` with the first value that no such network can have, its key under the name.
    public func validate() throws(ConfigurationError) { try within(name, configuration.validate) }
}

extension Architecture: Codable {
    /// One key, the architecture's name, whose value is its configuration: `foveola: {scale: 4, …}`.
    public init(from decoder: any Decoder) throws {
        let (type, values, key) = try decoder.oneNamed("architecture", of: Self.known) { $0.name }
        configuration = try values.decode(type, forKey: key)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: NameKey.self)
        try values.encode(configuration, forKey: NameKey(stringValue: name))
    }
}
