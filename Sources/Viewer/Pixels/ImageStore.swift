import Batch
import Foundation
import Imaging

/// Decoded images, of which those that were asked for last are kept.
actor ImageStore {
    private let executor: ComputeExecutor
    private let limit: Int
    private var loading: [URL: Task<Image, any Error>] = [:]
    /// The last used at the end.
    private var kept: [(url: URL, image: Image)] = []

    /// - Parameters:
    ///   - executor: reads, one image at a time.
    ///   - limit: in bytes of samples; the image that was read last is kept in any case.
    init(executor: ComputeExecutor, limit: Int = ViewerOptions.imageMemory) {
        self.executor = executor
        self.limit = limit
    }

    /// - Parameter file: opened alone, whatever other files it names.
    /// - Throws: ``ViewerError`` that calls the file by the name that people know.
    func image(of file: StackFile) async throws -> Image {
        if let index = kept.firstIndex(where: { $0.url == file.url }) {
            let entry = kept.remove(at: index)
            kept.append(entry)
            return entry.image
        }
        // Whoever else asks for it meanwhile waits for the same.
        let task =
            loading[file.url] ?? Task(executorPreference: executor) { try Self.read(file) }
        loading[file.url] = task
        defer { loading[file.url] = nil }
        let image = try await task.value
        keep(image, of: file.url)
        return image
    }

    /// Whether a file holds an image.
    func check(_ file: StackFile) async throws { _ = try await image(of: file) }

    private func keep(_ image: Image, of url: URL) {
        guard !kept.contains(where: { $0.url == url }) else { return }
        kept.append((url, image))
        var bytes = kept.reduce(0) { $0 + $1.image.pixels.samples.count * MemoryLayout<Float>.size }
        while bytes > limit, kept.count > 1 {
            bytes -= kept.removeFirst().image.pixels.samples.count * MemoryLayout<Float>.size
        }
    }

    /// With its slices in the order in which the file of a result has them, so that both are scrolled through as one.
    private static func read(_ file: StackFile) throws -> Image {
        let image: Image
        do throws(ImageFileError) {
            image = try ImageFile.readAlone(file.url)
        } catch {
            throw ViewerError(.cannotBeDone, "\(error)".replacing(file.url.path, with: file.name))
        }
        let result = file.url.deletingLastPathComponent().appendingPathComponent(
            ResultName.result(of: file.url, suffix: ""))
        // What cannot be arranged can be looked at all the same; to enlarge it will say why not.
        return (try? image.arranged(for: result)) ?? image
    }
}
