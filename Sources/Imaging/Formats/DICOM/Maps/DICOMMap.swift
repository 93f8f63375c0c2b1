import Foundation

/// What is known of every pixel of a DICOM image, as a DICOM object of its own beside it: in the same study, patient and
/// frame of reference, on the same grid, in a series of its own that names the image.
public struct DICOMMap: Sendable {
    /// What the numbers are, and with that which class of object holds them.
    public enum Content: Sendable, Equatable {
        /// An amount, as a Parametric Map of 32-bit floating point samples (PS3.3 A.75).
        ///
        /// - Parameters:
        ///   - name: what is measured, in a few words.
        ///   - unit: of the samples.
        case quantity(name: String, unit: Unit)
        /// Whether something holds, as a binary Segmentation of one segment (PS3.3 A.51): samples above 0 belong to it.
        ///
        /// - Parameter label: of the segment, in a few words.
        case segment(label: String)
    }

    /// A unit of the Unified Code for Units of Measure.
    public struct Unit: Sendable, Equatable {
        /// Its code: `[hnsf'U]`.
        public var code: String
        /// In words: `Hounsfield unit`.
        public var name: String

        /// - Parameters:
        ///   - code: of UCUM.
        ///   - name: in words.
        public init(code: String, name: String) {
            self.code = code
            self.name = name
        }

        /// What is the same in every unit.
        public static let none = Unit(code: "1", name: "no units")
        /// Of CT.
        public static let hounsfield = Unit(code: "[hnsf'U]", name: "Hounsfield unit")
    }

    /// Of the image that it speaks of, which is on its way to a DICOM file.
    public var image: ImageHeader
    public var content: Content
    /// What it says, in a sentence or two; the Derivation Description, of at most 1,024 characters.
    public var statement: String
    /// Its own identity.
    public var sopInstanceUID: String
    public var seriesInstanceUID: String

    /// - Parameters:
    ///   - image: that it speaks of; derived from a DICOM image, with the identity that it will have.
    ///   - content: what its numbers are.
    ///   - statement: what it says, in a sentence or two.
    ///   - sopInstanceUID: its own identity.
    ///   - seriesInstanceUID: of the series that it will lie in.
    public init(
        of image: ImageHeader, content: Content, statement: String, sopInstanceUID: String, seriesInstanceUID: String
    ) {
        self.image = image
        self.content = content
        self.statement = statement
        self.sopInstanceUID = sopInstanceUID
        self.seriesInstanceUID = seriesInstanceUID
    }

    /// Writes the object to a place that is held, without putting it there.
    ///
    /// - Parameters:
    ///   - samples: one channel, as many columns, rows and slices as the image; finite.
    ///   - claim: the place.
    /// - Throws: ``ImageFileError``.
    package func fill(_ claim: FileClaim, with samples: Pixels) throws(ImageFileError) {
        let path = claim.destination.path
        do throws(ImageFileError) {
            let object = try encoded(samples, path: path)
            let destination = try ByteDestination(creating: claim.part, named: path)
            try destination.write(object)
            try destination.finish()
        } catch {
            let reason = error.tellingOfRoom(in: claim.destination.deletingLastPathComponent())
            claim.release()
            throw reason
        }
    }

    /// The object's file.
    ///
    /// - Parameters:
    ///   - samples: one channel, as many columns, rows and slices as the image; finite.
    ///   - path: of the file, for the error.
    /// - Throws: ``ImageFileError/cannotHold(path:reason:)``.
    func encoded(_ samples: Pixels, path: String) throws(ImageFileError) -> [UInt8] {
        guard case .dicom(let source) = image.source, image.derivation != nil else {
            throw .cannotHold(path: path, reason: "only of an image that was derived from DICOM can DICOM hold a map")
        }
        precondition(
            (samples.width, samples.height, samples.slices, samples.channels)
                == (image.width, image.height, image.slices, 1), "a map of another grid")
        let pixels: [UInt8] =
            switch content {
            case .quantity: samples.samples.flatMap { $0.bitPattern.littleEndianBytes }
            case .segment: Self.packed(samples.samples)
            }
        guard pixels.count < Int(UInt32.max) - 1 else {
            throw .cannotHold(path: path, reason: "\(pixels.count) bytes of pixels; DICOM has at most 4 GiB")
        }
        let layout = try DICOMLayout(image, .none, path: path)
        do throws(DICOMFailure) {
            let dataSet = try DICOMDataSet(decoding: source.encoded)
            try DICOMSink.prepare(dataSet.root, image, layout)
            try DICOMMapDataSet(map: self, samples: samples).become(dataSet.root)
            return try dataSet.encodedFile(in: .explicitLittleEndian) + element(of: pixels)
        } catch {
            throw .cannotHold(path: path, reason: error.message)
        }
    }

    private func element(of pixels: [UInt8]) -> [UInt8] {
        let (tag, representation) =
            switch content {
            case .quantity: (DICOMTag.floatPixelData, "OF")
            case .segment: (DICOMTag.pixelData, "OB")
            }
        let padding: [UInt8] = pixels.count % 2 == 0 ? [] : [0]
        return tag.littleEndian + Array(representation.utf8) + [0, 0]
            + UInt32(pixels.count + padding.count).littleEndianBytes + pixels + padding
    }

    /// Eight samples a byte, the first in the lowest bit, without padding between rows or frames (PS3.5 8.1.1).
    private static func packed(_ samples: [Float]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (samples.count + 7) / 8)
        for (index, sample) in samples.enumerated() where sample > 0 { bytes[index / 8] |= 1 << UInt8(index % 8) }
        return bytes
    }
}
