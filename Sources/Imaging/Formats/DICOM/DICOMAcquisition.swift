extension AcquiredGrid {
    /// The grids that an MR file may mean by what it says of its acquisition, the likeliest first; an axis that hardly has
    /// more samples than were acquired keeps those it has. Enhanced MR, which says it in functional groups, states none.
    ///
    /// Acquisition Matrix (0018,1310) names the frequency's and the phase's samples, either of rows or of columns, which
    /// some take for the number of rows and others for the direction; In-plane Phase Encoding Direction (0018,1312) often
    /// disagrees with both. Where the stored field of view is not the acquired one (GE fills it up to a square), Percent
    /// Phase Field of View (0018,0094) tells how many samples the phase would have in the stored one. Of Percent Sampling
    /// (0018,0093) it is open whether the matrix has it in already.
    static func stated(by source: DICOMSource, _ header: ImageHeader) -> [AcquiredGrid] {
        guard source.modality == "MR", source[.imageType]?.hasPrefix("DERIVED") != true else { return [] }
        let matrix = numbers(source[.acquisitionMatrix])
        // Frequency of rows, of columns, phase of rows, of columns; the unused ones are 0.
        guard matrix.count == 4, let frequency = matrix[0..<2].first(where: { $0 > 0 }),
            let phase = matrix[2..<4].first(where: { $0 > 0 })
        else { return [] }
        let phaseShare = numbers(source[.percentPhaseFieldOfView]).first.map { $0 / 100 }
        let sampling = (numbers(source[.percentSampling]).first ?? 100) / 100
        guard phaseShare.map({ $0 > 0 && $0 <= 1 }) ?? true, sampling > 0, sampling <= 1 else { return [] }

        let spacing = header.geometry.spacing ?? PixelSpacing(column: 1, row: 1)
        let fieldWidth = spacing.column * Double(header.width)
        let fieldHeight = spacing.row * Double(header.height)
        /// - Parameter isDown: whether the phase goes along columns.
        func grids(phaseIsDown isDown: Bool, _ phase: Double) -> [AcquiredGrid] {
            let stored = isDown ? fieldHeight / fieldWidth : fieldWidth / fieldHeight
            let isFilledUp = phaseShare.map { stored > $0 } ?? false
            return (isFilledUp ? [phase * stored / phaseShare!, phase] : [phase]).map { samples in
                AcquiredGrid(
                    width: limited(isDown ? frequency : samples, to: header.width),
                    height: limited(isDown ? samples : frequency, to: header.height))
            }
        }
        var directions = [matrix[2] > 0, matrix[2] == 0]
        if let direction = source[.inPlanePhaseEncodingDirection] {
            directions = [direction == "COL", direction != "COL"]
        }
        let counts = sampling < 1 ? [phase, phase * sampling] : [phase]
        return counts.flatMap { count in directions.flatMap { grids(phaseIsDown: $0, count) } }
    }

    private static func limited(_ acquired: Double, to stored: Int) -> Int {
        Double(stored) / acquired >= leastFactor ? Int(acquired.rounded()) : stored
    }

    private static func numbers(_ text: String?) -> [Double] {
        (text ?? "").split(separator: "\\").compactMap { Double($0.filter { $0 != " " }) }
    }
}
