import ArgumentParser
import DICOMweb
import Foundation

/// Options of a command that fetches from an archive and sends to one.
struct ArchiveOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Send the results to the archive at this address, dicomweb://HOST:PORT/PATH, in place of the one that they come from.",
            valueName: "address"))
    var sendTo: String?

    @Option(
        help: ArgumentHelp(
            "A file with user:password or 'Bearer TOKEN' for the archive that is read; FOVEA_CREDENTIALS holds the same by default.",
            valueName: "file"))
    var credentials: String?

    @Option(
        help: ArgumentHelp(
            "The same for the archive of --send-to; FOVEA_SEND_CREDENTIALS by default.", valueName: "file"))
    var sendCredentials: String?

    /// Whether any of them is given.
    var isUsed: Bool { sendTo != nil || credentials != nil || sendCredentials != nil }

    func validate() throws {
        if sendCredentials != nil, sendTo == nil {
            throw ValidationError("--send-credentials is for the archive of --send-to, which is not given.")
        }
    }

    /// Speaks to the archive that is read.
    func source(_ address: ArchiveAddress) throws -> ArchiveClient {
        ArchiveClient(address.service, credentials: try Self.read(credentials, or: "FOVEA_CREDENTIALS"))
    }

    /// Speaks to the archive that results go to.
    ///
    /// - Parameter source: the one that is read.
    func destination(_ source: ArchiveClient) throws -> ArchiveClient {
        guard let sendTo else { return source }
        return try Self.destination(at: sendTo, credentials: sendCredentials)
    }

    /// Speaks to an archive that results go to.
    ///
    /// - Parameters:
    ///   - address: of its service.
    ///   - credentials: the file of them; credentials are for the archive that they were given for.
    static func destination(at address: String, credentials: String?) throws -> ArchiveClient {
        ArchiveClient(
            try ArchiveAddress.service(address), credentials: try read(credentials, or: "FOVEA_SEND_CREDENTIALS"))
    }

    private static func read(_ path: String?, or variable: String) throws -> Credentials? {
        if let path {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw ArchiveError.credentials("\(path): cannot be read as a file of credentials")
            }
            return try Credentials(text, from: path)
        }
        guard let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else { return nil }
        return try Credentials(text, from: variable)
    }
}

extension Console {
    func warnOfPlainText(_ client: ArchiveClient) {
        let local = ["127.0.0.1", "localhost", "::1", "[::1]"]
        if client.service.scheme == "http", !local.contains(client.service.host ?? "") {
            warn(["images travel unencrypted; use dicomwebs:// where it speaks TLS"], of: client.host)
        }
    }
}
