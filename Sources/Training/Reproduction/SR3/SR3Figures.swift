import Evaluation
import Foundation
import ImageQuality
import Imaging
import Reporting
import Upscaling

/// The pictures beside SR3's table: all systems on one image, and how far the samples of a cascade stray.
struct SR3Figures: Sendable {
    /// Judges as the table does.
    var evaluation: Evaluator
    /// The image that is shown, the middle slice of a volume.
    var image: URL
    /// Receives the pictures.
    var folder: URL

    /// Side of the image that the cascade is to restore; 16² to 256² at ×16.
    private static let cascadeLength = 256
    private static let cascadeSamples = 5

    /// - Parameters:
    ///   - methods: the rows of the table.
    ///   - models: by the names of the systems.
    /// - Returns: the files that were written.
    func draw(_ methods: [EvaluatedMethod], _ models: [String: ModelFile]) throws -> [URL] {
        var image = try ImageFile.read(image)
        if image.header.slices > 1 { image = image.selecting([image.header.slices / 2]) }
        var files = [try write(try contactSheet(image, methods), as: "systems.png")]
        if let model = models["SR3"], model.metadata.scale * model.metadata.scale <= 16,
            let sheet = try cascadeSheet(image, model)
        {
            files.append(try write(sheet, as: "cascade.png"))
        }
        return files
    }

    private func write(_ canvas: Canvas, as name: String) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try ImageFile.write(canvas.image, to: url, overwrite: true)
        return url
    }

    /// What every row of the table makes of the image.
    private func contactSheet(_ image: Image, _ methods: [EvaluatedMethod]) throws -> Canvas {
        let comparison = try evaluation.compare(image, methods: methods)
        let range = DisplayRange(for: comparison.truth)
        let truth = ComparisonPanel(
            title: self.image.lastPathComponent, caption: ["PSNR in dB", "SSIM (Wang et al. 2004)"],
            picture: Picture(comparison.truth, range: range))
        let panels = comparison.restored.map { restored in
            ComparisonPanel(
                title: restored.method, caption: Self.caption(restored.metrics),
                picture: Picture(restored.image, range: range))
        }
        return ComparisonFigure.againstTruth(truth, panels, detail: Self.detail(of: truth.picture))
    }

    /// Images that are small enough are shown whole.
    private static func detail(of picture: Picture) -> DetailBox {
        max(picture.width, picture.height) <= 160
            ? DetailBox(x: 0, y: 0, width: picture.width, height: picture.height)
            : ComparisonFigure.detail(of: picture)
    }

    /// Samples of the model after itself, of one image reduced by the square of its magnification, where next to nothing is
    /// left that could decide between them; `nil` where the image is too small.
    private func cascadeSheet(_ image: Image, _ model: ModelFile) throws -> Canvas? {
        let length = Self.cascadeLength
        let side = min(image.header.width, image.header.height)
        guard side >= length else { return nil }
        let (left, top) = ((image.header.width - side) / 2, (image.header.height - side) / 2)
        let square = Image(
            header: image.header.resized(width: length, height: length),
            pixels: image.pixels.cropped(columns: left..<left + side, rows: top..<top + side)
                .resized(width: length, height: length))

        let scale = model.metadata.scale * model.metadata.scale
        let drawing = try model.drawing()
        let cascade = Cascade([drawing, drawing])
        var judge = evaluation
        judge.scale = scale
        judge.degradation = .bicubic(factor: Double(scale))
        judge.border = scale
        let samples = (0..<Self.cascadeSamples).map { number in
            EvaluatedMethod(name: "Sample \(number + 1)", modelHash: model.sha256) { image, scale in
                try cascade.sample(image, scale: Double(scale), number: number)
            }
        }
        let comparison = try judge.compare(square, methods: [.bicubic] + samples)
        let range = DisplayRange(for: comparison.truth)
        let truth = ComparisonPanel(
            title: "\(length)², restored from \(length / scale)²", caption: ["PSNR in dB"],
            picture: Picture(comparison.truth, range: range))
        let whole = DetailBox(x: 0, y: 0, width: length, height: length)
        return ComparisonFigure.againstTruth(
            truth,
            comparison.restored.map {
                ComparisonPanel(
                    title: $0.method, caption: Self.caption($0.metrics), picture: Picture($0.image, range: range))
            }, detail: whole)
    }

    private static func caption(_ metrics: Scores) -> [String] {
        [("PSNR", Metric.psnr), ("SSIM", .ssim)].compactMap { name, metric in
            metrics[metric].map { "\(name) \(metric.text($0))" }
        }
    }
}
