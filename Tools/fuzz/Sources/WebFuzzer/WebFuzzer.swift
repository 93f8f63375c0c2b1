import DICOMweb
import Foundation
import FuzzerInput

/// What comes over the network before any reader sees it: a message's boundary in the first line, and the message.
@main struct WebFuzzer {
    static func main() {
        guard FuzzerInput.reader == "multipart" else { fatalError("READER=\(FuzzerInput.reader): choose multipart") }
        FuzzerInput.run(fuzz)
    }

    fileprivate static func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
        FuzzerInput.read(bytes, count, named: "input.multipart") { url in
            let data = try Data(contentsOf: url)
            let line = data.prefix { $0 != UInt8(ascii: "\n") }
            let boundary = String(decoding: line, as: UTF8.self)
            _ = MediaType(parsing: boundary)
            let parts = try MultipartMessage(data.dropFirst(line.count + 1), boundary: boundary).parts
            let lengths = parts.reduce(0) { $0 + $1.body.count }
            precondition(lengths <= data.count, "parts hold more than their message")
            for part in parts { _ = part.type }
            // What is written of them is read as the same, but where a part holds the boundary itself.
            let other = MultipartMessage.newBoundary()
            let plain = parts.filter { $0.headers.isEmpty && !$0.body.isEmpty }
            guard !plain.isEmpty else { return }
            let again = try MultipartMessage(MultipartMessage.encoded(plain, boundary: other), boundary: other).parts
            precondition(
                again.map { Data($0.body) } == plain.map { Data($0.body) }, "parts change when they are written")
        }
    }
}

/// Its name is the one that libFuzzer's own `main`, which comes along unused, asks for.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    WebFuzzer.test(bytes, count)
    return 0
}
