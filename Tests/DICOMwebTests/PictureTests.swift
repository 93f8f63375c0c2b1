import DICOMweb
import Foundation
import Imaging
import TestSupport
import Testing

/// Rendered resources and thumbnails.
@Suite("Pictures of frames") struct PictureTests {
    private static let (study, series) = (DICOMUID(rawValue: "2.25.1"), DICOMUID(rawValue: "2.25.1000"))

    private func scope(_ instance: Int) -> Scope {
        Scope(study: Self.study, series: Self.series, instance: DICOMUID(rawValue: "2.25.\(2000 + instance)"))
    }

    private func responder(_ files: [URL]) throws -> ArchiveResponder {
        ArchiveResponder(ArchiveIndex(try files.map(ArchivedInstance.init(of:))), service: "http://here/dicom-web")
    }

    /// A slice of 64² with the values 0, 1, 2, …, 4095, real values from −1024 on.
    private func ramp(_ folder: TemporaryFolder) throws -> URL {
        let slice = DICOMPhantom.Slice(width: 64, height: 64, instance: 1, intercept: -1024) { UInt16($0 + 64 * $1) }
        return try folder.write(DICOMPhantom.data(slice), to: "1.dcm")
    }

    private func bytes(_ answer: ArchiveAnswer) throws -> Data {
        guard case .bytes(let data) = answer.body else { throw CocoaError(.coderInvalidValue) }
        return data
    }

    private func png(
        _ responder: ArchiveResponder, _ resource: Resource, _ query: [(name: String, value: String)] = []
    ) throws -> Image {
        let answer = try responder.answer(resource, query: query, accept: "image/png")
        #expect(answer.type?.name == "image/png")
        return try Image(data: bytes(answer))
    }

    @Test("a window makes of real values what PS3.3 C.11.2 says", arguments: ["linear", "linear-exact", "sigmoid"])
    func windowing(function: String) throws {
        let folder = try TemporaryFolder()
        let (center, width) = (40.0, 400.0)
        let picture = try png(
            responder([ramp(folder)]), .rendered(nil, scope(1)), [("window", "40,400,\(function)")])
        #expect((picture.header.width, picture.header.height) == (64, 64))
        for (index, brightness) in picture.pixels.samples.enumerated() {
            let x = Double(index) - 1024
            let expected =
                switch function {
                case "linear":
                    x <= center - 0.5 - (width - 1) / 2
                        ? 0
                        : x > center - 0.5 + (width - 1) / 2
                            ? 255 : ((x - (center - 0.5)) / (width - 1) + 0.5) * 255
                case "linear-exact":
                    x <= center - width / 2 ? 0 : x > center + width / 2 ? 255 : ((x - center) / width + 0.5) * 255
                default: 255 / (1 + exp(-4 * (x - center) / width))
                }
            #expect(abs(Double(brightness) - expected) <= 0.501, "at the real value \(x)")
        }
    }

    @Test("without any window all values are shown, from black to white; MONOCHROME1 the other way round")
    func whole() throws {
        let folder = try TemporaryFolder()
        let url = try ramp(folder)
        let bright = try png(responder([url]), .rendered([1], scope(1)))
        #expect(bright.pixels.samples.first == 0 && bright.pixels.samples.last == 255)
        #expect(bright.pixels.samples == bright.pixels.samples.sorted())
        var file = try Data(contentsOf: url)
        let name = try #require(file.range(of: Data("MONOCHROME2 ".utf8)) ?? file.range(of: Data("MONOCHROME2".utf8)))
        file.replaceSubrange(name.lowerBound..<name.lowerBound + 11, with: Data("MONOCHROME1".utf8))
        try file.write(to: url)
        let dark = try png(responder([url]), .rendered([1], scope(1)))
        #expect(dark.pixels.samples == bright.pixels.samples.map { 255 - $0 })
    }

    @Test(
        "windowed as DCMTK does it",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/dcm2pnm"), "dcmtk is not installed"),
        arguments: [("CT_small.dcm", (40, 400)), ("MR_small.dcm", (600, 1600)), ("MR_small.dcm", nil)])
    func reference(name: String, window: (Int, Int)?) throws {
        let scan = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../.cache/pydicom-3.0.2/pydicom/data/test_files/\(name)")
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/dcm2pnm")
        // Its own first window where none is named, as here.
        let options = window.map { ["+Ww", "\($0.0)", "\($0.1)"] } ?? ["+Wi", "1"]
        process.arguments = options + ["--write-raw-pnm", scan.path, folder["dcmtk.pgm"].path]
        try process.run()
        process.waitUntilExit()
        let expected = try ImageFile.read(folder["dcmtk.pgm"]).pixels
        let instance = try ArchivedInstance(of: scan)
        let own = try png(
            ArchiveResponder(ArchiveIndex([instance]), service: ""),
            .rendered(nil, Scope(study: instance.study, series: instance.series, instance: instance.instance)),
            window.map { [("window", "\($0.0),\($0.1),linear")] } ?? []
        ).pixels
        #expect(own.samples.count == expected.samples.count)
        // It rounds by a table of its own.
        #expect(zip(own.samples, expected.samples).allSatisfy { abs($0 - $1) <= 1 })
    }

