import DICOMweb
import Foundation
import Imaging
import Synchronization
import TestSupport
import Testing

/// The client against a server that is a list of answers.
@Suite struct ClientTests {
    private final class Script: Transport {
        private let answers: Mutex<[Result<WebResponse, TransportFailure>]>
        let requests = Mutex<[WebRequest]>([])

        init(_ answers: [Result<WebResponse, TransportFailure>]) { self.answers = Mutex(answers) }

        func send(_ request: WebRequest) async throws(TransportFailure) -> WebResponse {
            requests.withLock { $0.append(request) }
            return try answers.withLock { $0.isEmpty ? .success(WebResponse(status: 500)) : $0.removeFirst() }.get()
        }
    }

    private static let study = DICOMUID(rawValue: "2.25.1")!

    private func client(_ script: Script, _ credentials: Credentials? = nil) -> ArchiveClient {
        ArchiveClient(
            URL(string: "http://archive.example/dicom-web")!, credentials: credentials, transport: script,
            pauses: [.zero, .zero])
    }

    private func listing(_ uids: [String]) -> WebResponse {
        let items = uids.map { "{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"\($0)\"]}}" }.joined(separator: ",")
        return WebResponse(status: 200, body: Data("[\(items)]".utf8))
    }

    @Test("what is lost on the way, or not to be had at the moment, is asked for again")
    func retries() async throws {
        let script = Script([
            .failure(.init(reason: "the connection broke", isTemporary: true)), .success(.init(status: 503)),
            .success(listing(["1.2"])),
        ])
        #expect(try await client(script).instances(of: Scope(study: Self.study)).count == 1)
        #expect(script.requests.withLock { $0.count } == 3)
    }

