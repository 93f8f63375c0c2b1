import Foundation
import Imaging
import TestSupport
import Testing

/// What one format promises to hold. ``FormatConformanceTests`` runs every entry of ``all`` through the same contract:
/// a new format joins by adding itself here.
struct FormatConformance: Sendable, CustomTestStringConvertible {
    var format: ImageFormat
    var pathExtension: String
    var sampleTypes: [SampleType]
    /// The plainest first.
    var colorModels: [ColorModel]
    var holdsSlices: Bool
    var holdsSpacing = true
    var holdsAffine = false
    /// How far a sample may be from what was written: 0 unless the format is lossy.
    var tolerance: Float = 0
    /// The sample type of the plainest image.
    var plainSampleType = SampleType.uint8
    /// The sample type of color, where not every one will do.
    var colorSampleTypes: [SampleType]?
    /// Turns a header made in memory into one that the format accepts, where it needs a source of its own kind.
    var prepare: @Sendable (ImageHeader) throws -> ImageHeader = { $0 }

    var testDescription: String { ".\(pathExtension)" }

    static let all = [
        FormatConformance(
            format: .nifti, pathExtension: "nii", sampleTypes: SampleType.allCases, colorModels: [.gray, .rgb, .rgba],
            holdsSlices: true, holdsAffine: true, plainSampleType: .int16, colorSampleTypes: [.uint8]),
        FormatConformance(
            format: .nifti, pathExtension: "nii.gz", sampleTypes: [.uint8, .int16, .float32],
            colorModels: [.gray, .rgb],
            holdsSlices: true, holdsAffine: true, plainSampleType: .int16, colorSampleTypes: [.uint8]),
        FormatConformance(
            format: .png, pathExtension: "png", sampleTypes: [.uint8, .uint16], colorModels: ColorModel.allCases,
            holdsSlices: false),
        FormatConformance(
            format: .tiff, pathExtension: "tif", sampleTypes: SampleType.allCases, colorModels: ColorModel.allCases,
            holdsSlices: true, plainSampleType: .int16),
        FormatConformance(
            format: .jpeg, pathExtension: "jpg", sampleTypes: [.uint8], colorModels: [.gray, .rgb], holdsSlices: false,
            tolerance: 6),
        FormatConformance(
            format: .dicom, pathExtension: "dcm", sampleTypes: [.uint8, .uint16, .int16, .float32],
            colorModels: [.gray, .rgb], holdsSlices: false, colorSampleTypes: [.uint8], prepare: derivedFromPhantom),
    ]

    /// What any image in these tests says of its making.
    static let derivation = Derivation(description: "Made by a test", model: "a test", scale: 1)

    /// DICOM is written only as derived from DICOM: a phantom with samples of the kind asked for lends its data set.
    private static func derivedFromPhantom(_ header: ImageHeader) throws -> ImageHeader {
        let phantom =
            switch (header.colorModel, header.intensity.sampleType) {
            case (.rgb, _): "ultrasound"
            case (_, .uint16): "deflated"
            case (_, .int16): "big-endian"
            case (_, .float32): "floats"
            default: "rt-image"
            }
        var result = try ImageFile.read(DICOMGolden.phantom(phantom)).header
            .resized(width: header.width, height: header.height)
        result.derivation = derivation
        return result
    }

    /// One kind of image that the format holds.
    struct Content: Sendable, CustomTestStringConvertible {
        var conformance: FormatConformance
        var sampleType: SampleType
        var colorModel: ColorModel

        var testDescription: String { ".\(conformance.pathExtension) \(sampleType) \(colorModel)" }
    }

    static let allContents = all.flatMap { conformance in
        conformance.colorModels.flatMap { model in
            let types =
                model == .gray ? conformance.sampleTypes : conformance.colorSampleTypes ?? conformance.sampleTypes
            return types.map { Content(conformance: conformance, sampleType: $0, colorModel: model) }
        }
    }

    var holdsPlainBytes: Bool { sampleTypes.contains(.uint8) && colorModels.contains(.gray) }

    /// The plainest image that the format holds.
    var plainContent: Content {
        Content(conformance: self, sampleType: plainSampleType, colorModel: colorModels[0])
    }

    func url(in folder: TemporaryFolder, _ name: String = "image") -> URL {
        folder.url.appendingPathComponent("\(name).\(pathExtension)")
    }
}

extension FormatConformance.Content {
    /// A smooth image with the least and the greatest sample of its type in the first corner.
    func image(width: Int = 23, height: Int = 17, slices requestedSlices: Int = 3) throws -> Image {
        let slices = conformance.holdsSlices ? requestedSlices : 1
        let intensity = Intensity(sampleType: sampleType)
        // Every integer of 24 bits is a Float32.
        let range = intensity.storedRange?.clamped(to: -0x1p24...0x1p24) ?? -1000...1000
        var pixels = Pixels(width: width, height: height, channels: colorModel.channels, slices: slices)
        for index in pixels.samples.indices {
            let position =
                Float(index % width) / Float(width) * 0.7 + Float(index / width % height) / Float(height) * 0.3
            let sample = range.lowerBound + position * (range.upperBound - range.lowerBound)
            pixels.samples[index] = sampleType.isFloatingPoint ? sample : sample.rounded()
        }
        if conformance.tolerance == 0 {
            pixels.samples[0] = range.lowerBound
            pixels.samples[1] = range.upperBound
        }
        var geometry = Geometry()
        if conformance.holdsSpacing { geometry.spacing = PixelSpacing(column: 0.1, row: 0.2) }
        if conformance.holdsAffine {
            geometry.space = .ras
            geometry.affine = Affine(
                column: [-0.096, 0.028, 0], row: [0.056, 0.192, 0], slice: [0, 0, 2.5], origin: [-90, 80.5, 12.25])
        }
        let header = ImageHeader(
            width: width, height: height, slices: slices, colorModel: colorModel, geometry: geometry,
            intensity: intensity)
        return Image(header: try conformance.prepare(header), pixels: pixels)
    }
}
