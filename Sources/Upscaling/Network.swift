import Foundation
import Imaging
import Synchronization

/// What a gray network does with a color image.
public enum ColorTreatment: String, Sendable, Codable, CaseIterable {
    /// It enlarges the luminance (ITU-R BT.601), bicubic interpolation the chrominance: a third of the work, and color
    /// edges cannot come apart.
    case luminance
    /// It enlarges red, green and blue each by itself: as good in luminance, better in color where the image has
    /// colored detail (on retinal photographs by 0.7 dB over R, G, B).
    case perChannel
}

/// A super-resolution network ready to run: a model file and the engine that holds it.
struct Network: Sendable {
    let file: ModelFile
    let engine: any Engine
    /// Positions of the network's input fed to it at a time along an axis, about. Large enough that the halo costs
    /// little, small enough that the layers' results stay near the processor.
    let tileLength: Int
    let colorTreatment: ColorTreatment

    var scale: Int { file.metadata.scale }

    /// Whether the luminance is all that the network sees of an image of these colours.
    func seesLuminance(of colors: ColorModel) -> Bool {
        file.metadata.channels == 1 && colors.colorChannels == 3 && colorTreatment == .luminance
    }

    /// Where nothing is known about the receptive field, this many input positions around a tile are fed to the network;
    /// the inner half of them is blended with the neighbouring tile.
    static let unknownReceptiveField = 32

    /// Enlarges slices, handing over the result in bands from top to bottom, slice after slice.
    ///
    /// - Parameters:
    ///   - pixels: what `colorModel` says, any number of slices.
    ///   - conditions: of the image, for a network that is told.
    ///   - progress: told the finished part, from 0 to 1, on the calling thread.
    ///   - correction: takes where the network, one that says so, is to be doubted.
    ///   - firstSlice: which of its slices is the first of `pixels`.
    ///   - rows: takes the next rows of the current slice.
    func upscale(
        _ pixels: Pixels, colorModel: ColorModel, range: IntensityRange, conditions: ImageConditions,
        progress: (Double) -> Void, correction: CorrectionCollector? = nil, firstSlice: Int = 0,
        rows emit: (Pixels) throws -> Void
    ) throws {
        let plan = TilePlan(pixels, network: self)
        for first in stride(from: 0, to: pixels.slices, by: plan.slicesAtOnce) {
            let count = min(plan.slicesAtOnce, pixels.slices - first)
            let part =
                count == pixels.slices
                ? pixels
                : Pixels(
                    width: pixels.width, height: pixels.height, channels: pixels.channels, slices: count,
                    samples: Array(
                        pixels.samples[
                            first * pixels.channels * pixels.planeCount..<(first + count) * pixels.channels
                                * pixels.planeCount]))
            let pass = NetworkPass(
                network: self, plan: plan, source: part, colorModel: colorModel,
                map: IntensityMap(range, to: file.metadata.valueRange), conditions: conditions)
            func told(_ part: Double) { progress((Double(first) + part * Double(count)) / Double(pixels.slices)) }
            guard let correction else {
                try pass.run(correction: nil, progress: told, emit)
                continue
            }
            try correction.withSamples(from: firstSlice + first) {
                try pass.run(correction: $0, progress: told, emit)
            }
        }
    }
}

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

/// One network over a few slices of equal size: from samples in stored units to samples in stored units.
private struct NetworkPass {
    let network: Network
    let plan: TilePlan
    let source: Pixels
    let colors: Int
    let map: IntensityMap
    /// What the network is told.
    private let told: [Float]

    /// What the network is fed at its input's resolution, where that is the source's.
    private let fed: Pixels
    private let upsampler: Resampler
    /// Input positions for one source pixel, and output positions for one input position.
    private let gridScale: Int
    private let outputScale: Int
    /// A gray network on a color image: it enlarges the luminance, and bicubic interpolation the chrominance.
    private let usesLuminance: Bool
    private let needsBicubic: Bool
    /// How often the network runs for a tile: a gray network once for each color where it treats them by themselves.
    private let runs: Int

