import ArgumentParser
import Batch
import Foundation
import Imaging
import Routing
import Synchronization
import Viewer

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at images and what networks make of them, in a browser.",
        discussion: """
            Prints the address of a page on this machine: open it, pick an image of the folders or drop one, and see the \
            original and the result side by side as it is made. What is downloaded there is what 'fovea upscale' writes.

            The address carries a key, without which nothing is answered. No file outside of the folders is opened, \
            nothing in them is changed, and what was dropped or made is gone when the program ends (Ctrl-C).

              fovea serve
              fovea serve studies/ photos/

            DICOM images and results are also answered for by DICOMweb below /dicom-web, for other viewers; the key is \
            their bearer token.

              fovea serve studies/ --store received/ --allow-origin http://localhost:3000

            With --send-to the page offers to send a DICOM result to that archive.

              fovea serve studies/ --send-to dicomweb://localhost:8042/dicom-web

            With --store-scp it also receives DICOM images, enlarges those that a rule is for, and sends the results on, \
            without a page where no folder is named. Not for diagnosis.

              fovea serve --store-scp 11112 --rules rules.yaml --queue /var/lib/fovea
            """)

    @Argument(help: "Folders of images.") var folders: [String] = []

    @Option(help: "The port; 0 for any that is free.") var port = 0

    @Option(
        help: ArgumentHelp(
            "The name or address that others reach this machine by, if they are to; whoever has the page's address then sees the images, which travel unencrypted.",
            valueName: "name"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("How large a file dropped on the page may be.", valueName: "size"))
    var maxUpload = ByteCount(512_000_000)

    @Option(
        help: ArgumentHelp("Take what is sent by DICOMweb (STOW-RS) into this folder.", valueName: "folder"))
    var store: String?

    @Option(
        help: ArgumentHelp(
            "A site whose pages may ask by DICOMweb, as http://localhost:3000; several times for several.",
            valueName: "origin"))
    var allowOrigin: [String] = []

    @Option(
        help: ArgumentHelp(
            "The archive that the page can send results to, dicomweb://HOST:PORT/PATH, or dicomwebs:// for TLS.",
            valueName: "address"))
    var sendTo: String?

    @Option(
        help: ArgumentHelp(
            "A file with user:password or 'Bearer TOKEN' for that archive; FOVEA_SEND_CREDENTIALS holds the same by default.",
            valueName: "file"))
    var sendCredentials: String?

    @Flag(help: "Write a line for each request.") var verbose = false

    @OptionGroup(title: "Receiving") var receiving: ReceivingOptions

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port takes 0 to 65535, not \(port).") }
        if ["", "0.0.0.0", "::"].contains(host) {
            throw ValidationError(
                "--host '\(host)' is no address of its own; name the one by which others reach this machine.")
        }
        if let origin = allowOrigin.first(where: { $0.wholeMatch(of: /https?:\/\/[^\/\s]+/) == nil }) {
            throw ValidationError("--allow-origin takes a site as http://localhost:3000, not '\(origin)'.")
        }
        if store == "" { throw ValidationError("--store names no folder.") }
        if sendCredentials != nil, sendTo == nil {
            throw ValidationError("--send-credentials is for the archive of --send-to, which is not given.")
        }
        if sendTo != nil, receiving.storeScp != nil, folders.isEmpty, store == nil {
            throw ValidationError(
                "--send-to is for the page's results, and without a folder there is no page; rules say where received images go."
            )
        }
        if folders.contains("") {
            throw ValidationError("a folder's name is empty; write . for the one that you are in.")
        }
    }

    /// The folder of `--store`, made where it is missing.
    private func storeFolder() throws -> URL? {
        guard let store else { return nil }
        let url = URL(fileURLWithPath: store)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("\(store): cannot make this folder: \(systemReason(error))")
        }
        return url
    }

    func run() throws {
        let urls = try folders.map { path in
            let url = URL(fileURLWithPath: path)
            guard url.isThere else { throw CommandFailure("\(ImageFileError.missing(path: path))") }
            guard url.isFolder else { throw CommandFailure("\(path): is a file; name the folder that it lies in") }
            return url
        }
        let console = Console()
        guard let receiver = try receiving.server(host: host, console: console) else {
            return try view(urls, console)
        }
        if !ViewerOptions(host: host).isLoopback {
            console.warning("whoever reaches this port can send images, and they travel unencrypted")
        }
        console.result("receiving as \(receiving.aeTitle ?? "FOVEA") at \(host), port \(receiver.port)")
        fflush(nil)
        if urls.isEmpty, store == nil { return withExtendedLifetime(SignalWatch { receiver.end() }) { receiver.run() } }
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            receiver.run()
            done.signal()
        }
        defer {
            receiver.end()
            done.wait()
        }
        try view(urls, console)
    }

    /// Shows images in a browser until the program is to end.
    private func view(_ urls: [URL], _ console: Console) throws {
        var options = ViewerOptions(
            folders: urls, host: host, port: port, largestUpload: maxUpload, store: try storeFolder(),
            allowedOrigins: Set(allowOrigin),
            archive: try sendTo.map { try ArchiveOptions.destination(at: $0, credentials: sendCredentials) })
        if let archive = options.archive { console.warnOfPlainText(archive) }
        if verbose { options.log = { console.note($0) } }
        let viewer = try ViewerServer(options) { (jobs: [Job], series: SeriesSurvey, order: EnlargementOrder) in
            let command = try Upscale.parse(["image"] + order.arguments)
            try command.requireUse()
            return try command.batchRun(jobs, series: series)
        }
        if !options.isLoopback {
            console.warning("whoever has this address sees the images, and they travel unencrypted")
        }
        let (host, port) = (host, port)
        try waiting {
            do {
                try await viewer.run(endsOnSignals: true) { address in
                    console.result("\(address)")
                    fflush(nil)
                    console.note("Open this address in a browser. Ctrl-C ends the viewer.")
                }
            } catch {
                throw CommandFailure("cannot listen at \(host), port \(port): \(error)")
            }
        }
    }

}

extension EnlargementOrder {
    /// As `fovea upscale` takes it.
    fileprivate var arguments: [String] {
        ["--model", model, "--scale", String(scale)] + (grain < 1 ? ["--grain", String(grain)] : [])
            + (isConsistent ? ["--consistent"] : [])
            + (samples.map { ["--samples", String($0)] } ?? [])
            + (wantsTrust ? ["--trust"] + (subject.map { ["--trust-as", $0] } ?? []) : [])
    }
}
