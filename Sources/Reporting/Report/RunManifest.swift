import DataSets
import Foundation
import ONNX

/// What it takes to do a run again: written into reports and beside results.
public struct RunManifest: Codable, Sendable, Equatable {
    /// The command line, as one would type it.
    public var command: String
    /// Of Fovea.
    public var version: String
    /// ISO 8601, UTC.
    public var date: String
    public var system: String
    public var processor: String
    /// SHA-256 of the model files, by the names that tables have.
    public var models: [String: String]
    /// Where the images are, and SHA-256 of the list of their hashes as `sha256sum` prints it for the paths below.
    public var data: String
    public var dataHash: String
    public var files: Int

    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - version: of the program.
    ///   - folder: where the images are, as the user named it.
    ///   - files: those that are evaluated, by their paths relative to `folder`.
    ///   - models: the hashes of those that took part, by name: `EvaluationResult.models`.
    /// - Throws: what reading a file throws.
    public init(
        command: [String], version: String, folder: String, files: [(name: String, url: URL)],
        models: [String: String]
    ) throws {
        self.command = command.map(Self.quoted).joined(separator: " ")
        self.version = version
        date = Date.now.formatted(.iso8601)
        system = ProcessInfo.processInfo.operatingSystemVersionString
        processor = ProcessInfo.processInfo.processorName
        self.models = models
        data = folder
        dataHash = try SHA256.hexadecimal(ofFiles: files)
        self.files = files.count
    }

    private static func quoted(_ argument: String) -> String {
        let plain = argument.allSatisfy { $0.isLetter || $0.isNumber || "-_./:,=+@%".contains($0) }
        return plain && !argument.isEmpty
            ? argument : "'" + argument.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}

extension ProcessInfo {
    /// The processor by its maker's name, and how many cores of it there are.
    package var processorName: String {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
        return [name, "\(activeProcessorCount) cores"].compactMap(\.self).joined(separator: ", ")
    }
}
