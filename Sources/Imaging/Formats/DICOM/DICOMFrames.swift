/// What the frames of a DICOM file say each for itself: positions, values and dimensions (PS3.3 C.7.6.16, C.8.4.8 and
/// C.8.8.3).
struct DICOMFrames {
    /// An attribute that tells volumes of one grid apart.
    private struct Dimension {
        let name: String
        let unit: String
        let path: [DICOMTag]

        static let all = [
            Dimension(name: "segment", unit: "", path: [.segmentIdentificationSequence, .referencedSegmentNumber]),
            Dimension(name: "echo time", unit: "ms", path: [.mrEchoSequence, .effectiveEchoTime]),
            Dimension(name: "inversion time", unit: "ms", path: [.mrModifierSequence, .inversionTimes]),
            Dimension(name: "b-value", unit: "s/mm²", path: [.mrDiffusionSequence, .diffusionBValue]),
            Dimension(
                name: "diffusion gradient", unit: "",
                path: [.mrDiffusionSequence, .diffusionGradientDirectionSequence, .diffusionGradientOrientation]),
            Dimension(
                name: "trigger delay", unit: "ms",
                path: [.cardiacSynchronizationSequence, .nominalCardiacTriggerDelayTime]),
            Dimension(name: "time", unit: "s", path: [.temporalPositionSequence, .temporalPositionTimeOffset]),
            Dimension(name: "temporal position", unit: "", path: [.frameContentSequence, .temporalPositionIndex]),
            Dimension(name: "kV", unit: "", path: [.ctXRayDetailsSequence, .kvp]),
            Dimension(name: "reconstruction kernel", unit: "", path: [.ctReconstructionSequence, .convolutionKernel]),
        ]
    }

    /// Vectors of one number a frame (PS3.3 C.8.4.8.1.1); frames of one volume differ in none of them.
    private static let vectors: [(tag: DICOMTag, name: String)] = [
        (.energyWindowVector, "energy window"), (.detectorVector, "detector"), (.phaseVector, "phase"),
        (.rotationVector, "rotation"), (.rrIntervalVector, "R-R interval"),
        (.timeSlotVector, "time slot"), (.angularViewVector, "angular view"),
        (.timeSliceVector, "time slice"),
    ]

    /// Those of the vectors that move the plane.
    private static let turning: Set = ["detector", "rotation", "angular view"]

    private let root: DICOMItem
    private let shared: DICOMItem?
    private let groups: [DICOMItem]
    private let count: Int

    init(_ root: DICOMItem, count: Int) {
        self.root = root
        self.count = count
        shared = root.items(.sharedFunctionalGroups).first
        groups = root.items(.perFrameFunctionalGroups)
    }

    /// A functional group macro's item for a frame: its own or the one that all share.
    private func macro(_ sequence: DICOMTag, _ frame: Int) -> DICOMItem? {
        (frame < groups.count ? groups[frame].items(sequence).first : nil) ?? shared?.items(sequence).first
    }

    private func text(_ path: [DICOMTag], _ frame: Int) -> String? {
        var item = macro(path[0], frame)
        for step in path[1...].dropLast() { item = item?.items(step).first }
        return item?.string(path[path.count - 1])
    }

    // MARK: Values

    private struct Meaning: Equatable {
        var rescale: SliceArrangement.Rescale
        var unit: String
    }

    /// The Pixel Value Transformation, which display and measurement are based on (PS3.3 C.7.6.16.2.9).
    private func transformation(_ frame: Int) -> Meaning? {
        guard let item = macro(.pixelValueTransformationSequence, frame) else { return nil }
        let slope = item.number(.rescaleSlope) ?? 1
        return Meaning(
            rescale: .init(slope: slope == 0 ? 1 : slope, intercept: item.number(.rescaleIntercept) ?? 0),
            unit: item.string(.rescaleType) ?? "US")
    }

