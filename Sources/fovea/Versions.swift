import Foundation
import Imaging
import Revision
import Upscaling

/// What this program is made of, as `fovea --version` says it: Fovea and its commit, OpenVINO, and libtorch where the tool
/// that makes models lies beside.
enum Versions {
    static var text: String {
        ["Fovea \(FoveaVersion.current), \(SourceRevision.statement)", "OpenVINO \(OpenVINOEngine.version)", torch]
            .compactMap(\.self).joined(separator: "\n")
    }

    /// The line that `fovea-lab --version` has on it; `nil` where there is none that starts.
    private static var torch: String? {
        guard let lab = Lab.executable else { return nil }
        let process = Process()
        let output = Pipe()
        process.executableURL = lab
        process.arguments = ["--version"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("libtorch ") }.map(String.init)
    }
}
