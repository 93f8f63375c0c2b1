import Foundation
import HTTPTypes
import Hummingbird

/// Results to take home: a file as `fovea upscale` writes it, and all of a series in one archive.
struct DownloadRoutes {
    let desk: ResultDesk
    /// Reads, beside the threads that answer.
    let executor: ComputeExecutor

    func add(to router: Router<BasicRequestContext>) {
        router.get("/api/results/:result/files/:index") { _, context in
            let result = try await desk.result(try context.parameters.require("result", as: Int.self))
            let index = try context.parameters.require("index", as: Int.self)
            guard case .whole(let url, _, _, _)? = result.made(at: index) else { throw ViewerError.unknown }
            return Response(
                status: .ok, headers: Self.headers(url.lastPathComponent, type: "application/octet-stream"),
                body: try await FileIO().loadFile(path: url.path, context: context))
        }
        router.get("/api/results/:result/archive") { _, context in
            try archive(of: try await desk.result(try context.parameters.require("result", as: Int.self)))
        }
    }

    /// All that is made so far, as it is read: nothing is built in memory or on the disk.
    private func archive(of result: ResultInTheMaking) throws -> Response {
        let files = result.files
        guard !files.isEmpty else { throw ViewerError.unknown }
        let archive = try ZipArchive(files)
        let name = result.stack.title.replacing("/", with: "_") + result.order.suffix + ".zip"
        return Response(
            status: .ok, headers: Self.headers(UploadDesk.safeName(name), type: "application/zip"),
            body: ResponseBody(contentLength: archive.length) { writer in
                let stream = archive.stream()
                while let piece = try await Task(executorPreference: executor, operation: { try stream.next() }).value {
                    try await writer.write(ByteBuffer(bytes: piece))
                }
                try await writer.finish(nil)
            })
    }

    private static func headers(_ name: String, type: String) -> HTTPFields {
        let plain = String(name.unicodeScalars.map { $0.isASCII && $0 != "\"" && $0 != "\\" ? Character($0) : "_" })
        let coded = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? plain
        return [
            .contentType: type,
            .contentDisposition: "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(coded)",
        ]
    }
}
