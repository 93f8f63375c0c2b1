/// Conversion between samples as files store them, interleaved by channel, and planar Float32.
enum SampleCoding {
    /// Why Float32 cannot stand for a stored sample; `index` counts interleaved samples from the first converted.
    enum Problem {
        case infinite(index: Int)
        case inexact(index: Int, value: String)
    }

    /// Converts pixels of `channels` interleaved samples of `type` to planes that start `planeStride` apart.
    ///
    /// Integers are converted exactly or reported. 64-bit floating point is rounded to the nearest Float32, a relative
    /// change below 6e-8; infinity and what overflows Float32 are reported. NaN, which stands for no data, stays.
    /// - Returns: the first problem met.
    static func decode(
        _ source: UnsafeRawPointer, pixels: Int, channels: Int, as type: SampleType, swapped: Bool = false,
        into planes: UnsafeMutablePointer<Float>, planeStride: Int
    ) -> Problem? {
        switch type {
        case .uint8: narrow(UInt8.self, source, pixels, channels, swapped, planes, planeStride)
        case .int8: narrow(Int8.self, source, pixels, channels, swapped, planes, planeStride)
        case .uint16: narrow(UInt16.self, source, pixels, channels, swapped, planes, planeStride)
        case .int16: narrow(Int16.self, source, pixels, channels, swapped, planes, planeStride)
        case .uint32: return wide(UInt32.self, source, pixels, channels, swapped, planes, planeStride)
        case .int32: return wide(Int32.self, source, pixels, channels, swapped, planes, planeStride)
        case .uint64: return wide(UInt64.self, source, pixels, channels, swapped, planes, planeStride)
        case .int64: return wide(Int64.self, source, pixels, channels, swapped, planes, planeStride)
        case .float32:
            return floating(UInt32.self, source, pixels, channels, swapped, planes, planeStride) {
                Float(bitPattern: $0)
            }
        case .float64:
            return floating(UInt64.self, source, pixels, channels, swapped, planes, planeStride) {
                Float(Double(bitPattern: $0))
            }
        }
        return nil
    }

    /// Writes planar samples as pixels of interleaved ones, rounded and clamped as ``Intensity/quantized(_:)`` does.
    /// - Precondition: the samples are finite; in floating point they may be NaN.
    static func encode(
        _ planes: UnsafePointer<Float>, planeStride: Int, pixels: Int, channels: Int, as intensity: Intensity,
        into target: UnsafeMutableRawPointer
    ) {
        switch intensity.sampleType {
        case .uint8: quantize(UInt8.self, planes, planeStride, pixels, channels, intensity, target)
        case .int8: quantize(Int8.self, planes, planeStride, pixels, channels, intensity, target)
        case .uint16: quantize(UInt16.self, planes, planeStride, pixels, channels, intensity, target)
        case .int16: quantize(Int16.self, planes, planeStride, pixels, channels, intensity, target)
        case .uint32: quantizeWide(UInt32.self, planes, planeStride, pixels, channels, intensity, target)
        case .int32: quantizeWide(Int32.self, planes, planeStride, pixels, channels, intensity, target)
        case .uint64: quantizeWide(UInt64.self, planes, planeStride, pixels, channels, intensity, target)
        case .int64: quantizeWide(Int64.self, planes, planeStride, pixels, channels, intensity, target)
        case .float32: interleave(planes, planeStride, pixels, channels, target) { $0 }
        case .float64: interleave(planes, planeStride, pixels, channels, target) { Double($0) }
        }
    }

    /// The first sample that is NaN or infinite.
    static func firstNotFinite(_ samples: UnsafeBufferPointer<Float>) -> Int? {
        // x · 0 is 0 for a finite x and NaN otherwise, and a sum keeps NaN: no branch in the common case.
        var sum = SIMD16<Float>.zero
        var index = 0
        while index + 16 <= samples.count {
            let lanes = UnsafeRawPointer(samples.baseAddress! + index).loadUnaligned(as: SIMD16<Float>.self)
            sum += lanes * 0
            index += 16
        }
        if sum.sum().isFinite && samples[index...].allSatisfy(\.isFinite) { return nil }
        return samples.firstIndex { !$0.isFinite }
    }

