import Foundation
import Imaging
import Upscaling

/// Everything between an image and its enlargement that a promise was calibrated for, and without which it does not hold.
public struct TrustChain: Sendable, Equatable, Codable {
    /// What enlarges, one after the other: ``Upscaling/ModelFile/networkHash`` of networks, or an interpolation's name.
    public var networks: [String]
    public var scale: Double
    /// Whether results are made to agree with their input when reduced again.
    public var isConsistent: Bool
    /// The share of the grain that is put back.
    public var grain: Double
    /// Where the strength of the grain comes from: `auto`, `none`, or a standard deviation in 255ths.
    public var noise: String
    /// The blur that networks are told of, in pixels of the input.
    public var blur: Double
    public var colorTreatment: ColorTreatment
    /// How many samples are drawn for the mean of them, and how; `nil` for a method that gives one result.
    public var samples: Int?
    public var sampling: SamplingOptions?

    /// - Parameters:
    ///   - method: networks, an interpolation, or a model that draws samples.
    ///   - scale: that the image is enlarged by.
    ///   - isConsistent: whether results are made consistent.
    ///   - samples: how many a model that draws them is asked for.
    /// - Throws: ``TrustError/notCalibratable(reason:)``.
    public init(of method: Method, scale: Double, isConsistent: Bool, samples: Int? = nil)
        throws(TrustError)
    {
        self.scale = scale
        self.isConsistent = isConsistent
        (grain, noise, blur, colorTreatment) = (1, "none", 0, .luminance)
        switch method {
        case .interpolation(let interpolation): networks = [interpolation.rawValue]
        case .networks(let upscaler):
            networks = upscaler.models(for: scale).map(\.networkHash)
            grain = upscaler.grain.kept
            blur = upscaler.blur
            colorTreatment = upscaler.colorTreatment
            noise =
                switch upscaler.grain.noise {
                case .automatic: "auto"
                case .none: "none"
                case .known(let sigma): "\(sigma)"
                }
        case .acquiredGrid:
            throw .notCalibratable(
                reason:
                    "it was enlarged from the samples that were acquired; say --acquired-grid none for a bound"
            )
        case .drawing(let cascade, var options):
            guard let samples else {
                throw .notCalibratable(
                    reason:
                        "a model that draws samples gives one of many; say --samples for a mean and how far they differ"
                )
            }
            networks = cascade.stages.map(\.model.networkHash)
            options.isConsistent = isConsistent
            (self.samples, sampling) = (samples, options)
        }
    }

    /// What is done otherwise than in `other`, in words; `nil` where nothing is.
    public func difference(from other: TrustChain) -> String? {
        if networks != other.networks { return "another network" }
        if scale != other.scale { return "×\(number(scale)), not ×\(number(other.scale))" }
        if isConsistent != other.isConsistent { return isConsistent ? "with --consistent" : "without --consistent" }
        if grain != other.grain { return "--grain \(number(grain)), not \(number(other.grain))" }
        if noise != other.noise { return "--noise \(noise), not \(other.noise)" }
        if blur != other.blur { return "--blur \(number(blur)), not \(number(other.blur))" }
        if colorTreatment != other.colorTreatment { return "colours treated otherwise" }
        if samples != other.samples {
            return
                "--samples \(samples.map(String.init) ?? "1"), not \(other.samples.map(String.init) ?? "1")"
        }
        if sampling != other.sampling {
            return "samples drawn otherwise: sampler, steps, temperature or seed"
        }
        return nil
    }
}

/// `4` for 4.0, `0.05` for 0.05.
func number(_ value: Double) -> String { String(format: "%.6g", value) }

/// Why a bound cannot be calibrated or computed, in one line.
public enum TrustError: Error, Equatable, CustomStringConvertible {
    /// This way of enlarging has no bound.
    case notCalibratable(reason: String)
    /// An image of a patient cannot be calibrated with.
    case badImage(name: String, reason: String)
    /// Too few patients for the promise.
    case tooFewPatients(count: Int, needed: Int, promise: PatientPromise)

    public var description: String {
        switch self {
        case .notCalibratable(let reason): reason
        case .badImage(let name, let reason): "\(name): \(reason)"
        case .tooFewPatients(let count, let needed, let promise):
            "\(count) patients are too few: a bound for \(percent(promise.share)) of patients at \(percent(promise.confidence)) confidence needs \(needed)"
        }
    }
}

/// `90 %`.
func percent(_ share: Double) -> String { "\(number((share * 1000).rounded() / 10)) %" }
