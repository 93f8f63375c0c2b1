/// Distance between the centres of neighbouring pixels, in millimetres.
public struct PixelSpacing: Sendable, Equatable, Codable {
    /// Along a row, from one column to the next.
    public var column: Double
    /// Along a column, from one row to the next.
    public var row: Double

    public init(column: Double, row: Double) {
        self.column = column
        self.row = row
    }

    fileprivate func scaled(columns: Double, rows: Double) -> PixelSpacing {
        PixelSpacing(column: column / columns, row: row / rows)
    }
}

/// Which way the axes of world coordinates point.
public enum WorldSpace: String, Sendable, Codable {
    /// Left, posterior, superior: DICOM's patient coordinate system.
    case lps
    /// Right, anterior, superior: NIfTI's.
    case ras
}

/// A map from pixel indices (column, row, slice), counted from the centre of the first, to millimetres in the world.
public struct Affine: Sendable, Equatable, Codable {
    /// Step in the world for one column, one row, one slice, and the world position of pixel (0, 0, 0).
    public var column: SIMD3<Double>
    public var row: SIMD3<Double>
    public var slice: SIMD3<Double>
    public var origin: SIMD3<Double>

    public init(column: SIMD3<Double>, row: SIMD3<Double>, slice: SIMD3<Double>, origin: SIMD3<Double>) {
        self.column = column
        self.row = row
        self.slice = slice
        self.origin = origin
    }

    public func callAsFunction(column c: Double, row r: Double, slice s: Double) -> SIMD3<Double> {
        origin + column * c + row * r + slice * s
    }

    /// The map of a grid `columns` and `rows` times as fine over the same field of view: in pixel-centre convention the
    /// new first pixel's centre lies (1/s − 1)/2 old pixels from the old one's along each in-plane axis.
    public func scaled(columns: Double, rows: Double) -> Affine {
        Affine(
            column: column / columns, row: row / rows, slice: slice,
            origin: origin + column * ((1 / columns - 1) / 2) + row * ((1 / rows - 1) / 2))
    }
}

/// Where the pixels lie.
public struct Geometry: Sendable, Equatable, Codable {
    /// `nil` where the file does not say.
    public var spacing: PixelSpacing?
    /// `nil` where the file does not place the image in the world. For a DICOM file of several frames, the map of the
    /// first frame.
    public var affine: Affine?
    public var space: WorldSpace?
    /// Millimetres from slice to slice where that is known but ``affine`` is not.
    public var sliceSpacing: Double?
    /// Distance between pixels in a unit that the file does not name, where ``spacing`` is `nil`: the shape of a pixel.
    public var relativeSpacing: PixelSpacing?

    public init(spacing: PixelSpacing? = nil, affine: Affine? = nil, space: WorldSpace? = nil) {
        self.spacing = spacing
        self.affine = affine
        self.space = space
    }

    /// How pixels of this geometry lie elsewhere than those of `other`, in one line; `nil` where they do not, or where
    /// one of both does not say where they lie.
    public func difference(from other: Geometry, width: Int, height: Int, slices: Int) -> String? {
        if let spacing, let theirs = other.spacing,
            abs(spacing.column - theirs.column) > 1e-3 * theirs.column
                || abs(spacing.row - theirs.row) > 1e-3 * theirs.row
        {
            func text(_ spacing: PixelSpacing) -> String { "\(spacing.column) × \(spacing.row) mm" }
            return "pixels of \(text(spacing)) against \(text(theirs))"
        }
        guard let affine = affineInRAS, let theirs = other.affineInRAS else { return nil }
        var greatest = 0.0
        for column in [0, Double(width - 1)] {
            for row in [0, Double(height - 1)] {
                for slice in [0, Double(slices - 1)] {
                    let mine = affine(column: column, row: row, slice: slice)
                    let apart = mine - theirs(column: column, row: row, slice: slice)
                    greatest = max(greatest, (apart * apart).sum().squareRoot())
                }
            }
        }
        let step = (theirs.column * theirs.column).sum().squareRoot()
        return greatest > 0.1 * step
            ? "corners lie up to \((greatest * 100).rounded() / 100) mm apart (position or orientation)" : nil
    }

    /// The geometry of a grid `columns` and `rows` times as fine over the same field of view.
    public func scaled(columns: Double, rows: Double) -> Geometry {
        var result = self
        result.spacing = spacing?.scaled(columns: columns, rows: rows)
        result.affine = affine?.scaled(columns: columns, rows: rows)
        result.relativeSpacing = relativeSpacing?.scaled(columns: columns, rows: rows)
        return result
    }
}
