import Foundation

/// Speaks HTTP to a port of this machine byte by byte, so that a test can say what no well-behaved client says.
public struct Loopback: Sendable {
    /// What came back.
    public struct Answer: Sendable {
        public var status: Int
        /// By name in lower case.
        public var headers: [String: String]
        public var body: Data

        public var text: String { String(decoding: body, as: UTF8.self) }
        public var json: Any? { try? JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed) }
        public var object: [String: Any] { json as? [String: Any] ?? [:] }
    }

    /// A connection failed, or what came back is no HTTP.
    public struct Failure: Error { var reason: String }

    public let port: Int
    /// Sent with every request.
    public var headers: [String: String]

    public init(port: Int, headers: [String: String] = [:]) {
        self.port = port
        self.headers = headers
    }

    /// Asks, and waits for all of the answer, on a thread that nobody who is to answer needs.
    ///
    /// - Parameters:
    ///   - path: as it stands in the request, whatever that is.
    ///   - more: headers beside the usual ones, in whose place they come.
    public func ask(
        _ method: String = "GET", _ path: String, _ more: [String: String] = [:], body: Data? = nil
    ) async throws -> Answer {
        try await Self.apart { try answer(method, path, more, body: body) }
    }

    /// The same on this thread, which waits.
    func answer(
        _ method: String, _ path: String, _ more: [String: String] = [:], body: Data? = nil
    ) throws -> Answer {
        let connection = try Connection(port: port)
        defer { connection.close() }
        try connection.send(request(method, path, more, body: body))
        return try Self.answer(connection.rest())
    }

    /// Runs what blocks its thread on one of its own.
    public static func apart<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: .init(catching: work)) }
        }
    }

    /// The bytes of a request.
    public func request(
        _ method: String, _ path: String, _ more: [String: String] = [:], body: Data? = nil
    ) -> Data {
        var all = ["Host": "127.0.0.1:\(port)", "Connection": "close"]
        all.merge(headers) { $1 }
        if let body { all["Content-Length"] = String(body.count) }
        all.merge(more) { $1 }
        let lines = all.map { "\($0.key): \($0.value)\r\n" }.joined()
        return Data("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n".utf8) + (body ?? Data())
    }

    private static func answer(_ bytes: Data) throws -> Answer {
        guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else { throw Failure(reason: "no answer") }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = head[0].split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { throw Failure(reason: head[0]) }
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1] }
        }
        var body = Data(bytes[end.upperBound...])
        if headers["transfer-encoding"] == "chunked" { body = try unchunked(body) }
        return Answer(status: status, headers: headers, body: body)
    }

    private static func unchunked(_ bytes: Data) throws -> Data {
        var (result, rest) = (Data(), bytes[...])
        while let end = rest.range(of: Data("\r\n".utf8)) {
            guard let count = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16),
                rest.distance(from: end.upperBound, to: rest.endIndex) >= count
            else { throw Failure(reason: "a chunk is cut off") }
            if count == 0 { return result }
            result += rest[end.upperBound..<end.upperBound + count]
            rest = rest[(end.upperBound + count + 2)...]
        }
        throw Failure(reason: "the last chunk is missing")
    }

    /// An open connection.
    public final class Connection: Sendable {
        private let descriptor: Int32

        public init(port: Int) throws {
            #if canImport(Darwin)
                let kind = SOCK_STREAM
            #else
                let kind = Int32(SOCK_STREAM.rawValue)
            #endif
            descriptor = socket(AF_INET, kind, 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let failed = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0
                }
            }
            if failed { throw Failure(reason: String(cString: strerror(errno))) }
            var patience = timeval(tv_sec: 600, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        }

        /// - Throws: where the other side has gone.
        public func send(_ data: Data) throws {
            var sent = 0
            while sent < data.count {
                let count = data.withUnsafeBytes {
                    Foundation.send(descriptor, $0.baseAddress! + sent, data.count - sent, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Failure(reason: String(cString: strerror(errno))) }
                sent += count
            }
        }

        /// The next piece of what comes; empty at the end.
        public func piece() throws -> Data {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            // Whoever refuses an upload may close before all of it is sent.
            if count < 0, errno == ECONNRESET { return Data() }
            guard count >= 0 else { throw Failure(reason: String(cString: strerror(errno))) }
            return Data(bytes[..<count])
        }

        /// All that comes until the other side closes.
        public func rest() throws -> Data {
            var all = Data()
            while true {
                let next = try piece()
                if next.isEmpty { return all }
                all += next
            }
        }

        /// Also where another thread waits for what comes.
        public func close() {
            shutdown(descriptor, Int32(SHUT_RDWR))
            Foundation.close(descriptor)
        }
    }
}
