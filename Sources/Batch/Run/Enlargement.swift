import Foundation
import Imaging
import Trust
import Upscaling

/// Makes the result of one image, and says which object it is.
struct Enlargement {
    let job: Job
    let recipe: Recipe
    let method: Upscaling.Method
    let image: Image
    /// SHA-256 of the input, where it is known.
    let inputHash: String?
    let writing: WriteOptions
    let tell: (BatchEvent) -> Void
    /// Of a result that was made consistent, or of samples.
    private(set) var largestDeviation: Double?

    init(
        job: Job, recipe: Recipe, method: Upscaling.Method, image: Image, inputHash: String?, writing: WriteOptions,
        tell: @escaping (BatchEvent) -> Void
    ) {
        self.job = job
        self.recipe = recipe
        self.method = method
        self.image = image
        self.inputHash = inputHash
        self.writing = writing
        self.tell = tell
    }

    mutating func enlarge(to claim: FileClaim, progress: (Double) -> Void) throws -> ImageHeader {
        if recipe.isConsistent {
            var result = try method.upscaleConsistently(image, scale: recipe.scale, progress: progress)
            largestDeviation = result.largestDeviation
            try identify(&result.image.header, as: .image)
            try claim.fill(with: result.image, writing)
            return result.image.header
        }
        var header = try method.header(for: image, scale: recipe.scale)
        try identify(&header, as: .image)
        try ImageFile.fill(claim, with: header, options: writing) { sink in
            try method.upscale(image, scale: recipe.scale, to: telling(sink, header), progress: progress)
        }
        return header
    }

    /// What also tells each slice, where there are several.
    private func telling(_ sink: any ImageSink, _ header: ImageHeader) -> any ImageSink {
        sliceTeller(header, before: sink) ?? sink
    }

    private func sliceTeller(_ header: ImageHeader, before next: (any ImageSink)? = nil) -> SliceTeller? {
        guard header.slices > 1 else { return nil }
        let (job, tell) = (job, tell)
        return SliceTeller(header, before: next) { tell(.made(job, header, slice: $0, $1)) }
    }

    /// The result as a whole, in memory, with what the method says of where to doubt it; tells each slice as it is made.
    private func doubted(samples: Int?, progress: (Double) -> Void) throws -> DoubtedEnlargement {
        let teller =
            image.header.slices > 1 ? sliceTeller(try method.header(for: image, scale: recipe.scale)) : nil
        return try method.upscaleDoubting(
            image, scale: recipe.scale, isConsistent: recipe.isConsistent, samples: samples,
            telling: { try teller?.append($0) }, progress: progress)
    }

    // MARK: Trust

    /// Where the bound goes, the mask of what is within the tolerance, and the sheet for people.
    var trustPlaces: (bound: URL, mask: URL?, sheet: URL) {
        let stem = ResultName.stem(of: job.output)
        let ending = isColored ? ".png" : String(job.output.lastPathComponent.dropFirst(stem.count))
        return (
            job.output.sibling(stem + "_bound" + ending),
            recipe.trust?.tolerance == nil ? nil : job.output.sibling(stem + "_trusted" + ending),
            job.output.sibling(stem + "_trust.png")
        )
    }

    /// Writes the enlarged image, how wrong it may be, and a sheet that shows both; only the image and the sheet where no
    /// promise holds.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - claim: for the image.
    ///   - companions: for ``trustPlaces``, in their order.
    ///   - samples: what is done with samples where the image is the mean of some.
    /// - Returns: the image's header, what became of the trust, and the companions that were written.
    mutating func enlarge(
        trusting request: TrustRequest, to claim: FileClaim, _ companions: [FileClaim],
        samples: SampleWriting? = nil, progress: (Double) -> Void
    ) throws -> (ImageHeader, TrustOutcome, [FileClaim]) {
        if samples != nil { try requireSamples() }
        let made = try doubted(samples: samples?.count, progress: progress)
        largestDeviation = made.largestDeviation
        if let samples, let drawn = made.samples {
            tell(.drew(job, drawn))
            try write(samples.figures(drawn, image), of: drawn, to: samples.companions)
        }
        var result = made.image
        try identify(&result.header, as: .image)
        try claim.fill(with: result, writing)
        let sheet = companions.last!
        let visibility = VisibilityFloor(of: image, scale: recipe.scale)
        do {
            let bound = try request.gate(for: method).bound(
                of: result, from: image, by: method, scale: recipe.scale, isConsistent: recipe.isConsistent,
                selfDoubt: made.doubt)
            try sheet.fill(with: request.figure(result, image, .success(bound)), writing)
            var outcome = TrustOutcome(bound, sheet: sheet.destination)
            outcome.visibility = visibility
            guard image.header.colorModel.colorChannels == 1 || !isDICOM || request.dicomMaps == .objects else {
                // An image of colors cannot hold one number a place in its own terms.
                return (result.header, outcome, [sheet])
            }
            try write(bound.map, of: result, bound.statement, as: .bound, to: companions[0], request.dicomMaps)
            outcome.bound = companions[0].destination
            if let tolerance = request.tolerance {
                let stored = bound.stored(tolerance, slope: image.header.intensity.slope)
                let mask = bound.mask(tolerance: stored)
                try write(mask, of: result, bound.statement, as: .trusted, to: companions[1], request.dicomMaps)
                outcome.mask = companions[1].destination
                outcome.trustedShare = bound.trustedShare(tolerance: stored)
            }
            return (result.header, outcome, companions)
        } catch let refusal as TrustRefusal {
            try sheet.fill(with: request.figure(result, image, .failure(refusal)), writing)
            var outcome = TrustOutcome(refusal, sheet: sheet.destination)
            outcome.visibility = visibility
            return (result.header, outcome, [sheet])
        }
    }

