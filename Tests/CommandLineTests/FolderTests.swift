import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct FolderTests {
    private func link(_ name: String, to target: String, in folder: TemporaryFolder) throws {
        try FileManager.default.createDirectory(
            at: folder[name].deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: folder[name].path, withDestinationPath: target)
    }

    @Test("a folder of links is a folder of images, in every command")
    func links() throws {
        let folder = try TemporaryFolder()
        for name in ["store/1.png", "store/2.png", "deep/3.png"] { try folder.add(name, width: 64, height: 64) }
        try link("in/a.png", to: "../store/1.png", in: folder)
        try link("in/b.png", to: "../store/2.png", in: folder)
        try link("in/sub", to: "../deep", in: folder)
        // Round and round.
        try link("deep/back", to: "../in", in: folder)
        let upscaled = try Fovea.run("upscale", "in", "--model", "bicubic", in: folder.url)
        #expect(upscaled.code == 0)
        #expect(
            folder.files.filter { $0.hasPrefix("in_x4") } == [
                "in_x4/a_x4.png", "in_x4/b_x4.png", "in_x4/fovea.jsonl", "in_x4/sub/3_x4.png",
            ])
        #expect(try Fovea.run("degrade", "in", "-o", "low/", in: folder.url).code == 0)
        #expect(folder.files.filter { $0.hasPrefix("low") } == ["low/a_d4.png", "low/b_d4.png", "low/sub/3_d4.png"])
        let evaluated = try Fovea.run("evaluate", "in", "--models", "bicubic", "--json", "-", in: folder.url)
        #expect(evaluated.code == 0)
        let rows = try #require(try evaluated.json()["rows"] as? [[String: Any]])
        #expect(rows[0]["images"] as? Int == 3)
        let trained = try Fovea.run(
            "train", "--data", "general:in", "--scale", "2", "--steps", "1", "--config", "c.yaml", "--run", "run",
            in: try folder.adding("c.yaml", Self.tiny))
        #expect(trained.code == 0)
        #expect(trained.error.contains("general: 3 images for training, 0 for validation"), "\(trained.error)")
    }

    static let tiny = """
        architecture: {foveola: {features: 4, blocks: 1}}
        batchSize: 1
        cropSize: 8
        reductions: [1]
        validationShare: 0.3
        precision: float32
        """

    @Test("a link to nothing is named, and the others are worked on")
    func dangling() throws {
        let folder = try TemporaryFolder()
        try folder.add("in/a.png")
        try link("in/b.dcm", to: "../.git/annex/gone", in: folder)
        let outcome = try Fovea.run("upscale", "in", "--model", "bicubic", "--json", in: folder.url)
        #expect(outcome.code == 1)
        let json = try outcome.json()
        #expect(json["succeeded"] as? Int == 1 && json["failed"] as? Int == 1)
        #expect(outcome.error.contains("in/b.dcm: cannot be read: a link to a file that is not there"))
    }

    @Test("results may lie beside their inputs, and are not read again", arguments: ["./", ".", "../in"])
    func besideInputs(output: String) throws {
        let folder = try TemporaryFolder()
        try folder.add("in/a.png")
        try folder.add("in/sub/b.tif")
        for scale in ["4", "2", "4"] {
            let outcome = try Fovea.run(
                ["upscale", ".", "-o", output, "--model", "bicubic", "--scale", scale, "--overwrite"], in: folder["in"])
            #expect(outcome.code == 0, "\(outcome.error)")
        }
        #expect(
            folder.files == [
                "in/a.png", "in/a_x2.png", "in/a_x4.png", "in/fovea.jsonl", "in/sub/b.tif", "in/sub/b_x2.tif",
                "in/sub/b_x4.tif",
            ])
    }

    @Test("the files of a series are chosen for and shown to the network as one, in any order")
    func series() throws {
        let folder = try TemporaryFolder()
        // One slice shows air, one tissue, one a bright implant: each by itself has another range.
        for (index, most) in [200, 1200, 3000].enumerated() {
            let data = DICOMPhantom.data(
                .init(width: 96, height: 96, instance: index + 1, modality: nil) { column, row in
                    UInt16(100 + (column * 7 + row * 13) % 31 * most / 30)
                })
            try folder.adding("in/\(3 - index).dcm", data)
        }
        let arguments = ["--scale", "2", "--overwrite", "--json"]
        let outcome = try Fovea.run(["upscale", "in", "-o", "out/"] + arguments, in: folder.url)
        #expect(outcome.code == 0, "\(outcome.error)")
        let inputs = try #require(try outcome.json()["inputs"] as? [[String: Any]])
        let models = Set(inputs.compactMap { $0["model"] as? String })
        #expect(inputs.count == 3 && models.count == 1)
        let info = try Fovea.run("info", "in/1.dcm", "in/2.dcm", "in/3.dcm", "--json", in: folder.url)
        let autos = try #require(try info.json()["files"] as? [[String: Any]])
            .compactMap { ($0["auto"] as? [String: Any])?["reason"] as? String }
        #expect(autos.count == 3 && Set(autos).count == 1)
        // Named in another order the pixels are the same; alone a slice has another range.
        let names = ["in/2.dcm", "in/1.dcm", "in/3.dcm"]
        #expect(try Fovea.run(["upscale"] + names + ["-o", "again/"] + arguments, in: folder.url).code == 0)
        let alone = try Fovea.run(
            ["upscale", "in/3.dcm", "-o", "alone.dcm", "--model", "fovea-general", "--scale", "2"], in: folder.url)
        #expect(alone.code == 0)
        for name in ["1", "2", "3"] {
            #expect(
                try ImageFile.read(folder["out/\(name)_x2.dcm"]).pixels
                    == ImageFile.read(folder["again/\(name)_x2.dcm"]).pixels)
        }
        let both = try Fovea.run(
            ["upscale"] + names + ["-o", "general/", "--model", "fovea-general", "--scale", "2"], in: folder.url)
        #expect(both.code == 0)
        #expect(
            try ImageFile.read(folder["general/3_x2.dcm"]).pixels != ImageFile.read(folder["alone.dcm"]).pixels)
    }

    @Test("a derived series has a number of its own, a hundred times its source's and the magnification")
    func seriesNumber() throws {
        let folder = try TemporaryFolder()
        for (name, number) in [("a.dcm", 3), ("b.dcm", 21_474_837), ("c.dcm", 0)] {
            try folder.adding(name, DICOMPhantom.data(.init(seriesNumber: number, instance: 1) { _, _ in 5 }))
            #expect(try Fovea.run("upscale", name, "--model", "bicubic", in: folder.url).code == 0)
        }
        func number(_ name: String) throws -> String? {
            guard case .dicom(let source) = try ImageFile.read(folder[name]).header.source else { return nil }
            return source[DICOMTag(rawValue: 0x0020_0011)]
        }
        #expect(try number("a_x4.dcm") == "304")
        // Beyond an integer string, and of a series without a number, nothing better is known.
        #expect(try number("b_x4.dcm") == "21474837" && number("c_x4.dcm") == "0")
    }

    @Test("degrading that is ended leaves no half file")
    func terminatedDegradation() throws {
        let folder = try TemporaryFolder()
        try folder.add("large.png", width: 3000, height: 3000)
        let process = Fovea.process(
            ["degrade", "large.png", "--scale", "1", "--degradation", "bicubic"], in: folder.url)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        while folder.files.count < 2 && process.isRunning { usleep(200) }
        process.terminate()
        process.waitUntilExit()
        #expect(folder.files.filter { $0.contains(".part-") } == [])
    }
}

extension TemporaryFolder {
    /// Writes a file; gives the folder.
    @discardableResult func adding(_ name: String, _ data: Data) throws -> URL {
        try FileManager.default.createDirectory(
            at: self[name].deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: self[name])
        return url
    }

    @discardableResult func adding(_ name: String, _ text: String) throws -> URL { try adding(name, Data(text.utf8)) }
}
