import Foundation
import Imaging

/// What is to be done of what a person names: files, and folders with all that is in them.
public struct JobList: Sendable {
    /// In the order named; the files of a folder in the order of their paths.
    public private(set) var jobs: [Job] = []
    /// Inputs that are not there, what of folders could not be looked at, and inputs whose result would have the place of
    /// another's.
    public private(set) var failures: [Failure] = []
    /// Files of folders that are no images.
    private var others = 0
    /// How many DICOM objects of folders hold no pixels, by what they are.
    private var withoutPixels: [String: Int] = [:]

    /// What of folders is no image and was left out, in one line; `nil` where nothing was.
    public var leftOut: String? { ImageFolder.leftOut(others: others, withoutPixels: withoutPixels) }

    /// An input that comes to nothing.
    public struct Failure: Sendable, Equatable {
        /// The input's path.
        public var name: String
        /// Why, in one line.
        public var error: String

        /// - Parameters:
        ///   - name: the input's path.
        ///   - error: why, in one line.
        public init(name: String, error: String) {
            self.name = name
            self.error = error
        }
    }

    /// - Parameters:
    ///   - paths: files and folders, as their user writes them.
    ///   - output: a file, or a folder: where it ends in a slash, is a folder, or several results go there. `nil` for a
    ///     place beside each input.
    ///   - suffix: put behind each name, such as `_x4`.
    /// - Throws: ``BatchError/emptyInputName``, ``BatchError/emptyOutputName``, ``BatchError/outputIsFile(path:)``,
    ///   ``BatchError/outputNamesFile(path:)``. What is wrong with single inputs stands in ``failures``.
    public init(_ paths: [String], output: String?, suffix: String) throws(BatchError) {
        guard !paths.contains("") else { throw .emptyInputName }
        let urls = paths.map { URL(fileURLWithPath: $0) }
        let outputFolder = try Self.outputFolder(output, for: urls)
        for (path, url) in zip(paths, urls) {
            if url.isFolder {
                addFolder(url, path, to: outputFolder, suffix: suffix)
            } else if !url.isThere {
                failures.append(Failure(name: path, error: "\(ImageFileError.missing(path: path))"))
            } else if let output, outputFolder == nil {
                jobs.append(Job(input: url, name: path, output: URL(fileURLWithPath: output)))
            } else {
                let name = ResultName.result(of: url, suffix: suffix)
                jobs.append(
                    Job(
                        input: url, name: path, output: outputFolder?.appendingPathComponent(name) ?? url.sibling(name),
                        resultFolder: outputFolder))
            }
        }
        keepApart()
    }

    /// What is to be done of files that were fetched, which people know by other names than their paths.
    ///
    /// - Parameters:
    ///   - jobs: in their order, their outputs all different.
    ///   - withoutPixels: how many of what was fetched hold no pixels, by what they are.
    public init(_ jobs: [Job], withoutPixels: [String: Int] = [:]) {
        self.jobs = jobs
        self.withoutPixels = withoutPixels
    }

    /// The folder that `output` means; `nil` for a file or nothing.
    private static func outputFolder(_ output: String?, for inputs: [URL]) throws(BatchError) -> URL? {
        guard let output else { return nil }
        guard !output.isEmpty else { throw .emptyOutputName }
        let url = URL(fileURLWithPath: output)
        guard output.hasSuffix("/") || url.isFolder || inputs.count > 1 || inputs.contains(where: \.isFolder) else {
            return nil
        }
        guard !url.isFolder else { return url }
        guard !url.isThere else { throw .outputIsFile(path: url.relativePath) }
        guard output.hasSuffix("/") || ImageFormat(pathExtensionOf: url) == nil else {
            throw .outputNamesFile(path: output)
        }
        return url
    }

    private mutating func addFolder(_ url: URL, _ path: String, to outputFolder: URL?, suffix: String) {
        let target = outputFolder ?? url.sibling(url.standardizedFileURL.lastPathComponent + suffix)
        let found: ImageFolder
        do throws(ImageFileError) {
            found = try ImageFolder(url, excluding: target.isSame(as: url) ? nil : target)
        } catch {
            failures.append(Failure(name: path, error: "\(error)"))
            return
        }
        others += found.others
        withoutPixels.merge(found.withoutPixels, uniquingKeysWith: +)
        failures += found.failures.map { Failure(name: $0.path, error: "\($0)") }
        let results = target.isSame(as: url) ? ResultName.results(among: found.names) : []
        for (relative, file) in zip(found.names, found.images) where !results.contains(relative) {
            let result =
                relative.dropLast(file.lastPathComponent.count) + ResultName.result(of: file, suffix: suffix)
            jobs.append(
                Job(
                    input: file, name: url.joining(relative).relativePath, output: target.joining(result),
                    resultFolder: target))
        }
    }

    /// Before jobs are shared out, so that all who share them agree on whose a place is.
    private mutating func keepApart() {
        var owners: [String: String] = [:]
        jobs.removeAll { job in
            let place = job.output.standardizedFileURL.path
            guard let owner = owners[place] else {
                owners[place] = job.name
                return false
            }
            failures.append(
                Failure(
                    name: job.name,
                    error: "\(job.name): \(job.output.relativePath) is where the result of \(owner) goes; "
                        + "name the outputs apart"))
            return true
        }
    }

    /// The jobs of one part.
    ///
    /// - Parameter shard: which; `nil` for all.
    public func jobs(of shard: Shard?) -> [Job] {
        guard let shard else { return jobs }
        return jobs.indices.filter(shard.takes).map { jobs[$0] }
    }
}
