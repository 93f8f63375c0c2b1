import Imaging

extension Pixels {
    /// Copies a tile to a network's input, (1, channels, rows, columns), reflecting what lies past the end of the image.
    ///
    /// - Parameters:
    ///   - input: room for the tile.
    ///   - column: the tile along the columns' axis.
    ///   - columns: that axis.
    ///   - row: the tile along the rows' axis.
    ///   - rows: that axis.
    func copy(
        to input: UnsafeMutableBufferPointer<Float>, _ column: TiledAxis.Tile, of columns: TiledAxis,
        _ row: TiledAxis.Tile, of rows: TiledAxis
    ) {
        let inside = min(columns.tileLength, width - column.start)
        samples.withUnsafeBufferPointer { samples in
            for channel in 0..<channels {
                for y in 0..<rows.tileLength {
                    let line = (channel * height + TiledAxis.reflected(row.start + y, length: height)) * width
                    let to = input.baseAddress! + (channel * rows.tileLength + y) * columns.tileLength
                    to.update(from: samples.baseAddress! + line + column.start, count: inside)
                    for x in inside..<columns.tileLength {
                        to[x] = samples[line + TiledAxis.reflected(column.start + x, length: width)]
                    }
                }
            }
        }
    }
}
