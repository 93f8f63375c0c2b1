import Foundation

/// The file formats Fovea reads and writes; MetaImage and PNM are read only.
public enum ImageFormat: String, Sendable, CaseIterable, Codable {
    case dicom, nifti, png, tiff, jpeg, metaImage, pnm

    /// The format that the name of a file to be written asks for.
    public init?(pathExtensionOf url: URL) {
        let name = url.lastPathComponent.lowercased()
        if name.hasSuffix(".nii") || name.hasSuffix(".nii.gz") {
            self = .nifti
            return
        }
        switch url.pathExtension.lowercased() {
        case "dcm", "dicom", "ima": self = .dicom
        case "png": self = .png
        case "tif", "tiff": self = .tiff
        case "jpg", "jpeg": self = .jpeg
        default: return nil
        }
    }
}

/// Takes the samples of one image in order, slice after slice, each from top to bottom, so that a result larger than
/// memory can be written. Samples come in stored units; the sink rounds and clamps them with ``Intensity/quantized(_:)``.
public protocol ImageSink: AnyObject {
    /// The next rows of the current slice: any number of whole rows, all channels.
    func append(_ band: Pixels) throws(ImageFileError)
    /// Completes the file. Throws if rows are missing.
    func finish() throws(ImageFileError)
}

/// Reading and writing images whatever their format.
public enum ImageFile {
    /// Reads an image, recognising its format by its content.
    public static func read(_ url: URL) throws(ImageFileError) -> Image {
        switch try format(of: url) {
        case .dicom: try DICOMFile.read(url)
        case .nifti: try NIfTIFile.read(url)
        case .png: try PNGFile.read(url)
        case .tiff: try TIFFFile.read(url)
        case .jpeg: try JPEGFile.read(url)
        case .metaImage: try MetaImageFile.read(url)
        case .pnm: try PNMFile.read(url)
        }
    }

    /// What a DICOM object that holds no pixels is, such as "Basic Text SR"; `nil` for all else, images that lack their
    /// pixels and files that cannot be read among it.
    public static func kindWithoutPixels(_ url: URL) -> String? {
        guard (try? format(of: url)) == .dicom else { return nil }
        return DICOMFile.kindWithoutPixels(url)
    }

    /// The format of an existing file, by its content.
    public static func format(of url: URL) throws(ImageFileError) -> ImageFormat {
        let path = url.path
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw errno == ENOENT || errno == ENOTDIR
                ? .missing(path: path) : .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .isFolder(path: path)
        default:
            // Opening a pipe may wait for ever, and formats are read back and forth.
            throw .unreadable(path: path, reason: "it is a pipe or a device; save it to a file first")
        }
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let start: Data
        do {
            start = try handle.read(upToCount: 560) ?? Data()
        } catch {
            throw .unreadable(path: path, reason: error.localizedDescription)
        }
        guard !start.isEmpty else { throw .empty(path: path) }
        let bytes = [UInt8](start)
        if PNGFile.recognizes(bytes) { return .png }
        // DICOM leaves its first 128 bytes to anyone, and some fill them with a TIFF header.
        if bytes.dropFirst(128).starts(with: "DICM".utf8) { return .dicom }
        if TIFFFile.recognizes(bytes) { return .tiff }
        if JPEGFile.recognizes(bytes) { return .jpeg }
        if NIfTIFile.recognizes(bytes, url: url) { return .nifti }
        if PNMFile.recognizes(bytes, url: url) { return .pnm }
        if MetaImageFile.recognizes(bytes) { return .metaImage }
        if DICOMFile.recognizes(bytes) { return .dicom }
        throw .unknownFormat(path: path)
    }

    /// Writes an image to a file of the format that its name asks for, all at once or not at all.
    public static func write(_ image: Image, to url: URL, overwrite: Bool = false) throws {
        let image = try ImageFormat(pathExtensionOf: url).map { try image.arranged(for: $0, path: url.path) } ?? image
        try write(image.header, to: url, overwrite: overwrite) { sink in
            for slice in 0..<image.pixels.slices { try sink.append(image.pixels.slice(slice)) }
        }
    }

    /// Writes an image whose samples `produce` hands to the sink piece by piece. The file is written beside its
    /// destination and renamed when complete; if `produce` throws, nothing is left.
    public static func write(
        _ header: ImageHeader, to url: URL, overwrite: Bool = false, produce: (any ImageSink) throws -> Void
    ) throws {
        guard overwrite || !FileManager.default.fileExists(atPath: url.path) else {
            throw ImageFileError.alreadyExists(path: url.path)
        }
        // Known before anything is written.
        _ = try format(of: header, writtenTo: url)
        let claim = try FileClaim(url)
        try fill(claim, with: header, produce: produce)
        try claim.place(overwrite: overwrite)
    }

    private static func format(
        of header: ImageHeader, writtenTo url: URL
    ) throws(ImageFileError) -> ImageFormat {
        guard let format = ImageFormat(pathExtensionOf: url) else { throw .unknownExtension(path: url.path) }
        try header.checkArranged(for: format, path: url.path)
        return format
    }

    /// Writes the complete file of an image to a place that is held, without putting it there. If `produce` throws, the place
    /// is given back and nothing is left.
    ///
    /// - Parameters:
    ///   - claim: the place, whose name says the format.
    ///   - header: of the image, arranged for the format.
    ///   - produce: hands the samples over.
    /// - Throws: ``ImageFileError``, and what `produce` throws.
    package static func fill(
        _ claim: FileClaim, with header: ImageHeader, produce: (any ImageSink) throws -> Void
    ) throws {
        do {
            let format = try format(of: header, writtenTo: claim.destination)
            let sink = try sink(for: header, format: format, at: claim.part)
            try produce(sink)
            try sink.finish()
        } catch {
            // Asked while the part is there, since it is what fills the disk.
            let named = (error as? ImageFileError)?.naming(claim.destination.path, insteadOf: claim.part.path)
            let hopeless = named?.tellingOfRoom(in: claim.destination.deletingLastPathComponent()) ?? error
            claim.release()
            throw hopeless
        }
    }

    private static func sink(
        for header: ImageHeader, format: ImageFormat, at url: URL
    ) throws(ImageFileError) -> any ImageSink {
        switch format {
        case .dicom: try DICOMFile.sink(for: header, at: url)
        case .nifti: try NIfTIFile.sink(for: header, at: url)
        case .png: try PNGFile.sink(for: header, at: url)
        case .tiff: try TIFFFile.sink(for: header, at: url)
        case .jpeg: try JPEGFile.sink(for: header, at: url)
        case .metaImage, .pnm: throw .unknownExtension(path: url.path)
        }
    }
}

extension ImageFileError {
    /// ``noRoom(path:reason:)`` in the place of a failure to write that every other file will meet too.
    package func tellingOfRoom(in folder: URL) -> ImageFileError {
        guard case .cannotWrite(let path, let reason) = self else { return self }
        // Libraries hand on the system's words, or say only that they could not write.
        for number in [ENOSPC, EDQUOT, EROFS] {
            let words = String(cString: strerror(number))
            if reason.contains(words) { return .noRoom(path: path, reason: words) }
        }
        var volume = statvfs()
        guard statvfs(folder.path, &volume) == 0 else { return self }
        if volume.f_flag & UInt(ST_RDONLY) != 0 { return .noRoom(path: path, reason: String(cString: strerror(EROFS))) }
        let free = UInt64(volume.f_bavail) * UInt64(volume.f_frsize)
        return free < 1 << 16 ? .noRoom(path: path, reason: String(cString: strerror(ENOSPC))) : self
    }
}
