import CNIfTI

/// Where a NIfTI header places its voxels, in millimetres and NIfTI's own right-anterior-superior space.
extension NIfTIHeader {
    /// The map to the world: sform where it is set, else qform, else none. A header with neither places nothing (the
    /// standard's "method 1", kept for ANALYZE files), and its voxels have a size only.
    var geometry: Geometry {
        let steps = self[.pixdim].map { abs($0) * millimetresPerUnit }
        let affine = sform ?? qform
        let spacing: PixelSpacing? =
            if steps[1].isNormal && steps[2].isNormal {
                PixelSpacing(column: steps[1], row: steps[2])
            } else if let affine {
                PixelSpacing(column: affine.column.length, row: affine.row.length)
            } else {
                nil
            }
        var result = Geometry(spacing: spacing, affine: affine, space: affine == nil ? nil : .ras)
        if affine == nil, steps[3].isNormal { result.sliceSpacing = steps[3] }
        return result
    }

    /// Seconds from one volume to the next, where the fourth dimension is time.
    var volumeInterval: Double? {
        let step = self[.pixdim][4]
        guard step > 0, step.isFinite else { return nil }
        return switch Int32(first(.units)) & 0x38 {
        case NIFTI_UNITS_SEC: step
        case NIFTI_UNITS_MSEC: step / 1e3
        case NIFTI_UNITS_USEC: step / 1e6
        default: nil
        }
    }

    /// Sets pixdim, sform and qform to `new`. A form that is not the one `geometry` reports makes the same move in
    /// voxel space as the one that is.
    mutating func place(_ new: Geometry) {
        let old = geometry
        guard new != old else { return }
        // A qform takes its steps from pixdim: it must be known before those change.
        let oldQform = qform
        if let spacing = new.spacing, spacing != old.spacing {
            var pixdim = self[.pixdim]
            pixdim[1] = spacing.column / millimetresPerUnit
            pixdim[2] = spacing.row / millimetresPerUnit
            set(.pixdim, pixdim)
        }
        guard let target = new.affineInRAS else {
            set(.sformCode, 0)
            set(.qformCode, 0)
            return
        }
        guard target != old.affine else { return }
        if let move = old.affine.flatMap({ target.relative(to: $0) }) {
            if sform != nil { setSform(target) } else { set(.sformCode, 0) }
            if let oldQform { setQform(oldQform * move) } else { set(.qformCode, 0) }
        } else {
            set(.sformCode, Double(NIFTI_XFORM_SCANNER_ANAT))
            set(.qformCode, Double(NIFTI_XFORM_SCANNER_ANAT))
            setSform(target)
            setQform(target)
            // A quaternion turns but cannot shear, as a tilted gantry's slices do.
            if !target.isOrthogonal { set(.qformCode, 0) }
        }
    }

    private var millimetresPerUnit: Double {
        switch Int32(first(.units)) & 7 {
        case NIFTI_UNITS_METER: 1000
        case NIFTI_UNITS_MICRON: 0.001
        default: 1
        }
    }

    private var sform: Affine? {
        guard first(.sformCode) > 0 else { return nil }
        let rows = self[.sformRows].map { $0 * millimetresPerUnit }
        return Affine(
            column: [rows[0], rows[4], rows[8]], row: [rows[1], rows[5], rows[9]], slice: [rows[2], rows[6], rows[10]],
            origin: [rows[3], rows[7], rows[11]]
        ).ifUsable
    }

    private var qform: Affine? {
        guard first(.qformCode) > 0 else { return nil }
        let pixdim = self[.pixdim]
        let quaternion = self[.quaternion]
        let offset = self[.quaternionOffset]
        let matrix = nifti_quatern_to_dmat44(
            quaternion[0], quaternion[1], quaternion[2], offset[0], offset[1], offset[2], abs(pixdim[1]),
            abs(pixdim[2]), abs(pixdim[3]), pixdim[0] < 0 ? -1 : 1)
        return Affine(matrix).scaledUniformly(by: millimetresPerUnit).ifUsable
    }

    private mutating func setSform(_ affine: Affine) {
        let a = affine.scaledUniformly(by: 1 / millimetresPerUnit)
        set(
            .sformRows,
            (0..<3).flatMap { [a.column[$0], a.row[$0], a.slice[$0], a.origin[$0]] })
    }

