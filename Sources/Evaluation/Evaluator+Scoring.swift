import Foundation
import ImageQuality
import Imaging

extension Evaluator {
    typealias Outcome = (scores: [ImageScore], seconds: Double, derivation: Derivation?)

    func outcomes(
        _ file: (name: String, url: URL), _ methods: [EvaluatedMethod], warmUp: Bool, _ seriesRanges: SeriesRanges,
        stream: Int, show: ((Restored) throws -> Void)?, willRun: (String) -> Void
    ) throws -> [Outcome] {
        let source = try ImageFile.read(file.url).inCommonTerms(path: file.url.path)
        try checkScorable(source)
        guard min(source.header.width, source.header.height) >= scale * reduction else {
            throw EvaluationError.tooSmall(scale: scale, reduction: reduction)
        }
        guard
            let truth = GroundTruth(
                source, scale: scale, reduction: reduction, seriesRange: seriesRanges.range(of: source),
                sliceLimit: sliceLimit)
        else { throw EvaluationError.noSignal }
        var generator = SeededGenerator(seed: seed, stream: UInt64(stream))
        let drawn = degradation.drawn(using: &generator)
        let (lowResolution, noData) = try input(of: file.url, for: source, truth, drawn)
        let convention = truth.convention(border: border)
        let registrations =
            registers && pairs != nil
            ? try (0..<truth.image.header.slices).map {
                try Registration(
                    of: lowResolution.pixels.slice($0), to: truth.image.pixels.slice($0), scale: scale,
                    excluding: noData?.slice($0))
            } : nil
        return try methods.map { method in
            willRun(method.name)
            if warmUp { _ = try method.enlarge(lowResolution, scale) }
            let clock = ContinuousClock()
            let start = clock.now
            let enlarged = try method.enlarge(lowResolution, scale)
            let seconds = (clock.now - start).seconds
            let result = truth.finished(enlarged.pixels)
            try show?(
                Restored(
                    file: file.name, method: method.name, truth: truth.image, result: result, valueRange: truth.range))
            let again = measuresConsistency ? drawn(result, valueRange: truth.range) : nil
            let scores = try (0..<result.slices).map { slice in
                let registration = registrations?[slice]
                var metrics = try values(
                    of: result.slice(slice), against: truth.image.pixels.slice(slice),
                    excluding: noData?.slice(slice), convention)
                if let registration {
                    var inside = convention
                    inside.border += registration.border
                    let registered = try values(
                        of: truth.finished(registration.applied(to: enlarged.pixels.slice(slice))),
                        against: truth.image.pixels.slice(slice), excluding: noData?.slice(slice), inside)
                    metrics = registered.and(unregistered: metrics)
                }
                metrics[.consistency] = again.map {
                    $0.slice(slice).meanSquaredError(
                        to: lowResolution.pixels.slice(slice),
                        excluding: truth.noData?.slice(slice).resized(width: $0.width, height: $0.height))
                        / (convention.dataRange * convention.dataRange) * 1e5
                }
                return ImageScore(
                    file: file.name, slice: truth.sliceNumbers?[slice], dataRange: convention.dataRange,
                    metrics: metrics, model: method.modelHash == nil ? enlarged.header.derivation?.model : nil,
                    registration: registration)
            }
            return (scores, seconds, enlarged.header.derivation)
        }
    }

    /// What methods are given for a truth, and which of the truth's samples are not to be scored.
    func input(
        of file: URL?, for source: Image, _ truth: GroundTruth, _ degradation: DrawnDegradation
    ) throws -> (image: Image, noData: NoDataMask?) {
        guard let url = file.flatMap({ pairs?.input(of: $0) }) else {
            return (truth.lowResolution(degradation), truth.noData)
        }
        do {
            let (image, mask) = try truth.lowResolution(
                of: try ImageFile.read(url).inCommonTerms(path: url.path), for: source, scale: scale,
                reduction: reduction, degradation)
            return (image, mask.map { truth.noData?.union($0) ?? $0 } ?? truth.noData)
        } catch EvaluationError.mismatchedPair(let reason) {
            throw EvaluationError.mismatchedPair(reason: "its input \(url.lastPathComponent) \(reason)")
        }
    }

    /// - Throws: ``EvaluationError/codes(statement:)``.
    func checkScorable(_ image: Image) throws(EvaluationError) {
        if let statement = image.header.meaning.codesStatement { throw .codes(statement: statement) }
    }

    func values(
        of result: Pixels, against truth: Pixels, excluding mask: NoDataMask?, _ convention: MetricConvention
    ) throws -> Scores {
        var values = Scores()
        for metric in metrics {
            values[metric] = try metric(
                of: result, against: truth, convention: convention, excluding: mask)
        }
        guard perceptualDistance == nil || mask == nil else { throw EvaluationError.noDataForLPIPS }
        values[.lpips] = try perceptualDistance?(of: result, against: truth, convention: convention)
        return values
    }
}

extension Pixels {
    /// - Precondition: `other` and the mask have the same shape.
    fileprivate func meanSquaredError(to other: Pixels, excluding mask: NoDataMask?) -> Double {
        var sum = 0.0
        samples.withUnsafeBufferPointer { mine in
            other.samples.withUnsafeBufferPointer { theirs in
                for index in 0..<mine.count where mask?.isMissing[index] != true {
                    let difference = Double(mine[index]) - Double(theirs[index])
                    sum += difference * difference
                }
            }
        }
        return sum / Double(max(samples.count - (mask?.count ?? 0), 1))
    }
}

extension Duration {
    /// As a number of seconds.
    public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
