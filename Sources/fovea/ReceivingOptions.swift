import ArgumentParser
import Batch
import Foundation
import Routing

/// Options of receiving images over the network.
struct ReceivingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Receive DICOM images (C-STORE) at this port, enlarge those that a rule is for, and send the results on; 0 for any port that is free.",
            valueName: "port"))
    var storeScp: Int?

    @Option(
        help: ArgumentHelp("The AE title by which Fovea is called, and calls; FOVEA by default.", valueName: "title"))
    var aeTitle: String?

    @Option(
        help: ArgumentHelp(
            "A YAML file that says which images are enlarged, how, and where the results go.", valueName: "file"))
    var rules: String?

    @Option(
        help: ArgumentHelp(
            "The folder where what was received is kept, with all that became of it.", valueName: "folder"))
    var queue: String?

    func validate() throws {
        guard let storeScp else {
            let given: [(String, String?)] = [("--ae-title", aeTitle), ("--rules", rules), ("--queue", queue)]
            if let name = given.first(where: { $0.1 != nil })?.0 {
                throw ValidationError("\(name) goes with --store-scp.")
            }
            return
        }
        guard (0...65535).contains(storeScp) else {
            throw ValidationError("--store-scp takes a port from 0 to 65535, not \(storeScp).")
        }
        guard let rules, !rules.isEmpty, let queue, !queue.isEmpty else {
            throw ValidationError(
                "--store-scp needs --rules and --queue: what is to be done, and where what comes is kept.")
        }
        if let aeTitle, !isAETitle(aeTitle) { throw ValidationError("--ae-title: \(RoutingError.notATitle(aeTitle)).") }
    }

    /// What receives; `nil` where nothing is to be received.
    ///
    /// - Throws: in one line, before anybody can connect.
    func server(host: String, console: Console) throws -> RoutingServer? {
        guard let storeScp, let rules, let queue else { return nil }
        let enlarger: RoutingServer.Enlarger = { jobs, series, enlargement in
            let command = try Upscale.parse(["image"] + enlargement.arguments)
            try command.requireUse()
            return try command.batchRun(jobs, series: series)
        }
        let read = try RoutingRules(contentsOf: URL(fileURLWithPath: rules))
        for rule in read.rules {
            do {
                // A model that is not there is known now, and not when the first series waits for it.
                _ = try enlarger([], SeriesSurvey(), rule.enlargement)
            } catch {
                throw CommandFailure("\(rules): rule '\(rule.name)': \(Upscale.message(for: error))")
            }
        }
        var options = RoutingServer.Options(
            queue: URL(fileURLWithPath: queue), title: aeTitle ?? "FOVEA", port: storeScp)
        options.host = host
        return try RoutingServer(options, read, log: { console.note($0) }, enlarge: enlarger)
    }
}

extension RoutingRule.Enlargement {
    /// As `fovea upscale` takes it; what a killed process has made is found again.
    fileprivate var arguments: [String] {
        ["--model", model, "--scale", String(scale), "--resume"] + (grain < 1 ? ["--grain", String(grain)] : [])
            + (isConsistent ? ["--consistent"] : []) + (wantsTrust ? ["--trust"] : [])
    }
}
