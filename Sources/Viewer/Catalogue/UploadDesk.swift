import Batch
import Foundation
import Hummingbird
import Imaging
import Synchronization

/// Takes what is dropped on the page: piece by piece into a file of its own, and only what is an image stays.
final class UploadDesk: Sendable {
    private let workspace: Workspace
    private let catalogue: Catalogue
    private let images: ImageStore
    private let largest: Int
    private let state = Mutex(State())

    private struct State {
        var bytes = 0
        var atWork = 0
        var count = 0
    }

    init(_ workspace: Workspace, _ catalogue: Catalogue, _ images: ImageStore, largest: ByteCount) {
        (self.workspace, self.catalogue, self.images) = (workspace, catalogue, images)
        self.largest = largest.bytes
    }

    /// - Parameters:
    ///   - body: the bytes of one file.
    ///   - announced: how many the request says there are.
    ///   - name: the file's, as the browser calls it.
    /// - Returns: the stack that the file is a part of.
    func take(_ body: RequestBody, announced: Int?, name: String) async throws -> Stack {
        let name = Self.safeName(name)
        if let announced, announced > largest { throw tooLarge(name) }
        let number = try state.withLock { state in
            guard state.atWork < ViewerOptions.uploadsAtOnce else {
                throw ViewerError(.tooMany, "too many uploads at once; try again when they are done")
            }
            state.atWork += 1
            state.count += 1
            return state.count
        }
        defer { state.withLock { $0.atWork -= 1 } }
        let folder = try workspace.makeFolder("uploads/\(number)")
        let url = folder.appendingPathComponent(name)
        var bytes = 0
        do {
            try await write(body, to: url, name, &bytes)
            let file = StackFile(url: url, name: name)
            try await images.check(file)
            return try await catalogue.add(file)
        } catch {
            state.withLock { $0.bytes -= bytes }
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    private func write(_ body: RequestBody, to url: URL, _ name: String, _ bytes: inout Int) async throws {
        guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
            throw ViewerError(.noRoom, "\(name): cannot be kept: the temporary folder takes no files")
        }
        let file = try FileHandle(forWritingTo: url)
        defer { try? file.close() }
        for try await piece in body {
            let count = piece.readableBytes
            bytes += count
            let sum = state.withLock { state in
                state.bytes += count
                return state.bytes
            }
            if bytes > largest { throw tooLarge(name) }
            guard sum <= 4 * largest else {
                throw ViewerError(
                    .noRoom,
                    "\(name): what was dropped here is more than \(ByteCount(4 * largest)); start fovea serve anew")
            }
            do {
                try file.write(contentsOf: piece.readableBytesView)
            } catch {
                throw ViewerError(.noRoom, "\(name): cannot be kept: \(systemReason(error))")
            }
        }
    }

    private func tooLarge(_ name: String) -> ViewerError {
        ViewerError(
            .tooLarge,
            "\(name): is larger than \(ByteCount(largest)); allow more with --max-upload, or serve its folder")
    }

    /// A name of one file: no path, nothing hidden, no control characters, and no longer than file systems take with what
    /// results add to it.
    static func safeName(_ name: String) -> String {
        let last = name.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
        var safe = String(
            String.UnicodeScalarView(last.unicodeScalars.filter { $0.properties.generalCategory != .control }))
        // From the front, since the ending says the format.
        while safe.utf8.count > 200 || safe.hasPrefix(".") { safe.removeFirst() }
        return safe.isEmpty ? "image" : safe
    }
}
