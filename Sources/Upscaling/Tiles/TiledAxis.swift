/// How one axis of a network's input is cut into tiles of equal length.
///
/// Each tile is fed with a halo of what lies around the part it answers for. Tiles at the ends start and end with the
/// image, so that the network's own padding there is what it would be for the whole image. With a halo of at least the
/// receptive field, tiled equals whole.
struct TiledAxis: Equatable, Sendable {
    struct Tile: Equatable, Sendable {
        /// What the network is fed: this many positions from here. Past the end of the image it is reflected.
        var start: Int
        /// The part of the result that is used.
        var kept: Range<Int>
        /// How many positions at the start and at the end of `kept` are blended with the neighbour's.
        var blendBefore: Int
        var blendAfter: Int

        /// The share of this tile in the result at a position of its kept part; what neighbours share adds up to 1.
        func weight(at position: Double) -> Float {
            var weight = 1.0
            if blendBefore > 0 {
                weight = min(weight, (position - Double(kept.lowerBound)) / Double(blendBefore))
            }
            if blendAfter > 0 {
                weight = min(weight, (Double(kept.upperBound) - position) / Double(blendAfter))
            }
            return Float(max(weight, 0))
        }
    }

    /// Positions fed to the network a tile, the same for all tiles, so that one compiled network serves all.
    let tileLength: Int
    let tiles: [Tile]

    /// - Parameters:
    ///   - length: of the axis.
    ///   - target: positions fed a tile, about.
    ///   - halo: positions around the kept part that change it.
    ///   - blend: blend neighbours over half of the halo instead of cutting between them.
    ///   - multiple: tile lengths that the network takes.
    ///   - fixed: the only tile length that the network takes, if so.
    ///   - sharers: that run at once and are to get equally many tiles, as far as the axis is long enough to pay for it.
    init(
        length: Int, target: Int, halo: Int, blend: Bool = false, multiple: Int = 1, fixed: Int? = nil, sharers: Int = 1
    ) {
        func roundedUp(_ value: Int) -> Int { (value + multiple - 1) / multiple * multiple }
        // A halo that leaves nothing of a fixed tile cannot be kept. Where it is a guess that is blended away, half of the
        // tile must remain: with two pixels of 64 kept, an image took hundreds of times its own work.
        let halo = fixed.map { min(halo, blend ? $0 / 4 : ($0 - 1) / 2) } ?? halo
        let inner = max(1, (fixed ?? max(target, 2 * halo + 32)) - 2 * halo)
        var count = length <= inner + 2 * halo ? 1 : (length - 2 * halo + inner - 1) / inner
        let sharers = min(sharers, length / 64)
        if fixed == nil, sharers > 1 { count = (count + sharers - 1) / sharers * sharers }
        if count > 1, fixed == nil, roundedUp((length - 2 * halo + count - 1) / count + 2 * halo) >= length {
            count = 1
        }
        guard count > 1 else {
            tileLength = fixed ?? roundedUp(length)
            tiles = [Tile(start: 0, kept: 0..<length, blendBefore: 0, blendAfter: 0)]
            return
        }
        let tileLength = fixed ?? roundedUp((length - 2 * halo + count - 1) / count + 2 * halo)
        let starts = (0..<count).map { index in index * (length - tileLength) / (count - 1) }
        let shortestStep = zip(starts, starts.dropFirst()).map { $1 - $0 }.min()!
        var tiles: [Tile] = starts.map { Tile(start: $0, kept: 0..<length, blendBefore: 0, blendAfter: 0) }
        for index in 1..<count {
            let (overlapStart, overlapEnd) = (starts[index], starts[index - 1] + tileLength)
            let middle = (overlapStart + overlapEnd) / 2
            // Never so wide that three tiles would meet.
            let half = blend ? min((overlapEnd - overlapStart) / 4, halo / 2, shortestStep / 2) : 0
            tiles[index - 1].kept = tiles[index - 1].kept.lowerBound..<middle + half
            tiles[index - 1].blendAfter = 2 * half
            tiles[index].kept = middle - half..<length
            tiles[index].blendBefore = 2 * half
        }
        self.tileLength = tileLength
        self.tiles = tiles
    }

    /// The place on an axis of `length` that a place beyond its end mirrors: the last position is repeated, then those
    /// before it.
    static func reflected(_ position: Int, length: Int) -> Int {
        let folded = position % (2 * length)
        return folded < length ? folded : 2 * length - 1 - folded
    }
}