    /// The first Real World Value Mapping, where it is linear (PS3.3 C.7.6.16.2.11).
    private func mapping(_ frame: Int) -> Meaning? {
        guard let item = macro(.realWorldValueMappingSequence, frame),
            let slope = item.number(.realWorldValueSlope), slope != 0
        else { return nil }
        let unit = item.items(.measurementUnitsCodeSequence).first?.string(.codeValue)
        return Meaning(
            rescale: .init(slope: slope, intercept: item.number(.realWorldValueIntercept) ?? 0), unit: unit ?? "1")
    }

    /// The kind of quantity a frame shows, without what was done to it: "M", "PHASE MAP", "FIELD_MAP".
    private func kind(_ frame: Int) -> String {
        for sequence in [DICOMTag.mrImageFrameTypeSequence, .ctImageFrameTypeSequence, .petFrameTypeSequence] {
            guard let item = macro(sequence, frame) else { continue }
            let type = item.strings(.frameType).dropFirst(2).joined(separator: "\\")
            return [type, item.string(.complexImageComponent)].compactMap(\.self).filter { !$0.isEmpty }
                .joined(separator: " ")
        }
        return ""
    }

    private func readValues(into arrangement: inout SliceArrangement) {
        func unlike<Value: Hashable>(_ values: [Value]) -> [Value] {
            var seen = Set<Value>()
            return values.filter { seen.insert($0).inserted }
        }
        let frames = 0..<count
        let transformations = frames.map(transformation)
        let mappings = frames.map(mapping)
        let transformed = transformations.compactMap(\.self)
        let mapped = mappings.compactMap(\.self)
        var units: [String] = []
        if transformed.count == count, unlike(transformed.map(\.rescale)).count > 1 {
            arrangement.rescales = transformed.map(\.rescale)
            units = unlike(transformed.map(\.unit))
        } else if mapped.count == count, unlike(mapped.map(\.rescale)).count > 1 {
            arrangement.rescales = mapped.map(\.rescale)
            units = unlike(mapped.map(\.unit))
        } else {
            units = unlike(transformed.map(\.unit))
            if units.count < 2 { units = unlike(mapped.map(\.unit)) }
        }
        let kinds = unlike(frames.map(kind))
        var differences: [String] = []
        if kinds.count > 1 { differences.append("frame type (\(kinds.joined(separator: ", ")))") }
        if units.count > 1 { differences.append("units (\(units.joined(separator: ", ")))") }
        let isPartial = (1..<count).contains(transformed.count)
        if isPartial { differences.append("whether they have a rescale slope") }
        guard !differences.isEmpty else { return }
        let number = max(kinds.count, units.count, isPartial ? 2 : 0)
        arrangement.differentValues =
            "\(count) frames in \(number) stacks that differ in \(Self.list(differences)), which one file of another kind "
            + "cannot say; write .dcm, or take the stacks apart first"
    }

    // MARK: Places

    /// Where a frame lies, and which way its plane faces.
    private struct Plane {
        var position: SIMD3<Double>
        var column: SIMD3<Double>
        var row: SIMD3<Double>
        var normal: SIMD3<Double>
    }

    private func plane(_ frame: Int) -> Plane? {
        let inPatient = macro(.planePositionSequence, frame).flatMap { position in
            DICOMGeometry.vector(position, .imagePositionPatient).flatMap { vector in
                macro(.planeOrientationSequence, frame).flatMap { DICOMGeometry.orientation($0) }.map { (vector, $0) }
            }
        }
        let inVolume = macro(.planePositionVolumeSequence, frame).flatMap { position in
            DICOMGeometry.vector(position, .imagePositionVolume).flatMap { vector in
                macro(.planeOrientationVolumeSequence, frame).flatMap {
                    DICOMGeometry.orientation($0, .imageOrientationVolume)
                }.map { (vector, $0) }
            }
        }
        return (inPatient ?? inVolume).map { position, axes in
            Plane(
                position: position, column: axes.column, row: axes.row,
                normal: DICOMGeometry.cross(axes.column, axes.row))
        }
    }

