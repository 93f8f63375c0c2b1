import Foundation
import Imaging
import TestSupport
import Testing

/// `fovea serve --store-scp`, started as a person starts it.
final class Receiver {
    struct Task {
        var state: String
        var objects: Int
        var results: Int
        var sent: Int
        var reason: String?
    }

    let folder: TemporaryFolder
    let port: Int
    private let queue: String
    private var process = Process()

    /// - Parameters:
    ///   - destination: the port that results go to.
    ///   - rule: more of the rule, in YAML.
    ///   - more: lines of the rule file.
    ///   - queue: the queue's folder; one of its own where `nil`.
    init(
        to destination: Int, title: String = "DEST", settle: Double = 0.5, rule: String = "model: bicubic, scale: 2",
        more: String = "keepFree: 1KB", queue: String? = nil
    ) throws {
        folder = try TemporaryFolder()
        port = try OrthancServer.freePort()
        self.queue = queue ?? folder["queue"].path
        let rules = """
            settleSeconds: \(settle)
            retry: {firstSeconds: 0.3, longestSeconds: 1}
            \(more)
            destinations: {there: {aeTitle: \(title), host: 127.0.0.1, port: \(destination)}}
            rules: [{name: any, modality: [CT, MR], \(rule), destination: there}]
            """
        try folder.write(Data(rules.utf8), to: "rules.yaml")
        try start()
    }

    deinit { kill() }

    /// Starts it, also once more after ``kill()``, and returns when it listens.
    func start() throws {
        process = Fovea.process(
            ["serve", "--store-scp", "\(port)", "--rules", "rules.yaml", "--queue", queue], in: folder.url)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        try #require(line.hasPrefix("receiving as FOVEA at 127.0.0.1, port \(port)"), "\(line)")
    }

    /// Ends it as a power failure does.
    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Ends it as a person does.
    func end() -> Int32 {
        process.interrupt()
        process.waitUntilExit()
        return process.terminationStatus
    }

    var isRunning: Bool { process.isRunning }

    func tasks() throws -> [Task] {
        let json = try Fovea.run(["queue", queue, "--json"], in: folder.url, executable: Fovea.executable).json()
        return (json["series"] as? [[String: Any]] ?? []).map {
            Task(
                state: $0["state"] as? String ?? "", objects: $0["objects"] as? Int ?? 0,
                results: $0["results"] as? Int ?? 0, sent: $0["sent"] as? Int ?? 0, reason: $0["reason"] as? String)
        }
    }

    /// Waits until the queue's tasks are as wished, and records an issue where they do not become so.
    @discardableResult
    func wait(
        seconds: Int = 60, _ comment: Comment, location: SourceLocation = #_sourceLocation,
        until isReached: ([Task]) throws -> Bool
    ) throws -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        var last: [Task] = []
        while ContinuousClock.now < end {
            last = try tasks()
            if try isReached(last) { return true }
            usleep(20_000)
        }
        Issue.record("not reached: \(comment); the tasks are \(last)", sourceLocation: location)
        return false
    }

    /// Lines of the audit log, once it is on the disk.
    func audit() throws -> [[String: Any]] {
        guard let text = try? String(contentsOfFile: "\(queue)/audit.jsonl", encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    func received(_ instance: String) -> URL { URL(fileURLWithPath: "\(queue)/received/\(instance).dcm") }

    /// A folder of made-up slices of one series.
    static func series(_ count: Int, size: Int = 32, uid: String = "2.25.1000") throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for instance in 1...count {
            let slice = DICOMPhantom.Slice(width: size, height: size, series: uid, instance: instance) { column, row in
                UInt16(1000 + (column * 37 + row * 91 + instance * 13) % 400)
            }
            try folder.write(DICOMPhantom.data(slice), to: "\(instance).dcm")
        }
        return folder
    }
}
