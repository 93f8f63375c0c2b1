import Foundation
import Imaging
import TestSupport
import Testing

/// `fovea serve`, asked as its page asks.
@Suite struct ServeTests {
    private struct Served {
        let process: Process
        let client: Loopback

        init(_ folder: TemporaryFolder, _ arguments: String...) throws {
            process = Fovea.process(["serve"] + arguments, in: folder.url)
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            process.environment!["TMPDIR"] = folder["temporary"].path
            try FileManager.default.createDirectory(at: folder["temporary"], withIntermediateDirectories: true)
            try process.run()
            let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            let address = try #require(URL(string: line.trimmingCharacters(in: .newlines)))
            let port = try #require(address.port)
            let key = try #require(address.query()).dropFirst("key=".count)
            client = Loopback(port: port, headers: ["Cookie": "fovea-\(port)=\(key)"])
        }

        /// Orders an enlargement and waits for it.
        func result(
            stack: Int, isWhole: Bool = false, model: String = "auto", scale: Int = 2, samples: Int? = nil
        ) async throws -> (id: Int, status: [String: Any]) {
            var order: [String: Any] = [
                "model": model, "scale": scale, "grain": 1, "isConsistent": false, "wantsTrust": false,
            ]
            if let samples { order["samples"] = samples }
            let body: [String: Any] = ["stack": stack, "slice": 0, "isWhole": isWhole, "order": order]
            let data = try JSONSerialization.data(withJSONObject: body)
            let id = try #require(try await client.ask("POST", "/api/results", body: data).object["id"] as? Int)
            // It ends with the work.
            _ = try await client.ask("GET", "/api/results/\(id)/events")
            return (id, try await client.ask("GET", "/api/results/\(id)").object)
        }

