import Evaluation
import Foundation
import Imaging
import Testing

@Suite("Grain fields")
struct GrainFieldTests {
    /// The values of an outside implementation (NumPy, SciPy and scikit-image): lines 0.81 to 0.89 dark and 0.93 to 1.06
    /// bright, gain 0.82 to 0.92.
    @Test("interpolated grain has as many lines as chance makes", arguments: [0, 0.6])
    func bicubic(width: Double) throws {
        let field = try GrainField(.init(sigma: 5, width: width), scale: 4, seeds: 2, method: .bicubic)
        #expect((0.6...1.2).contains(field.lines.dark) && (0.6...1.2).contains(field.lines.bright))
        #expect((0.8...0.94).contains(field.gain))
    }

    @Test("lines that are there are found, dark and bright apart")
    func lines() {
        var pixels = Pixels(width: 300, height: 300, repeating: 100).withGrain(sigma: 2, width: 2, seed: 1)
        for row in stride(from: 20, to: 280, by: 20) {
            for column in 10..<290 {
                for y in row - 1...row + 1 { pixels.samples[y * 300 + column] -= 12 }
            }
        }
        let lines = GrainLines(of: pixels, scale: 4, surrogates: 2)
        #expect(lines.dark > 1.5 && lines.bright < 1)
    }

    @Test("grain alone is as its surrogates are")
    func surrogate() {
        let grain = Pixels(width: 300, height: 300, repeating: 100).withGrain(sigma: 5, width: 2, seed: 3)
        let lines = GrainLines(of: grain, scale: 4, surrogates: 4)
        #expect((0.6...1.6).contains(lines.dark) && (0.6...1.6).contains(lines.bright))
    }

    @Test("interpolation keeps a real line in grain")
    func line() throws {
        let kept = try GrainField.lineKept(scale: 4, seeds: 2, method: .bicubic)
        #expect(abs(kept - 1) < 0.05)
        let flat = EvaluatedMethod(name: "flat") { image, scale in
            let large = try EvaluatedMethod.bicubic.enlarge(image, scale)
            return Image(
                header: large.header,
                pixels: large.pixels.gaussianBlurred(sigma: image.pixels.samples[0] == 128 ? 0 : 8))
        }
        #expect(try GrainField.lineKept(scale: 4, seeds: 1, method: flat) < 0.5)
    }
}