    private var isDICOM: Bool { ImageFormat(pathExtensionOf: job.output) == .dicom }

    /// Writes a map of one number a place, on the grid of the result.
    private func write(
        _ pixels: Pixels, of result: Image, _ statement: String, as role: DerivedIdentity.Role, to claim: FileClaim,
        _ dicomMaps: DICOMMaps
    ) throws {
        guard isDICOM, dicomMaps == .objects, case .dicom(let source) = result.header.source else {
            return try claim.fill(with: try map(pixels, of: result, statement, as: role), writing)
        }
        var header = result.header
        try identify(&header, as: role)
        guard let own = header.derivation, let instance = own.sopInstanceUID, let series = own.seriesInstanceUID
        else { return }
        let map = DICOMMap(
            of: result.header,
            content: role == .bound
                ? .quantity(name: role.title, unit: source.unit) : .segment(label: role.title),
            statement: "\(role.title). \(statement)", sopInstanceUID: instance, seriesInstanceUID: series)
        try map.fill(claim, with: role == .bound ? pixels.rescaled(by: result.header) : pixels)
    }

    /// An image that shows a map of one number a place, on the grid of the result.
    private func map(
        _ pixels: Pixels, of result: Image, _ statement: String, as role: DerivedIdentity.Role
    ) throws -> Image {
        var map = pixels
        var header = result.header
        header.colorModel = .gray
        header.padding = nil
        header.intensity.intercept = 0
        header.intensity.polarity = .brightIsHigh
        header.intensity.window = nil
        header.warnings = []
        let largest = Double(map.samples.max() ?? 0) * abs(header.intensity.slope)
        header.derivation?.description = "\(role.title). \(statement)"
        header.derivation?.differenceWindow = Window(center: largest / 2, width: max(largest, 1))
        if isDICOM || isColored {
            // Whole stored units, up, so that the bound stays one.
            for index in map.samples.indices {
                map.samples[index] = header.intensity.quantized(map.samples[index].rounded(.up))
            }
        } else {
            header.intensity = Intensity(sampleType: .float32, slope: abs(header.intensity.slope))
        }
        if isColored { header.source = .memory }
        try identify(&header, as: role)
        return Image(header: header, pixels: map)
    }

    // MARK: Samples

    /// Colors tell small deviations apart where the format would round them away.
    private var isColored: Bool { ImageFormat(pathExtensionOf: job.output)?.isPicture == true }

    /// Where the samples' deviation goes, and the sheet of all.
    var samplePlaces: (deviation: URL, sheet: URL) {
        let stem = ResultName.stem(of: job.output)
        let ending = isColored ? ".png" : String(job.output.lastPathComponent.dropFirst(stem.count))
        return (
            job.output.sibling(stem + "_deviation" + ending), job.output.sibling(stem + "_samples.png")
        )
    }

    /// How samples are drawn and what is shown of them.
    struct SampleWriting {
        let count: Int
        /// For ``samplePlaces``, in their order.
        let companions: [FileClaim]
        let figures: SampleFigures.Artist
    }

