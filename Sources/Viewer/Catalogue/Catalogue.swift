import Batch
import Foundation
import Imaging

/// All that can be looked at: the images of the folders that were given, and what was dropped on the page.
///
/// A page names a stack by its number here and never a path, so that there is no path to climb out of a folder with.
actor Catalogue {
    private let folders: [URL]
    private let roots: [RootFolder]
    private let executor: ComputeExecutor
    private var scanning: Task<Void, Never>?
    private var folderFiles: [StackFile] = []
    private var uploads: [StackFile] = []
    private var notices: [String] = []
    private var stacks: [Stack] = []
    /// Keep their numbers when a folder is looked through again.
    private var numbers: [String: Int] = [:]
    private var places: [URL: SlicePlace?] = [:]

    /// - Parameters:
    ///   - folders: outside of which nothing is opened.
    ///   - uploads: the folder of what is dropped on the page.
    ///   - executor: reads.
    init(folders: [URL], uploads: URL, executor: ComputeExecutor) {
        self.folders = folders
        self.executor = executor
        roots = (folders + [uploads]).map(RootFolder.init)
    }

    /// Looks through the folders, unless that was done and is not to be done again.
    func scan(again: Bool = false) async {
        if again { scanning = nil }
        if scanning == nil {
            scanning = Task { await scanFolders() }
        }
        await scanning?.value
    }

    private func scanFolders() async {
        let folders = folders
        let known = places
        let (scans, places) = await Task(executorPreference: executor) {
            let scans = folders.map(FolderScan.init)
            return (scans, Self.places(of: scans.flatMap(\.files), known: known))
        }.value
        folderFiles = scans.flatMap(\.files)
        notices = scans.flatMap(\.notices)
        self.places.merge(places) { $1 }
        arrange()
    }

    private static func places(of files: [StackFile], known: [URL: SlicePlace?]) -> [URL: SlicePlace?] {
        Dictionary(
            files.map { file in
                (
                    file.url,
                    known[file.url] ?? (try? DICOMAttributes(of: file.url, SlicePlace.tags)).map(SlicePlace.init)
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Takes in what was dropped on the page.
    ///
    /// - Returns: the stack that it is a part of.
    func add(_ file: StackFile) async throws -> Stack {
        let places = await Task(executorPreference: executor) { Self.places(of: [file], known: [:]) }.value
        self.places.merge(places) { $1 }
        uploads.append(file)
        arrange()
        guard let stack = stacks.first(where: { $0.files.contains(file) }) else { throw ViewerError.unknown }
        return stack
    }

    func listing() async -> CatalogueListing {
        await scan()
        return CatalogueListing(stacks: stacks.map(StackListing.init), notices: notices)
    }

    /// All DICOM files that can be looked at, of folders and dropped.
    ///
    /// - Parameter isNew: whether folders are to be looked through again.
    func dicomFiles(again isNew: Bool) async -> [URL] {
        await scan(again: isNew)
        return (folderFiles + uploads).map(\.url).filter { (places[$0] ?? nil) != nil }
    }

    func stack(_ id: Int) async throws -> Stack {
        await scan()
        guard let stack = stacks.first(where: { $0.id == id }) else { throw ViewerError.unknown }
        return stack
    }

    /// All files of a stack's series, also those of another size, as one who enlarges the whole folder meets them.
    func series(of stack: Stack) -> [URL] {
        guard let series = stack.series else { return stack.files.map(\.url) }
        return stacks.filter { $0.series == series && $0.origin == stack.origin }.flatMap(\.files).map(\.url)
    }

    /// Makes sure, at the moment when a file is opened, that it lies where it may.
    nonisolated func check(_ url: URL) throws {
        guard roots.contains(where: { $0.holds(url) }) else { throw ViewerError.unknown }
    }

    // MARK: Stacks

    private func arrange() {
        let found = arranged(uploads, .upload) + arranged(folderFiles, .folder)
        // What is listed under one heading stands together, where the first of it stands.
        var ranks: [String: Int] = [:]
        for stack in found where ranks[stack.heading] == nil { ranks[stack.heading] = ranks.count }
        stacks = found.enumerated().sorted {
            (ranks[$0.element.heading]!, $0.offset) < (ranks[$1.element.heading]!, $1.offset)
        }.map(\.element)
    }

    private func arranged(_ files: [StackFile], _ origin: Stack.Origin) -> [Stack] {
        var kinds: [SlicePlace.Kind: [(StackFile, SlicePlace)]] = [:]
        var order: [(kind: SlicePlace.Kind?, file: StackFile)] = []
        for file in files {
            if let place = places[file.url] ?? nil, let kind = place.kind(path: file.url.path) {
                if kinds[kind] == nil { order.append((kind, file)) }
                kinds[kind, default: []].append((file, place))
            } else {
                order.append((nil, file))
            }
        }
        return order.map { kind, file in
            guard let kind, let members = kinds[kind] else { return single(file, origin) }
            let place = members[0].1
            let sorted = SlicePlace.order(members.map(\.1)).map { members[$0].0 }
            return Stack(
                id: number("\(origin.rawValue) \(kind)"), origin: origin, heading: place.heading, title: place.title,
                modality: place.modality, files: sorted, series: place.series)
        }
    }

    private func single(_ file: StackFile, _ origin: Stack.Origin) -> Stack {
        let place = places[file.url] ?? nil
        let folder = file.url.deletingLastPathComponent().lastPathComponent
        return Stack(
            id: number("\(origin.rawValue) \(file.url.path)"), origin: origin,
            heading: origin == .upload ? "Dropped here" : place?.heading ?? folder, title: file.url.lastPathComponent,
            modality: place?.modality, files: [file], series: nil)
    }

    private func number(_ key: String) -> Int {
        if let number = numbers[key] { return number }
        numbers[key] = numbers.count + 1
        return numbers.count
    }
}
