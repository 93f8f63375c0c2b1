import ArgumentParser
import Batch
import Evaluation
import Foundation
import ImageQuality
import Imaging
import Reporting
import Upscaling

struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw the figure of papers: one detail as several models make it, side by side.",
        discussion: """
            IMAGE is the truth: it is degraded, restored by each model, and PSNR and SSIM stand under each detail. With \
            --enlarge it is not degraded but enlarged as it is, so that there is no truth and no score.

              fovea compare scan.png --models bicubic,auto
              fovea compare volume.nii.gz --slice 20 --detail 120,80,48 -o figure.png
              fovea compare scan.dcm --enlarge -o beside.png
            """)

    @Argument(help: "The image.") var image: String

    @OptionGroup var judged: JudgedModels

    @Option(help: "How many times the image is reduced and enlarged.") var scale = 4
    @Flag(help: "Enlarge the image itself; there is no truth to compare with.") var enlarge = false
    @Option(help: "What happens to the image; see 'fovea help degrade'.") var degradation = "bicubic"
    @Option(help: "Starts the random numbers of the degradation.") var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Which slice of a volume, counted from 0; the middle one by default.", valueName: "n"))
    var slice: Int?

    @Option(
        help: ArgumentHelp(
            "The square to enlarge, in pixels of IMAGE; by default the one with most structure.",
            valueName: "x,y,length"))
    var detail: Square?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The PNG to write; IMAGE_compare.png by default.", valueName: "out"))
    var output: String?
    @Flag(help: "Replace a file that is already there.") var overwrite = false

    struct Square: ExpressibleByArgument {
        var x, y, length: Int

        init?(argument: String) {
            let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            let longest = 1 << 24
            guard numbers.count == 3, let x = numbers[0], let y = numbers[1], let length = numbers[2],
                (0...longest).contains(x), (0...longest).contains(y), (1...longest).contains(length)
            else { return nil }
            (self.x, self.y, self.length) = (x, y, length)
        }
    }

    func validate() throws {
        _ = try ModelChoice.list(judged.models)
        if !(1...16).contains(scale) {
            throw ValidationError("--scale takes a whole number from 1 to 16, not \(scale).")
        }
        do {
            _ = try Degradation(degradation, scale: Double(scale))
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() throws {
        let url = URL(fileURLWithPath: image)
        let output = output.map { URL(fileURLWithPath: $0) } ?? url.sibling(ResultName.stem(of: url) + "_compare.png")
        guard ImageFormat(pathExtensionOf: output) == .png else {
            throw CommandFailure("\(output.relativePath): a figure is a PNG; end the name in .png")
        }
        guard overwrite || !FileManager.default.fileExists(atPath: output.path) else {
            throw ImageFileError.alreadyExists(path: output.relativePath)
        }
        let source = try selectedSlice(of: try ImageFile.read(url))
        if !enlarge, let statement = source.header.meaning.codesStatement {
            throw CommandFailure("\(image): \(EvaluationError.codes(statement: statement))")
        }
        let model = judged.options
        let methods = try MethodFinder.evaluatedMethods(judged.models, options: model, scale: scale)
        let canvas = try enlarge ? sideBySide(source, methods) : againstTruth(source, methods)
        try withExtendedLifetime(Interruption()) {
            try ImageFile.write(canvas.image, to: output, overwrite: overwrite)
        }
        print(output.relativePath)
    }

    private func selectedSlice(of image: Image) throws -> Image {
        let slice = slice ?? image.header.slices / 2
        guard (0..<image.header.slices).contains(slice) else {
            throw CommandFailure("\(self.image): has no slice \(slice), but 0 to \(image.header.slices - 1)")
        }
        return image.header.slices == 1 ? image : image.selecting([slice])
    }

    private func box(of picture: Picture, scale: Int) throws -> DetailBox {
        guard let detail else { return ComparisonFigure.detail(of: picture) }
        let box = DetailBox(x: detail.x, y: detail.y, width: detail.length, height: detail.length).scaled(by: scale)
        guard box.x + box.width <= picture.width, box.y + box.height <= picture.height else {
            throw CommandFailure(
                "--detail reaches beyond the image, which has \(picture.width / scale) × \(picture.height / scale) pixels"
            )
        }
        return box
    }

    /// What made a result: of a file its name, and where the model was chosen for the image, the one that was.
    private func title(_ method: String, _ result: Image) -> String {
        if method == "auto", let model = result.header.derivation?.model { return model }
        return "\(URL(fileURLWithPath: method).deletingPathExtension().lastPathComponent) ×\(scale)"
    }

    private func sideBySide(_ source: Image, _ methods: [EvaluatedMethod]) throws -> Canvas {
        let range = DisplayRange(for: source)
        let clock = ContinuousClock()
        let panels = try methods.map { method in
            let start = clock.now
            let result = try method.enlarge(source, scale)
            let seconds = (clock.now - start).seconds
            return ComparisonPanel(
                title: title(method.name, result),
                caption: ["\(result.header.width) × \(result.header.height) pixels in \(durationText(seconds))"],
                picture: Picture(result, range: range))
        }
        return ComparisonFigure.sideBySide(panels, detail: try box(of: panels.last!.picture, scale: scale))
    }

    private func againstTruth(_ source: Image, _ methods: [EvaluatedMethod]) throws -> Canvas {
        let evaluation = Evaluator(
            scale: scale, degradation: try Degradation(degradation, scale: Double(scale)), seed: seed)
        let comparison = try evaluation.compare(source, methods: methods)
        let range = DisplayRange(for: source)
        let truth = ComparisonPanel(
            title: URL(fileURLWithPath: image).lastPathComponent,
            caption: ["PSNR in dB", "SSIM (Wang et al. 2004)"], picture: Picture(comparison.truth, range: range))
        let panels = comparison.restored.map { restored in
            ComparisonPanel(
                title: title(restored.method, restored.image),
                caption: [
                    "PSNR \(Metric.psnr.text(restored.metrics[.psnr]!))",
                    "SSIM \(Metric.ssim.text(restored.metrics[.ssim]!))",
                ], picture: Picture(restored.image, range: range))
        }
        return ComparisonFigure.againstTruth(truth, panels, detail: try box(of: truth.picture, scale: 1))
    }
}
