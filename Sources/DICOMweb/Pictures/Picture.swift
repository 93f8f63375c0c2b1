import Foundation
import Imaging

/// A frame as people see it: 8 bits a channel, windowed, bright where it is to be bright.
struct Picture {
    private let pixels: Pixels
    private let colors: ColorModel
    private let quality: Int?

    /// What a thumbnail is fitted into where nobody says it.
    static let thumbnail = PictureQuery.Viewport(width: 128, height: 128)

    /// - Parameters:
    ///   - frame: of the image, from 0.
    ///   - image: as its file has it.
    ///   - query: how it is shown.
    ///   - function: of the file's own window.
    /// - Throws: ``RequestError``, where the samples are codes, which no window shows.
    init(
        frame: Int, of image: Image, _ query: PictureQuery, function: PictureQuery.Function
    ) throws(RequestError) {
        if let codes = image.header.meaning.codesStatement {
            throw RequestError(.notImplemented, "its samples are codes (\(codes)), of which no picture is made")
        }
        var shown = image.pixels.slice(frame)
        if image.header.colorModel.colorChannels == 3 {
            let white = image.header.intensity.storedRange?.upperBound ?? 1
            shown.samples = shown.samples.map { $0 / white * 255 }
        } else {
            shown.samples = Self.windowed(shown, frame: frame, of: image.header, query.windowing, function)
        }
        colors = image.header.colorModel.colorChannels == 3 ? .rgb : .gray
        if image.header.colorModel.hasAlpha {
            shown = Pixels(
                width: shown.width, height: shown.height, channels: colors.channels,
                samples: Array(shown.samples.prefix(colors.channels * shown.planeCount)))
        }
        if let viewport = query.viewport {
            let (width, height) = Self.fitted(image.header, into: viewport)
            shown = shown.resized(width: width, height: height)
        }
        let bytes = Intensity(sampleType: .uint8)
        shown.samples = shown.samples.map { bytes.quantized($0.isNaN ? 0 : $0) }
        (pixels, quality) = (shown, query.quality)
    }

    /// - Parameter format: PNG or JPEG.
    func data(as format: ImageFormat) throws(ImageFileError) -> Data {
        let header = ImageHeader(
            width: pixels.width, height: pixels.height, colorModel: colors, intensity: Intensity(sampleType: .uint8))
        var options = WriteOptions()
        if let quality { options.jpegQuality = quality }
        return try Image(header: header, pixels: pixels).data(as: format, named: "picture", options: options)
    }

    /// Brightness from 0 to 255, and NaN where a sample is.
    private static func windowed(
        _ pixels: Pixels, frame: Int, of header: ImageHeader, _ asked: PictureQuery.Windowing?,
        _ function: PictureQuery.Function
    ) -> [Float] {
        let rescale = header.rescale(ofSlice: frame)
        let window =
            asked ?? header.intensity.window.map {
                // A linear window narrower than 1 is none; taken as it is drawn.
                let function = function == .linear && $0.width < 1 ? .linearExact : function
                return PictureQuery.Windowing(center: $0.center, width: $0.width, function: function)
            } ?? whole(pixels, header, rescale)
        let isMirrored = header.intensity.polarity == .brightIsLow
        return pixels.samples.map { sample in
            let share = window.share(of: Double(sample) * rescale.slope + rescale.intercept)
            return Float(255 * (isMirrored ? 1 - share : share))
        }
    }

    /// From the least to the greatest value, those of padding aside.
    private static func whole(
        _ pixels: Pixels, _ header: ImageHeader, _ rescale: SliceArrangement.Rescale
    ) -> PictureQuery.Windowing {
        var range: ClosedRange<Float>?
        for sample in pixels.samples where sample.isFinite && header.padding?.contains(sample) != true {
            range = min(range?.lowerBound ?? sample, sample)...max(range?.upperBound ?? sample, sample)
        }
        let (low, high) = (Double(range?.lowerBound ?? 0), Double(range?.upperBound ?? 1))
        return PictureQuery.Windowing(
            center: (low + high) / 2 * rescale.slope + rescale.intercept,
            width: max(abs((high - low) * rescale.slope), .leastNormalMagnitude), function: .linearExact)
    }

    /// As large as fits, the image's shape kept, pixels that are no squares shown as wide as they are.
    private static func fitted(_ header: ImageHeader, into viewport: PictureQuery.Viewport) -> (Int, Int) {
        let spacing = header.geometry.spacing ?? header.geometry.relativeSpacing
        let aspect = spacing.map { $0.column / $0.row } ?? 1
        let (width, height) = (Double(header.width) * aspect, Double(header.height))
        let scale = min(Double(viewport.width) / width, Double(viewport.height) / height)
        func side(_ length: Double, _ most: Int) -> Int { min(max(Int((length * scale).rounded()), 1), most) }
        return (side(width, viewport.width), side(height, viewport.height))
    }
}

extension PictureQuery.Windowing {
    /// How bright a real value is, from 0 to 1.
    func share(of value: Double) -> Double {
        switch function {
        case .linear:
            guard width > 1 else { return value <= center - 0.5 ? 0 : 1 }
            return min(max((value - (center - 0.5)) / (width - 1) + 0.5, 0), 1)
        case .linearExact: return min(max((value - center) / width + 0.5, 0), 1)
        case .sigmoid: return 1 / (1 + exp(-4 * (value - center) / width))
        }
    }
}
