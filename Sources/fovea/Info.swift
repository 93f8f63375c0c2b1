import ArgumentParser
import Batch
import Evaluation
import Foundation
import Imaging
import Reporting
import Upscaling

struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what image files hold, and which model fits them.",
        discussion: """
            Names the format, size, samples and their range, rescaling, window, spacing and orientation, and the model \
            that 'fovea upscale' would choose. Of DICOM's patient data nothing is shown.

              fovea info scan.dcm volume.nii.gz
              fovea info --json scan.dcm
            """)

    @Argument(help: "DICOM, NIfTI, PNG, TIFF or JPEG files.")
    var files: [String]

    @Flag(help: "Print one JSON document instead of text.")
    var json = false

    func run() throws {
        let console = Console()
        var reports: [ImageReport] = []
        var failed = false
        let finder = MethodFinder(
            .auto, options: try ModelOptions.parse([]), series: SeriesSurvey(files.map { URL(fileURLWithPath: $0) }))
        for file in files {
            let url = URL(fileURLWithPath: file)
            do {
                if file.isEmpty { throw ValidationError("a file's name is empty") }
                let report = ImageReport(
                    try ImageFile.read(url), file: file, format: try ImageFile.format(of: url), finder)
                reports.append(report)
                if !json { console.result((reports.count > 1 ? "\n" : "") + report.text) }
            } catch {
                failed = true
                reports.append(ImageReport(file: file, error: "\(error)"))
                console.error("\(error)")
            }
        }
        if json { try JSONDestination.standardOutput.write(["files": reports]) }
        if failed { throw ExitCode(1) }
    }
}

/// What an image file says about itself.
struct ImageReport: Encodable {
    struct Samples: Encodable {
        var type: SampleType
        var bits: Int
        var channels: Int
        var color: ColorModel
        var declared: ClosedRange<Float>?
        var found: ClosedRange<Float>
    }

    var file: String
    var error: String?
    var format: ImageFormat?
    var width: Int?
    var height: Int?
    var slices: Int?
    /// Of how many volumes on one grid the slices consist, where there are several.
    var volumes: Int?
    /// How frames belong together that are no plain stack.
    var arrangement: SliceArrangement?
    /// What reading could not keep.
    var warnings: [String]?
    var samples: Samples?
    var slope: Double?
    var intercept: Double?
    var window: Window?
    var polarity: Polarity?
    /// Where samples are codes, what says so.
    var codes: String?
    var noData: NoData?
    var spacing: PixelSpacing?
    var affine: Affine?
    var space: WorldSpace?
    var orientation: String?
    var modality: String?
    var bodyPart: String?
    var manufacturer: String?
    var transferSyntax: String?
    var isLossy: Bool?
    /// The samples that an MR scanner acquired, where it stored more and networks enlarge these.
    var acquiredGrid: AcquiredGrid?
    /// What `upscale` would take at ×4, and why.
    var auto: Auto?

    /// Samples that hold no data: padding, or NaN where there is no padding.
    struct NoData: Encodable {
        var padding: ClosedRange<Float>?
        /// From 0 to 1.
        var share: Double
        fileprivate var text: String

        enum CodingKeys: CodingKey { case padding, share }
    }

    struct Auto: Encodable {
        var models: [String]
        var reason: String
    }

    init(file: String, error: String) {
        self.file = file
        self.error = error
    }

    init(_ image: Image, file: String, format: ImageFormat, _ finder: MethodFinder) {
        let header = image.header
        let intensity = header.intensity
        self.file = file
        self.format = format
        width = header.width
        height = header.height
        slices = header.slices
        arrangement = header.arrangement
        let grids = header.arrangement?.volumes ?? header.volumes
        volumes = grids > 1 ? grids : nil
        warnings = header.warnings + [header.arrangement?.assumption].compactMap(\.self)
        samples = Samples(
            type: intensity.sampleType, bits: Self.bits(intensity), channels: header.channels, color: header.colorModel,
            declared: intensity.storedRange, found: image.extent)
        slope = intensity.slope
        intercept = intensity.intercept
        window = intensity.window
        polarity = intensity.polarity
        codes = header.meaning.codesStatement
        let share = image.noData?.share ?? 0
        if share > 0 || header.padding != nil {
            noData = NoData(padding: header.padding, share: share, text: image.noDataText(share))
        }
        spacing = header.geometry.spacing
        affine = header.geometry.affine
        space = header.geometry.space
        orientation = Self.orientation(header.geometry)
        if case .dicom(let source) = header.source {
            modality = source.modality
            bodyPart = source.bodyPart
            manufacturer = source.manufacturer
            transferSyntax = source.transferSyntax
            isLossy = source.isLossy
        }
        acquiredGrid = (try? finder.acquiredGrid(of: image)) ?? nil
        auto = (try? finder.automaticChoice(for: image, scale: 4)).map {
            Auto(models: $0.models.map(\.metadata.name), reason: $0.reason)
        }
    }

