import Foundation

/// Guards against files that state a size which they cannot fill or this machine cannot hold, before any memory is
/// taken for it.
enum DecodedSize {
    /// No deflate stream expands further.
    static let deflateRatio = 1032

    /// The number of samples, where they fit into the machine's memory as Float32.
    static func samples(
        width: Int, height: Int, channels: Int = 1, slices: Int = 1, path: String
    ) throws(ImageFileError) -> Int {
        var samples = 1
        for size in [width, height, channels, slices] {
            guard size > 0 else { throw .damaged(path: path, detail: "its width, height or depth is not positive") }
            let (product, overflow) = samples.multipliedReportingOverflow(by: size)
            guard !overflow, product <= Int.max / 16 else {
                throw .damaged(path: path, detail: "it states a size of \(width) × \(height) × \(slices)")
            }
            samples = product
        }
        let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        guard samples <= memory / MemoryLayout<Float>.stride else {
            throw .unsupported(
                path: path,
                feature: "\(width) × \(height) × \(slices) needs \(gibibytes(samples * 4)) GiB of memory to read; "
                    + "this machine has \(gibibytes(memory))")
        }
        return samples
    }

    /// Refuses a file too short to hold `bytes` of sample data even if its compression were the best there can be.
    static func check(
        bytes: Int, inFileOf fileSize: Int, expandingAtMost ratio: Int, path: String
    ) throws(ImageFileError) {
        guard bytes / ratio <= fileSize else {
            throw .truncated(path: path, detail: "\(fileSize) bytes cannot hold the \(bytes) that its header promises")
        }
    }

    private static func gibibytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 0x1p30) }
}
