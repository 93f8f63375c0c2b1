import Foundation
import Imaging
import TestSupport
import Testing

/// What every format owes its users, whatever it is.
@Suite("Every format")
struct FormatConformanceTests {
    typealias Content = FormatConformance.Content

    @Test("reads back what it wrote", arguments: FormatConformance.allContents)
    func roundTrip(_ content: Content) throws {
        let folder = try TemporaryFolder()
        let url = content.conformance.url(in: folder)
        let image = try content.image()
        try ImageFile.write(image, to: url)
        let again = try ImageFile.read(url)

        #expect(try ImageFile.format(of: url) == content.conformance.format)
        #expect(again.header.width == image.header.width && again.header.height == image.header.height)
        #expect(again.header.slices == image.header.slices)
        #expect(again.header.colorModel == content.colorModel)
        #expect(again.header.intensity == image.header.intensity)
        if content.conformance.tolerance == 0 {
            #expect(again.pixels == image.pixels)
        } else {
            let error = zip(again.pixels.samples, image.pixels.samples).map { abs($0 - $1) }.max()!
            #expect(error <= content.conformance.tolerance)
        }
    }

    @Test("writes the same file a second time", arguments: FormatConformance.allContents)
    func stable(_ content: Content) throws {
        let folder = try TemporaryFolder()
        let first = content.conformance.url(in: folder, "first")
        let second = content.conformance.url(in: folder, "second")
        try ImageFile.write(try content.image(), to: first)
        let image = try ImageFile.read(first)
        try ImageFile.write(image, to: second)
        if content.conformance.tolerance == 0 {
            #expect(try ImageFile.read(second).pixels == image.pixels)
        }
        #expect(try ImageFile.read(second).header.geometry == image.header.geometry)
    }

    @Test(
        "rounds and clamps what does not fit",
        arguments: FormatConformance.all.filter { $0.tolerance == 0 && $0.holdsPlainBytes })
    func quantizes(_ conformance: FormatConformance) throws {
        let folder = try TemporaryFolder()
        let url = conformance.url(in: folder)
        var image = try Content(conformance: conformance, sampleType: .uint8, colorModel: .gray).image(slices: 1)
        image.pixels.samples.replaceSubrange(0..<7, with: [-3, 300, 0.5, 1.5, 2.49, 254.5, 0.49999997])
        try ImageFile.write(image, to: url)
        #expect(try ImageFile.read(url).pixels.samples.prefix(7) == [0, 255, 1, 2, 2, 255, 0])
    }

