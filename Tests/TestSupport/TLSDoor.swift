import Foundation

/// A door with TLS before a server that speaks HTTP, as hospitals put one before an archive. (Debian 12's Orthanc 1.10.1 ends by a
/// segmentation fault at the first connection where it is to speak TLS itself.)
public final class TLSDoor: Sendable {
    public let port: Int
    private let process: Process

    /// Python's `ssl` is OpenSSL. Prints its port and passes bytes both ways.
    private static let program = """
        import socket, ssl, sys, threading
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
        door = socket.create_server(("127.0.0.1", 0))
        print(door.getsockname()[1], flush=True)
        def pass_on(source, sink):
            try:
                while piece := source.recv(65536):
                    sink.sendall(piece)
            except OSError:
                pass
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        def serve(client):
            try:
                inside = context.wrap_socket(client, server_side=True)
                archive = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
            except OSError:
                return client.close()
            threading.Thread(target=pass_on, args=(inside, archive), daemon=True).start()
            pass_on(archive, inside)
        while True:
            client, _ = door.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()
        """

    /// - Parameters:
    ///   - certificate: a PEM file with its key.
    ///   - target: the port of the server behind it.
    public init(certificate: URL, to target: Int) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, certificate.path, "\(target)"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw OrthancServer.Failure(reason: "the door does not open")
        }
        self.port = port
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}

/// A certification authority that is thrown away with its folder.
public final class ThrowAwayAuthority: Sendable {
    private let folder: TemporaryFolder

    /// Its certificate.
    public var certificate: URL { folder["ca.pem"] }

    public init() throws {
        folder = try TemporaryFolder()
        try run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Hospital")
    }

    /// A server's certificate with its key, in one PEM file.
    ///
    /// - Parameters:
    ///   - name: of the file.
    ///   - subject: whom it is for, such as `IP:127.0.0.1`.
    ///   - days: how long it holds; 0 for a second.
    public func certificate(_ name: String, for subject: String, days: Int = 2) throws -> URL {
        try folder.write(Data("subjectAltName=\(subject)\n".utf8), to: "\(name).ext")
        try run("req -newkey rsa:2048 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
        try run(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -out \(name).crt -extfile \(name).ext -days \(days)"
        )
        let both = try Data(contentsOf: folder["\(name).crt"]) + Data(contentsOf: folder["\(name).key"])
        return try folder.write(both, to: "\(name).pem")
    }

    private func run(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder.url
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw OrthancServer.Failure(reason: "openssl \(arguments) failed") }
    }
}
