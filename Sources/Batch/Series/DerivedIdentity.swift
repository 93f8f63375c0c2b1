import Imaging
import Upscaling

/// Which DICOM object a result is, as a function of the object that it was made from and of what made it. A second run,
/// another process or another machine gives the same answer, and what was one series stays one.
public struct DerivedIdentity: Sendable {
    /// What a file shows of an enlarged image.
    public enum Role: String, Sendable {
        /// The enlarged image.
        case image
        /// Where several samples of it differ.
        case deviation
        /// How wrong it may be at most.
        case bound
        /// Where that is within a tolerance.
        case trusted
    }

    /// What made it, a line each.
    private let maker: String

    /// - Parameters:
    ///   - recipe: the options.
    ///   - method: what they came to for the image.
    ///   - source: the image's header.
    ///   - precision: what the networks' inner layers were computed in; `nil` where there were none.
    public init(_ recipe: Recipe, method: Upscaling.Method, of source: ImageHeader, precision: String?) {
        let options = recipe.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        maker = ([method.identity(of: source, scale: recipe.scale), "precision=\(precision ?? "none")"] + options)
            .joined(separator: "\n")
    }

    /// The Series Instance UID of the results made of a series.
    ///
    /// - Parameters:
    ///   - source: the Series Instance UID that they were made of.
    ///   - role: what they show.
    public func series(of source: String, role: Role = .image) -> UniqueIdentifier {
        identifier("series", source, role)
    }

    /// The SOP Instance UID of the result made of an object.
    ///
    /// - Parameters:
    ///   - source: the SOP Instance UID that it was made of, or the SHA-256 of a file that has none.
    ///   - role: what it shows.
    public func instance(of source: String, role: Role = .image) -> UniqueIdentifier {
        identifier("instance", source, role)
    }

    private func identifier(_ kind: String, _ source: String, _ role: Role) -> UniqueIdentifier {
        UniqueIdentifier(named: "\(kind)\n\(role.rawValue)\n\(source)\n\(maker)")
    }
}

extension Upscaling.Method {
    /// What makes the pixels, whatever it is called and whatever else it could make.
    fileprivate func identity(of source: ImageHeader, scale: Double) -> String {
        switch self {
        case .interpolation: name
        case .networks(let upscaler): Recipe.identity(of: upscaler.usedModels(for: scale))
        case .acquiredGrid(let acquired):
            Recipe.identity(
                of: acquired.upscaler.usedModels(
                    for: AcquiredGridUpscaler.networkScale(of: acquired.grid, for: source, scale: scale)))
        // One after the other, so in their order.
        case .drawing(let cascade, _):
            cascade.stages.map { Recipe.identity(of: [$0.model]) }.joined(separator: " > ")
        }
    }
}
