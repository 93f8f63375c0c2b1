import Batch
import Foundation
import Imaging
import TestSupport
import Testing
import Viewer

@Suite struct CatalogueTests {
    private func image(_ type: SampleType = .uint16, slices: Int = 1, channels: ColorModel = .gray) -> Image {
        let (width, height) = (5, 3)
        var samples: [Float] = []
        for index in 0..<width * height * slices * channels.channels {
            switch type {
            case .int16: samples.append(Float(index * 100 - 3000))
            case .uint8: samples.append(Float(index))
            default: samples.append(Float(index * 1000))
            }
        }
        return Image(
            header: ImageHeader(
                width: width, height: height, slices: slices, colorModel: channels,
                intensity: Intensity(sampleType: type)),
            pixels: Pixels(width: width, height: height, channels: channels.channels, slices: slices, samples: samples))
    }

    /// Little-endian numbers of two bytes.
    private func numbers(_ bytes: [UInt8]) -> [UInt16] {
        stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
    }

    /// The header and the bytes of samples.
    private func parts(_ message: Data) throws -> (header: [String: Any], samples: [UInt8]) {
        let bytes = [UInt8](message)
        let length = numbers(Array(bytes[..<4])).enumerated().reduce(0) { $0 + Int($1.element) << (16 * $1.offset) }
        #expect((4 + length) % 8 == 0)
        let header = try JSONSerialization.jsonObject(with: Data(bytes[4..<4 + length])) as? [String: Any]
        return (header ?? [:], Array(bytes[(4 + length)...]))
    }