    /// The first of 64-bit floating-point samples that Float32 does not hold exactly.
    static func firstInexact(_ source: UnsafeRawPointer, count: Int, swapped: Bool) -> Problem? {
        let stored = source.assumingMemoryBound(to: UInt64.self)
        for index in 0..<count {
            let value = Double(bitPattern: swapped ? stored[index].byteSwapped : stored[index])
            if Double(Float(value)) != value, value.isFinite { return .inexact(index: index, value: "\(value)") }
        }
        return nil
    }

    /// The first sample that is infinite.
    static func firstInfinite(_ samples: UnsafeBufferPointer<Float>) -> Int? {
        firstNotFinite(samples).flatMap { samples[$0...].firstIndex(where: \.isInfinite) }
    }

    /// Spreads samples of `bits` = 1, 2 or 4 bits, the first in the highest bits, over bytes.
    static func unpack(_ packed: UnsafePointer<UInt8>, bits: Int, count: Int, into bytes: UnsafeMutablePointer<UInt8>) {
        let perByte = 8 / bits
        let mask = UInt8((1 << bits) - 1)
        for index in 0..<count {
            bytes[index] = packed[index / perByte] >> UInt8(8 - bits * (index % perByte + 1)) & mask
        }
    }

    /// The reverse of ``unpack(_:bits:count:into:)``.
    static func pack(_ bytes: UnsafePointer<UInt8>, bits: Int, count: Int, into packed: UnsafeMutablePointer<UInt8>) {
        let perByte = 8 / bits
        for start in stride(from: 0, to: count, by: perByte) {
            var byte: UInt8 = 0
            for index in start..<min(start + perByte, count) {
                byte |= bytes[index] << UInt8(8 - bits * (index - start + 1))
            }
            packed[start / perByte] = byte
        }
    }

    @inline(__always)
    private static func narrow<T: FixedWidthInteger>(
        _: T.Type, _ source: UnsafeRawPointer, _ pixels: Int, _ channels: Int, _ swapped: Bool,
        _ planes: UnsafeMutablePointer<Float>, _ planeStride: Int
    ) {
        let stored = source.assumingMemoryBound(to: T.self)
        for channel in 0..<channels {
            let plane = planes + channel * planeStride
            if swapped {
                for index in 0..<pixels { plane[index] = Float(stored[index * channels + channel].byteSwapped) }
            } else if channels == 1 {
                for index in 0..<pixels { plane[index] = Float(stored[index]) }
            } else {
                for index in 0..<pixels { plane[index] = Float(stored[index * channels + channel]) }
            }
        }
    }

    @inline(__always)
    private static func wide<T: FixedWidthInteger>(
        _: T.Type, _ source: UnsafeRawPointer, _ pixels: Int, _ channels: Int, _ swapped: Bool,
        _ planes: UnsafeMutablePointer<Float>, _ planeStride: Int
    ) -> Problem? {
        let stored = source.assumingMemoryBound(to: T.self)
        for index in 0..<pixels * channels {
            let value = swapped ? stored[index].byteSwapped : stored[index]
            guard let sample = Float(exactly: value) else { return .inexact(index: index, value: "\(value)") }
            planes[index % channels * planeStride + index / channels] = sample
        }
        return nil
    }

    @inline(__always)
    private static func floating<Bits: FixedWidthInteger>(
        _: Bits.Type, _ source: UnsafeRawPointer, _ pixels: Int, _ channels: Int, _ swapped: Bool,
        _ planes: UnsafeMutablePointer<Float>, _ planeStride: Int, _ convert: (Bits) -> Float
    ) -> Problem? {
        let stored = source.assumingMemoryBound(to: Bits.self)
        var firstBad: Int?
        for channel in 0..<channels {
            let plane = planes + channel * planeStride
            if swapped {
                for index in 0..<pixels { plane[index] = convert(stored[index * channels + channel].byteSwapped) }
            } else {
                for index in 0..<pixels { plane[index] = convert(stored[index * channels + channel]) }
            }
            if let bad = firstInfinite(UnsafeBufferPointer(start: plane, count: pixels)) {
                firstBad = min(firstBad ?? .max, bad * channels + channel)
            }
        }
        return firstBad.map { .infinite(index: $0) }
    }

