import Imaging

/// What a gray network does with a color image.
public enum ColorTreatment: String, Sendable, Codable, CaseIterable {
    /// It enlarges the luminance (ITU-R BT.601), bicubic interpolation the chrominance: a third of the work, and color
    /// edges cannot come apart.
    case luminance
    /// It enlarges red, green and blue each by itself: as good in luminance, better in color where the image has
    /// colored detail (on retinal photographs by 0.7 dB over R, G, B).
    case perChannel
}

/// A super-resolution network ready to run: a model file and the engine that holds it.
struct Network: Sendable {
    let file: ModelFile
    let engine: any Engine
    /// Positions of the network's input fed to it at a time along an axis, about. Large enough that the halo costs
    /// little, small enough that the layers' results stay near the processor.
    let tileLength: Int
    let colorTreatment: ColorTreatment

    var scale: Int { file.metadata.scale }

    /// Whether the luminance is all that the network sees of an image of these colours.
    func seesLuminance(of colors: ColorModel) -> Bool {
        file.metadata.channels == 1 && colors.colorChannels == 3 && colorTreatment == .luminance
    }

    /// Where nothing is known about the receptive field, this many input positions around a tile are fed to the network;
    /// the inner half of them is blended with the neighbouring tile.
    static let unknownReceptiveField = 32

    /// Enlarges slices, handing over the result in bands from top to bottom, slice after slice.
    ///
    /// - Parameters:
    ///   - pixels: what `colorModel` says, any number of slices.
    ///   - conditions: of the image, for a network that is told.
    ///   - progress: told the finished part, from 0 to 1, on the calling thread.
    ///   - correction: takes where the network, one that says so, is to be doubted.
    ///   - firstSlice: which of its slices is the first of `pixels`.
    ///   - rows: takes the next rows of the current slice.
    func upscale(
        _ pixels: Pixels, colorModel: ColorModel, range: IntensityRange, conditions: ImageConditions,
        progress: (Double) -> Void, correction: CorrectionCollector? = nil, firstSlice: Int = 0,
        rows emit: (Pixels) throws -> Void
    ) throws {
        let plan = TilePlan(pixels, network: self)
        for first in stride(from: 0, to: pixels.slices, by: plan.slicesAtOnce) {
            let count = min(plan.slicesAtOnce, pixels.slices - first)
            let part =
                count == pixels.slices
                ? pixels
                : Pixels(
                    width: pixels.width, height: pixels.height, channels: pixels.channels, slices: count,
                    samples: Array(
                        pixels.samples[
                            first * pixels.channels * pixels.planeCount..<(first + count) * pixels.channels
                                * pixels.planeCount]))
            let pass = NetworkPass(
                network: self, plan: plan, source: part, colorModel: colorModel,
                map: IntensityMap(range, to: file.metadata.valueRange), conditions: conditions)
            func told(_ part: Double) { progress((Double(first) + part * Double(count)) / Double(pixels.slices)) }
            guard let correction else {
                try pass.run(correction: nil, progress: told, emit)
                continue
            }
            try correction.withSamples(from: firstSlice + first) {
                try pass.run(correction: $0, progress: told, emit)
            }
        }
    }
}
