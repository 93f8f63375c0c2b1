/// The version of Fovea, as programs print it and results name it.
public enum FoveaVersion {
    /// Major, minor, patch.
    public static let current = "0.1.0"
}
