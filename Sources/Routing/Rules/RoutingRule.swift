import Foundation

/// Which images are enlarged, how, and where the results go.
public struct RoutingRule: Sendable, Equatable, Codable {
    /// What a result is, in the words of `fovea upscale`.
    public struct Enlargement: Sendable, Equatable, Codable {
        /// `auto`, `bicubic`, a shipped model or family, or a file.
        public var model = "auto"
        /// From 1 to 16.
        public var scale = 2.0
        /// The share of grain that is kept, from 0 to 1.
        public var grain = 1.0
        /// Whether the result, reduced again, is to be the input.
        public var isConsistent = false
        /// Whether the bound on the result's errors is made and sent too.
        public var wantsTrust = false

        /// The usual: ×2 by the model that fits.
        public init() {}
    }

    /// An application entity that results are sent to.
    public struct Destination: Sendable, Equatable, Codable, CustomStringConvertible {
        /// Its AE title.
        public var title: String
        /// Its name or IPv4 address.
        public var host: String
        /// Its port.
        public var port: Int

        /// - Parameters:
        ///   - title: its AE title.
        ///   - host: its name or IPv4 address.
        ///   - port: its port.
        public init(title: String, host: String, port: Int) {
            (self.title, self.host, self.port) = (title, host, port)
        }

        public var description: String { "\(title) at \(host):\(port)" }
    }

    /// What people call it.
    public var name: String
    /// Modalities (0008,0060), one of which is to be the image's; `nil` for any.
    public var modalities: [String]?
    /// Body parts (0018,0015), likewise.
    public var bodyParts: [String]?
    /// AE titles of whom the image is from, likewise.
    public var callers: [String]?
    /// A regular expression that is to be found in the series' description (0008,103E), whatever the case; `nil` for any.
    public var described: String?
    /// What is made.
    public var enlargement: Enlargement
    /// Where it goes.
    public var destination: Destination

    /// - Parameters:
    ///   - name: what people call it.
    ///   - enlargement: what is made.
    ///   - destination: where it goes.
    public init(name: String, enlargement: Enlargement = Enlargement(), destination: Destination) {
        (self.name, self.enlargement, self.destination) = (name, enlargement, destination)
    }

    /// Whether it is for an object.
    ///
    /// - Parameter traits: what of the object rules look at.
    public func fits(_ traits: ObjectTraits) -> Bool {
        func isOne(_ value: String?, of wanted: [String]?) -> Bool {
            guard let wanted else { return true }
            return wanted.contains { $0.caseInsensitiveCompare(value ?? "") == .orderedSame }
        }
        guard isOne(traits.modality, of: modalities), isOne(traits.bodyPart, of: bodyParts),
            isOne(traits.caller, of: callers)
        else { return false }
        guard let described else { return true }
        guard let pattern = try? Regex(described).ignoresCase() else { return false }
        return (traits.seriesDescription ?? "").contains(pattern)
    }
}

/// What of an object rules look at.
public struct ObjectTraits: Sendable, Equatable {
    /// Modality (0008,0060).
    public var modality: String?
    /// Body Part Examined (0018,0015).
    public var bodyPart: String?
    /// Series Description (0008,103E).
    public var seriesDescription: String?
    /// The AE title of whom it is from.
    public var caller: String

    /// - Parameters:
    ///   - modality: (0008,0060).
    ///   - bodyPart: (0018,0015).
    ///   - seriesDescription: (0008,103E).
    ///   - caller: the AE title of whom it is from.
    public init(modality: String?, bodyPart: String? = nil, seriesDescription: String? = nil, caller: String) {
        (self.modality, self.bodyPart, self.seriesDescription, self.caller) = (
            modality, bodyPart, seriesDescription, caller
        )
    }
}
