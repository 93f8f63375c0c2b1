import Imaging
import Torch

/// A batch of crops.
public struct Batch {
    /// (B, C, c, c)
    public let input: Tensor
    /// (B, C, r·c, r·c)
    public let target: Tensor
    /// What a residual target is added to, where the images themselves are needed.
    public let bicubic: Tensor?

    public init(input: Tensor, target: Tensor, bicubic: Tensor?) {
        self.input = input
        self.target = target
        self.bicubic = bicubic
    }
}

/// One of the eight ways to lay a square on itself.
struct Orientation {
    let transposes: Bool
    let flipsColumns: Bool
    let flipsRows: Bool

    init(drawnFrom generator: inout SeededGenerator) {
        let bits = generator.next()
        transposes = bits & 1 != 0
        flipsColumns = bits & 2 != 0
        flipsRows = bits & 4 != 0
    }
}

/// Draws crops, each from a folder by its weight, an image by its area, a place uniformly, in one of eight orientations.
public struct BatchSampler {
    private let sets: [(pairs: [TrainingPair], cumulativeArea: [Double])]
    private let cumulativeWeight: [Double]
    private let batchSize: Int
    private let cropSize: Int
    /// All randomness of the data; part of a checkpoint.
    public var generator: SeededGenerator

    public init(_ sets: [TrainingSet], configuration: TrainingConfiguration) {
        self.sets = sets.map { set in
            (set.training, Self.cumulative(set.training.map { Double($0.input.planeCount) }))
        }
        cumulativeWeight = Self.cumulative(sets.map(\.folder.weight))
        batchSize = configuration.batchSize
        cropSize = configuration.cropSize
        generator = SeededGenerator(seed: configuration.seed)
    }

    public mutating func next(on device: Device) -> Batch {
        var input: [Float] = []
        var target: [Float] = []
        var bicubic: [Float] = []
        var channels = 1
        var ratio = 1
        for _ in 0..<batchSize {
            let set = sets[draw(cumulativeWeight)]
            let pair = set.pairs[draw(set.cumulativeArea)]
            channels = pair.input.channels
            ratio = pair.target.width / pair.input.width
            let column = Int(generator.next() % UInt64(pair.input.width - cropSize + 1))
            let row = Int(generator.next() % UInt64(pair.input.height - cropSize + 1))
            let orientation = Orientation(drawnFrom: &generator)
            Self.append(pair.input, column: column, row: row, size: cropSize, orientation, to: &input)
            Self.append(
                pair.target, column: column * ratio, row: row * ratio, size: cropSize * ratio, orientation, to: &target)
            if let enlarged = pair.bicubic {
                Self.append(
                    enlarged, column: column * ratio, row: row * ratio, size: cropSize * ratio, orientation,
                    to: &bicubic)
            }
        }
        let size = cropSize * ratio
        return Batch(
            input: Tensor(input, shape: [batchSize, channels, cropSize, cropSize], on: device).channelsLast,
            target: Tensor(target, shape: [batchSize, channels, size, size], on: device).channelsLast,
            bicubic: bicubic.isEmpty
                ? nil : Tensor(bicubic, shape: [batchSize, channels, size, size], on: device).channelsLast)
    }

    private mutating func draw(_ cumulative: [Double]) -> Int {
        let value = generator.uniform() * cumulative.last!
        var (low, high) = (0, cumulative.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > value { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func cumulative(_ weights: [Double]) -> [Double] {
        var sum = 0.0
        return weights.map { weight in
            sum += weight
            return sum
        }
    }

    private static func append(
        _ image: Pixels, column: Int, row: Int, size: Int, _ orientation: Orientation, to result: inout [Float]
    ) {
        image.samples.withUnsafeBufferPointer { samples in
            for channel in 0..<image.channels {
                let origin = channel * image.planeCount + row * image.width + column
                for y in 0..<size {
                    let flippedRow = orientation.flipsRows ? size - 1 - y : y
                    for x in 0..<size {
                        let flippedColumn = orientation.flipsColumns ? size - 1 - x : x
                        let (sourceRow, sourceColumn) =
                            orientation.transposes ? (flippedColumn, flippedRow) : (flippedRow, flippedColumn)
                        result.append(samples[origin + sourceRow * image.width + sourceColumn])
                    }
                }
            }
        }
    }
}