    private mutating func setQform(_ affine: Affine) {
        let a = affine.scaledUniformly(by: 1 / millimetresPerUnit)
        let steps = [a.column.length, a.row.length, a.slice.length]
        set(.quaternionOffset, [a.origin.x, a.origin.y, a.origin.z])
        var pixdim = self[.pixdim]
        // The quaternion stays as stored, to the last bit, where only steps and origin change.
        let turned = qform.map { !$0.hasDirections(of: affine) } ?? true
        if turned {
            var b = 0.0
            var c = 0.0
            var d = 0.0
            var handedness = 1.0
            nifti_dmat44_to_quatern(a.matrix, &b, &c, &d, nil, nil, nil, nil, nil, nil, &handedness)
            set(.quaternion, [b, c, d])
            pixdim[0] = handedness
        }
        for axis in 0..<3 where abs(abs(pixdim[axis + 1]) - steps[axis]) > 1e-6 * steps[axis] {
            pixdim[axis + 1] = steps[axis]
        }
        set(.pixdim, pixdim)
    }
}

extension Geometry {
    /// The map to the world with its x and y axes pointing right and anterior.
    var affineInRAS: Affine? {
        guard space == .lps, let affine else { return affine }
        // Adding zero leaves no negative zeros.
        func turned(_ vector: SIMD3<Double>) -> SIMD3<Double> { vector * [-1, -1, 1] + SIMD3<Double>.zero }
        return Affine(
            column: turned(affine.column), row: turned(affine.row), slice: turned(affine.slice),
            origin: turned(affine.origin))
    }
}

extension SIMD3<Double> {
    fileprivate var length: Double { (self * self).sum().squareRoot() }
}

extension Affine {
    fileprivate init(_ matrix: nifti_dmat44) {
        let m = withUnsafeBytes(of: matrix.m) { Array($0.bindMemory(to: Double.self)) }
        self.init(
            column: [m[0], m[4], m[8]], row: [m[1], m[5], m[9]], slice: [m[2], m[6], m[10]],
            origin: [m[3], m[7], m[11]])
    }

    fileprivate var matrix: nifti_dmat44 {
        var matrix = nifti_dmat44()
        withUnsafeMutableBytes(of: &matrix.m) {
            let m = $0.bindMemory(to: Double.self)
            for axis in 0..<3 {
                m[axis * 4] = column[axis]
                m[axis * 4 + 1] = row[axis]
                m[axis * 4 + 2] = slice[axis]
                m[axis * 4 + 3] = origin[axis]
            }
            m[15] = 1
        }
        return matrix
    }

    fileprivate func scaledUniformly(by factor: Double) -> Affine {
        Affine(column: column * factor, row: row * factor, slice: slice * factor, origin: origin * factor)
    }

    fileprivate var determinant: Double {
        let cross = SIMD3(
            row.y * slice.z - row.z * slice.y, row.z * slice.x - row.x * slice.z, row.x * slice.y - row.y * slice.x)
        return (column * cross).sum()
    }

    /// Itself, unless it maps voxels onto a plane, a line or nowhere.
    fileprivate var ifUsable: Affine? {
        let isFinite = [column, row, slice, origin].allSatisfy { $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }
        return isFinite && determinant.isNormal ? self : nil
    }

    /// The map from this one's voxels to those of `old`; `nil` if there is none.
    fileprivate func relative(to old: Affine) -> Affine? {
        guard old.ifUsable != nil else { return nil }
        return Affine(nifti_dmat44_mul(nifti_dmat44_inverse(old.matrix), matrix))
    }

    fileprivate static func * (first: Affine, second: Affine) -> Affine {
        Affine(nifti_dmat44_mul(first.matrix, second.matrix))
    }

    /// Whether each axis is at right angles to the others, but for what rounded positions leave.
    fileprivate var isOrthogonal: Bool {
        [(column, row), (row, slice), (slice, column)].allSatisfy { first, second in
            abs((first * second).sum()) <= 1e-4 * first.length * second.length
        }
    }

    fileprivate func hasDirections(of other: Affine) -> Bool {
        zip([column, row, slice], [other.column, other.row, other.slice]).allSatisfy { mine, theirs in
            (mine / mine.length - theirs / theirs.length).length < 1e-6
        }
    }
}
