import Foundation
import Networks
import Testing
import TorchNN
import Training
import Upscaling

@Suite struct ConfigurationFileTests {
    private let preset = Preset.foveola.configuration(scale: 4, data: [])

    private func apply(_ text: String) throws -> TrainingConfiguration {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).yaml")
        try Data(text.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try ConfigurationFile(contentsOf: url).applied(to: preset)
    }

    @Test func `a file changes what it names and nothing else`() throws {
        let changed = try apply(
            """
            steps: 77
            architecture: {foveola: {features: 32}}
            schedule: {warmup: {steps: 5}}
            data:
              - {folder: images, modality: skin, reduction: 2}
            """)
        var expected = preset
        expected.steps = 77
        expected.architecture = .foveola(.init(scale: 4, features: 32, blocks: 5))
        expected.schedule = .warmup(steps: 5)
        expected.data = [TrainingFolder(folder: "images", modality: .skin, reduction: 2)]
        #expect(changed == expected)
    }

    @Test func `the precision is chosen by the processor unless a file names it`() throws {
        #expect(preset.precision == .auto)
        #expect(try apply("precision: bfloat16").precision == .bfloat16)
        #expect(try apply("precision: float32").precision == .float32)
    }

    @Test(arguments: [
        ("step: 77", "step"), ("architecture: {foveola: {width: 3}}", "architecture.foveola.width"),
        ("architecture: {resnet50: {}}", "name one architecture"), ("steps: many", "steps"), ("steps: [", ":"),
    ]) func `a mistake is named in one line`(text: String, mention: String) throws {
        let error = #expect(throws: TrainingError.self) { try apply(text) }
        let description = error?.description ?? ""
        #expect(description.contains(mention))
        #expect(!description.contains("\n"))
    }

    @Test func `a contradiction is refused before anything is read`() {
        var configuration = preset
        configuration.data = [TrainingFolder(folder: "images", modality: .skin)]
        configuration.scale = 2
        #expect(throws: TrainingError.self) { try configuration.validate() }
    }
}
