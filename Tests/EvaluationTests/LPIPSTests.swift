import Evaluation
import Foundation
import ImageQuality
import Imaging
import TestSupport
import Testing
import Upscaling

@Suite("LPIPS") struct LPIPSTests {
    private static func file(_ name: String, _ type: String) throws -> URL {
        try #require(Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Golden"))
    }

    private static func gray(shift: Int) -> Image {
        Phantom.gray(width: 96, height: 80, shift: shift)
    }

    @Test("AlexNet's and VGG-16's distances are those that PyTorch finds", arguments: ["alexnet", "vgg16"])
    func agrees(network: String) throws {
        let golden = try JSONDecoder().decode(
            [String: Double].self, from: Data(contentsOf: Self.file("lpips", "json")))
        let distance = try LPIPS(contentsOf: Self.file("lpips-\(network)", "onnx"))
        let (first, second) = (Self.gray(shift: 0), Self.gray(shift: 3))
        let convention = try MetricConvention(for: first.header)
        let found = try distance(of: second.pixels, against: first.pixels, convention: convention)
        #expect(abs(found - golden[network]!) < 1e-6)
        #expect(try distance(of: first.pixels, against: first.pixels, convention: convention) < 1e-9)
    }

    @Test("An evaluation has a column of it")
    func evaluates() throws {
        let folder = try TemporaryFolder()
        try ImageFile.write(Self.gray(shift: 0), to: folder["a.png"])
        let evaluation = Evaluator(
            scale: 2, perceptualDistance: try LPIPS(contentsOf: Self.file("lpips-alexnet", "onnx")))
        let result = try evaluation.run(folder: folder.url, methods: [.bicubic])
        #expect(result.rows[0].metrics[.lpips]! > 0)
        #expect(result.table(metrics: [.psnr]).contains("LPIPS 0.1"))
    }

    @Test("A network of one image in is refused, and so are images of two sizes")
    func refuses() throws {
        let distance = try LPIPS(contentsOf: Self.file("lpips-alexnet", "onnx"))
        let convention = try MetricConvention(for: Self.gray(shift: 0).header)
        #expect(throws: MetricError.self) {
            try distance(
                of: Phantom.gray(width: 96, height: 72, shift: 0).pixels, against: Self.gray(shift: 0).pixels,
                convention: convention)
        }
        let error = #expect(throws: ModelError.self) {
            try FeatureNetwork(contentsOf: Self.file("lpips-alexnet", "onnx"))
        }
        #expect(error?.description.contains("1 image and give one result") == true)
    }
}
