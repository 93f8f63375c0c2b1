import Foundation
import Synchronization

/// A real Orthanc on free ports of this machine, with a folder of its own, gone when nobody holds it.
///
///     let orthanc = try await OrthancServer()
///     let studies = try await orthanc.client.ask("GET", "/dicom-web/studies").json
public final class OrthancServer: Sendable {
    /// Another application entity that Orthanc sends to (C-STORE) or lets fetch (C-MOVE).
    public struct Modality: Sendable {
        /// Its AE title.
        public var title: String
        public var host: String
        public var port: Int

        public init(title: String, host: String = "127.0.0.1", port: Int) {
            self.title = title
            self.host = host
            self.port = port
        }
    }

    /// What differs from one test to another.
    public struct Configuration: Sendable {
        /// Orthanc's own AE title.
        public var title = "ORTHANC"
        /// By the names that Orthanc's REST interface knows them by.
        public var modalities: [String: Modality] = [:]
        /// Passwords by user; anybody may come in where it is empty.
        public var users: [String: String] = [:]
        /// Orthanc's own settings beside these, such as `"MaximumStorageSize"`, as JSON.
        public var more: [String: String] = [:]

        public init() {}
    }

    /// It did not come up, or not in time.
    public struct Failure: Error { public var reason: String }

    /// What a test that needs Orthanc is skipped for where it is missing.
    public static let reason: String = "Orthanc is not installed (apt-get install orthanc orthanc-dicomweb)"
    public static var isInstalled: Bool { executable != nil && FileManager.default.fileExists(atPath: dicomWeb) }

    private static let executable = ["/usr/sbin/Orthanc", "/usr/bin/Orthanc"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    private static let dicomWeb = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"

    /// Of the REST interface and, below `/dicom-web`, of DICOMweb.
    public let httpPort: Int
    /// Of C-ECHO, C-STORE, C-FIND and C-MOVE.
    public let dicomPort: Int
    public let configuration: Configuration
    private let folder: TemporaryFolder
    private let process = Mutex<Process?>(nil)

    /// Returns when it answers.
    public init(_ configuration: Configuration = Configuration()) async throws {
        self.configuration = configuration
        folder = try TemporaryFolder()
        httpPort = try Self.freePort()
        dicomPort = try Self.freePort()
        try writeConfiguration()
        try await start()
    }

    deinit { kill() }

    /// As its first user, where it has users.
    public var client: Loopback {
        let credentials = configuration.users.min { $0.key < $1.key }.map { Data("\($0.key):\($0.value)".utf8) }
        return Loopback(
            port: httpPort,
            headers: credentials.map { ["Authorization": "Basic \($0.base64EncodedString())"] } ?? [:])
    }

    /// What it has said so far.
    public var log: String { (try? String(contentsOf: folder["log"], encoding: .utf8)) ?? "" }

    /// Starts it again, with what it had stored, after ``kill()`` or ``stop()``.
    public func start() async throws {
        let process = Process()
        process.executableURL = Self.executable.map { URL(fileURLWithPath: $0) }
        process.arguments = [folder["orthanc.json"].path]
        process.currentDirectoryURL = folder.url
        _ = FileManager.default.createFile(atPath: folder["log"].path, contents: nil)
        let log = try FileHandle(forWritingTo: folder["log"])
        (process.standardOutput, process.standardError) = (log, log)
        try process.run()
        self.process.withLock { $0 = process }
        // On a thread of its own: those of Swift's pool may be busy with other tests for longer than Orthanc takes.
        let answers = try await Loopback.apart { [client] in
            let end = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < end, self.isRunning {
                if let answer = try? client.answer("GET", "/system"), answer.status == 200 { return true }
                Thread.sleep(forTimeInterval: 0.05)
            }
            return false
        }
        guard answers else { throw Failure(reason: "Orthanc does not answer: \(self.log)") }
    }

    private var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

    /// Ends it as an administrator does, by its own interface: a child of Swift's pool of threads has signals blocked.
    public func stop() async throws {
        _ = try await client.ask("POST", "/tools/shutdown", body: Data())
        try await Loopback.apart {
            let end = ContinuousClock.now + .seconds(20)
            while self.isRunning, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.05) }
        }
        kill()
    }

    /// Ends it as a power failure does.
    public func kill() {
        process.withLock { process in
            guard let running = process else { return }
            process = nil
            if running.isRunning { Foundation.kill(running.processIdentifier, SIGKILL) }
            running.waitUntilExit()
        }
    }

    private func writeConfiguration() throws {
        var settings: [String: Any] = [
            "StorageDirectory": folder["storage"].path, "IndexDirectory": folder["storage"].path,
            "HttpPort": httpPort, "DicomPort": dicomPort, "DicomAet": configuration.title,
            "RemoteAccessAllowed": false, "AuthenticationEnabled": !configuration.users.isEmpty,
            "RegisteredUsers": configuration.users, "DicomAlwaysAllowStore": true, "DicomAlwaysAllowEcho": true,
            "Plugins": [Self.dicomWeb],
            "DicomModalities": configuration.modalities.mapValues { [$0.title, $0.host, $0.port] as [Any] },
        ]
        for (key, json) in configuration.more {
            settings[key] = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        }
        try folder.write(try JSONSerialization.data(withJSONObject: settings), to: "orthanc.json")
    }

    /// A port that nobody listens at; the system does not give it away again at once.
    public static func freePort() throws -> Int {
        #if canImport(Darwin)
            let kind = SOCK_STREAM
        #else
            let kind = Int32(SOCK_STREAM.rawValue)
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) != 0 || getsockname(descriptor, $0, &length) != 0
            }
        }
        if failed { throw Failure(reason: String(cString: strerror(errno))) }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
