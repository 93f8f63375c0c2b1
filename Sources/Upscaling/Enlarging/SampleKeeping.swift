import Imaging

extension ImageHeader {
    /// What the result of an enlargement says about itself where samples are codes, whatever the method: `nil` for
    /// quantities.
    func enlargedCodes(by scale: Double) -> ImageHeader? {
        guard let statement = meaning.codesStatement else { return nil }
        return enlarged(
            by: scale,
            Derivation(
                description: "Codes (\(statement)) enlarged \(scaleText(scale))x by nearest neighbour, none made anew",
                model: Interpolation.nearest.rawValue, scale: scale))
    }
}

/// Every method enlarges through here, so that none ever computes with what is no intensity: codes are repeated (nearest
/// neighbour), samples without data stay what they are and are seen by no filter and no network; see `NoDataKeeping`.
/// Images that have neither go through untouched.
extension Image {
    /// - Parameters:
    ///   - header: of the result, for its size.
    ///   - emit: takes the rows of the result in order.
    ///   - method: enlarges the image it is given, and hands over bands of one slice from top to bottom.
    func enlarge(
        to header: ImageHeader, emit: (Pixels) throws -> Void,
        by method: (Image, @escaping (Pixels) throws -> Void) throws -> Void
    ) throws {
        try withoutActuallyEscaping(emit) { emit in
            switch Enlarging(self, to: header) {
            case .computing: try method(self, emit)
            case .repeating: try repeatSamples(to: header, emit: emit)
            case .keeping(let keeping):
                var (slice, row) = (0, 0)
                try method(keeping.filled) { band in
                    try emit(keeping.restored(band, slice: slice, firstRow: row))
                    row += band.height
                    if row == header.height { (slice, row) = (slice + 1, 0) }
                }
            }
        }
    }

    private func repeatSamples(to header: ImageHeader, emit: (Pixels) throws -> Void) throws {
        let rowsAtOnce = max(1, (1 << 24) / header.width)
        for slice in 0..<header.slices {
            for start in stride(from: 0, to: header.height, by: rowsAtOnce) {
                try Task.checkCancellation()
                let rows = start..<min(start + rowsAtOnce, header.height)
                try emit(pixels.nearest(width: header.width, height: header.height, rows: rows, slice: slice))
            }
        }
    }

    /// The same for methods that make the whole result at once.
    func enlarged(to header: ImageHeader, by method: (Image) throws -> Pixels) throws -> Image {
        let result =
            switch Enlarging(self, to: header) {
            case .computing: try method(self)
            case .repeating: pixels.nearest(width: header.width, height: header.height)
            case .keeping(let keeping): keeping.restored(try method(keeping.filled))
            }
        return Image(header: header, pixels: result)
    }
}

/// How the samples of an image may be enlarged.
private enum Enlarging {
    /// By any method.
    case computing
    /// By repetition alone: they are codes, or none holds data.
    case repeating
    /// By any method, which must not see those without data.
    case keeping(NoDataKeeping)

    init(_ image: Image, to header: ImageHeader) {
        guard image.header.meaning == .quantity else {
            self = .repeating
            return
        }
        guard let keeping = NoDataKeeping(image, width: header.width, height: header.height) else {
            self = .computing
            return
        }
        self = keeping.isEmpty ? .repeating : .keeping(keeping)
    }
}