    /// Writes the mean of several samples, their deviation, and the sheet of all.
    ///
    /// - Parameters:
    ///   - samples: how they are drawn, and where the deviation and the sheet go.
    ///   - claim: for the mean.
    mutating func drawSamples(
        _ samples: SampleWriting, to claim: FileClaim, progress: (Double) -> Void
    ) throws -> ImageHeader {
        try requireSamples()
        let made = try method.upscaleDoubting(
            image, scale: recipe.scale, isConsistent: recipe.isConsistent, samples: samples.count,
            progress: progress)
        guard var drawn = made.samples else {
            throw BatchError.onlyOneResult(name: job.name, method: method.name)
        }
        largestDeviation = drawn.largestDeviation
        tell(.drew(job, drawn))
        let figures = samples.figures(drawn, image)
        try identify(&drawn.mean.header, as: .image)
        try claim.fill(with: drawn.mean, writing)
        try write(figures, of: drawn, to: samples.companions)
        return drawn.mean.header
    }

    private func requireSamples() throws {
        if let statement = image.header.meaning.codesStatement {
            throw BatchError.samplesOfCodes(name: job.name, statement: statement)
        }
        guard case .drawing = method else {
            throw BatchError.onlyOneResult(name: job.name, method: method.name)
        }
    }

    private func write(_ figures: SampleFigures, of drawn: DrawnSamples, to companions: [FileClaim])
        throws
    {
        if isColored {
            try companions[0].fill(with: figures.deviation, writing)
        } else {
            var map = drawn.deviation
            // A derived DICOM object keeps its source's sample type: whole stored units.
            if ImageFormat(pathExtensionOf: job.output) == .dicom {
                map.header.intensity = image.header.intensity
                let largest = Double(map.pixels.samples.max() ?? 0) * image.header.intensity.slope
                map.header.derivation?.differenceWindow = Window(center: largest / 2, width: max(largest, 1))
            }
            try identify(&map.header, as: .deviation)
            try companions[0].fill(with: map, writing)
        }
        try companions[1].fill(with: figures.sheet, writing)
    }

    // MARK: Identity

    /// Of the enlarged image, before it is made; `nil` where the image is no DICOM object.
    var sopInstanceUID: String? {
        get throws {
            var header = try method.header(for: image, scale: recipe.scale)
            try identify(&header, as: .image)
            return header.derivation?.sopInstanceUID
        }
    }

    private func identify(_ header: inout ImageHeader, as role: DerivedIdentity.Role) throws {
        guard case .dicom(let source) = image.header.source, let derivation = header.derivation else { return }
        let identity = DerivedIdentity(
            recipe, method: method, of: image.header, precision: derivation.precision)
        // The oldest files have no identity but what they hold.
        let instance = try source.sopInstanceUID ?? inputHash ?? FileHash(of: job.input).sha256
        header.derivation?.sopInstanceUID = identity.instance(of: instance, role: role).description
        header.derivation?.seriesInstanceUID =
            identity.series(of: source.seriesInstanceUID ?? instance, role: role).description
    }
}

extension DerivedIdentity.Role {
    /// What a map of the kind shows, in words.
    fileprivate var title: String {
        switch self {
        case .image: "Enlarged image"
        case .deviation: "Deviation of samples"
        case .bound: "Bound on the local mean absolute error"
        case .trusted: "Where the bound is within the tolerance"
        }
    }
}

extension Pixels {
    /// Amounts in stored units of an image in its real-world units, slice by slice where these differ.
    fileprivate func rescaled(by header: ImageHeader) -> Pixels {
        var result = self
        for slice in 0..<slices {
            let own = header.arrangement?.rescales
            let slope = abs(own.map { $0[slice].slope } ?? header.intensity.slope)
            guard slope != 1 else { continue }
            for index in planeRange(slice: slice) { result.samples[index] *= Float(slope) }
        }
        return result
    }
}

extension FileClaim {
    fileprivate func fill(with image: Image, _ options: WriteOptions) throws {
        try ImageFile.fill(self, with: image.header, options: options) { sink in
            for slice in 0..<image.header.slices { try sink.append(image.pixels.slice(slice)) }
        }
    }
}

extension Image {
    /// As a file of this name can hold it: see ``Imaging/Image/arranged(for:path:)``.
    ///
    /// - Parameter output: the file's place.
    /// - Throws: `ImageFileError` where it cannot be arranged so.
    package func arranged(for output: URL) throws -> Image {
        try ImageFormat(pathExtensionOf: output).map { try arranged(for: $0, path: output.relativePath) } ?? self
    }
}

extension ImageHeader {
    /// What reading could not keep and what a file of this name cannot say.
    ///
    /// - Parameter output: the file's place.
    package func warnings(writtenTo output: URL) -> [String] {
        warnings + [ImageFormat(pathExtensionOf: output).flatMap(loss)].compactMap(\.self)
    }
}
