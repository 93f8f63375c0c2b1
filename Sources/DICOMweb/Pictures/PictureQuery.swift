import Foundation

/// How a picture is to be made: the parameters of rendered resources and thumbnails (PS3.18 8.3.5).
public struct PictureQuery: Sendable, Equatable {
    /// How values become brightness (PS3.3 C.11.2.1.2 and C.11.2.1.3).
    public enum Function: String, Sendable {
        case linear
        case linearExact = "linear-exact"
        case sigmoid
    }

    /// Which real values are shown, and how.
    public struct Windowing: Sendable, Equatable {
        public var center: Double
        /// At least 1 where the function is ``PictureQuery/Function/linear``, more than 0 else.
        public var width: Double
        public var function: Function

        /// - Parameters:
        ///   - center: in real values, slope and intercept applied.
        ///   - width: likewise.
        ///   - function: how values become brightness.
        public init(center: Double, width: Double, function: Function) {
            (self.center, self.width, self.function) = (center, width, function)
        }
    }

    /// Pixels that the picture is fitted into.
    public struct Viewport: Sendable, Equatable {
        public var width: Int
        public var height: Int

        /// - Parameters:
        ///   - width: in pixels.
        ///   - height: in pixels.
        public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
    }

    /// `nil` for the file's own.
    public var windowing: Windowing?
    /// `nil` for the image's own pixels.
    public var viewport: Viewport?
    /// Of a JPEG, 1 to 100; `nil` for the usual.
    public var quality: Int?
    /// An Accept header in the address, for browsers, which cannot choose their own.
    public var accept: String?
    /// Parameters that are left aside.
    public var unknown: [String] = []

    /// The widest and highest picture that is made.
    private static let greatestSide = 4096

    /// The usual picture.
    public init() {}

    /// - Parameter items: names and values of the query, percent encoding taken away.
    /// - Throws: ``RequestError``, where a value is none that its parameter takes.
    public init(_ items: [(name: String, value: String)]) throws(RequestError) {
        for (name, value) in items {
            switch name {
            case "window": windowing = try Self.windowing(value)
            case "viewport": viewport = try Self.viewport(value)
            case "quality":
                guard let number = Int(value), (1...100).contains(number) else {
                    throw RequestError(.notUnderstood, "quality takes a whole number from 1 to 100")
                }
                quality = number
            case "accept": accept = value
            default: unknown.append(name)
            }
        }
    }

    private static func windowing(_ text: String) throws(RequestError) -> Windowing {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let center = Double(parts[0]), let width = Double(parts[1]), center.isFinite,
            width.isFinite, let function = Function(rawValue: parts[2].lowercased())
        else {
            throw RequestError(
                .notUnderstood, "window takes CENTER,WIDTH,FUNCTION, the function linear, linear-exact or sigmoid")
        }
        guard width > 0, function != .linear || width >= 1 else {
            throw RequestError(.notUnderstood, "a window is wider than 0, and 1 at least where it is linear")
        }
        return Windowing(center: center, width: width, function: function)
    }

    private static func viewport(_ text: String) throws(RequestError) -> Viewport {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw RequestError(
                parts.count == 6 ? .notImplemented : .notUnderstood,
                "viewport takes WIDTH,HEIGHT; a part of the image alone is not shown")
        }
        guard let width = Int(parts[0]), let height = Int(parts[1]), (1...greatestSide).contains(width),
            (1...greatestSide).contains(height)
        else { throw RequestError(.notUnderstood, "a viewport is 1 to \(greatestSide) pixels wide and high") }
        return Viewport(width: width, height: height)
    }
}