    private var metadata: ModelMetadata { network.file.metadata }
    private var outputWidth: Int { source.width * network.scale }

    init(
        network: Network, plan: TilePlan, source: Pixels, colorModel: ColorModel, map: IntensityMap,
        conditions: ImageConditions
    ) {
        self.network = network
        self.plan = plan
        self.source = source
        self.map = map
        let metadata = network.file.metadata
        told = metadata.conditions.told(conditions)
        colors = colorModel.colorChannels
        let isGrayOnColor = metadata.channels == 1 && colors == 3
        usesLuminance = isGrayOnColor && network.colorTreatment == .luminance
        runs = isGrayOnColor && network.colorTreatment == .perChannel ? 3 : 1
        needsBicubic = metadata.output == .residual || usesLuminance
        upsampler = Resampler(
            sourceWidth: source.width, sourceHeight: source.height, width: source.width * metadata.scale,
            height: source.height * metadata.scale)
        gridScale = metadata.input == .bicubicUpscaled ? metadata.scale : 1
        outputScale = metadata.scale / gridScale
        fed = usesLuminance && gridScale == 1 ? source.luminance() : source
    }

    /// - Parameter correction: of the source's slices, zeros, where the network is to say where it is to be doubted.
    func run(
        correction: UnsafeMutablePointer<Float>?, progress: (Double) -> Void, _ emit: (Pixels) throws -> Void
    ) throws {
        let workers = min(network.engine.concurrency, plan.columns.tiles.count * source.slices * runs)
        let shape = [1, metadata.channels, plan.rows.tileLength, plan.columns.tileLength]
        var shapes = [network.file.inputTensor: shape]
        if !told.isEmpty { shapes[ModelMetadata.conditionsTensor] = [1, told.count] }
        var requests: [any InferenceRequest] = []
        for _ in 0..<workers {
            let request = try network.engine.request(shapes: shapes)
            if !told.isEmpty {
                try request.withInput(ModelMetadata.conditionsTensor) { _ = $0.update(fromContentsOf: told) }
            }
            requests.append(request)
        }
        // Rows that the next tiles are still to be blended into.
        var pending: Pixels?
        var start = 0
        for (index, tile) in plan.rows.tiles.enumerated() {
            let end = tile.kept.upperBound * outputScale
            let finished =
                index + 1 < plan.rows.tiles.count ? plan.rows.tiles[index + 1].kept.lowerBound * outputScale : end
            let firstNew = start + (pending?.height ?? 0)
            let (fed, fedStart, new) = interpolated(tile, newRows: firstNew..<end)
            var band = pending.map { $0.stacked(on: new) } ?? new
            let luminance = interpolatedLuminance(start..<end, fed: fed, fedStart: fedStart)
            try add(
                tile, from: fed, fedStart: fedStart, to: &band, bandStart: start, minus: luminance, correction,
                requests
            ) {
                progress((Double(index) + $0) / Double(plan.rows.tiles.count))
            }
            if finished == end {
                try emitSlices(of: band, emit)
                pending = nil
            } else {
                try emitSlices(of: band.cropped(columns: 0..<outputWidth, rows: 0..<finished - start), emit)
                pending = band.cropped(columns: 0..<outputWidth, rows: finished - start..<band.height)
            }
            start = finished
        }
    }

    /// What the luminance of a colour image already is in the result's rows where a gray network gives it anew.
    private func interpolatedLuminance(_ rows: Range<Int>, fed: Pixels, fedStart: Int) -> Pixels? {
        guard usesLuminance, metadata.output == .image else { return nil }
        guard gridScale > 1 else { return upsampler.rows(rows, of: fed) }
        return fed.cropped(columns: 0..<fed.width, rows: rows.lowerBound - fedStart..<rows.upperBound - fedStart)
    }

    private func emitSlices(of band: Pixels, _ emit: (Pixels) throws -> Void) throws {
        guard band.slices > 1 else { return try emit(band) }
        for slice in 0..<band.slices { try emit(band.slice(slice)) }
    }

