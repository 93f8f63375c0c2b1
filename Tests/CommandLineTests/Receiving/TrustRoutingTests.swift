import Foundation
import Imaging
import TestSupport
import Testing

extension DICOMNetworkTests {
    /// A rule with `trust: true`.
    @Suite(.enabled(if: DICOMTools.areInstalled, Comment(rawValue: DICOMTools.reason)))
    struct TrustRoutingTests {
        /// Parametric Map Storage, PS3.4 B.5.
        private static let parametricMap = "1.2.840.10008.5.1.4.1.1.30"

        /// Images of one kind: smooth blobs, 80² pixels.
        private func blobs(_ number: Int) -> Pixels {
            var generator = SeededGenerator(seed: UInt64(number))
            var pixels = Pixels(width: 80, height: 80)
            for index in pixels.samples.indices { pixels.samples[index] = Float(generator.normal()) }
            pixels = pixels.gaussianBlurred(sigma: 2.5)
            pixels.samples = pixels.samples.map { min(max((800 + 3840 * $0).rounded(), 0), 2040) }
            return pixels
        }

        private func noise() -> Pixels {
            var generator = SeededGenerator(seed: 9)
            let samples = (0..<40 * 40).map { _ in Float(Int(generator.uniform() * 2040)) }
            return Pixels(width: 40, height: 40, samples: samples)
        }

        private func slice(_ pixels: Pixels, instance: Int, series: String) -> Data {
            DICOMPhantom.data(
                DICOMPhantom.Slice(width: pixels.width, height: pixels.height, series: series, instance: instance) {
                    UInt16(min(max(pixels.samples[$1 * pixels.width + $0].rounded(), 0), 4095))
                })
        }

        /// With the pixels of 1 mm that the patients' have once they are reduced.
        private func small(_ pixels: Pixels, instance: Int, series: String) throws -> Data {
            var file = slice(pixels, instance: instance, series: series)
            file.replaceSubrange(try #require(file.range(of: Data("0.5\\0.5".utf8))), with: Data("1.0\\1.0".utf8))
            return file
        }

        /// A network's file with a calibration on 24 made-up patients in it.
        private func calibratedModel(in folder: TemporaryFolder) throws -> URL {
            let shipped = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
                "../../../Sources/Upscaling/Models/fovea-mri-x2.onnx")
            try FileManager.default.copyItem(at: shipped, to: folder["blobs-x2.onnx"])
            for number in 0..<24 {
                try folder.write(slice(blobs(number), instance: number, series: "2.25.1"), to: "patients/\(number).dcm")
            }
            let made = try Fovea.run(
                [
                    "calibrate", "patients", "--subject", "blobs", "--dicom-modality", "CT", "--patients", "file",
                    "--scale", "2", "--model", "blobs-x2.onnx", "--confidence", "0.9", "-o", "blobs-x2.onnx",
                ], in: folder.url)
            try #require(made.code == 0, "\(made.error)")
            return folder["blobs-x2.onnx"]
        }

        @Test(
            "the bound on errors reaches the destination beside the result, once; where none can be given the result alone does"
        )
        func sent() throws {
            let folder = try TemporaryFolder()
            let model = try calibratedModel(in: folder)
            let destination = try StorageTool()
            let receiver = try Receiver(to: destination.port, rule: "model: \(model.path), scale: 2, trust: true")
            let reduced = blobs(100).resized(width: 40, height: 40)
            try folder.write(small(reduced, instance: 100, series: "2.25.1000"), to: "in/blobs.dcm")
            try folder.write(small(noise(), instance: 101, series: "2.25.1001"), to: "in/noise.dcm")
            #expect(try DICOMTools.send([folder["in"]], to: receiver.port) == 0)
            try receiver.wait("all is sent") { $0.count == 2 && $0.allSatisfy { $0.state == "done" } }
            #expect(try receiver.tasks().map(\.sent).sorted() == [1, 2])

            let objects = try destination.folder.files.map {
                (
                    file: destination.folder[$0],
                    attributes: try DICOMAttributes(of: destination.folder[$0], [.sopClassUID])
                )
            }
            #expect(objects.count == 3 && Set(destination.instances).count == 3)
            let maps = objects.filter { $0.attributes[.sopClassUID] == Self.parametricMap }
            #expect(maps.count == 1)
            let map = try ImageFile.read(try #require(maps.first).file)
            #expect((map.header.width, map.header.height) == (80, 80))
            #expect(map.pixels.samples.allSatisfy { $0 > 0 })

            // Sent once more, nothing new comes of it.
            #expect(try DICOMTools.send([folder["in"]], to: receiver.port) == 0)
            #expect(receiver.end() == 0)
            #expect(destination.instances.count == 3)
            #expect(try receiver.audit().count { $0["event"] as? String == "sent" } == 3)
        }
    }
}
