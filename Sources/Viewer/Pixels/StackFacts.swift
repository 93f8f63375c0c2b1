import Batch
import Imaging

/// What is said of a stack beside its pixels.
struct StackFacts: Encodable {
    /// A line of a table: what, and its value.
    struct Fact: Encodable {
        var name: String
        var value: String
    }

    var id: Int
    var title: String
    var heading: String
    var modality: String?
    /// How many slices there are to scroll through.
    var slices: Int
    var facts: [Fact]

    /// - Parameters:
    ///   - stack: what is shown.
    ///   - image: of its first file.
    init(_ stack: Stack, _ image: Image) {
        let header = image.header
        (id, title, heading, modality) = (stack.id, stack.title, stack.heading, stack.modality)
        slices = stack.files.count > 1 ? stack.files.count : header.slices
        facts = [Fact(name: "Size", value: "\(header.width) × \(header.height)" + (slices > 1 ? " × \(slices)" : ""))]
        facts.append(
            Fact(name: "Samples", value: "\(header.intensity.sampleType.rawValue), \(header.colorModel.rawValue)"))
        if let spacing = header.geometry.spacing {
            facts.append(Fact(name: "Pixels", value: "\(Self.text(spacing.column)) × \(Self.text(spacing.row)) mm"))
        }
        if case .dicom(let source) = header.source {
            let parts = [source.modality, source.bodyPart, source.manufacturer].compactMap(\.self)
            if !parts.isEmpty { facts.append(Fact(name: "Made by", value: parts.joined(separator: ", "))) }
        }
        if let codes = header.meaning.codesStatement { facts.append(Fact(name: "Codes", value: codes)) }
        if let arrangement = header.arrangement { facts.append(Fact(name: "Frames", value: arrangement.summary)) }
    }

    private static func text(_ number: Double) -> String { "\((number * 10000).rounded() / 10000)" }
}
