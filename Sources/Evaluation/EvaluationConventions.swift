import ImageQuality
import Imaging

/// What was done to images and numbers besides the formulas; numbers without it cannot be compared.
public struct EvaluationConventions: Sendable, Codable, Equatable {
    /// Pixels left out along each edge.
    public var border: Int
    public var color: String
    public var crop: String
    /// What inputs were, where they were files of their own.
    public var inputs: String?
    public var mean: String
    /// What each metric's key stands for.
    public var metrics: [String: String]
    public var noData: String
    public var range: String
    /// By how much the files were reduced before they served as ground truth; 1: not at all.
    public var reduction: Int
    /// How results were laid onto their truths, where they were.
    public var registration: String?
    public var rounding: String
    public var seconds: String
    public var slices: String

    init(for evaluation: Evaluator) {
        let scale = evaluation.scale
        border = evaluation.border
        color = "MATLAB's Y (rgb2ycbcr, not rounded); opacity is dropped"
        crop = "images are cut at the right and the bottom to a multiple of \(scale)"
        if evaluation.pairs != nil {
            inputs = """
                each input is a file of its own, degraded where it has its truth's size, else taken as it is; stored values \
                are brought to the truth's rescaling, not clipped
                """
            if evaluation.registers {
                registration = """
                    results are moved (phase correlation, sub-pixel) and brought to the truth's intensities by one line \
                    (least squares), both found once a pair between the bicubic enlargement of the input and the truth, and \
                    as many more pixels left out along each edge; keys that end in \(Measure.unregisteredSuffix) are of \
                    results as they lie
                    """
            }
        }
        mean = "mean of the values of single images that have one; the slices of volumes count one by one"
        metrics = Dictionary(uniqueKeysWithValues: evaluation.measures.map { ($0.key, $0.title) })
        noData = """
            samples without data (padding, NaN) are filled in from their neighbours before the degradation, and neither \
            they nor windows that hold them are scored
            """
        range = """
            0 to 255 for 8 bit; otherwise from 0 (where there are negative values, from the 0.1 percentile) to the 99.9 \
            percentile of the volume or DICOM series, ground truth and outputs clipped to it
            """
        reduction = evaluation.reduction
        rounding = """
            8 bit: low-resolution images and outputs are rounded to 8 bit; otherwise both stay floating point
            """
        seconds = "mean time of enlarging alone, after one run that is not counted"
        slices = """
            volumes of more than 8 bit: slices in which more than 10 % of the pixels lie above 5 % of the range
            """
    }
}
