import Imaging
import Upscaling

/// A bound put to the test on images whose truth is known: each is reduced, enlarged, and its errors compared with the bound.
public struct TrustTrial: Sendable {
    private let trusted: TrustedMethod
    private let degradation: Degradation
    private let gate: TrustGate

    /// - Parameters:
    ///   - method: that enlarges.
    ///   - scale: a whole number from 2 on.
    ///   - isConsistent: whether results are made consistent.
    ///   - samples: how many a model that draws them is asked for.
    ///   - degradation: that reduces the images by `scale`; antialiased bicubic by default.
    ///   - gate: that gives the bound, in spite of objections too, which are counted.
    /// - Throws: ``TrustError``.
    public init(
        _ method: Method, scale: Double, isConsistent: Bool, samples: Int? = nil, degradation: Degradation? = nil,
        gate: TrustGate
    ) throws(TrustError) {
        trusted = try TrustedMethod(method, scale: scale, isConsistent: isConsistent, samples: samples)
        self.degradation = degradation ?? .bicubic(factor: scale)
        var gate = gate
        gate.ignoresObjections = true
        self.gate = gate
    }

    /// How the bound does on an image.
    ///
    /// - Parameters:
    ///   - image: sharp; of a volume some slices count.
    ///   - name: for errors.
    ///   - seed: of what is random in the degradation.
    /// - Throws: ``TrustError/badImage(name:reason:)``; what enlarging throws.
    public func verdict(on image: Image, named name: String, seed: UInt64) throws -> TrustVerdict {
        let sample = image.slicesSpread(atMost: TrustReading.slices)
        guard let reduced = try trusted.reduced(sample, by: degradation, seed: seed, named: name) else {
            return TrustVerdict(objection: .tooSmall, tested: nil)
        }
        let made = try trusted.enlarged(reduced.input)
        let bound: TrustBound
        do {
            bound = try gate.bound(
                of: made.image, from: reduced.input, by: trusted.method, scale: trusted.chain.scale,
                isConsistent: trusted.chain.isConsistent, selfDoubt: made.doubt)
        } catch let refusal as TrustRefusal {
            return TrustVerdict(objection: refusal, tested: nil)
        }
        let enlargement = Enlargement(
            input: reduced.input, made: made, scale: trusted.chain.scale,
            range: try trusted.range(of: reduced.input))
        let error = LocalError.map(
            made.image.pixels, reduced.truth.pixels, colors: enlargement.colors,
            scale: trusted.chain.scale)
        let counts = enlargement.counted(missing: reduced.missing)
        let places = counts.indices.filter { counts[$0] }
        guard !places.isEmpty else {
            throw TrustError.badImage(name: name, reason: "shows no body, nothing above 2 % of its range")
        }
        let unit = 255 / bound.rangeWidth / Double(places.count)
        return TrustVerdict(
            objection: bound.objection,
            tested: .init(
                outside: places.count { error.samples[$0] > bound.map.samples[$0] }, places: places.count,
                meanBound: places.reduce(0) { $0 + Double(bound.map.samples[$1]) } * unit,
                meanError: places.reduce(0) { $0 + Double(error.samples[$1]) } * unit, input: reduced.input,
                result: made.image, bound: bound, error: error))
    }
}

/// How a bound did on one image.
public struct TrustVerdict: Sendable {
    /// Why an image like it gets no bound; `nil` where it gets one.
    public var objection: TrustRefusal?
    /// The bound, given in spite of the objection, beside the truth; `nil` where there is no calibration that could give one.
    public var tested: Tested?

    /// A bound beside the errors that it is about.
    public struct Tested: Sendable {
        /// How many of the places that count lie outside the bound.
        public var outside: Int
        /// How many count: those in the body.
        public var places: Int
        /// Over the places that count, in 255ths of the range.
        public var meanBound: Double
        /// Over the places that count, in 255ths of the range.
        public var meanError: Double
        /// The reduced image, and what was made of it.
        public var input: Image
        public var result: Image
        public var bound: TrustBound
        /// The local error, on the bound's grid and in its units.
        public var error: Pixels
    }
}
