import Imaging

extension FigureColor {
    /// Black, red, yellow, white: brightness grows all the way, so that it can be read in gray as well.
    ///
    /// - Parameter share: from 0 to 1.
    init(heat share: Float) {
        func level(_ value: Float) -> UInt8 { UInt8(max(0, min(1, value)) * 255) }
        self.init(level(3 * share), level(3 * share - 1), level(3 * share - 2))
    }

    /// Blue, black, red: how far below and above nothing.
    ///
    /// - Parameter share: from −1 to 1.
    init(difference share: Float) {
        func level(_ value: Float) -> UInt8 { UInt8(max(0, min(1, value)) * 255) }
        let strength = abs(share)
        let faint = level(2 * strength - 1)
        self.init(share > 0 ? level(2 * strength) : faint, faint, share < 0 ? level(2 * strength) : faint)
    }
}

extension Picture {
    /// Numbers as colours.
    private init(_ colors: [FigureColor], width: Int, height: Int) {
        var samples = [Float](repeating: 0, count: 3 * colors.count)
        for (index, color) in colors.enumerated() {
            samples[index] = Float(color.red)
            samples[colors.count + index] = Float(color.green)
            samples[2 * colors.count + index] = Float(color.blue)
        }
        let header = ImageHeader(
            width: width, height: height, colorModel: .rgb, intensity: Intensity(sampleType: .uint8))
        self.init(
            Image(header: header, pixels: Pixels(width: width, height: height, channels: 3, samples: samples)),
            range: DisplayRange(black: 0, white: 255))
    }

    /// Shares from 0 to 1 in the colors of a glowing body.
    init(heat shares: [Float], width: Int, height: Int) {
        self.init(shares.map { FigureColor(heat: $0) }, width: width, height: height)
    }

    /// Shares from −1 to 1 in blue and red.
    init(differences shares: [Float], width: Int, height: Int) {
        self.init(shares.map { FigureColor(difference: $0) }, width: width, height: height)
    }
}
