import Foundation
import Imaging
import ONNX
import Upscaling

/// What a network's first layers see in an image, put down to the numbers in which kinds of images differ most.
///
/// The layers are `fovea-general-x4`'s (Tools/looks.py), whatever enlarges the image: how an image looks must not depend on that.
struct LearnedLooks: Sendable {
    /// How many numbers it gives.
    static let count = 32
    /// Length of the squares that it sees, in pixels.
    static let squareLength = 96
    /// So many squares stand for an image.
    private static let squares = 4

    /// SHA-256 of the network without its notes, by which calibrations say which they are of.
    let networkHash: String
    private let engine: OpenVINOEngine

    /// What ships beside the models.
    static let shipped: Result<LearnedLooks, ModelError> = {
        do throws(ModelError) {
            return .success(
                try LearnedLooks(
                    contentsOf: ModelLibrary.shipped.folder.appendingPathComponent("Looks/looks.onnx")))
        } catch {
            return .failure(error)
        }
    }()

    private init(contentsOf url: URL) throws(ModelError) {
        do throws(ONNXError) {
            networkHash = try ModelProto.networkHash(url)
        } catch {
            throw .unreadable(path: error.path, reason: error.reason)
        }
        // Few and small squares, beside which several images may be enlarged at once.
        engine = try OpenVINOEngine(contentsOf: url, threads: 1)
    }

    /// - Parameter gray: one channel, from 0, black, to 1, white; all slices count.
    func numbers(of gray: Pixels) throws(ModelError) -> [Double] {
        let squares = Self.squaresOfBody(in: gray)
        var sums = [Double](repeating: 0, count: Self.count)
        for square in squares {
            let seen = try engine.run(
                ["input": EngineTensor(shape: [1, 1, square.height, square.width], values: square.samples)],
                output: "looks")
            for (index, value) in seen.values.enumerated() { sums[index] += Double(value) }
        }
        return sums.map { $0 / Double(squares.count) }
    }

    /// Squares that lie evenly where the image shows most of the body: background looks alike in all kinds.
    private static func squaresOfBody(in gray: Pixels) -> [Pixels] {
        let places = (0..<gray.slices).flatMap { slice in
            ranges(along: gray.height).flatMap { rows in
                ranges(along: gray.width).map { columns in (slice: slice, rows: rows, columns: columns) }
            }
        }
        let shares = places.map { slice, rows, columns in
            let start = slice * gray.planeCount
            let bright = rows.reduce(0) { count, row in
                let line = start + row * gray.width
                return count
                    + gray.samples[line + columns.lowerBound..<line + columns.upperBound].count { $0 > 0.02 }
            }
            return bright * 100 / (rows.count * columns.count)
        }
        let enough = shares.max()! * 9 / 10
        let kept = places.indices.filter { shares[$0] >= enough }
        let count = min(squares, kept.count)
        return (0..<count).map { index in
            let (slice, rows, columns) = places[kept[(index * 2 + 1) * kept.count / (2 * count)]]
            return gray.plane(slice: slice).cropped(columns: columns, rows: rows)
        }
    }

    /// Where squares lie along an axis: as many as there is room for, evenly.
    private static func ranges(along length: Int) -> [Range<Int>] {
        let side = min(squareLength, length)
        let count = length / side
        return (0..<count).map { index in
            let start = (length - count * side) * (2 * index + 1) / (2 * count) + index * side
            return start..<start + side
        }
    }
}
