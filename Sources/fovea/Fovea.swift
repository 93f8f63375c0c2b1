import ArgumentParser
import Imaging
import Terminal

@main
struct Fovea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fovea",
        abstract: "Makes low-resolution medical images sharp, and says how far the result can be trusted.",
        discussion: """
            DICOM, NIfTI, PNG, TIFF and JPEG go in; what comes out keeps their bit depth, values, geometry and \
            orientation. Nothing is overwritten unless --overwrite says so.

              fovea upscale scan.dcm            writes scan_x4.dcm beside it
              fovea info scan.dcm               what it holds, which model fits it
              fovea evaluate images/            how good models are on your images
              fovea serve images/               a viewer for the browser

            Exit codes: 0 all went well, 1 something failed (one line on standard error says what), 2 nothing failed but a \
            bound that was asked for was refused, 64 wrong usage.
            """,
        version: FoveaVersion.current,
        subcommands: [
            Upscale.self, Info.self, Degrade.self, Evaluate.self, Calibrate.self, Field.self, Metrics.self,
            Compare.self, Models.self, Serve.self, Queue.self,
            Train.self,
            Reproduce.self, Export.self,
        ])

    static func main() {
        // More than the parser's one line, and libtorch's part takes a moment to find out.
        if CommandLine.arguments.dropFirst() == ["--version"] { return print(Versions.text) }
        mainInOneLine()
    }
}
