import Foundation
import Imaging

extension NetworkPass {
    /// Copies a tile to the network's input in its range, reflecting what lies past the end of the image.
    func fill(
        _ input: UnsafeMutableBufferPointer<Float>, _ job: TileJob, from fed: Pixels, fedStart: Int
    ) {
        let (column, row) = (job.columns.start, job.rows.start - fedStart)
        let (width, height) = (plan.columns.tileLength, plan.rows.tileLength)
        let inside = min(width, fed.width - column)
        let (black, gain, floor) = (map.black, map.gain, map.floor)
        fed.samples.withUnsafeBufferPointer { samples in
            for channel in 0..<metadata.channels {
                let fedChannel = min(job.run + channel, min(fed.channels, colors) - 1)
                let plane = fed.planeRange(slice: job.slice, channel: fedChannel).lowerBound
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

    func check(
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
        guard values.areFinite else {
            throw .badResult(
                path: network.file.url.path,
                reason: "the network gave values that are not finite; try float32, or check the value range"
            )
        }
    }

    /// Adds the kept part of a tile's correction, the mean over colours that are enlarged each by itself.
    func addCorrection(
        _ values: UnsafePointer<Float>, _ job: TileJob, to target: UnsafeMutablePointer<Float>
    ) {
        let columns = job.columns.kept.clamped(to: 0..<source.width)
        let weights = columns.map { job.columns.weight(at: Double($0) + 0.5) / Float(runs) }
        for row in job.rows.kept.clamped(to: 0..<source.height) {
            let rowWeight = job.rows.weight(at: Double(row) + 0.5)
            let from =
                values + (row - job.rows.start) * plan.columns.tileLength + columns.lowerBound
                - job.columns.start
            let to = target + row * source.width + columns.lowerBound
            for x in 0..<columns.count { to[x] += from[x] * rowWeight * weights[x] }
        }
    }

    /// Adds the kept part of a tile's result, in stored units.
    func add(
        _ values: UnsafePointer<Float>, _ job: TileJob, to target: BandTarget, minus luminance: Pixels?
    ) {
        let (tileWidth, tileHeight) = (plan.columns.tileLength * outputScale, plan.rows.tileLength * outputScale)
        let columns = job.columns.kept.lowerBound * outputScale..<job.columns.kept.upperBound * outputScale
        let rows = job.rows.kept.lowerBound * outputScale..<job.rows.kept.upperBound * outputScale
        let columnWeights = columns.map { job.columns.weight(at: (Double($0) + 0.5) / Double(outputScale)) }
        let span = map.span
        let offset = metadata.output == .image ? map.black - map.floor * span : 0
        // A color network on a gray image: the mean of its channels.
        let averaged = metadata.channels == 3 && colors == 1
        let plane = tileHeight * tileWidth
        for channel in runs == 1 ? 0..<colors : job.run..<job.run + 1 {
            let first = (metadata.channels == colors ? channel : 0) * plane
            for row in rows {
                let rowWeight = job.rows.weight(at: (Double(row) + 0.5) / Double(outputScale))
                let from =
                    values + first + (row - job.rows.start * outputScale) * tileWidth
                    + (columns.lowerBound - job.columns.start * outputScale)
                let to = target.row(row, channel: channel, slice: job.slice) + columns.lowerBound
                if let luminance {
                    let line =
                        luminance.planeRange(slice: job.slice).lowerBound + (row - target.start) * luminance.width
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
