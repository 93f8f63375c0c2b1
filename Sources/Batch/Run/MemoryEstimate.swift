import Imaging
import Upscaling

/// What work on an image takes of memory, at its peak and about. docs/speed.md says what was measured.
struct MemoryEstimate {
    /// In bytes, beside what the process takes in any case.
    let bytes: Int

    /// What the process takes in any case: its libraries, the networks that are loaded, and of each request that runs at
    /// once a tile's inner layers.
    ///
    /// - Parameter threads: processor threads of a network.
    static func process(threads: Int) -> Int {
        200_000_000 + 100_000_000 * OpenVINOEngine.requests(sharing: threads)
    }

    /// - Parameters:
    ///   - image: the input.
    ///   - method: what enlarges it.
    ///   - recipe: the options.
    init(of image: Image, by method: Upscaling.Method, _ recipe: Recipe) {
        let input = 4 * image.pixels.samples.count
        let output = Int(Double(input) * recipe.scale * recipe.scale)
        // What goes through in bands holds the input, its noise apart, and a few bands of the result.
        let bands = 6 * input
        switch method {
        case .drawing: bytes = bands + ((recipe.samples ?? 0) + 5) * output
        case _ where recipe.isConsistent: bytes = bands + 4 * output
        case .acquiredGrid: bytes = bands + 4 * output
        case .networks(let upscaler)
        where !upscaler.models.contains(where: { Double($0.metadata.scale) == recipe.scale }):
            // Between two networks a slice is held whole.
            bytes = bands + 2 * output / max(1, image.pixels.slices)
        case .interpolation, .networks: bytes = bands
        }
    }
}
