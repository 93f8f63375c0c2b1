import ArgumentParser
import Evaluation
import Foundation

/// `fovea field`: what models make of grain, without any image.
struct Field: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "field",
        abstract: "Measure what models make of grain: lines that were never there.",
        discussion: """
            Each model enlarges gray fields that hold nothing but grain. The table says how much longer thin dark and \
            bright lines are than chance makes them (1 and less: none were drawn), how strong the grain comes out, and \
            what is kept of a thin real line in grain.

              fovea field --models bicubic,auto,imdn.onnx
              fovea field --models fovea-chest --scale 2 --json field.json
            """)

    @Option(help: "How many times the fields are enlarged.") var scale = 4

    @OptionGroup var judged: JudgedModels

    @Option(
        help: ArgumentHelp(
            "What models that sharpen grain are told of it: auto (estimated; the default), none (nothing is kept from them).",
            valueName: "noise"))
    var noise: NoiseOption?

    @Option(help: "How many fields of each grain.") var seeds = 4
    @Option(help: ArgumentHelp("Write JSON to a file, or to standard output with '-'.", valueName: "file"))
    var json: JSONDestination?
    @Flag(help: "Say nothing but errors.") var quiet = false

    func validate() throws {
        if !(2...8).contains(scale) { throw ValidationError("--scale takes a whole number from 2 to 8, not \(scale).") }
        if !(1...64).contains(seeds) {
            throw ValidationError("--seeds takes a whole number from 1 to 64, not \(seeds).")
        }
    }

    func run() throws {
        var model = judged.options
        model.noise = noise
        let methods = try MethodFinder.evaluatedMethods(judged.models, options: model, scale: scale)
        let console = Console(isQuiet: quiet)
        var results: [FieldResult] = []
        let kinds = GrainField.Grain.standard
        for (index, method) in methods.enumerated() {
            var fields: [GrainField] = []
            for (kind, grain) in kinds.enumerated() {
                let done = index * kinds.count + kind
                console.progress("\(done + 1) of \(methods.count * kinds.count)  \(method.name)  grain \(grain.text)")
                fields.append(try GrainField(grain, scale: scale, seeds: seeds, method: method))
            }
            results.append(
                FieldResult(
                    model: method.name, modelHash: method.modelHash, fields: fields,
                    lineKept: try GrainField.lineKept(scale: scale, seeds: seeds, method: method)))
        }
        try json?.write(results)
        if case .standardOutput? = json { return }
        console.result(Self.table(results, scale: scale, seeds: seeds))
    }

    private static func table(_ results: [FieldResult], scale: Int, seeds: Int) -> String {
        let rows = results.flatMap { result in
            result.fields.enumerated().map { index, field in
                [
                    index == 0 ? result.model : "", field.grain.text, String(format: "%.2f", field.lines.dark),
                    String(format: "%.2f", field.lines.bright), String(format: "%.2f", field.gain),
                    index == 0 ? String(format: "%.0f %%", result.lineKept * 100) : "",
                ]
            }
        }
        let lines = TextTable(
            header: ["model", "grain", "dark lines", "bright lines", "gain", "line kept"], rows: rows
        ).lines
        return
            (lines + [
                "",
                "×\(scale), \(seeds) fields of 256 × 256 a row, 128 gray levels and grain, rounded to 8 bits",
                "grain: standard deviation in gray levels of 255, white or correlated (blurred by 0.6 pixels)",
                "lines: length of thin ridges for that in images of the same spectrum without structure",
                "gain: standard deviation of the result for that of the grain",
                "line kept: contrast of a line 0.8 pixels wide and 20 levels dark in noise of 2, for that without noise",
            ]).joined(separator: "\n")
    }
}

/// What one model does with grain, in JSON.
private struct FieldResult: Encodable {
    var model: String
    var modelHash: String?
    var fields: [GrainField]
    var lineKept: Double
}
