import Evaluation
import Foundation
import Reporting
import Testing
import Training

@Suite struct RunCurvesTests {
    @Test func `losses that have not begun are left out, and a long run is thinned without moving its means`() throws {
        let folder = try Phantom.folder([])
        defer { try? FileManager.default.removeItem(at: folder) }
        var losses = "step,pixel,adversarial\n"
        for step in 1...1000 { losses += "\(step * 50),\(step % 2 == 0 ? 0.2 : 0.4),\(step > 500 ? 0.7 : 0)\n" }
        try Data(losses.utf8).write(to: folder.appendingPathComponent("losses.csv"))
        try Data("step,dataset,images,psnr,bicubic\n500,cxr,5,35.5,33.25\n1000,cxr,5,36.5,33.25\n".utf8)
            .write(to: folder.appendingPathComponent("validation.csv"))
        let plots = RunCurves(folder: folder).plots
        #expect(plots.map(\.title) == ["Losses", "Held-out images"])
        let pixel = plots[0].series[0].points.map(\.y)
        let mean: Double = pixel.reduce(0, +) / Double(pixel.count)
        #expect(pixel.count <= 400)
        #expect(abs(mean - 0.3) < 0.01)
        let adversarial = plots[0].series[1].points
        let begins: Double = adversarial[0].x
        #expect(begins > 25_000)
        #expect(adversarial.map(\.y).allSatisfy { (0.69...0.71).contains($0) })
        #expect(plots[1].series.map(\.name) == ["cxr", "cxr, bicubic"])
        #expect(plots[1].series[1].points.map(\.y) == [33.25, 33.25])
        try RunCurves(folder: folder).write(to: folder)
        let text = try String(contentsOf: folder.appendingPathComponent("curve.svg"), encoding: .utf8)
        #expect(text.contains("Held-out images") && text.contains("adversarial"))
    }

    @Test func `a single validation is a dot, which a line would not show`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("step,dataset,images,psnr,bicubic\n300,films,2,33.5,35.5\n".utf8)
            .write(to: folder.appendingPathComponent("validation.csv"))
        try RunCurves(folder: folder).write(to: folder)
        let drawing = try String(contentsOf: folder.appendingPathComponent("curve.svg"), encoding: .utf8)
        #expect(drawing.components(separatedBy: "<circle").count == 2)
    }

    @Test func `a run that has written nothing yet has no curves`() throws {
        let folder = try Phantom.folder([])
        defer { try? FileManager.default.removeItem(at: folder) }
        try RunCurves(folder: folder).write(to: folder)
        #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("curve.svg").path))
    }
}
