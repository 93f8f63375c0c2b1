import Foundation
import Imaging
import Synchronization
import Testing

@Suite struct FileClaimTests {
    private let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        .appendingPathComponent("claim-\(UUID().uuidString)")

    private func made() throws -> URL {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.appendingPathComponent("a.txt")
    }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }

    @Test("a place is held by one, and is free when that one gives it back")
    func exclusive() throws {
        let url = try made()
        defer { try? FileManager.default.removeItem(at: folder) }
        let claim = try FileClaim(url)
        #expect(throws: ImageFileError.beingWritten(path: url.path)) { try FileClaim(url) }
        claim.release()
        #expect(names == [])
        let second = try FileClaim(url)
        try Data("done".utf8).write(to: second.part)
        try second.place(overwrite: false)
        #expect(names == ["a.txt"])
        _ = try FileClaim(url)
        #expect(names == ["a.txt"])
    }

    @Test("what came to the place in the meantime is replaced only where that is asked for")
    func noReplacement() throws {
        let url = try made()
        defer { try? FileManager.default.removeItem(at: folder) }
        for (overwrite, expected) in [(false, "mine"), (true, "ours")] {
            let claim = try FileClaim(url)
            // Into the file that is locked, as sinks write: a file of another name put there would be another's.
            let file = try FileHandle(forWritingTo: claim.part)
            try file.write(contentsOf: Data("ours".utf8))
            try file.close()
            try Data("mine".utf8).write(to: url)
            if overwrite {
                try claim.place(overwrite: true)
            } else {
                #expect(throws: ImageFileError.alreadyExists(path: url.path)) { try claim.place(overwrite: false) }
            }
            #expect(try String(contentsOf: url, encoding: .utf8) == expected)
            #expect(names == ["a.txt"])
        }
    }

    @Test("of many that put a file in one place at once, one does")
    func race() throws {
        let url = try made()
        defer { try? FileManager.default.removeItem(at: folder) }
        let placed = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 64) { _ in
            guard let claim = try? FileClaim(url) else { return }
            if (try? claim.place(overwrite: false)) != nil { placed.withLock { $0 += 1 } }
        }
        #expect(placed.withLock { $0 } == 1)
        #expect(names == ["a.txt"])
    }

    @Test("leftovers of those who are dead are taken away, what is being written stays")
    func leftovers() throws {
        let url = try made()
        defer { try? FileManager.default.removeItem(at: folder) }
        let claim = try FileClaim(url)
        for name in ["\(FileClaim.prefix)dead.dcm", "visible.dcm", ".hidden"] {
            try Data("half".utf8).write(to: folder.appendingPathComponent(name))
        }
        #expect(FileClaim.removeLeftovers(in: folder) == 1)
        #expect(names == ["\(FileClaim.prefix)a.txt", ".hidden", "visible.dcm"])
        // One that is dead is taken over as well.
        try Data("half".utf8).write(to: folder.appendingPathComponent("\(FileClaim.prefix)b.txt"))
        let second = try FileClaim(folder.appendingPathComponent("b.txt"))
        #expect(throws: ImageFileError.self) { try FileClaim(second.destination) }
        claim.release()
    }
}
