import CDICOM
import Foundation
import Synchronization

/// Reads the pixel data of a data set: frames in the file's coding to planar floats in stored units, colours as RGB.
struct DICOMPixelReader {
    let dataSet: DICOMDataSet
    let format: DICOMPixelFormat
    let palette: DICOMPalette?
    private let rounds: Bool
    /// `nil` where the pixels are not encapsulated.
    private let coding: DICOMCoding?

    init(_ dataSet: DICOMDataSet) throws(DICOMFailure) {
        self.dataSet = dataSet
        coding = dataSet.transferSyntax.isNative ? nil : try DICOMCoding(dataSet.transferSyntax)
        let meaning = DICOMMeaning(dataSet.root)
        rounds = meaning.isDose
        var format = try DICOMPixelFormat(dataSet.root)
        // Labels stay the numbers they are; their colors are for showing them (PS3.3 C.8.20.2).
        if format.photometric == .palette, meaning.samples != .quantity { format.photometric = .monochrome2 }
        self.format = format
        palette = format.photometric == .palette ? try DICOMPalette(dataSet.root, isSigned: format.isSigned) : nil
    }

    var channels: Int { palette == nil ? format.samplesPerPixel : 3 }

    /// - Parameter warnings: takes what of the pixel data is left out.
    /// - Returns: what JPEG rounded is the first frame's.
    func samples(
        warnings: inout [String]
    ) throws(DICOMFailure) -> (samples: [Float], quantization: JPEGQuantization?) {
        if let coding {
            let fragments = try DICOMFragments(dataSet.fragments(), frames: format.frames)
            if fragments.excess > 0 {
                warnings.append(
                    "Number of Frames is \(format.frames), but there are \(format.frames + fragments.excess) compressed images; "
                        + "those behind are left out")
            }
            let format = format
            let isSaidLossy =
                dataSet.transferSyntax.loss == .possible && dataSet.root.string(.lossyImageCompression) != "00"
            let samples = try samples { index throws(DICOMFailure) in
                try coding.decode(fragments.frames[index], format, isSaidLossy: isSaidLossy)
            }
            guard dataSet.transferSyntax.isQuantizedJPEG, palette == nil else { return (samples, nil) }
            let quantization = fragments.frames[0].withUnsafeBytes { JPEGSegments($0).quantization }
            return (samples, format.photometric == .rgb ? quantization?.ofBrightness : quantization)
        }
        let native = try DICOMNativePixels(dataSet, format)
        if native.excess > 0 {
            warnings.append("the pixel data has \(native.excess) bytes more than its frames need; left out")
        }
        return (try samples { index throws(DICOMFailure) in try native.frame(index) }, nil)
    }

    /// Frames are independent, so all processors take part. The first is read before memory for all is taken: a header
    /// that claims more than its file has fails there.
    private func samples(
        frame: (Int) throws(DICOMFailure) -> DICOMFrame
    ) throws(DICOMFailure) -> [Float] {
        let first = try frame(0)
        let pixels = format.columns * format.rows
        let frameCount = pixels * channels
        let (total, overflows) = frameCount.multipliedReportingOverflow(by: format.frames)
        guard !overflows, total <= Int(ProcessInfo.processInfo.physicalMemory) / MemoryLayout<Float>.size else {
            throw .unsupported(
                "\(format.frames) frames of \(format.columns) × \(format.rows) are more than memory holds")
        }
        let failure = FirstFailure()
        let result = [Float](unsafeUninitializedCapacity: total) { samples, initialized in
            // Frames write to ranges of their own.
            concurrently(format.frames) { index in
                guard failure.kept == nil else { return }
                do throws(DICOMFailure) {
                    let planes = samples[index * frameCount..<(index + 1) * frameCount]
                    try unpack(index == 0 ? first : frame(index), into: UnsafeMutableBufferPointer(rebasing: planes))
                } catch {
                    failure.keep(error)
                }
            }
            initialized = failure.kept == nil ? total : 0
        }
        if let failure = failure.kept { throw failure }
        return result
    }

    private func unpack(
        _ frame: DICOMFrame, into planes: UnsafeMutableBufferPointer<Float>
    ) throws(DICOMFailure) {
        let pixels = format.columns * format.rows
        if let palette {
            try frame.unpack(pixels: pixels, into: UnsafeMutableBufferPointer(rebasing: planes[..<pixels]))
            palette.apply(planes, pixels: pixels)
        } else {
            try frame.unpack(pixels: pixels, into: planes, rounding: rounds)
            DICOMColor.convertToRGB(
                planes, pixels: pixels, from: frame.photometric, bitsStored: format.bitsStored)
        }
    }
}

/// The first failure of several frames at work.
private final class FirstFailure: Sendable {
    private let failure = Mutex<DICOMFailure?>(nil)

    var kept: DICOMFailure? { failure.withLock { $0 } }
    func keep(_ new: DICOMFailure) { failure.withLock { $0 = $0 ?? new } }
}

