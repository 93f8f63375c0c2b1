/// How far an image has been written: what every ``ImageSink`` must check about the bands that it is handed.
struct SinkProgress {
    let path: String
    let width: Int
    let height: Int
    let channels: Int
    let slices: Int
    /// Floating point can say NaN, which stands for no data.
    private let holdsNaN: Bool
    /// The next row to come, and its slice.
    private(set) var row = 0
    private(set) var slice = 0

    init(header: ImageHeader, path: String) {
        self.path = path
        width = header.width
        height = header.height
        channels = header.channels
        slices = header.slices
        holdsNaN = header.intensity.sampleType.isFloatingPoint
    }

    /// True when the last row of a slice was the last taken.
    var isAtSliceStart: Bool { row == 0 }

    /// Checks a band and counts its rows.
    /// - Precondition: `band` is of the width and channels that the header promised, and not more than it promised.
    mutating func take(_ band: Pixels) throws(ImageFileError) {
        precondition(band.width == width && band.channels == channels && band.slices == 1, "band of another shape")
        precondition(slice < slices && row + band.height <= height, "more rows than the header promises")
        let bad = band.samples.withUnsafeBufferPointer {
            holdsNaN ? SampleCoding.firstInfinite($0) : SampleCoding.firstNotFinite($0)
        }
        if let bad {
            let pixel = bad % band.planeCount
            throw .notFinite(path: path, column: pixel % width, row: row + pixel / width, slice: slice)
        }
        row += band.height
        if row == height {
            row = 0
            slice += 1
        }
    }

    func finish() throws(ImageFileError) {
        guard slice == slices else {
            throw .cannotWrite(
                path: path, reason: "only \(slice * height + row) of \(slices * height) rows were computed")
        }
    }
}