    /// Planes of the classes without functional groups, by their own vectors.
    private func classicPlanes() -> [Plane]? {
        guard groups.isEmpty, let place = DICOMGeometry.place(root) else { return nil }
        let normal = DICOMGeometry.cross(place.column, place.row)
        func planes(_ offsets: [Double]) -> [Plane]? {
            guard offsets.count == count else { return nil }
            return offsets.map {
                Plane(
                    position: place.origin + normal * ($0 - offsets[0]), column: place.column, row: place.row,
                    normal: normal)
            }
        }
        if let offsets = root.numbers(.gridFrameOffsetVector) { return planes(offsets) }
        let step = root.number(.spacingBetweenSlices) ?? 0
        // Positive: the next slice lies behind, along the normal (PS3.3 C.8.4.15).
        if let slices = root.numbers(.sliceVector), step != 0 { return planes(slices.map { $0 * step }) }
        if !vectors.isEmpty { return planes([Double](repeating: 0, count: count)) }
        if step != 0, root.integer(.numberOfSlices) == count { return planes((0..<count).map { Double($0) * step }) }
        return nil
    }

    /// What nuclear medicine's vectors say of the frames, of those that differ.
    private var vectors: [(name: String, values: [Double])] {
        Self.vectors.compactMap { tag, name in
            guard let values = root.numbers(tag), values.count == count, Set(values).count > 1 else { return nil }
            return (name, values)
        }
    }

    // MARK: Together

    /// - Returns: the arrangement, and the step from slice to slice in the world where frames have positions.
    func arrangement() -> (arrangement: SliceArrangement, step: SIMD3<Double>?)? {
        guard count > 1 else { return nil }
        var result = SliceArrangement(order: Array(0..<count), summary: "")
        readValues(into: &result)
        var step: SIMD3<Double>?
        let planes = classicPlanes() ?? (0..<count).compactMap(plane)
        if root.contains(.totalPixelMatrixColumns) {
            result.differentGrids =
                "its \(count) frames are tiles of a whole slide, which become one picture or none; write .dcm"
        } else if let turning = vectors.first(where: { Self.turning.contains($0.name) }) {
            result.differentGrids =
                "its \(count) frames are views by more than one \(turning.name), each in a plane of its own, which one grid "
                + "cannot say; write .dcm"
        } else if planes.count == count {
            step = place(planes, &result)
        } else if !planes.isEmpty {
            result.differentGrids =
                "\(planes.count) of its \(count) frames have a position, the others none; write .dcm"
        } else if let offsets = root.numbers(.gridFrameOffsetVector) {
            result.differentGrids =
                "\(count) frames, but Grid Frame Offset Vector places \(offsets.count); write .dcm"
        } else if isCine {
            result.volumes = count
            result.volumeInterval = frameInterval
            result.summary = "\(count) moments of one plane"
        } else if groups.isEmpty, DICOMGeometry.place(root) != nil {
            result.assumption =
                "the file does not say where its \(count) frames lie; they are taken for slices one thickness apart"
        }
        if result.summary.isEmpty { result.summary = "\(count) slices" }
        if let rescales = result.rescales {
            let slopes = rescales.map(\.slope)
            result.summary +=
                ", with slopes of their own from \(Self.text(slopes.min()!)) to \(Self.text(slopes.max()!))"
        }
        if let reason = result.differentValues ?? result.differentGrids { result.summary = reason }
        return (result, step)
    }

