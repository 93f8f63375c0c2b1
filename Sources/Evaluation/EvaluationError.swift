import Foundation

/// Why an evaluation or a part of it is impossible, each said in one line.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
    case noImages(path: String)
    case noSignal
    case tooSmall(scale: Int, reduction: Int)
    /// The border that is left out leaves nothing.
    case nothingInside(border: Int, width: Int, height: Int)
    /// Samples are codes; see `SampleMeaning`.
    case codes(statement: String)
    case noDataForLPIPS
    /// Two folders have no pair of files.
    case noPairs(path: String, reason: String?)
    /// An input that cannot be one of its truth.
    case mismatchedPair(reason: String)
    /// No move lays the input onto the truth.
    case notRegistered

    public var description: String {
        switch self {
        case .noImages(let path): "\(path): there is no image in this folder"
        case .noSignal: "no slice shows enough to be scored"
        case .tooSmall(let scale, let reduction):
            "the image is smaller than \(scale * reduction) × \(scale * reduction) pixels"
        case .nothingInside(let border, let width, let height):
            "a border of \(border) pixels leaves nothing of \(width) × \(height) pixels; leave out fewer"
        case .codes(let statement):
            "holds codes (\(statement)), of which PSNR and SSIM say nothing; compare labels by their overlap, such as Dice"
        case .noDataForLPIPS:
            "holds samples without data (padding or NaN), which LPIPS cannot leave out; leave out --lpips"
        case .noPairs(let path, let reason):
            "\(path): no image has an input" + (reason.map { "; of the first: \($0)" } ?? "")
        case .mismatchedPair(let reason): reason
        case .notRegistered:
            "its input cannot be laid onto it: of all moves up to \(Registration.farthest) pixels none stands out; leave out --register"
        }
    }
}

extension EvaluationError: LocalizedError {
    public var errorDescription: String? { description }
}
