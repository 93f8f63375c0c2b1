import Evaluation
import Foundation
import Imaging
import Synchronization
import Torch

/// A trained generator as something that is judged: a latent search an image, one at a time. Where nothing is found the
/// nearest image counts, so that every row of a table is of the same images, and how often that was is counted.
final class SearchedGenerator: Sendable {
    private struct State {
        let search: ImageSearch
        /// By the samples of the small image, since a figure or a trial may search for one again.
        var isFound: [[Float]: Bool] = [:]
    }

    private let name: String
    private let settings: LatentSearch.Settings
    private let state: Mutex<State>

    /// - Parameters:
    ///   - name: what tables call it.
    ///   - checkpoint: of a run of ``GenerationObjective``.
    ///   - settings: how it looks.
    ///   - device: what it runs on.
    /// - Throws: ``TrainingError/badCheckpoint(path:reason:)``, `TorchError`.
    init(_ name: String, _ checkpoint: URL, settings: LatentSearch.Settings, on device: Device) throws {
        self.name = name
        self.settings = settings
        state = Mutex(State(search: try ImageSearch(TrainedGenerator(contentsOf: checkpoint), on: device)))
    }

    var method: EvaluatedMethod {
        EvaluatedMethod(name: name) { image, _ in try self.nearest(to: image) }
    }

    private func nearest(to image: Image) throws -> Image {
        try state.withLock { state in
            let nearest = try state.search.nearest(to: image, settings: settings)
            state.isFound[image.pixels.samples] = nearest.result.isFound
            return nearest.image
        }
    }

    /// How often it found an image, for people.
    var summary: String {
        state.withLock { state in
            """
            \(name): found in \(state.isFound.values.count { $0 }) of \(state.isFound.count) images, to within \
            \(settings.tolerance); where not, the nearest image counts
            """
        }
    }
}
