import Foundation
import Imaging
import TestSupport

extension TemporaryFolder {
    /// Writes a made-up gray image.
    func add(_ name: String, width: Int = 12, height: Int = 10, offset: Int = 0) throws {
        try FileManager.default.createDirectory(
            at: self[name].deletingLastPathComponent(), withIntermediateDirectories: true)
        let samples = (0..<width * height).map { Float(($0 * 7 + $0 / width * 13 + offset) % 251) }
        try ImageFile.write(
            Image(
                header: ImageHeader(width: width, height: height, intensity: Intensity(sampleType: .uint8)),
                pixels: Pixels(width: width, height: height, samples: samples)),
            to: self[name], overwrite: true)
    }

    /// The names of a folder in it, hidden ones too, sorted.
    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self[folder].path).sorted()
    }
}
