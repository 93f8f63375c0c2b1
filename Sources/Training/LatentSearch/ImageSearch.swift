import Foundation
import Imaging
import Networks
import Torch
import Upscaling

/// A latent search for a whole image, in the terms of the image.
public struct ImageSearch {
    private let generator: TrainedGenerator
    private let search: LatentSearch

    /// - Parameters:
    ///   - generator: what the results are made by.
    ///   - device: what it runs on.
    /// - Throws: `TorchError` where the weights are another network's.
    public init(_ generator: TrainedGenerator, on device: Device = .cpu) throws {
        self.generator = generator
        search = try LatentSearch(generator.configuration, weights: generator.weights, on: device)
    }

    /// - Parameters:
    ///   - image: the small one, of one slice, whose side divides the generator's.
    ///   - settings: how it looks.
    ///   - progress: told the steps done and the least squared difference so far; `false` ends the search there.
    /// - Returns: an image of the generator's size over the same field of view, in the stored units of `image`, and how
    ///   near it came.
    /// - Throws: ``LatentSearchError``, `ModelError.notFinite`.
    public func callAsFunction(
        _ image: Image, settings: LatentSearch.Settings = .init(),
        progress: (_ step: Int, _ distance: Double) -> Bool = { _, _ in true }
    ) throws -> (image: Image, result: LatentSearch.Result) {
        let nearest = try nearest(to: image, settings: settings, progress: progress)
        guard nearest.result.isFound else {
            throw LatentSearchError.nothingFound(distance: nearest.result.distance, tolerance: settings.tolerance)
        }
        return nearest
    }

    /// The same, and where nothing is found the nearest image that was seen: for tables, whose means are of the same images
    /// in every row.
    func nearest(
        to image: Image, settings: LatentSearch.Settings = .init(),
        progress: (_ step: Int, _ distance: Double) -> Bool = { _, _ in true }
    ) throws -> (image: Image, result: LatentSearch.Result) {
        try check(image)
        let range = try IntensityRange(of: image, by: .standard)
        var small = image.pixels
        for index in small.samples.indices {
            small.samples[index] = (small.samples[index] - range.black) / (range.white - range.black)
        }
        let result = try search(small, settings: settings, progress: progress)
        var header = image.header.resized(width: search.size, height: search.size)
        let scale = Double(search.size / small.width)
        header.derivation = Derivation(
            description: "Invented \(Int(scale))x by a search of \(generator.name)", model: generator.name, scale: scale
        )
        var pixels = result.image
        for index in pixels.samples.indices {
            pixels.samples[index] = range.black + pixels.samples[index] * (range.white - range.black)
        }
        return (Image(header: header, pixels: pixels), result)
    }

    private func check(_ image: Image) throws(LatentSearchError) {
        let (header, size) = (image.header, search.size)
        if let codes = header.meaning.codesStatement { throw .codes(codes) }
        guard header.slices == 1, header.channels == generator.configuration.channels else {
            throw .unfit(
                "has \(header.slices) slices of \(header.channels) channels; this generator takes one of \(generator.configuration.channels)"
            )
        }
        guard header.width == header.height, header.width < size, size % header.width == 0 else {
            let sides = (1..<size).filter { size % $0 == 0 && $0 >= 4 }.map(String.init).joined(separator: ", ")
            throw .unfit(
                "has \(header.width) × \(header.height) pixels; this generator makes whole images of \(size) × \(size), so the image must be a square of side \(sides)"
            )
        }
        if image.noData != nil { throw .unfit("has pixels without data, which nothing can agree with") }
    }
}

/// Why a search gives no image.
public enum LatentSearchError: Error, Equatable, CustomStringConvertible {
    /// The image is none that the generator could make: what about it.
    case unfit(String)
    /// Its samples are codes: what says so.
    case codes(String)
    /// No image that was seen agrees with the one given. Squared differences, in 0…1.
    case nothingFound(distance: Double, tolerance: Double)

    public var description: String {
        switch self {
        case .unfit(let reason): "the image \(reason)"
        case .codes(let statement): "an image of codes (\(statement)) cannot be searched for"
        case .nothingFound(let distance, let tolerance):
            String(
                format:
                    "nothing found: the nearest image that the generator makes differs by %.2g when reduced, and %.2g is allowed; it learned from other images, or try another --seed or more --steps",
                distance, tolerance)
        }
    }
}

extension LatentSearchError: LocalizedError {
    public var errorDescription: String? { description }
}
