import Foundation

/// A gray DICOM slice made byte by byte: explicit little endian, 16 bits, as PS3.5 7.1.2 and PS3.10 7.1 lay it out.
public enum DICOMPhantom {
    public struct Slice {
        public var width: Int
        public var height: Int
        public var study: String
        public var series: String
        public var seriesNumber: Int
        public var instance: Int
        public var modality: String?
        public var slope: Double
        public var intercept: Double
        public var imageType: String?
        /// Acquisition Matrix: frequency of rows, of columns, phase of rows, of columns.
        public var acquisitionMatrix: [UInt16]?
        public var phaseDirection: String?
        public var percentPhaseFieldOfView: Double?
        public var sample: (_ column: Int, _ row: Int) -> UInt16

        public init(
            width: Int = 32, height: Int = 32, study: String = "2.25.1", series: String = "2.25.1000",
            seriesNumber: Int = 3, instance: Int, modality: String? = "CT", slope: Double = 1, intercept: Double = 0,
            imageType: String? = nil, acquisitionMatrix: [UInt16]? = nil, phaseDirection: String? = nil,
            percentPhaseFieldOfView: Double? = nil, sample: @escaping (_ column: Int, _ row: Int) -> UInt16
        ) {
            (self.width, self.height, self.study, self.series) = (width, height, study, series)
            (self.seriesNumber, self.instance, self.modality) = (seriesNumber, instance, modality)
            (self.slope, self.intercept, self.imageType) = (slope, intercept, imageType)
            (self.acquisitionMatrix, self.phaseDirection) = (acquisitionMatrix, phaseDirection)
            (self.percentPhaseFieldOfView, self.sample) = (percentPhaseFieldOfView, sample)
        }
    }

    public static func data(_ slice: Slice) -> Data {
        let ct = "1.2.840.10008.5.1.4.1.1.2"
        let instance = "2.25.\(2000 + slice.instance)"
        var meta = Data()
        meta.append(0x0002, 0x0002, "UI", ct)
        meta.append(0x0002, 0x0003, "UI", instance)
        meta.append(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1")
        var file = Data(count: 128) + Data("DICM".utf8)
        file.append(0x0002, 0x0000, "UL", Data(UInt32(meta.count)))
        file += meta
        if let imageType = slice.imageType { file.append(0x0008, 0x0008, "CS", imageType) }
        file.append(0x0008, 0x0016, "UI", ct)
        file.append(0x0008, 0x0018, "UI", instance)
        if let modality = slice.modality { file.append(0x0008, 0x0060, "CS", modality) }
        file.append(0x0010, 0x0020, "LO", "phantom")
        if let percent = slice.percentPhaseFieldOfView { file.append(0x0018, 0x0094, "DS", "\(percent)") }
        if let matrix = slice.acquisitionMatrix {
            file.append(0x0018, 0x1310, "US", matrix.reduce(into: Data()) { $0 += Data($1) })
        }
        if let direction = slice.phaseDirection { file.append(0x0018, 0x1312, "CS", direction) }
        file.append(0x0020, 0x000D, "UI", slice.study)
        file.append(0x0020, 0x000E, "UI", slice.series)
        file.append(0x0020, 0x0011, "IS", String(slice.seriesNumber))
        file.append(0x0020, 0x0013, "IS", String(slice.instance))
        file.append(0x0020, 0x0032, "DS", "0\\0\\\(slice.instance * 2)")
        file.append(0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0")
        file.append(0x0020, 0x0052, "UI", "2.25.2")
        file.append(0x0028, 0x0002, "US", Data(UInt16(1)))
        file.append(0x0028, 0x0004, "CS", "MONOCHROME2")
        file.append(0x0028, 0x0010, "US", Data(UInt16(slice.height)))
        file.append(0x0028, 0x0011, "US", Data(UInt16(slice.width)))
        file.append(0x0028, 0x0030, "DS", "0.5\\0.5")
        for (element, value) in [(0x0100, 16), (0x0101, 16), (0x0102, 15), (0x0103, 0)] {
            file.append(0x0028, UInt16(element), "US", Data(UInt16(value)))
        }
        file.append(0x0028, 0x1052, "DS", "\(slice.intercept)")
        file.append(0x0028, 0x1053, "DS", "\(slice.slope)")
        var pixels = Data()
        for row in 0..<slice.height { for column in 0..<slice.width { pixels += Data(slice.sample(column, row)) } }
        file.append(0x7FE0, 0x0010, "OW", pixels)
        return file
    }
}

extension Data {
    fileprivate init(_ value: UInt16) { self.init([UInt8(value & 0xFF), UInt8(value >> 8)]) }
    fileprivate init(_ value: UInt32) { self = Data(UInt16(value & 0xFFFF)) + Data(UInt16(value >> 16)) }

    fileprivate mutating func append(_ group: UInt16, _ element: UInt16, _ representation: String, _ text: String) {
        var value = Data(text.utf8)
        if value.count % 2 == 1 { value.append(representation == "UI" ? 0 : 0x20) }
        append(group, element, representation, value)
    }

    fileprivate mutating func append(_ group: UInt16, _ element: UInt16, _ representation: String, _ value: Data) {
        self += Data(group) + Data(element) + Data(representation.utf8)
        self += representation == "OW" ? Data(UInt16(0)) + Data(UInt32(value.count)) : Data(UInt16(value.count))
        self += value
    }
}