    @Test("after some tries it is an error, and what will not go better is one at once")
    func noRetries() async {
        let lost = TransportFailure(reason: "lost", isTemporary: true)
        let gone = Script([.failure(lost), .failure(lost), .failure(lost), .failure(lost)])
        await #expect(throws: ArchiveError.unreachable(host: "archive.example", reason: "lost")) {
            try await client(gone).instances(of: Scope(study: Self.study))
        }
        #expect(gone.requests.withLock { $0.count } == 3)
        let unknownHost = Script([.failure(.init(reason: "no host", isTemporary: false))])
        await #expect(throws: ArchiveError.self) {
            try await client(unknownHost).instances(of: Scope(study: Self.study))
        }
        #expect(unknownHost.requests.withLock { $0.count } == 1)
    }

    @Test(
        "answers that are errors are told apart",
        arguments: [
            (401, ArchiveError.unauthorized(host: "archive.example", hasCredentials: false)),
            (204, .unknown(Scope(study: study), host: "archive.example")),
            (404, .unknown(Scope(study: study), host: "archive.example")),
            (500, .refused(what: "the search", host: "archive.example", status: 500, detail: "")),
            (302, .redirected(from: "http://archive.example/dicom-web", to: "http://evil.example/")),
        ])
    func errors(_ status: Int, _ expected: ArchiveError) async {
        let script = Script([.success(.init(status: status, headers: ["location": "http://evil.example/"]))])
        await #expect(throws: expected) { try await client(script).instances(of: Scope(study: Self.study)) }
        // Least of all is anybody else sent anything.
        #expect(script.requests.withLock { $0.allSatisfy { $0.url.host == "archive.example" } })
    }

    @Test("credentials go in a header")
    func credentials() async throws {
        let script = Script([.success(listing(["1.2"]))])
        _ = try await client(script, Credentials("aladdin:opensesame\n", from: "test")).instances(
            of: Scope(study: Self.study))
        // RFC 7617's example, without its blank.
        let header = script.requests.withLock { $0[0].headers["Authorization"] }
        #expect(header == "Basic YWxhZGRpbjpvcGVuc2VzYW1l")
        #expect(try Credentials(" Bearer abc ", from: "test") == .bearer(token: "abc"))
        for wrong in ["", "abc", ":x", "a:b\nc:d"] {
            #expect(throws: ArchiveError.self) { try Credentials(wrong, from: "test") }
        }
    }

    @Test("a server that knows no pages is not asked for ever")
    func pages() async throws {
        let page = listing((0..<500).map { "1.\($0)" })
        let script = Script([.success(page), .success(page), .success(page)])
        #expect(try await client(script).instances(of: Scope(study: Self.study)).count == 500)
        #expect(script.requests.withLock { $0.count } == 2)
    }

    @Test("another object than was asked for is none")
    func wrongObject() async throws {
        let slice = DICOMPhantom.data(.init(instance: 1) { UInt16($0 + $1) })
        let body = MultipartMessage.encoded(
            [.init(headers: ["Content-Type": "application/dicom"], body: slice)], boundary: "b")
        let answer = WebResponse(status: 200, headers: ["content-type": "multipart/related; boundary=b"], body: body)
        func fetch(_ instance: String) async throws -> Data {
            try await client(Script([.success(answer)])).object(
                Scope(
                    study: Self.study, series: DICOMUID(rawValue: "2.25.1000"), instance: DICOMUID(rawValue: instance)))
        }
        #expect(try await fetch("2.25.2001") == slice)
        await #expect(throws: ArchiveError.self) { try await fetch("2.25.2002") }
    }

    @Test("what an archive did not store is told with its reason, and an error as one")
    func storing() async throws {
        let failed = "{\"00081198\":{\"vr\":\"SQ\",\"Value\":[{\"00081197\":{\"vr\":\"US\",\"Value\":[42752]}}]}}"
        let script = Script([
            .success(.init(status: 409, body: Data(failed.utf8))), .success(.init(status: 507)),
            .success(.init(status: 200)),
        ])
        #expect(try await client(script).store(Data("x".utf8), in: Self.study).failed.map(\.reason) == [0xA700])
        await #expect(throws: ArchiveError.refused(what: "storing", host: "archive.example", status: 507, detail: "")) {
            try await client(script).store(Data("x".utf8), in: Self.study)
        }
        #expect(try await client(script).store(Data("x".utf8), in: Self.study) == StoreOutcome())
        // One part of the type that the message says, RFC 2387.
        let request = script.requests.withLock { $0[0] }
        let type = try #require(request.headers["Content-Type"].flatMap(MediaType.init(parsing:)))
        #expect(request.method == "POST" && request.url.path == "/dicom-web/studies/2.25.1")
        #expect(type.name == "multipart/related" && type.parameters["type"] == "application/dicom")
        let parts = try MultipartMessage(request.body ?? Data(), boundary: type.parameters["boundary"] ?? "").parts
        #expect(parts.map { String(decoding: $0.body, as: UTF8.self) } == ["x"])
    }

    @Test("an address is read, and what is none refused")
    func addresses() throws {
        let address = try ArchiveAddress("dicomweb://host:8042/dicom-web/studies/1.2/series/3.4")
        #expect(address.service.absoluteString == "http://host:8042/dicom-web")
        #expect(address.scope == Scope(study: DICOMUID(rawValue: "1.2"), series: DICOMUID(rawValue: "3.4")))
        #expect(try ArchiveAddress("dicomwebs://host/studies/1.2").service.absoluteString == "https://host")
        for wrong in [
            "dicomweb://", "dicomweb://host", "dicomweb://host/studies", "dicomweb://host/studies/x",
            "dicomweb://host/studies/1.2/series", "dicomweb://user:secret@host/studies/1.2", "http://host/studies/1.2",
            "dicomweb://host/studies/1.2?key=1",
        ] {
            do throws(ArchiveError) {
                _ = try ArchiveAddress(wrong)
                Issue.record("\(wrong)")
            } catch {
                #expect(!"\(error)".contains("secret"))
            }
        }
    }
}
