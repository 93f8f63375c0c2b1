import Foundation
import Imaging

/// The ranges of DICOM series, whose slices lie in files of their own, each with a slope and intercept of its own.
struct SeriesRanges {
    /// In the stored units of a series' first file.
    private var ranges: [String: (range: ClosedRange<Float>, intensity: Intensity)] = [:]

    /// Reads the DICOM files among `files`; those that cannot be read are left to whoever needs them.
    init(_ files: [URL]) {
        var samples: [String: [Float]] = [:]
        var firsts: [String: Intensity] = [:]
        var counts: [String: Int] = [:]
        for file in files {
            guard (try? ImageFile.format(of: file)) == .dicom,
                let image = try? ImageFile.read(file).inCommonTerms(path: file.path),
                image.header.intensity.sampleType.bits > 8, let series = image.seriesInstanceUID
            else { continue }
            counts[series, default: 0] += 1
            let first = firsts[series] ?? image.header.intensity
            firsts[series] = first
            let isMissing = image.noData?.isMissing
            samples[series, default: []] += stride(
                from: 0, to: image.pixels.samples.count, by: max(1, image.pixels.samples.count >> 15) | 1
            ).filter { isMissing?[$0] != true }.map {
                Self.converted(image.pixels.samples[$0], from: image.header.intensity, to: first)
            }
        }
        for (series, samples) in samples where counts[series]! > 1 && !samples.isEmpty {
            ranges[series] = (GroundTruth.range(Percentiles(samples)), firsts[series]!)
        }
    }

    func range(of image: Image) -> ClosedRange<Float>? {
        guard let (range, first) = image.seriesInstanceUID.flatMap({ ranges[$0] }) else { return nil }
        let bounds = [range.lowerBound, range.upperBound].map {
            Self.converted($0, from: first, to: image.header.intensity)
        }
        return bounds.min()!...bounds.max()!
    }

    /// The stored sample that means in one file what `sample` means in another.
    private static func converted(_ sample: Float, from: Intensity, to: Intensity) -> Float {
        guard (from.slope, from.intercept) != (to.slope, to.intercept) else { return sample }
        return Float((Double(sample) * from.slope + from.intercept - to.intercept) / to.slope)
    }
}

extension Image {
    fileprivate var seriesInstanceUID: String? {
        guard case .dicom(let source) = header.source else { return nil }
        return source.seriesInstanceUID
    }
}
