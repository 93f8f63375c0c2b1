import Foundation
import Imaging

/// Speaks DICOMweb to an archive: finds (QIDO-RS), fetches (WADO-RS) and stores (STOW-RS), one instance a request, so that memory
/// holds one and what is lost on the way is asked for again alone.
public struct ArchiveClient: Sendable {
    /// The address of the service, without a slash at the end.
    public let service: URL
    private let credentials: Credentials?
    private let transport: any Transport
    private let pauses: [Duration]

    /// - Parameters:
    ///   - service: its address, `http` or `https`.
    ///   - credentials: sent with every request to it, and to nobody else.
    ///   - transport: what carries requests.
    ///   - pauses: before another try, where there was no answer, or one that the server is not able to at the moment.
    public init(
        _ service: URL, credentials: Credentials? = nil, transport: any Transport = URLSessionTransport(),
        pauses: [Duration] = [.milliseconds(500), .seconds(1), .seconds(2)]
    ) {
        (self.service, self.credentials, self.transport, self.pauses) = (service, credentials, transport, pauses)
    }

    /// The service's name and port, as errors call it.
    public var host: String { (service.host ?? "") + (service.port.map { ":\($0)" } ?? "") }

    // MARK: QIDO-RS

    /// The instances of a study or series, each with its UIDs.
    ///
    /// - Throws: ``ArchiveError``; ``ArchiveError/unknown(_:host:)`` where there are none.
    public func instances(of scope: Scope) async throws(ArchiveError) -> [DICOMJSON] {
        let page = 500
        var found: [DICOMJSON] = []
        var known: Set<String> = []
        while true {
            let query = "?limit=\(page)&offset=\(found.count)&includefield=SeriesDescription,InstanceNumber"
            let answer = try await ask(
                WebRequest(
                    "GET", try url(scope.path + "/instances" + query), headers: ["Accept": "application/dicom+json"]),
                for: "the search")
            // What is not there is an empty list, 204, or to some servers 404.
            if answer.status == 204 || answer.status == 404 { break }
            try check(answer, "the search")
            let more: [DICOMJSON]
            do {
                more = try JSONDecoder().decode([DICOMJSON].self, from: answer.body)
            } catch {
                throw .notUnderstood(what: "the search", host: host, detail: "the answer is no DICOM JSON")
            }
            // Some servers know no pages, and begin anew.
            let new = more.filter { known.insert($0.text(.sopInstanceUID) ?? "").inserted }
            found += new
            guard more.count >= page, new.count == more.count else { break }
        }
        guard !found.isEmpty else { throw .unknown(scope, host: host) }
        return found
    }

    // MARK: WADO-RS

    /// A whole object as it is stored, a DICOM file.
    ///
    /// - Parameter scope: names an instance.
    /// - Throws: ``ArchiveError``, also where another object came than was asked for.
    public func object(_ scope: Scope) async throws(ArchiveError) -> Data {
        let what = "fetching instance \(scope.instance?.rawValue ?? "")"
        let answer = try await ask(
            WebRequest(
                "GET", try url(scope.path),
                headers: ["Accept": "multipart/related; type=\"application/dicom\"; transfer-syntax=*"]),
            for: what)
        try check(answer, what)
        func wrong(_ detail: String) -> ArchiveError { .notUnderstood(what: what, host: host, detail: detail) }
        let type = answer.headers["content-type"].flatMap(MediaType.init(parsing:))
        guard let type, type.name == "multipart/related" else { throw wrong("the answer has not several parts") }
        let parts: [MultipartMessage.Part]
        do {
            parts = try MultipartMessage(answer.body, boundary: type.parameters["boundary"] ?? "").parts
        } catch {
            throw wrong("\(error)")
        }
        guard parts.count == 1 else { throw wrong("\(parts.count) objects came") }
        do {
            let object = try DICOMObject(parts[0].body, named: "the object that came")
            guard object[.sopInstanceUID] == scope.instance?.rawValue else { throw wrong("another object came") }
        } catch let error as ImageFileError {
            throw wrong("\(error)")
        } catch {
            throw error as? ArchiveError ?? wrong("\(error)")
        }
        return parts[0].body
    }

    // MARK: STOW-RS

    /// Stores an object.
    ///
    /// - Parameters:
    ///   - file: the bytes of a DICOM file.
    ///   - study: the study that it belongs to.
    /// - Returns: what the archive says became of it; stored, where it says nothing.
    /// - Throws: ``ArchiveError``
    public func store(_ file: Data, in study: DICOMUID) async throws(ArchiveError) -> StoreOutcome {
        let boundary = MultipartMessage.newBoundary()
        let body = MultipartMessage.encoded(
            [.init(headers: ["Content-Type": "application/dicom"], body: file)], boundary: boundary)
        let answer = try await ask(
            WebRequest(
                "POST", try url(Scope(study: study).path),
                headers: [
                    "Accept": "application/dicom+json",
                    "Content-Type": "\(MediaType.multipart("application/dicom", boundary: boundary))",
                ], body: body), for: "storing")
        // These two say which instances were not stored, and why.
        if answer.status != 409, answer.status != 202 { try check(answer, "storing") }
        guard let response = try? JSONDecoder().decode(DICOMJSON.self, from: answer.body) else {
            if answer.status == 200 { return StoreOutcome() }
            throw .refused(what: "storing", host: host, status: answer.status, detail: Self.detail(answer))
        }
        return StoreOutcome(response)
    }

    // MARK: Asking

    private func url(_ path: String) throws(ArchiveError) -> URL {
        guard let url = URL(string: service.absoluteString + path) else {
            throw .address(service.absoluteString, reason: "is no address")
        }
        return url
    }

    /// Asks, again where that may help: what is asked here changes nothing when it is asked twice.
    private func ask(_ request: WebRequest, for what: String) async throws(ArchiveError) -> WebResponse {
        var request = request
        if let credentials { request.headers["Authorization"] = credentials.header }
        var pauses = pauses[...]
        while true {
            do {
                let answer = try await transport.send(request)
                guard [502, 503, 504].contains(answer.status) else { return answer }
                guard !pauses.isEmpty else { return answer }
            } catch {
                if let fault = error.certificate { throw .untrusted(host: host, fault) }
                guard error.isTemporary, !pauses.isEmpty else {
                    throw .unreachable(host: host, reason: error.reason)
                }
            }
            try? await Task.sleep(for: pauses.removeFirst())
        }
    }

    private func check(_ answer: WebResponse, _ what: String) throws(ArchiveError) {
        switch answer.status {
        case 200..<300: return
        case 401, 403: throw .unauthorized(host: host, hasCredentials: credentials != nil)
        case 300..<400:
            throw .redirected(from: service.absoluteString, to: answer.headers["location"] ?? "another place")
        default:
            throw .refused(what: what, host: host, status: answer.status, detail: Self.detail(answer))
        }
    }

    /// What a server says of its error, as far as it is a line of text.
    private static func detail(_ answer: WebResponse) -> String {
        let object = (try? JSONSerialization.jsonObject(with: answer.body)) as? [String: Any]
        let words = ["Details", "Message", "message", "errorMessage", "error"].compactMap { object?[$0] as? String }
        return String((words.first { !$0.isEmpty } ?? "").prefix(200))
    }
}
