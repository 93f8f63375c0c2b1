import ArgumentParser
import Foundation

extension ParsableCommand {
    /// Runs the command that a person typed. A mistake is one line on standard error that says what to do.
    public static func mainInOneLine() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let message = message(for: error).split(whereSeparator: \.isNewline)
                .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }.joined(separator: " ")
            // Help and versions are no mistakes; a bare exit code was explained before it was thrown.
            guard code != .success, !message.isEmpty else { exit(withError: error) }
            fflush(nil)
            let hint = code == .validationFailure ? usageHint : ""
            FileHandle.standardError.write(Data("Error: \(message)\(hint)\n".utf8))
            exit(withError: code)
        }
    }

    private static var usageHint: String {
        let name = configuration.commandName ?? _commandName
        let words = CommandLine.arguments.dropFirst().prefix(1).filter { word in
            configuration.subcommands.contains { $0._commandName == word }
        }
        return " (see '\(([name] + words).joined(separator: " ")) --help')"
    }
}
