import Foundation
import Imaging
import Networks
import Training
import Upscaling

/// Made-up radiographs: ellipses and ribs, a different one for each number.
enum Phantom {
    static func image(_ number: Int, width: Int = 96, height: Int = 80) -> Image {
        var generator = SeededGenerator(seed: UInt64(number))
        var samples = [Float](repeating: 20, count: width * height)
        for _ in 0..<12 {
            let (x, y) = (generator.uniform() * Double(width), generator.uniform() * Double(height))
            let (a, b) = (4 + generator.uniform() * 20, 4 + generator.uniform() * 20)
            let value = Float(generator.uniform() * 120)
            for row in 0..<height {
                for column in 0..<width {
                    let distance = pow((Double(column) - x) / a, 2) + pow((Double(row) - y) / b, 2)
                    if distance < 1 { samples[row * width + column] += value * Float(1 - distance / 2) }
                }
            }
        }
        return Image(
            header: ImageHeader(width: width, height: height, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: width, height: height, samples: samples.map { min($0.rounded(), 255) }))
    }

    /// A folder of PNG files with the given names, removed by the caller.
    static func folder(_ names: [String]) throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("fovea-tests-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (number, name) in names.enumerated() {
            try ImageFile.write(image(number), to: folder.appendingPathComponent(name))
        }
        return folder
    }

    static let names = (1...10).map { String(format: "%08d_000.png", $0) }

    /// Small enough for a test, whole enough to be a run.
    static func configuration(_ folder: URL, steps: Int = 12) -> TrainingConfiguration {
        var configuration = Preset.foveola.configuration(
            scale: 2, data: [TrainingFolder(folder: folder.path, modality: .chestXRay)])
        configuration.architecture = .foveola(.init(scale: 2, features: 8, blocks: 1))
        configuration.reductions = [1]
        configuration.batchSize = 2
        configuration.cropSize = 12
        configuration.steps = steps
        configuration.validationInterval = 6
        configuration.checkpointInterval = 4
        return configuration
    }
}
