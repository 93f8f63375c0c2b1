import Foundation
import Imaging
import Upscaling

/// One try at one job.
struct Attempt {
    let job: Job
    let run: BatchRun
    let tell: (BatchEvent) -> Void
    let progress: (Double) -> Void

    /// What became of the job, and whether the others would fail likewise.
    func outcome() -> (Outcome, isHopeless: Bool) {
        let manifest = run.manifest(of: job)
        do {
            return (try attempt(manifest), false)
        } catch {
            let text = "\(error)"
            var isHopeless = error is CancellationError
            if case .noRoom? = error as? ImageFileError { isHopeless = true }
            if !isHopeless, let manifest, job.output.deletingLastPathComponent().isFolder {
                var record = record(.failed, in: manifest)
                record.error = text
                // The error is told; that it cannot be recorded besides changes nothing about it.
                try? manifest.append(record)
            }
            return (.failed(text), isHopeless)
        }
    }

    private func attempt(_ manifest: Manifest?) throws -> Outcome {
        // Known before anything is made, locked or computed, in a folder that is closed to us too.
        if run.options.resumes {
            if case .verified = try standing(manifest) { return .skipped(.done) }
        } else {
            try refuseToReplace()
        }
        try makeFolder()
        let claim: FileClaim
        do throws(ImageFileError) {
            claim = try FileClaim(job.output)
        } catch .beingWritten {
            return .skipped(.beingMade)
        }
        // Whatever was there is looked at now that nobody else works on it.
        var overwrites = run.options.overwrites
        if run.options.resumes {
            switch try standing(manifest) {
            case .absent: break
            case .verified: return .skipped(.done)
            case .outdated(let staleness):
                tell(.outdated(job, staleness))
                overwrites = true
            case .unrecorded where overwrites: break
            case .unrecorded:
                throw BatchError.unrecorded(path: job.output.relativePath, manifest: manifest?.url.relativePath)
            }
        } else {
            try refuseToReplace()
        }
        return try enlarge(to: claim, manifest, overwrites: overwrites)
    }

    private func refuseToReplace() throws(ImageFileError) {
        guard run.options.overwrites || !job.output.isThere else {
            throw .alreadyExists(path: job.output.relativePath)
        }
    }

