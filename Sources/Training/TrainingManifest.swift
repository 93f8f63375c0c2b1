import Evaluation
import Foundation
import Imaging
import ONNX
import Torch

/// What a run was made by and of, written as `manifest.json` beside it: with its configuration, enough to do it again.
public struct TrainingManifest: Codable, Sendable, Equatable {
    /// The images of one folder that are used.
    public struct Folder: Codable, Sendable, Equatable {
        public var folder: String
        public var files: Int
        /// SHA-256 of the list of the files' hashes, as `sha256sum` prints it for their paths, those that train first.
        public var sha256: String
    }

    /// Of Fovea, of libtorch.
    public var version: String
    public var torch: String
    /// ISO 8601, UTC.
    public var date: String
    public var system: String
    public var data: [Folder]
    /// SHA-256 of the checkpoint that gave the initial weights.
    public var initialWeights: String?

    /// - Throws: what reading a file throws.
    init(_ sets: [TrainingSet], initialWeights: String?) throws {
        version = FoveaVersion.current
        torch = Torch.version
        date = Date.now.formatted(.iso8601)
        system = ProcessInfo.processInfo.operatingSystemVersionString
        data = try sets.map { set in
            let root = URL(fileURLWithPath: set.folder.folder)
            let names = set.split.training + set.split.validation
            let lines = try names.map { name in
                "\(SHA256.hexadecimal(of: try Data(contentsOf: root.appendingPathComponent(name))))  \(name)\n"
            }
            return Folder(
                folder: set.folder.folder, files: names.count,
                sha256: SHA256.hexadecimal(of: Data(lines.joined().utf8)))
        }
        self.initialWeights = try initialWeights.map {
            SHA256.hexadecimal(of: try Data(contentsOf: URL(fileURLWithPath: $0)))
        }
    }

    /// Writes it beside a run that begins, and of one that goes on makes sure that it goes on with the same images: on
    /// others it would not end where the unbroken one does.
    ///
    /// - Throws: ``TrainingError/badCheckpoint(path:reason:)``.
    func keep(in folder: URL, resumes: Bool) throws {
        let url = folder.appendingPathComponent("manifest.json")
        // Runs of earlier versions have none.
        if resumes, let written = try? Data(contentsOf: url) {
            let begun = try JSONDecoder().decode(TrainingManifest.self, from: written)
            for (old, new) in zip(begun.data, data) where old != new {
                throw TrainingError.badCheckpoint(
                    path: old.folder,
                    reason: "holds other images than when this run was begun; put them back, or begin another run")
            }
            return
        }
        try JSONEncoder.fovea.encode(self).write(to: url, options: .atomic)
    }
}
