import DICOMweb
import Foundation
import Testing

@Suite struct MultipartTests {
    private func bodies(_ text: String, boundary: String = "b") throws(MultipartMessage.Failure) -> [String] {
        try MultipartMessage(Data(text.utf8), boundary: boundary).parts.map { String(decoding: $0.body, as: UTF8.self) }
    }

    @Test(
        "a message is taken apart as RFC 2046 writes it",
        arguments: [
            ("--b\r\n\r\none\r\n--b--\r\n", ["one"]),
            ("\r\n--b\r\nContent-Type: a/b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--", ["one", "two"]),
            ("a preamble\r\n--b \t\r\n\r\none\r\n--b--\r\nan epilogue\r\n--b\r\n", ["one"]),
            ("--b\r\n\r\n\r\n--b--", [""]),
            ("--b\r\n\r\n--b--", [""]),
            // What begins as the boundary is none.
            ("--b\r\n\r\n--bc\r\n\r\n--b-\r\nx--b--\r\n--b--", ["--bc\r\n\r\n--b-\r\nx--b--"]),
            ("--b\r\n\r\none\n--b--\n\r\n--b--", ["one\n--b--\n"]),
            ("--b--", []),
        ])
    func reading(_ text: String, _ expected: [String]) throws { #expect(try bodies(text) == expected) }

    @Test(
        "a hostile message is refused",
        arguments: [
            ("", "b", MultipartMessage.Failure.noParts),
            ("--c\r\n\r\none\r\n--c--", "b", .noParts),
            ("--b\r\n\r\none\r\n", "b", .cutOff),
            ("--b\r\n\r\none\r\n--b", "b", .cutOff),
            ("--b\r\nno header\r\n\r\none\r\n--b--", "b", .headers(part: 1)),
            ("--b\r\n: empty\r\n\r\none\r\n--b--", "b", .headers(part: 1)),
            ("--b\r\nA: b\r\nand no end\r\n--b--", "b", .headers(part: 1)),
            ("--b\r\nA: \(String(repeating: "x", count: 1 << 15))\r\n\r\none\r\n--b--", "b", .headers(part: 1)),
            (String(repeating: "--b\r\n\r\n\r\n", count: 10_002) + "--b--", "b", .tooManyParts),
            ("--b--", "", .boundary),
            ("--b--", String(repeating: "b", count: 71), .boundary),
            ("--b--", "b\r\n", .boundary),
            ("--b--", "b ", .boundary),
        ])
    func hostile(_ text: String, _ boundary: String, _ failure: MultipartMessage.Failure) {
        #expect(throws: failure) { try bodies(text, boundary: boundary) }
    }

    @Test("what is written is read again, whatever bytes it holds")
    func roundTrip() throws {
        let bytes = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) })
        let parts = [
            MultipartMessage.Part(headers: ["content-type": "application/dicom"], body: bytes),
            MultipartMessage.Part(headers: [:], body: Data("\r\n--\r\n".utf8)),
        ]
        let boundary = MultipartMessage.newBoundary()
        let message = MultipartMessage.encoded(parts, boundary: boundary)
        // As a slice, which does not begin at 0.
        let slice = (Data("xx".utf8) + message).dropFirst(2)
        #expect(try MultipartMessage(slice, boundary: boundary).parts == parts)
    }
}
