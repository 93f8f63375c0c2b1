import Foundation
import Imaging
import Upscaling

extension TrustCalibration {
    /// Noise, spacing and the self-test may go beyond the patients' by this share, since these are few: without it, a patient of
    /// 25 would be refused for being the first or the last of them in any of it.
    private static let margin = 0.1
    /// A patient of the kind is refused for being nearer to another kind this often at most.
    static let level = 0.05
    /// A patient of the kind is refused for being far from all others this often at most: less, since kinds that are known are told by
    /// the test above. The self-test refuses what lies beyond all patients.
    static let distanceLevel = 0.03

    /// Why the promise does not hold for an input of which this was read; `nil` where nothing speaks against it.
    func objection(to reading: TrustReading) -> TrustRefusal? {
        if reading.hasColor != hasColor { return .otherColors(calibratedInColor: hasColor) }
        let slack = 1 + Self.margin
        // A quarter of a 255th is what the estimate of noise errs by on images without.
        if reading.noise > noise.upperBound * slack + 0.25 || reading.noise < noise.lowerBound / slack - 0.25 {
            return .noise(value: reading.noise, calibrated: noise)
        }
        if let spacing, let own = reading.spacing,
            own > spacing.upperBound * slack || own < spacing.lowerBound / slack
        {
            return .spacing(value: own, calibrated: spacing)
        }
        guard reading.signature.lookedBy == likeness.lookedBy else {
            return .otherChain(difference: "another network that tells what images look like; calibrate anew")
        }
        let looks = likeness.chances(of: reading.signature.values)
        let beyondAll = Self.beyondAll(likeness.distances)
        if looks.unlike <= max(Self.distanceLevel, beyondAll) { return .unlike(subject: subject, chance: looks.unlike) }
        if let kind = looks.kind, looks.other <= max(Self.level, beyondAll) {
            return .likeOther(subject: subject, other: kind)
        }
        guard var ratios = reading.selfTest, !ratios.isEmpty else { return .tooSmall }
        let test = Double(ratios.quantile(1 - exceptions))
        guard let least = selfTests.first, let most = selfTests.last, (least / slack...most * slack).contains(test)
        else { return .selfTest(subject: subject) }
        return nil
    }

    /// The chance of what is further out than every patient.
    private static func beyondAll(_ patients: [Double]) -> Double { 1 / Double(patients.count + 1) }

    /// The share of patients that are as far out, this one among them: (1 + #{tᵢ ≥ t}) / (n + 1).
    static func chance(of value: Double, among sorted: [Double]) -> Double {
        Double(1 + sorted.count { $0 >= value }) / Double(sorted.count + 1)
    }
}

/// Finds the calibration that an image's promise rests on, and gives the bound or the reason why not.
public struct TrustGate: Sendable {
    /// What is at hand, of all kinds and models.
    public var calibrations: [TrustCalibration]
    /// The bound keeps the first of them that the patients are enough for.
    public var promises: [PatientPromise]
    /// What the images show, where they don't say it themselves.
    public var subject: String?
    /// Gives the bound in spite of objections, with the objection beside it.
    public var ignoresObjections: Bool
    /// What the doubt is to be made of; what was calibrated with where `nil`, the network's own before others.
    public var kind: DoubtKind?

    /// - Parameters:
    ///   - calibrations: of the model.
    ///   - promises: the bound keeps the first of them that the patients are enough for.
    ///   - subject: what the images show, where they don't say it themselves.
    ///   - ignoresObjections: gives the bound with the objection beside it, where the image is not refused for want of
    ///     any calibration.
    ///   - kind: what the doubt is to be made of; what was calibrated with where `nil`.
    public init(
        _ calibrations: [TrustCalibration],
        promises: [PatientPromise] = [PatientPromise(), PatientPromise(confidence: 0.9)],
        subject: String? = nil,
        ignoresObjections: Bool = false, kind: DoubtKind? = nil
    ) {
        // The first of a kind that fits is taken.
        self.calibrations = DoubtKind.allCases.flatMap { kind in
            calibrations.filter { $0.score.kind == kind }
        }
        self.promises = promises
        self.subject = subject
        self.ignoresObjections = ignoresObjections
        self.kind = kind
    }

