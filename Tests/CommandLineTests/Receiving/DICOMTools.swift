import Foundation
import Imaging
import TestSupport

/// DCMTK's programs, as the other side of associations.
enum DICOMTools {
    /// What a test that needs them is skipped for where they are missing.
    static let reason = "DCMTK's programs are not installed (apt-get install dcmtk)"
    static let areInstalled = ["storescu", "storescp", "echoscu"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
    }

    static func process(_ name: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/\(name)")
        process.arguments = arguments
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        return process
    }

    /// Runs one to its end.
    ///
    /// - Returns: its exit code.
    @discardableResult
    static func run(_ name: String, _ arguments: String...) throws -> Int32 { try run(name, arguments) }

    @discardableResult
    static func run(_ name: String, _ arguments: [String]) throws -> Int32 {
        let process = process(name, arguments)
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Sends files or folders.
    @discardableResult
    static func send(_ urls: [URL], to port: Int, called: String = "FOVEA", _ options: [String] = []) throws -> Int32 {
        try run("storescu", ["-aec", called, "+sd", "+r"] + options + ["127.0.0.1", "\(port)"] + urls.map(\.path))
    }

    /// Sends all files of a folder, which is there as long as it is needed.
    @discardableResult
    static func send(folder: TemporaryFolder, to port: Int) throws -> Int32 {
        try withExtendedLifetime(folder) { try send([folder.url], to: port) }
    }

    /// Of pydicom's test files, which set-up unpacks.
    static func scan(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).appendingPathComponent(
            "../../../../.cache/pydicom-3.0.2/pydicom/data/test_files/\(name)"
        ).standardizedFileURL.resolvingSymlinksInPath()
    }

    /// The data set of a file, behind the meta header (PS3.10 7.1).
    static func dataSet(_ url: URL) throws -> Data {
        let file = try Data(contentsOf: url)
        let length = file[140..<144].reversed().reduce(0) { $0 << 8 | Int($1) }
        return file.dropFirst(144 + length)
    }
}

/// DCMTK's storescp, which keeps every object that comes in a file of its own, however often.
final class StorageTool: Sendable {
    let port: Int
    let folder: TemporaryFolder
    private let process: Process

    init(port: Int? = nil, into folder: TemporaryFolder? = nil, _ options: [String] = []) throws {
        self.folder = try folder ?? TemporaryFolder()
        self.port = try port ?? OrthancServer.freePort()
        process = DICOMTools.process(
            "storescp", ["-aet", "DEST", "+uf", "-od", self.folder.path] + options + ["\(self.port)"])
        try process.run()
        while try DICOMTools.run("echoscu", "127.0.0.1", "\(self.port)") != 0 { usleep(50_000) }
    }

    deinit { kill() }

    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// SOP Instance UIDs of all objects that came whole, as often as they came.
    var instances: [String] {
        folder.files.compactMap { try? DICOMAttributes(of: folder[$0], [.sopInstanceUID])[.sopInstanceUID] }
    }
}
