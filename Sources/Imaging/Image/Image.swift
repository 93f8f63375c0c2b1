/// The samples of an image in the units its file stores, planar.
///
/// Order of ``samples``: slice, channel, row, column. A *slice* is a frame of a DICOM file or a two-dimensional plane
/// of a NIfTI volume (all dimensions beyond the second, flattened); still pictures have one.
public struct Pixels: Sendable, Equatable {
    public let width: Int
    public let height: Int
    public let channels: Int
    public let slices: Int
    public var samples: [Float]

    /// - Precondition: `samples.count == width * height * channels * slices`.
    public init(width: Int, height: Int, channels: Int = 1, slices: Int = 1, samples: [Float]) {
        precondition(samples.count == width * height * channels * slices, "sample count disagrees with the shape")
        self.width = width
        self.height = height
        self.channels = channels
        self.slices = slices
        self.samples = samples
    }

    public init(width: Int, height: Int, channels: Int = 1, slices: Int = 1, repeating value: Float = 0) {
        self.init(
            width: width, height: height, channels: channels, slices: slices,
            samples: [Float](repeating: value, count: width * height * channels * slices))
    }

    /// Samples in one channel of one slice.
    public var planeCount: Int { width * height }

    /// Where a channel of a slice lies in ``samples``.
    public func planeRange(slice: Int = 0, channel: Int = 0) -> Range<Int> {
        let start = (slice * channels + channel) * planeCount
        return start..<(start + planeCount)
    }

    /// One channel of one slice as an image of its own.
    public func plane(slice: Int = 0, channel: Int = 0) -> Pixels {
        Pixels(width: width, height: height, samples: Array(samples[planeRange(slice: slice, channel: channel)]))
    }

    /// All channels of one slice.
    public func slice(_ index: Int) -> Pixels {
        let count = channels * planeCount
        return Pixels(
            width: width, height: height, channels: channels,
            samples: Array(samples[index * count..<(index + 1) * count]))
    }

    /// The rectangle `columns` × `rows` of every channel and slice.
    public func cropped(columns: Range<Int>, rows: Range<Int>) -> Pixels {
        precondition(columns.lowerBound >= 0 && columns.upperBound <= width, "columns outside the image")
        precondition(rows.lowerBound >= 0 && rows.upperBound <= height, "rows outside the image")
        var result = [Float]()
        result.reserveCapacity(columns.count * rows.count * channels * slices)
        for plane in 0..<channels * slices {
            for row in rows {
                let start = (plane * height + row) * width
                result.append(contentsOf: samples[start + columns.lowerBound..<start + columns.upperBound])
            }
        }
        return Pixels(width: columns.count, height: rows.count, channels: channels, slices: slices, samples: result)
    }
}

/// What the channels of an image mean.
public enum ColorModel: String, Sendable, Codable, CaseIterable {
    case gray
    case grayAlpha
    case rgb
    case rgba

    /// Channels that carry the picture, without opacity.
    public var colorChannels: Int {
        switch self {
        case .gray, .grayAlpha: 1
        case .rgb, .rgba: 3
        }
    }

    public var hasAlpha: Bool { self == .grayAlpha || self == .rgba }

    public var channels: Int { colorChannels + (hasAlpha ? 1 : 0) }
}

/// Everything a file says about an image except its samples.
public struct ImageHeader: Sendable {
    public var width: Int
    public var height: Int
    public var slices: Int
    public var colorModel: ColorModel
    public var geometry: Geometry
    public var intensity: Intensity
    /// Whether samples are amounts or codes, which nothing may interpolate.
    public var meaning: SampleMeaning
    /// Stored values that stand for "no data": DICOM's Pixel Padding Value, or all from there to the Pixel Padding Range
    /// Limit (PS3.3 C.7.5.1.1.2). In floating point NaN stands for it besides. See ``Image/noData``.
    public var padding: ClosedRange<Float>?
    /// The file this came from, with what is needed to write its kind again.
    public var source: Source
    /// Set when the samples were computed from the source rather than read from it.
    public var derivation: Derivation?
    /// The series that this is one image of, where it is to be seen as such.
    package var series: SeriesValues?
    /// Of how many volumes on one grid the slices consist, volume after volume: moments, echoes, channels.
    public var volumes = 1
    /// Seconds from one volume to the next, where volumes are moments of equal distance.
    public var volumeInterval: Double?
    /// What slices say each for itself; `nil` where one grid and one meaning of the values hold for all as they lie.
    public var arrangement: SliceArrangement?
    /// What JPEG rounded of the samples as they lie, of colors of their brightness; `nil` where it did not, or it is not known.
    public var quantization: JPEGQuantization?
    /// What reading could not keep and its user must know, one line each.
    public var warnings: [String] = []

    public init(
        width: Int, height: Int, slices: Int = 1, colorModel: ColorModel = .gray, geometry: Geometry = Geometry(),
        intensity: Intensity, meaning: SampleMeaning = .quantity, padding: ClosedRange<Float>? = nil,
        source: Source = .memory, derivation: Derivation? = nil
    ) {
        self.width = width
        self.height = height
        self.slices = slices
        self.colorModel = colorModel
        self.geometry = geometry
        self.intensity = intensity
        self.meaning = meaning
        self.padding = padding
        self.source = source
        self.derivation = derivation
    }

    public var channels: Int { colorModel.channels }

    /// The header of this image on a grid `width` × `height` over the same field of view: spacing shrinks or grows by
    /// the ratio and the origin moves so that every physical point stays where it was.
    public func resized(width newWidth: Int, height newHeight: Int) -> ImageHeader {
        var result = self
        result.geometry = geometry.scaled(
            columns: Double(newWidth) / Double(width), rows: Double(newHeight) / Double(height))
        result.width = newWidth
        result.height = newHeight
        result.quantization = nil
        return result
    }
}

/// Pixels that never travel without their geometry, intensity meaning and origin.
public struct Image: Sendable {
    public var header: ImageHeader
    public var pixels: Pixels
    /// Set where samples are neighbours' values for want of data of their own; see ``filled``.
    package var filling: Filling?

    /// - Precondition: the shape of `pixels` is the one `header` states.
    public init(header: ImageHeader, pixels: Pixels) {
        precondition(
            header.width == pixels.width && header.height == pixels.height && header.slices == pixels.slices
                && header.channels == pixels.channels, "header and pixels disagree about the shape")
        self.header = header
        self.pixels = pixels
    }
}

extension Pixels {
    /// Adds `factor` of `other`, sample by sample.
    ///
    /// - Precondition: both have one shape.
    package mutating func add(_ factor: Double, _ other: Pixels) {
        precondition(samples.count == other.samples.count, "images of different shapes")
        let factor = Float(factor)
        samples.withUnsafeMutableBufferPointer { result in
            other.samples.withUnsafeBufferPointer { other in
                for index in 0..<result.count { result[index] += factor * other[index] }
            }
        }
    }
}
