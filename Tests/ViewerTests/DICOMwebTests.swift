import Foundation
import TestSupport
import Testing
import Viewer

/// The viewer asked by DICOMweb.
@Suite struct DICOMwebTests {
    private let path = "/dicom-web/studies/2.25.1/series/2.25.1000/instances/2.25.2001"

    private func slice(_ instance: Int) -> Data {
        DICOMPhantom.data(.init(width: 4, height: 2, instance: instance) { UInt16($0 + 256 * $1) })
    }

    private func served(_ folder: TemporaryFolder, _ options: ViewerOptions = ViewerOptions()) async throws
        -> RunningViewer
    {
        for instance in 1...2 { try folder.write(slice(instance), to: "scan/\(instance).dcm") }
        var options = options
        options.folders = [folder["scan"]]
        return try await RunningViewer(options)
    }

    private func text(_ item: [String: [String: Any]], _ tag: String) -> String? {
        (item[tag]?["Value"] as? [Any])?.first.map { "\($0)" }
    }

    @Test("studies, series and instances are found")
    func searching() async throws {
        let folder = try TemporaryFolder()
        let viewer = try await served(folder)
        func found(_ path: String) async throws -> [[String: [String: Any]]] {
            let answer = try await viewer.client.ask("GET", "/dicom-web" + path)
            #expect(answer.status == 200 && answer.headers["content-type"] == "application/dicom+json")
            return answer.json as? [[String: [String: Any]]] ?? []
        }
        let studies = try await found("/studies")
        #expect(studies.count == 1)
        #expect(text(studies[0], "0020000D") == "2.25.1" && text(studies[0], "00201208") == "2")
        #expect(text(studies[0], "00081190") == "http://127.0.0.1:\(viewer.client.port)/dicom-web/studies/2.25.1")
        #expect(try await found("/studies?PatientID=phan*&ModalitiesInStudy=CT").count == 1)
        #expect(try await found("/studies?PatientID=other").isEmpty)
        #expect(try await found("/studies/2.25.1/series").map { text($0, "00080060") } == ["CT"])
        #expect(try await found("/studies/2.25.1/instances").count == 2)
        #expect(
            try await found("/instances?InstanceNumber=2&includefield=PixelSpacing").map { text($0, "00280030") } == [
                "0.5"
            ])
        #expect(try await found("/instances?limit=1&offset=1").map { text($0, "00080018") } == ["2.25.2002"])
        await viewer.stop()
    }

    @Test("metadata and frames agree, and objects come as they are stored")
    func retrieving() async throws {
        let folder = try TemporaryFolder()
        let viewer = try await served(folder)
        let metadata = try await viewer.client.ask("GET", path + "/metadata").json as? [[String: [String: Any]]] ?? []
        #expect(metadata.count == 1)
        #expect(text(metadata[0], "00083002") == "1.2.840.10008.1.2.1" && text(metadata[0], "00280011") == "4")
        #expect(
            metadata[0]["7FE00010"]?["BulkDataURI"] as? String
                == "http://127.0.0.1:\(viewer.client.port)\(path)/bulkdata/7FE00010")
        let accept = ["Accept": "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*"]
        let frame = try await viewer.client.ask("GET", path + "/frames/1", accept)
        #expect(frame.status == 200)
        #expect(frame.text.contains("transfer-syntax=1.2.840.10008.1.2.1"))
        #expect(frame.body.range(of: Data([0, 0, 1, 0, 2, 0, 3, 0, 0, 1, 1, 1, 2, 1, 3, 1])) != nil)
        #expect(try await viewer.client.ask("GET", path + "/frames/2", accept).status == 404)
        let object = try await viewer.client.ask("GET", path, ["Accept": "application/dicom; transfer-syntax=*"])
        #expect(object.body == slice(1))
        let both = try await viewer.client.ask("GET", "/dicom-web/studies/2.25.1")
        #expect(both.body.range(of: slice(1)) != nil && both.body.range(of: slice(2)) != nil)
        let recoded = try await viewer.client.ask(
            "GET", path,
            ["Accept": "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.4.90"])
        #expect(recoded.status == 406)
        #expect(try await viewer.client.ask("GET", "/dicom-web/studies/1.2").status == 404)
        let picture = try await viewer.client.ask(
            "GET", path + "/rendered?window=512%2C1024%2Clinear&quality=80", ["Accept": "image/jpeg"])
        #expect(picture.status == 200 && picture.headers["content-type"] == "image/jpeg")
        #expect(picture.body.starts(with: [0xFF, 0xD8]))
        let small = try await viewer.client.ask("GET", "/dicom-web/studies/2.25.1/thumbnail", ["Accept": "image/png"])
        #expect(small.status == 200 && small.body.starts(with: [0x89, 0x50]))
        #expect(try await viewer.client.ask("GET", path + "/rendered?window=1").status == 400)
        await viewer.stop()
    }

    @Test("nobody without the key is answered, and pages of other sites only where they were named")
    func access() async throws {
        let folder = try TemporaryFolder()
        var options = ViewerOptions()
        options.allowedOrigins = ["http://ohif.example"]
        let viewer = try await served(folder, options)
        let bearer = ["Authorization": "Bearer \(viewer.key)"]
        #expect(try await viewer.stranger.ask("GET", "/dicom-web/studies").status == 401)
        #expect(try await viewer.stranger.ask("GET", "/dicom-web/studies", ["Authorization": "Bearer x"]).status == 401)
        #expect(try await viewer.stranger.ask("GET", "/dicom-web/studies", bearer).status == 200)
        #expect(try await viewer.stranger.ask("GET", "/dicom-web/studies?key=\(viewer.key)").status == 200)
        let named = try await viewer.stranger.ask(
            "GET", "/dicom-web/studies",
            bearer.merging(["Origin": "http://ohif.example", "Sec-Fetch-Site": "cross-site"]) { $1 })
        #expect(named.status == 200 && named.headers["access-control-allow-origin"] == "http://ohif.example")
        // With a cookie, which comes by itself, not even they.
        let cookie = try await viewer.client.ask("GET", "/dicom-web/studies", ["Origin": "http://ohif.example"])
        #expect(cookie.status == 401)
        let other = try await viewer.stranger.ask(
            "GET", "/dicom-web/studies", bearer.merging(["Origin": "http://evil.example"]) { $1 })
        #expect(other.status == 403 && other.headers["access-control-allow-origin"] == nil)
        #expect(
            try await viewer.stranger.ask(
                "GET", "/api/stacks", bearer.merging(["Origin": "http://ohif.example"]) { $1 }
            ).status == 403)
        let preflight = try await viewer.stranger.ask(
            "OPTIONS", "/dicom-web/studies", ["Origin": "http://ohif.example"])
        #expect(preflight.status == 204)
        #expect(
            try await viewer.stranger.ask("OPTIONS", "/dicom-web/studies", ["Origin": "http://evil.example"]).status
                == 403)
        await viewer.stop()
    }

    @Test("what is stored is found, and nothing is stored where nobody said so")
    func storing() async throws {
        let folder = try TemporaryFolder()
        let type = ["Content-Type": "multipart/related; type=\"application/dicom\"; boundary=b"]
        let body = Data("--b\r\nContent-Type: application/dicom\r\n\r\n".utf8) + slice(3) + Data("\r\n--b--\r\n".utf8)
        let closed = try await served(folder)
        #expect(try await closed.client.ask("POST", "/dicom-web/studies", type, body: body).status == 403)
        await closed.stop()
        var options = ViewerOptions()
        options.store = folder["received"]
        let viewer = try await served(folder, options)
        #expect(try await viewer.client.ask("GET", "/dicom-web/instances").object.isEmpty)
        #expect(try await viewer.client.ask("POST", "/dicom-web/studies", type, body: body).status == 200)
        #expect(try Data(contentsOf: folder["received/2.25.1/2.25.1000/2.25.2003.dcm"]) == slice(3))
        let found = try await viewer.client.ask("GET", "/dicom-web/instances?SOPInstanceUID=2.25.2003").json as? [Any]
        #expect(found?.count == 1)
        #expect(try await viewer.client.ask("POST", "/dicom-web/studies", type, body: body.dropLast(8)).status == 400)
        #expect(
            try await viewer.client.ask("POST", "/dicom-web/studies", ["Content-Type": "text/plain"], body: body).status
                == 415)
        #expect(try await viewer.client.ask("POST", "/dicom-web/studies/1.2", type, body: body).status == 409)
        await viewer.stop()
    }
}
