import Dispatch
import Foundation
import Synchronization

/// Notices Ctrl-C and SIGTERM, so that a run can save its checkpoint before it ends. A second one ends it at once.
final class Interruption: Sendable {
    private let requested = Atomic<Bool>(false)

    init() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // The handler keeps its source alive by naming it.
                if self.requested.exchange(true, ordering: .relaxed) || source.isCancelled {
                    signal(number, SIG_DFL)
                    raise(number)
                }
            }
            source.resume()
        }
    }

    var isRequested: Bool { requested.load(ordering: .relaxed) }
}
