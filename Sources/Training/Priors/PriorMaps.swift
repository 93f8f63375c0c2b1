import Foundation
import Imaging

/// What FSRNet's prior network learns of a mask: where it is, softly and sharply, as the paper has heat maps of landmarks and
/// parsing maps of regions (Chen et al. 2018, section 3.3).
enum PriorMaps {
    /// Maps of one mask.
    static let count = 2

    /// - Parameter mask: 0…1, how much of each pixel lies within.
    /// - Returns: two channels of its size: the region blurred by a Gaussian of 1 pixel, and the region itself, 0 or 1.
    static func maps(of mask: Pixels) -> Pixels {
        var region = mask
        for index in region.samples.indices { region.samples[index] = mask.samples[index] > 0.5 ? 1 : 0 }
        let soft = region.gaussianBlurred(sigma: 1)
        return Pixels(
            width: mask.width, height: mask.height, channels: count, samples: soft.samples + region.samples)
    }

    /// The mask that lies in `folder` under the image's name, whatever its format: 1 where a sample is not 0, else 0.
    ///
    /// - Throws: ``TrainingError/configuration(_:)`` where there is none, or it is of another size; `ImageFileError`.
    static func mask(of name: String, _ image: Image, in folder: String) throws -> Pixels {
        let url = try file(of: name, in: folder)
        let mask = try ImageFile.read(url)
        let size = mask.pixels
        guard size.width == image.pixels.width, size.height == image.pixels.height, size.slices == image.pixels.slices
        else {
            throw TrainingError.configuration(
                "its mask \(url.path) has \(size.width) × \(size.height) pixels in \(size.slices) slices, the image \(image.pixels.width) × \(image.pixels.height) in \(image.pixels.slices)"
            )
        }
        var result = Pixels(width: size.width, height: size.height, slices: size.slices)
        for slice in 0..<size.slices {
            let place = size.planeRange(slice: slice, channel: 0)
            for (index, sample) in size.samples[place].enumerated() where sample != 0 {
                result.samples[slice * size.planeCount + index] = 1
            }
        }
        return result
    }

    /// Where the mask of an image lies: under its name, or under the only other of the same stem.
    ///
    /// - Throws: ``TrainingError/configuration(_:)`` where there is none, or several are.
    static func file(of name: String, in folder: String) throws -> URL {
        let url = URL(fileURLWithPath: folder).appendingPathComponent(name)
        if FileManager.default.fileExists(atPath: url.path) { return url }
        let stem = url.deletingPathExtension().lastPathComponent
        let files =
            (try? FileManager.default.contentsOfDirectory(
                at: url.deletingLastPathComponent(), includingPropertiesForKeys: nil)) ?? []
        let named = files.filter { $0.deletingPathExtension().lastPathComponent == stem }
        guard let first = named.first, named.count == 1 else {
            throw TrainingError.configuration(
                "\(folder) has \(named.isEmpty ? "no mask" : "several masks") named \(stem)")
        }
        return first
    }
}
