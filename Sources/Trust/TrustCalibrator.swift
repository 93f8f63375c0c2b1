import Foundation
import Imaging
import ONNX
import Upscaling

/// Calibrates a promise on patients, image by image.
///
///     var calibrator = try TrustCalibrator(method, scale: 4, isConsistent: false)
///     for image in images { try calibrator.add(image, named: name, contents: bytes, of: patient) }
///     let calibration = try calibrator.calibration(of: "chest film")
///
/// The images are taken for the truth: each is reduced, enlarged, and compared with itself. No network may have been
/// trained on these patients.
public struct TrustCalibrator: Sendable {
    private let trusted: TrustedMethod
    private let score: DoubtScore
    private let degradation: Degradation
    /// The share of an image's places that may lie outside the bound.
    public let exceptions: Double
    private var byPatient: [String: Patient] = [:]
    private var hashes: [String] = []
    /// Signatures of other kinds, by their names.
    private var others: [String: [[Double]]] = [:]

    /// What is kept of a patient.
    private struct Patient: Sendable {
        /// How many times its doubt an error is at most, slice by slice.
        var ratios: [Double] = []
        /// The error's root mean square as a multiple of the doubt's, and PSNR in decibels, slice by slice.
        var rootMeanSquares: [(ratio: Double, psnr: Double)] = []
        var selfTest: [Float] = []
        var readings: [TrustReading] = []
        /// Doubt and error of some places, in 255ths of the range.
        var places: [(doubt: Float, error: Float)] = []
    }

    /// - Parameters:
    ///   - method: that enlarges.
    ///   - scale: a whole number from 2 on.
    ///   - isConsistent: whether results are made consistent.
    ///   - samples: how many a model that draws them is asked for.
    ///   - score: that becomes a bound.
    ///   - degradation: that reduces the images by `scale`; antialiased bicubic by default.
    ///   - exceptions: the share of an image's places that may lie outside the bound.
    /// - Throws: ``TrustError``.
    public init(
        _ method: Method, scale: Double, isConsistent: Bool, samples: Int? = nil,
        score: DoubtScore = .standard,
        degradation: Degradation? = nil, exceptions: Double = 0.01
    ) throws(TrustError) {
        guard scale >= 2, scale == scale.rounded() else {
            throw .notCalibratable(reason: "scale \(number(scale)): a bound is calibrated at whole scales from 2 on")
        }
        let degradation = degradation ?? .bicubic(factor: scale)
        guard degradation.factor == scale else {
            throw .notCalibratable(
                reason: "\(degradation) reduces by \(number(degradation.factor)), not by \(number(scale))")
        }
        trusted = try TrustedMethod(method, scale: scale, isConsistent: isConsistent, samples: samples)
        try trusted.requireGiving(score.kind)
        self.score = score
        self.degradation = degradation
        self.exceptions = exceptions
    }

    /// How many patients there are so far.
    public var patients: Int { byPatient.count }

    /// Takes in an image.
    ///
    /// - Parameters:
    ///   - image: high resolution, as sharp as it is to be; of a volume some slices count.
    ///   - name: for errors.
    ///   - contents: its file's bytes; their hash says with which files was calibrated.
    ///   - patient: whose it is.
    /// - Throws: ``TrustError``, `ModelError`, `CancellationError`.
    public mutating func add(_ image: Image, named name: String, contents: Data, of patient: String) throws {
        guard image.header.meaning == .quantity else {
            throw TrustError.badImage(name: name, reason: "its samples are codes, which are repeated as they are")
        }
        let sample = image.slicesSpread(atMost: TrustReading.slices)
        guard let (truth, input, missing) = try reduced(sample, named: name) else {
            throw TrustError.badImage(
                name: name, reason: "too small: reduced twice by \(number(trusted.chain.scale)), 16 pixels must be left"
            )
        }
        let range = try trusted.range(of: input)
        let reading = try TrustReading(of: input, by: trusted, score: score)
        guard let selfTest = reading.selfTest else {
            throw TrustError.badImage(
                name: name, reason: "too small: reduced twice by \(number(trusted.chain.scale)), 16 pixels must be left"
            )
        }
        let result = try trusted.enlarged(input)
        let enlargement = Enlargement(
            input: input, made: result, scale: trusted.chain.scale, range: range)
        let errors = ErrorMap(enlargement, truth: truth.pixels, missing: missing, score: score)
        let ratios = errors.largestRatios(except: exceptions)
        guard !ratios.isEmpty, !selfTest.isEmpty else {
            throw TrustError.badImage(name: name, reason: "shows no body, nothing above 2 % of its range")
        }
        var entry = byPatient[patient] ?? Patient()
        entry.ratios += ratios
        entry.rootMeanSquares += errors.rootMeanSquares
        entry.selfTest += selfTest
        entry.readings.append(reading)
        entry.places += errors.places(atMost: 20_000)
        byPatient[patient] = entry
        hashes.append(SHA256.hexadecimal(of: contents))
    }

