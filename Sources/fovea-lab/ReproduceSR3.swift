import ArgumentParser
import DataSets
import Evaluation
import Foundation
import Training

struct ReproduceSR3: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sr3",
        abstract:
            "The measurements of \"Image Super-Resolution via Iterative Refinement\", and of what it is compared with.",
        discussion: """
            Bicubic, the regression baseline, SR3 with three samplers, EnhanceNet, ESRGAN and SRFlow, with masks (--priors) \
            FSRGAN, and on whole images (--side) PULSE, judged by PSNR, SSIM, \
            sharpness, consistency and, with networks of yours, LPIPS and FID. Beside the table come systems.png, all of \
            them on one image, and at ×4 cascade.png, samples at ×16. The networks are small enough for a processor; the \
            papers' numbers are of other images and stand below ours.

              fovea reproduce sr3 --dataset brats BraTS/
              fovea reproduce sr3 --dataset folder films --priors lungs --side 64 --scale 8
              fovea reproduce sr3 --dataset folder scans --features inception.onnx
            """)

    @Option(help: "Magnification.")
    var scale = 4

    @Option(help: "Training steps of SR3 and of its regression twin; the others' follow from it.")
    var steps = 12_000

    @Option(help: "A folder of images of other patients to judge; without it a part of the data set is judged.")
    var test: String?

    @Option(help: "A folder with a mask for each image, as FSRGAN needs them; images without one are left out.")
    var priors: String?

    @Option(
        help: """
            Compare whole images that lie alike, reduced to this side, as PULSE needs them: \
            \(Self.sides.map(String.init).joined(separator: ", ")).
            """)
    var side: Int?

    @Option(help: "VGG-19's weights, made by Tools/convert_vgg19.py; without them a substitute is used and named.")
    var vgg19: String?

    @Option(help: ArgumentHelp("Also LPIPS, by a network that Tools/convert_lpips.py made.", valueName: "onnx"))
    var lpips: String?

    @Option(help: "A network as ONNX whose output describes an image, for FID: Inception without its last layer.")
    var features: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What black and white are to that network.", valueName: "low,high"))
    var featuresRange = "0,1"

    @OptionGroup var images: ComparisonOptions

    func validate() throws {
        if steps < 1 { throw ValidationError("--steps takes a whole number from 1.") }
        if !(2...8).contains(scale) { throw ValidationError("--scale takes a whole number from 2 to 8.") }
        if let side, !Self.sides.contains(side) {
            throw ValidationError("--side takes one of \(Self.sides.map(String.init).joined(separator: ", ")).")
        }
        if range == nil { throw ValidationError("--features-range takes two ascending numbers, such as -1,1.") }
    }

    private static let sides = [64, 128, 256, 512, 1024]

    private var range: ClosedRange<Float>? {
        let bounds = featuresRange.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
        guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low < high, low.isFinite, high.isFinite
        else { return nil }
        return low...high
    }

    func run() throws {
        var comparison = images.comparison
        comparison.test = test.map { URL(fileURLWithPath: $0) }
        comparison.priors = priors.map { URL(fileURLWithPath: $0) }
        comparison.side = side
        var table = SR3Reproduction(comparison)
        table.scale = scale
        table.steps = steps
        table.vgg19 = vgg19
        table.perceptualDistance = try lpips.map { try LPIPS(contentsOf: URL(fileURLWithPath: $0)) }
        table.features = try features.map {
            try FeatureNetwork(contentsOf: URL(fileURLWithPath: $0), valueRange: range!)
        }
        try images.options.run("sr3-\(images.dataset.rawValue)", metrics: SR3Reproduction.metrics, table.reproduction)
    }
}