/// Uncompressed pixel data: all frames, or one.
struct DICOMNativePixels {
    private let bytes: [UInt8]
    private let swapsBytes: Bool
    private let format: DICOMPixelFormat
    /// Bytes behind the last frame that are no padding.
    let excess: Int

    init(_ dataSet: DICOMDataSet, _ format: DICOMPixelFormat) throws(DICOMFailure) {
        let root = dataSet.root
        guard !dataSet.hasFragments else {
            throw .damaged("its pixels are encapsulated, though its transfer syntax is \(dataSet.transferSyntax)")
        }
        let needed = try Self.bytesNeeded(format, frames: format.frames)
        let length = root.length(of: format.tag) ?? 0
        guard length >= needed else { throw Self.tooShort(length, needed) }
        let full = format.samplesPerFrame * format.bitsAllocated / 8 * format.frames
        guard !format.photometric.isSubsampled || length != full + full % 2 else {
            throw .damaged(
                "\(format.photometric.rawValue) with a colour for each pixel; if it is YBR_FULL or RGB, correct that")
        }
        excess = length - needed > needed % 2 ? length - needed : 0
        // Big endian files keep samples wider than the value's words in their own order.
        let wordsAreNarrow =
            format.bitsAllocated == 32 && ["OW", "OB"].contains(root.valueRepresentation(of: format.tag))
        swapsBytes = wordsAreNarrow && dataSet.transferSyntax == .explicitBigEndian
        bytes = try root.bytes(format.tag, count: needed, bigEndian: swapsBytes)
        self.format = format
    }

    /// One frame as a fragment holds it, little endian.
    init(frame: [UInt8], _ format: DICOMPixelFormat) throws(DICOMFailure) {
        let needed = try Self.bytesNeeded(format, frames: 1)
        guard frame.count >= needed else { throw Self.tooShort(frame.count, needed) }
        bytes = frame
        swapsBytes = false
        excess = 0
        self.format = format
    }

    private static func bytesNeeded(_ format: DICOMPixelFormat, frames: Int) throws(DICOMFailure) -> Int {
        guard !format.photometric.isSubsampled || format.columns % 2 == 0 else {
            throw .damaged(
                "uncompressed \(format.photometric.rawValue) with an odd number of columns, of which two share a colour"
            )
        }
        let (bits, overflows) = format.bitsPerFrame.multipliedReportingOverflow(by: frames)
        return overflows ? Int.max : bits / 8 + (bits % 8 == 0 ? 0 : 1)
    }

    private static func tooShort(_ length: Int, _ needed: Int) -> DICOMFailure {
        .truncated("the pixel data has \(length) of \(needed == Int.max ? "far more" : "\(needed)") bytes")
    }

    func frame(_ index: Int) throws(DICOMFailure) -> DICOMFrame {
        let start = index * format.bitsPerFrame
        let bits = start..<start + format.bitsPerFrame
        let words: DICOMFrame.Words =
            if format.bitsAllocated == 1 {
                // Eight pixels a byte, the first in the lowest bit, frames without padding between them.
                .uint8(bits.map { bytes[$0 >> 3] >> UInt8($0 & 7) & 1 })
            } else {
                DICOMFrame.Words(
                    littleEndian: bytes[bits.lowerBound / 8..<bits.upperBound / 8], bitsAllocated: format.bitsAllocated,
                    isFloatingPoint: format.isFloatingPoint, swapsBytes: swapsBytes)
            }
        return DICOMFrame(
            words: words,
            layout: format.photometric.isSubsampled ? .subsampled : format.isPlanar ? .planar : .interleaved,
            bitsStored: format.bitsStored, shift: format.highBit + 1 - format.bitsStored, isSigned: format.isSigned,
            photometric: format.photometric)
    }
}

extension DICOMFrame.Words {
    /// From bytes of a whole number of words.
    init(
        littleEndian bytes: ArraySlice<UInt8>, bitsAllocated: Int, isFloatingPoint: Bool = false,
        swapsBytes: Bool = false
    ) {
        func words<Word: FixedWidthInteger>(_ type: Word.Type) -> [Word] {
            let size = MemoryLayout<Word>.size
            return bytes.withUnsafeBytes { bytes in
                [Word](unsafeUninitializedCapacity: bytes.count / size) { words, initialized in
                    UnsafeMutableRawBufferPointer(words).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / size * size)]))
                    if swapsBytes { for index in 0..<bytes.count / size { words[index] = words[index].byteSwapped } }
                    initialized = bytes.count / size
                }
            }
        }
        switch (bitsAllocated, isFloatingPoint) {
        case (32, true): self = .float32(words(UInt32.self).map(Float.init(bitPattern:)))
        case (64, _): self = .float64(words(UInt64.self).map(Double.init(bitPattern:)))
        case (32, false): self = .uint32(words(UInt32.self))
        case (16, _): self = .uint16(words(UInt16.self))
        default: self = .uint8(Array(bytes))
        }
    }
}
