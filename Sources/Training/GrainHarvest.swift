import Imaging

/// Real grain, cut from where full-resolution images are flat, to be laid on low-resolution ones: it has the spectrum that
/// cameras, film and reconstructions leave, which no formula has (Ji et al., "Real-World Super-Resolution via Kernel
/// Estimation and Noise Injection", CVPRW 2020, in kind).
struct GrainHarvest: Sendable {
    /// Side of a patch.
    static let size = 32
    /// Standard deviation below which a patch is taken for empty: half a gray level of 8 bits.
    private static let least: Float = 0.5 / 255
    private static let mostOfAnImage = 24

    /// Each `size` × `size`, of mean and slope zero.
    private(set) var patches: [[Float]] = []

    /// The flattest twentieth of an image's patches, all channels alike.
    ///
    /// - Parameter image: in 0…1, at the resolution that it came in.
    init(_ image: Pixels) {
        var found: [(deviation: Float, patch: [Float])] = []
        let step = Self.size / 2
        for channel in 0..<image.channels {
            let plane = channel * image.planeCount
            for row in stride(from: 0, through: image.height - Self.size, by: step) {
                for column in stride(from: 0, through: image.width - Self.size, by: step) {
                    var patch: [Float] = []
                    patch.reserveCapacity(Self.size * Self.size)
                    for y in 0..<Self.size {
                        let start = plane + (row + y) * image.width + column
                        patch.append(contentsOf: image.samples[start..<start + Self.size])
                    }
                    // Clipped samples have lost their grain.
                    guard patch.allSatisfy({ $0 > 0.01 && $0 < 0.99 }) else { continue }
                    Self.level(&patch)
                    let deviation = (patch.reduce(0) { $0 + $1 * $1 } / Float(patch.count)).squareRoot()
                    if deviation >= Self.least { found.append((deviation, patch)) }
                }
            }
        }
        found.sort { $0.deviation < $1.deviation }
        patches = found.prefix(min(Self.mostOfAnImage, max(1, found.count / 20))).map(\.patch)
    }

    init() {}

    mutating func add(_ other: GrainHarvest) { patches += other.patches }

    /// One of the patches, continued by mirroring from a place drawn at random.
    func drawn(width: Int, height: Int, channels: Int, using generator: inout SeededGenerator) -> Pixels? {
        guard !patches.isEmpty else { return nil }
        let patch = patches[Int(generator.next() % UInt64(patches.count))]
        let period = UInt64(2 * Self.size)
        let (top, left) = (Int(generator.next() % period), Int(generator.next() % period))
        func mirrored(_ position: Int) -> Int {
            let place = position % (2 * Self.size)
            return place < Self.size ? place : 2 * Self.size - 1 - place
        }
        var plane: [Float] = []
        plane.reserveCapacity(width * height)
        for row in 0..<height {
            let start = mirrored(top + row) * Self.size
            for column in 0..<width { plane.append(patch[start + mirrored(left + column)]) }
        }
        return Pixels(
            width: width, height: height, channels: channels,
            samples: Array(repeatElement(plane, count: channels).joined()))
    }

    /// Takes away the plane of least squares.
    private static func level(_ patch: inout [Float]) {
        let centre = Float(size - 1) / 2
        var (mean, along, across): (Float, Float, Float) = (0, 0, 0)
        for index in patch.indices {
            mean += patch[index]
            along += patch[index] * (Float(index % size) - centre)
            across += patch[index] * (Float(index / size) - centre)
        }
        mean /= Float(patch.count)
        let moment = Float(patch.count) * (Float(size * size) - 1) / 12
        for index in patch.indices {
            patch[index] -=
                mean + along / moment * (Float(index % size) - centre) + across / moment
                * (Float(index / size) - centre)
        }
    }
}
