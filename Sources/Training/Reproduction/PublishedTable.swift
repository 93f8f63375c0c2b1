import DataSets
import Evaluation
import ImageQuality

/// Numbers that a paper prints.
public struct PublishedTable: Codable, Sendable, Equatable {
    public struct Row: Codable, Sendable, Equatable {
        public var model: String
        /// By the measures that they can best be compared with.
        public var metrics: Scores
    }

    public var citation: String
    public var table: String
    /// What it was measured on, where that is not what ours is measured on.
    public var otherData: String?
    public var rows: [Row]
    /// What the paper leaves open about its numbers.
    public var note: String

    private static let sr3Citation = """
        Chitwan Saharia et al., "Image Super-Resolution via Iterative Refinement", 2021
        """

    /// SR3's faces, magnified by 8.
    public static let sr3Faces = PublishedTable(
        citation: sr3Citation, table: "Table 1", otherData: "faces of CelebA-HQ, 16² to 128²",
        rows: [
            row("PULSE", psnr: 16.88, ssim: 0.44, consistency: 161.1),
            row("FSRGAN", psnr: 23.01, ssim: 0.62, consistency: 33.8),
            row("Regression", psnr: 23.96, ssim: 0.69, consistency: 2.71),
            row("SR3", psnr: 23.04, ssim: 0.65, consistency: 2.68),
        ], note: "how PSNR and SSIM were computed is not said")

    /// SR3's natural images, magnified by 4.
    public static let sr3Natural = PublishedTable(
        citation: sr3Citation, table: "Table 2", otherData: "ImageNet, 64² to 256²",
        rows: [
            row("Regression", psnr: 27.9, ssim: 0.801, fid: 15.2), row("SR3", psnr: 26.4, ssim: 0.762, fid: 5.2),
        ], note: "FID by Inception's features of many thousand images")

    /// Photographs magnified by 4, the systems that SR3's own tables leave out among them.
    public static let photographs = PublishedTable(
        citation: """
            Jinxin Zhou et al., "DREAM: Diffusion Rectification and Estimation-Adaptive Models", 2023, which quotes the \
            systems' own
            """, table: "the table of DIV2K at ×4", otherData: "DIV2K",
        rows: [
            row("bicubic", psnr: 26.7, ssim: 0.77, lpips: 0.409), row("EDSR", psnr: 28.98, ssim: 0.83, lpips: 0.270),
            row("RRDB, ESRGAN's on pixels", psnr: 29.44, ssim: 0.84, lpips: 0.253),
            row("ESRGAN", psnr: 26.22, ssim: 0.75, lpips: 0.124), row("SRFlow", psnr: 27.09, ssim: 0.76, lpips: 0.121),
            row("SR3", psnr: 27.02, ssim: 0.76, lpips: 0.121),
        ], note: "on RGB; EnhanceNet's own numbers are of other sets")

    private static func row(
        _ model: String, psnr: Double, ssim: Double, consistency: Double? = nil, fid: Double? = nil,
        lpips: Double? = nil
    ) -> Row {
        var metrics = Scores()
        metrics[.psnr] = psnr
        metrics[.ssim] = ssim
        metrics[.consistency] = consistency
        metrics[.frechetDistance] = fid
        metrics[.lpips] = lpips
        return Row(model: model, metrics: metrics)
    }

    /// Table 1 of Saeedi's paper.
    public static let saeedi = PublishedTable(
        citation: "Zeynab Saeedi, \"Single Image Super-resolution for Chest X-ray Images\"",
        table: "Table 1",
        rows: [
            row("VDSR", psnr: 28.80188, uqi: 0.986009, ssim: 0.912259, multiScaleSSIM: 0.972789),
            row("SRGAN", psnr: 27.24132, uqi: 0.956506, ssim: 0.801246, multiScaleSSIM: 0.953419),
            row("New Method", psnr: 28.43138, uqi: 0.957970, ssim: 0.828199, multiScaleSSIM: 0.961132),
        ],
        note: """
            the paper does not say how it computed its metrics; its UQI lies above its SSIM, which the Python package \
            sewar does and the universal quality index does not, so its UQI and SSIM stand beside sewar's
            """)

    private static func row(
        _ model: String, psnr: Double, uqi: Double, ssim: Double, multiScaleSSIM: Double
    ) -> Row {
        var metrics = Scores()
        metrics[.psnr] = psnr
        metrics[.uqiSewar] = uqi
        metrics[.ssimUniform] = ssim
        metrics[.multiScaleSSIM] = multiScaleSSIM
        return Row(model: model, metrics: metrics)
    }
}
