import Foundation
import Imaging

/// Takes away the file that is being written when a person or the system ends the program.
final class Interruption {
    private let sources: [any DispatchSourceSignal]

    /// In force until deallocated.
    ///
    /// - Parameter folder: one that goes with the program; `nil` for none.
    init(removing folder: URL? = nil) {
        let queue = DispatchQueue(label: "interruption")
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                ImageFile.deleteUnfinishedFiles()
                if let folder { try? FileManager.default.removeItem(at: folder) }
                // At once, and with the code that shells give for this signal.
                _exit(128 + number)
            }
            source.resume()
            return source
        }
    }
}

/// Tells when a person or the system asks the program to end.
final class SignalWatch {
    private let sources: [any DispatchSourceSignal]

    /// In force until deallocated.
    ///
    /// - Parameter handler: called for SIGINT and SIGTERM, on a thread of its own.
    init(_ handler: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "signals")
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: handler)
            source.resume()
            return source
        }
    }
}
