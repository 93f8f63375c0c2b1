import Evaluation
import Foundation
import Synchronization

/// Where a command speaks, from any thread: results on standard output, progress and complaints on standard error.
final class Console: Sendable {
    let isQuiet: Bool
    /// Whether standard error is a terminal, on which a line can be written over.
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    private struct State {
        /// How much of the progress line must be wiped.
        var progressLength = 0
        var lastProgress = ContinuousClock.now
        /// Warnings that more files than the first have.
        var repeated: [(warning: String, files: Int)] = []

        mutating func clearProgress() {
            guard progressLength > 0 else { return }
            Console.writeError("\r" + String(repeating: " ", count: progressLength) + "\r")
            progressLength = 0
        }
    }

    init(isQuiet: Bool = false) {
        self.isQuiet = isQuiet
    }

    /// A result, unless quiet.
    func result(_ line: String) {
        state.withLock {
            $0.clearProgress()
            if !isQuiet { print(line) }
        }
    }

    /// Something to know that is no result; not said when quiet.
    func note(_ line: String) {
        state.withLock {
            $0.clearProgress()
            if !isQuiet { Self.writeError(line + "\n") }
        }
    }

    /// What was lost or assumed although nothing failed; not said when quiet, but in JSON.
    func warning(_ line: String) { note("Warning: \(line)") }

    /// Warns of a file, once where the files of a series share a warning.
    func warn(_ warnings: [String]?, of name: String) {
        for text in warnings ?? [] {
            let isNew = state.withLock { state in
                if let index = state.repeated.firstIndex(where: { $0.warning == text }) {
                    state.repeated[index].files += 1
                    return false
                }
                state.repeated.append((text, 0))
                return true
            }
            if isNew { warning("\(name): \(text)") }
        }
    }

    /// How many more files had each warning.
    func repeatWarnings() {
        let repeated = state.withLock { state in
            defer { state.repeated = [] }
            return state.repeated
        }
        for (text, files) in repeated where files > 0 {
            warning("likewise \(files) more \(files == 1 ? "file" : "files"): \(text)")
        }
    }

    /// What went wrong; said even when quiet.
    func error(_ line: String) {
        state.withLock {
            $0.clearProgress()
            fflush(nil)
            Self.writeError("Error: \(line)\n")
        }
    }

    /// How far a task is. On a terminal a line that the next one replaces, at most ten times a second; in a log a line of
    /// its own, at most twice a minute.
    func progress(_ line: String) {
        state.withLock { state in
            let now = ContinuousClock.now
            guard !isQuiet, now - state.lastProgress > (isTerminal ? .milliseconds(100) : .seconds(30)) else { return }
            state.lastProgress = now
            guard isTerminal else { return Self.writeError(line + "\n") }
            let shown = String(line.prefix(Self.columns - 1))
            Self.writeError(
                "\r" + shown + String(repeating: " ", count: max(0, state.progressLength - shown.count)))
            state.progressLength = shown.count
        }
    }

    func clearProgress() { state.withLock { $0.clearProgress() } }

    private static func writeError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    private static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}

/// Seconds as people say them: `0.8 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
func durationText(_ seconds: Double) -> String {
    switch seconds {
    case ..<9.95: String(format: "%.1f s", seconds)
    case ..<99.5: "\(Int(seconds.rounded())) s"
    case ..<3600: "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
    default: "\(Int(seconds) / 3600) h \(Int(seconds) % 3600 / 60) min"
    }
}

/// How long the rest of a task takes if it goes on as until now.
struct TimeLeft {
    private let start = ContinuousClock.now

    /// `", about 12 s left"`, or nothing while it is too early to say.
    func text(finished: Double) -> String {
        let elapsed = (ContinuousClock.now - start).seconds
        guard finished > 0.02, elapsed > 0.5 else { return "" }
        return ", about \(durationText(elapsed * (1 - finished) / finished)) left"
    }
}