    /// Takes in an image of another kind, so that such are told from the patients' later: some squares of it.
    ///
    /// - Parameters:
    ///   - image: high resolution; of a volume some slices count.
    ///   - kind: what such images are called.
    /// - Throws: `ModelError`.
    public mutating func addOther(_ image: Image, of kind: String) throws {
        guard image.header.meaning == .quantity else { return }
        let filled = image.slicesSpread(atMost: 4).filled
        let range = try trusted.range(of: filled)
        let factor = Int(trusted.chain.scale)
        let length = 96 * factor
        var squares: [Pixels] = []
        for row in stride(from: 0, to: max(1, filled.header.height - length / 2), by: length) {
            for column in stride(from: 0, to: max(1, filled.header.width - length / 2), by: length) {
                squares.append(
                    filled.pixels.cropped(
                        columns: column..<min(column + length, filled.header.width),
                        rows: row..<min(row + length, filled.header.height)))
            }
        }
        // So that one large image does not outweigh many small ones.
        let most = 16
        let step = max(1, squares.count / most)
        let reduced = stride(from: 0, to: squares.count, by: step).prefix(most).compactMap { index -> Pixels? in
            let small = squares[index].croppedToMultiple(of: factor)
            guard min(small.width, small.height) >= 16 * factor else { return nil }
            return small.resized(width: small.width / factor, height: small.height / factor)
        }
        // Background looks alike in all kinds; an image is taken for its body, where it has a square full of it.
        let full = reduced.filter { Self.isFullOfBody($0, range: range) }
        others[kind, default: []] += try (full.isEmpty ? reduced : full).map {
            try ImageSignature($0, range: range).values
        }
    }

    private static func isFullOfBody(_ pixels: Pixels, range: IntensityRange) -> Bool {
        let gray = pixels.brightness()
        let values = gray.samples.map { ($0 - range.black) / (range.white - range.black) }
        let mean = values.reduce(0, +) / Float(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)
        return values.count { $0 > 0.02 } * 10 > values.count * 9 && variance > 0.03 * 0.03
    }

    private func reduced(_ image: Image, named name: String) throws -> TrustedMethod.Reduced? {
        try trusted.reduced(image, by: degradation, seed: UInt64(hashes.count), named: name)
    }

    /// The calibration that the images make.
    ///
    /// - Parameters:
    ///   - subject: what they show, in words.
    ///   - dicomModalities: such images' Modality (0008,0060); empty for any.
    ///   - bodyParts: such images' Body Part Examined (0018,0015); empty for any.
    ///   - promise: for which the patients must be enough.
    ///   - date: ISO 8601.
    /// - Throws: ``TrustError/tooFewPatients(count:needed:promise:)``.
    public func calibration(
        of subject: String, dicomModalities: [String] = [], bodyParts: [String] = [], promise: PatientPromise,
        date: String
    ) throws(TrustError) -> TrustCalibration {
        let patients = sortedPatients
        return try calibration(
            of: patients, scores(of: patients), showing: subject, dicomModalities, bodyParts, promise, date)
    }

    /// The patients in the order of their names.
    private var sortedPatients: [Patient] { byPatient.sorted { $0.key < $1.key }.map(\.value) }

