import Foundation
import HTTPTypes
import Hummingbird

/// The page itself: a few files that came with the program, known by name before anybody asks.
struct PageRoutes {
    private let files: [String: (bytes: [UInt8], type: String)]
    private let entrance: Entrance

    /// - Throws: what is missing of an installation.
    init(_ entrance: Entrance) throws {
        self.entrance = entrance
        let folder = Self.folder
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        files = Dictionary(
            uniqueKeysWithValues: try names.compactMap { name in
                guard let type = Self.types[String(name.split(separator: ".").last ?? "")] else { return nil }
                return (name, (Array(try Data(contentsOf: folder.appendingPathComponent(name))), type))
            })
    }

    /// In `share/fovea` of the place where the running program is installed, or in the package's resources.
    private static var folder: URL {
        let installed = Bundle.main.bundleURL.deletingLastPathComponent().appendingPathComponent("share/fovea/Page")
        let isInstalled = FileManager.default.fileExists(atPath: installed.path)
        return isInstalled ? installed : Bundle.module.bundleURL.appendingPathComponent("Page")
    }

    private static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
    ]

    func add(to router: Router<BasicRequestContext>) {
        router.get("/") { _, _ in
            var response = try file("index.html")
            // Here and not by a redirect: where the link stood on another site, a redirect would come without the cookie.
            response.setCookie(entrance.cookie)
            return response
        }
        router.get("/page/:name") { _, context in try file(try context.parameters.require("name")) }
    }

    private func file(_ name: String) throws -> Response {
        guard let file = files[name] else { throw ViewerError.unknown }
        return Response(bytes: file.bytes, type: file.type)
    }
}
