import Foundation
import Routing
import TestSupport
import Testing

/// Who may open a queue.
@Suite struct QueueAccessTests {
    @Test("one works on a queue at a time; others may look")
    func owner() throws {
        let folder = try TemporaryFolder()
        let queue = try RoutingQueue(folder["q"], .owner)
        #expect(throws: RoutingError.queueInUse(path: folder["q"].relativePath)) {
            try RoutingQueue(folder["q"], .owner)
        }
        #expect(try RoutingQueue(folder["q"], .visitor).tasks() == [])
        withExtendedLifetime(queue) {}
    }

    @Test("once its owner is gone another takes a queue over")
    func passedOn() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 { #expect(try RoutingQueue(folder["q"], .owner).tasks() == []) }
    }

    @Test("a folder without a queue is told so, and left as it is")
    func noQueue() throws {
        let folder = try TemporaryFolder()
        #expect(throws: RoutingError.noQueue(path: folder.url.relativePath)) {
            try RoutingQueue(folder.url, .visitor)
        }
        #expect(folder.files.isEmpty)
    }

    @Test("what shows patients is closed to others")
    func closed() throws {
        let folder = try TemporaryFolder()
        _ = try RoutingQueue(folder["q"], .owner)
        for name in ["received", "results", "incoming"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder["q/\(name)"].path)
            #expect(attributes[.posixPermissions] as? Int == 0o700)
        }
    }
}
