import ArgumentParser
import Foundation
import Trust

extension DoubtKind: ExpressibleByArgument {}

/// Which calibrations a promise may rest on, beside those of the models.
struct CalibrationChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What the images show, where their files don't say it: the name of a calibration, such as CT.",
            valueName: "name"))
    var trustAs: String?

    @Option(
        help: ArgumentHelp(
            "A file of calibrations, as fovea calibrate writes it, beside those of the model.", valueName: "file"))
    var trustFrom: String?

    @Option(
        help: ArgumentHelp(
            "What the bound is made of: head (the network's own doubt), samples (where --samples differ) or difference (the distance from interpolation); by default what was calibrated.",
            valueName: "kind"))
    var doubt: DoubtKind?

    /// The option that was given, if any.
    var given: String? {
        trustAs != nil
            ? "--trust-as" : trustFrom != nil ? "--trust-from" : doubt != nil ? "--doubt" : nil
    }

    func validate() throws { _ = try file }

    private var file: CalibrationFile? {
        get throws {
            guard let trustFrom else { return nil }
            guard let file = CalibrationFile(URL(fileURLWithPath: trustFrom)) else {
                throw ValidationError("--trust-from takes a file that ends in .json or .onnx, not '\(trustFrom)'.")
            }
            return file
        }
    }

    /// What ``trustFrom`` holds; none where it was not given.
    ///
    /// - Throws: ``CommandFailure`` for a file that holds none; what reading it throws.
    var calibrations: [TrustCalibration] {
        get throws {
            guard let file = try file, let trustFrom else { return [] }
            let calibrations = try file.calibrations()
            guard !calibrations.isEmpty else { throw CommandFailure("\(trustFrom): holds no calibration") }
            return calibrations
        }
    }
}
