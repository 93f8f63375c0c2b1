import Foundation
import HTTPTypes
import Hummingbird

extension Response {
    init(status: HTTPResponse.Status = .ok, bytes: [UInt8], type: String) {
        self.init(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    init(status: HTTPResponse.Status = .ok, text: String, type: String) {
        self.init(status: status, bytes: Array(text.utf8), type: type)
    }

    init(status: HTTPResponse.Status = .ok, json value: some Encodable) throws {
        self.init(status: status, bytes: Array(try JSONEncoder.viewer.encode(value)), type: "application/json")
    }
}

extension JSONEncoder {
    static var viewer: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return encoder
    }
}
