import TorchNN
import Upscaling

extension SRFlow {
    /// The numbers that make the network.
    public struct Configuration: Codable, Sendable, Equatable {
        /// The enlarging network; it gives the magnification, a power of 2.
        public var encoder: Foveola.Configuration
        /// How many of its stages tell the flow, evenly spread, the last among them.
        public var depths: Int
        /// Channels that each of these stages is projected to.
        public var projected: Int
        /// Conditional steps of each level.
        public var steps: Int
        /// Channels inside the networks that tell shifts and scales.
        public var hidden: Int
        /// What couplings divide by at least when an image is drawn, above 0 and below 1; 1e-4 as published, with which small
        /// flows explode.
        public var leastScale: Double
        /// Standard deviation of what the enlarging network leaves, as a share of the range.
        public var deviation: Double

        public init(
            encoder: Foveola.Configuration = Foveola.Configuration(), depths: Int = 3, projected: Int = 32,
            steps: Int = 4, hidden: Int = 32, leastScale: Double = 0.5, deviation: Double = 0.04
        ) {
            self.encoder = encoder
            self.depths = depths
            self.projected = projected
            self.steps = steps
            self.hidden = hidden
            self.leastScale = leastScale
            self.deviation = deviation
        }

        /// - Throws: ``ConfigurationError`` with the first value that cannot be.
        public func validate() throws(ConfigurationError) {
            try within("encoder", encoder.validate)
            try Requirement.oneOf([2, 4, 8, 16], "encoder.scale", encoder.scale)
            try Requirement.within(0...0, "encoder.conditions", encoder.conditions)
            try Requirement.within(1...max(1, encoder.blocks), "depths", depths)
            try Requirement.features(projected, "projected")
            try Requirement.count(steps, "steps")
            try Requirement.features(hidden, "hidden")
            try Requirement.within(1e-6...0.999999, "leastScale", leastScale)
            try Requirement.within(1e-6...1e6, "deviation", deviation)
        }

        var scale: Int { encoder.scale }
        /// Each halves the places, down to the low-resolution image's.
        var levels: Int { scale.trailingZeroBitCount }
        /// As many latents at each place of the low-resolution image as it becomes pixels.
        public var latentChannels: Int { scale * scale }
        /// Of ``Foveola/stages(_:)``.
        var featureStages: [Int] { (1...depths).map { $0 * encoder.blocks / depths } }
    }
}

extension SRFlow.Configuration: NetworkConfiguration {
    public static let name = "srflow"
    public var magnification: Int? { scale }
    public var input: NetworkInput { .lowResolution }
    public var output: NetworkOutput { .residual }
    public var channels: Int { 1 }

    /// A step reaches two places, a split one; a place of the level may be half, a quarter… of one of the input.
    public var receptiveField: Int? {
        var reached = 2 * encoder.blocks + 2
        for level in 0..<levels {
            let places = scale >> (level + 1)
            let own = 2 * steps + 1
            reached += (own + places - 1) / places
            if places > 1 { reached += 1 }
        }
        return reached
    }

    public func makeNetwork(_ path: ParameterPath) throws -> any Layer { try SRFlow(path, self) }
}

extension Architecture {
    /// Lugmayr et al. 2020.
    public static func srflow(_ configuration: SRFlow.Configuration) -> Architecture { Architecture(configuration) }
}
