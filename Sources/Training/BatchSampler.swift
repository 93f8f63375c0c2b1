import Imaging
import Networks
import Torch
import Upscaling

/// A batch of crops.
public struct Batch {
    /// (B, C, c, c)
    public let input: Tensor
    /// (B, C, r·c, r·c)
    public let target: Tensor
    /// What a residual target is added to, where the images themselves are needed.
    public let bicubic: Tensor?
    /// (B, count), where the network is told about its input.
    public let conditions: Tensor?
    /// (B, maps, r·c, r·c), where the network estimates what is where.
    public let priors: Tensor?
    /// (B, 1, 1, 1), the standard deviation of what is taken for noise of single pixels in the inputs' images, in 0…1, where the
    /// objective must know.
    public let noise: Tensor?

    public init(
        input: Tensor, target: Tensor, bicubic: Tensor?, conditions: Tensor? = nil, priors: Tensor? = nil,
        noise: Tensor? = nil
    ) {
        self.input = input
        self.target = target
        self.bicubic = bicubic
        self.conditions = conditions
        self.priors = priors
        self.noise = noise
    }
}

/// One of the eight ways to lay a square on itself.
struct Orientation {
    let transposes: Bool
    let flipsColumns: Bool
    let flipsRows: Bool

    static let asItIs = Orientation(transposes: false, flipsColumns: false, flipsRows: false)

    private init(transposes: Bool, flipsColumns: Bool, flipsRows: Bool) {
        self.transposes = transposes
        self.flipsColumns = flipsColumns
        self.flipsRows = flipsRows
    }

    init(drawnFrom generator: inout SeededGenerator) {
        let bits = generator.next()
        transposes = bits & 1 != 0
        flipsColumns = bits & 2 != 0
        flipsRows = bits & 4 != 0
    }
}

/// Draws crops, each, or where the objective asks for it a batch, from a folder by its weight, an image by its area, a place uniformly, degraded in one of the run's
/// ways, in one of eight orientations; or whole images as they lie, where the run's objective asks for them.
public struct BatchSampler {
    private struct DrawnSet {
        let images: [TrainingImage]
        let cumulativeArea: [Double]
        let degradations: [(steps: Degradation, harvest: ClosedRange<Double>?)]
        let cumulativeDegradationWeight: [Double]
        let grain: GrainHarvest
    }

    private let sets: [DrawnSet]
    private let cumulativeWeight: [Double]
    private let configuration: TrainingConfiguration
    /// All randomness of the data; part of a checkpoint.
    public var generator: SeededGenerator

    /// Low-resolution pixels around a crop that are made with it, so that its pixels are those of the whole image: what
    /// bicubic interpolation reaches there and back, and a blur beyond.
    private static let margin = 8

    /// - Throws: `DegradationError` where a degradation is none of the run's scale.
    public init(_ sets: [TrainingSet], configuration: TrainingConfiguration) throws {
        self.sets = try sets.map { set in
            let degradations = configuration.degradations(of: set.folder)
            return DrawnSet(
                images: set.training,
                cumulativeArea: Self.cumulative(set.training.map { Double($0.pixels.planeCount) }),
                degradations: try degradations.map { (try $0.resolved(scale: configuration.scale), $0.harvest) },
                cumulativeDegradationWeight: Self.cumulative(degradations.map(\.weight)), grain: set.grain)
        }
        cumulativeWeight = Self.cumulative(sets.map(\.folder.weight))
        self.configuration = configuration
        generator = SeededGenerator(seed: configuration.seed)
    }

    public mutating func next(on device: Device) -> Batch {
        var input: [Float] = []
        var target: [Float] = []
        var bicubic: [Float] = []
        var conditions: [Float] = []
        var priors: [Float] = []
        var noise: [Float] = []
        let (batchSize, cropSize) = (configuration.batchSize, configuration.cropSize)
        let ratio = configuration.targetScale
        let targetSize = cropSize * ratio
        let isAligned = configuration.objective.learning.learnsFromWholeImages
        let kind = configuration.objective.learning.learnsKindByKind ? draw(cumulativeWeight) : nil
        for _ in 0..<batchSize {
            let set = sets[kind ?? draw(cumulativeWeight)]
            let image = set.images[draw(set.cumulativeArea)]
            let column = ratio * Int(generator.next() % UInt64(image.pixels.width / ratio - cropSize + 1))
            let row = ratio * Int(generator.next() % UInt64(image.pixels.height / ratio - cropSize + 1))
            let orientation = isAligned ? .asItIs : Orientation(drawnFrom: &generator)
            let way = set.degradations[draw(set.cumulativeDegradationWeight)]
            let degradation = way.steps.drawn(using: &generator)
            let columns = window(column..<column + targetSize, of: image.pixels.width)
            let rows = window(row..<row + targetSize, of: image.pixels.height)
            let grain = way.harvest.flatMap { strengths in
                let scale = configuration.scale
                let pixels = set.grain.drawn(
                    width: columns.count / scale, height: rows.count / scale, channels: image.pixels.channels,
                    using: &generator)
                let strength = generator.uniform(in: strengths)
                return pixels.map { ($0, strength) }
            }
            let pair = configuration.pair(
                of: image.pixels.cropped(columns: columns, rows: rows), degradation, grain: grain, levels: image.levels,
                name: image.name)
            if !configuration.conditions.isEmpty {
                conditions += configuration.told(
                    pair, structure: image.structure, degradation, using: &generator)
            }
            if configuration.objective.learning.learnsFromNoise {
                let (own, given) = (image.structure.fineNoise, pair.noise.fine)
                noise.append(Float((own * own + given * given).squareRoot() / 255))
            }
            let (left, top) = (column - columns.lowerBound, row - rows.lowerBound)
            Self.append(
                pair.input, column: left / ratio, row: top / ratio, size: cropSize, orientation, to: &input)
            Self.append(pair.target, column: left, row: top, size: targetSize, orientation, to: &target)
            Self.append(pair.bicubic, column: left, row: top, size: targetSize, orientation, to: &bicubic)
            if let maps = image.priors {
                Self.append(maps, column: column, row: row, size: targetSize, orientation, to: &priors)
            }
        }
        let channels = configuration.architecture.channels
        func tensor(_ values: [Float], _ channels: Int, size: Int) -> Tensor {
            Tensor(values, shape: [batchSize, channels, size, size], on: device).channelsLast
        }
        return Batch(
            input: tensor(input, channels, size: cropSize), target: tensor(target, channels, size: targetSize),
            bicubic: tensor(bicubic, channels, size: targetSize),
            conditions: conditions.isEmpty
                ? nil : Tensor(conditions, shape: [batchSize, configuration.conditions.count], on: device),
            priors: priors.isEmpty ? nil : tensor(priors, PriorMaps.count, size: targetSize),
            noise: noise.isEmpty ? nil : Tensor(noise, shape: [batchSize, 1, 1, 1], on: device))
    }

    /// What is degraded for a crop along an axis: whole low-resolution pixels, and a margin where the image has one.
    private func window(_ crop: Range<Int>, of length: Int) -> Range<Int> {
        let scale = configuration.scale
        let first = max(crop.lowerBound / scale - Self.margin, 0)
        let last = min((crop.upperBound + scale - 1) / scale + Self.margin, length / scale)
        return first * scale..<last * scale
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
