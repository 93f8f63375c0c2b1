// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Enlarge",
    platforms: [.macOS(.v15)],
    dependencies: [
        // In a package of your own: .package(url: "https://…/fovea.git", branch: "main"), with the address you cloned from.
        .package(name: "Fovea", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "Enlarge",
            dependencies: [
                .product(name: "Imaging", package: "Fovea"), .product(name: "Upscaling", package: "Fovea"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
