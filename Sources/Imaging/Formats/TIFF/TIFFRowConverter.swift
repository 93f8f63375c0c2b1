/// Turns rows of a TIFF, or of one of its tiles, into planes.
struct TIFFRowConverter {
    let layout: TIFFLayout
    let path: String
    let slice: Int

    /// - Parameter plane: the stored channel, where they are apart.
    func convert(
        _ source: UnsafeRawPointer, pixels: Int, column: Int, row: Int, plane: Int,
        into planes: UnsafeMutablePointer<Float>
    ) throws(ImageFileError) {
        let planeCount = layout.width * layout.height
        let target = planes + plane * planeCount + row * layout.width + column
        let channels = layout.isPlanar ? 1 : layout.storedChannels
        if let palette = layout.palette {
            color(source, pixels: pixels, palette: palette, into: target, planeStride: planeCount)
            return
        }
        if layout.bits < 8 {
            withUnpacked(source, pixels: pixels) {
                _ = SampleCoding.decode(
                    $0, pixels: pixels, channels: 1, as: .uint8, into: target, planeStride: planeCount)
            }
            return
        }
        let problem = SampleCoding.decode(
            source, pixels: pixels, channels: channels, as: layout.sampleType, into: target, planeStride: planeCount)
        if let problem {
            throw problem.error(
                path: path, width: layout.width, channels: channels, firstColumn: column, firstRow: row, slice: slice)
        }
    }

    private func color(
        _ source: UnsafeRawPointer, pixels: Int, palette: [[UInt16]], into target: UnsafeMutablePointer<Float>,
        planeStride: Int
    ) {
        func look(_ index: Int, _ pixel: Int) {
            for channel in 0..<3 {
                let color = palette[channel][index]
                target[channel * planeStride + pixel] = Float(layout.paletteIs8Bit ? color >> 8 : color)
            }
        }
        if layout.bits == 16 {
            let indices = source.assumingMemoryBound(to: UInt16.self)
            for pixel in 0..<pixels { look(Int(indices[pixel]), pixel) }
        } else {
            withUnpacked(source, pixels: pixels) { indices in
                for pixel in 0..<pixels { look(Int(indices[pixel]), pixel) }
            }
        }
    }

    private func withUnpacked(_ source: UnsafeRawPointer, pixels: Int, _ body: (UnsafePointer<UInt8>) -> Void) {
        let stored = source.assumingMemoryBound(to: UInt8.self)
        guard layout.bits < 8 else { return body(stored) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pixels) {
            SampleCoding.unpack(stored, bits: layout.bits, count: pixels, into: $0.baseAddress!)
            body($0.baseAddress!)
        }
    }
}
