import Foundation
import Imaging
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

    /// Writes the image, and what is to be shown of its samples where it is the mean of some.
    ///
    /// - Returns: the image as it was written, with what the method says of where to doubt it.
    mutating func make(
        _ samples: SampleWriting?, to claim: FileClaim, progress: (Double) -> Void
    ) throws -> DoubtedEnlargement {
        if samples != nil { try requireSamples() }
        var made = try doubted(samples: samples?.count, progress: progress)
        largestDeviation = made.largestDeviation
        if let samples, let drawn = made.samples {
            tell(.drew(job, drawn))
            try write(samples.figures(drawn, image), of: drawn, to: samples.companions)
        }
        try identify(&made.image.header, as: .image)
        try claim.fill(with: made.image, writing)
        return made
    }

    /// The result as a whole, in memory, with what the method says of where to doubt it; tells each slice as it is made.
    private func doubted(samples: Int?, progress: (Double) -> Void) throws -> DoubtedEnlargement {
        let teller =
            image.header.slices > 1 ? sliceTeller(try method.header(for: image, scale: recipe.scale)) : nil
        return try method.upscaleDoubting(
            image, scale: recipe.scale, isConsistent: recipe.isConsistent, samples: samples,
            telling: { try teller?.append($0) }, progress: progress)
    }

    /// Where something beside the result goes; a map's ending is the result's, or a color picture's.
    func place(of companion: String, ending: String? = nil) -> URL {
        let stem = ResultName.stem(of: job.output)
        let own = isColored ? ".png" : String(job.output.lastPathComponent.dropFirst(stem.count))
        return job.output.sibling(stem + "_" + companion + (ending ?? own))
    }

    /// Colors tell small deviations apart where the format would round them away.
    var isColored: Bool { ImageFormat(pathExtensionOf: job.output)?.isPicture == true }

    // MARK: Identity

    /// Of the enlarged image, before it is made; `nil` where the image is no DICOM object.
    var sopInstanceUID: String? {
        get throws {
            var header = try method.header(for: image, scale: recipe.scale)
            try identify(&header, as: .image)
            return header.derivation?.sopInstanceUID
        }
    }

    func identify(_ header: inout ImageHeader, as role: DerivedIdentity.Role) throws {
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

extension FileClaim {
    func fill(with image: Image, _ options: WriteOptions) throws {
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