        func end() -> Int32 {
            process.interrupt()
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    private func slice(_ instance: Int) -> Data {
        DICOMPhantom.data(
            .init(instance: instance, slope: 1, intercept: -1024) { column, row in
                UInt16(1000 + (column * 37 + row * 91 + instance * 13) % 400)
            })
    }

    /// Without the moment at which a DICOM object was made, which is that of the run: of instance creation, content, and what
    /// its maker contributed.
    private func timeless(_ file: Data) -> Data {
        var file = file
        let moments: [([UInt8], String)] = [
            ([0x08, 0, 0x12, 0], "DA"), ([0x08, 0, 0x13, 0], "TM"), ([0x08, 0, 0x23, 0], "DA"),
            ([0x08, 0, 0x33, 0], "TM"), ([0x18, 0, 0x02, 0xA0], "DT"),
        ]
        for (element, representation) in moments {
            let start = Data(element) + Data(representation.utf8)
            guard let tag = file.range(of: start) else { continue }
            let value = tag.upperBound + 2
            for place in value..<value + Int(file[tag.upperBound]) { file[place] = 0 }
        }
        return file
    }

    @Test("what is dropped, enlarged and downloaded is what 'fovea upscale' writes, byte for byte but for the time")
    func dropped() async throws {
        let folder = try TemporaryFolder()
        try folder.write(slice(1), to: "scan.dcm")
        let served = try Served(folder)
        let upload = try await served.client.ask("POST", "/api/uploads?name=scan.dcm", body: slice(1))
        let stack = try #require(upload.object["id"] as? Int)
        let result = try await served.result(stack: stack)
        #expect(result.status["stage"] as? String == "finished")
        let file = try await served.client.ask("GET", "/api/results/\(result.id)/files/0").body
        #expect(try Fovea.run("upscale", "scan.dcm", "--scale", "2", in: folder.url).code == 0)
        let own = try Data(contentsOf: folder["scan_x2.dcm"])
        #expect(timeless(file) == timeless(own))
        #expect(served.end() == 0)
        #expect(folder.files.allSatisfy { !$0.hasPrefix("temporary/fovea-viewer") }, "nothing is left behind")
    }

    @Test("a series is enlarged as the one that it is")
    func series() async throws {
        let folder = try TemporaryFolder()
        // Stored in another order than that of space.
        for (name, instance) in [("a", 3), ("b", 1), ("c", 2)] {
            try folder.write(slice(instance), to: "in/\(name).dcm")
        }
        let served = try Served(folder, "in")
        let stacks = try await served.client.ask("GET", "/api/stacks").object["stacks"] as? [[String: Any]] ?? []
        #expect(stacks.count == 1 && stacks[0]["files"] as? Int == 3)
        let result = try await served.result(stack: try #require(stacks[0]["id"] as? Int), isWhole: true)
        let files = result.status["files"] as? [[String: Any]] ?? []
        #expect(files.count == 3 && files.allSatisfy { $0["stage"] as? String == "finished" })
        #expect(try Fovea.run("upscale", "in", "-o", "out/", "--scale", "2", in: folder.url).code == 0)
        for (index, name) in ["b", "c", "a"].enumerated() {
            let file = try await served.client.ask("GET", "/api/results/\(result.id)/files/\(index)").body
            let own = try Data(contentsOf: folder["out/\(name)_x2.dcm"])
            #expect(timeless(file) == timeless(own), "\(name)")
        }
        #expect(served.end() == 0)
    }

    /// The bytes of a slice's samples.
    private func samples(_ answer: Loopback.Answer) throws -> Data {
        #expect(answer.status == 200)
        let length = answer.body.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return Data(answer.body.dropFirst(4 + length))
    }

    private func floats(_ data: Data) -> [Float] {
        data.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    private func words(_ data: Data) -> [UInt16] {
        data.withUnsafeBytes { bytes in
            (0..<bytes.count / 2).map { bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
        }
    }

    @Test("samples can be looked at one by one: the result is their mean, the map their deviation")
    func drawnSamples() async throws {
        let folder = try TemporaryFolder()
        let image = Image(
            header: ImageHeader(width: 24, height: 20, slices: 2, intensity: Intensity(sampleType: .uint16)),
            pixels: Pixels(
                width: 24, height: 20, slices: 2,
                samples: (0..<960).map { (place: Int) -> Float in Float(place * 37 % 101) }))
        try FileManager.default.createDirectory(at: folder["in"], withIntermediateDirectories: true)
        try ImageFile.write(image, to: folder["in/a.nii.gz"])
        let served = try Served(folder, "in")
        let result = try await served.result(stack: 1, model: "srflow-mri-x4", scale: 4, samples: 2)
        #expect(result.status["stage"] as? String == "finished", "\(result.status)")
        #expect((result.status["files"] as? [[String: Any]])?.first?["samples"] as? Int == 2)
        for slice in 0..<2 {
            func layer(_ name: String) async throws -> Data {
                try samples(try await served.client.ask("GET", "/api/results/\(result.id)/\(name)"))
            }
            let first = try floats(await layer("image/\(slice)?sample=1"))
            let second = try floats(await layer("image/\(slice)?sample=2"))
            let mean = try words(await layer("image/\(slice)"))
            let deviation = try floats(await layer("deviation/\(slice)"))
            #expect(first.count == 96 * 80 && first != second)
            // Some fall below what the file can hold, and are looked at as they are.
            #expect((first + second).contains { $0 < 0 })
            for place in first.indices {
                let sum = first[place] + second[place]
                #expect(abs(Float(mean[place]) - max(0, sum / 2)) < 0.501)
                // Of two: their distance by the root of two.
                #expect(abs(deviation[place] - abs(first[place] - second[place]) / Float(2).squareRoot()) < 1e-3)
            }
        }
        for path in ["image/0?sample=0", "image/0?sample=3", "image/0?sample=x", "image/2?sample=1", "deviation/2"] {
            #expect(try await served.client.ask("GET", "/api/results/\(result.id)/\(path)").status == 404, "\(path)")
        }
        #expect(served.end() == 0)
    }

    @Test("a viewer takes away what a killed one left, and nothing of one that lives")
    func killed() async throws {
        let folder = try TemporaryFolder()
        func left() throws -> Set<String> {
            Set(try FileManager.default.contentsOfDirectory(atPath: folder["temporary"].path))
        }
        let killed = try Served(folder)
        #expect(try await killed.client.ask("POST", "/api/uploads?name=scan.dcm", body: slice(1)).status == 201)
        let dead = try left()
        #expect(dead.count == 1)
        let alive = try Served(folder)
        #expect(try left().isSuperset(of: dead) && left().count == 2)
        kill(killed.process.processIdentifier, SIGKILL)
        killed.process.waitUntilExit()
        // Of an earlier version, or of somebody who uses the name: nothing says that it is dead.
        try folder.write(Data(), to: "temporary/fovea-viewer-other/file")
        let next = try Served(folder)
        #expect(try left().isDisjoint(with: dead) && left().count == 3)
        #expect(try await alive.client.ask("POST", "/api/uploads?name=scan.dcm", body: slice(1)).status == 201)
        #expect(alive.end() == 0 && next.end() == 0)
        #expect(try left() == ["fovea-viewer-other"])
    }

    @Test("options that a model makes no use of are refused as on the command line")
    func refused() async throws {
        let folder = try TemporaryFolder()
        try folder.add("in/a.png")
        let served = try Served(folder, "in")
        let body = """
            {"stack":1,"slice":0,"isWhole":false,"order":{"model":"bicubic","scale":2,"grain":0.5,"isConsistent":false,\
            "wantsTrust":false}}
            """
        let id = try #require(
            try await served.client.ask("POST", "/api/results", body: Data(body.utf8)).object["id"] as? Int)
        _ = try await served.client.ask("GET", "/api/results/\(id)/events")
        let status = try await served.client.ask("GET", "/api/results/\(id)").object
        #expect(status["stage"] as? String == "failed")
        #expect((status["error"] as? String)?.contains("--grain is for networks") == true)
        #expect(served.end() == 0)
    }

    @Test(
        "a mistake is one line",
        arguments: [
            ["--host", "0.0.0.0"], ["--host", ""], ["--port", "70000"], ["nowhere"], ["file.txt"], [""],
            ["--max-upload", "much"], ["--send-to", "localhost"], ["--send-to", "dicomweb://u:p@localhost"],
            ["--send-credentials", "file.txt"],
            ["--store-scp", "0", "--rules", "file.txt", "--queue", "q", "--send-to", "dicomweb://localhost"],
        ])
    func mistakes(_ arguments: [String]) throws {
        let folder = try TemporaryFolder()
        try folder.write(Data("text".utf8), to: "file.txt")
        let outcome = try Fovea.run(["serve"] + arguments, in: folder.url, executable: Fovea.executable)
        #expect(outcome.code != 0 && outcome.errorLines.count == 1 && outcome.output == "")
    }
}
