/// An ICC profile: what the numbers of a picture mean as colours.
struct ColorProfile: Sendable, Equatable {
    var bytes: [UInt8]

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
        let profile: ColorProfile? =
            switch source {
            case .png(let source): source.colorProfile
            case .tiff(let source): source.colorProfile
            case .jpeg(let source): source.colorProfile
            case .memory, .dicom, .nifti: nil
            }
        return profile.flatMap { $0.describes(colorModel) ? $0 : nil }
    }
}
