// swift-tools-version: 6.1
import PackageDescription

// Two halves that meet in a model file. The use half (Imaging, ImageQuality, Upscaling, Evaluation, fovea) never
// depends on libtorch; the make half (Torch, TorchNN, Networks, Training, fovea-lab) does.

let package = Package(
    name: "Fovea",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Imaging", targets: ["Imaging"]),
        .library(name: "ImageQuality", targets: ["ImageQuality"]),
        .library(name: "Upscaling", targets: ["Upscaling"]),
        .library(name: "Trust", targets: ["Trust"]),
        .library(name: "Batch", targets: ["Batch"]),
        .library(name: "DICOMweb", targets: ["DICOMweb"]),
        .library(name: "Evaluation", targets: ["DataSets", "Evaluation", "Reporting"]),
        .library(name: "Routing", targets: ["Routing"]),
        .library(name: "Viewer", targets: ["Viewer"]),
        .library(name: "Torch", targets: ["Torch", "TorchNN"]),
        .library(name: "Networks", targets: ["Networks"]),
        .library(name: "Training", targets: ["Training"]),
        .executable(name: "fovea", targets: ["fovea"]),
        .executable(name: "fovea-lab", targets: ["fovea-lab"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        // The queue of what was received, on disk.
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        // Without its reading of configuration files, which nothing here has.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: ["FullFoundation"]),
        // What Hummingbird itself stands on, where the viewer speaks to it.
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // MARK: System libraries
        .systemLibrary(name: "CNIfTI", providers: [.apt(["libnifti2-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "spng", providers: [.apt(["libspng-dev"])]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(name: "TIFFLibrary", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
        .systemLibrary(name: "OpenVINOLibrary", pkgConfig: "fovea-openvino"),
        .systemLibrary(name: "TorchLibrary", pkgConfig: "fovea-libtorch"),

        // MARK: C headers over C++ and variadic C
        .target(
            name: "CDICOM",
            linkerSettings: [
                "dcmjpeg", "ijg8", "ijg12", "ijg16", "dcmimage", "dcmimgle", "dcmdata",
                "oflog", "ofstd", "charls", "openjp2", "z",
            ].map { .linkedLibrary($0) }
        ),
        .target(
            name: "CDICOMNetwork",
            linkerSettings: ["dcmnet", "dcmdata", "oflog", "ofstd"].map { .linkedLibrary($0) }
        ),
        .target(name: "CTIFF", dependencies: ["TIFFLibrary"]),
        .target(name: "COpenVINO", dependencies: ["OpenVINOLibrary"]),
        .target(name: "CTorch", dependencies: ["TorchLibrary"]),

        // MARK: Use
        .target(name: "Imaging", dependencies: ["CDICOM", "CNIfTI", "CPNG", "CTIFF", "CJPEG", "CZlib"]),
        .target(name: "ImageQuality", dependencies: ["Imaging"]),
        .target(name: "ONNX", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")]),
        .target(
            name: "Upscaling",
            dependencies: ["Imaging", "COpenVINO", "ONNX"],
            resources: [.copy("Models")]
        ),
        .target(name: "Trust", dependencies: ["Upscaling", "ONNX"]),
        .target(name: "Batch", dependencies: ["Upscaling", "Trust", "Imaging", "ONNX"]),
        .target(
            name: "Routing",
            dependencies: [
                "CDICOMNetwork", "Batch", "Imaging", "ONNX", "Yams", .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .target(name: "DICOMweb", dependencies: ["Imaging"]),
        .target(name: "DataSets", dependencies: ["Imaging", "ONNX"]),
        .target(name: "Evaluation", dependencies: ["DataSets", "Upscaling", "Trust", "ImageQuality", "ONNX"]),
        .target(
            name: "Reporting", dependencies: ["DataSets", "Evaluation", "Upscaling", "Trust", "ImageQuality", "ONNX"]),
        .target(
            name: "Viewer",
            dependencies: [
                "Batch", "DICOMweb", "Upscaling", "Trust", "Imaging", "CZlib",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Page")]
        ),
        .plugin(name: "ReadCommit", capability: .buildTool()),
        .target(name: "Revision", plugins: ["ReadCommit"]),
        .target(name: "Terminal", dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")]),
        .executableTarget(
            name: "fovea",
            dependencies: [
                "Batch", "DICOMweb", "DataSets", "Evaluation", "Reporting", "Routing", "Trust", "Viewer",
                "Terminal", "Revision",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(name: "fovea-bench", dependencies: ["Upscaling", "ImageQuality"]),

        // MARK: Make
        .target(name: "Torch", dependencies: ["CTorch"]),
        .target(name: "TorchNN", dependencies: ["Torch"]),
        .target(name: "Networks", dependencies: ["TorchNN", "Upscaling"]),
        .target(
            name: "Training",
            dependencies: ["Networks", "DataSets", "Evaluation", "Reporting", "Upscaling", "ONNX", "Yams"]),
        .executableTarget(
            name: "fovea-lab",
            dependencies: [
                "Training", "Terminal", "Revision", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),

        // MARK: Tests
        .target(name: "TestSupport", dependencies: ["Imaging"], path: "Tests/TestSupport"),
        .testTarget(name: "ImagingTests", dependencies: ["Imaging", "TestSupport"], resources: [.copy("Golden")]),
        .testTarget(name: "ImageQualityTests", dependencies: ["ImageQuality"], resources: [.copy("Golden")]),
        .testTarget(
            name: "UpscalingTests", dependencies: ["Upscaling", "ONNX", "TestSupport"], resources: [.copy("Golden")]),
        .testTarget(name: "TrustTests", dependencies: ["Trust"]),
        .testTarget(name: "BatchTests", dependencies: ["Batch", "Upscaling", "Imaging", "TestSupport"]),
        .testTarget(
            name: "DICOMwebTests", dependencies: ["DICOMweb", "Imaging", "TestSupport"], resources: [.copy("Golden")]),
        .testTarget(
            name: "RoutingTests",
            dependencies: [
                "Routing", "Batch", "Imaging", "Upscaling", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .testTarget(name: "ViewerTests", dependencies: ["Viewer", "Batch", "Upscaling", "Imaging", "TestSupport"]),
        .testTarget(name: "DataSetsTests", dependencies: ["DataSets"]),
        .testTarget(name: "ReportingTests", dependencies: ["Reporting", "TestSupport"]),
        .testTarget(
            name: "EvaluationTests", dependencies: ["Evaluation", "TestSupport"], resources: [.copy("Golden")]),
        .testTarget(name: "TorchTests", dependencies: ["TorchNN"], resources: [.copy("Golden")]),
        .testTarget(
            name: "NetworksTests",
            dependencies: [
                "Networks", "Training", "Upscaling", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            resources: [.copy("Golden")]),
        .testTarget(
            name: "TrainingTests", dependencies: ["Training", "ONNX", "TestSupport"], resources: [.copy("Golden")]),
        .testTarget(
            name: "CommandLineTests", dependencies: ["fovea", "fovea-lab", "Batch", "Imaging", "TestSupport"],
            resources: [.copy("Help")]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)

// What a file uses it imports itself, and what costs an existential says so.
for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
