import Foundation
import GRDB
import Routing
import TestSupport
import Testing

/// What goes from the disk once it is done.
@Suite("Removal of what is done") struct RemovalTests {
    private let folder: TemporaryFolder
    private let queue: RoutingQueue
    /// Beside the queue, as another program that looks into it.
    private let database: DatabaseQueue

    init() throws {
        folder = try TemporaryFolder()
        queue = try RoutingQueue(folder["q"], .owner)
        database = try DatabaseQueue(path: folder["q/queue.sqlite"].path)
    }

    /// A series of one object with a result, whose files are there.
    private func add(_ id: Int, series: String, state: TaskState, doneAt: Double?) throws {
        try database.write { db in
            try db.execute(
                sql: "INSERT INTO task (id, series, state, lastArrival, doneAt) VALUES (?, ?, ?, 0, ?)",
                arguments: [id, series, state.rawValue, doneAt])
            try db.execute(
                sql: "INSERT INTO object (task, instance, class, series, digest) VALUES (?, ?, '', ?, '')",
                arguments: [id, "1.\(id)", series])
            try db.execute(
                sql: "INSERT INTO result (task, instance, class, file) VALUES (?, ?, '', '')",
                arguments: [id, "2.\(id)"])
        }
        try folder.write(Data("object".utf8), to: "q/received/1.\(id).dcm")
        try folder.write(Data("result".utf8), to: "q/results/\(id)/2.\(id).dcm")
    }

    /// Of the tasks whose object and result are there, the numbers.
    private var kept: [Int] {
        let objects = Set(
            folder.files.filter { $0.hasPrefix("q/received/") }.compactMap { Int($0.dropFirst(13).dropLast(4)) })
        let results = Set(
            folder.files.filter { $0.hasPrefix("q/results/") }.compactMap { Int($0.split(separator: "/")[2]) })
        #expect(objects == results)
        return objects.sorted()
    }

    private func removeAll(before time: Double) throws -> [Int64] {
        var removed: [Int64] = []
        while let task = try queue.removeDone(before: Date(timeIntervalSince1970: time)) { removed.append(task.id) }
        return removed
    }

    @Test("takes what was done before the time, and nothing that is not done, of whatever state")
    func old() throws {
        for (id, state) in TaskState.allCases.enumerated() {
            try add(id + 1, series: "9.\(id)", state: state, doneAt: state == .done ? 100 : nil)
        }
        let done = try #require(TaskState.allCases.firstIndex(of: .done)) + 1
        try add(20, series: "9.20", state: .done, doneAt: 300)
        #expect(try removeAll(before: 200) == [Int64(done)])
        #expect(kept == Array(1...7).filter { $0 != done } + [20])
        #expect(try removeAll(before: 200).isEmpty)
        let tasks = try queue.tasks()
        #expect(tasks.count == 8 && tasks.filter { $0.removed != nil }.map(\.id) == [Int64(done)])
        #expect(tasks.allSatisfy { $0.objects == 1 && $0.results == 1 }, "what is known of it stays")
    }

    @Test("leaves a series alone of which a later part is under way, and takes it when that is done")
    func lateObjects() throws {
        try add(1, series: "9.1", state: .done, doneAt: 100)
        try add(2, series: "9.1", state: .receiving, doneAt: nil)
        #expect(try removeAll(before: 200).isEmpty && kept == [1, 2])
        try database.write { try $0.execute(sql: "UPDATE task SET state = 'done', doneAt = 250 WHERE id = 2") }
        #expect(try removeAll(before: 200) == [1] && kept == [2])
    }

    /// As a kill leaves it: the queue has stopped counting on the files, and some or all of them are there.
    @Test(
        "goes on where a kill has cut it off",
        arguments: [[], ["q/received/1.1.dcm"], ["q/received/1.1.dcm", "q/results/1"]])
    func cutOff(gone: [String]) throws {
        try add(1, series: "9.1", state: .done, doneAt: 100)
        try add(2, series: "9.2", state: .done, doneAt: 300)
        try database.write { try $0.execute(sql: "UPDATE task SET removed = 150 WHERE id = 1") }
        for name in gone { try FileManager.default.removeItem(at: folder[name]) }
        #expect(try removeAll(before: 0) == [1], "whatever the time: it was begun")
        #expect(kept == [2])
        #expect(try removeAll(before: 200).isEmpty)
    }
}
