import Batch
import Foundation
import TestSupport
import Testing

@Suite struct JobTests {
    @Test("the parts of a list are disjoint, and together are all of it", arguments: [1, 2, 3, 16, 40])
    func shards(count: Int) throws {
        let folder = try TemporaryFolder()
        for index in 0..<35 { try folder.add("in/\(index).png") }
        let list = try JobList([folder["in"].path], output: folder["out"].path, suffix: "_x4")
        let parts = (1...count).map { list.jobs(of: Shard($0, of: count)).map(\.output.path) }
        #expect(parts.joined().count == 35)
        #expect(Set(parts.joined()).count == 35)
        // None has more than one job more than another.
        #expect(parts.map(\.count).max()! - parts.map(\.count).min()! <= 1)
        // Looked at again, the list is the same.
        let again = try JobList([folder["in"].path], output: folder["out"].path, suffix: "_x4")
        #expect(again.jobs == list.jobs)
    }

    @Test("a part is written as 3/16, and what is none is not taken for one")
    func shardText() {
        #expect(Shard("3/16") == Shard(3, of: 16))
        #expect(Shard("1/1") == Shard(1, of: 1))
        for text in ["", "3", "0/16", "17/16", "-1/4", "3/0", "a/b", "1/2/3", "/"] { #expect(Shard(text) == nil) }
    }

    @Test(
        "a number of bytes is read with its unit",
        arguments: [
            ("4GB", 4_000_000_000), ("500 MB", 500_000_000), ("1.5gb", 1_500_000_000), ("2GiB", 2_147_483_648),
            ("64KiB", 65536),
        ])
    func bytes(text: String, bytes: Int) {
        #expect(ByteCount(text)?.bytes == bytes)
    }

    @Test("a number of bytes is written in three digits and the unit that fits")
    func bytesText() {
        #expect("\(ByteCount(999_900_000))" == "1 GB" && "\(ByteCount(1_223_000_000))" == "1.22 GB")
        #expect("\(ByteCount(300_000_000))" == "300 MB" && "\(ByteCount(12))" == "12 bytes")
    }

    @Test("what is no number of bytes is none", arguments: ["", "4", "GB", "-1GB", "4XB", "0MB", "nanGB", "1e99GB"])
    func noBytes(text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test("of two inputs that would have one result the first has it, in every part")
    func places() throws {
        let folder = try TemporaryFolder()
        for name in ["a/scan.png", "b/scan.png", "b/other.png"] { try folder.add(name) }
        let list = try JobList(
            [folder["a"].path, folder["b"].path], output: folder["out"].path, suffix: "_x2")
        #expect(list.jobs.map(\.output.lastPathComponent) == ["scan_x2.png", "other_x2.png"])
        let failure = try #require(list.failures.first)
        #expect(list.failures.count == 1 && failure.name.hasSuffix("b/scan.png"))
    }
}
