import Imaging

/// How samples are drawn: of diffusion models as all but the temperature say, of flows by the temperature; the seed and
/// consistency are for both.
public struct SamplingOptions: Sendable, Equatable, Codable {
    public var sampler: Sampler
    /// Runs of the network a sample. Samplers that take the trained schedule's own levels take no more than it has.
    public var steps: Int
    /// Equal seeds give equal samples.
    public var seed: UInt64
    /// Keeps each estimate, at every step, such that it reduces to the image that was measured. The result does too but for
    /// rounding and clamping: ``Method/upscaleConsistently(_:scale:progress:)`` sees to these.
    public var isConsistent: Bool
    /// Levels to walk down instead of ones picked from the trained schedule, as ``searchSchedule(steps:firstBetas:lastBetas:largestFinalGamma:objective:)`` finds
    /// them; their number is then that of the steps.
    public var levels: NoiseSchedule?
    /// What a flow's standard normal latents are multiplied by: 0 gives the likeliest image, again and again, 1 what was
    /// learned, and less than 1 likelier images than that. `nil`: what the model file advises.
    public var temperature: Double?

    public init(
        sampler: Sampler = .dpmSolver, steps: Int = 20, seed: UInt64 = 0, isConsistent: Bool = false,
        levels: NoiseSchedule? = nil, temperature: Double? = nil
    ) {
        self.sampler = sampler
        self.steps = steps
        self.seed = seed
        self.isConsistent = isConsistent
        self.levels = levels
        self.temperature = temperature
    }

    /// The levels to visit.
    func schedule(of process: DiffusionProcess) -> NoiseSchedule {
        if let levels { return levels }
        let steps = max(1, sampler.spacing == .time ? min(steps, process.schedule.steps) : steps)
        return process.schedule.spaced(steps, by: sampler.spacing)
    }
}
