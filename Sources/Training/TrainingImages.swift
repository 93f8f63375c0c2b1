import DataSets
import Dispatch
import Evaluation
import Foundation
import ImageQuality
import Imaging
import Networks
import Synchronization
import Upscaling

/// One image to learn from, in memory: what is cut from it is degraded when it is drawn.
public struct TrainingImage: Sendable {
    /// (C, H, W) in 0…1, as sharp as there is.
    public var pixels: Pixels
    /// Grey levels of the source between 0 and 1: 255 for 8 bits; `nil` where it was not quantised.
    public var levels: Float?
    public var name: String
    /// What ``NoiseEstimate`` takes for noise in the image reduced to the run's low resolution, in 255ths; zero where the
    /// run need not know.
    var structure = ImageConditions()
    /// What is where in it, of its size; see ``PriorMaps``. `nil` where no network estimates that.
    var priors: Pixels?
}

/// The images of one folder, split.
public struct TrainingSet: Sendable {
    public var folder: TrainingFolder
    public var training: [TrainingImage]
    public var validation: [TrainingImage]
    /// Names of the images on either side, for the manifest.
    public var split: DataSplit
    /// What of the folder is not used.
    public var leftOut = LeftOut()
    /// The grain of the images that are trained on, where a degradation asks for it.
    var grain = GrainHarvest()

    /// What of a folder is not used, and why.
    public struct LeftOut: Sendable {
        /// Images that cannot be read, and what could not be looked at, each with the reason.
        public var unreadable: [(name: String, reason: String)] = []
        /// Images too small to hold a crop.
        public var tooSmall: [String] = []
        /// Files that are no images, or none of the data set's.
        public var others = 0

        public var isEmpty: Bool { unreadable.isEmpty && tooSmall.isEmpty && others == 0 }
    }
}

/// Reads folders of images.
public struct TrainingImages: Sendable {
    let configuration: TrainingConfiguration

    public init(_ configuration: TrainingConfiguration) { self.configuration = configuration }

    /// All folders, in the configuration's order. Images are read on all cores.
    public func load() throws -> [TrainingSet] {
        let contents = try configuration.data.map { try FolderContents($0, share: configuration.validationShare) }
        let heldPatients = contents.reduce(into: Set<String>()) { $0.formUnion($1.heldPatients) }
        return try zip(configuration.data, contents).map { folder, contents in
            // A patient held out of one folder may have images in another.
            let usable = contents.names.filter { name in
                contents.held.contains(name) || !(contents.patients[name].map(heldPatients.contains) ?? false)
            }
            return try load(folder, names: usable, contents)
        }
    }

    private func load(_ folder: TrainingFolder, names: [String], _ contents: FolderContents) throws -> TrainingSet {
        let held = contents.held
        let root = URL(fileURLWithPath: folder.folder)
        let sets = Mutex<[Int: FileImages]>([:])
        let failures = Mutex<[Int: String]>([:])
        DispatchQueue.concurrentPerform(iterations: names.count) { index in
            do {
                let url = root.appendingPathComponent(names[index])
                let image = try ImageFile.read(url).inCommonTerms(path: url.path)
                let mask = try folder.priors.map { try PriorMaps.mask(of: names[index], image, in: $0) }
                let images = try images(
                    of: image, mask: mask, name: names[index], folder: folder, isHeld: held.contains(names[index]))
                sets.withLock { $0[index] = images }
            } catch {
                // Left out and named; the others are still worth training on.
                failures.withLock { $0[index] = "\(error)" }
            }
        }
        let all = sets.withLock { $0 }.sorted { $0.key < $1.key }.map(\.value)
        let unread = failures.withLock { $0 }
        let unused = sets.withLock { $0.filter { $0.value.training.isEmpty && $0.value.validation.isEmpty } }
        let used = names.indices.filter { unread[$0] == nil && unused[$0] == nil }.map { names[$0] }
        let unreadable =
            contents.failures.map { ($0.path, "\($0)") }
            + unread.sorted { $0.key < $1.key }.map { (names[$0.key], $0.value) }
        let tooSmall = unused.keys.sorted().map { names[$0] }
        let reasons = unreadable + tooSmall.map { ($0, "too small for a crop") }
        var set = TrainingSet(
            folder: folder, training: all.flatMap(\.training), validation: all.flatMap(\.validation),
            split: DataSplit(
                rule: contents.rule, training: used.filter { !held.contains($0) },
                validation: used.filter(held.contains),
                leftOut: reasons.isEmpty ? nil : Dictionary(reasons) { first, _ in first }),
            leftOut: TrainingSet.LeftOut(unreadable: unreadable, tooSmall: tooSmall, others: contents.others))
        for images in all { set.grain.add(images.grain) }
        guard !set.training.isEmpty else {
            let first = failures.withLock { $0.min { $0.key < $1.key }?.value }
            throw TrainingError.noImages(folder: folder.folder, firstFailure: first)
        }
        return set
    }

