import Foundation
import Imaging
import TestSupport
import Testing
import Upscaling

@Suite("An enlargement under way")
struct ProgressTests {
    /// One thread, so that each tile is this one's.
    private func upscaler(_ name: String = "gray-x2") throws -> Upscaler {
        try Upscaler(models: [Golden.model(name)], threads: 1, tileLength: 40, grain: GrainTreatment(noise: .none))
    }

    @Test("tells of every tile, also where one row of tiles is all there is")
    func tiles() throws {
        var progress: [Double] = []
        _ = try upscaler().upscale(.noise(300, 30), scale: 2) { progress.append($0) }
        #expect(progress.filter { $0 < 1 }.count > 4)
        #expect(progress == progress.sorted() && progress.last == 1)
        let steps = zip(progress, progress.dropFirst()).map { $1 - $0 }.filter { $0 > 0 }
        let (least, largest) = (try #require(steps.min()), try #require(steps.max()))
        #expect(largest - least < 1e-9, "tiles are equally long")
    }

    @Test("tells of each network by its share of the pixels, where several enlarge one after the other")
    func stages() throws {
        var progress: [Double] = []
        _ = try upscaler().upscale(.noise(30, 30, slices: 2), scale: 4) { progress.append($0) }
        // One tile of 30², then those of 60², which are four times as much; twice.
        #expect(progress.contains { abs($0 - 0.1) < 1e-9 } && progress.contains { abs($0 - 0.6) < 1e-9 })
        #expect(progress == progress.sorted() && progress.last == 1)
    }

    @Test("ends after the tile in which its task is cancelled")
    func cancellation() async throws {
        let upscaler = try upscaler()
        let task = Task {
            var told = 0
            #expect(throws: CancellationError.self) {
                _ = try upscaler.upscale(.noise(300, 300), scale: 2) { _ in
                    told += 1
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            return told
        }
        await #expect(task.value == 1)
    }
}

@Suite("An enlargement into a file")
struct FileUpscalingTests {
    private let upscaler: Upscaler
    private let folder: TemporaryFolder

    init() throws {
        upscaler = try Upscaler(
            models: [Golden.model("gray-x2")], threads: 1, tileLength: 40, grain: GrainTreatment(noise: .none))
        folder = try TemporaryFolder()
    }

    @Test("is what the image in memory is written as", arguments: ["png", "tif", "nii"])
    func equal(ending: String) throws {
        let image = Image.noise(60, 50)
        let (file, reference) = (folder.url.appending(path: "a.\(ending)"), folder.url.appending(path: "b.\(ending)"))
        try upscaler.upscale(image, scale: 2, toFile: file)
        try ImageFile.write(upscaler.upscale(image, scale: 2), to: reference)
        #expect(try Data(contentsOf: file) == Data(contentsOf: reference))
    }

    @Test("leaves nothing where its task is cancelled, in the last tile too", arguments: [1, 64])
    func cancellation(tiles: Int) async throws {
        let (upscaler, file) = (upscaler, folder.url.appending(path: "a.png"))
        let task = Task {
            var told = 0
            try upscaler.upscale(.noise(300, 300), scale: 2, toFile: file) { part in
                told += 1
                if told == tiles || part == 1 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }

    @Test("is refused before anything is computed where the file is there or its format cannot hold it")
    func refusals() throws {
        let there = folder.url.appending(path: "there.png")
        try Data("mine".utf8).write(to: there)
        var negative = Image.noise(60, 50)
        negative.header.intensity = Intensity(sampleType: .int16)
        for (image, file) in [(Image.noise(60, 50), there), (negative, folder.url.appending(path: "negative.png"))] {
            #expect(throws: ImageFileError.self) {
                try upscaler.upscale(image, scale: 2, toFile: file) { _ in Issue.record("something was computed") }
            }
        }
        #expect(try Data(contentsOf: there) == Data("mine".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["there.png"])
    }
}
