import FuzzerInput
import Torch
import Training

/// The readers of the make half.
@main struct MakeFuzzer {
    private static let preset = Preset.foveola.configuration(scale: 4, data: [])

    static func main() {
        FuzzerInput.run(fuzz)
    }

    fileprivate static func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
        switch FuzzerInput.reader {
        case "safetensors":
            FuzzerInput.read(bytes, count, named: "input.safetensors") { _ = try Safetensors(contentsOf: $0) }
        case "yaml":
            FuzzerInput.read(bytes, count, named: "input.yaml") {
                try ConfigurationFile.apply($0, to: preset).validate()
            }
        default: fatalError("READER=\(FuzzerInput.reader): choose safetensors or yaml")
        }
    }
}

/// Its name is the one that libFuzzer's own `main`, which comes along unused, asks for.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    MakeFuzzer.test(bytes, count)
    return 0
}
