import Imaging

/// What is known of noise beyond its two numbers: how strong it is in each cosine coefficient, measured where the image is
/// even. JPEG takes the finest coefficients away, kernels of CT and film have spectra of their own; what a spectrum misses
/// a network would sharpen into lines.
extension NoiseEstimate {
    /// This estimate with the spectrum of the evenest quarter of a photograph, for noise that is the same everywhere.
    ///
    /// - Parameter luminance: of the photograph, one channel.
    package func withEvenSpectrum(of luminance: Pixels) -> NoiseEstimate {
        var result = self
        result.spectrum = Self.spectrum(of: luminance, excluding: nil, evenest: 0.25) { _ in true }
            .map { Self.completed($0, fine: fine, coarse: coarse) }
        return result
    }

    /// This estimate with the spectrum of the noise of a photograph, where that is evident among what is equally bright; else as
    /// it is.
    ///
    /// Cameras are the noisier the more light there is, dark surrounds have no noise, and JPEG takes the finest
    /// coefficients from the even blocks and leaves them in others: over a whole photograph noise seems to differ from
    /// place to place. Within one of five classes of brightness its middle coefficients do not. Structure and reduced
    /// photographs differ there too, or from class to class (measured on DRIVE, STARE, AV-WIDE and ISIC's
    /// photographs, docs/decisions/0013).
    ///
    /// - Parameters:
    ///   - luminance: of the photograph, one channel.
    ///   - range: width of the image's range, in stored units.
    package func withPhotographSpectrum(of luminance: Pixels, range: Double) -> NoiseEstimate {
        var blocks: [(brightness: Float, energy: Float)] = []
        Self.visitBlocks(of: luminance, colors: 1, excluding: nil) { block in
            blocks.append((block.mean, block.transformed.energies.coarse))
        }
        guard blocks.count >= Self.leastBlocks else { return self }
        blocks.sort { $0.brightness < $1.brightness }
        var even: [(brightness: ClosedRange<Float>, deviation: Double)] = []
        for part in 0..<5 {
            let part = blocks[part * blocks.count / 5..<(part + 1) * blocks.count / 5]
            let energies = part.map(\.energy).sorted()
            let low = Self.deviation(energies, 0.1, 1.063_62 / 4)
            guard low >= range * Self.leastShare,
                Self.deviation(energies, 0.5, 3.356_69 / 4) / low <= Self.largestSpread
            else { continue }
            even.append((part.first!.brightness...part.last!.brightness, low))
        }
        let deviations = even.map(\.deviation)
        guard even.count >= 3, deviations.max()! <= 1.5 * deviations.min()! else { return self }
        let brightness = even.first!.brightness.lowerBound...even.last!.brightness.upperBound
        var result = self
        result.spectrum = Self.spectrum(of: luminance, excluding: nil, evenest: 0.25) {
            brightness.contains($0.mean)
        }
        .map { Self.completed($0, fine: 0, coarse: deviations.reduce(0, +) / Double(even.count)) }
        return result
    }

    /// This estimate with the spectrum of the noise in soft tissue, where `image` is CT as a scanner reconstructs it; else as
    /// it is.
    ///
    /// Filtered back projection gives noise that rises with frequency, ends where the kernel ends, and runs along the rays
    /// that met the most tissue (Riederer et al., "The noise in X-ray computed tomography", 1978). It differs from place to
    /// place, so that it is never evident from the image alone; but soft tissue, which CT itself tells by its values, is
    /// even where it is not noisy.
    package func withTomographySpectrum(of image: Image, excluding mask: NoDataMask?) -> NoiseEstimate {
        let header = image.header
        guard case .dicom(let source) = header.source, source.modality == "CT", header.arrangement?.rescales == nil,
            let spacing = header.geometry.spacing, max(spacing.column, spacing.row) <= Self.coarsestSpacing,
            header.intensity.slope > 0, header.colorModel.colorChannels == 1
        else { return self }
        let stored = { (value: Double) in Float((value - header.intensity.intercept) / header.intensity.slope) }
        let tissue = stored(Self.softTissue.lowerBound)...stored(Self.softTissue.upperBound)
        var result = self
        result.spectrum = Self.spectrum(of: image.pixels, excluding: mask, evenest: 0.5) {
            $0.lies(in: tissue)
        }
        return result
    }

    /// Fat to muscle with contrast medium, in Hounsfield units.
    private static let softTissue = -160.0...240.0
    /// In millimetres: scanners reconstruct 512² pixels of at most 500 mm. Coarser pixels are means of such, in which little
    /// noise is left, and in soft tissue what is left is anatomy.
    private static let coarsestSpacing = 1.05
    private static let fewestBlocks = 400

    /// The spectrum of the evenest quarter of noise raised to that of all of it, by what the finest or the middle coefficients
    /// show to be missing; by a quarter at most.
    private static func completed(_ spectrum: [Float], fine: Double, coarse: Double) -> [Float] {
        func measured(_ frequencies: Range<Int>) -> Double {
            let values = frequencies.flatMap { row in frequencies.map { Double(spectrum[row * 8 + $0]) } }
            return (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        }
        let missing = max(fine / max(measured(5..<8), 1e-9), coarse / max(measured(3..<5), 1e-9))
        return spectrum.map { $0 * Float(min(max(missing, 1), 1.25)) }
    }

    /// Root mean squares of the cosine coefficients in the evenest `share` of the blocks; `nil` of too few blocks.
    private static func spectrum(
        of pixels: Pixels, excluding mask: NoDataMask?, evenest share: Double, where isMeant: (Block) -> Bool
    ) -> [Float]? {
        var blocks: [(unevenness: Float, squares: Block)] = []
        visitBlocks(of: pixels, colors: 1, excluding: mask) { block in
            guard isMeant(block) else { return }
            let squares = block.transformed.squared
            blocks.append((squares.total, squares))
        }
        guard blocks.count >= fewestBlocks else { return nil }
        blocks.sort { $0.unevenness < $1.unevenness }
        let even = blocks.prefix(Int(share * Double(blocks.count)))
        var sums = [Float](repeating: 0, count: BlockTransform.size * BlockTransform.size)
        for block in even {
            for (index, square) in block.squares.values.enumerated() { sums[index] += square }
        }
        // The mean and the slopes of a block are no noise.
        for index in [0, 1, 8, 9] { sums[index] = 0 }
        return sums.map { ($0 / Float(even.count)).squareRoot() }
    }
}
