import Foundation
import TestSupport
import Testing

/// `fovea upscale dicomwebs://…`: a real Orthanc behind a door with TLS.
@Suite(.serialized, .enabled(if: OrthancServer.isInstalled, "\(OrthancServer.reason)"))
struct TLSTests {
    private static let store = "/etc/ssl/certs/ca-certificates.crt"

    /// Whether this machine lets a test see another store of authorities than everybody else.
    private static let canMount: Bool = {
        guard FileManager.default.fileExists(atPath: store), FileManager.default.fileExists(atPath: "/usr/bin/openssl")
        else { return false }
        let outcome = try? Fovea.run(
            ["-m", "mount", "--bind", store, store], in: URL(fileURLWithPath: "/"),
            executable: URL(fileURLWithPath: "/usr/bin/unshare"))
        return outcome?.code == 0
    }()

    /// Enlarges a study, on a machine that has added an authority to its own, or none.
    private func upscale(port: Int, trusting authority: ThrowAwayAuthority?) async throws -> Fovea.Outcome {
        let folder = try TemporaryFolder()
        var command =
            "exec '\(Fovea.executable.path)' upscale dicomwebs://127.0.0.1:\(port)/dicom-web/studies/2.25.1 --scale 2 --model bicubic"
        if let authority {
            let all = try Data(contentsOf: URL(fileURLWithPath: Self.store)) + Data(contentsOf: authority.certificate)
            try folder.write(all, to: "store.crt")
            command = "mount --bind '\(folder["store.crt"].path)' \(Self.store) && " + command
        }
        let script = command
        return try await Loopback.apart {
            try Fovea.run(
                ["-m", "bash", "-c", script], in: folder.url, executable: URL(fileURLWithPath: "/usr/bin/unshare"))
        }
    }

    @Test(
        "an archive is spoken to where its certificate proves it, and refused in one line where it does not",
        .enabled(if: canMount, "no store of authorities can be put in place here"))
    func certificates() async throws {
        let orthanc = try await OrthancServer()
        let slice = DICOMPhantom.data(.init(instance: 1) { UInt16(1000 + $0 * 7 + $1) })
        #expect(try await orthanc.client.ask("POST", "/instances", body: slice).status == 200)
        let authority = try ThrowAwayAuthority()
        let old = try TLSDoor(
            certificate: authority.certificate("old", for: "IP:127.0.0.1", days: 0), to: orthanc.httpPort)
        let right = try TLSDoor(certificate: authority.certificate("right", for: "IP:127.0.0.1"), to: orthanc.httpPort)
        let other = try TLSDoor(
            certificate: authority.certificate("other", for: "DNS:pacs.example"), to: orthanc.httpPort)

        let refusals: [(TLSDoor, ThrowAwayAuthority?, String)] = [
            (right, nil, "by an authority that this machine does not trust"), (other, authority, "for another name"),
            (old, authority, "expired, or does not hold yet"),
        ]
        for (door, authority, reason) in refusals {
            let outcome = try await upscale(port: door.port, trusting: authority)
            #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome.error)")
            #expect(outcome.error.contains(reason), "\(outcome.error)")
        }
        let before = try await orthanc.client.ask("GET", "/instances").json as? [Any]
        #expect(before?.count == 1)
        let outcome = try await upscale(port: right.port, trusting: authority)
        #expect(outcome.code == 0, "\(outcome.error)")
        let after = try await orthanc.client.ask("GET", "/instances").json as? [Any]
        #expect(after?.count == 2)
        withExtendedLifetime((old, right, other)) {}
    }
}