    /// How images are split where no split is given.
    static let rule = """
        names in natural order, grouped by what stands before their first digit; of each group the last share is kept \
        for validation, so that neighbours, which may be one patient, stay together; of volumes, the block of slices \
        from 45 % to 60 % of the last, one slice on either side left out; where the data set tells patients, one who is \
        held out of one folder is trained on in none
        """

    // MARK: Images of one file

    private struct FileImages {
        var training: [TrainingImage] = []
        var validation: [TrainingImage] = []
        var grain = GrainHarvest()
    }

    private func images(
        of image: Image, mask: Pixels?, name: String, folder: TrainingFolder, isHeld: Bool
    ) throws -> FileImages {
        let levels = Self.levels(of: image.header.intensity)
        let whole = try Self.normalized(image, channels: configuration.architecture.channels)
        let harvests = !isHeld && configuration.degradations(of: folder).contains { $0.harvest != nil }
        let isAligned = configuration.objective.learning.learnsFromWholeImages
        let side = configuration.cropSize * configuration.targetScale
        var result = FileImages()
        for index in 0..<whole.slices {
            var slice = whole.slice(index)
            if whole.slices > 1, Self.signalShare(slice) < 0.1 { continue }
            if harvests { result.grain.add(GrainHarvest(slice)) }
            slice = Self.reduced(slice, by: folder.reduction, levels: levels)
            let mask = mask.map { Self.reduced($0.slice(index), by: folder.reduction, levels: nil) }
            if isAligned, slice.width != side || slice.height != side {
                throw TrainingError.configuration(
                    "an image of \(slice.width) × \(slice.height) pixels is none of the \(side) × \(side) that are learned from whole; reduce it by the folder's 'reduction', or cut it"
                )
            }
            let sliceName = whole.slices > 1 ? "\(name)#\(index)" : name
            // Of a held-out volume only the middle validates; the rest still trains, as two patients are few, unless the
            // user has drawn the line.
            let position = Double(index) / Double(whole.slices)
            let margin = 1 / Double(whole.slices)
            let isMiddle = (0.45..<0.6).contains(position)
            let isNearMiddle = (0.45 - margin..<0.6 + margin).contains(position)
            if isHeld, whole.slices == 1 || isMiddle {
                if let image = self.image(slice, mask, levels: levels, name: sliceName, forValidation: true) {
                    result.validation.append(image)
                }
            } else if !isHeld || folder.split == nil && !isNearMiddle {
                for reduction in configuration.reductions {
                    let reduced = Self.reduced(slice, by: reduction, levels: levels)
                    let mask = mask.map { Self.reduced($0, by: reduction, levels: nil) }
                    if let image = self.image(reduced, mask, levels: levels, name: sliceName, forValidation: false) {
                        result.training.append(image)
                    }
                }
            }
        }
        return result
    }

    /// - Parameter forValidation: whether it is to be scored.
    /// - Returns: `nil` where no crop fits into it, or no window of what scores it.
    private func image(
        _ pixels: Pixels, _ mask: Pixels?, levels: Float?, name: String, forValidation: Bool
    ) -> TrainingImage? {
        let whole = pixels.croppedToMultiple(of: configuration.scale)
        let smallest = min(whole.width, whole.height)
        guard smallest >= configuration.cropSize * configuration.targetScale else { return nil }
        // SSIM's window must fit within the border that is left out.
        if forValidation, smallest - 2 * configuration.scale < Metric.ssim.smallestSize { return nil }
        var image = TrainingImage(pixels: whole, levels: levels, name: name)
        if configuration.knowsNoise { image.structure = configuration.structure(of: image) }
        image.priors = mask.map { PriorMaps.maps(of: $0.croppedToMultiple(of: configuration.scale)) }
        return image
    }

    private static func levels(of intensity: Intensity) -> Float? {
        guard let range = intensity.storedRange, range.upperBound - range.lowerBound <= 255 else { return nil }
        return range.upperBound - range.lowerBound
    }

    /// The range that the finished network will be shown becomes 0…1, so that it learns what it is used on.
    ///
    /// Samples without data are filled in from their neighbours, as whoever uses the network does it.
    ///
    /// - Throws: `ModelError.notFinite`, ``TrainingError/configuration(_:)`` for codes and where no sample holds data.
    static func normalized(_ image: Image, channels: Int) throws -> Pixels {
        if let statement = image.header.meaning.codesStatement {
            throw TrainingError.configuration("an image of codes (\(statement)) has nothing to learn from")
        }
        let image = image.filled
        if image.filling?.mask.isTotal == true {
            throw TrainingError.configuration("an image without any data has nothing to learn from")
        }
        let range = try IntensityRange(of: image, by: .standard)
        var pixels = image.colorPixels(channels: channels)
        let factor = 1 / (range.white - range.black)
        for index in pixels.samples.indices { pixels.samples[index] = (pixels.samples[index] - range.black) * factor }
        return pixels
    }

