import Foundation
import Imaging

/// The denoiser of a model file over whole images: the network sees tiles, samplers see the image.
///
/// Since the sampler holds the whole noisy image and draws its noise on the whole grid, tiles share what lies in their
/// overlap at every step, and blended predictions leave no seams: tiles that were sampled one by one would each invent
/// something else.
struct TiledDenoiser: Denoiser {
    let target: PredictionTarget
    private let file: ModelFile
    private let description: DiffusionDescription
    private let columns: TiledAxis
    private let rows: TiledAxis
    private let request: any InferenceRequest

    /// Positions around a tile that the network is fed too; the inner half of them is blended with the neighbour.
    private static let halo = 32

    /// - Parameter description: the one in `file`.
    init(
        _ file: ModelFile, _ description: DiffusionDescription, engine: any Engine, width: Int, height: Int,
        tileLength: Int
    ) throws(ModelError) {
        self.file = file
        self.description = description
        target = description.process.target
        columns = TiledAxis(
            length: width, target: tileLength, halo: Self.halo, blend: true, multiple: file.metadata.paddingMultiple,
            fixed: file.fixedWidth)
        rows = TiledAxis(
            length: height, target: tileLength, halo: Self.halo, blend: true, multiple: file.metadata.paddingMultiple,
            fixed: file.fixedHeight)
        let image = [1, file.metadata.channels, rows.tileLength, columns.tileLength]
        request = try engine.request(shapes: [
            DiffusionDescription.noisyTensor: image, DiffusionDescription.conditionTensor: image,
            DiffusionDescription.levelTensor: [1, description.levelFeatures],
        ])
    }

    func predict(_ noisy: Pixels, condition: Pixels, gamma: Double) throws -> Pixels {
        let level = NoiseLevelEmbedding.features(gamma: gamma, count: description.levelFeatures)
        try request.withInput(DiffusionDescription.levelTensor) { _ = $0.update(fromContentsOf: level) }
        var result = Pixels(width: noisy.width, height: noisy.height, channels: noisy.channels)
        for row in rows.tiles {
            for column in columns.tiles {
                try Task.checkCancellation()
                try request.withInput(DiffusionDescription.noisyTensor) {
                    noisy.copy(to: $0, column, of: columns, row, of: rows)
                }
                try request.withInput(DiffusionDescription.conditionTensor) {
                    condition.copy(to: $0, column, of: columns, row, of: rows)
                }
                try request.run()
                try request.withOutput(file.outputTensor) { shape, values throws(ModelError) in
                    let expected = [1, noisy.channels, rows.tileLength, columns.tileLength]
                    guard shape == expected else {
                        throw .badResult(
                            path: file.url.path,
                            reason:
                                "the denoiser gave values of shape \(shape), not \(expected) as its description promises"
                        )
                    }
                    add(values, column, row, to: &result)
                }
            }
        }
        guard result.samples.allSatisfy(\.isFinite) else {
            throw ModelError.badResult(
                path: file.url.path, reason: "the denoiser gave values that are not finite; try float32")
        }
        return result
    }

    private func add(
        _ values: UnsafeBufferPointer<Float>, _ column: TiledAxis.Tile, _ row: TiledAxis.Tile, to result: inout Pixels
    ) {
        let (width, height, channels) = (result.width, result.height, result.channels)
        let weights = column.kept.map { column.weight(at: Double($0) + 0.5) }
        result.samples.withUnsafeMutableBufferPointer { result in
            for channel in 0..<channels {
                for y in row.kept {
                    let rowWeight = row.weight(at: Double(y) + 0.5)
                    let from =
                        (channel * rows.tileLength + y - row.start) * columns.tileLength + column.kept.lowerBound
                        - column.start
                    let to = (channel * height + y) * width + column.kept.lowerBound
                    for x in 0..<weights.count { result[to + x] += values[from + x] * rowWeight * weights[x] }
                }
            }
        }
    }
}
