/// An ICC profile: what the numbers of a picture mean as colours.
public struct ColorProfile: Sendable, Equatable {
    /// As the ICC lays it out, and files embed it.
    public var bytes: [UInt8]

    /// Whether this profile is about images of `model`: ICC.1:2022, 7.2.6, the data colour space at byte 16.
    func describes(_ model: ColorModel) -> Bool {
        guard bytes.count >= 128 else { return false }
        let space = bytes[16..<20]
        return space.elementsEqual(model.colorChannels == 1 ? "GRAY".utf8 : "RGB ".utf8)
    }
}

extension ImageHeader {
    /// The ICC profile of the file this image came from, if it still fits the colour model.
    var colorProfile: ColorProfile? {
        guard case .picture(let source) = source, let profile = source.colorProfile else { return nil }
        return profile.describes(colorModel) ? profile : nil
    }
}
