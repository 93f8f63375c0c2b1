import DICOMweb
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct StoreFolderTests {
    private func part(_ instance: Int, value: UInt16 = 1) -> MultipartMessage.Part {
        .init(headers: [:], body: DICOMPhantom.data(.init(width: 4, height: 4, instance: instance) { _, _ in value }))
    }

    private func outcome(_ answer: ArchiveAnswer) throws -> StoreOutcome {
        guard case .bytes(let data) = answer.body else { return StoreOutcome() }
        return StoreOutcome(try JSONDecoder().decode(DICOMJSON.self, from: data))
    }

    @Test("objects are stored once, and never replaced")
    func storing() throws {
        let folder = try TemporaryFolder()
        let store = StoreFolder(folder.url)
        #expect(store.store([part(1)], in: nil).status == 200)
        #expect(folder.files == ["2.25.1/2.25.1000/2.25.2001.dcm"])
        #expect(store.store([part(1)], in: nil).status == 200)
        let answer = store.store([part(1, value: 2), part(2)], in: nil)
        #expect(answer.status == 202)
        #expect(try outcome(answer).failed.map(\.reason) == [StoreOutcome.Reason.duplicate.rawValue])
        #expect(try Data(contentsOf: folder["2.25.1/2.25.1000/2.25.2001.dcm"]) == part(1).body)
        #expect(folder.files.count == 2)
    }

    @Test("what is no object, or of another study, is refused and leaves nothing")
    func refusing() throws {
        let folder = try TemporaryFolder()
        let store = StoreFolder(folder.url)
        let none = store.store([.init(headers: [:], body: Data("no object".utf8))], in: nil)
        #expect(none.status == 409)
        #expect(try outcome(none).failed.map(\.reason) == [StoreOutcome.Reason.notUnderstood.rawValue])
        let other = store.store([part(1)], in: DICOMUID(rawValue: "1.2"))
        #expect(try outcome(other).failed.map(\.reason) == [StoreOutcome.Reason.mismatch.rawValue])
        #expect(folder.files.isEmpty)
    }

    @Test("where nothing can be written, the reason is that resources are out")
    func noRoom() throws {
        let folder = try TemporaryFolder()
        // A file where the folder would be.
        let place = try folder.write(Data(), to: "taken")
        let answer = StoreFolder(place).store([part(1)], in: nil)
        #expect(try outcome(answer).failed.map(\.reason) == [StoreOutcome.Reason.outOfResources.rawValue])
    }
}
