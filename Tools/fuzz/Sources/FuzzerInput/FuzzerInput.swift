import Foundation
import LibFuzzer

/// What libFuzzer made up, as a file: readers take files, since that is what people have.
public enum FuzzerInput {
    /// Hands the process over to libFuzzer, which takes the command line and calls `test` with what it makes up.
    public static func run(_ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) -> Never {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, test))
    }

    /// Calls `read` with a file of `bytes` whose name ends as the reader expects. What it throws is a finding only where
    /// it is more than one line; a trap or what AddressSanitizer sees ends the process.
    public static func read(
        _ bytes: UnsafePointer<UInt8>?, _ count: Int, named name: String, _ read: (URL) throws -> Void
    ) {
        let url = folder.appendingPathComponent(name)
        let data = bytes.map { Data(bytes: $0, count: count) } ?? Data()
        FileManager.default.createFile(atPath: url.path, contents: data)
        do { try read(url) } catch {
            precondition(!"\(error)".contains("\n"), "an error of several lines: \(error)")
        }
    }

    /// The reader that the environment names, so that one program serves all of them.
    public static let reader = ProcessInfo.processInfo.environment["READER"] ?? ""

    /// Of this process alone; several may share the place for temporary files.
    private static let folder: URL = {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("fovea-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
        try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }()
}
