import Dispatch

/// Runs `body` for 0..<iterations on all cores and returns when all are done.
///
/// `body` may hold pointers: each iteration must write only to memory that no other one touches.
package func concurrently(_ iterations: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        // Safe by the contract above; the closures end before this function returns.
        nonisolated(unsafe) let body = body
        DispatchQueue.concurrentPerform(iterations: iterations) { body($0) }
    }
}
