import Evaluation
import Foundation
import ImageQuality
import Imaging
import Reporting
import TestSupport
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ReportTests {
    private static let bright = EvaluatedMethod(name: "bright & <b>") { image, scale in
        var enlarged = try EvaluatedMethod.bicubic.enlarge(image, scale)
        for index in enlarged.pixels.samples.indices { enlarged.pixels.samples[index] += 3 }
        return enlarged
    }

    private static func evaluated(
        _ folder: TemporaryFolder, count: Int = 4
    ) throws -> (Evaluator, EvaluationResult, [(name: String, url: URL)], [EvaluatedMethod]) {
        for index in 0..<count {
            var image = Phantom.gray()
            for sample in image.pixels.samples.indices { image.pixels.samples[sample] *= 1 - 0.1 * Float(index) }
            try ImageFile.write(image, to: folder["film \(index).png"])
        }
        let evaluation = Evaluator(scale: 2, metrics: [.psnr, .ssim], measuresConsistency: true)
        let files = try evaluation.files(in: folder.url)
        let methods = [EvaluatedMethod.bicubic, bright]
        return (evaluation, try evaluation.run(files: files, methods: methods), files, methods)
    }

    @Test("consistency is the squared error of the result, reduced again, in 1e-5 of the squared range")
    func consistency() throws {
        let folder = try TemporaryFolder()
        try ImageFile.write(Phantom.gray(width: 64, height: 48), to: folder["a.png"])
        // A flat image reduces to itself, so that the error to the input is known without reducing anything.
        nonisolated(unsafe) var input: Pixels?
        let flat = EvaluatedMethod(name: "flat") { image, scale in
            input = image.pixels
            let header = image.header.resized(width: image.header.width * scale, height: image.header.height * scale)
            return Image(
                header: header, pixels: Pixels(width: header.width, height: header.height, repeating: 100))
        }
        let result = try Evaluator(scale: 4, metrics: [.psnr], measuresConsistency: true)
            .run(folder: folder.url, methods: [flat])
        let samples = try #require(input).samples.map(Double.init)
        let error = samples.reduce(0) { $0 + ($1 - 100) * ($1 - 100) } / Double(samples.count)
        let measured = try #require(result.rows[0].metrics[.consistency])
        #expect(abs(measured - error / (255 * 255) * 1e5) < 1e-6 * measured)
        #expect(result.table(metrics: [.psnr]).contains("consistency"))
    }

    @Test("the page needs nothing beside it")
    func selfContained() throws {
        let folder = try TemporaryFolder()
        let (evaluation, result, files, methods) = try Self.evaluated(folder)
        let manifest = try RunManifest(
            command: ["fovea", "evaluate", "my films"], version: "1.2.3", folder: folder.url.path, files: files,
            models: result.models)
        let cases = try ReportCase.chosen(from: result, metrics: [.psnr], evaluation, files, methods)
        let target = folder.url.appendingPathComponent("report")
        let page = try EvaluationReport(result, metrics: [.psnr, .ssim], cases: cases, manifest: manifest)
            .write(to: target)
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(!text.contains("http"))
        for match in text.matches(of: /(?:src|href)="([^"]{0,40})/) {
            #expect(match.output.1.hasPrefix("data:image/png;base64"))
        }
        #expect(text.contains("fovea evaluate &#39;my films&#39;") && text.contains("1.2.3"))
        #expect(text.contains("bright &amp; &lt;b&gt;") && !text.contains("<b>\u{2029}") && !text.contains("& <b>"))
        let back = try JSONDecoder.fovea.decode(
            EvaluationResult.self, from: Data(contentsOf: target.appendingPathComponent("evaluation.json")))
        #expect(back.rows[1].metrics == result.rows[1].metrics)
    }

    @Test("every drawing on the page is well-formed")
    func drawings() throws {
        let folder = try TemporaryFolder()
        let (evaluation, result, files, methods) = try Self.evaluated(folder, count: 3)
        let manifest = try RunManifest(
            command: ["fovea"], version: "1", folder: "x", files: files, models: result.models)
        let page = EvaluationReport(
            result, metrics: [.psnr],
            cases: try ReportCase.chosen(from: result, metrics: [.psnr], evaluation, files, methods), manifest: manifest
        ).html.text
        let drawings = page.matches(of: /<svg[\s\S]*?<\/svg>/)
        #expect(drawings.count == 3)
        for drawing in drawings {
            let parser = XMLParser(data: Data(String(drawing.output).utf8))
            #expect(parser.parse(), "\(parser.parserError.map(String.init(describing:)) ?? "")")
            #expect(!drawing.output.contains("nan") && !drawing.output.contains("inf"))
        }
    }

    @Test("the manifest's hash is what sha256sum gives for the list of files")
    func manifestHash() throws {
        let folder = try TemporaryFolder()
        try Data("a".utf8).write(to: folder["a.png"])
        try Data("b".utf8).write(to: folder["b.png"])
        let files = ["a.png", "b.png"].map { (name: $0, url: folder[$0]) }
        let manifest = try RunManifest(command: [], version: "", folder: "", files: files, models: [:])
        // sha256sum a.png b.png | sha256sum
        #expect(manifest.dataHash == "fcc2f000349920b8bdd70d0def4550b9a8e5c84c912fea1b6b8d8084b0396af5")
        #expect(manifest.files == 2)
    }

    @Test("a plot leaves out what its axes cannot hold, and equal values still have a place")
    func plots() throws {
        let plot = Plot(
            title: "a < b", xTitle: "x", yTitle: "y",
            series: [
                Plot.Series(name: "line", points: [(1, 0), (2, 0.01), (3, .infinity), (4, 0.01)], color: 0),
                Plot.Series(name: "line & dash", points: [(1, 0.01)], color: 11, isDashed: true),
            ], yIsLogarithmic: true)
        let file = Plot.file([plot, plot])
        let parser = XMLParser(data: file)
        #expect(parser.parse(), "\(parser.parserError.map(String.init(describing:)) ?? "")")
        let text = String(decoding: file, as: UTF8.self)
        #expect(!text.contains("nan") && !text.contains("inf"))
        #expect(text.contains("a &lt; b"))
    }
}
