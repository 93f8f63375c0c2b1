import DataSets
import Evaluation
import Foundation
import Imaging
import ONNX
import Reporting
import Torch

/// What a run was made by and of, written as `manifest.json` beside it: with its `configuration.json`, enough to do it again.
public struct TrainingManifest: Codable, Sendable, Equatable {
    /// The images of one folder that are used.
    public struct Folder: Codable, Sendable, Equatable {
        public var folder: String
        public var files: Int
        /// SHA-256 of the list of the files' hashes, as `sha256sum` prints it for their paths, those that train first.
        public var sha256: String
    }

    /// One stretch of the run: from where it was begun, or went on, to where it was stopped.
    public struct Stretch: Codable, Sendable, Equatable {
        /// Steps that were done before it.
        public var step: Int
        /// Of Fovea.
        public var version: String
        /// That the program was built of; `nil` where that is not known.
        public var commit: String?
        /// libtorch's version.
        public var torch: String
        /// ISO 8601, UTC.
        public var date: String
        public var system: String
        /// `nil` for runs of versions that did not write it down.
        public var machine: Machine?
    }

    /// What results may differ by in the last bits.
    public struct Machine: Codable, Sendable, Equatable {
        public var processor: String
        /// Instruction sets that arithmetic differs by, in libtorch's names.
        public var instructions: [String]
        /// Of the processor, in training.
        public var threads: Int
        /// `cpu`, `cuda:0` or `mps`.
        public var device: String
        /// What convolutions are computed in.
        public var precision: TrainingPrecision
    }

    public var data: [Folder]
    /// SHA-256 of the checkpoint that gave the initial weights.
    public var initialWeights: String?
    /// First to last.
    public var stretches: [Stretch]

    /// - Parameters:
    ///   - sets: the images that are used.
    ///   - run: what is begun or goes on now.
    ///   - step: how many steps are done.
    /// - Throws: what reading a file throws.
    init(_ sets: [TrainingSet], of run: TrainingRun, step: Int) throws {
        data = try sets.map { set in
            let root = URL(fileURLWithPath: set.folder.folder)
            let files = (set.split.training + set.split.validation).map { ($0, root.appendingPathComponent($0)) }
            return Folder(
                folder: set.folder.folder, files: files.count, sha256: try SHA256.hexadecimal(ofFiles: files))
        }
        initialWeights = try run.configuration.initialWeights.map {
            SHA256.hexadecimal(of: try Data(contentsOf: URL(fileURLWithPath: $0)))
        }
        let process = ProcessInfo.processInfo
        stretches = [
            Stretch(
                step: step, version: FoveaVersion.current, commit: run.commit, torch: TorchRuntime.version,
                date: Date.now.formatted(.iso8601), system: process.operatingSystemVersionString,
                machine: Machine(
                    processor: process.processorName, instructions: TorchRuntime.instructions,
                    threads: TorchRuntime.threadCount,
                    device: run.device.description, precision: run.configuration.precision))
        ]
    }

    /// The same with the stretches that a run's folder tells of before this one.
    ///
    /// - Throws: ``TrainingError/badCheckpoint(path:reason:)`` where the run was begun with other images: on others it would
    ///   not end where the unbroken one does.
    func continuing(runIn folder: URL) throws -> TrainingManifest {
        // Runs of the first versions have none.
        guard let written = try? Data(contentsOf: Self.url(in: folder)) else { return self }
        let begun: TrainingManifest
        do {
            begun = try JSONDecoder().decode(TrainingManifest.self, from: written)
        } catch {
            throw TrainingError.badCheckpoint(
                path: Self.url(in: folder).path,
                reason: "not a manifest that this Fovea wrote; remove it to go on unasked")
        }
        for (old, new) in zip(begun.data, data) where old != new {
            throw TrainingError.badCheckpoint(
                path: old.folder,
                reason: "holds other images than when this run was begun; put them back, or begin another run")
        }
        var result = begun
        result.stretches += stretches
        return result
    }

    /// - Parameter folder: the run's.
    /// - Throws: what writing a file throws.
    func write(to folder: URL) throws {
        try JSONEncoder.fovea.encode(self).write(to: Self.url(in: folder), options: .atomic)
    }

    private static func url(in folder: URL) -> URL { folder.appendingPathComponent("manifest.json") }
}

extension TrainingManifest {
    private enum CodingKeys: String, CodingKey {
        case data, initialWeights, stretches
    }

    /// Also of runs that did not tell their stretches apart.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        data = try values.decode([Folder].self, forKey: .data)
        initialWeights = try values.decodeIfPresent(String.self, forKey: .initialWeights)
        stretches =
            try values.decodeIfPresent([Stretch].self, forKey: .stretches) ?? [FirstStretch(from: decoder).stretch]
    }

    /// What version 0.1.0 wrote beside the data.
    private struct FirstStretch: Decodable {
        var version: String
        var torch: String
        var date: String
        var system: String

        var stretch: Stretch { Stretch(step: 0, version: version, torch: torch, date: date, system: system) }
    }
}
