import DICOMweb
import Foundation
import HTTPTypes
import Hummingbird

/// QIDO-RS, WADO-RS and, where there is a folder for it, STOW-RS, for other viewers.
struct DICOMwebRoutes {
    let shelf: ArchiveShelf
    /// `nil` where nothing is taken.
    let store: StoreFolder?
    let entrance: Entrance
    let workspace: Workspace
    let largestUpload: Int
    /// Reads, beside the threads that answer.
    let executor: ComputeExecutor

    private static let root = "/dicom-web"

    /// Whether a path is one of theirs.
    static func isBelow(_ path: String) -> Bool { path.hasPrefix(root + "/") }

    func add(to router: Router<BasicRequestContext>) {
        router.get("\(Self.root)/**") { request, context in
            let resource = try Resource(context.parameters.getCatchAll().map(String.init))
            var isSearch = false
            if case .search = resource { isSearch = true }
            let index = await shelf.index(isSearch: isSearch)
            let items = request.uri.queryParameters.compactMap { name, value in
                name == "key"
                    ? nil
                    : (
                        name: String(name).removingPercentEncoding ?? String(name),
                        value: String(value).removingPercentEncoding ?? String(value)
                    )
            }
            let service = "http://\(entrance.authority(of: request))\(Self.root)"
            let accept = request.headers[.accept]
            let answer = try await Task(executorPreference: executor) {
                try ArchiveResponder(index, service: service).answer(resource, query: items, accept: accept)
            }.value
            return response(answer)
        }
        router.post("\(Self.root)/**") { request, context in
            try await take(request, Array(context.parameters.getCatchAll().map(String.init)))
        }
    }

    private func response(_ answer: ArchiveAnswer) -> Response {
        var headers = HTTPFields()
        if let type = answer.type { headers[.contentType] = "\(type)" }
        if let warning = answer.warning { headers[.init("Warning")!] = warning }
        let body: ResponseBody =
            switch answer.body {
            case .bytes(let data): ResponseBody(byteBuffer: ByteBuffer(bytes: data))
            case .parts(let parts, let boundary):
                ResponseBody { writer in
                    for part in parts {
                        let part = try await Task(executorPreference: executor) { try part() }.value
                        try await writer.write(
                            ByteBuffer(bytes: MultipartMessage.opening(of: part.headers, boundary: boundary)))
                        try await writer.write(ByteBuffer(bytes: part.body))
                    }
                    try await writer.write(ByteBuffer(bytes: MultipartMessage.closing(boundary: boundary)))
                    try await writer.finish(nil)
                }
            }
        return Response(status: .init(code: answer.status), headers: headers, body: body)
    }

    // MARK: STOW-RS

    private func take(_ request: Request, _ path: [String]) async throws -> Response {
        let study: DICOMUID?
        switch try Resource(path) {
        case .search(.studies, _): study = nil
        case .objects(let scope) where scope.series == nil: study = scope.study
        default: throw RequestError(.notUnderstood, "objects are stored at /studies or /studies/UID")
        }
        guard let store else {
            throw ViewerError(.forbidden, "nothing is stored here; start fovea serve with --store FOLDER")
        }
        guard let type = request.headers[.contentType].flatMap(MediaType.init(parsing:)),
            type.name == "multipart/related", let boundary = type.parameters["boundary"],
            type.parameters["type"] ?? "application/dicom" == "application/dicom"
        else {
            throw RequestError(
                .unsupportedMediaType, "objects come as multipart/related; type=\"application/dicom\"; boundary=…")
        }
        let folder = try workspace.makeFolder("stored-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let message = folder.appendingPathComponent("message")
        try await keep(request.body, in: message)
        let parts: [MultipartMessage.Part]
        do {
            parts = try MultipartMessage(Data(contentsOf: message, options: .alwaysMapped), boundary: boundary).parts
        } catch {
            throw RequestError(.notUnderstood, "the message cannot be taken apart: \(error)")
        }
        let answer = await Task(executorPreference: executor) { store.store(parts, in: study) }.value
        await shelf.forget()
        return response(answer)
    }

    private func keep(_ body: RequestBody, in url: URL) async throws {
        guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
            throw ViewerError(.noRoom, "the temporary folder takes no files")
        }
        let file = try FileHandle(forWritingTo: url)
        defer { try? file.close() }
        var bytes = 0
        for try await piece in body {
            bytes += piece.readableBytes
            guard bytes <= largestUpload else {
                throw ViewerError(.tooLarge, "the message is larger than --max-upload; send fewer objects at once")
            }
            do {
                try file.write(contentsOf: piece.readableBytesView)
            } catch {
                throw ViewerError(.noRoom, "the temporary folder has no room")
            }
        }
    }
}
