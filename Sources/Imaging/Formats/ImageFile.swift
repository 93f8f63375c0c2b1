import Foundation

/// Reading and writing image files whatever their format; see ``Image/init(data:named:)`` for bytes in memory.
public enum ImageFile {
    /// Reads an image, recognising its format by its content.
    ///
    /// - Parameter url: of the file.
    /// - Throws: ``ImageFileError``, where it is missing, of no known format, damaged or more than Fovea reads.
    public static func read(_ url: URL) throws(ImageFileError) -> Image {
        try ByteSource(url).image()
    }

    /// Reads an image whose samples lie in the file itself: whatever other file it names is not opened, for files of people
    /// who may not read everything that this program can.
    ///
    /// - Parameter url: of the file.
    /// - Throws: ``ImageFileError``, as ``read(_:)``, and where samples lie in a file of their own.
    public static func readAlone(_ url: URL) throws(ImageFileError) -> Image {
        try ByteSource(url, isAlone: true).image()
    }

    /// What a DICOM object that holds no pixels is, such as "Basic Text SR"; `nil` for all else, images that lack their
    /// pixels and files that cannot be read among it.
    ///
    /// - Parameter url: of the file.
    public static func kindWithoutPixels(_ url: URL) -> String? {
        guard let source = try? ByteSource(url) else { return nil }
        return (try? source.format())?.codec.kindWithoutPixels(source)
    }

    /// The format of an existing file, by its content.
    ///
    /// - Parameter url: of the file.
    /// - Throws: ``ImageFileError``, where it is missing, cannot be read or is of no known format.
    public static func format(of url: URL) throws(ImageFileError) -> ImageFormat {
        try ByteSource(url).format()
    }

    /// Writes an image to a file of the format that its name asks for, all at once or not at all.
    ///
    /// - Parameters:
    ///   - image: to be written.
    ///   - url: of the file.
    ///   - overwrite: whether a file that is there is replaced.
    ///   - options: how it is written.
    /// - Throws: ``ImageFileError``, where the file is there already, its format cannot hold the image, or the system
    ///   does not let it be written.
    public static func write(
        _ image: Image, to url: URL, overwrite: Bool = false, options: WriteOptions = WriteOptions()
    ) throws {
        let image = try ImageFormat(pathExtensionOf: url).map { try image.arranged(for: $0, path: url.path) } ?? image
        try write(image.header, to: url, overwrite: overwrite, options: options, produce: image.hand)
    }

    /// Writes an image whose samples `produce` hands to the sink piece by piece. The file is written beside its
    /// destination and renamed when complete; if `produce` throws, nothing is left.
    ///
    /// - Parameters:
    ///   - header: of the image.
    ///   - url: of the file, whose name asks for a format.
    ///   - overwrite: whether a file that is there is replaced.
    ///   - options: how it is written.
    ///   - produce: hands over the samples.
    /// - Throws: ``ImageFileError``, and what `produce` throws.
    public static func write(
        _ header: ImageHeader, to url: URL, overwrite: Bool = false, options: WriteOptions = WriteOptions(),
        produce: (any ImageSink) throws -> Void
    ) throws {
        guard overwrite || !FileManager.default.fileExists(atPath: url.path) else {
            throw ImageFileError.alreadyExists(path: url.path)
        }
        // Known before anything is written.
        _ = try format(of: header, writtenTo: url, options)
        let claim = try FileClaim(url)
        try fill(claim, with: header, options: options, produce: produce)
        try claim.place(overwrite: overwrite)
    }

    private static func format(
        of header: ImageHeader, writtenTo url: URL, _ options: WriteOptions
    ) throws(ImageFileError) -> ImageFormat {
        guard let format = ImageFormat(pathExtensionOf: url) else { throw .unknownExtension(path: url.path) }
        try header.check(for: format, options: options, path: url.path)
        return format
    }

    /// Writes the complete file of an image to a place that is held, without putting it there. If `produce` throws, the place
    /// is given back and nothing is left.
    ///
    /// - Parameters:
    ///   - claim: the place, whose name says the format.
    ///   - header: of the image, arranged for the format.
    ///   - options: how it is written.
    ///   - produce: hands the samples over.
    /// - Throws: ``ImageFileError``, and what `produce` throws.
    package static func fill(
        _ claim: FileClaim, with header: ImageHeader, options: WriteOptions = WriteOptions(),
        produce: (any ImageSink) throws -> Void
    ) throws {
        do {
            let format = try format(of: header, writtenTo: claim.destination, options)
            let destination = try ByteDestination(creating: claim.part, named: claim.destination.path)
            try destination.take(header, as: format, options: options, produce: produce)
        } catch {
            // Asked while the part is there, since it is what fills the disk.
            let folder = claim.destination.deletingLastPathComponent()
            let hopeless = (error as? ImageFileError)?.tellingOfRoom(in: folder) ?? error
            claim.release()
            throw hopeless
        }
    }
}

extension ImageHeader {
    /// Refuses, before anything is computed, an image that a file of this format cannot hold.
    ///
    /// - Parameters:
    ///   - format: of the file to be written.
    ///   - options: how it is to be written.
    ///   - path: of the file, for the error.
    /// - Throws: ``ImageFileError/cannotHold(path:reason:)``, or ``ImageFileError/unknownExtension(path:)`` where the
    ///   format is not written.
    public func check(
        for format: ImageFormat, options: WriteOptions = WriteOptions(), path: String
    ) throws(ImageFileError) {
        let writer = try format.writer(for: path)
        try checkArranged(for: writer, path: path)
        try writer.check(self, options: options, name: path)
    }
}

extension Image {
    /// Hands all samples over, a slice at a time.
    func hand(to sink: any ImageSink) throws(ImageFileError) {
        for slice in 0..<pixels.slices { try sink.append(pixels.slice(slice)) }
    }
}

extension ByteSource {
    func format() throws(ImageFileError) -> ImageFormat {
        guard count > 0 else { throw .empty(path: name) }
        let start = FileStart(self)
        if let failure { throw failure }
        guard let format = ImageFormat(start) else { throw .unknownFormat(path: name) }
        return format
    }

    /// The image that the bytes are of.
    func image() throws(ImageFileError) -> Image {
        let codec = try format().codec
        let image: Image
        do throws(ImageFileError) {
            image = try codec.read(from: self)
        } catch {
            throw failure ?? error
        }
        if let failure { throw failure }
        return image
    }
}

extension ByteDestination {
    /// Writes a whole image.
    func take(
        _ header: ImageHeader, as format: ImageFormat, options: WriteOptions, produce: (any ImageSink) throws -> Void
    ) throws {
        do {
            let sink = try format.writer(for: name).sink(for: header, to: self, options: options)
            try produce(sink)
            try sink.finish()
            try finish()
        } catch {
            // What a library says of it is less than what the system said.
            throw failure ?? error
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
