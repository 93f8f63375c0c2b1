import Foundation
import Imaging
import TestSupport

/// The built programs, run as a person runs them.
enum Fovea {
    struct Outcome {
        var code: Int32
        var output: String
        var error: String

        var errorLines: [Substring] { error.split(separator: "\n") }
        func json() throws -> [String: Any] {
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
        }
    }

    /// Where the package's products lie: beside the tests.
    static let products: URL = {
        #if os(Linux)
            URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        #else
            Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }!.bundleURL.deletingLastPathComponent()
        #endif
    }()

    static var executable: URL { products.appendingPathComponent("fovea") }

    static func process(_ arguments: [String], in folder: URL, executable: URL = executable) -> Process {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(
            // A crash is to be seen at once.
            ["COLUMNS": "80", "SWIFT_BACKTRACE": "enable=no"]) { $1 }
        return process
    }

    static func run(
        _ arguments: String..., in folder: URL = FileManager.default.temporaryDirectory, executable: URL = executable,
        environment: [String: String] = [:]
    ) throws -> Outcome {
        try run(arguments, in: folder, executable: executable, environment: environment)
    }

    static func run(
        _ arguments: [String], in folder: URL, executable: URL = executable, environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = process(arguments, in: folder, executable: executable)
        process.environment!.merge(environment) { $1 }
        // Files instead of pipes: nothing to drain while the program runs.
        let output = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let error = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        for url in [output, error] { _ = FileManager.default.createFile(atPath: url.path, contents: nil) }
        defer { for url in [output, error] { try? FileManager.default.removeItem(at: url) } }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: error)
        try process.run()
        process.waitUntilExit()
        return Outcome(
            code: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            error: try String(contentsOf: error, encoding: .utf8))
    }
}

extension TemporaryFolder {
    /// Writes a made-up gray image of 8 bit, or of what `type` says.
    @discardableResult
    func add(
        _ name: String, width: Int = 40, height: Int = 30, slices: Int = 1, type: SampleType = .uint8,
        color: ColorModel = .gray, offset: Int = 0
    ) throws -> Image {
        let count = width * height * slices * color.channels
        let samples = (0..<count).map { Float(($0 * 7 + $0 / width * 13) % 251 + offset) }
        let image = Image(
            header: ImageHeader(
                width: width, height: height, slices: slices, colorModel: color,
                geometry: Geometry(spacing: PixelSpacing(column: 0.5, row: 0.5)), intensity: Intensity(sampleType: type)
            ), pixels: Pixels(width: width, height: height, channels: color.channels, slices: slices, samples: samples))
        try FileManager.default.createDirectory(
            at: self[name].deletingLastPathComponent(), withIntermediateDirectories: true)
        try ImageFile.write(image, to: self[name])
        return image
    }
}
