import Foundation

/// A line of a manifest: what became of one input.
public struct ManifestRecord: Sendable, Equatable, Codable {
    /// What a line can say.
    public enum Outcome: String, Sendable, Codable {
        /// The result is written. The line comes just before the result is put in its place, so that no result is there
        /// without a line.
        case done
        /// The result of the last such line could not be put in its place.
        case withdrawn
        /// There is no result.
        case failed
    }

    /// A file that belongs to a result.
    public struct Companion: Sendable, Equatable, Codable {
        /// Its path, as ``ManifestRecord/output`` has it.
        public var output: String
        /// SHA-256 of its contents, lower-case hexadecimal.
        public var outputHash: String
    }

    /// What became of the input.
    public var outcome: Outcome
    /// The input's path as it was named.
    public var input: String
    /// SHA-256 of the input, lower-case hexadecimal; of header and samples one after the other where these are two files.
    public var inputHash: String?
    /// The result's path: below the manifest's folder as it is seen from there, and elsewhere from the root.
    public var output: String
    /// SHA-256 of the result, lower-case hexadecimal.
    public var outputHash: String?
    /// How many bytes the result has.
    public var outputBytes: Int?
    /// What else was written beside the result.
    public var companions: [Companion]?
    /// The model that made it, by name.
    public var model: String?
    /// SHA-256 of the model file, lower-case hexadecimal; of several, joined by ` + `.
    public var modelHash: String?
    /// What the networks' inner layers were computed in.
    public var precision: String?
    /// ``Recipe/terms``: the options by name.
    public var options: [String: String]
    /// A hash of what the input's series shows a network, where it is one of several files.
    public var series: String?
    /// How long it took.
    public var seconds: Double?
    /// When the line was written.
    public var time: Date
    /// The version of Fovea.
    public var version: String
    /// Why there is no result.
    public var error: String?
}