    /// What a patient comes down to.
    private struct Scores {
        var ratio: Double
        var rootMeanSquare: Double
        var selfTest: Double
    }

    private func scores(of patients: [Patient]) -> [Scores] {
        patients.map { patient in
            var patient = patient
            return Scores(
                ratio: patient.ratios.max()!, rootMeanSquare: patient.rootMeanSquares.map(\.ratio).max()!,
                selfTest: Double(patient.selfTest.quantile(1 - exceptions)))
        }
    }

    private func calibration(
        of patients: [Patient], _ scores: [Scores], showing subject: String, _ dicomModalities: [String],
        _ bodyParts: [String], _ promise: PatientPromise, _ date: String
    ) throws(TrustError) -> TrustCalibration {
        // Fewer would not tell what such patients look like.
        let needed = max(promise.fewestPatients, 10)
        guard patients.count >= needed, promise.rank(patients: patients.count) != nil else {
            throw .tooFewPatients(count: patients.count, needed: needed, promise: promise)
        }
        let readings = patients.flatMap(\.readings)
        let noises = readings.map(\.noise)
        let spacings = readings.compactMap(\.spacing)
        let signatures = patients.map { patient in mean(patient.readings.map(\.signature.values)) }
        return TrustCalibration(
            subject: subject, dicomModalities: dicomModalities, bodyParts: bodyParts, chain: trusted.chain,
            score: score, degradation: "\(degradation)", exceptions: exceptions,
            hasColor: readings.contains(where: \.hasColor), noise: noises.min()!...noises.max()!,
            spacing: spacings.count == readings.count ? spacings.min()!...spacings.max()! : nil,
            ratios: scores.map(\.ratio).sorted(), rootMeanSquares: scores.map(\.rootMeanSquare).sorted(),
            selfTests: scores.map(\.selfTest).sorted(),
            likeness: Likeness(
                signatures, others: others.filter { $0.value.count >= 2 }, lookedBy: readings[0].signature.lookedBy),
            findings: nil, patientsHash: SHA256.hexadecimal(of: Data(hashes.sorted().joined(separator: "\n").utf8)),
            date: date,
            version: FoveaVersion.current)
    }

    /// Why an image would be refused a bound, its reduction enlarged; `nil` where it would not be.
    ///
    /// - Parameters:
    ///   - image: sharp, of another kind or clinic.
    ///   - name: for errors.
    ///   - calibration: that is asked.
    /// - Throws: ``TrustError``, `ModelError`, `CancellationError`.
    public func refusal(of image: Image, named name: String, by calibration: TrustCalibration) throws -> TrustRefusal? {
        guard let (_, input, _) = try reduced(image.slicesSpread(atMost: TrustReading.slices), named: name) else {
            return .tooSmall
        }
        return calibration.objection(to: try TrustReading(of: input, by: trusted, score: score))
    }

    /// For how many of the patients the others' calibration refuses one of their images.
    ///
    /// - Parameters:
    ///   - calibration: made of them.
    public func refusedPatients(by calibration: TrustCalibration) -> Int {
        let patients = sortedPatients
        let scores = scores(of: patients)
        return patients.indices.count { index in
            var (others, theirScores) = (patients, scores)
            others.remove(at: index)
            theirScores.remove(at: index)
            guard
                let rest = try? self.calibration(
                    of: others, theirScores, showing: calibration.subject, [], [],
                    PatientPromise(share: 0.5, confidence: 0.5), calibration.date)
            else { return false }
            return patients[index].readings.contains { rest.objection(to: $0) != nil }
        }
    }

    /// What a check needs, in the order of the patients' names.
    var checkedPatients: [CheckedPatient] {
        sortedPatients.map { patient in
            let count = Float(max(patient.places.count, 1))
            let worst = patient.rootMeanSquares.max { $0.ratio < $1.ratio }!
            return CheckedPatient(
                ratio: Float(patient.ratios.max()!), rootMeanSquareRatio: worst.ratio, psnr: worst.psnr,
                meanDoubt: patient.places.reduce(0) { $0 + $1.doubt } / count,
                meanError: patient.places.reduce(0) { $0 + $1.error } / count, places: patient.places)
        }
    }
}
