import Dispatch

/// Runs one thing at a time that computes or waits for a disk, beside the few threads that answer requests.
final class ComputeExecutor: TaskExecutor {
    private let queue: DispatchQueue

    /// - Parameter label: what a debugger calls it.
    init(label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