    @Test("samples travel as they are stored, little-endian, a pixel's channels together")
    func samples() async throws {
        let folder = try TemporaryFolder()
        try ImageFile.write(image(), to: folder["a.png"])
        try ImageFile.write(image(.int16, slices: 3), to: folder["b.nii.gz"])
        try ImageFile.write(image(.uint8, channels: .rgb), to: folder["c.png"])
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url]))
        let stacks = try await viewer.stacks()
        #expect(stacks.map { $0["title"] as? String } == ["a.png", "b.nii.gz", "c.png"])
        let ids = stacks.compactMap { $0["id"] as? Int }

        let gray = try parts(try await viewer.client.ask("GET", "/api/stacks/\(ids[0])/slices/0").body)
        #expect(gray.header["samples"] as? String == "uint16" && gray.header["width"] as? Int == 5)
        let expectedGray: [UInt16] = (0..<15).map { (index: UInt16) -> UInt16 in index * 1000 }
        #expect(numbers(gray.samples) == expectedGray)

        let third = try parts(try await viewer.client.ask("GET", "/api/stacks/\(ids[1])/slices/2").body)
        #expect(third.header["samples"] as? String == "int16" && third.header["slices"] as? Int == 3)
        let signed = numbers(third.samples).map { Int16(bitPattern: $0) }
        let expectedSigned: [Int16] = (30..<45).map { (index: Int16) -> Int16 in index * 100 - 3000 }
        #expect(signed == expectedSigned)

        let color = try parts(try await viewer.client.ask("GET", "/api/stacks/\(ids[2])/slices/0").body)
        let expected: [UInt8] = (0..<15).flatMap { (place: UInt8) -> [UInt8] in [place, place + 15, place + 30] }
        #expect(color.samples == expected)
        #expect(try await viewer.client.ask("GET", "/api/stacks/\(ids[1])/slices/3").status == 404)
        await viewer.stop()
    }

    @Test("links that lead out of the folder are not followed, and that is said")
    func links() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder["shown"], withIntermediateDirectories: true)
        try ImageFile.write(image(), to: folder["outside.png"])
        try ImageFile.write(image(), to: folder["shown/inside.png"])
        let manager = FileManager.default
        try manager.createSymbolicLink(at: folder["shown/out.png"], withDestinationURL: folder["outside.png"])
        try manager.createSymbolicLink(at: folder["shown/in.png"], withDestinationURL: folder["shown/inside.png"])
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder["shown"]]))
        let listing = try await viewer.client.ask("GET", "/api/stacks").object
        let titles = (listing["stacks"] as? [[String: Any]] ?? []).compactMap { $0["title"] as? String }
        #expect(titles.sorted() == ["in.png", "inside.png"])
        #expect((listing["notices"] as? [String])?.contains { $0.contains("1 link leads out of the folder") } == true)
        // A link that is turned later, when the list is known.
        let id = try #require(try await viewer.stacks().first { $0["title"] as? String == "in.png" }?["id"] as? Int)
        try manager.removeItem(at: folder["shown/in.png"])
        try manager.createSymbolicLink(at: folder["shown/in.png"], withDestinationURL: folder["outside.png"])
        #expect(try await viewer.client.ask("GET", "/api/stacks/\(id)/slices/0").status == 404)
        await viewer.stop()
    }

    @Test("an image that names another file for its samples is not opened")
    func companions() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Data(repeating: 65, count: 64), to: "secret")
        let header = "ObjectType = Image\nNDims = 2\nDimSize = 8 8\nElementType = MET_UCHAR\nElementDataFile = "
        try folder.write(Data((header + "../secret\n").utf8), to: "shown/a.mhd")
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder["shown"]]))
        let id = try #require(try await viewer.stacks().first?["id"] as? Int)
        let answer = try await viewer.client.ask("GET", "/api/stacks/\(id)/slices/0")
        #expect(answer.status == 422 && answer.text.contains("a file of their own"))
        #expect(try await viewer.order(stack: id).status == 422)
        let upload = try await viewer.client.ask(
            "POST", "/api/uploads?name=a.mha", body: Data((header + "/etc/passwd\n").utf8))
        #expect(upload.status == 422)
        await viewer.stop()
    }

    @Test("an upload is looked at under its own name, wherever that wants to lead")
    func upload() async throws {
        let viewer = try await RunningViewer()
        let data = try image().data(as: .png)
        for (name, title) in [
            ("a.png", "a.png"), ("..%2F..%2Fescaped.png", "escaped.png"), ("%00%0A.hidden.png", "hidden.png"),
            ("..", "image"), ("", "image"), ("C%3A%5Cfolder%5Cb.png", "b.png"),
            (String(repeating: "y", count: 4000) + ".png", String(repeating: "y", count: 196) + ".png"),
        ] {
            let answer = try await viewer.client.ask("POST", "/api/uploads?name=\(name)", body: data)
            #expect(answer.status == 201 && answer.object["title"] as? String == title, "\(name)")
        }
        let outside = viewer.temporaryFolder.deletingLastPathComponent().appendingPathComponent("escaped.png")
        #expect(!FileManager.default.fileExists(atPath: outside.path))
        await viewer.stop()
    }

    @Test("an upload that is too large, cut off or no image leaves nothing")
    func badUploads() async throws {
        let viewer = try await RunningViewer(ViewerOptions(largestUpload: ByteCount(10_000)))
        let large = Data(repeating: 7, count: 20_000)
        #expect(try await viewer.client.ask("POST", "/api/uploads?name=a.png", body: large).status == 413)
        // Of which nobody says how large it is.
        let connection = try Loopback.Connection(port: viewer.client.port)
        try connection.send(
            viewer.client.request("POST", "/api/uploads?name=a.png", ["Transfer-Encoding": "chunked"])
                + Data("4e20\r\n".utf8) + large + Data("\r\n0\r\n\r\n".utf8))
        let refusal = try await Loopback.apart { try connection.rest() }
        #expect(String(decoding: refusal, as: UTF8.self).contains(" 413 "))
        connection.close()
        let png = try image().data(as: .png)
        for (name, data) in [("cut.png", png.prefix(50)), ("text.txt", Data("hello".utf8)), ("empty.dcm", Data())] {
            let answer = try await viewer.client.ask("POST", "/api/uploads?name=\(name)", body: Data(data))
            #expect(answer.status == 422, "\(name)")
            let line = try #require(answer.object["error"] as? String)
            #expect(
                line.hasPrefix(name) && !line.contains("\n") && !line.contains(viewer.temporaryFolder.path), "\(line)")
        }
        // One who goes away in the middle.
        let gone = try Loopback.Connection(port: viewer.client.port)
        try gone.send(viewer.client.request("POST", "/api/uploads?name=b.png", ["Content-Length": "9000"]) + png)
        gone.close()
        let uploads = viewer.temporaryFolder.appendingPathComponent("uploads")
        for _ in 0..<100 where try !FileManager.default.contentsOfDirectory(atPath: uploads.path).isEmpty {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: uploads.path) == [])
        #expect(try await viewer.stacks().isEmpty)
        await viewer.stop()
    }

    @Test("what files say never becomes markup")
    func markup() async throws {
        let folder = try TemporaryFolder()
        let name = "<img src=x onerror=alert(1)>.png"
        try ImageFile.write(image(), to: folder[name])
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder.url]))
        let answer = try await viewer.client.ask("GET", "/api/stacks")
        #expect(answer.headers["content-type"] == "application/json")
        #expect(try await viewer.stacks().first?["title"] as? String == name)
        for script in ["main.js", "list.js", "marks.js", "enlarging.js", "server.js"] {
            let text = try await viewer.client.ask("GET", "/page/\(script)").text
            for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                #expect(!text.contains(way), "\(script): \(way)")
            }
        }
        await viewer.stop()
    }
}
