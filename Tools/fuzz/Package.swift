// swift-tools-version: 6.1
import PackageDescription

// libFuzzer over every reader, a package of its own so that normal builds never see it: `make fuzz`.

let package = Package(
    name: "Fuzzers",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "fuzz-use", targets: ["UseFuzzer"]),
        .executable(name: "fuzz-web", targets: ["WebFuzzer"]),
        .executable(name: "fuzz-make", targets: ["MakeFuzzer"]),
    ],
    dependencies: [.package(name: "Fovea", path: "../..")],
    targets: [
        .systemLibrary(name: "LibFuzzer"),
        .target(name: "FuzzerInput", dependencies: ["LibFuzzer"]),
        .executableTarget(
            name: "UseFuzzer",
            dependencies: [
                "FuzzerInput", .product(name: "Imaging", package: "Fovea"),
                .product(name: "Upscaling", package: "Fovea"),
            ]),
        .executableTarget(
            name: "WebFuzzer", dependencies: ["FuzzerInput", .product(name: "DICOMweb", package: "Fovea")]),
        .executableTarget(
            name: "MakeFuzzer",
            dependencies: [
                "FuzzerInput", .product(name: "Torch", package: "Fovea"), .product(name: "Training", package: "Fovea"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