    /// What the network is fed for a row of tiles, the row it starts at, and what the result starts from: bicubic
    /// interpolation where the network gives a residual, zeros elsewhere, and alpha in any case.
    private func interpolated(_ tile: TiledAxis.Tile, newRows: Range<Int>) -> (fed: Pixels, fedStart: Int, new: Pixels)
    {
        if gridScale > 1 {
            let wanted = tile.start..<min(tile.start + plan.rows.tileLength, source.height * gridScale)
            let rows = upsampler.rows(wanted, of: source)
            var new = rows.cropped(
                columns: 0..<rows.width,
                rows: newRows.lowerBound - wanted.lowerBound..<newRows.upperBound - wanted.lowerBound)
            if !needsBicubic { new.clearColors(colors) }
            return (usesLuminance ? rows.luminance() : rows, wanted.lowerBound, new)
        }
        if needsBicubic || source.channels > colors {
            var new = upsampler.rows(newRows, of: source)
            if !needsBicubic { new.clearColors(colors) }
            return (fed, 0, new)
        }
        let zeros = Pixels(width: outputWidth, height: newRows.count, channels: colors, slices: source.slices)
        return (fed, 0, zeros)
    }

    /// Runs a row of tiles of all slices and adds what they give to `band`; told of each tile that is finished while this
    /// thread works.
    private func add(
        _ tile: TiledAxis.Tile, from fed: Pixels, fedStart: Int, to band: inout Pixels, bandStart: Int,
        minus luminance: Pixels?, _ correction: UnsafeMutablePointer<Float>?, _ requests: [any InferenceRequest],
        progress: (Double) -> Void
    ) throws {
        let jobs = plan.columns.tiles.count * source.slices * runs
        var failures = [ModelError?](repeating: nil, count: requests.count)
        let turn = Mutex(())
        let finished = Atomic(0)
        let caller = pthread_self()
        let (bandHeight, bandChannels) = (band.height, band.channels)
        // Other threads know nothing of the task that this one runs in.
        withUnsafeCurrentTask { task in
            band.samples.withUnsafeMutableBufferPointer { band in
                failures.withUnsafeMutableBufferPointer { failures in
                    concurrently(requests.count) { worker in
                        do throws(ModelError) {
                            for job in stride(from: worker, to: jobs, by: requests.count) {
                                if task?.isCancelled == true { return }
                                let (place, run) = job.quotientAndRemainder(dividingBy: runs)
                                let (slice, column) = place.quotientAndRemainder(dividingBy: plan.columns.tiles.count)
                                let columnTile = plan.columns.tiles[column]
                                let request = requests[worker]
                                try request.withInput(network.file.inputTensor) { input in
                                    fill(
                                        input, from: fed, slice: slice, firstChannel: run, column: columnTile.start,
                                        row: tile.start - fedStart)
                                }
                                try request.run()
                                try request.withOutput(network.file.outputTensor) {
                                    shape, values throws(ModelError) in
                                    try check(shape, values, channels: metadata.channels, scale: outputScale)
                                    let target = BandTarget(
                                        samples: band.baseAddress!, width: outputWidth, height: bandHeight,
                                        channels: bandChannels, start: bandStart, slice: slice)
                                    func write() {
                                        add(
                                            values.baseAddress!, columnTile, tile, run: run, to: target,
                                            minus: luminance)
                                    }
                                    // Neighbours that blend write to the same columns.
                                    if plan.blends { turn.withLock { _ in write() } } else { write() }
                                }
                                if let correction {
                                    try request.withOutput(ModelMetadata.doubtTensor) {
                                        shape, values throws(ModelError) in
                                        try check(shape, values, channels: 1, scale: 1)
                                        // Neighbours that blend, and colours, write to the same places.
                                        turn.withLock { _ in
                                            addCorrection(
                                                values.baseAddress!, columnTile, tile,
                                                to: correction + slice * source.planeCount)
                                        }
                                    }
                                }
                                let count = finished.add(1, ordering: .relaxed).newValue
                                if pthread_equal(pthread_self(), caller) != 0 {
                                    progress(Double(count) / Double(jobs))
                                }
                            }
                        } catch {
                            failures[worker] = error
                        }
                    }
                }
            }
        }
        if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
        try Task.checkCancellation()
        progress(1)
    }

