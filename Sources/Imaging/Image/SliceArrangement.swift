/// How the slices of a file belong together where they are not one stack of one meaning as they lie: frames of a DICOM
/// file that have positions, echoes, times or rescale slopes of their own, pages of a TIFF hyperstack.
public struct SliceArrangement: Sendable, Equatable, Codable {
    /// The real-world value of a stored one: stored · slope + intercept.
    public struct Rescale: Sendable, Hashable, Codable {
        public var slope: Double
        public var intercept: Double
    }

    /// The slices, volume after volume, each in the order of space.
    public var order: [Int]
    /// Of how many volumes on one grid ``order`` consists: echoes, times, channels.
    public var volumes = 1
    /// Seconds from one volume to the next, where volumes are moments of equal distance.
    public var volumeInterval: Double?
    /// From where the header's affine has its origin to the first slice of ``order``, in the world.
    public var shift = SIMD3<Double>.zero
    /// By slice as they lie in the file; `nil` where one slope and intercept, those of the header, hold for all.
    public var rescales: [Rescale]?
    /// Why the slices do not have values of one kind; `nil` where they have.
    public var differentValues: String?
    /// Why the slices are no volumes on one grid; `nil` where they are.
    public var differentGrids: String?
    /// What is taken for granted about the grid since the file does not say it.
    public var assumption: String?
    /// What the slices are, for a reader: "2 volumes of 32 slices that differ in echo time (2.3, 4.6 ms)".
    public var summary: String

    /// Whether volumes differ in nothing but time, where that is known.
    var isTimeSeries = true

    /// Whether the slices as they lie are one stack, or volumes one after the other, of one meaning.
    public var isPlain: Bool {
        differentValues == nil && differentGrids == nil && rescales == nil && order == Array(0..<order.count)
    }
}

extension ImageHeader {
    /// The slope and intercept of a slice, the header's own unless slices have some for themselves.
    public func rescale(ofSlice slice: Int) -> SliceArrangement.Rescale {
        arrangement?.rescales?[slice]
            ?? SliceArrangement.Rescale(slope: intensity.slope, intercept: intensity.intercept)
    }

    /// Refuses to write slices as one grid that are none, for whoever did not ask ``Image/arranged(for:path:)``.
    func checkArranged(for writer: any WritableImageCodec, path: String) throws(ImageFileError) {
        guard let arrangement, !arrangement.isPlain, !writer.keepsSlices(of: self) else { return }
        throw .cannotHold(
            path: path,
            reason: arrangement.differentValues ?? arrangement.differentGrids
                ?? "\(arrangement.summary), which are to be arranged before they are written")
    }

    /// What a file of this format cannot say of this image, in one line; `nil` where nothing is lost but what the format
    /// is not for, such as patient data in a picture.
    ///
    /// - Parameter format: of the file to be written.
    public func loss(as format: ImageFormat) -> String? { format.writer?.loss(of: self) }
}

extension Image {
    /// The same slices with values of one meaning: as they are where one slope and intercept hold for all, else
    /// real-world values in floating point, computed in double precision from each slice's own.
    ///
    /// - Parameter path: of the file, for the error.
    /// - Throws: ``ImageFileError/unsupported(path:feature:)`` where slices hold quantities of different kinds.
    public func inCommonTerms(path: String) throws(ImageFileError) -> Image {
        guard let arrangement = header.arrangement else { return self }
        if let reason = arrangement.differentValues { throw .unsupported(path: path, feature: reason) }
        guard let rescales = arrangement.rescales else { return self }
        var result = self
        let count = pixels.channels * pixels.planeCount
        let padding = header.padding
        result.pixels.samples.withUnsafeMutableBufferPointer { samples in
            for (slice, rescale) in rescales.enumerated() {
                for index in slice * count..<(slice + 1) * count {
                    // Padding is a stored value; among real-world values what holds no data is not a number.
                    let isPadding = padding?.contains(samples[index]) == true
                    let value = Double(samples[index]) * rescale.slope + rescale.intercept
                    samples[index] = isPadding ? .nan : Float(value)
                }
            }
        }
        result.header.intensity = Intensity(
            sampleType: .float32, window: header.intensity.window, polarity: header.intensity.polarity)
        result.header.padding = nil
        result.header.quantization = nil
        result.header.arrangement?.rescales = nil
        return result
    }

    /// The image as a file of one grid and one meaning can hold it: slices in the order of space, volume after volume,
    /// with values as ``inCommonTerms(path:)`` makes them. An image whose slices are that already is returned as it is.
    ///
    /// - Parameters:
    ///   - format: of the file to be written.
    ///   - path: of the file, for the error.
    /// - Throws: ``ImageFileError/cannotHold(path:reason:)`` where slices are several stacks, unequally spaced or of
    ///   different quantities, which no file but their own kind can say; ``ImageFileError/unknownExtension(path:)`` where
    ///   the format is not written.
    public func arranged(for format: ImageFormat, path: String) throws(ImageFileError) -> Image {
        let writer = try format.writer(for: path)
        guard !writer.keepsSlices(of: header) else { return self }
        if let reason = header.arrangement?.differentValues ?? header.arrangement?.differentGrids {
            throw .cannotHold(path: path, reason: reason)
        }
        let volumes = header.arrangement?.volumes ?? header.volumes
        if let reason = writer.reasonAgainst(volumes: volumes, of: header.slices) {
            throw .cannotHold(path: path, reason: reason)
        }
        guard let arrangement = header.arrangement else { return self }
        var result = try inCommonTerms(path: path)
        if arrangement.order != Array(0..<header.slices) {
            let stored = result.pixels
            result.pixels.samples = arrangement.order.flatMap { stored.slice($0).samples }
        }
        result.header.geometry.affine?.origin += arrangement.shift
        if let assumption = arrangement.assumption { result.header.warnings.append(assumption) }
        result.header.volumes = arrangement.volumes
        result.header.volumeInterval = arrangement.volumeInterval
        result.header.arrangement = nil
        return result
    }
}
