import Foundation
import Imaging

/// Rendered resources and thumbnails (PS3.18 10.4.1.1.3 and 10.4.1.1.4).
extension ArchiveResponder {
    private static let types: [(type: String, format: ImageFormat)] = [("image/jpeg", .jpeg), ("image/png", .png)]

    /// - Parameters:
    ///   - numbers: of frames, from 1; `nil` for the only one.
    ///   - instance: whose frames they are.
    func pictures(
        _ numbers: [Int]?, of instance: ArchivedInstance, _ query: PictureQuery, _ acceptance: Acceptance
    ) throws -> ArchiveAnswer {
        let image = try self.image(of: instance)
        guard numbers != nil || image.header.slices == 1 else {
            throw RequestError(
                .notAcceptable,
                "the instance has \(image.header.slices) frames, no one picture; ask for /frames/1/rendered")
        }
        let numbers = numbers ?? [1]
        guard numbers.allSatisfy({ $0 <= image.header.slices }) else {
            throw RequestError(.unknown, "the instance has \(image.header.slices) frames")
        }
        let (type, format, isSingle) = try Self.type(acceptance, count: numbers.count)
        let function = try Self.function(of: instance)
        // All of them before the first is sent, so that a fault has its status.
        let made = try numbers.map {
            try Picture(frame: $0 - 1, of: image, query, function: function).data(as: format)
        }
        var answer =
            isSingle
            ? ArchiveAnswer(status: 200, type: MediaType(type), body: .bytes(made[0]))
            : .parts(
                made.map { data in
                    { @Sendable in MultipartMessage.Part(headers: ["Content-Type": type], body: data) }
                }, of: type)
        if !query.unknown.isEmpty {
            let names = query.unknown.map { $0.filter { $0.isASCII && $0.isLetter }.prefix(32) }.joined(separator: ", ")
            answer.warning = "299 \(service): The following query parameters are not supported: \(names)"
        }
        return answer
    }

    /// A small picture of the frame, or of what stands for all that is there: the middle frame of the middle instance of the
    /// longest series.
    func thumbnail(
        _ number: Int?, of instances: [ArchivedInstance], _ query: PictureQuery, _ acceptance: Acceptance
    ) throws -> ArchiveAnswer {
        var query = query
        query.viewport = query.viewport ?? Picture.thumbnail
        let instance = Self.middle(of: instances)
        let middle = instance.attributes.integer(.numberOfFrames).map { max($0, 1) / 2 + 1 } ?? 1
        return try pictures([number ?? middle], of: instance, query, acceptance)
    }

    private static func middle(of instances: [ArchivedInstance]) -> ArchivedInstance {
        let series = Dictionary(grouping: instances, by: \.series.rawValue).sorted { $0.key < $1.key }.map(\.value)
        var longest = series[0]
        for other in series where other.count > longest.count { longest = other }
        let ordered = longest.sorted {
            ($0.attributes.integer(.instanceNumber) ?? 0, $0.instance.rawValue)
                < ($1.attributes.integer(.instanceNumber) ?? 0, $1.instance.rawValue)
        }
        return ordered[ordered.count / 2]
    }

    private func image(of instance: ArchivedInstance) throws(RequestError) -> Image {
        do {
            return try ImageFile.readAlone(instance.url)
        } catch {
            throw RequestError(
                .notImplemented,
                "no picture can be made: \(error)".replacing(instance.url.path, with: instance.scope.path))
        }
    }

    /// VOI LUT Function (0028,1056) of the file's own window, at the top of its data set.
    private static func function(of instance: ArchivedInstance) throws -> PictureQuery.Function {
        let attributes = try DICOMAttributes(of: instance.url, [.voiLUTFunction])
        return switch attributes[.voiLUTFunction] {
        case "SIGMOID": .sigmoid
        case "LINEAR_EXACT": .linearExact
        default: .linear
        }
    }

    private static func type(
        _ acceptance: Acceptance, count: Int
    ) throws(RequestError) -> (String, ImageFormat, isSingle: Bool) {
        guard let found = acceptance.picture(of: types.map(\.type), count: count),
            let type = types.first(where: { $0.type == found.type })
        else {
            let form = count == 1 ? "image/jpeg or image/png" : "multipart/related; type=\"image/jpeg\""
            throw RequestError(.notAcceptable, "pictures are made as \(form)")
        }
        return (type.type, type.format, found.isSingle)
    }
}