    @Test("a JPEG unless PNG is asked for, of the quality that is asked for")
    func formats() throws {
        let folder = try TemporaryFolder()
        let responder = try responder([ramp(folder)])
        func jpeg(_ accept: String?, _ query: [(name: String, value: String)] = []) throws -> Data {
            let answer = try responder.answer(.rendered(nil, scope(1)), query: query, accept: accept)
            #expect(answer.status == 200 && answer.type == MediaType("image/jpeg"))
            let data = try bytes(answer)
            #expect(data.starts(with: [0xFF, 0xD8, 0xFF]))
            return data
        }
        let usual = try jpeg(nil)
        #expect(try jpeg("*/*") == usual && jpeg("image/*") == usual && jpeg("text/html, image/jpeg") == usual)
        #expect(try jpeg(nil, [("quality", "10")]).count < usual.count)
        // A browser's picture element brings an Accept of its own.
        let named = try responder.answer(
            .rendered(nil, scope(1)), query: [("accept", "image/png")], accept: "image/webp, */*")
        #expect(named.type == MediaType("image/png"))
        let parts = try responder.answer(
            .rendered([1, 1], scope(1)), accept: "multipart/related; type=\"image/png\"")
        guard case .parts(let pictures, _) = parts.body else { return #expect(Bool(false)) }
        #expect(parts.type?.name == "multipart/related" && pictures.count == 2)
        for picture in pictures { #expect(try picture().headers["Content-Type"] == "image/png") }
        let warned = try responder.answer(.rendered(nil, scope(1)), query: [("annotation", "patient")])
        #expect(warned.warning?.contains("annotation") == true)
    }

    @Test(
        "what cannot be is refused with its status",
        arguments: [
            ("window", "40,400", nil, RequestError.Kind.notUnderstood),
            ("window", "40,0.5,linear", nil, .notUnderstood),
            ("window", "40,0,sigmoid", nil, .notUnderstood), ("window", "nan,1,linear", nil, .notUnderstood),
            ("window", "40,400,cubic", nil, .notUnderstood), ("quality", "0", nil, .notUnderstood),
            ("quality", "101", nil, .notUnderstood), ("viewport", "0,10", nil, .notUnderstood),
            ("viewport", "99999,10", nil, .notUnderstood), ("viewport", "10", nil, .notUnderstood),
            ("viewport", "10,10,0,0,5,5", nil, .notImplemented), ("quality", "50", "application/dicom", .notAcceptable),
            ("quality", "50", "image/gif", .notAcceptable),
        ])
    func refused(name: String, value: String, accept: String?, kind: RequestError.Kind) throws {
        let folder = try TemporaryFolder()
        let responder = try responder([ramp(folder)])
        do throws(RequestError) {
            _ = try responder.answer(.rendered(nil, scope(1)), query: [(name, value)], accept: accept)
            Issue.record("it is answered")
        } catch {
            #expect(error.kind == kind)
        }
        #expect(throws: RequestError.self) { try responder.answer(.rendered([2], scope(1))) }
    }

    @Test("a viewport is fitted into, the image's shape kept")
    func viewport() throws {
        let folder = try TemporaryFolder()
        let slice = DICOMPhantom.Slice(width: 60, height: 20, instance: 1) { column, _ in UInt16(column) }
        let responder = try responder([folder.write(DICOMPhantom.data(slice), to: "1.dcm")])
        for (viewport, size) in [("30,30", (30, 10)), ("120,10", (30, 10)), ("120,120", (120, 40))] {
            let picture = try png(responder, .rendered(nil, scope(1)), [("viewport", viewport)])
            #expect((picture.header.width, picture.header.height) == size)
        }
    }

    @Test("the thumbnail of a series and of a study is its middle instance, small")
    func thumbnail() throws {
        let folder = try TemporaryFolder()
        // Listed in another order than they lie in; each as bright as its number.
        let files = try [4, 1, 5, 3, 2].map { instance in
            let slice = DICOMPhantom.Slice(width: 256, height: 128, instance: instance) { _, _ in UInt16(instance * 10)
            }
            return try folder.write(DICOMPhantom.data(slice), to: "\(instance).dcm")
        }
        let responder = try responder(files)
        let window = [(name: "window", value: "50,100,linear-exact")]
        for scope in [Scope(study: Self.study), Scope(study: Self.study, series: Self.series)] {
            let picture = try png(responder, .thumbnail(nil, scope), window)
            #expect((picture.header.width, picture.header.height) == (128, 64))
            // 30 of 0 to 100.
            #expect(picture.pixels.samples.allSatisfy { abs($0 - 76.5) <= 0.5 })
        }
        let first = try png(responder, .thumbnail(1, scope(1)), window)
        #expect(first.pixels.samples.allSatisfy { abs($0 - 25.5) <= 0.5 })
    }
}
