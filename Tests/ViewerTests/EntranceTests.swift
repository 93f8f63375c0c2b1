import Foundation
import Imaging
import TestSupport
import Testing
import Viewer

@Suite struct EntranceTests {
    @Test("the page comes with its key, and without it nothing comes")
    func key() async throws {
        let viewer = try await RunningViewer()
        let page = try await viewer.stranger.ask("GET", "/?key=\(viewer.key)")
        #expect(page.status == 200)
        let cookie = try #require(page.headers["set-cookie"])
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
        #expect(viewer.key.count == 32)
        for path in [
            "/", "/api/stacks", "/page/main.js", "/api/uploads", "/nothing", "/?key=",
            "/api/stacks?key=\(viewer.key.dropLast())\(viewer.key.last == "0" ? "1" : "0")",
        ] {
            let answer = try await viewer.stranger.ask("GET", path)
            #expect(answer.status == 401, "\(path)")
        }
        #expect(try await viewer.stranger.ask("GET", "/api/stacks", ["Cookie": "fovea-1=\(viewer.key)"]).status == 401)
        #expect(try await viewer.client.ask("GET", "/api/stacks").status == 200)
        #expect(try await viewer.client.ask("GET", "/page/main.js").status == 200)
        await viewer.stop()
    }

    @Test("a foreign name that is pointed at the viewer gets nothing, even with the key")
    func rebinding() async throws {
        let viewer = try await RunningViewer()
        let port = viewer.client.port
        for host in [
            "evil.example:\(port)", "evil.example", "127.0.0.1", "127.0.0.1:\(port + 1)",
            "127.0.0.1.evil.example:\(port)", "localhost:\(port)@evil.example",
        ] {
            #expect(try await viewer.client.ask("GET", "/api/stacks", ["Host": host]).status == 421, "\(host)")
        }
        for host in ["localhost:\(port)", "LOCALHOST:\(port)", "[::1]:\(port)", "127.0.0.1:\(port)"] {
            #expect(try await viewer.client.ask("GET", "/api/stacks", ["Host": host]).status == 200, "\(host)")
        }
        await viewer.stop()
    }

    @Test("a page of another site gets nothing, though the browser brings the cookie")
    func crossSite() async throws {
        let viewer = try await RunningViewer()
        let port = viewer.client.port
        for headers in [
            ["Origin": "http://evil.example"], ["Origin": "null"], ["Origin": "http://localhost:\(port + 1)"],
            ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"],
        ] {
            #expect(
                try await viewer.client.ask("POST", "/api/uploads?name=a.png", headers, body: Data("x".utf8)).status
                    == 403)
            #expect(try await viewer.client.ask("GET", "/api/stacks", headers).status == 403)
        }
        let own = ["Origin": "http://127.0.0.1:\(port)", "Sec-Fetch-Site": "same-origin"]
        #expect(try await viewer.client.ask("POST", "/api/stacks/scan", own).status == 200)
        // A link to the page may stand on another site.
        #expect(
            try await viewer.stranger.ask("GET", "/?key=\(viewer.key)", ["Sec-Fetch-Site": "cross-site"]).status == 200)
        await viewer.stop()
    }

    @Test("a browser is told to keep everything to itself")
    func headers() async throws {
        let viewer = try await RunningViewer()
        for path in ["/?key=\(viewer.key)", "/api/stacks", "/nothing"] {
            let headers = try await viewer.client.ask("GET", path).headers
            #expect(headers["content-security-policy"]?.hasPrefix("default-src 'self'") == true)
            #expect(headers["x-content-type-options"] == "nosniff")
            #expect(headers["referrer-policy"] == "no-referrer")
            #expect(headers["cache-control"] == "no-store")
            #expect(headers["access-control-allow-origin"] == nil)
        }
        await viewer.stop()
    }

    @Test("no way leads to a file that is not the viewer's")
    func traversal() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Data("secret".utf8), to: "secret.txt")
        try folder.write(Data(), to: "shown/empty.txt")
        let viewer = try await RunningViewer(ViewerOptions(folders: [folder["shown"]]))
        let name = "\(folder.path)/secret.txt"
        for path in [
            "/page/../../../../etc/passwd", "/page/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/page/..%2findex.html",
            "/page/%2fetc%2fpasswd", "//etc/passwd", "/../etc/passwd", "/page/\(name)", "/api/stacks/../../etc/passwd",
            "/api/stacks/%2e%2e/slices/0", "/api/stacks/-1", "/api/stacks/1/slices/99999999999999999999",
            "/api/results/1/files/..%2f..%2fsecret.txt", "/api/results/%00/files/0",
        ] {
            let answer = try await viewer.client.ask("GET", path)
            #expect((400..<500).contains(answer.status), "\(path)")
            #expect(!answer.text.contains("secret\n") && !answer.text.contains("root:"))
        }
        await viewer.stop()
    }

    @Test("many ask at once and all are answered")
    func crowd() async throws {
        let viewer = try await RunningViewer()
        let client = viewer.client
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await client.ask("GET", "/api/settings").status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count == 100 && statuses.allSatisfy { $0 == 200 })
        await viewer.stop()
    }

    @Test("what no HTTP client sends ends the connection and nothing else")
    func nonsense() async throws {
        let viewer = try await RunningViewer()
        for bytes in [
            Data("\u{16}\u{3}\u{1}".utf8), Data("GET / HTTP/9.9\r\n\r\n".utf8),
            Data("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \(String(repeating: "y", count: 1 << 17))\r\n\r\n".utf8),
        ] {
            let connection = try Loopback.Connection(port: viewer.client.port)
            try? connection.send(bytes)
            connection.close()
        }
        #expect(try await viewer.client.ask("GET", "/api/stacks").status == 200)
        await viewer.stop()
    }
}
