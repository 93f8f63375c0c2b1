import Imaging

/// Simple segmentations of anatomy, good enough to learn a prior of where it lies; not for measuring any.
public enum Anatomy: String, CaseIterable, Sendable {
    /// Of a frontal chest X-ray: the two largest dark regions that the body encloses, one on either side. The threshold
    /// falls from a little above Otsu's of the film's middle until there are two.
    case lungs
    /// Of an MR or CT slice: the largest region above Otsu's threshold, with what it encloses.
    case head

    /// - Parameter image: of one slice.
    /// - Returns: 1 within and 0 outside, of the image's size; `nil` where nothing is found that could be it.
    /// - Throws: ``TrainingError/configuration(_:)`` for several slices.
    public func mask(of image: Image) throws -> Pixels? {
        guard image.header.slices == 1 else {
            throw TrainingError.configuration("an image of \(image.header.slices) slices, of which none is searched")
        }
        var gray = image.filled.colorPixels(channels: 1)
        if image.header.intensity.polarity != .brightIsHigh {
            for index in gray.samples.indices { gray.samples[index] = -gray.samples[index] }
        }
        return mask(of: gray)
    }

    /// The same of one plane in which bright is high.
    package func mask(of picture: Pixels) -> Pixels? {
        let smooth = picture.gaussianBlurred(sigma: max(0.5, Double(min(picture.width, picture.height)) / 128))
        guard let regions = self == .lungs ? Self.lungs(in: smooth) : Self.head(in: smooth) else { return nil }
        var mask = Pixels(width: picture.width, height: picture.height)
        for index in regions.joined() { mask.samples[index] = 1 }
        // What is enclosed belongs to it: ribs to lungs, ventricles to a head.
        for hole in BinaryPlane(mask, { $0 == 0 }).regions where !hole.touchesEdge {
            for index in hole.pixels { mask.samples[index] = 1 }
        }
        return mask
    }

    private static func lungs(in picture: Pixels) -> [[Int]]? {
        let (width, height) = (picture.width, picture.height)
        let middle = picture.cropped(columns: width / 8..<width - width / 8, rows: height / 8..<height - height / 8)
        let (threshold, least) = (otsuThreshold(of: middle.samples), middle.samples.min()!)
        for step in 0..<12 {
            let level = least + (threshold - least) * (1.05 - 0.05 * Float(step))
            let dark = BinaryPlane(picture) { $0 < level }.regions
                .filter { !$0.touchesEdge && $0.pixels.count * 25 > picture.planeCount }.map(\.pixels)
            let largest = dark.sorted { $0.count > $1.count }.prefix(2)
            let centers = largest.map { region in region.reduce(0) { $0 + $1 % width } / region.count }
            if centers.count == 2, centers.min()! < width / 2, centers.max()! > width / 2 { return Array(largest) }
        }
        return nil
    }

    private static func head(in picture: Pixels) -> [[Int]]? {
        let threshold = otsuThreshold(of: picture.samples)
        let bright = BinaryPlane(picture) { $0 >= threshold }.regions.map(\.pixels)
        guard let largest = bright.max(by: { $0.count < $1.count }), largest.count * 50 > picture.planeCount else {
            return nil
        }
        return [largest]
    }
}

/// The value that parts samples into two classes of the greatest variance between them (Otsu, "A Threshold Selection Method
/// from Gray-Level Histograms", 1979), of 256 levels from the least sample to the greatest.
///
/// - Parameter samples: finite and not empty.
/// - Returns: the least value of the upper class.
package func otsuThreshold(of samples: [Float]) -> Float {
    let (least, greatest) = (samples.min()!, samples.max()!)
    guard greatest > least else { return greatest }
    let levels = 256
    let width = (greatest - least) / Float(levels)
    var histogram = [Double](repeating: 0, count: levels)
    for sample in samples { histogram[min(Int((sample - least) / width), levels - 1)] += 1 }
    let total = Double(samples.count)
    let sum = histogram.enumerated().reduce(0.0) { $0 + Double($1.offset) * $1.element }
    var (below, sumBelow, best, level) = (0.0, 0.0, -1.0, 0)
    for index in 0..<levels - 1 {
        below += histogram[index]
        sumBelow += Double(index) * histogram[index]
        guard below > 0, below < total else { continue }
        let distance = sumBelow / below - (sum - sumBelow) / (total - below)
        let variance = below * (total - below) * distance * distance
        if variance > best { (best, level) = (variance, index + 1) }
    }
    return least + Float(level) * width
}

/// Pixels of a plane that are set or not.
struct BinaryPlane {
    /// Pixels that hang together by their edges.
    struct Region {
        /// Row-major indices.
        var pixels: [Int] = []
        var touchesEdge = false
    }

    private let width: Int
    private let height: Int
    private let isSet: [Bool]

    init(_ plane: Pixels, _ condition: (Float) -> Bool) {
        (width, height) = (plane.width, plane.height)
        isSet = plane.samples.map(condition)
    }

    /// All regions, in the order of their first pixels.
    var regions: [Region] {
        var isFree = isSet
        var found: [Region] = []
        for start in isFree.indices where isFree[start] {
            var (region, waiting) = (Region(), [start])
            isFree[start] = false
            while let index = waiting.popLast() {
                region.pixels.append(index)
                let (row, column) = (index / width, index % width)
                if row == 0 || column == 0 || row == height - 1 || column == width - 1 { region.touchesEdge = true }
                for (neighbor, lies) in [
                    (index - 1, column > 0), (index + 1, column < width - 1), (index - width, row > 0),
                    (index + width, row < height - 1),
                ] where lies && isFree[neighbor] {
                    isFree[neighbor] = false
                    waiting.append(neighbor)
                }
            }
            found.append(region)
        }
        return found
    }
}