    private func place(_ planes: [Plane], _ result: inout SliceArrangement) -> SIMD3<Double>? {
        let first = planes[0]
        let stacks = Set((0..<count).compactMap { text([.frameContentSequence, .stackID], $0) }).sorted()
        guard planes.allSatisfy({ Self.length($0.column - first.column) + Self.length($0.row - first.row) < 2e-3 })
        else {
            let orientations = planes.reduce(into: [Plane]()) { found, plane in
                let isKnown = found.contains {
                    Self.length($0.column - plane.column) + Self.length($0.row - plane.row) < 2e-3
                }
                if !isKnown { found.append(plane) }
            }.count
            result.differentGrids = severalStacks(orientations, "orientation")
            return nil
        }
        let spacings = Set(
            (0..<count).map { macro(.pixelMeasuresSequence, $0)?.string(.pixelSpacing) ?? "" })
        guard spacings.count == 1 else {
            result.differentGrids = severalStacks(spacings.count, "pixel spacing")
            return nil
        }
        if stacks.count > 1 {
            result.differentGrids = severalStacks(stacks.count, "Stack ID (\(stacks.joined(separator: ", ")))")
            return nil
        }

        // Places along the normal, ascending as the file does on the whole.
        let direction = ((planes[count - 1].position - first.position) * first.normal).sum() < 0 ? -1.0 : 1
        let heights = planes.map { (($0.position - first.position) * first.normal).sum() * direction }
        let sorted = (0..<count).sorted { (heights[$0], $0) < (heights[$1], $1) }
        var places: [[Int]] = []
        for frame in sorted {
            if let last = places.last, heights[frame] - heights[last[0]] < Self.samePlace {
                guard Self.length(planes[frame].position - planes[last[0]].position) < 0.01 else {
                    result.differentGrids = severalStacks(2, "position within one plane")
                    return nil
                }
                places[places.count - 1].append(frame)
            } else {
                places.append([frame])
            }
        }
        let volumes = places[0].count
        guard places.allSatisfy({ $0.count == volumes }) else {
            let counts = Set(places.map(\.count)).sorted().map(String.init)
            result.differentGrids =
                "\(count) frames at \(places.count) positions, \(counts.joined(separator: " or ")) at each: no whole "
                + "volumes; write .dcm, which keeps every frame's place"
            return nil
        }
        var difference = ""
        if volumes > 1 { difference = sortIntoVolumes(&places, &result) }
        result.volumes = volumes
        result.order = (0..<volumes).flatMap { volume in places.map { $0[volume] } }
        result.shift = planes[result.order[0]].position - first.position
        result.summary =
            volumes == 1 ? "\(places.count) slices" : "\(volumes) volumes of \(places.count) slices" + difference
        let ascending = zip(result.order, result.order.dropFirst()).allSatisfy { $0 < $1 }
        if !ascending && volumes == 1 { result.summary += ", not in the order of space" }
        return step(places.map { planes[$0[0]].position }, &result)
    }

    /// Frames nearer than this, in millimetres, lie at one place.
    private static let samePlace = 1e-3

    private func severalStacks(_ number: Int, _ difference: String) -> String {
        "\(count) frames in \(number) stacks that differ in \(difference), which one grid cannot say; write .dcm, or take "
            + "the stacks apart first"
    }

