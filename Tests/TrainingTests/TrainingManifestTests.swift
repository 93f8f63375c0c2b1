import Foundation
import Imaging
import Testing
import Torch
import Training

@Suite(.serialized) struct TrainingManifestTests {
    /// Images and a run of three steps of six, stopped.
    private func stoppedRun() throws -> (images: URL, run: TrainingRun) {
        let images = try Phantom.folder(Phantom.names)
        let run = try TrainingRun(
            Phantom.configuration(images, steps: 6), folder: images.appendingPathComponent("run"), commit: "0123abcd")
        try run.run(resume: false) { event in
            if case .stepped(3, _, _, _) = event { .stop } else { .proceed }
        }
        return (images, run)
    }

    private func manifest(of run: TrainingRun) throws -> TrainingManifest {
        try JSONDecoder().decode(
            TrainingManifest.self, from: Data(contentsOf: run.folder.appendingPathComponent("manifest.json")))
    }

    @Test func `a manifest tells the data as sha256sum does, and each stretch of the run`() throws {
        let (images, run) = try stoppedRun()
        defer { try? FileManager.default.removeItem(at: images) }
        try run.run(resume: true)
        let manifest = try manifest(of: run)
        #expect(manifest.data.map(\.folder) == [images.path] && manifest.data.map(\.files) == [10])
        // Nine train, the last in order validates.
        let shell = Process()
        let output = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = [
            "-c", "cd '\(images.path)' && sha256sum \(Phantom.names.joined(separator: " ")) | sha256sum",
        ]
        shell.standardOutput = output
        try shell.run()
        let sum = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).prefix(64)
        #expect(manifest.data[0].sha256 == sum)
        #expect(manifest.stretches.map(\.step) == [0, 3])
        for stretch in manifest.stretches {
            #expect(stretch.commit == "0123abcd" && stretch.version == FoveaVersion.current)
            #expect(stretch.torch == TorchRuntime.version)
            #expect(stretch.machine?.threads == TorchRuntime.threadCount && stretch.machine?.device == "cpu")
            #expect(stretch.machine?.precision == run.configuration.precision)
        }
    }

    @Test func `a run does not go on with other images, and nothing of it is lost`() throws {
        let (images, run) = try stoppedRun()
        defer { try? FileManager.default.removeItem(at: images) }
        func files() throws -> [String: Data] {
            let names = try FileManager.default.contentsOfDirectory(atPath: run.folder.path)
            return try Dictionary(
                uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: run.folder.appendingPathComponent($0))) })
        }
        let before = try files()
        let (changed, moved) = (images.appendingPathComponent(Phantom.names[2]), images.appendingPathComponent("keep"))
        try FileManager.default.moveItem(at: changed, to: moved)
        try ImageFile.write(Phantom.image(77), to: changed)
        let error = #expect(throws: TrainingError.self) { try run.run(resume: true) }
        #expect(error?.description.contains("other images") == true)
        #expect(try files() == before)

        try FileManager.default.removeItem(at: changed)
        try FileManager.default.moveItem(at: moved, to: changed)
        try run.run(resume: true)
        #expect(try manifest(of: run).stretches.count == 2)
    }

    @Test func `a run that was begun before stretches were told apart goes on`() throws {
        let (images, run) = try stoppedRun()
        defer { try? FileManager.default.removeItem(at: images) }
        let hash = try manifest(of: run).data[0].sha256
        let url = run.folder.appendingPathComponent("manifest.json")
        try Data(
            """
            {"data": [{"files": 10, "folder": "\(images.path)", "sha256": "\(hash)"}], "date": "2026-11-25T20:00:00Z",
             "system": "Debian", "torch": "2.11.0", "version": "0.1.0"}
            """.utf8
        ).write(to: url)
        try run.run(resume: true)
        let manifest = try manifest(of: run)
        #expect(manifest.stretches.map(\.step) == [0, 3])
        #expect(manifest.stretches[0].date == "2026-11-25T20:00:00Z" && manifest.stretches[0].machine == nil)
    }
}