    @Test(
        "refuses to write infinity, and NaN among integers, and names the sample", arguments: FormatConformance.all,
        [Float.nan, .infinity])
    func notFinite(_ conformance: FormatConformance, sample: Float) throws {
        let folder = try TemporaryFolder()
        let url = conformance.url(in: folder)
        var image = try conformance.plainContent.image()
        if image.header.intensity.sampleType.isFloatingPoint, sample.isNaN { return }
        let slice = image.header.slices - 1
        image.pixels.samples[(slice * 17 + 4) * 23 + 5] = sample
        #expect(throws: ImageFileError.notFinite(path: url.path, column: 5, row: 4, slice: slice)) {
            try ImageFile.write(image, to: url)
        }
        #expect(folder.files.isEmpty)
    }

    @Test("keeps spacing and place", arguments: FormatConformance.all, [1.0, 2, 4])
    func geometry(_ conformance: FormatConformance, scale: Double) throws {
        let folder = try TemporaryFolder()
        let source = conformance.url(in: folder, "source")
        let image = try conformance.plainContent.image()
        try ImageFile.write(image, to: source)
        let original = try ImageFile.read(source)
        var header = original.header.resized(
            width: Int(scale) * original.header.width, height: Int(scale) * original.header.height)
        header.derivation = FormatConformance.derivation
        let scaled = Image(
            header: header,
            pixels: Pixels(
                width: header.width, height: header.height, channels: header.channels, slices: header.slices))
        let url = conformance.url(in: folder, "scaled")
        try ImageFile.write(scaled, to: url)
        let geometry = try ImageFile.read(url).header.geometry

        if conformance.holdsSpacing {
            let before = try #require(image.header.geometry.spacing)
            let after = try #require(geometry.spacing)
            #expect(abs(after.column - before.column / scale) < 1e-6 && abs(after.row - before.row / scale) < 1e-6)
        }
        if conformance.holdsAffine {
            let before = try #require(original.header.geometry.affine)
            let after = try #require(geometry.affine)
            #expect(geometry.space == original.header.geometry.space)
            for (column, row, slice) in [(0.0, 0.0, 0.0), (22, 0, 1), (0, 16, 2), (22, 16, 0)] {
                let old = before(column: column, row: row, slice: slice)
                let new = after(
                    column: column * scale + (scale - 1) / 2, row: row * scale + (scale - 1) / 2, slice: slice)
                let distance = ((old - new) * (old - new)).sum().squareRoot()
                #expect(distance < 1e-3, "a landmark moved by \(distance) mm")
            }
        }
    }

    @Test("takes bands of any height", arguments: FormatConformance.all, [1, 5, 17])
    func bands(_ conformance: FormatConformance, rows: Int) throws {
        let folder = try TemporaryFolder()
        let image = try conformance.plainContent.image()
        let whole = conformance.url(in: folder, "whole")
        let banded = conformance.url(in: folder, "banded")
        try ImageFile.write(image, to: whole)
        try ImageFile.write(image.header, to: banded) { sink in
            for slice in 0..<image.pixels.slices {
                for top in stride(from: 0, to: 17, by: rows) {
                    try sink.append(
                        image.pixels.slice(slice).cropped(columns: 0..<23, rows: top..<min(top + rows, 17)))
                }
            }
        }
        #expect(try ImageFile.read(banded).pixels == ImageFile.read(whole).pixels)
    }

    @Test("leaves an existing file alone unless told to overwrite it", arguments: FormatConformance.all)
    func overwriting(_ conformance: FormatConformance) throws {
        let folder = try TemporaryFolder()
        let url = conformance.url(in: folder)
        try Data("precious".utf8).write(to: url)
        let image = try conformance.plainContent.image()
        #expect(throws: ImageFileError.alreadyExists(path: url.path)) { try ImageFile.write(image, to: url) }
        #expect(try Data(contentsOf: url) == Data("precious".utf8))
        try ImageFile.write(image, to: url, overwrite: true)
        #expect(try ImageFile.read(url).header.width == 23)
        #expect(folder.files.count == 1)
    }

    @Test("leaves nothing behind when interrupted", arguments: FormatConformance.all)
    func interrupted(_ conformance: FormatConformance) throws {
        struct Interruption: Error {}
        let folder = try TemporaryFolder()
        let url = conformance.url(in: folder)
        let image = try conformance.plainContent.image()
        #expect(throws: Interruption.self) {
            try ImageFile.write(image.header, to: url) { sink in
                try sink.append(image.pixels.slice(0).cropped(columns: 0..<23, rows: 0..<4))
                throw Interruption()
            }
        }
        #expect(folder.files.isEmpty)

        try Data("precious".utf8).write(to: url)
        #expect(throws: Interruption.self) {
            try ImageFile.write(image.header, to: url, overwrite: true) { _ in throw Interruption() }
        }
        #expect(try Data(contentsOf: url) == Data("precious".utf8))
    }

    @Test("does not pass off half an image as a whole one", arguments: FormatConformance.all)
    func missingRows(_ conformance: FormatConformance) throws {
        let folder = try TemporaryFolder()
        let url = conformance.url(in: folder)
        let image = try conformance.plainContent.image()
        let error = #expect(throws: ImageFileError.self) {
            try ImageFile.write(image.header, to: url) { sink in
                try sink.append(image.pixels.slice(0).cropped(columns: 0..<23, rows: 0..<4))
            }
        }
        guard case .cannotWrite(url.path, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(folder.files.isEmpty)
    }

    @Test("names the folder that is not there", arguments: FormatConformance.all)
    func missingFolder(_ conformance: FormatConformance) throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("nowhere/image.\(conformance.pathExtension)")
        let error = #expect(throws: ImageFileError.self) {
            try ImageFile.write(conformance.plainContent.image(), to: url)
        }
        guard case .cannotWrite(url.path, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("refuses a file that ends too early", arguments: FormatConformance.all)
    func truncated(_ conformance: FormatConformance) throws {
        let folder = try TemporaryFolder()
        let url = conformance.url(in: folder)
        try ImageFile.write(try conformance.plainContent.image(), to: url)
        let bytes = [UInt8](try Data(contentsOf: url))
        let lengths = Set(0..<min(400, bytes.count)).union(stride(from: 400, to: bytes.count, by: 37))
            .union(max(0, bytes.count - 64)..<bytes.count)
        for length in lengths {
            let short = try folder.write(Array(bytes.prefix(length)), to: "short.\(conformance.pathExtension)")
            let error = #expect(throws: ImageFileError.self, "\(length) of \(bytes.count) bytes") {
                _ = try ImageFile.read(short)
            }
            if let error { expectOneLine(error) }
            if length == 0 { #expect(error == .empty(path: short.path)) }
        }
    }

    @Test("survives damage of any kind", arguments: FormatConformance.all)
    func damaged(_ conformance: FormatConformance) throws {
        let folder = try TemporaryFolder()
        let url = conformance.url(in: folder)
        try ImageFile.write(try conformance.plainContent.image(), to: url)
        let bytes = [UInt8](try Data(contentsOf: url))
        var random = SeededGenerator(seed: 42)
        for attempt in 0..<300 {
            var hostile = bytes
            // Headers are where damage does harm.
            let reach = attempt % 2 == 0 ? min(bytes.count, 420) : bytes.count
            for _ in 0...(attempt % 5) {
                hostile[Int.random(in: 0..<reach, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let file = try folder.write(hostile, to: "hostile.\(conformance.pathExtension)")
            do throws(ImageFileError) {
                _ = try ImageFile.read(file)
            } catch {
                expectOneLine(error)
            }
        }
    }

    private func expectOneLine(_ error: ImageFileError) {
        #expect(!error.description.contains("\n") && error.description.count > 10)
    }
}
