import Foundation
import Imaging
import ONNX
import Synchronization

extension SHA256 {
    /// One digest of many files: of the list of their hashes, as `sha256sum` prints it for their names. Thousands of images
    /// are read on all cores.
    ///
    /// - Throws: what reading a file throws.
    package static func hexadecimal(ofFiles files: [(name: String, url: URL)]) throws -> String {
        let lines = Mutex([Result<String, any Error>?](repeating: nil, count: files.count))
        concurrently(files.count) { index in
            let (name, url) = files[index]
            let line = Result { "\(hexadecimal(of: try Data(contentsOf: url, options: .mappedIfSafe)))  \(name)\n" }
            lines.withLock { $0[index] = line }
        }
        return try hexadecimal(of: Data(lines.withLock { $0 }.map { try $0!.get() }.joined().utf8))
    }
}
