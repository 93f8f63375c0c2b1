import Batch
import Foundation
import Imaging
import Synchronization
import TestSupport
import Testing
import Upscaling
import Viewer

@Suite struct ResultTests {
    private func folder(_ names: String...) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for name in names {
            let samples = (0..<12 * 10).map { Float(($0 * 7919) % 4096) }
            try ImageFile.write(
                Image(
                    header: ImageHeader(width: 12, height: 10, intensity: Intensity(sampleType: .uint16)),
                    pixels: Pixels(width: 12, height: 10, samples: samples)), to: folder[name])
        }
        return folder
    }

    /// Works until it is stopped.
    private static let endless: @Sendable () throws -> Upscaling.Method = {
        while !Task.isCancelled { usleep(5_000) }
        throw CancellationError()
    }

    @Test("a download is the very file that a batch writes")
    func download() async throws {
        let folder = try folder("a.png")
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url]))
        let id = try #require(try await viewer.stacks().first?["id"] as? Int)
        let order = try await viewer.order(stack: id)
        #expect(order.status == 201)
        let result = try #require(order.object["id"] as? Int)
        #expect(try await viewer.stage(of: result, isOneOf: ["finished", "failed"]) == "finished")
        let file = try await viewer.client.ask("GET", "/api/results/\(result)/files/0")
        #expect(file.headers["content-disposition"]?.contains("filename=\"a_x2.png\"") == true)
        let list = try JobList([folder["a.png"].path], output: folder["own.png"].path, suffix: "")
        _ = BatchRun(list.jobs, recipe: Recipe(scale: 2, model: "bicubic", models: [])) { _ in .bicubic }
            .perform { _ in .goOn }
        let own = try Data(contentsOf: folder["own.png"])
        #expect(file.body == own)
        #expect(folder.files == ["a.png", "own.png"], "nothing is written into the folder")
        // Its pixels, and what the input did not say of them.
        for layer in ["image", "unsaid"] {
            let answer = try await viewer.client.ask("GET", "/api/results/\(result)/\(layer)/0")
            #expect(answer.status == 200 && answer.body.count > 24 * 20 * 2)
        }
        for path in ["bound/0", "image/1", "nothing/0", "files/1"] {
            #expect(try await viewer.client.ask("GET", "/api/results/\(result)/\(path)").status == 404, "\(path)")
        }
        await viewer.stop()
        #expect(!FileManager.default.fileExists(atPath: viewer.temporaryFolder.path))
    }

    @Test("events tell how far a result is until it is over")
    func events() async throws {
        let folder = try folder("a.png")
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url]))
        let id = try #require(try await viewer.stacks().first?["id"] as? Int)
        let result = try #require(try await viewer.order(stack: id).object["id"] as? Int)
        let answer = try await viewer.client.ask("GET", "/api/results/\(result)/events")
        #expect(answer.headers["content-type"] == "text/event-stream")
        let states = answer.text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
        #expect(states.allSatisfy { $0.hasPrefix("data: {") })
        #expect(states.last?.contains("\"stage\":\"finished\"") == true)
        await viewer.stop()
    }

    @Test("a model is named by its name alone, never by a path")
    func models() async throws {
        let folder = try folder("a.png")
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url]))
        let id = try #require(try await viewer.stacks().first?["id"] as? Int)
        for model in ["/etc/passwd", "../x.onnx", "", "bicubic+bicubic", "--overwrite"] {
            #expect(try await viewer.order(stack: id, model: model).status == 422, "\(model)")
        }
        #expect(try await viewer.order(stack: id, scale: 0.5).status == 422)
        #expect(try await viewer.order(stack: id, scale: 1e9).status == 422)
        #expect(try await viewer.order(stack: 99).status == 404)
        for body in ["", "{", "[]", "{\"stack\":\"x\"}", String(repeating: "[", count: 10_000)] {
            #expect(try await viewer.client.ask("POST", "/api/results", body: Data(body.utf8)).status == 400)
        }
        #expect(try await viewer.client.ask("POST", "/api/results", body: Data(count: 1 << 20)).status == 413)
        await viewer.stop()
    }

    @Test("work stops when it is told to, and what waits is not begun")
    func stop() async throws {
        let folder = try folder("a.png")
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url]), method: Self.endless)
        let id = try #require(try await viewer.stacks().first?["id"] as? Int)
        let first = try #require(try await viewer.order(stack: id).object["id"] as? Int)
        let second = try #require(try await viewer.order(stack: id).object["id"] as? Int)
        #expect(try await viewer.stage(of: first, isOneOf: ["running"]) == "running")
        #expect(try await viewer.client.ask("GET", "/api/results/\(second)").object["stage"] as? String == "waiting")
        #expect(try await viewer.client.ask("DELETE", "/api/results/\(second)").object["stage"] as? String == "stopped")
        _ = try await viewer.client.ask("DELETE", "/api/results/\(first)")
        #expect(try await viewer.stage(of: first, isOneOf: ["stopped", "failed"]) == "stopped")
        #expect(try await viewer.client.ask("GET", "/api/results/\(second)").object["stage"] as? String == "stopped")
        await viewer.stop()
    }

    @Test("no more than so many results wait")
    func crowd() async throws {
        let folder = try folder("a.png")
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url]), method: Self.endless)
        let id = try #require(try await viewer.stacks().first?["id"] as? Int)
        var statuses: [Int] = []
        for _ in 0..<20 { statuses.append(try await viewer.order(stack: id).status) }
        #expect(statuses.filter { $0 == 201 }.count >= 16 && statuses.last == 429)
        await viewer.stop()
    }

    @Test("work that nobody waits for any more stops")
    func gone() async throws {
        let folder = try folder("a.png")
        let viewer = try await RunningViewer(
            ViewerOptions(folders: [folder.url], patience: .milliseconds(200)), method: Self.endless)
        let id = try #require(try await viewer.stacks().first?["id"] as? Int)
        let result = try #require(try await viewer.order(stack: id).object["id"] as? Int)
        #expect(try await viewer.stage(of: result, isOneOf: ["running"]) == "running")
        let listener = try Loopback.Connection(port: viewer.client.port)
        try listener.send(viewer.client.request("GET", "/api/results/\(result)/events", ["Connection": "keep-alive"]))
        let first = try await Loopback.apart { try listener.piece() }
        #expect(!first.isEmpty)
        try await Task.sleep(for: .milliseconds(500))
        #expect(try await viewer.stage(of: result, isOneOf: ["stopped"], seconds: 0.1) == "running")
        listener.close()
        #expect(try await viewer.stage(of: result, isOneOf: ["stopped"]) == "stopped")
        await viewer.stop()
    }

    @Test("what fails says so in one line that names the file as people know it")
    func failure() async throws {
        struct Broken: Error, CustomStringConvertible { var description: String { "the network is broken" } }
        let folder = try folder("a.png")
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url])) { throw Broken() }
        let id = try #require(try await viewer.stacks().first?["id"] as? Int)
        let result = try #require(try await viewer.order(stack: id).object["id"] as? Int)
        #expect(try await viewer.stage(of: result, isOneOf: ["finished", "failed"]) == "failed")
        let status = try await viewer.client.ask("GET", "/api/results/\(result)").object
        let file = (status["files"] as? [[String: Any]])?.first
        #expect(file?["error"] as? String == "the network is broken")
        await viewer.stop()
    }

    @Test("a series is taken home in one archive")
    func archive() async throws {
        let folder = try TemporaryFolder()
        for instance in 1...2 {
            let slice = DICOMPhantom.data(.init(width: 4, height: 2, instance: instance) { UInt16($0 + 256 * $1) })
            try folder.write(slice, to: "\(instance).dcm")
        }
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url]))
        let result = try #require(try await viewer.order(stack: 1, isWhole: true).object["id"] as? Int)
        #expect(try await viewer.stage(of: result, isOneOf: ["finished", "failed"]) == "finished")
        let answer = try await viewer.client.ask("GET", "/api/results/\(result)/archive")
        #expect(answer.status == 200 && answer.headers["content-type"] == "application/zip")
        #expect(answer.headers["content-length"] == String(answer.body.count))
        for index in 0..<2 {
            let file = try await viewer.client.ask("GET", "/api/results/\(result)/files/\(index)").body
            #expect(answer.body.range(of: file) != nil)
        }
        await viewer.stop()
    }

    @Test("samples come in a number that makes sense, and not with a bound")
    func samples() async throws {
        let folder = try folder("a.png")
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url]))
        for (samples, wantsTrust) in [(1, false), (17, false), (4, true)] {
            let body: [String: Any] = [
                "stack": 1, "slice": 0, "isWhole": false,
                "order": [
                    "model": "sr3-mri-x4", "scale": 4, "grain": 1, "isConsistent": false, "wantsTrust": wantsTrust,
                    "samples": samples,
                ],
            ]
            let data = try JSONSerialization.data(withJSONObject: body)
            #expect(try await viewer.client.ask("POST", "/api/results", body: data).status == 422)
        }
        await viewer.stop()
    }
}
