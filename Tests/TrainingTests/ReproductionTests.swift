import DataSets
import Evaluation
import Foundation
import ImageQuality
import Imaging
import Testing
import Torch
import Training

@Suite(.serialized) struct ReproductionTests {
    /// Films of 256² pixels with NIH's names.
    private static func films(_ patients: Range<Int>, side: Int = 256) throws -> URL {
        let folder = try Phantom.folder([])
        for patient in patients {
            try ImageFile.write(
                Phantom.image(patient, width: side, height: side),
                to: folder.appendingPathComponent(String(format: "%08d_000.png", patient)))
        }
        return folder
    }

    private static func remove(_ folders: URL...) {
        for folder in folders { try? FileManager.default.removeItem(at: folder) }
    }

    @Test func `Saeedi's table is trained, judged, and not done twice`() throws {
        let (training, test, runs) = (try Self.films(1..<5), try Self.films(7..<9), try Phantom.folder([]))
        defer { Self.remove(training, test, runs) }
        var table = SaeediReproduction(training: training, test: test)
        table.epochs = 1
        table.batchSize = 2
        table.cropSize = 32
        let reproduction = try table.reproduction(in: runs, device: .cpu)
        #expect(reproduction.systems.map(\.configuration.steps) == [2, 2, 2])
        var trained: Set<String> = []
        let result = try #require(
            try reproduction.run { event in
                if case .training(let system, .stepped) = event { trained.insert(system) }
                return .proceed
            })
        #expect(trained == ["VDSR", "SRGAN", "New Method"])
        #expect(result.evaluation.rows.map(\.model) == ["bicubic", "VDSR", "SRGAN", "New Method"])
        #expect(result.evaluation.rows.allSatisfy { $0.images == 2 && $0.metrics.keys.count == 6 })
        let text = result.table(metrics: SaeediReproduction.metrics)
        #expect(text.contains("VDSR, published") && text.contains("28.80") && text.contains("New Method, ours"))

