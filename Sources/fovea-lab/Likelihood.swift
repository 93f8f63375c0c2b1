import ArgumentParser
import Foundation
import Imaging
import Torch
import Training

struct Likelihood: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how likely a trained flow takes images to be.",
        discussion: """
            Each image is reduced as in training, and the flow tells how likely the image is among all that reduce to the \
            same. Printed is the negative log-likelihood in bits a pixel, of values of 0 to 255: the fewer, the likelier; of \
            volumes the mean of the slices.

              fovea-lab likelihood runs/srflow truth.png blurred.png
            """)

    @Argument(help: "The run's folder, or a checkpoint.")
    var checkpoint: String

    @Argument(help: "Images of high resolution.")
    var images: [String]

    func run() throws {
        let flow = try FlowLikelihood(checkpoint: Export.checkpoint(checkpoint))
        for path in images {
            let bits = try flow.bits(of: try ImageFile.read(URL(fileURLWithPath: path)))
            print("\(path)  \(String(format: "%.3f", bits.reduce(0, +) / Double(bits.count) + 8)) bits a pixel")
        }
    }
}
