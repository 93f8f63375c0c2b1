import Synchronization

/// Whether routing is to end, known to all of its threads.
final class Ending: Sendable {
    private let flag = Atomic(false)

    var hasCome: Bool { flag.load(ordering: .acquiring) }

    func come() { flag.store(true, ordering: .releasing) }
}
