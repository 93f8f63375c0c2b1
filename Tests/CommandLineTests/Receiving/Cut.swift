import Foundation
import TestSupport

/// A port that passes on to another one so many bytes of the first connection, then closes it, as a network that breaks.
final class Cut: Sendable {
    let port: Int

    init(to target: Int, after bytes: Int) throws {
        let port = try OrthancServer.freePort()
        self.port = port
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let failed = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0
            }
        }
        guard !failed, listen(descriptor, 1) == 0 else { throw POSIXError(.EADDRINUSE) }
        Thread.detachNewThread {
            let client = accept(descriptor, nil, nil)
            defer {
                close(client)
                close(descriptor)
            }
            guard let server = try? Loopback.Connection(port: target) else { return }
            Thread.detachNewThread {
                while let piece = try? server.piece(), !piece.isEmpty {
                    _ = piece.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                }
            }
            var left = bytes
            var buffer = [UInt8](repeating: 0, count: 4096)
            while left > 0 {
                let count = recv(client, &buffer, min(left, buffer.count), 0)
                guard count > 0, (try? server.send(Data(buffer[..<count]))) != nil else { break }
                left -= count
            }
            server.close()
        }
    }
}
