import FuzzerInput
import Imaging
import Upscaling

/// The readers of the use half.
@main struct UseFuzzer {
    /// The ending of a file that each reader takes.
    private static let endings = [
        "dicom": "dcm", "nifti": "nii", "nifti-gz": "nii.gz", "png": "png", "tiff": "tif", "jpeg": "jpg",
        "metaimage": "mha", "pnm": "pgm", "onnx": "onnx",
    ]

    static func main() {
        guard endings[FuzzerInput.reader] != nil else {
            fatalError("READER=\(FuzzerInput.reader): choose one of \(endings.keys.sorted().joined(separator: ", "))")
        }
        FuzzerInput.run(fuzz)
    }

    fileprivate static func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
        FuzzerInput.read(bytes, count, named: "input.\(endings[FuzzerInput.reader]!)") { url in
            if FuzzerInput.reader == "onnx" { _ = try ModelFile(contentsOf: url) } else { _ = try ImageFile.read(url) }
        }
    }
}

/// Its name is the one that libFuzzer's own `main`, which comes along unused, asks for.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    UseFuzzer.test(bytes, count)
    return 0
}
