import Foundation
import Imaging
import Synchronization

/// One network over a few slices of equal size: from samples in stored units to samples in stored units.
struct NetworkPass {
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
    let gridScale: Int
    let outputScale: Int
    /// A gray network on a color image: it enlarges the luminance, and bicubic interpolation the chrominance.
    private let usesLuminance: Bool
    private let needsBicubic: Bool
    /// How often the network runs for a tile: a gray network once for each color where it treats them by themselves.
    let runs: Int

    var metadata: ModelMetadata { network.file.metadata }
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
                let target = BandTarget(
                    samples: band.baseAddress!, width: outputWidth, height: bandHeight, channels: bandChannels,
                    start: bandStart)
                failures.withUnsafeMutableBufferPointer { failures in
                    concurrently(requests.count) { worker in
                        for job in stride(from: worker, to: jobs, by: requests.count) {
                            if task?.isCancelled == true { return }
                            do throws(ModelError) {
                                try run(
                                    self.job(job, rows: tile), on: requests[worker], from: fed, fedStart: fedStart,
                                    to: target, minus: luminance, correction, turn)
                            } catch {
                                failures[worker] = error
                                return
                            }
                            let count = finished.add(1, ordering: .relaxed).newValue
                            if pthread_equal(pthread_self(), caller) != 0 { progress(Double(count) / Double(jobs)) }
                        }
                    }
                }
            }
        }
        if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
        try Task.checkCancellation()
        progress(1)
    }

    /// A tile of one slice, and of one color where the network is fed each by itself.
    private func job(_ index: Int, rows: TiledAxis.Tile) -> TileJob {
        let (place, run) = index.quotientAndRemainder(dividingBy: runs)
        let (slice, column) = place.quotientAndRemainder(dividingBy: plan.columns.tiles.count)
        return TileJob(columns: plan.columns.tiles[column], rows: rows, slice: slice, run: run)
    }

    private func run(
        _ job: TileJob, on request: any InferenceRequest, from fed: Pixels, fedStart: Int, to target: BandTarget,
        minus luminance: Pixels?, _ correction: UnsafeMutablePointer<Float>?, _ turn: borrowing Mutex<Void>
    ) throws(ModelError) {
        try request.withInput(network.file.inputTensor) { fill($0, job, from: fed, fedStart: fedStart) }
        try request.run()
        try request.withOutput(network.file.outputTensor) { shape, values throws(ModelError) in
            try check(shape, values, channels: metadata.channels, scale: outputScale)
            func write() { add(values.baseAddress!, job, to: target, minus: luminance) }
            // Neighbours that blend write to the same columns.
            if plan.blends { turn.withLock { _ in write() } } else { write() }
        }
        guard let correction else { return }
        try request.withOutput(ModelMetadata.doubtTensor) { shape, values throws(ModelError) in
            try check(shape, values, channels: 1, scale: 1)
            // Neighbours that blend, and colours, write to the same places.
            turn.withLock { _ in
                addCorrection(values.baseAddress!, job, to: correction + job.slice * source.planeCount)
            }
        }
    }
}
