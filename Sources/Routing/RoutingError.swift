import Foundation

/// Why routing cannot begin, or a queue cannot be used, in one line: what, where, what to do.
public enum RoutingError: Error, Equatable, CustomStringConvertible {
    /// A rule file cannot be read, or says what it must not; by line where it is one line's fault.
    case rules(path: String, line: Int?, problem: String)
    /// Another process works on the queue.
    case queueInUse(path: String)
    /// There is no queue in a folder.
    case noQueue(path: String)
    /// The queue cannot be opened, read or written.
    case queue(path: String, reason: String)
    /// Nothing can be received at an address.
    case cannotListen(host: String, port: Int, reason: String)
    /// An AE title is none: 1 to 16 characters of ASCII without backslash (PS3.5 6.2).
    case notATitle(String)

    public var description: String {
        switch self {
        case .rules(let path, let line?, let problem): "\(path), line \(line): \(problem)"
        case .rules(let path, nil, let problem): "\(path): \(problem)"
        case .queueInUse(let path): "\(path): another fovea works on this queue; stop it, or name another folder"
        case .noQueue(let path): "\(path): holds no queue; name the folder that 'fovea serve --queue' was given"
        case .queue(let path, let reason): "\(path): the queue cannot be used: \(reason)"
        case .cannotListen(let host, let port, let reason):
            "cannot listen at \(host), port \(port): \(reason); stop whoever listens there, or name another port"
        case .notATitle(let text):
            "'\(text)' is no AE title; give 1 to 16 letters, digits, spaces and signs other than \\"
        }
    }
}

extension RoutingError: LocalizedError {
    public var errorDescription: String? { description }
}

/// Whether a text can be an application entity's title: 1 to 16 characters of ASCII, no control character, no backslash, not
/// spaces alone (PS3.5 6.2).
///
/// - Parameter text: the title.
public func isAETitle(_ text: String) -> Bool {
    (1...16).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x5C }
        && text.contains { $0 != " " }
}
