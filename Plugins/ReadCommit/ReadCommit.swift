import Foundation
import PackagePlugin

/// Writes down the commit that is checked out, for `fovea --version` and the manifests of training runs.
///
/// A step of the build that depends on git's own record of what was checked out when, so that the commit is right after
/// each commit and checkout, and nothing is done while it stays. (`Context.gitInformation` in Package.swift comes out of a
/// cache and names old commits; prebuild commands are not run again where the plan of the build is kept.)
@main
struct ReadCommit: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let source = context.pluginWorkDirectoryURL.appending(path: "BuiltCommit.swift")
        return [
            .buildCommand(
                displayName: "Reading the commit", executable: URL(filePath: "/bin/sh"),
                arguments: [root.appending(path: "Tools/commit").path, root.path, source.path],
                inputFiles: Self.checkoutLog(of: root).map { [$0] } ?? [], outputFiles: [source])
        ]
    }

    /// What grows with every commit and checkout; `nil` outside of a clone.
    private static func checkoutLog(of root: URL) -> URL? {
        let git = root.appending(path: ".git")
        // In a second working tree it is a file that says where the folder is.
        let link = try? String(contentsOf: git, encoding: .utf8).split(separator: "gitdir: ").last
        let folder = link.flatMap(\.self).map {
            URL(filePath: $0.trimmingCharacters(in: .newlines), relativeTo: root)
        }
        let log = (folder ?? git).appending(path: "logs/HEAD")
        return FileManager.default.fileExists(atPath: log.path) ? log : nil
    }
}
