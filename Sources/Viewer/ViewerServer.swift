import Batch
import DICOMweb
import Foundation
import Hummingbird
import HummingbirdCore
import Imaging
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals
import Upscaling

/// A viewer for a browser on this machine: images of folders and of files that are dropped on its page, and what networks make
/// of them.
///
///     let viewer = try ViewerServer(ViewerOptions(folders: [folder])) { jobs, series, order in
///         BatchRun(jobs, recipe: recipe(order), series: series) { _ in .bicubic }
///     }
///     try await viewer.run { print($0) }
///
/// It speaks HTTP at one address, to whoever has the key that the printed address carries.
public struct ViewerServer: Sendable {
    private let options: ViewerOptions
    private let entrance: Entrance
    private let workspace: Workspace
    private let desk: ResultDesk
    private let responder: RouterResponder<BasicRequestContext>
    private let catalogue: Catalogue

    /// - Parameters:
    ///   - options: how it is set up.
    ///   - library: the models that a page can ask for.
    ///   - enlarge: makes the run that fills an order.
    /// - Throws: where the temporary folder cannot be written, or a part of the installation is missing.
    public init(
        _ options: ViewerOptions, library: ModelLibrary = .shipped, enlarge: @escaping Enlarger
    ) throws {
        self.options = options
        entrance = Entrance(options)
        workspace = try Workspace()
        let reading = ComputeExecutor(label: "fovea.reading")
        let images = ImageStore(executor: reading)
        catalogue = Catalogue(
            folders: options.folders + [options.store].compactMap(\.self), uploads: workspace.folder, executor: reading)
        desk = ResultDesk(
            workspace, catalogue, images, models: EnlargementOrder.models(of: library), patience: options.patience,
            enlarge: enlarge)
        let router = Router()
        router.add(middleware: EntranceMiddleware(entrance: entrance, log: options.log))
        try PageRoutes(entrance).add(to: router)
        let uploads = UploadDesk(workspace, catalogue, images, largest: options.largestUpload)
        ImageRoutes(catalogue: catalogue, images: images, uploads: uploads).add(to: router)
        ResultRoutes(catalogue: catalogue, desk: desk, archive: options.archive).add(to: router)
        LayerRoutes(catalogue: catalogue, images: images, desk: desk).add(to: router)
        DownloadRoutes(desk: desk, executor: reading).add(to: router)
        DICOMwebRoutes(
            shelf: ArchiveShelf(catalogue, desk, executor: reading),
            store: options.store.map(StoreFolder.init), entrance: entrance, workspace: workspace,
            largestUpload: 4 * options.largestUpload.bytes, executor: reading
        ).add(to: router)
        let settings = try ViewerSettings(library, options)
        router.get("/api/settings") { _, _ in try Response(json: settings) }
        responder = router.buildResponder()
    }

    /// Where what is dropped on the page and made of it lies while the viewer runs.
    package var temporaryFolder: URL { workspace.folder }

    /// Answers requests until the task is cancelled. What was dropped on the page and made of it is gone when this returns.
    ///
    /// - Parameters:
    ///   - endsOnSignals: whether SIGINT and SIGTERM end it too, for programs that do nothing else.
    ///   - onReady: told the address of the page, key and all, when it can be opened.
    /// - Throws: where the address cannot be listened at.
    public func run(endsOnSignals: Bool = false, onReady: @escaping @Sendable (URL) -> Void) async throws {
        defer { workspace.remove() }
        let (options, entrance, catalogue) = (options, entrance, catalogue)
        let silent = Logger(label: "fovea") { _ in SwiftLogNoOpLogHandler() }
        let application = Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    idleTimeout: .seconds(60),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 1 << 13, maxHeaderListSize: 1 << 15, maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port),
                availableConnectionsDelegate: MaximumAvailableConnections(ViewerOptions.connections)),
            onServerRunning: { channel in
                entrance.port = channel.localAddress?.port ?? options.port
                onReady(entrance.address(host: options.host))
                // While the person opens the page.
                await catalogue.scan()
            },
            logger: silent)
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: application, successTerminationBehavior: .gracefullyShutdownGroup),
                .init(service: WorkStopper(desk: desk)),
            ],
            gracefulShutdownSignals: endsOnSignals ? [.sigint, .sigterm] : [], logger: silent)
        // A download that is under way is cut off after that.
        configuration.maximumGracefulShutdownDuration = .seconds(3)
        let group = ServiceGroup(configuration: configuration)
        // Not cancelled but shut down, since a server that is cancelled while somebody connects traps (swift-nio 2.101,
        // `NIOAsyncWriter`): it first closes the door, then waits for who is inside.
        let running = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await running.value
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
    }
}

extension Entrance {
    /// Of the page, with the key.
    func address(host: String) -> URL {
        let name = host.contains(":") ? "[\(host)]" : host
        return URL(string: "http://\(name):\(port)/?key=\(key)")!
    }
}
