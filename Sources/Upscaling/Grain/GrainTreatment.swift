import Foundation
import Imaging

/// What is done about an image's grain, so that no network sharpens it into lines that were never there.
///
/// Where an image holds noise beyond doubt it is taken apart: the network, whichever it is, enlarges what is left without
/// it, and the noise is enlarged by bicubic interpolation and put back. What is not beyond doubt a network must have
/// learned to leave alone; see ``ModelMetadata/noise``.
public struct GrainTreatment: Sendable, Equatable {
    /// Where the strength of the noise comes from.
    public enum Noise: Sendable, Equatable {
        /// Estimated from the image; none where it is not evident.
        case automatic
        /// There is none: nothing is taken apart.
        case none
        /// White noise of this standard deviation, in 255ths of the image's range, as `noise:SIGMA` counts in the text of a `Degradation`.
        case known(sigma: Double)
    }

    public var noise: Noise
    /// The share of the grain that is put back, from 0 to 1: all of it by default, less is calmer.
    public var kept: Double

    /// - Precondition: `kept` lies between 0 and 1, a known sigma is finite and not negative.
    public init(noise: Noise = .automatic, kept: Double = 1) {
        precondition((0...1).contains(kept), "a share lies between 0 and 1")
        if case .known(let sigma) = noise { precondition(sigma >= 0 && sigma.isFinite, "noise is finite") }
        self.noise = noise
        self.kept = kept
    }

    /// An image taken apart: what a network enlarges, and what interpolation puts back.
    struct Split {
        var network: Pixels
        /// Added after ``network`` was enlarged, once it was interpolated; `nil` for nothing.
        var interpolated: Pixels?
    }

    /// The noise of an image, whether evident or not; `nil` where nothing is to be done about it or nothing can be told.
    ///
    /// - Parameters:
    ///   - image: all samples of which are numbers.
    ///   - mask: samples that tell nothing.
    ///   - byLuminance: whether networks see the luminance of its colors alone. The three channels of a photograph are not
    ///     equally noisy, so that together they seem to hold noise and structure.
    ///   - range: width of the image's range, in stored units.
    func estimate(
        of image: Image, excluding mask: NoDataMask?, byLuminance: Bool, range: Double
    ) -> NoiseEstimate? {
        switch noise {
        case .none: nil
        case .known(let sigma): sigma > 0 ? NoiseEstimate(sigma: sigma * range / 255) : nil
        case .automatic: automaticEstimate(of: image, excluding: mask, byLuminance: byLuminance, range: range)
        }
    }

    private func automaticEstimate(
        of image: Image, excluding mask: NoDataMask?, byLuminance: Bool, range: Double
    ) -> NoiseEstimate? {
        if byLuminance {
            let luminance = image.pixels.luminance()
            guard let estimate = NoiseEstimate(of: luminance, colors: 1, leastBlocks: NoiseEstimate.leastBlocksToTell)
            else { return nil }
            if estimate.isEvident(inRange: range) { return estimate.withEvenSpectrum(of: luminance) }
            return estimate.isOfFewBlocks ? estimate : estimate.withPhotographSpectrum(of: luminance, range: range)
        }
        let estimate = NoiseEstimate(
            of: image.pixels, colors: image.header.colorModel.colorChannels, excluding: mask,
            leastBlocks: NoiseEstimate.leastBlocksToTell)
        return estimate.map {
            $0.isEvident(inRange: range) ? $0 : $0.withTomographySpectrum(of: image, excluding: mask)
        }
    }

    /// What of an estimate is split off: all of it where it is evident or known, and what JPEG rounded; else nothing.
    ///
    /// - Parameters:
    ///   - quantization: of what networks see.
    ///   - byLuminance: whether networks see the luminance of colors. Where they do not, small images are told about and left whole:
    ///     ultrasound's speckle is as even as noise.
    ///   - range: width of the image's range, in stored units.
    func treated(
        _ estimate: NoiseEstimate?, _ quantization: JPEGQuantization?, byLuminance: Bool, range: Double
    ) -> NoiseEstimate? {
        guard case .automatic = noise else { return estimate }
        let evident = estimate.flatMap { estimate in
            (byLuminance || !estimate.isOfFewBlocks) && estimate.isEvident(inRange: range) ? estimate : nil
        }
        guard let quantization, quantization.meanStep >= range * NoiseEstimate.leastStepShare else { return evident }
        var result = evident ?? NoiseEstimate(sigma: 0)
        result.quantization = quantization.steps
        return result
    }

    /// - Parameters:
    ///   - pixels: the image, or slices of it.
    ///   - noise: of the whole image.
    ///   - byLuminance: whether a noise that was estimated is the luminance's, which is then taken apart for all colors alike.
    func split(_ pixels: Pixels, colors: Int, _ noise: NoiseEstimate?, byLuminance: Bool) -> Split {
        guard let noise else { return Split(network: pixels, interpolated: nil) }
        var grain = pixels
        var network = pixels
        if byLuminance, noise.spectrum != nil || noise.quantization != nil {
            let luminance = pixels.luminance()
            let smooth = luminance.denoised(noise, colors: 1)
            for slice in 0..<pixels.slices {
                let part = luminance.planeRange(slice: slice, channel: 0)
                for channel in 0..<pixels.channels {
                    let plane = pixels.planeRange(slice: slice, channel: channel)
                    for (index, source) in zip(plane, part) {
                        grain.samples[index] =
                            channel < colors ? luminance.samples[source] - smooth.samples[source] : 0
                        network.samples[index] -= grain.samples[index]
                    }
                }
            }
        } else {
            network = pixels.denoised(noise, colors: colors)
            for index in grain.samples.indices { grain.samples[index] -= network.samples[index] }
        }
        guard kept > 0 else { return Split(network: network, interpolated: nil) }
        for index in grain.samples.indices { grain.samples[index] *= Float(kept) }
        return Split(network: network, interpolated: grain)
    }
}

extension NoiseEstimate {
    /// What follows in a derived file's description.
    func statement(kept: Double) -> String {
        let share = kept == 1 ? "all" : kept == 0 ? "none" : "\(Int((kept * 100).rounded())) %"
        let noise = strength > 0 ? String(format: "noise of %.3g stored units", strength) : nil
        let rounding = meanStep.map { String(format: "JPEG's steps of %.3g", $0) }
        return ", of its grain (\([noise, rounding].compactMap { $0 }.joined(separator: ", "))) \(share) kept"
    }
}
