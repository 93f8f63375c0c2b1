import Foundation

/// Sends the results of one series after the other. What a destination acknowledged is recorded before the next one is sent.
struct ResultSender: Sendable {
    let queue: RoutingQueue
    let rules: RoutingRules
    let title: String
    let ending: Ending
    let log: @Sendable (String) -> Void

    /// Sends what the destination of the series whose turn it is does not have yet; whether there was one.
    func step() throws -> Bool {
        guard let work = try queue.nextToSend() else { return false }
        do {
            if !work.results.isEmpty { guard try send(work) else { return true } }
            try queue.endSending(work.task)
            log("series \(work.task.series): \(work.results.count) results sent to \(work.destination)")
        } catch let failure as StorageUser.Failure {
            try queue.postpone(work.task, failure.description, resumes: .sending, rules.retry)
            log("series \(work.task.series): not sent: \(failure); tried again later")
        }
        return true
    }

    /// - Returns: whether all were tried.
    private func send(_ work: SendingWork) throws -> Bool {
        // Two contexts would be enough for results; an association has room for 128.
        let classes = Array(Set(work.results.map(\.storageClass)).sorted().prefix(128))
        let user = try StorageUser(work.destination, as: title, classes: classes)
        for result in work.results {
            if ending.hasCome { return false }
            guard user.accepts(result.storageClass) else {
                let reason = "\(work.destination) takes no objects of class \(result.storageClass)"
                try queue.recordRefused(result, of: work, reason: reason, status: nil)
                continue
            }
            let status = try user.send(result)
            switch StorageStatus.meaning(of: status) {
            case .stored: try queue.recordSent(result, of: work, status: status)
            case .later: throw StorageUser.Failure(description: refusal(status, work))
            case .never: try queue.recordRefused(result, of: work, reason: refusal(status, work), status: status)
            }
        }
        user.release()
        return true
    }

    private func refusal(_ status: UInt16, _ work: SendingWork) -> String {
        "\(work.destination) answers with status \(String(format: "%04X", Int(status)))"
    }
}
