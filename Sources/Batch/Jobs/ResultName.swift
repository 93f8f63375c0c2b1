import Foundation
import Imaging

/// What results are called after the files that they are made of.
public enum ResultName {
    /// `scan.nii.gz` → `scan_x4.nii.gz`. The ending stays where it is that of the file's format; a JPEG becomes a PNG,
    /// since JPEG loses what was gained.
    ///
    /// - Parameters:
    ///   - url: the input, which is looked into for its format.
    ///   - suffix: put behind the name, such as `_x4`.
    public static func result(of url: URL, suffix: String) -> String {
        let name = url.lastPathComponent
        let named = ImageFormat(pathExtensionOf: url)
        let format = (try? ImageFile.format(of: url)) ?? named
        var ending = ImageFormat.ending(of: url)
        var stem = stem(of: url)
        if let format, format != named || !format.endings.contains(format.resultEnding) {
            // `IM.0001` and the like: what follows the point is no ending.
            let isEnding = ImageFormat.allCases.contains { $0.endings.contains(ending.lowercased()) }
            if named == nil, !isEnding { stem = name }
            ending = format.resultEnding
        }
        return stem + suffix + (ending.isEmpty ? "" : "." + ending)
    }

    /// The name without its ending: `scan` of `scan.nii.gz`.
    ///
    /// - Parameter url: of a file, which need not be there.
    public static func stem(of url: URL) -> String {
        let ending = ImageFormat.ending(of: url)
        return String(url.lastPathComponent.dropLast(ending.isEmpty ? 0 : ending.count + 1))
    }

    /// Which images are results that Fovea wrote beside their inputs: `scan_x4.png` where there is a `scan`.
    ///
    /// - Parameter names: paths of the images of a folder, relative to it.
    static func results(among names: [String]) -> Set<String> {
        func stem(of name: String) -> String {
            let url = URL(fileURLWithPath: name)
            return String(name.dropLast(url.lastPathComponent.count)) + Self.stem(of: url)
        }
        let stems = Set(names.map(stem) + names)
        return Set(
            names.filter { name in
                guard let match = stem(of: name).wholeMatch(of: #/(.+)_[xd][0-9.]+(_deviation|_samples)?/#) else {
                    return false
                }
                return stems.contains(String(match.1))
            })
    }
}
