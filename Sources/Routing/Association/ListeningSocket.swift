import Foundation

/// A TCP socket that listens at one IPv4 address, closed when nobody holds it.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    /// The port that it listens at.
    let port: Int

    /// - Parameters:
    ///   - host: a name or address of this machine; the first IPv4 address that it stands for.
    ///   - port: 0 for any that is free.
    /// - Throws: ``RoutingError/cannotListen(host:port:reason:)``.
    init(host: String, port: Int) throws(RoutingError) {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_flags = AI_PASSIVE
        #if canImport(Darwin)
            hints.ai_socktype = SOCK_STREAM
        #else
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let address = found?.pointee else {
            throw .cannotListen(host: host, port: port, reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(AF_INET, hints.ai_socktype, 0)
        var isReused: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
        // Several threads wait at it: the one that comes second is not to be held.
        guard descriptor >= 0, bind(descriptor, address.ai_addr, address.ai_addrlen) == 0,
            listen(descriptor, 128) == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw .cannotListen(host: host, port: port, reason: reason)
        }
        self.descriptor = descriptor
        var own = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        self.port = Int(in_port_t(bigEndian: own.sin_port))
    }

    deinit { close(descriptor) }
}
