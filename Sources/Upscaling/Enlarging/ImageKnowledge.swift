import Foundation

/// What is found out about an image once.
struct ImageKnowledge {
    /// Split off and put back.
    var noise: NoiseEstimate?
    /// Of the image as it is.
    var conditions: ImageConditions
    /// Standard deviation of ``noise`` in 255ths of the image's range.
    var noiseShare = 0.0

    func beyondTraining(of model: ModelMetadata) -> [String] {
        var result: [String] = []
        if let learned = model.noise, noiseShare > learned.upperBound {
            result.append(
                String(
                    format: "its noise, %.3g of 255, is more than the %.3g that %@ learned from", noiseShare,
                    learned.upperBound, model.name))
        }
        if let learned = model.conditions.first(where: { $0.condition == .blur }), conditions.blur > learned.upTo {
            result.append(
                String(
                    format: "its blur of %.3g pixels is more than the %.3g that %@ learned to undo", conditions.blur,
                    learned.upTo, model.name))
        }
        return result
    }
}
