import Evaluation
import Foundation

/// Where a command speaks: results on standard output, progress and complaints on standard error.
final class Console {
    let isQuiet: Bool
    /// Whether standard error is a terminal, on which a line can be written over.
    private let isTerminal = isatty(STDERR_FILENO) == 1
    /// How much of the progress line must be wiped.
    private var progressLength = 0
    private var lastProgress = ContinuousClock.now

    init(isQuiet: Bool = false) {
        self.isQuiet = isQuiet
    }

    /// A result, unless quiet.
    func result(_ line: String) {
        clearProgress()
        if !isQuiet { print(line) }
    }

    /// Something to know that is no result; not said when quiet.
    func note(_ line: String) {
        clearProgress()
        if !isQuiet { Self.writeError(line + "\n") }
    }

    /// What was lost or assumed although nothing failed; not said when quiet, but in JSON.
    func warning(_ line: String) { note("Warning: \(line)") }

    /// Warnings that more files than the first have.
    private var repeated: [(warning: String, files: Int)] = []

    /// Warns of a file, once where the files of a series share a warning.
    func warn(_ warnings: [String]?, of name: String) {
        for text in warnings ?? [] {
            if let index = repeated.firstIndex(where: { $0.warning == text }) {
                repeated[index].files += 1
            } else {
                repeated.append((text, 0))
                warning("\(name): \(text)")
            }
        }
    }

    /// How many more files had each warning.
    func repeatWarnings() {
        for (text, files) in repeated where files > 0 {
            warning("likewise \(files) more \(files == 1 ? "file" : "files"): \(text)")
        }
        repeated = []
    }

    /// What went wrong; said even when quiet.
    func error(_ line: String) {
        clearProgress()
        fflush(nil)
        Self.writeError("Error: \(line)\n")
    }

    /// How far a task is. On a terminal a line that the next one replaces, at most ten times a second; in a log a line of
    /// its own, at most twice a minute.
    func progress(_ line: String) {
        let now = ContinuousClock.now
        guard !isQuiet, now - lastProgress > (isTerminal ? .milliseconds(100) : .seconds(30)) else { return }
        lastProgress = now
        guard isTerminal else { return Self.writeError(line + "\n") }
        let shown = String(line.prefix(Self.columns - 1))
        Self.writeError("\r" + shown + String(repeating: " ", count: max(0, progressLength - shown.count)))
        progressLength = shown.count
    }

    func clearProgress() {
        guard progressLength > 0 else { return }
        Self.writeError("\r" + String(repeating: " ", count: progressLength) + "\r")
        progressLength = 0
    }

    /// Why the system refused something, in its own words.
    static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        if cause.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(cause.code))) }
        return switch CocoaError.Code(rawValue: error.code) {
        case .fileNoSuchFile, .fileReadNoSuchFile: String(cString: strerror(ENOENT))
        case .fileWriteNoPermission: String(cString: strerror(EACCES))
        case .fileWriteOutOfSpace: String(cString: strerror(ENOSPC))
        default: error.localizedDescription
        }
    }

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
