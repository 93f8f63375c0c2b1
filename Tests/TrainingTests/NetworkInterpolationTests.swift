import Foundation
import ONNX
import Testing
import Training
import Upscaling

@Suite struct NetworkInterpolationTests {
    /// A weight of a model, all its values.
    private func values(_ model: ModelExport, _ name: String) throws -> [Float] {
        let tensor = try #require(try model.proto().graph.initializer.first { $0.name == name })
        return tensor.rawData.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    @Test func `a model between two runs has the weighted mean of their weights, and says so`() throws {
        let images = try Phantom.folder(Phantom.names)
        let runs = try Phantom.folder([])
        defer { for folder in [images, runs] { try? FileManager.default.removeItem(at: folder) } }
        var configuration = Phantom.configuration(images, steps: 2)
        let faithful = try TrainingRun(configuration, folder: runs.appendingPathComponent("faithful"))
        try faithful.run(resume: false)
        configuration.initialWeights = faithful.checkpointURL.path
        configuration.learningRate = 0.05
        let textured = try TrainingRun(configuration, folder: runs.appendingPathComponent("textured"))
        try textured.run(resume: false)

        let ends = try [faithful, textured].map {
            try values(ModelExport(checkpoint: $0.checkpointURL, name: "end"), "head.weight")
        }
        #expect(ends[0] != ends[1])
        let between = try ModelExport(
            checkpoint: textured.checkpointURL, name: "between",
            interpolation: .init(faithful: faithful.checkpointURL, share: 0.25))
        let mixed = try values(between, "head.weight")
        for index in mixed.indices {
            #expect(abs(mixed[index] - (0.75 * ends[0][index] + 0.25 * ends[1][index])) < 1e-6)
        }
        let file = runs.appendingPathComponent("faithful.onnx")
        try ModelExport(checkpoint: faithful.checkpointURL, name: "end").proto().write(to: file)
        let withFile = try ModelExport(
            checkpoint: textured.checkpointURL, name: "between", interpolation: .init(faithful: file, share: 0.25))
        #expect(try values(withFile, "head.weight") == mixed)
        // What either run scored says nothing of the mixture.
        #expect(between.metadata.scores.isEmpty)
        #expect(between.card.contains("25 % of the first checkpoint's, 75 % of the second's"))
        #expect(between.card.contains("Not measured of these weights"))
    }
}
