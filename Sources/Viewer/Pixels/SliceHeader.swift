import Imaging

/// What a page must know of a slice to show it and to say what is under the cursor.
struct SliceHeader: Encodable, Sendable, Equatable {
    /// How samples travel, little-endian, pixel by pixel with its channels.
    enum SampleCoding: String, Encodable, Sendable {
        case uint8, int8, uint16, int16, float32
    }

    var width: Int
    var height: Int
    var channels: Int
    var samples: SampleCoding
    /// Millimetres from column to column and from row to row, where they are known.
    var spacing: PixelSpacing?
    /// How wide a pixel is for its height.
    var aspect: Double
    /// Real value = sample × slope + intercept.
    var slope: Double
    var intercept: Double
    /// Of real values, such as HU.
    var unit: String?
    /// What the file asks to be shown, in real values.
    var window: Window?
    /// From the darkest two hundredth to the brightest of the image, in real values.
    var usualWindow: Window
    /// All values, real.
    var wholeWindow: Window
    /// Whether high values are dark.
    var isInverted: Bool
    /// Samples that hold no data.
    var padding: ClosedRange<Float>?
    /// What the samples are where they are no quantities.
    var codes: String?
    /// How many slices the file has.
    var slices: Int
    var warnings: [String]

    init(_ image: Image, slice: Int, unit: String?) {
        let header = image.header
        (width, height, channels, slices) = (header.width, header.height, header.channels, header.slices)
        samples = SampleCoding(header.intensity)
        spacing = header.geometry.spacing
        let shape = header.geometry.spacing ?? header.geometry.relativeSpacing
        aspect = shape.map { $0.column / $0.row } ?? 1
        let rescale = header.rescale(ofSlice: slice)
        (slope, intercept) = (rescale.slope, rescale.intercept)
        self.unit = unit
        window = header.intensity.window
        let range = DisplayRange(image)
        usualWindow = range.window(of: range.usual, rescale)
        wholeWindow = range.window(of: range.whole, rescale)
        isInverted = header.intensity.polarity == .brightIsLow
        padding = header.padding
        codes = header.meaning.codesStatement
        warnings = header.warnings
    }
}

extension SliceHeader.SampleCoding {
    /// The smallest that holds all of a file's values.
    init(_ intensity: Intensity) {
        switch intensity.sampleType {
        case .uint8: self = .uint8
        case .int8: self = .int8
        case .uint16: self = .uint16
        case .int16: self = .int16
        // As `Image` has them.
        case .uint32, .int32, .uint64, .int64, .float32, .float64: self = .float32
        }
    }
}

/// Which stored values are shown from black to white where the file does not say.
private struct DisplayRange {
    var usual: ClosedRange<Float>
    var whole: ClosedRange<Float>

    /// Counts so many samples at most, evenly spread.
    private static let count = 1 << 16

    init(_ image: Image) {
        let samples = image.pixels.samples
        let step = max(1, samples.count / Self.count)
        let padding = image.header.padding
        var counted = stride(from: 0, to: samples.count, by: step).map { samples[$0] }
        counted.removeAll { !$0.isFinite || padding?.contains($0) == true }
        counted.sort()
        guard let least = counted.first, let greatest = counted.last else {
            (usual, whole) = (0...1, 0...1)
            return
        }
        whole = least...greatest
        if image.header.colorModel.colorChannels == 3 {
            // Colors are shown as they are.
            usual = image.header.intensity.storedRange ?? whole
        } else {
            usual = counted[counted.count / 200]...counted[counted.count - 1 - counted.count / 200]
        }
    }

    func window(of range: ClosedRange<Float>, _ rescale: SliceArrangement.Rescale) -> Window {
        let low = Double(range.lowerBound) * rescale.slope + rescale.intercept
        let high = Double(range.upperBound) * rescale.slope + rescale.intercept
        return Window(center: (low + high) / 2, width: max(abs(high - low), abs(rescale.slope)))
    }
}

extension ImageHeader {
    /// What real values are measured in, where the file says it: DICOM's Rescale Type, and Hounsfield units for CT
    /// (PS3.3 C.11.1.1.2: those of an image without the attribute).
    var unit: String? {
        guard case .dicom(let source) = source else { return nil }
        switch source[.rescaleType] {
        case nil: return source.modality == "CT" && source.statesRescale ? "HU" : nil
        case "US"?: return nil
        case let type?: return type
        }
    }
}
