import Foundation

/// What all jobs together may take of memory. Jobs wait until they fit beside those that run.
///
/// Unchecked because of what it counts, which is touched under `condition` alone.
final class MemoryBudget: @unchecked Sendable {
    private let limit: Int?
    private let process: Int
    private let condition = NSCondition()
    private var taken = 0
    private var isReading = false

    /// - Parameters:
    ///   - limit: in bytes; `nil` for none.
    ///   - process: what of it is taken in any case.
    init(limit: Int?, process: Int) {
        self.limit = limit
        self.process = process
    }

    /// A job's share, until it is ended.
    struct Admission {
        fileprivate let bytes: Int
        fileprivate let budget: MemoryBudget

        func end() { budget.giveBack(bytes) }
    }

    /// Reads an image and waits until there is room to work on it. What an image takes is known when it is read, so one is
    /// read at a time.
    ///
    /// - Parameters:
    ///   - name: of the image.
    ///   - read: gives the image, and how many bytes work on it takes.
    /// - Throws: ``BatchError/tooLarge(name:needed:limit:)``, and what `read` throws.
    func admitting<Input, Way>(
        _ name: String, _ read: () throws -> (Input, Way, bytes: Int)
    ) throws -> (Input, Way, Admission) {
        guard let limit else {
            let (image, method, _) = try read()
            return (image, method, Admission(bytes: 0, budget: self))
        }
        condition.withLock {
            while isReading { condition.wait() }
            isReading = true
        }
        defer {
            condition.withLock {
                isReading = false
                condition.broadcast()
            }
        }
        let (image, method, bytes) = try read()
        let available = limit - process
        guard bytes <= available else {
            throw BatchError.tooLarge(name: name, needed: bytes + process, limit: limit)
        }
        condition.withLock {
            while taken + bytes > available { condition.wait() }
            taken += bytes
        }
        return (image, method, Admission(bytes: bytes, budget: self))
    }

    private func giveBack(_ bytes: Int) {
        condition.withLock {
            taken -= bytes
            condition.broadcast()
        }
    }
}
