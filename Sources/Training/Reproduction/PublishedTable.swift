/// Numbers that a paper prints.
public struct PublishedTable: Codable, Sendable, Equatable {
    public struct Row: Codable, Sendable, Equatable {
        public var model: String
        /// By the key of the metric that they can best be compared with.
        public var metrics: [String: Double]
    }

    public var citation: String
    public var table: String
    public var rows: [Row]
    /// What the paper leaves open about its numbers.
    public var note: String

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
        Row(
            model: model,
            metrics: [
                "psnr": psnr, "uqi.sewar": uqi, "ssim.uniform11": ssim, "msssim.wang2003": multiScaleSSIM,
            ])
    }
}
