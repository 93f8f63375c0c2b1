import Foundation
import TestSupport
import Testing
import Viewer

private let areInstalled = ["python3", "unzip"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
}

/// Archives as two other programs read them, Python's zipfile and Info-ZIP's unzip.
@Suite(.enabled(if: areInstalled, "python3 and unzip are not installed (apt-get install python3 unzip)"))
struct ZipArchiveTests {
    private func run(_ program: String, _ arguments: [String]) throws -> (code: Int32, output: Data) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/\(program)")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, data)
    }

    /// Writes an archive, and returns the contents by name as Python has them, in its order.
    private func read(_ archive: ZipArchive, _ folder: TemporaryFolder) throws -> [(name: String, contents: Data)] {
        let stream = archive.stream()
        var bytes: [UInt8] = []
        while let piece = try stream.next() { bytes += piece }
        #expect(bytes.count == archive.length, "its length was told beforehand")
        try folder.write(Data(bytes), to: "all.zip")
        #expect(try run("unzip", ["-t", "-qq", folder["all.zip"].path]).code == 0)
        let script = """
            import base64, json, sys, zipfile
            archive = zipfile.ZipFile(sys.argv[1])
            assert archive.testzip() is None
            print(json.dumps([[entry.filename, base64.b64encode(archive.read(entry)).decode()] for entry in archive.infolist()]))
            """
        let listed = try run("python3", ["-c", script, folder["all.zip"].path])
        #expect(listed.code == 0)
        let pairs = try JSONSerialization.jsonObject(with: listed.output) as? [[String]] ?? []
        return pairs.map { ($0[0], Data(base64Encoded: $0[1]) ?? Data()) }
    }

    /// Limits under which all numbers, some, and none are written in 64 bits.
    @Test("what is put in comes out, whatever its name and size", arguments: [1, 5_000, 600_000, UInt64(UInt32.max)])
    func contents(limit: UInt64) throws {
        let folder = try TemporaryFolder()
        let files: [(String, Data)] = [
            (
                "slice 1.dcm",
                Data((0..<700_001).map { (place: Int) -> UInt8 in UInt8(truncatingIfNeeded: place * place >> 3) })
            ), ("empty", Data()),
            ("größe ×4.dcm", Data("text".utf8)), ("last.dcm", Data(count: 5_000)),
        ]
        for (name, contents) in files { try folder.write(contents, to: name) }
        let read = try read(ZipArchive(files.map { folder[$0.0] }, limit: limit), folder)
        #expect(read.map(\.name) == files.map(\.0))
        #expect(read.map(\.contents) == files.map(\.1))
    }

    @Test("files of one name are told apart")
    func names() throws {
        let folder = try TemporaryFolder()
        for (index, name) in ["a/1.dcm", "b/1.dcm", "b/2.dcm"].enumerated() {
            try folder.write(Data([UInt8(index)]), to: name)
        }
        let read = try read(ZipArchive(["a/1.dcm", "b/1.dcm", "b/2.dcm"].map { folder[$0] }), folder)
        #expect(read.map(\.name) == ["0001_1.dcm", "0002_1.dcm", "0003_2.dcm"])
        #expect(read.map(\.contents) == [Data([0]), Data([1]), Data([2])])
    }

    @Test("a file that became shorter ends the archive rather than filling it with something else")
    func shortened() throws {
        let folder = try TemporaryFolder()
        try folder.write(Data(count: 100), to: "a")
        let stream = try ZipArchive([folder["a"]]).stream()
        try folder.write(Data(count: 10), to: "a")
        #expect(throws: (any Error).self) { while try stream.next() != nil {} }
    }
}
