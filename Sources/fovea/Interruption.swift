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
