import CTIFF
import Foundation

/// What a TIFF file says beside its pixels, to be said again by files derived from it.
public struct TIFFSource: PictureSource {
    /// The ICCProfile tag.
    public internal(set) var colorProfile: ColorProfile?
    var resolutionUnit: UInt16 = UInt16(RESUNIT_CENTIMETER)
    /// What kind of alpha the last channel is.
    var alphaKind: UInt16 = UInt16(EXTRASAMPLE_UNASSALPHA)
    var texts: [(tag: UInt32, text: String)] = []
    /// Said on the first page alone.
    var description = TIFFDescription.plain
    /// The grid and the samples as they were read, of which ``description`` speaks.
    var grid: Grid?

    struct Grid: Sendable {
        var width: Int
        var height: Int
        var slices: Int
        var channels: Int
        var geometry: Geometry
        var intensity: Intensity
    }
}

/// TIFF 6 and BigTIFF: gray, RGB and palette, with and without alpha, in strips or tiles, in every compression that
/// libtiff decodes; integers of 1, 2, 4, 8, 16, 32 and 64 bits and floating point of 32 and 64.
///
/// Pages of one shape are slices; previews among them are skipped. A palette is replaced by its colors, and a page that
/// lies on its side is set upright. XResolution and YResolution are the spacing, in the unit that ImageJ or OME-XML
/// names in the description where they have none. ImageJ's samples behind a single directory are slices. MinIsWhite is
/// ``Polarity/brightIsLow``.
struct TIFFCodec: WritableImageCodec {
    let name = "tiff"
    let title = "TIFF"
    let endings = ["tif", "tiff"]

    func recognizes(_ start: FileStart) -> Bool {
        [[0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43]].contains {
            start.bytes.starts(with: $0)
        }
    }

    func read(from source: ByteSource) throws(ImageFileError) -> Image { try TIFFReader(source).image() }

    /// Pages of a TIFF keep what they say.
    func keepsSlices(of header: ImageHeader) -> Bool {
        let source: TIFFSource? = header.pictureSource()
        return source != nil
    }

    func reasonAgainst(volumes: Int, of slices: Int) -> String? {
        guard volumes != 1, volumes != slices else { return nil }
        return "the pages of a TIFF cannot tell \(volumes) volumes from \(slices / volumes) slices; write .nii.gz"
    }

    func check(_ header: ImageHeader, options: WriteOptions, name: String) throws(ImageFileError) {
        guard header.width <= Int(UInt32.max), header.height <= Int(UInt32.max) else {
            throw .cannotHold(path: name, reason: "a TIFF is at most 4294967295 pixels wide and high")
        }
    }

    func sink(
        for header: ImageHeader, to destination: ByteDestination, options: WriteOptions
    ) throws(ImageFileError) -> any ImageSink {
        try TIFFSink(header: header, destination)
    }
}

extension TIFFSource {
    /// The stored value that stands for no data; `nil` where there is none, or NaN, which does so anyway.
    var noDataValue: Float? {
        let text = texts.first { $0.tag == UInt32(CTIFF_TAG_GDAL_NODATA) }?.text
        return text.flatMap { Double($0.trimmingCharacters(in: .whitespaces)) }.flatMap { $0.isNaN ? nil : Float($0) }
    }

    /// `nil` where XResolution only gives the shape of a pixel.
    static func millimetres(perUnit unit: UInt16) -> Double? {
        switch Int32(unit) {
        case RESUNIT_INCH: 25.4
        case RESUNIT_CENTIMETER: 10
        default: nil
        }
    }
}
