import Foundation
import Imaging

/// What has been measured of one method so far.
struct MethodTally {
    var scores: [ImageScore] = []
    var seconds = 0.0
    var models: [String: String] = [:]

    mutating func add(_ outcome: Evaluator.Outcome) {
        scores += outcome.scores
        seconds += outcome.seconds
        if let derivation = outcome.derivation { models[derivation.model] = derivation.modelHash }
    }

    func row(_ method: EvaluatedMethod) -> EvaluationRow {
        let count = Double(max(scores.count, 1))
        return EvaluationRow(
            model: method.name, modelHash: method.modelHash, models: models.isEmpty ? nil : models,
            images: scores.count, metrics: .mean(of: scores.map(\.metrics)),
            secondsPerImage: seconds / count, perImage: scores)
    }
}