    /// How wrong `result` may be.
    ///
    /// - Parameters:
    ///   - result: what `method` made of `image`, by `scale`.
    ///   - image: that was enlarged.
    ///   - method: that enlarged it.
    ///   - scale: that it was enlarged by.
    ///   - isConsistent: whether the result was made consistent.
    ///   - selfDoubt: what the method said beside the result; see `Method/upscaleDoubting(_:scale:isConsistent:samples:progress:)`.
    /// - Throws: ``TrustRefusal``; what enlarging throws.
    public func bound(
        of result: Image, from image: Image, by method: Method, scale: Double, isConsistent: Bool,
        selfDoubt: SelfDoubt? = nil
    ) throws -> TrustBound {
        guard image.header.meaning == .quantity else { throw TrustRefusal.codes }
        if scale == 1 {
            let zeros = Pixels(width: image.header.width, height: image.header.height, slices: image.header.slices)
            return TrustBound(
                map: zeros, rangeWidth: 1, promise: promises.first ?? PatientPromise())
        }
        let trusted: TrustedMethod
        do throws(TrustError) {
            var samples: Int?
            if case .deviation(_, let count)? = selfDoubt { samples = count }
            trusted = try TrustedMethod(
                method, scale: scale, isConsistent: isConsistent, samples: samples)
        } catch {
            throw TrustRefusal.notCalibratable(reason: error.description)
        }
        let found = try calibration(for: image, chain: trusted.chain, model: method.name)
        var objection = found.objection
        guard found.calibration.score.kind.isUttered(by: selfDoubt) else {
            throw TrustRefusal.otherChain(
                difference: "nothing is known of what its bound is made of, the method's own doubt")
        }
        let patients = found.calibration.patients
        guard let promise = promises.first(where: { $0.rank(patients: patients) != nil }) ?? promises.last,
            let factor = found.calibration.factor(for: promise)
        else { throw TrustRefusal.tooFewPatients(count: patients, promise: promises.last ?? PatientPromise()) }
        let filled = image.filled
        if objection == nil {
            let reading = try TrustReading(of: filled, by: trusted, score: found.calibration.score)
            objection = found.calibration.objection(to: reading)
        }
        if let objection, !ignoresObjections { throw objection }
        // As it will be written, which is what was calibrated.
        var written = result.filled
        written.quantize()
        let enlargement = Enlargement(
            input: filled, result: written.pixels, scale: scale, range: try trusted.range(of: filled),
            selfDoubt: selfDoubt)
        var map = enlargement.doubt(found.calibration.score)
        let leastPSNR = found.calibration.rootMeanSquareFactor(for: promise).flatMap {
            enlargement.leastPSNR(doubt: map, factor: $0, missing: result.noData)
        }
        let missing = result.noData
        for index in map.samples.indices {
            let (slice, place) = index.quotientAndRemainder(dividingBy: map.planeCount)
            let isMissing = missing?.isMissing[slice * result.pixels.channels * map.planeCount + place] == true
            // What holds no data was kept as it was.
            map.samples[index] = isMissing ? 0 : map.samples[index] * Float(factor)
        }
        return TrustBound(
            map: map, rangeWidth: enlargement.rangeWidth, calibration: found.calibration, promise: promise,
            objection: objection, leastPSNR: leastPSNR)
    }

    /// The calibration for an image and what speaks against it.
    private func calibration(
        for image: Image, chain: TrustChain, model: String
    ) throws(TrustRefusal) -> (calibration: TrustCalibration, objection: TrustRefusal?) {
        let ofModel = calibrations.filter { $0.chain.networks == chain.networks }
        guard !ofModel.isEmpty else {
            // Of several at one scale, another family's member says more than "not calibrated".
            throw .notCalibrated(model: "\(model) at ×\(number(chain.scale))")
        }
        let subjects = ofModel.map(\.subject).sorted()
        var candidates = ofModel
        var objection: TrustRefusal?
        if let subject {
            candidates = ofModel.filter { $0.subject.lowercased() == subject.lowercased() }
            guard !candidates.isEmpty else { throw .noSuchSubject(name: subject, calibrated: subjects) }
        }
        if case .dicom(let source) = image.header.source, let modality = source.modality {
            let stated = candidates.filter { $0.fits(modality: modality, bodyPart: source.bodyPart) }
            if stated.isEmpty {
                let part = source.bodyPart.map { " of \($0)" } ?? ""
                let refusal = TrustRefusal.otherKind(stated: "\(modality)\(part)", calibrated: subjects)
                guard ignoresObjections, subject != nil else { throw refusal }
                objection = refusal
            } else {
                candidates = stated
            }
        } else if subject == nil, Set(subjects).count > 1 {
            throw .unknownKind(calibrated: subjects)
        }
        if let kind {
            let made = candidates.filter { $0.score.kind == kind }
            guard !made.isEmpty else {
                let known = Set(candidates.map(\.score.kind.rawValue)).sorted().joined(separator: ", ")
                // No other doubt can stand for it, not even in spite of objections.
                throw .otherChain(difference: "--doubt \(kind.rawValue), not \(known)")
            }
            candidates = made
        }
        // The nearest chain is named where none is the same.
        let same = candidates.first { chain.difference(from: $0.chain) == nil }
        let calibration = same ?? candidates[0]
        if let difference = chain.difference(from: calibration.chain) {
            objection = .otherChain(difference: difference)
            if !ignoresObjections { throw .otherChain(difference: difference) }
        }
        return (calibration, objection)
    }
}

extension DoubtKind {
    /// Whether what it is made of is there.
    fileprivate func isUttered(by selfDoubt: SelfDoubt?) -> Bool {
        switch (self, selfDoubt) {
        case (.difference, _), (.head, .correction?), (.samples, .deviation?): true
        case (.head, _), (.samples, _): false
        }
    }
}

extension TrustCalibration {
    /// Whether a DICOM object says of itself that it is of this kind, or says nothing against it.
    fileprivate func fits(modality: String, bodyPart: String?) -> Bool {
        let part = bodyPart?.trimmingCharacters(in: .whitespaces).uppercased() ?? ""
        return (dicomModalities.isEmpty || dicomModalities.contains(modality))
            && (bodyParts.isEmpty || part.isEmpty || bodyParts.contains(part))
    }
}
