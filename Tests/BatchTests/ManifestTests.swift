import Batch
import Foundation
import TestSupport
import Testing

@Suite struct ManifestTests {
    private func record(_ output: String, hash: String, _ outcome: ManifestRecord.Outcome = .done) -> ManifestRecord {
        let json = """
            {"outcome": "\(outcome.rawValue)", "input": "a", "output": "\(output)", "outputHash": "\(hash)",
             "options": {"scale": "4"}, "time": "2026-11-26T12:00:00Z", "version": "0.1.0"}
            """
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try! decoder.decode(ManifestRecord.self, from: Data(json.utf8))
    }

    @Test("the last line that says a result is done counts, unless it was withdrawn")
    func lastLine() throws {
        let folder = try TemporaryFolder()
        let manifest = Manifest(folder["fovea.jsonl"])
        #expect(try manifest.record(of: folder["a.png"]) == nil)
        for (hash, outcome) in [("1", ManifestRecord.Outcome.done), ("2", .done), ("2", .failed)] {
            try manifest.append(record("a.png", hash: hash, outcome))
        }
        #expect(try manifest.record(of: folder["a.png"])?.outputHash == "2")
        try manifest.append(record("a.png", hash: "2", .withdrawn))
        #expect(try manifest.record(of: folder["a.png"])?.outputHash == "1")
        #expect(try Manifest(folder["fovea.jsonl"]).record(of: folder["a.png"])?.outputHash == "1")
    }

    @Test("half a line, as of a process that was killed, costs that line alone")
    func halfLine() throws {
        let folder = try TemporaryFolder()
        let url = folder["fovea.jsonl"]
        let manifest = Manifest(url)
        try manifest.append(record("a.png", hash: "1"))
        let whole = try Data(contentsOf: url)
        try (whole + whole.prefix(40)).write(to: url)
        #expect(try manifest.record(of: folder["a.png"])?.outputHash == "1")
        try manifest.append(record("b.png", hash: "2"))
        for reader in [manifest, Manifest(url)] {
            #expect(try reader.record(of: folder["a.png"])?.outputHash == "1")
            #expect(try reader.record(of: folder["b.png"])?.outputHash == "2")
        }
    }

    @Test("lines that many append at once stay whole")
    func manyWriters() throws {
        let folder = try TemporaryFolder()
        let url = folder["fovea.jsonl"]
        DispatchQueue.concurrentPerform(iterations: 8) { writer in
            let manifest = Manifest(url)
            for line in 0..<50 { try? manifest.append(record("\(writer)-\(line).png", hash: "\(writer)\(line)")) }
        }
        let manifest = Manifest(url)
        for writer in 0..<8 {
            for line in 0..<50 {
                #expect(
                    try manifest.record(of: folder["\(writer)-\(line).png"])?.outputHash == "\(writer)\(line)")
            }
        }
    }

    @Test("a result is named as it is seen from the manifest's folder, and from the root elsewhere")
    func names() throws {
        let folder = try TemporaryFolder()
        let manifest = Manifest(folder["out/fovea.jsonl"])
        #expect(manifest.name(of: folder["out/a.png"]) == "a.png")
        #expect(manifest.name(of: folder["out/deep/../deep/a.png"]) == "deep/a.png")
        #expect(manifest.name(of: folder["outside/a.png"]) == folder["outside/a.png"].path)
    }
}
