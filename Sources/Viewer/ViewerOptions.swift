import Batch
import DICOMweb
import Foundation

/// How a viewer is set up.
public struct ViewerOptions: Sendable {
    /// Folders whose images can be looked at, links within them included; no file outside of them is opened.
    public var folders: [URL]
    /// The name or address that is listened at and that requests must name. The loopback names are one: `127.0.0.1`,
    /// `localhost` and `::1` reach a viewer at `127.0.0.1`.
    public var host: String
    /// The port; 0 for any that is free.
    public var port: Int
    /// How large a file that is dropped on the page may be. All of them together may have four times as much.
    public var largestUpload: ByteCount
    /// The folder that takes what is sent by STOW-RS; `nil` to take nothing.
    public var store: URL?
    /// Sites whose pages may ask by DICOMweb, as browsers name them: `https://viewer.example`.
    public var allowedOrigins: Set<String>
    /// The archive that a page can send results to; `nil` for none.
    public var archive: ArchiveClient?
    /// Told a line for each request; `nil` for none.
    public var log: (@Sendable (String) -> Void)?
    /// How long a result that nobody listens for any more goes on being made.
    public var patience: Duration

    /// - Parameters:
    ///   - folders: whose images can be looked at.
    ///   - host: the name or address that is listened at; this machine alone reaches it by default.
    ///   - port: 0 for any that is free.
    ///   - largestUpload: how large a file that is dropped on the page may be.
    ///   - store: the folder that takes what is sent by STOW-RS; shown as the others are.
    ///   - allowedOrigins: sites whose pages may ask by DICOMweb.
    ///   - archive: that a page can send results to.
    ///   - log: told a line for each request.
    ///   - patience: how long a result that nobody listens for any more goes on being made.
    public init(
        folders: [URL] = [], host: String = "127.0.0.1", port: Int = 0,
        largestUpload: ByteCount = ByteCount(512_000_000), store: URL? = nil, allowedOrigins: Set<String> = [],
        archive: ArchiveClient? = nil, log: (@Sendable (String) -> Void)? = nil, patience: Duration = .seconds(30)
    ) {
        self.folders = folders
        self.host = host
        self.port = port
        self.largestUpload = largestUpload
        self.store = store
        self.allowedOrigins = allowedOrigins
        self.archive = archive
        self.log = log
        self.patience = patience
    }

    /// Whether only this machine reaches the viewer.
    public var isLoopback: Bool { Self.loopback.contains(host.lowercased()) }

    static let loopback: Set<String> = ["127.0.0.1", "localhost", "::1"]

    /// The most connections at once; others wait. Twenty browsers open a good hundred.
    static let connections = 256
    /// The most results that wait while one is made.
    static let waitingResults = 16
    /// The most results that are kept; the oldest goes first.
    static let keptResults = 64
    /// The most uploads at once.
    static let uploadsAtOnce = 4
    /// What decoded images may take of memory, in bytes, of those that are kept to be asked for again.
    static let imageMemory = 1 << 30
}
