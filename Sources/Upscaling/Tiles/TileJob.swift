import Imaging

/// What a network does at once: a tile of one slice, and of one color where it is fed each by itself.
struct TileJob {
    let columns: TiledAxis.Tile
    let rows: TiledAxis.Tile
    let slice: Int
    /// The color's number.
    let run: Int
}

/// The rows of the result that are being made, for all slices.
struct BandTarget {
    let samples: UnsafeMutablePointer<Float>
    let width: Int
    let height: Int
    let channels: Int
    /// The result's row that the band starts at.
    let start: Int

    func row(_ row: Int, channel: Int, slice: Int) -> UnsafeMutablePointer<Float> {
        samples + ((slice * channels + channel) * height + row - start) * width
    }
}
