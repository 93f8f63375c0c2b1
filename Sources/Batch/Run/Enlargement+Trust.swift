import Foundation
import Imaging
import Trust
import Upscaling

extension Enlargement {
    /// Where the bound goes, the mask of what is within the tolerance, and the sheet for people.
    var trustPlaces: (bound: URL, mask: URL?, sheet: URL) {
        (
            place(of: "bound"), recipe.trust?.tolerance == nil ? nil : place(of: "trusted"),
            place(of: "trust", ending: ".png")
        )
    }

    /// Writes the enlarged image, how wrong it may be, and a sheet that shows both; only the image and the sheet where no
    /// promise holds.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - claim: for the image.
    ///   - companions: for ``trustPlaces``, in their order.
    ///   - samples: what is done with samples where the image is the mean of some.
    /// - Returns: the image's header, what became of the trust, and the companions that were written.
    mutating func enlarge(
        trusting request: TrustRequest, to claim: FileClaim, _ companions: [FileClaim],
        samples: SampleWriting? = nil, progress: (Double) -> Void
    ) throws -> (ImageHeader, TrustOutcome, [FileClaim]) {
        let made = try make(samples, to: claim, progress: progress)
        let result = made.image
        let sheet = companions.last!
        let visibility = VisibilityFloor(of: image, scale: recipe.scale)
        do {
            let bound = try request.gate(for: method).bound(
                of: result, from: image, by: method, scale: recipe.scale, isConsistent: recipe.isConsistent,
                selfDoubt: made.doubt)
            try sheet.fill(with: request.figure(result, image, .success(bound)), writing)
            var outcome = TrustOutcome(bound, sheet: sheet.destination)
            outcome.visibility = visibility
            guard image.header.colorModel.colorChannels == 1 || !isDICOM || request.dicomMaps == .objects else {
                // An image of colors cannot hold one number a place in its own terms.
                return (result.header, outcome, [sheet])
            }
            try write(bound.map, of: result, bound.statement, as: .bound, to: companions[0], request.dicomMaps)
            outcome.bound = companions[0].destination
            if let tolerance = request.tolerance {
                let stored = bound.stored(tolerance, slope: image.header.intensity.slope)
                let mask = bound.mask(tolerance: stored)
                try write(mask, of: result, bound.statement, as: .trusted, to: companions[1], request.dicomMaps)
                outcome.mask = companions[1].destination
                outcome.trustedShare = bound.trustedShare(tolerance: stored)
            }
            return (result.header, outcome, companions)
        } catch let refusal as TrustRefusal {
            try sheet.fill(with: request.figure(result, image, .failure(refusal)), writing)
            var outcome = TrustOutcome(refusal, sheet: sheet.destination)
            outcome.visibility = visibility
            return (result.header, outcome, [sheet])
        }
    }

    private var isDICOM: Bool { ImageFormat(pathExtensionOf: job.output) == .dicom }

    /// Writes a map of one number a place, on the grid of the result.
    private func write(
        _ pixels: Pixels, of result: Image, _ statement: String, as role: DerivedIdentity.Role, to claim: FileClaim,
        _ dicomMaps: DICOMMaps
    ) throws {
        guard isDICOM, dicomMaps == .objects, case .dicom(let source) = result.header.source else {
            return try claim.fill(with: try map(pixels, of: result, statement, as: role), writing)
        }
        var header = result.header
        try identify(&header, as: role)
        guard let own = header.derivation, let instance = own.sopInstanceUID, let series = own.seriesInstanceUID
        else { return }
        let map = DICOMMap(
            of: result.header,
            content: role == .bound
                ? .quantity(name: role.title, unit: source.unit) : .segment(label: role.title),
            statement: "\(role.title). \(statement)", sopInstanceUID: instance, seriesInstanceUID: series)
        try map.fill(claim, with: role == .bound ? pixels.rescaled(by: result.header) : pixels)
    }

    /// An image that shows a map of one number a place, on the grid of the result.
    private func map(
        _ pixels: Pixels, of result: Image, _ statement: String, as role: DerivedIdentity.Role
    ) throws -> Image {
        var map = pixels
        var header = result.header
        header.colorModel = .gray
        header.padding = nil
        header.intensity.intercept = 0
        header.intensity.polarity = .brightIsHigh
        header.intensity.window = nil
        header.warnings = []
        let largest = Double(map.samples.max() ?? 0) * abs(header.intensity.slope)
        header.derivation?.description = "\(role.title). \(statement)"
        header.derivation?.differenceWindow = Window(center: largest / 2, width: max(largest, 1))
        if isDICOM || isColored {
            // Whole stored units, up, so that the bound stays one.
            for index in map.samples.indices {
                map.samples[index] = header.intensity.quantized(map.samples[index].rounded(.up))
            }
        } else {
            header.intensity = Intensity(sampleType: .float32, slope: abs(header.intensity.slope))
        }
        if isColored { header.source = .memory }
        try identify(&header, as: role)
        return Image(header: header, pixels: map)
    }
}

extension DerivedIdentity.Role {
    /// What a map of the kind shows, in words.
    fileprivate var title: String {
        switch self {
        case .image: "Enlarged image"
        case .deviation: "Deviation of samples"
        case .bound: "Bound on the local mean absolute error"
        case .trusted: "Where the bound is within the tolerance"
        }
    }
}

extension Pixels {
    /// Amounts in stored units of an image in its real-world units, slice by slice where these differ.
    fileprivate func rescaled(by header: ImageHeader) -> Pixels {
        var result = self
        for slice in 0..<slices {
            let own = header.arrangement?.rescales
            let slope = abs(own.map { $0[slice].slope } ?? header.intensity.slope)
            guard slope != 1 else { continue }
            for index in planeRange(slice: slice) { result.samples[index] *= Float(slope) }
        }
        return result
    }
}
