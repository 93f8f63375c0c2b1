/// The file an image came from, with what its format needs to be written again.
public enum Source: Sendable {
    /// Made in memory.
    case memory
    case dicom(DICOMSource)
    case nifti(NIfTISource)
    /// Of a format of pictures, with what its codec writes again.
    case picture(any PictureSource)
}

/// What a picture's file says beside its pixels, to be said again by files of its kind derived from it.
public protocol PictureSource: Sendable {
    /// What its numbers mean as colors; `nil` where it does not say.
    var colorProfile: ColorProfile? { get }
}

/// A number of columns and of rows, which may end within a pixel.
public struct PixelExtent: Sendable, Equatable, Codable {
    public var columns: Double
    public var rows: Double

    public init(columns: Double, rows: Double) {
        self.columns = columns
        self.rows = rows
    }
}

/// How samples were computed from a source: what a derived file must say about itself.
public struct Derivation: Sendable, Equatable, Codable {
    /// One sentence for a reader: "Super-resolution ×4 by …".
    public var description: String
    /// The model's name, "bicubic" where no network took part.
    public var model: String
    /// SHA-256 of the model file, lower-case hexadecimal; `nil` where there is none.
    public var modelHash: String?
    /// What a network's inner layers were computed in, such as bfloat16; `nil` where none took part or it is not known.
    public var precision: String?
    /// Magnification along columns and rows.
    public var scale: Double
    /// How much of the source the result covers, from its first pixel; `nil` for all.
    public var covered: PixelExtent?
    /// DICOM: the series that all results of one run from one source series share. `nil` makes a new one for the file.
    public var seriesInstanceUID: String?
    /// DICOM: the identity of the result. `nil` makes a new one.
    public var sopInstanceUID: String?
    /// DICOM: set where samples are differences of stored values, which start from nothing and not from the source's
    /// intercept. What a viewer is to show them in, in rescaled units.
    public var differenceWindow: Window?
    /// The noise that was taken apart before a network saw the image; `nil` where there was none.
    public var grain: Grain?
    /// What of the source lies beyond what the model learned, a clause each; empty where nothing is known to.
    public var beyondTraining: [String] = []
    /// The samples that an MR image was enlarged from, where these are fewer than it stores.
    public var acquiredGrid: AcquiredGrid?

    /// Noise that was kept from a network.
    public struct Grain: Sendable, Equatable, Codable {
        /// Its standard deviation in stored units, as its finest frequencies tell; 0 where there are JPEG's traces alone.
        public var noise: Double
        /// The mean step that JPEG rounded to, in stored units, of which the traces were kept from the network too; `nil`
        /// where there are none.
        public var jpegStep: Double?
        /// The share that was put back, interpolated.
        public var kept: Double

        public init(noise: Double, jpegStep: Double? = nil, kept: Double) {
            self.noise = noise
            self.jpegStep = jpegStep
            self.kept = kept
        }
    }

    public init(
        description: String, model: String, modelHash: String? = nil, scale: Double, seriesInstanceUID: String? = nil
    ) {
        self.description = description
        self.model = model
        self.modelHash = modelHash
        self.scale = scale
        self.seriesInstanceUID = seriesInstanceUID
    }
}
