import ArgumentParser
import Foundation
import Imaging
import Training

extension Anatomy: ExpressibleByArgument {}

struct Segment: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make masks of a folder's images, for networks that learn a prior beside the image (FSRNet).",
        discussion: """
            Writes for each image a mask of the same name as PNG, 255 within and 0 outside. Where the anatomy is not found
            the image is named and gets none, and training leaves it out. Masks that a data set brings along are better.

              fovea-lab segment films --anatomy lungs -o masks
              fovea train --preset fsrnet --scale 8 --config priors.yaml --run runs/fsrnet
            """)

    @Argument(help: "A folder of images of one slice each.")
    var folder: String

    @Option(help: "What is searched for: \(Anatomy.allCases.map(\.rawValue).joined(separator: ", ")).")
    var anatomy: Anatomy

    @Option(name: .shortAndLong, help: "The folder that receives the masks.")
    var output: String

    @Flag(help: "Replace masks that are already there.")
    var overwrite = false

    @Flag(name: .customLong("quiet"), help: "Print results and errors alone.")
    var isQuiet = false

    func run() throws {
        let (source, destination) = (URL(fileURLWithPath: folder), URL(fileURLWithPath: output))
        let names = try FileManager.default.contentsOfDirectory(atPath: source.path)
            .filter { !$0.hasPrefix(".") }.sorted { $0.localizedStandardCompare($1) == .orderedAscending }
        try FileManager.default.createDirectory(at: destination, withIntermediateDirectories: true)
        var (made, failed) = (0, 0)
        for name in names {
            do {
                guard let mask = try anatomy.mask(of: try ImageFile.read(source.appendingPathComponent(name))) else {
                    throw SegmentFailure(description: "no \(anatomy.rawValue) found")
                }
                let stem = URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent
                try ImageFile.write(
                    image(of: mask), to: destination.appendingPathComponent(stem + ".png"), overwrite: overwrite)
                made += 1
            } catch {
                failed += 1
                let text = "\(error)".contains(name) ? "\(error)" : "\(name): \(error)"
                if !isQuiet { FileHandle.standardError.write(Data("Warning: \(text)\n".utf8)) }
            }
        }
        guard made > 0 else {
            throw SegmentFailure(description: "\(folder): no mask could be made of its \(failed) files")
        }
        print("\(output): \(made) masks; \(failed) files without")
    }

    private func image(of mask: Pixels) -> Image {
        Image(
            header: ImageHeader(width: mask.width, height: mask.height, intensity: Intensity(sampleType: .uint8)),
            pixels: Pixels(width: mask.width, height: mask.height, samples: mask.samples.map { 255 * $0 }))
    }
}

/// Why there is no mask.
private struct SegmentFailure: Error, LocalizedError, CustomStringConvertible {
    var description: String
    var errorDescription: String? { description }
}
