import Foundation
import Imaging

/// Which file is restored for which truth, where both were measured: low dose and full dose, one frame and the mean of many.
///
/// Files belong together whose paths below their folders are the same without the ending. Where names of a pair differ by
/// what they say of the kind, that is told: by `full` and `quarter`, `L096_full.dcm` and `L096_quarter.dcm` are a pair. Both
/// folders may then be one.
public struct ImagePairs: Sendable {
    /// What names of truths and of inputs hold, one instead of the other.
    public struct Marks: Sendable, Equatable {
        public var truth: String
        public var input: String

        public init(truth: String, input: String) {
            self.truth = truth
            self.input = input
        }
    }

    /// The truths that have an input, by their paths below their folder.
    public private(set) var truths: [(name: String, url: URL)] = []
    /// What has no partner or several.
    public private(set) var failures: [EvaluationFailure] = []
    private var inputs: [URL: URL] = [:]

    /// - Parameters:
    ///   - folder: of the truths.
    ///   - inputFolder: of the inputs; may be the same.
    ///   - marks: `nil` where the names of a pair are the same.
    public init(truths folder: ImageFolder, inputs inputFolder: ImageFolder, marks: Marks? = nil) {
        var candidates: [String: [(name: String, url: URL)]] = [:]
        for (name, url) in zip(inputFolder.names, inputFolder.images) {
            guard let key = Self.key(name, mark: marks?.input) else { continue }
            candidates[key, default: []].append((name, url))
        }
        var used = Set<String>()
        for (name, url) in zip(folder.names, folder.images) {
            guard let key = Self.key(name, mark: marks?.truth) else { continue }
            let found = (candidates[key] ?? []).filter { Self.place($0.url) != Self.place(url) }
            guard used.insert(key).inserted else {
                failures.append(EvaluationFailure(file: name, error: "is a second truth of \(key)"))
                continue
            }
            if found.count == 1 {
                truths.append((name, url))
                inputs[url] = found[0].url
            } else if found.isEmpty {
                failures.append(EvaluationFailure(file: name, error: "no input has its name\(Self.hint(marks))"))
            } else {
                let names = found.map(\.name).joined(separator: ", ")
                failures.append(EvaluationFailure(file: name, error: "several inputs have its name: \(names)"))
            }
        }
        for (key, files) in candidates.sorted(by: { $0.key < $1.key }) where !used.contains(key) {
            for file in files {
                failures.append(
                    EvaluationFailure(file: file.name, error: "no truth has this input's name\(Self.hint(marks))"))
            }
        }
        guard let marks else { return }
        // In one folder for both kinds either mark will do.
        let (truthFiles, inputFiles) = (Set(folder.images.map(Self.place)), Set(inputFolder.images.map(Self.place)))
        func isOf(_ mark: String, _ files: Set<String>, _ name: String, _ url: URL) -> Bool {
            Self.key(name, mark: mark) != nil && files.contains(Self.place(url))
        }
        var named = Set<String>()
        for (name, url) in zip(folder.names + inputFolder.names, folder.images + inputFolder.images)
        where !isOf(marks.truth, truthFiles, name, url) && !isOf(marks.input, inputFiles, name, url)
            && named.insert(Self.place(url)).inserted
        {
            failures.append(
                EvaluationFailure(
                    file: name,
                    error: "its name says neither '\(marks.truth)' nor '\(marks.input)' as --pair has it here"))
        }
    }

    /// Where a file lies, however its folder was named.
    private static func place(_ url: URL) -> String { url.resolvingSymlinksInPath().standardizedFileURL.path }

    /// The file that is restored for a truth.
    public func input(of truth: URL) -> URL? { inputs[truth] }

    private static func hint(_ marks: Marks?) -> String {
        marks.map { " with '\($0.truth)' and '\($0.input)' exchanged" }
            ?? "; where names differ by their kind, say it, as --pair full,quarter"
    }

    /// The path without its ending and without the last occurrence of the mark; `nil` where the mark is not in the name.
    private static func key(_ name: String, mark: String?) -> String? {
        var stem = name
        // "brain.nii.gz" has two.
        for _ in 0..<2 {
            let ending = (stem as NSString).pathExtension
            guard !ending.isEmpty, stem == name || ending.lowercased() == "nii" else { break }
            stem = (stem as NSString).deletingPathExtension
        }
        guard let mark else { return stem }
        let folder = stem.lastIndex(of: "/").map { stem.index(after: $0) } ?? stem.startIndex
        guard let range = stem.range(of: mark, options: .backwards, range: folder..<stem.endIndex) else { return nil }
        // What stands for the mark keeps the parts before and behind it apart.
        stem.replaceSubrange(range, with: "*")
        return stem
    }
}
