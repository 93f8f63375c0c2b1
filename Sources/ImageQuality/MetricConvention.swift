import Foundation
import Imaging

/// Everything besides the formula that moves a metric's value. A value without its convention cannot be compared.
public struct MetricConvention: Sendable, Equatable, Codable, CustomStringConvertible {
    /// Which samples are compared. Opacity never is.
    public enum Channel: String, Sendable, Codable, CaseIterable {
        /// The one channel of a gray image.
        case gray
        /// MATLAB's Y of an RGB image, which the literature scores: about 2 dB of PSNR away from ``rgbMean``.
        case matlabY = "y.matlab"
        /// Red, green and blue alike: one squared error over all three, the mean of three structural values.
        case rgbMean = "rgb.mean"
    }

    public var channel: Channel
    /// The values that samples can take, in their own unit: 0…255 for 8 bit. Its width is the L of the formulas, and
    /// samples are counted from its lower end, since SSIM and UQI depend on where zero is.
    public var valueRange: ClosedRange<Float>
    /// Rows and columns left out along each edge.
    public var border: Int

    public init(channel: Channel, valueRange: ClosedRange<Float>, border: Int = 0) {
        self.channel = channel
        self.valueRange = valueRange
        self.border = border
    }

    /// The convention of super-resolution papers for an image: Y where there is colour, and the range its file declares.
    ///
    /// - Throws: ``MetricError/noRange`` where the file declares none, as floating-point files don't.
    public init(for header: ImageHeader, border: Int = 0) throws(MetricError) {
        guard let range = header.intensity.storedRange else { throw .noRange }
        self.init(channel: header.colorModel.colorChannels == 3 ? .matlabY : .gray, valueRange: range, border: border)
    }

    /// L: the width of ``valueRange``.
    public var dataRange: Double { Double(valueRange.upperBound) - Double(valueRange.lowerBound) }

    public var description: String {
        let channelName =
            switch channel {
            case .gray: "gray"
            case .matlabY: "MATLAB Y"
            case .rgbMean: "mean of RGB"
            }
        let range = "range \(Self.short(valueRange.lowerBound))…\(Self.short(valueRange.upperBound))"
        return border == 0 ? "\(channelName), \(range)" : "\(channelName), \(range), border \(border) px"
    }

    private static func short(_ value: Float) -> String {
        value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : String(value)
    }
}

/// Why two images cannot be compared, each said in one line.
public enum MetricError: Error, Equatable, CustomStringConvertible {
    case differentShape(reference: String, image: String)
    /// The values of both do not mean the same; `reason` says which and why.
    case differentTerms(reason: String)
    /// The value range is empty or infinite.
    case invalidRange(lower: Float, upper: Float)
    /// A floating-point file declares no range.
    case noRange
    case wrongChannels(channels: Int, convention: MetricConvention.Channel)
    /// What is left inside the border is smaller than the metric's window.
    case tooSmall(metric: Metric, width: Int, height: Int, smallest: Int, border: Int)
    case negativeBorder(Int)
    /// NaN or infinity among the samples.
    case notFinite
    /// What holds data leaves no room for the metric.
    case nothingToCompare(metric: Metric)

    public var description: String {
        switch self {
        case .differentShape(let reference, let image):
            "cannot compare \(image) with \(reference): bring both images to the same size and channels first"
        case .differentTerms(let reason): reason
        case .invalidRange(let lower, let upper):
            "the value range \(lower)…\(upper) is not a range: give the least and the greatest value samples can take"
        case .noRange:
            "a floating-point image declares no value range: give the least and the greatest value samples can take"
        case .wrongChannels(let channels, let convention):
            "an image of \(channels) channel\(channels == 1 ? "" : "s") has no \(convention.rawValue) to compare: "
                + (channels < 3 ? "use gray" : "use y.matlab or rgb.mean")
        case .tooSmall(let metric, let width, let height, let smallest, let border):
            "\(metric.rawValue) needs at least \(smallest) × \(smallest) pixels; \(width) × \(height) "
                + (border > 0 ? "are left inside a border of \(border)" : "are there")
        case .negativeBorder(let border):
            "a border of \(border) pixels cannot be left out: give zero or more"
        case .nothingToCompare(let metric):
            "\(metric.rawValue) has nothing to compare: no \(metric.smallestSize) × \(metric.smallestSize) pixels side by side hold data in both images"
        case .notFinite:
            "an image holds samples that are not finite numbers: replace them first"
        }
    }
}

extension MetricError: LocalizedError {
    public var errorDescription: String? { description }
}