    /// Puts the frames at each place in the order of what tells them apart.
    private func sortIntoVolumes(_ places: inout [[Int]], _ result: inout SliceArrangement) -> String {
        var dimensions = Dimension.all.map { dimension in
            (dimension.name, dimension.unit, (0..<count).map { text(dimension.path, $0) ?? "" })
        }
        dimensions += vectors.map { ($0.name, "", $0.values.map(Self.text)) }
        // What takes the same values at every place is a dimension; what changes from place to place, like the moment
        // at which a slice was acquired, is not.
        func values(_ all: [String], _ place: [Int]) -> [String] { place.map { all[$0] }.sorted() }
        let telling = dimensions.filter { dimension in
            let first = values(dimension.2, places[0])
            return Set(first).count > 1 && places.allSatisfy { values(dimension.2, $0) == first }
        }
        let ranks = telling.map { Self.ranks($0.2) }
        places = places.map { frames in
            frames.sorted { first, second in
                let unequal = ranks.first { $0[first] != $0[second] }
                return unequal.map { $0[first] < $0[second] } ?? (first < second)
            }
        }
        for (name, unit, all) in telling where ["time", "trigger delay"].contains(name) {
            let times = places[0].compactMap { Double(all[$0]) }
            guard times.count == places[0].count else { continue }
            let interval = times[1] - times[0]
            let isEven = zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - interval) < 1e-3 * abs(interval) }
            if isEven, interval > 0 { result.volumeInterval = unit == "ms" ? interval / 1000 : interval }
        }
        guard !telling.isEmpty else { return "" }
        let descriptions = telling.map { name, unit, all in
            var seen = Set<String>()
            let found = places[0].map { all[$0] }.filter { seen.insert($0).inserted }
            let shown =
                found.map { $0.isEmpty ? "none" : Double($0).map(Self.text) ?? $0 }.prefix(6).joined(separator: ", ")
                + (found.count > 6 ? ", …" : "")
            return name + " (\(shown)\(unit.isEmpty ? "" : " " + unit))"
        }
        return " that differ in " + Self.list(descriptions)
    }

    /// The place of each value among all, as numbers where all are.
    private static func ranks(_ values: [String]) -> [Int] {
        let unique = Array(Set(values))
        let numbers = unique.map { $0.isEmpty ? -.infinity : Double($0) ?? .nan }
        let sorted =
            numbers.contains { $0.isNaN }
            ? unique.sorted() : zip(numbers, unique).sorted { $0.0 < $1.0 }.map(\.1)
        let ranks = Dictionary(uniqueKeysWithValues: zip(sorted, 0...))
        return values.map { ranks[$0]! }
    }

    /// The step from slice to slice, if every slice lies within a hundredth of it of its place on the grid; positions
    /// are often written with two decimals, so that a hundredth of a millimetre is no gap either.
    private func step(_ positions: [SIMD3<Double>], _ result: inout SliceArrangement) -> SIMD3<Double>? {
        guard positions.count > 1 else { return nil }
        let step = (positions[positions.count - 1] - positions[0]) / Double(positions.count - 1)
        let length = Self.length(step)
        let tolerance = max(0.01 * length, min(0.01, 0.05 * length))
        let isEven = positions.enumerated().allSatisfy { index, position in
            Self.length(position - positions[0] - step * Double(index)) <= tolerance
        }
        guard !isEven else { return step }
        let gaps = zip(positions, positions.dropFirst()).map { Self.length($1 - $0) }
        let (least, greatest) = (gaps.min()!, gaps.max()!)
        result.differentGrids =
            least < 0.99 * greatest
            ? "slices lie from \(Self.text(least)) to \(Self.text(greatest)) mm apart (the widest gap is behind slice "
                + "\(gaps.firstIndex(of: greatest)!)), which one grid cannot say; write .dcm, which keeps every slice's place"
            : "slices do not lie on a straight line, which one grid cannot say; write .dcm, which keeps every slice's place"
        return positions[1] - positions[0]
    }

    // MARK: Time

    /// Whether the frames are moments (PS3.3 C.7.6.5): Frame Time or its vector is what the frames count by.
    private var isCine: Bool {
        let pointer = root.string(.frameIncrementPointer)?.uppercased() ?? ""
        return pointer.contains("0018,1063") || pointer.contains("0018,1065")
    }

    /// In seconds.
    private var frameInterval: Double? {
        root.number(.frameTime).flatMap { $0 > 0 ? $0 / 1000 : nil }
    }

    // MARK: Text

    private static func length(_ vector: SIMD3<Double>) -> Double { (vector * vector).sum().squareRoot() }

    private static func list(_ parts: [String]) -> String {
        parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + parts.last!
    }

    private static func text(_ number: Double) -> String {
        let rounded = (number * 1e4).rounded() / 1e4
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : "\(rounded)"
    }
}