    var text: String {
        guard let format, let width, let height, let slices, let samples else { return file }
        var lines = [(String, String)]()
        let coding = transferSyntax.map { ", transfer syntax \($0)\(isLossy == true ? ", lossy" : "")" } ?? ""
        lines.append(("format", format.title + coding))
        lines.append(
            (
                "size",
                "\(width) × \(height) pixels, \(slices == 1 ? "1 slice" : "\(slices) slices"), \(samples.color.title)"
            ))
        if let arrangement, !arrangement.isPlain || arrangement.volumes > 1 {
            lines.append(("frames", arrangement.summary))
        } else if let volumes {
            lines.append(
                ("frames", "\(volumes) volumes of \(slices / volumes) \(slices == volumes ? "slice" : "slices")"))
        }
        let declared = samples.declared.map { ", can be \(Self.text($0))" } ?? ""
        lines.append(
            ("samples", "\(samples.type.rawValue), \(samples.bits) bits\(declared), found \(Self.text(samples.found))"))
        if let rescales = arrangement?.rescales {
            lines.append(("real value", "stored × slope + intercept, each slice its own: \(Self.text(rescales))"))
        } else if let slope, let intercept, slope != 1 || intercept != 0 {
            let offset = intercept < 0 ? "− \(Self.text(-intercept))" : "+ \(Self.text(intercept))"
            lines.append(("real value", "stored × \(Self.text(slope)) \(offset)"))
        }
        if let codes { lines.append(("codes", "\(codes); kept by nearest neighbour, never interpolated")) }
        if let noData { lines.append(("no data", noData.text)) }
        if polarity == .brightIsLow { lines.append(("polarity", "low values are bright (MONOCHROME1)")) }
        if let window {
            lines.append(("window", "center \(Self.text(window.center)), width \(Self.text(window.width))"))
        }
        if let spacing {
            var text = "\(Self.text(spacing.column)) × \(Self.text(spacing.row)) mm"
            if let affine, slices > 1 {
                let step = (affine.slice * affine.slice).sum().squareRoot()
                if arrangement?.differentGrids == nil, step > 0 {
                    text += ", \(Self.text(step)) mm from slice to slice"
                }
            }
            lines.append(("spacing", text))
        }
        if let orientation { lines.append(("orientation", orientation)) }
        if let modality {
            lines.append(("modality", [modality, bodyPart, manufacturer].compactMap(\.self).joined(separator: ", ")))
        }
        if let acquiredGrid {
            lines.append(
                (
                    "acquired",
                    "\(acquiredGrid.width) × \(acquiredGrid.height) samples, filled up with zeros in k-space; networks enlarge these"
                ))
        }
        for warning in warnings ?? [] { lines.append(("warning", warning)) }
        lines.append(("auto", auto?.reason ?? "no model is installed"))
        return file + "\n"
            + lines.map { "  " + $0.0.padding(toLength: 13, withPad: " ", startingAt: 0) + $0.1 }.joined(
                separator: "\n")
    }

    private static func bits(_ intensity: Intensity) -> Int {
        guard let range = intensity.storedRange else { return intensity.sampleType.bits }
        let count = (Double(range.upperBound) - Double(range.lowerBound) + 1)
        return min(intensity.sampleType.bits, Int(log2(count).rounded()))
    }

    /// Where columns, rows and slices of growing number lie: "columns to L, rows to P, slices to S".
    private static func orientation(_ geometry: Geometry) -> String? {
        guard let affine = geometry.affine, let space = geometry.space else { return nil }
        let letters = space == .lps ? [("L", "R"), ("P", "A"), ("S", "I")] : [("R", "L"), ("A", "P"), ("S", "I")]
        let axes = [("columns", affine.column), ("rows", affine.row), ("slices", affine.slice)]
        let parts = axes.compactMap { name, step -> String? in
            let axis = (0..<3).max { abs(step[$0]) < abs(step[$1]) }!
            guard step[axis] != 0 else { return nil }
            return "\(name) to \(step[axis] > 0 ? letters[axis].0 : letters[axis].1)"
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// The unlike ones, in the order of their slices.
    private static func text(_ rescales: [SliceArrangement.Rescale]) -> String {
        var seen = Set<SliceArrangement.Rescale>()
        let unlike = rescales.filter { seen.insert($0).inserted }
        let shown = unlike.prefix(4).map { "\(text($0.slope)) and \(text($0.intercept))" }.joined(separator: ", ")
        return shown + (unlike.count > 4 ? ", … (\(unlike.count) pairs)" : "")
    }

    private static func text(_ range: ClosedRange<Float>) -> String {
        "\(text(Double(range.lowerBound))) to \(text(Double(range.upperBound)))"
    }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(format: "%.6g", value)
    }
}

extension ColorModel {
    var title: String {
        switch self {
        case .gray: "gray"
        case .grayAlpha: "gray with opacity"
        case .rgb: "color"
        case .rgba: "color with opacity"
        }
    }
}