    /// Copies a tile to the network's input in its range, reflecting what lies past the end of the image.
    private func fill(
        _ input: UnsafeMutableBufferPointer<Float>, from fed: Pixels, slice: Int, firstChannel: Int, column: Int,
        row: Int
    ) {
        let (width, height) = (plan.columns.tileLength, plan.rows.tileLength)
        let inside = min(width, fed.width - column)
        let (black, gain, floor) = (map.black, map.gain, map.floor)
        fed.samples.withUnsafeBufferPointer { samples in
            for channel in 0..<metadata.channels {
                let fedChannel = min(firstChannel + channel, min(fed.channels, colors) - 1)
                let plane = fed.planeRange(slice: slice, channel: fedChannel)
                    .lowerBound
                for y in 0..<height {
                    let from =
                        samples.baseAddress! + plane + TiledAxis.reflected(row + y, length: fed.height) * fed.width
                    let to = input.baseAddress! + (channel * height + y) * width
                    for x in 0..<inside { to[x] = (from[column + x] - black) * gain + floor }
                    for x in inside..<width {
                        let mirrored = TiledAxis.reflected(column + x, length: fed.width)
                        to[x] = (from[mirrored] - black) * gain + floor
                    }
                }
            }
        }
    }

    private func check(
        _ shape: [Int], _ values: UnsafeBufferPointer<Float>, channels: Int, scale: Int
    ) throws(ModelError) {
        let (width, height) = (plan.columns.tileLength, plan.rows.tileLength)
        let expected = [1, channels, height * scale, width * scale]
        guard shape == expected else {
            let (given, wanted) = (
                shape.map(String.init).joined(separator: " × "), expected.map(String.init).joined(separator: " × ")
            )
            throw .badResult(
                path: network.file.url.path,
                reason:
                    "for a tile of \(width) × \(height) the network gave \(given) values, not \(wanted) as its description promises; check scale, channels and input"
            )
        }
        var sum: Float = 0
        var lanes = SIMD16<Float>.zero
        let raw = UnsafeRawBufferPointer(values)
        let whole = values.count / 16 * 16
        for index in stride(from: 0, to: whole, by: 16) {
            let part = raw.loadUnaligned(fromByteOffset: index * 4, as: SIMD16<Float>.self)
            lanes += part - part
        }
        for index in whole..<values.count { sum += values[index] - values[index] }
        guard lanes.sum() + sum == 0 else {
            throw .badResult(
                path: network.file.url.path,
                reason: "the network gave values that are not finite; try float32, or check the value range"
            )
        }
    }

    /// Adds the kept part of a tile's correction, the mean over colours that are enlarged each by itself.
    private func addCorrection(
        _ values: UnsafePointer<Float>, _ columnTile: TiledAxis.Tile, _ rowTile: TiledAxis.Tile,
        to target: UnsafeMutablePointer<Float>
    ) {
        let columns = columnTile.kept.clamped(to: 0..<source.width)
        let weights = columns.map { columnTile.weight(at: Double($0) + 0.5) / Float(runs) }
        for row in rowTile.kept.clamped(to: 0..<source.height) {
            let rowWeight = rowTile.weight(at: Double(row) + 0.5)
            let from =
                values + (row - rowTile.start) * plan.columns.tileLength + columns.lowerBound
                - columnTile.start
            let to = target + row * source.width + columns.lowerBound
            for x in 0..<columns.count { to[x] += from[x] * rowWeight * weights[x] }
        }
    }

