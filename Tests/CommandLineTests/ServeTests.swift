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
        func result(stack: Int, isWhole: Bool = false, model: String = "auto") async throws -> (
            id: Int, status: [String: Any]
        ) {
            let body: [String: Any] = [
                "stack": stack, "slice": 0, "isWhole": isWhole,
                "order": ["model": model, "scale": 2, "grain": 1, "isConsistent": false, "wantsTrust": false],
            ]
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
            ["--max-upload", "much"],
        ])
    func mistakes(_ arguments: [String]) throws {
        let folder = try TemporaryFolder()
        try folder.write(Data("text".utf8), to: "file.txt")
        let outcome = try Fovea.run(["serve"] + arguments, in: folder.url, executable: Fovea.executable)
        #expect(outcome.code != 0 && outcome.errorLines.count == 1 && outcome.output == "")
    }
}
