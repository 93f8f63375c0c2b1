import Imaging

/// After each step: how many are done, and ŷ_0 as the step saw it. Throwing ends the sampling.
public typealias SamplingObserver = (_ step: Int, _ estimate: Pixels) throws -> Void

/// A way from pure noise down a schedule's levels γ_T, … γ_1 to the image at γ_0 = 1, and the numbers that are chosen for
/// it. Each brings all of it in a file of its own, its step a function that can be checked against its paper, and joins
/// ``Sampler/known``.
public protocol SamplingMethod: Codable, Sendable, Equatable {
    /// What a command line or a configuration calls it.
    static var name: String { get }
    /// How the levels for a number of steps are picked from the training schedule.
    var spacing: NoiseSchedule.Spacing { get }

    /// Walks y_T down to an image.
    ///
    /// - Parameters:
    ///   - denoiser: estimates the image and the noise at each level.
    ///   - schedule: the levels to visit, from the last to γ_0.
    ///   - condition: the low-resolution image enlarged by bicubic interpolation, in the shape of `start`.
    ///   - start: y_T, standard normal.
    ///   - generator: for the noise that is added on the way.
    ///   - correct: applied to each ŷ_0; `nil` leaves them as they are.
    ///   - observe: called after each step.
    func callAsFunction(
        _ denoiser: some Denoiser, schedule: NoiseSchedule, condition: Pixels, from start: Pixels,
        using generator: inout SeededGenerator, correct: EstimateCorrection?, observe: SamplingObserver?
    ) throws -> Pixels
}

extension SamplingMethod {
    fileprivate func equals(_ other: any SamplingMethod) -> Bool { self == other as? Self }
}

/// A sampler of whichever method, as a command line or a configuration chooses it.
public struct Sampler: Sendable, Equatable {
    /// One of each method, as it is when chosen by its name alone: a new one joins here.
    public static let known: [Sampler] = [.ancestral(variance: .forward), .ddim(eta: 0), .dpmSolver]

    public let method: any SamplingMethod

    public init(_ method: some SamplingMethod) { self.method = method }

    /// The one of ``known`` with a name.
    public init?(name: String) {
        guard let sampler = Self.known.first(where: { $0.name == name }) else { return nil }
        self = sampler
    }

    public static func == (left: Sampler, right: Sampler) -> Bool { left.method.equals(right.method) }

    public var name: String { type(of: method).name }

    /// How the levels for a number of steps are picked from the training schedule.
    public var spacing: NoiseSchedule.Spacing { method.spacing }

    /// Draws y_T from the generator and walks it down to an image.
    ///
    /// - Parameters:
    ///   - denoiser: estimates the image and the noise at each level.
    ///   - schedule: the levels to visit, such as ``NoiseSchedule/spaced(_:by:)`` of the one trained with.
    ///   - condition: the low-resolution image enlarged by bicubic interpolation; y_T gets its shape.
    ///   - generator: for y_T and the noise that the sampler adds.
    ///   - correct: applied to each ŷ_0; `nil` leaves them as they are.
    ///   - observe: called after each step.
    public func callAsFunction(
        _ denoiser: some Denoiser, schedule: NoiseSchedule, condition: Pixels, using generator: inout SeededGenerator,
        correct: EstimateCorrection? = nil, observe: SamplingObserver? = nil
    ) throws -> Pixels {
        let start = condition.noise(using: &generator)
        return try method(
            denoiser, schedule: schedule, condition: condition, from: start, using: &generator, correct: correct,
            observe: observe)
    }
}

extension Sampler: Codable {
    /// One key, the sampler's name, whose value holds its numbers: `{"ddim": {"eta": 0}}`.
    public init(from decoder: any Decoder) throws {
        let (known, values, key) = try decoder.oneNamed("sampler", of: Self.known, name: \.name)
        let method: any SamplingMethod.Type = type(of: known.method)
        self.method = try values.decode(method, forKey: key)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: NameKey.self)
        try values.encode(method, forKey: NameKey(stringValue: name))
    }
}
