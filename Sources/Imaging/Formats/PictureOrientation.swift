/// Where a TIFF's or EXIF's first row and first column belong (tag 274).
enum PictureOrientation: Int {
    case topLeft = 1
    case topRight, bottomRight, bottomLeft, leftTop, rightTop, rightBottom, leftBottom

    private var swapsAxes: Bool { rawValue >= 5 }

    /// The picture the right way up.
    func upright(_ pixels: Pixels) -> Pixels {
        guard self != .topLeft else { return pixels }
        let (width, height) = (pixels.width, pixels.height)
        let (newWidth, newHeight) = swapsAxes ? (height, width) : (width, height)
        var result = Pixels(
            width: newWidth, height: newHeight, channels: pixels.channels, slices: pixels.slices, repeating: 0)
        for plane in 0..<pixels.channels * pixels.slices {
            for row in 0..<height {
                for column in 0..<width {
                    let (newRow, newColumn) =
                        switch self {
                        case .topLeft: (row, column)
                        case .topRight: (row, width - 1 - column)
                        case .bottomRight: (height - 1 - row, width - 1 - column)
                        case .bottomLeft: (height - 1 - row, column)
                        case .leftTop: (column, row)
                        case .rightTop: (column, height - 1 - row)
                        case .rightBottom: (width - 1 - column, height - 1 - row)
                        case .leftBottom: (width - 1 - column, row)
                        }
                    result.samples[(plane * newHeight + newRow) * newWidth + newColumn] =
                        pixels.samples[(plane * height + row) * width + column]
                }
            }
        }
        return result
    }

    /// The spacing of the picture the right way up.
    func upright(_ spacing: PixelSpacing?) -> PixelSpacing? {
        guard swapsAxes, let spacing else { return spacing }
        return PixelSpacing(column: spacing.row, row: spacing.column)
    }

    /// What JPEG rounded of the picture the right way up.
    func upright(_ quantization: JPEGQuantization?) -> JPEGQuantization? {
        swapsAxes ? quantization?.transposed : quantization
    }
}
