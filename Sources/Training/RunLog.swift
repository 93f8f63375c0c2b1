import Foundation

/// The files beside a run that people read: its configuration, its split, its curves.
final class RunLog {
    private let folder: URL
    private let losses: FileHandle
    private let validation: FileHandle
    private var sums: [String: (sum: Double, count: Int)] = [:]
    private var names: [String] = []
    /// Steps averaged into one line of `losses.csv`: 50, and fewer in a run so short that its curve would have few points.
    private let interval: Int

    init(
        folder: URL, configuration: TrainingConfiguration, splits: [TrainingSet], keepingStepsBefore start: Int
    ) throws {
        self.folder = folder
        interval = max(1, min(50, configuration.steps / 100))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(configuration).write(
            to: folder.appendingPathComponent("configuration.json"), options: .atomic)
        let named = Dictionary(splits.map { ($0.folder.folder, $0.split) }) { first, _ in first }
        try encoder.encode(named).write(to: folder.appendingPathComponent("split.json"), options: .atomic)
        losses = try Self.open(folder.appendingPathComponent("losses.csv"), keepingStepsBefore: start)
        validation = try Self.open(folder.appendingPathComponent("validation.csv"), keepingStepsBefore: start)
    }

    /// Lines after the checkpoint belong to steps that will be done again.
    private static func open(_ url: URL, keepingStepsBefore start: Int) throws -> FileHandle {
        let old = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        let kept = old.split(separator: "\n").filter { line in
            guard let step = line.split(separator: ",").first.flatMap({ Int($0) }) else { return start > 0 }
            return step <= start
        }
        try Data(kept.map { $0 + "\n" }.joined().utf8).write(to: url, options: .atomic)
        let handle = try FileHandle(forWritingTo: url)
        try handle.seekToEnd()
        return handle
    }

    func append(_ values: [(name: String, value: Float)], step: Int) throws {
        if names.isEmpty {
            names = values.map(\.name)
            if try losses.offset() == 0 { try write("step,\(names.joined(separator: ","))", to: losses) }
        }
        for (name, value) in values {
            let before = sums[name] ?? (0, 0)
            sums[name] = (before.sum + Double(value), before.count + 1)
        }
        guard step % interval == 0 else { return }
        try writeMeans(step: step)
    }

    /// What has gathered since the last line, where the run ends or is stopped.
    func finish(step: Int) throws {
        if !sums.isEmpty { try writeMeans(step: step) }
    }

    private func writeMeans(step: Int) throws {
        let means = names.map { name in sums[name].map { String($0.sum / Double($0.count)) } ?? "" }
        try write("\(step),\(means.joined(separator: ","))", to: losses)
        sums = [:]
    }

    func append(_ scores: [ValidationScore], step: Int) throws {
        if try validation.offset() == 0 { try write("step,dataset,images,psnr,bicubic", to: validation) }
        for score in scores {
            try write("\(step),\(score.dataset),\(score.images),\(score.psnr),\(score.bicubicPSNR)", to: validation)
        }
        try RunCurves(folder: folder).write(to: folder)
    }

    private func write(_ line: String, to handle: FileHandle) throws {
        try handle.write(contentsOf: Data((line + "\n").utf8))
    }
}
