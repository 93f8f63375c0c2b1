import Imaging

/// How images of one size are cut for a network.
struct TilePlan: Sendable {
    /// Along rows and along columns of the network's input.
    let columns: TiledAxis
    let rows: TiledAxis
    let slicesAtOnce: Int
    let blends: Bool

    init(_ pixels: Pixels, network: Network) {
        let metadata = network.file.metadata
        let gridScale = metadata.input == .bicubicUpscaled ? metadata.scale : 1
        let (width, height) = (pixels.width * gridScale, pixels.height * gridScale)
        let halo = metadata.receptiveField ?? Network.unknownReceptiveField
        blends = metadata.receptiveField == nil
        let concurrency = network.engine.concurrency
        // Small slices of a volume run side by side; a single image is shared out in columns.
        let sideBySide = pixels.slices > 1 && width * height <= network.tileLength * network.tileLength
        columns = TiledAxis(
            length: width, target: network.tileLength, halo: halo, blend: blends, multiple: metadata.paddingMultiple,
            fixed: network.file.fixedWidth, sharers: sideBySide || blends ? 1 : concurrency)
        rows = TiledAxis(
            length: height, target: network.tileLength, halo: halo, blend: blends, multiple: metadata.paddingMultiple,
            fixed: network.file.fixedHeight)
        slicesAtOnce = sideBySide && columns.tiles.count * rows.tiles.count == 1 ? concurrency : 1
    }
}