    @inline(__always)
    private static func interleave<T>(
        _ planes: UnsafePointer<Float>, _ planeStride: Int, _ pixels: Int, _ channels: Int,
        _ target: UnsafeMutableRawPointer, _ convert: (Float) -> T
    ) {
        let stored = target.assumingMemoryBound(to: T.self)
        for channel in 0..<channels {
            let plane = planes + channel * planeStride
            if channels == 1 {
                for index in 0..<pixels { stored[index] = convert(plane[index]) }
            } else {
                for index in 0..<pixels { stored[index * channels + channel] = convert(plane[index]) }
            }
        }
    }

    @inline(__always)
    private static func quantize<T: FixedWidthInteger>(
        _: T.Type, _ planes: UnsafePointer<Float>, _ planeStride: Int, _ pixels: Int, _ channels: Int,
        _ intensity: Intensity, _ target: UnsafeMutableRawPointer
    ) {
        let range = bounds(T.self, intensity)
        let lower = range.lowerBound
        let upper = range.upperBound
        let fractionless: Float = 0x1.8p23
        interleave(planes, planeStride, pixels, channels, target) { sample -> T in
            let clamped = sample > lower ? (sample < upper ? sample : upper) : lower
            // Adding 1.5 · 2²³ leaves no fraction bits: the sum is rounded to an integer, ties to even, and its bit
            // pattern counts in ones. Ties are then sent away from zero. Unlike `rounded()` and `Int32(_:)`, this has
            // neither a call nor a check for every sample, so that the loop is vectorised.
            let integer = (clamped + fractionless) - fractionless
            let rest = clamped - integer
            let away: Float = rest == 0.5 && clamped > 0 ? 1 : (rest == -0.5 && clamped < 0 ? -1 : 0)
            return T(truncatingIfNeeded: (integer + away + fractionless).bitPattern &- fractionless.bitPattern)
        }
    }

    @inline(__always)
    private static func quantizeWide<T: FixedWidthInteger>(
        _: T.Type, _ planes: UnsafePointer<Float>, _ planeStride: Int, _ pixels: Int, _ channels: Int,
        _ intensity: Intensity, _ target: UnsafeMutableRawPointer
    ) {
        let range = bounds(T.self, intensity)
        interleave(planes, planeStride, pixels, channels, target) { sample -> T in
            T(min(max(sample.rounded(), range.lowerBound), range.upperBound))
        }
    }

    /// The declared range, within what the type can hold.
    private static func bounds<T: FixedWidthInteger>(_: T.Type, _ intensity: Intensity) -> ClosedRange<Float> {
        let whole = Intensity(sampleType: intensity.sampleType).storedRange!
        return (intensity.storedRange ?? whole).clamped(to: whole)
    }
}

extension SampleCoding.Problem {
    /// - Parameters:
    ///   - width: how long the rows are into which the converted samples fall.
    ///   - firstColumn: the image column, and `firstRow` the row, of the first of them.
    func error(
        path: String, width: Int, channels: Int, firstColumn: Int = 0, firstRow: Int = 0, slice: Int
    ) -> ImageFileError {
        switch self {
        case .infinite(let index):
            let pixel = firstColumn + index / channels
            return .notFinite(path: path, column: pixel % width, row: firstRow + pixel / width, slice: slice)
        case .inexact(let index, let value):
            let pixel = firstColumn + index / channels
            return .unsupported(
                path: path,
                feature: "the value \(value) at column \(pixel % width), row \(firstRow + pixel / width), slice "
                    + "\(slice) has more than the 24 significant bits kept; renumber or rescale the values so that 16 bits hold them"
            )
        }
    }
}
