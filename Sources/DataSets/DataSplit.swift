import Foundation
import Imaging

/// Which images are learned from and which are kept aside, written beside every run.
public struct DataSplit: Codable, Sendable, Equatable {
    /// How it was made, in words.
    public var rule: String
    /// What the draw started from, where there was one.
    public var seed: UInt64?
    /// Paths relative to the folder.
    public var training: [String]
    public var validation: [String]
    /// Images that are on neither side because they could not be used, and why.
    public var leftOut: [String: String]?

    public init(
        rule: String, seed: UInt64? = nil, training: [String], validation: [String], leftOut: [String: String]? = nil
    ) {
        self.leftOut = leftOut
        self.rule = rule
        self.seed = seed
        self.training = training
        self.validation = validation
    }

    /// The owner's own split where the set has one, and otherwise a draw.
    public init(_ images: [DataSetImage], validationShare: Double, seed: UInt64) {
        let hasParts = Set(images.map(\.part)).count > 1 && images.contains { $0.part == .training }
        if hasParts {
            self.init(
                rule: "the owner's own split; what is not for training is kept aside",
                training: images.filter { $0.part == .training }.map(\.path),
                validation: images.filter { $0.part != .training }.map(\.path))
        } else {
            self.init(drawnFrom: images, validationShare: validationShare, seed: seed)
        }
    }

    /// Patients are drawn until the share of the images is reached, so that no patient is on both sides; an image whose
    /// patient is not known counts as a patient of its own. Neither side stays empty where there are two patients.
    public init(drawnFrom images: [DataSetImage], validationShare: Double, seed: UInt64) {
        let groups = Dictionary(grouping: images) { $0.patient ?? $0.path }
        var order = groups.keys.sorted()
        var generator = SeededGenerator(seed: seed)
        // Fisher and Yates by hand: the library's shuffle may change with its version.
        for index in stride(from: order.count - 1, to: 0, by: -1) {
            order.swapAt(index, Int(generator.uniform() * Double(index + 1)))
        }
        let wanted = validationShare * Double(images.count)
        var held: Set<String> = []
        var count = 0
        for patient in order.dropLast() where Double(count) < wanted {
            held.insert(patient)
            count += groups[patient]!.count
        }
        let known = images.contains { $0.patient != nil }
        let percent = "\(Int((validationShare * 100).rounded())) %"
        self.init(
            rule: known
                ? "patients drawn at random until \(percent) of the images are kept aside"
                : "images drawn at random until \(percent) are kept aside; patients are not known",
            seed: seed, training: images.filter { !held.contains($0.patient ?? $0.path) }.map(\.path),
            validation: images.filter { held.contains($0.patient ?? $0.path) }.map(\.path))
    }

    /// The one that was written to a file.
    ///
    /// - Throws: `DecodingError`, or what reading a file throws.
    public init(contentsOf url: URL) throws {
        self = try JSONDecoder.fovea.decode(DataSplit.self, from: try Data(contentsOf: url))
    }
}
