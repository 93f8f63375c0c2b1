import Foundation
import Imaging
import Upscaling

extension Enlargement {
    /// Where the samples' deviation goes, and the sheet of all.
    var samplePlaces: (deviation: URL, sheet: URL) { (place(of: "deviation"), place(of: "samples", ending: ".png")) }

    /// How samples are drawn and what is shown of them.
    struct SampleWriting {
        let count: Int
        /// For ``samplePlaces``, in their order.
        let companions: [FileClaim]
        let figures: SampleFigures.Artist
    }

    func requireSamples() throws {
        if let statement = image.header.meaning.codesStatement {
            throw BatchError.samplesOfCodes(name: job.name, statement: statement)
        }
        guard case .drawing = method else {
            throw BatchError.onlyOneResult(name: job.name, method: method.name)
        }
    }

    func write(_ figures: SampleFigures, of drawn: DrawnSamples, to companions: [FileClaim])
        throws
    {
        if isColored {
            try companions[0].fill(with: figures.deviation, writing)
        } else {
            var map = drawn.deviation
            // A derived DICOM object keeps its source's sample type: whole stored units.
            if ImageFormat(pathExtensionOf: job.output) == .dicom {
                map.header.intensity = image.header.intensity
                let largest = Double(map.pixels.samples.max() ?? 0) * image.header.intensity.slope
                map.header.derivation?.differenceWindow = Window(center: largest / 2, width: max(largest, 1))
            }
            try identify(&map.header, as: .deviation)
            try companions[0].fill(with: map, writing)
        }
        try companions[1].fill(with: figures.sheet, writing)
    }
}