        var again = false
        let second = try table.reproduction(in: runs, device: .cpu).run { event in
            if case .training = event { again = true }
            return .proceed
        }
        #expect(!again && second?.evaluation.rows[3].metrics == result.evaluation.rows[3].metrics)
        let json = try JSONEncoder.fovea.encode(result)
        let rows = try JSONDecoder.fovea.decode(EvaluationResult.self, from: json).rows
        #expect(rows.map(\.model) == result.evaluation.rows.map(\.model))
    }

    @Test func `A stopped reproduction says so and goes on`() throws {
        let (training, test, runs) = (try Self.films(1..<3), try Self.films(7..<8), try Phantom.folder([]))
        defer { Self.remove(training, test, runs) }
        var table = SaeediReproduction(training: training, test: test)
        table.epochs = 3
        table.batchSize = 2
        table.cropSize = 32
        let reproduction = try table.reproduction(in: runs, device: .cpu)
        let stopped = try reproduction.run { event in
            if case .training(_, .stepped(let step, _, _, _)) = event, step == 2 { return .stop }
            return .proceed
        }
        #expect(stopped == nil)
        var first: Int?
        _ = try reproduction.run { event in
            if case .training("VDSR", .stepped(let step, _, _, _)) = event { first = first ?? step }
            return .proceed
        }
        #expect(first == 3)
    }

    @Test func `Films that share a patient, or are of another size, are refused`() throws {
        let runs = try Phantom.folder([])
        let (training, shared, small) = (try Self.films(1..<3), try Self.films(2..<4), try Self.films(5..<6, side: 128))
        defer { Self.remove(training, shared, small, runs) }
        for test in [shared, small] {
            let error = #expect(throws: TrainingError.self) {
                try SaeediReproduction(training: training, test: test).reproduction(in: runs, device: .cpu)
            }
            #expect(error?.description.contains(test == shared ? "00000002" : "128 × 128") == true)
        }
    }

    @Test func `The published table is the paper's`() {
        // Typed from the paper anew: PSNR, UQI, SSIM, MS-SSIM.
        let printed = [
            [28.80188, 0.986009, 0.912259, 0.972789], [27.24132, 0.956506, 0.801246, 0.953419],
            [28.43138, 0.957970, 0.828199, 0.961132],
        ]
        let keys = [Metric.psnr, .uqiSewar, .ssimUniform, .multiScaleSSIM]
        #expect(PublishedTable.saeedi.rows.map { row in keys.map { row.metrics[$0] ?? 0 } } == printed)
    }

    // Where that variable hides instructions, OpenVINO cannot normalise.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["ONEDNN_MAX_CPU_ISA"] == nil))
    func `SR3's samplers stand beside all that it is compared with, and below them the papers' numbers`() throws {
        // Sides that are no multiples of what the network takes.
        let (root, runs) = (try Self.films(1..<7, side: 100), try Phantom.folder([]))
        defer { Self.remove(root, runs) }
        var table = SR3Reproduction(Comparison(dataSet: .folder, root: root))
        table.steps = 2
        table.features = try FeatureNetwork(contentsOf: #require(Self.featureNetwork))
        let result = try #require(try table.reproduction(in: runs, device: .cpu).run { _ in .proceed })
        let rows = result.evaluation.rows
        #expect(
            rows.map(\.model) == [
                "bicubic", "Regression", "SR3", "SR3, DDIM", "SR3, DPM-Solver++", "SR3, DPM-Solver++, consistent",
                "EnhanceNet", "ESRGAN", "Foveola", "SRFlow", "SRFlow, temperature 0", "SRFlow, consistent",
            ])
        #expect(rows.allSatisfy { $0.metrics.keys == ["consistency", "fid", "psnr", "sharpness", "ssim"] })
        // Rounding to 8 bits alone keeps the last row from 0: the mean square of a step's rounding is 1/12.
        #expect(rows[5].metrics[.consistency]! < 1e5 / 255 / 255 && rows[2].metrics[.consistency]! > 10)
        #expect(rows[11].metrics[.consistency]! < 1e5 / 255 / 255)
        // SRFlow's draws are of what Foveola leaves: cold they come near to it, warm they do not.
        let (cold, warm) = (rows[10].metrics[.psnr]!, rows[9].metrics[.psnr]!)
        #expect(abs(cold - rows[8].metrics[.psnr]!) < abs(warm - rows[8].metrics[.psnr]!))
        let text = result.table(metrics: SR3Reproduction.metrics)
        for published in ["PULSE, published, faces", "161.10", "15.20", "SRFlow, published, DIV2K", "0.1210"] {
            #expect(text.contains(published))
        }
        #expect(text.contains("the discriminator's features and pixels in place of VGG-19's"))
        let sheet = try ImageFile.read(runs.appendingPathComponent("systems.png"))
        // The truth and twelve methods in two rows, beside the whole image.
        #expect(sheet.header.width > 7 * 200)
        // Too small for 16² to 256².
        #expect(!FileManager.default.fileExists(atPath: runs.appendingPathComponent("cascade.png").path))
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["ONEDNN_MAX_CPU_ISA"] == nil))
    func `With masks FSRGAN joins, on whole images PULSE, and images without a mask are learned from by none`() throws {
        let (root, test) = (try Self.films(1..<5, side: 128), try Self.films(7..<8, side: 128))
        let (masks, runs) = (try Self.films(1..<4, side: 128), try Phantom.folder([]))
        defer { Self.remove(root, test, masks, runs) }
        var comparison = Comparison(dataSet: .folder, root: root)
        (comparison.test, comparison.priors, comparison.side) = (test, masks, 64)
        var table = SR3Reproduction(comparison)
        (table.scale, table.steps) = (8, 2)
        let reproduction = try table.reproduction(in: runs, device: .cpu)
        let result = try #require(try reproduction.run { _ in .proceed })
        let rows = result.evaluation.rows
        #expect(rows.map(\.model).suffix(4) == ["SRFlow, consistent", "FSRNet", "FSRGAN", "PULSE"])
        #expect(rows[0].perImage.map(\.file) == ["00000007_000.png"])
        #expect(rows.allSatisfy { $0.images == 1 } && result.evaluation.failures.isEmpty)
        // FSRGAN goes on from FSRNet, and elsewhere.
        let adversarial = try #require(reproduction.systems.first { $0.name == "FSRGAN" })
        #expect(adversarial.configuration.initialWeights?.hasSuffix("/fsrnet/checkpoint.safetensors") == true)
        #expect(rows[rows.count - 3].metrics[.psnr]! != rows[rows.count - 2].metrics[.psnr]!)
        let split = try DataSplit(contentsOf: runs.appendingPathComponent("split.json"))
        #expect((split.training + split.validation).sorted() == (1..<4).map { "0000000\($0)_000.png" })
        let text = result.table(metrics: SR3Reproduction.metrics)
        #expect(text.contains("1 images without one are learned from by no system"))
        #expect(text.contains("PULSE: found in") && text.contains("of 1 images"))
        #expect(FileManager.default.fileExists(atPath: runs.appendingPathComponent("systems.png").path))
    }

    @Test func `Whole images of a side that is no multiple, shared patients, and masks of other images are refused`()
        throws
    {
        let runs = try Phantom.folder([])
        let (root, wide) = (try Self.films(1..<4, side: 128), try Self.films(7..<9, side: 100))
        let shared = try Self.films(3..<5, side: 128)
        defer { Self.remove(root, wide, shared, runs) }
        for (test, mention) in [(wide, "100 × 100"), (shared, "00000003")] {
            var comparison = Comparison(dataSet: .folder, root: root)
            (comparison.test, comparison.side) = (test, 64)
            let error = #expect(throws: TrainingError.self) {
                try SR3Reproduction(comparison).reproduction(in: runs, device: .cpu)
            }
            #expect(error?.description.contains(mention) == true, "\(error.map { "\($0)" } ?? "none")")
        }
        var comparison = Comparison(dataSet: .folder, root: root)
        comparison.priors = wide
        let error = #expect(throws: TrainingError.self) {
            try SR3Reproduction(comparison).reproduction(in: runs, device: .cpu)
        }
        #expect(error?.description.contains("masks for 0 of the 3 images") == true)
    }

    /// The means of an image, of its square and of its gradient, made by Tools/golden/features.py.
    private static var featureNetwork: URL? {
        Bundle.module.url(forResource: "features", withExtension: "onnx", subdirectory: "Golden")
    }

    @Test func `Ahmad's systems are judged after pixels and after the discriminator, on patients never seen`() throws {
        let root = try Phantom.folder([])
        let runs = try Phantom.folder([])
        defer { Self.remove(root, runs) }
        for (part, numbers) in [("training", 21..<24), ("test", 1..<3)] {
            let folder = root.appendingPathComponent("\(part)/images")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for number in numbers {
                try ImageFile.write(
                    Phantom.image(number),
                    to: folder.appendingPathComponent("\(String(format: "%02d", number))_\(part).tif"))
            }
        }
        var table = AhmadReproduction(Comparison(dataSet: .drive, root: root))
        table.pixelSteps = 2
        table.adversarialSteps = 1
        table.batchSize = 2
        table.cropSize = 8
        let result = try #require(try table.reproduction(in: runs, device: .cpu).run { _ in .proceed })
        #expect(
            result.evaluation.rows.map(\.model) == [
                "bicubic", "SRGAN, on pixels", "SRGAN", "multi-scale GAN, on pixels", "multi-scale GAN",
            ])
        #expect(
            Set(result.evaluation.rows[0].perImage.map(\.file)) == [
                "test/images/01_test.tif", "test/images/02_test.tif",
            ])
        #expect(result.evaluation.rows[1].metrics != result.evaluation.rows[2].metrics)
        #expect(result.published.isEmpty)
        let split = try DataSplit(contentsOf: runs.appendingPathComponent("split.json"))
        #expect((split.training + split.validation).allSatisfy { $0.hasPrefix("training/") })
    }
}