    /// Adds the kept part of a tile's result, in stored units.
    private func add(
        _ values: UnsafePointer<Float>, _ columnTile: TiledAxis.Tile, _ rowTile: TiledAxis.Tile, run: Int,
        to target: BandTarget, minus luminance: Pixels?
    ) {
        let (tileWidth, tileHeight) = (plan.columns.tileLength * outputScale, plan.rows.tileLength * outputScale)
        let columns = columnTile.kept.lowerBound * outputScale..<columnTile.kept.upperBound * outputScale
        let rows = rowTile.kept.lowerBound * outputScale..<rowTile.kept.upperBound * outputScale
        let columnWeights = columns.map { columnTile.weight(at: (Double($0) + 0.5) / Double(outputScale)) }
        let span = map.span
        let offset = metadata.output == .image ? map.black - map.floor * span : 0
        // A color network on a gray image: the mean of its channels.
        let averaged = metadata.channels == 3 && colors == 1
        let plane = tileHeight * tileWidth
        for channel in runs == 1 ? 0..<colors : run..<run + 1 {
            let first = (metadata.channels == colors ? channel : 0) * plane
            for row in rows {
                let rowWeight = rowTile.weight(at: (Double(row) + 0.5) / Double(outputScale))
                let from =
                    values + first + (row - rowTile.start * outputScale) * tileWidth
                    + (columns.lowerBound - columnTile.start * outputScale)
                let to = target.row(row, channel: channel) + columns.lowerBound
                if let luminance {
                    let line =
                        luminance.planeRange(slice: target.slice).lowerBound + (row - target.start) * luminance.width
                    luminance.samples.withUnsafeBufferPointer { samples in
                        let known = samples.baseAddress! + line + columns.lowerBound
                        for x in 0..<columns.count {
                            to[x] += (from[x] * span + offset - known[x]) * rowWeight * columnWeights[x]
                        }
                    }
                } else if averaged {
                    for x in 0..<columns.count {
                        let mean = (from[x] + from[plane + x] + from[2 * plane + x]) * (1 / 3)
                        to[x] += (mean * span + offset) * rowWeight * columnWeights[x]
                    }
                } else if plan.blends {
                    for x in 0..<columns.count { to[x] += (from[x] * span + offset) * rowWeight * columnWeights[x] }
                } else {
                    for x in 0..<columns.count { to[x] += from[x] * span + offset }
                }
            }
        }
    }
}

/// The rows of the result that are being made, for one slice.
private struct BandTarget {
    let samples: UnsafeMutablePointer<Float>
    let width: Int
    let height: Int
    let channels: Int
    /// The result's row that the band starts at.
    let start: Int
    let slice: Int

    func row(_ row: Int, channel: Int) -> UnsafeMutablePointer<Float> {
        samples + ((slice * channels + channel) * height + row - start) * width
    }
}

extension Pixels {
    /// Luminance of red, green and blue, ITU-R BT.601: the weights that MATLAB's Y has.
    ///
    /// - Precondition: there are three channels at least.
    package func luminance() -> Pixels {
        precondition(channels >= 3, "luminance is of red, green and blue")
        var result = Pixels(width: width, height: height, slices: slices)
        samples.withUnsafeBufferPointer { samples in
            result.samples.withUnsafeMutableBufferPointer { result in
                for slice in 0..<slices {
                    let red = samples.baseAddress! + planeRange(slice: slice, channel: 0).lowerBound
                    let (green, blue) = (red + planeCount, red + 2 * planeCount)
                    let target = result.baseAddress! + slice * planeCount
                    for index in 0..<planeCount {
                        target[index] = 0.299 * red[index] + 0.587 * green[index] + 0.114 * blue[index]
                    }
                }
            }
        }
        return result
    }

    /// Sets all but alpha to zero.
    fileprivate mutating func clearColors(_ colors: Int) {
        for slice in 0..<slices {
            for channel in 0..<colors {
                let range = planeRange(slice: slice, channel: channel)
                samples.replaceSubrange(range, with: repeatElement(0, count: range.count))
            }
        }
    }

    /// These rows above `below`, channel by channel.
    func stacked(on below: Pixels) -> Pixels {
        var result = [Float]()
        result.reserveCapacity(samples.count + below.samples.count)
        for plane in 0..<channels * slices {
            result.append(contentsOf: samples[plane * planeCount..<(plane + 1) * planeCount])
            result.append(contentsOf: below.samples[plane * below.planeCount..<(plane + 1) * below.planeCount])
        }
        return Pixels(
            width: width, height: height + below.height, channels: channels, slices: slices, samples: result)
    }
}
