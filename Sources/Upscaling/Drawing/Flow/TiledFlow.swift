import Foundation
import Imaging

/// The network of a flow's file over whole images, tile by tile.
struct TiledFlow {
    /// Latents at each place of the low-resolution image.
    let latentChannels: Int
    private let file: ModelFile
    private let columns: TiledAxis
    private let rows: TiledAxis
    private let request: any InferenceRequest

    /// Positions around a tile that are fed too where the file does not say how far a place reaches.
    private static let guessedHalo = 32

    init(
        _ file: ModelFile, engine: any Engine, width: Int, height: Int, tileLength: Int
    ) throws(ModelError) {
        let metadata = file.metadata
        self.file = file
        latentChannels = metadata.channels * metadata.scale * metadata.scale
        let halo = metadata.receptiveField ?? Self.guessedHalo
        func axis(_ length: Int, fixed: Int?) -> TiledAxis {
            TiledAxis(
                length: length, target: tileLength, halo: halo, blend: metadata.receptiveField == nil,
                multiple: metadata.paddingMultiple, fixed: fixed)
        }
        columns = axis(width, fixed: file.fixedWidth)
        rows = axis(height, fixed: file.fixedHeight)
        request = try engine.request(shapes: [
            file.inputTensor: [1, metadata.channels, rows.tileLength, columns.tileLength],
            FlowDescription.latentTensor: [1, latentChannels, rows.tileLength, columns.tileLength],
        ])
    }

    /// What is to be added to the bicubic enlargement.
    ///
    /// - Parameters:
    ///   - measured: the low-resolution image in 0…1.
    ///   - latent: of its size, ``latentChannels`` channels.
    ///   - progress: told the finished part, from 0 to 1.
    func residual(_ measured: Pixels, latent: Pixels, progress: (Double) -> Void) throws -> Pixels {
        let scale = file.metadata.scale
        var result = Pixels(
            width: measured.width * scale, height: measured.height * scale, channels: measured.channels)
        for (number, row) in rows.tiles.enumerated() {
            for column in columns.tiles {
                try Task.checkCancellation()
                try request.withInput(file.inputTensor) { measured.copy(to: $0, column, of: columns, row, of: rows) }
                try request.withInput(FlowDescription.latentTensor) {
                    latent.copy(to: $0, column, of: columns, row, of: rows)
                }
                try request.run()
                try request.withOutput(file.outputTensor) { shape, values throws(ModelError) in
                    let expected = [1, measured.channels, rows.tileLength * scale, columns.tileLength * scale]
                    guard shape == expected else {
                        throw .badResult(
                            path: file.url.path,
                            reason:
                                "the flow gave values of shape \(shape), not \(expected) as its description promises")
                    }
                    add(values, column, row, to: &result)
                }
            }
            progress(Double(number + 1) / Double(rows.tiles.count))
        }
        guard result.samples.allSatisfy(\.isFinite) else {
            throw ModelError.badResult(
                path: file.url.path, reason: "the flow gave values that are not finite; lower the temperature")
        }
        return result
    }

    private func add(
        _ values: UnsafeBufferPointer<Float>, _ column: TiledAxis.Tile, _ row: TiledAxis.Tile, to result: inout Pixels
    ) {
        let (width, height, scale) = (result.width, result.height, file.metadata.scale)
        func weights(_ tile: TiledAxis.Tile) -> [Float] {
            (tile.kept.lowerBound * scale..<tile.kept.upperBound * scale).map {
                tile.weight(at: (Double($0) + 0.5) / Double(scale))
            }
        }
        let (columnWeights, rowWeights) = (weights(column), weights(row))
        let (left, top) = (column.kept.lowerBound * scale, row.kept.lowerBound * scale)
        let tileWidth = columns.tileLength * scale
        let tileHeight = rows.tileLength * scale
        for channel in 0..<result.channels {
            for (y, rowWeight) in rowWeights.enumerated() {
                let from =
                    (channel * tileHeight + top + y - row.start * scale) * tileWidth + left - column.start * scale
                let to = (channel * height + top + y) * width + left
                result.samples.withUnsafeMutableBufferPointer { result in
                    for x in 0..<columnWeights.count {
                        result[to + x] += values[from + x] * rowWeight * columnWeights[x]
                    }
                }
            }
        }
    }
}
