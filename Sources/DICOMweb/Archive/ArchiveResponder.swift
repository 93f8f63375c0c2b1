import Foundation
import Imaging

/// Answers QIDO-RS and WADO-RS over an index (PS3.18 10.4 and 10.6). No pixel of an object or a frame is recoded: they come in the
/// transfer syntax that they are stored in, or not at all. Pictures for people are made anew.
public struct ArchiveResponder: Sendable {
    private let index: ArchiveIndex
    let service: String

    /// - Parameters:
    ///   - index: what there is.
    ///   - service: the address of the service as clients reach it, without a slash at the end.
    public init(_ index: ArchiveIndex, service: String) { (self.index, self.service) = (index, service) }

    /// - Parameters:
    ///   - resource: what is asked for.
    ///   - query: the parameters of a search or of a picture, percent encoding taken away.
    ///   - accept: the Accept header.
    /// - Throws: ``RequestError``
    public func answer(
        _ resource: Resource, query: [(name: String, value: String)] = [], accept: String? = nil
    ) throws(RequestError) -> ArchiveAnswer {
        do {
            let acceptance = Acceptance(accept)
            switch resource {
            case .search(let level, let scope): return try search(level, scope, query, acceptance)
            case .metadata(let scope): return try metadata(try instances(scope), acceptance)
            case .objects(let scope): return try objects(try instances(scope), acceptance)
            case .frames(let numbers, let scope): return try frames(numbers, try instances(scope)[0], acceptance)
            case .bulkData(let tag, let scope): return try bulkData(tag, try instances(scope)[0], acceptance)
            case .rendered(let numbers, let scope):
                let picture = try PictureQuery(query)
                return try pictures(
                    numbers, of: try instances(scope)[0], picture, Acceptance(picture.accept ?? accept))
            case .thumbnail(let number, let scope):
                let picture = try PictureQuery(query)
                return try thumbnail(
                    number, of: try instances(scope), picture, Acceptance(picture.accept ?? accept))
            }
        } catch let error as RequestError {
            throw error
        } catch {
            throw RequestError(.ownFault, "\(error)")
        }
    }

    private func instances(_ scope: Scope) throws(RequestError) -> [ArchivedInstance] {
        let found = index.instances(in: scope)
        guard !found.isEmpty else { throw RequestError(.unknown, "there is nothing at \(scope.path)") }
        return found
    }

    // MARK: QIDO-RS

    private func search(
        _ level: SearchLevel, _ scope: Scope, _ items: [(name: String, value: String)], _ acceptance: Acceptance
    ) throws -> ArchiveAnswer {
        guard acceptance.takesJSON else { throw Self.jsonOnly }
        let query = try SearchQuery(items)
        let found = try index.search(level, in: scope, query, service: service)
        var answer = ArchiveAnswer.json(try JSONEncoder.dicom.encode(found))
        if query.wantsFuzzyMatching {
            answer.warning =
                "299 \(service): The fuzzymatching parameter is not supported. Only literal matching has been performed."
        }
        return answer
    }

    private static let jsonOnly = RequestError(.notAcceptable, "attributes are told as application/dicom+json alone")

    // MARK: Metadata

    private func metadata(_ instances: [ArchivedInstance], _ acceptance: Acceptance) throws -> ArchiveAnswer {
        guard acceptance.takesJSON else { throw Self.jsonOnly }
        var text = Data("[".utf8)
        for (number, instance) in instances.enumerated() {
            if number > 0 { text += Data(",".utf8) }
            text += try metadata(instance)
        }
        return .json(text + Data("]".utf8))
    }

    /// As DCMTK writes it, and in front and behind what DCMTK does not know: how frames come, and where pixels lie.
    private func metadata(_ instance: ArchivedInstance) throws(ImageFileError) -> Data {
        let object = try DICOMObject(of: instance.url)
        let attributes = try object.json()
        guard let start = attributes.firstIndex(of: UInt8(ascii: "{")),
            let end = attributes.lastIndex(of: UInt8(ascii: "}"))
        else { throw .damaged(path: instance.url.path, detail: "has no attributes") }
        func element(_ tag: DICOMTag, _ contents: String) -> String { "\"\(tag.hexadecimal)\":{\(contents)}" }
        var text = Data("{".utf8)
        text += Data(
            (element(.availableTransferSyntaxUID, "\"vr\":\"UI\",\"Value\":[\"\(instance.transferSyntax.rawValue)\"]")
                + ",").utf8)
        text += attributes[(start + 1)..<end]
        if let pixels = object.pixels {
            let uri = "\(service)\(instance.scope.path)/bulkdata/\(pixels.tag.hexadecimal)"
            text += Data(
                ("," + element(pixels.tag, "\"vr\":\"\(pixels.representation)\",\"BulkDataURI\":\"\(uri)\"")).utf8)
        }
        return text + Data("}".utf8)
    }

