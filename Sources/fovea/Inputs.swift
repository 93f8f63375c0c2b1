import ArgumentParser
import Evaluation
import Foundation
import Imaging

/// A file to be worked on, and where its result goes.
struct Job {
    var input: URL
    /// The path as the user would write it.
    var name: String
    var output: URL
}

/// What a command line names: files, and folders with all that is in them.
struct Inputs {
    /// In the order named; the files of a folder in the order of their paths.
    var jobs: [Job] = []
    /// Files of folders that are no images.
    var others = 0
    /// How many DICOM objects of folders hold no pixels, by what they are.
    var withoutPixels: [String: Int] = [:]
    /// What of folders was left out, in one line; `nil` where nothing was.
    var leftOut: String? { ImageFolder.leftOut(others: others, withoutPixels: withoutPixels) }
    /// Inputs that are not there, and what of folders could not be looked at.
    var failures: [(name: String, error: String)] = []

    /// - Parameters:
    ///   - output: a file, or a folder: where it ends in a slash, is a folder, or several results go there.
    ///   - suffix: put behind each name, such as `_x4`.
    init(_ paths: [String], output: String?, suffix: String) throws {
        guard !paths.contains("") else {
            throw ValidationError("an input's name is empty; write . for the folder that you are in")
        }
        let urls = paths.map { URL(fileURLWithPath: $0) }
        let folders = urls.map(\.isFolder)
        let outputFolder = output.flatMap { text -> URL? in
            let url = URL(fileURLWithPath: text)
            return text.hasSuffix("/") || url.isFolder || urls.count > 1 || folders.contains(true) ? url : nil
        }
        if let output, output.isEmpty {
            throw ValidationError("-o names no file and no folder; leave it out or name one")
        }
        if let output, let outputFolder, !outputFolder.isFolder {
            if FileManager.default.fileExists(atPath: outputFolder.path) {
                throw CommandFailure("\(outputFolder.relativePath): is a file, but several results need a folder")
            }
            guard output.hasSuffix("/") || ImageFormat(pathExtensionOf: outputFolder) == nil else {
                throw CommandFailure(
                    "\(output): is the name of one file, but several results need a folder; end it in / if you mean one"
                )
            }
        }
        for (path, (url, isFolder)) in zip(paths, zip(urls, folders)) {
            if isFolder {
                let target = outputFolder ?? url.sibling(url.standardizedFileURL.lastPathComponent + suffix)
                let found: ImageFolder
                do throws(ImageFileError) {
                    found = try ImageFolder(url, excluding: target.isSame(as: url) ? nil : target)
                } catch {
                    failures.append((path, "\(error)"))
                    continue
                }
                others += found.others
                withoutPixels.merge(found.withoutPixels, uniquingKeysWith: +)
                failures += found.failures.map { ($0.path, "\($0)") }
                let results = target.isSame(as: url) ? Self.results(among: found.names) : []
                for (relative, file) in zip(found.names, found.images) where !results.contains(relative) {
                    let result =
                        relative.dropLast(file.lastPathComponent.count) + Self.resultName(of: file, suffix: suffix)
                    jobs.append(
                        Job(input: file, name: url.joining(relative).relativePath, output: target.joining(result)))
                }
            } else if !FileManager.default.fileExists(atPath: url.path) {
                failures.append((path, "\(ImageFileError.missing(path: path))"))
            } else if let output, outputFolder == nil {
                jobs.append(Job(input: url, name: path, output: URL(fileURLWithPath: output)))
            } else {
                let name = Self.resultName(of: url, suffix: suffix)
                jobs.append(
                    Job(
                        input: url, name: path,
                        output: outputFolder?.appendingPathComponent(name) ?? url.sibling(name)))
            }
        }
    }

    /// Which images are results that Fovea wrote beside their inputs: `scan_x4.png` where there is a `scan`.
    private static func results(among names: [String]) -> Set<String> {
        func stem(of name: String) -> String {
            let url = URL(fileURLWithPath: name)
            return String(name.dropLast(url.lastPathComponent.count)) + Self.stem(of: url)
        }
        let stems = Set(names.map(stem) + names)
        return Set(
            names.filter { name in
                guard let match = stem(of: name).wholeMatch(of: #/(.+)_[xd][0-9.]+(_deviation|_samples)?/#) else {
                    return false
                }
                return stems.contains(String(match.1))
            })
    }

    /// `scan.nii.gz` → `scan_x4.nii.gz`. The ending stays where it is that of the file's format; a JPEG becomes a PNG,
    /// since JPEG loses what was gained.
    static func resultName(of url: URL, suffix: String) -> String {
        let name = url.lastPathComponent
        let named = ImageFormat(pathExtensionOf: url)
        let format = (try? ImageFile.format(of: url)) ?? named
        var ending = ImageFormat.ending(of: url)
        var stem = stem(of: url)
        if let format, format != named || !format.endings.contains(format.resultEnding) {
            // `IM.0001` and the like: what follows the point is no ending.
            let isEnding = ImageFormat.allCases.contains { $0.endings.contains(ending.lowercased()) }
            if named == nil, !isEnding { stem = name }
            ending = format.resultEnding
        }
        return stem + suffix + (ending.isEmpty ? "" : "." + ending)
    }

    /// The name without its ending.
    static func stem(of url: URL) -> String {
        let ending = ImageFormat.ending(of: url)
        return String(url.lastPathComponent.dropLast(ending.isEmpty ? 0 : ending.count + 1))
    }
}

extension Image {
    /// As a file of this name can hold it: see ``Imaging/Image/arranged(for:path:)``.
    func arranged(for output: URL) throws -> Image {
        try ImageFormat(pathExtensionOf: output).map { try arranged(for: $0, path: output.relativePath) } ?? self
    }
}

extension ImageHeader {
    /// What reading could not keep and what a file of this name cannot say; `nil` where that is nothing.
    func warnings(writtenTo output: URL) -> [String]? {
        let all = warnings + [ImageFormat(pathExtensionOf: output).flatMap(loss)].compactMap(\.self)
        return all.isEmpty ? nil : all
    }
}

extension URL {
    /// A file of another name beside this one, its path as short as this one's: `b` for `a`, not `./b`.
    func sibling(_ name: String) -> URL {
        relativePath.contains("/")
            ? deletingLastPathComponent().appendingPathComponent(name) : URL(fileURLWithPath: name)
    }

    /// A file under this folder, its path as short as this one's: `b` for `.`, not `./b`.
    func joining(_ name: some StringProtocol) -> URL {
        relativePath == "." ? URL(fileURLWithPath: String(name)) : appendingPathComponent(String(name))
    }

    /// Whether both are one place, links followed.
    func isSame(as other: URL) -> Bool {
        resolvingSymlinksInPath().standardizedFileURL.path == other.resolvingSymlinksInPath().standardizedFileURL.path
    }

    var isFolder: Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
