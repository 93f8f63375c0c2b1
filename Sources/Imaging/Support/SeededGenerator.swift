import Foundation

/// Random numbers that a seed repeats and a checkpoint can hold: xoshiro256++ (Blackman and Vigna, "Scrambled linear
/// pseudorandom number generators", 2021), its state filled from the seed by SplitMix64 as its authors advise.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Equatable, Codable {
    private var state0: UInt64
    private var state1: UInt64
    private var state2: UInt64
    private var state3: UInt64

    public init(seed: UInt64) {
        var state = seed
        state0 = Self.splitMix(&state)
        state1 = Self.splitMix(&state)
        state2 = Self.splitMix(&state)
        state3 = Self.splitMix(&state)
    }

    /// One of many sequences that one seed gives, so that rows, slices or workers can draw in any order.
    public init(seed: UInt64, stream: UInt64) {
        var state = seed
        var mixed = Self.splitMix(&state) ^ stream
        self.init(seed: Self.splitMix(&mixed))
    }

    public mutating func next() -> UInt64 {
        let sum = state0 &+ state3
        let result = (sum << 23 | sum >> 41) &+ state0
        let shifted = state1 << 17
        state2 ^= state0
        state3 ^= state1
        state1 ^= state2
        state0 ^= state3
        state2 ^= shifted
        state3 = state3 << 45 | state3 >> 19
        return result
    }

    /// Uniform in 0..<1, 53 bits.
    public mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Uniform in `range`.
    public mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// Normal with mean 0 and standard deviation 1 (Box and Muller, 1958). The second of the pair is dropped, so that
    /// the state is all there is to save.
    public mutating func normal() -> Double {
        // 1 − uniform() is never 0, whose logarithm is infinite.
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// Poisson with the given mean: products of uniform numbers below a mean of 10 (Knuth), above it Hörmann's
    /// transformed rejection PTRS ("The transformed rejection method for generating Poisson random variables", 1993).
    ///
    /// - Precondition: `mean` is finite and not negative.
    public mutating func poisson(mean: Double) -> Double {
        precondition(mean >= 0 && mean.isFinite, "the mean of a Poisson distribution is finite and not negative")
        if mean < 10 {
            let limit = exp(-mean)
            var product = uniform()
            var count = 0.0
            while product > limit {
                product *= uniform()
                count += 1
            }
            return count
        }
        let b = 0.931 + 2.53 * mean.squareRoot()
        let a = -0.059 + 0.02483 * b
        let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
        let squeeze = 0.9277 - 3.6224 / (b - 2)
        while true {
            let u = uniform() - 0.5
            let v = 1 - uniform()
            let us = 0.5 - abs(u)
            let count = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
            if us >= 0.07 && v <= squeeze { return count }
            if count < 0 || (us < 0.013 && v > us) { continue }
            if log(v * inverseAlpha / (a / (us * us) + b)) <= count * log(mean) - mean - Self.logFactorial(count) {
                return count
            }
        }
    }

    private static func splitMix(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    private static func logFactorial(_ count: Double) -> Double {
        lgamma(count + 1)
    }
}
