import ArgumentParser
import Batch
import DICOMweb
import Foundation
import Imaging

/// `fovea upscale dicomweb://…`: fetches a study or series, enlarges it as a folder is, and sends the results.
struct ArchiveUpscale {
    let command: Upscale

    /// Refuses what cannot be done with an archive.
    func validate() throws {
        guard command.inputs.count == 1 else {
            throw ValidationError(
                "an archive's address stands alone; enlarge files and other studies in runs of their own.")
        }
        guard command.output == nil || command.archive.sendTo == nil else {
            throw ValidationError("-o keeps results as files, --send-to sends them; choose one of them.")
        }
        if command.output == nil {
            if command.samples != nil || command.trust.trust {
                throw ValidationError(
                    "the sheets that --samples and --trust make are files; name a folder for all by -o.")
            }
            if command.batch.resume || command.batch.manifest != nil {
                throw ValidationError(
                    "--resume and --manifest are for results that are files; a second run knows what the archive has.")
            }
        }
        if let output = command.output, !output.hasSuffix("/"), !URL(fileURLWithPath: output).isFolder {
            throw ValidationError("-o names the folder that results go to; end it in / if it is not there yet.")
        }
    }

    func run() throws {
        try command.requireUse()
        let console = Console(isQuiet: command.quiet)
        let address = try ArchiveAddress(command.inputs[0])
        let source = try command.archive.source(address)
        let destination = try command.archive.destination(source)
        for client in [source, destination] { console.warnOfPlainText(client) }
        var fetch = try ArchiveFetch()
        defer { fetch.remove() }
        try withExtendedLifetime(Interruption(removing: fetch.folder)) {
            let listed = try waiting { try await source.instances(of: address.scope) }
            try fetch.fetch(listed, of: address, by: source) {
                console.progress("fetching from \(source.host): \($0 + 1) of \(listed.count)")
            }
            for series in fetch.derivedSeries {
                console.note("series \(series): made by Fovea, and left alone; name it to enlarge it again")
            }
            try enlarge(fetch, address, from: source, to: destination, console)
        }
    }

    private func enlarge(
        _ fetch: ArchiveFetch, _ address: ArchiveAddress, from source: ArchiveClient, to destination: ArchiveClient,
        _ console: Console
    ) throws {
        guard !fetch.files.isEmpty else {
            throw CommandFailure("\(command.inputs[0]): holds no images to enlarge")
        }
        let output = command.output.map { URL(fileURLWithPath: $0) }
        let list = JobList(
            fetch.files.map { file in
                let name = file.deletingLastPathComponent().lastPathComponent + "/" + file.lastPathComponent
                let folder = output ?? fetch.folder.appendingPathComponent("results")
                return Job(
                    input: file, name: "instances/" + file.deletingPathExtension().lastPathComponent,
                    output: folder.joining(name), resultFolder: output)
            }, withoutPixels: fetch.withoutPixels)
        let series = SeriesSurvey(list.jobs.map(\.input)) {
            console.progress("looking at the series: \($0 + 1) of \(list.jobs.count)")
        }
        let study = address.scope.study!
        let isSent = output == nil
        let made =
            isSent && !command.overwrite ? try waiting { try await destination.present(Scope(study: study)) } : []
        let run = try command.batchRun(list.jobs(of: command.batch.shard), series: series, madeElsewhere: made)
        let jobs = list.jobs(of: command.batch.shard)
        let reporter = UpscaleReporter(
            list, shard: command.batch.shard, named: command.inputs, scale: command.scale.value, isJSON: command.json,
            console: console)
        let delivery = isSent ? ArchiveDelivery(to: destination, study: study) : nil
        reporter.begin()
        let outcomes = run.perform { event in
            let (event, answer) = delivery?.sending(event) ?? (event, .goOn)
            reporter.take(event)
            return answer
        }
        for (series, count) in (delivery?.series ?? [:]).sorted(by: { $0.key < $1.key }) {
            console.note("sent to \(destination.host): \(count) of series \(series)")
        }
        let already = outcomes.count { if case .skipped(.madeElsewhere) = $0 { true } else { false } }
        if already > 0 { console.note("\(destination.host): has \(already) of them already; nothing is sent twice") }
        try reporter.finish(delivery?.outcomes(jobs, outcomes) ?? outcomes)
    }
}
