import ArgumentParser

/// The models that `evaluate`, `compare` and `field` judge, and how they are used.
struct JudgedModels: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Models, separated by commas: bicubic, auto, names of shipped ones, ONNX files.", valueName: "list"))
    var models = "bicubic,auto"

    @OptionGroup(title: "Models from elsewhere") var foreign: ModelOptions.Foreign
    @OptionGroup(title: "Models that draw samples") var sampling: ModelOptions.Sampling
    @OptionGroup var inference: ModelOptions.Inference
    @OptionGroup var grain: ModelOptions.Grain

    var options: ModelOptions { ModelOptions(inference: inference, grain: grain, foreign: foreign, sampling: sampling) }
}