    private func makeFolder() throws(BatchError) {
        let folder = job.output.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw .cannotMakeFolder(path: folder.relativePath, reason: systemReason(error))
        }
    }

    // MARK: What was done before

    private enum Standing {
        /// There is nothing in the result's place.
        case absent
        case verified
        case outdated(Staleness)
        /// Something is there of which nothing is known.
        case unrecorded
    }

    private func standing(_ manifest: Manifest?) throws -> Standing {
        guard job.output.isThere else { return .absent }
        guard let manifest, let record = try manifest.record(of: job.output) else { return .unrecorded }
        let terms = run.terms
        let different = Set(terms.keys).union(record.options.keys).filter { terms[$0] != record.options[$0] }
        // Which models these are goes with their name, and is worth a word where the name is the same alone.
        let told = different.count > 1 ? different.subtracting(["models"]) : different
        guard different.isEmpty else { return .outdated(.options(told.sorted())) }
        guard record.series == run.series.digest(of: job.input) else { return .outdated(.series) }
        guard let input = try FileHash.ofImage(job.input), input.sha256 == record.inputHash else {
            return .outdated(.input)
        }
        let files =
            [(name: record.output, hash: record.outputHash)]
            + (record.companions ?? []).map { (name: $0.output, hash: $0.outputHash) }
        for file in files {
            let url = manifest.file(named: file.name)
            guard url.isThere, try FileHash(of: url).sha256 == file.hash else { return .outdated(.result) }
        }
        return .verified
    }

    // MARK: Anew

    private func enlarge(to claim: FileClaim, _ manifest: Manifest?, overwrites: Bool) throws -> Outcome {
        let start = ContinuousClock.now
        progress(0)
        try manifest?.prepare()
        _ = try ImageFile.format(of: job.input)
        // Before the image is read: what changes in between is then found to have changed.
        let input = manifest == nil ? nil : try FileHash.ofImage(job.input)
        let (image, method, admission) = try run.memory.admitting(job.name) {
            let image = run.series.joined(try ImageFile.read(job.input).arranged(for: job.output))
            guard let format = ImageFormat(pathExtensionOf: job.output) else {
                throw ImageFileError.unknownExtension(path: job.output.relativePath)
            }
            // Known before anything is computed.
            try image.header.check(for: format, options: run.options.writing, path: job.output.relativePath)
            let method = try run.method(image)
            return (image, method, MemoryEstimate(of: image, by: method, run.recipe).bytes)
        }
        defer { admission.end() }
        var work = Enlargement(
            job: job, recipe: run.recipe, method: method, image: image, inputHash: input?.sha256,
            writing: run.options.writing, tell: tell)
        if !run.options.madeElsewhere.isEmpty, let instance = try work.sopInstanceUID,
            run.options.madeElsewhere.contains(instance)
        {
            return .skipped(.madeElsewhere(instance))
        }
        let header: ImageHeader
        var companions: [FileClaim] = []
        var trust: TrustOutcome?
        let samples = try run.recipe.samples.map { count in
            let places = work.samplePlaces
            companions = try claims([places.deviation, places.sheet], manifest, overwrites: overwrites)
            return Enlargement.SampleWriting(count: count, companions: companions, figures: run.figures!)
        }
        if let request = run.recipe.trust {
            let places = work.trustPlaces
            let all = try claims(
                [places.bound, places.mask, places.sheet].compactMap(\.self), manifest, overwrites: overwrites)
            let written: [FileClaim]
            (header, trust, written) = try work.enlarge(
                trusting: request, to: claim, all, samples: samples, progress: progress)
            for unused in all where !written.contains(where: { $0 === unused }) { unused.release() }
            companions += written
        } else if let samples {
            header = try work.make(samples, to: claim, progress: progress).image.header
        } else {
            header = try work.enlarge(to: claim, progress: progress)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try place(claim, companions, header, input, seconds, manifest, overwrites: overwrites)
        return .finished(
            JobResult(
                output: job.output, width: header.width, height: header.height, slices: header.slices,
                derivation: header.derivation, seconds: seconds, largestDeviation: work.largestDeviation,
                companions: run.recipe.samples == nil
                    ? nil : (companions[0].destination, companions[1].destination),
                trust: trust,
                warnings: header.warnings(writtenTo: job.output) + (header.derivation?.beyondTraining ?? []),
                notes: image.sampleNotes))
    }

    /// Holds the places of what is written beside a result.
    private func claims(_ urls: [URL], _ manifest: Manifest?, overwrites: Bool) throws -> [FileClaim] {
        for url in urls where url.isThere {
            guard try overwrites || (run.options.resumes && manifest?.listsCompanion(url) == true) else {
                throw ImageFileError.alreadyExists(path: url.relativePath)
            }
        }
        return try urls.map { try FileClaim($0) }
    }

    /// Records what is written, and puts it in place.
    private func place(
        _ claim: FileClaim, _ companions: [FileClaim], _ header: ImageHeader, _ input: FileHash?, _ seconds: Double,
        _ manifest: Manifest?, overwrites: Bool
    ) throws {
        var done: ManifestRecord?
        if let manifest {
            var record = record(.done, in: manifest)
            let output = try FileHash(of: claim.part)
            record.inputHash = input?.sha256
            (record.outputHash, record.outputBytes) = (output.sha256, output.bytes)
            if !companions.isEmpty {
                record.companions = try companions.map {
                    .init(output: manifest.name(of: $0.destination), outputHash: try FileHash(of: $0.part).sha256)
                }
            }
            (record.model, record.modelHash) = (header.derivation?.model, header.derivation?.modelHash)
            (record.precision, record.seconds) = (header.derivation?.precision, seconds)
            try manifest.append(record)
            done = record
        }
        do {
            for companion in companions { try companion.place(overwrite: overwrites || run.options.resumes) }
            try claim.place(overwrite: overwrites)
        } catch {
            if var record = done {
                record.outcome = .withdrawn
                try? manifest?.append(record)
            }
            throw error
        }
    }

    private func record(_ outcome: ManifestRecord.Outcome, in manifest: Manifest) -> ManifestRecord {
        ManifestRecord(
            outcome: outcome, input: job.name, output: manifest.name(of: job.output), options: run.terms,
            series: run.series.digest(of: job.input), time: Date(), version: FoveaVersion.current)
    }
}