    // MARK: WADO-RS

    private func objects(_ instances: [ArchivedInstance], _ acceptance: Acceptance) throws -> ArchiveAnswer {
        let ways = try instances.map { instance in
            guard
                let way = acceptance.way(
                    of: ["application/dicom"], in: instance.transferSyntax, count: instances.count)
            else { throw Self.storedOnly(instance.transferSyntax, "multipart/related; type=\"application/dicom\"") }
            return way
        }
        if ways[0].isSingle {
            return ArchiveAnswer(
                status: 200, type: .dicom, body: .bytes(try Self.file(instances[0], ways[0])))
        }
        return .parts(
            zip(instances, ways).map { instance, way in
                { @Sendable in
                    MultipartMessage.Part(
                        headers: ["Content-Type": "application/dicom"], body: try Self.file(instance, way))
                }
            }, of: "application/dicom")
    }

    private static func file(_ instance: ArchivedInstance, _ way: Acceptance.Way) throws -> Data {
        guard way.needsExplicitLittleEndian, instance.transferSyntax != .explicitLittleEndian else {
            return try Data(contentsOf: instance.url, options: .alwaysMapped)
        }
        return Data(try DICOMObject(of: instance.url).inExplicitLittleEndian())
    }

    private static func storedOnly(_ syntax: DICOMTransferSyntax, _ type: String) -> RequestError {
        RequestError(
            .notAcceptable,
            "it is stored in transfer syntax \(syntax.rawValue) and not recoded; accept \(type); transfer-syntax=*")
    }

    private func frames(
        _ numbers: [Int], _ instance: ArchivedInstance, _ acceptance: Acceptance
    ) throws -> ArchiveAnswer {
        let syntax = instance.transferSyntax
        let candidates = syntax.isNative ? [Self.octets] : [Self.octets, syntax.mediaType].compactMap(\.self)
        guard let way = acceptance.way(of: candidates, in: syntax, count: numbers.count) else {
            throw Self.storedOnly(syntax, "multipart/related; type=\"application/octet-stream\"")
        }
        let object = try DICOMObject(of: instance.url)
        guard object.pixels != nil, numbers.allSatisfy({ $0 <= object.frameCount }) else {
            throw RequestError(.unknown, "the instance has \(object.pixels == nil ? 0 : object.frameCount) frames")
        }
        // Native samples come in little endian, whatever the file's order.
        let sent = syntax.isNative ? DICOMTransferSyntax.explicitLittleEndian : syntax
        let type = MediaType(way.type, ["transfer-syntax": sent.rawValue])
        if way.isSingle {
            return ArchiveAnswer(status: 200, type: type, body: .bytes(Data(try object.frame(numbers[0]))))
        }
        let url = instance.url
        return .parts(
            numbers.map { number in
                { @Sendable in
                    MultipartMessage.Part(
                        headers: ["Content-Type": "\(type)"], body: Data(try DICOMObject(of: url).frame(number)))
                }
            }, of: way.type)
    }

    private static let octets = "application/octet-stream"

    /// Of pixels, frame by frame; other values stand in the metadata.
    private func bulkData(
        _ tag: DICOMTag, _ instance: ArchivedInstance, _ acceptance: Acceptance
    ) throws -> ArchiveAnswer {
        let object = try DICOMObject(of: instance.url)
        guard object.pixels?.tag == tag else {
            throw RequestError(.unknown, "element \(tag) stands in the metadata, or nowhere")
        }
        return try frames(Array(1...object.frameCount), instance, acceptance)
    }
}

extension JSONEncoder {
    static var dicom: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

extension DICOMTransferSyntax {
    /// Of a single frame (PS3.18 table 8.7.3-5); `nil` where there is none.
    fileprivate var mediaType: String? {
        switch self {
        case .jpegBaseline, .jpegExtended, .jpegLossless, .jpegLosslessFirstOrder: "image/jpeg"
        case .jpegLSLossless, .jpegLSNearLossless: "image/jls"
        case .jpeg2000Lossless, .jpeg2000: "image/jp2"
        case .highThroughputJPEG2000Lossless, .highThroughputJPEG2000LosslessRPCL, .highThroughputJPEG2000: "image/jphc"
        case .runLength: "image/dicom-rle"
        default: nil
        }
    }
}
