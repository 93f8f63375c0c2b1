import Foundation
import Training

/// Shows a run to a person: one moving line on a terminal, a plain line now and then in a log.
final class TrainingReporter {
    private let isQuiet: Bool
    private let isTerminal = isatty(STDERR_FILENO) != 0
    private var lastPlainLine = ContinuousClock.now - .seconds(60)
    private var smoothed: Float?

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func report(_ event: TrainingEvent) {
        guard !isQuiet else { return }
        switch event {
        case .loaded(let sets, let parameters):
            for set in sets {
                line("\(set.modality): \(set.training) images for training, \(set.validation) for validation")
            }
            line("\(parameters) numbers to learn")
        case .leftOut(let folder, let files):
            for image in files.unreadable { line("Warning: left out: \(image.reason)") }
            var counts: [String] = []
            if !files.unreadable.isEmpty { counts.append("\(files.unreadable.count) that cannot be read") }
            if !files.tooSmall.isEmpty {
                counts.append("\(files.tooSmall.count) too small for a crop (such as \(files.tooSmall[0]))")
            }
            if files.others > 0 { counts.append("\(files.others) that are no images of it") }
            line("\(folder): left out \(counts.joined(separator: ", "))")
        case .resumed(let step): line("resumed after step \(step)")
        case .stepped(let step, let total, let losses, let secondsLeft):
            let loss = losses[0].value
            smoothed = smoothed.map { 0.98 * $0 + 0.02 * loss } ?? loss
            let others = losses.dropFirst().map { String(format: " %@ %.4g", $0.name, $0.value) }.joined()
            let text = String(
                format: "step %d of %d  %@ %.5g%@  %@ left", step, total, losses[0].name, smoothed!, others,
                Self.duration(secondsLeft))
            if isTerminal {
                FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
            } else if ContinuousClock.now - lastPlainLine > .seconds(30) {
                line(text)
                lastPlainLine = .now
            }
        case .validated(let step, let scores):
            for score in scores {
                line(
                    String(
                        format: "step %d  %@ (%d images): PSNR %.3f dB, bicubic %.3f, %+.3f", step, score.dataset,
                        score.images, score.psnr, score.bicubicPSNR, score.psnr - score.bicubicPSNR))
            }
        case .saved: break
        }
    }

    /// A line about what happens around the training.
    func note(_ text: String) { if !isQuiet { line(text) } }

    private func line(_ text: String) {
        FileHandle.standardError.write(Data(((isTerminal ? "\r\u{1B}[K" : "") + text + "\n").utf8))
    }

    static func duration(_ seconds: Double) -> String {
        let total = Int(seconds.rounded())
        return total >= 3600
            ? String(format: "%d h %02d min", total / 3600, total / 60 % 60)
            : total >= 60 ? String(format: "%d min %02d s", total / 60, total % 60) : "\(total) s"
    }
}