    private static func signalShare(_ slice: Pixels) -> Double {
        Double(slice.samples.count { $0 > 0.05 }) / Double(slice.samples.count)
    }

    private static func reduced(_ image: Pixels, by factor: Int, levels: Float?) -> Pixels {
        guard factor > 1 else { return image }
        return quantized(
            Resampler(
                sourceWidth: image.width, sourceHeight: image.height, width: max(1, image.width / factor),
                height: max(1, image.height / factor))(image), levels: levels)
    }

    static func quantized(_ image: Pixels, levels: Float?) -> Pixels {
        guard let levels else { return image }
        var result = image
        for index in result.samples.indices {
            result.samples[index] = (min(max(result.samples[index], 0), 1) * levels).rounded() / levels
        }
        return result
    }
}

/// The images that a folder has, and which of them are kept aside.
private struct FolderContents {
    /// Relative paths, in natural order.
    let names: [String]
    let held: Set<String>
    /// By path, where the data set tells; the same person has the same name in all folders of a set.
    let patients: [String: String]
    let rule: String
    /// What could not be looked at, and how many files are not the set's.
    let failures: [ImageFileError]
    let others: Int

    var heldPatients: Set<String> { Set(held.compactMap { patients[$0] }) }

    init(_ folder: TrainingFolder, share: Double) throws {
        let root = URL(fileURLWithPath: folder.folder)
        let files = try DataSetFiles(root)
        let dataSet = DataSet.recognized(in: files)
        let images = dataSet.layout.images(in: files)
        guard !images.isEmpty else {
            throw TrainingError.noImages(folder: folder.folder, firstFailure: Self.failure(of: files))
        }
        // Films in a folder of any kind are NIH's too where their names are.
        let set = dataSet == .folder ? DataSet.chestXRay14 : dataSet
        patients = Dictionary(
            uniqueKeysWithValues: images.compactMap { image in
                image.patient.map { (image.path, "\(set.rawValue) \($0)") }
            })
        failures = files.failures
        others = files.paths.count - images.count
        let found = images.map(\.path).sorted { $0.localizedStandardCompare($1) == .orderedAscending }
        if let path = folder.split {
            let split = try DataSplit(contentsOf: URL(fileURLWithPath: path))
            let missing = Set(split.training + split.validation).subtracting(found)
            guard missing.isEmpty else {
                throw TrainingError.configuration("\(path): names \(missing.min()!), which \(folder.folder) has not")
            }
            held = Set(split.validation)
            let used = held.union(split.training)
            names = found.filter(used.contains)
            rule = split.rule
        } else {
            names = found
            held = Self.lastOfEachGroup(found, share: share)
            rule = TrainingImages.rule
        }
    }

    /// Why the first file is no image.
    private static func failure(of files: DataSetFiles) -> String? {
        guard let path = files.paths.first else { return nil }
        do {
            _ = try ImageFile.format(of: files.root.appendingPathComponent(path))
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Names before the first digit are a class or a series; the last of each are held out.
    private static func lastOfEachGroup(_ names: [String], share: Double) -> Set<String> {
        guard share > 0 else { return [] }
        let groups = Dictionary(grouping: names) { String($0.prefix { !$0.isNumber }) }
        return Set(
            groups.values.flatMap { group in
                group.count < 2 ? [] : Array(group.suffix(Int((Double(group.count) * share).rounded(.up))))
            })
    }
}

extension Image {
    /// The picture without opacity in the number of channels that a network takes: colour becomes MATLAB's luma scaled
    /// to the full range, gray is repeated.
    func colorPixels(channels: Int) -> Pixels {
        let count = header.colorModel.colorChannels
        let plane = pixels.planeCount
        var samples: [Float] = []
        samples.reserveCapacity(plane * channels * pixels.slices)
        for slice in 0..<pixels.slices {
            let planes = (0..<count).map { pixels.samples[pixels.planeRange(slice: slice, channel: $0)] }
            switch (count, channels) {
            case (3, 1):
                let (red, green, blue) = (planes[0], planes[1], planes[2])
                for index in 0..<plane {
                    samples.append(
                        0.299 * red[red.startIndex + index] + 0.587 * green[green.startIndex + index] + 0.114
                            * blue[blue.startIndex + index])
                }
            case (1, 3): for _ in 0..<3 { samples.append(contentsOf: planes[0]) }
            default: for plane in planes { samples.append(contentsOf: plane) }
            }
        }
        return Pixels(
            width: pixels.width, height: pixels.height, channels: channels, slices: pixels.slices, samples: samples)
    }
}
