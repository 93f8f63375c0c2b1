import Batch
import Foundation
import Imaging
import Testing
import Upscaling

// What is expected comes from Tools/golden/derived_identifiers.py.
@Suite struct IdentifierTests {
    @Test("a named UUID is that of RFC 9562's appendix B.2")
    func exampleOfTheStandard() throws {
        let dns = try #require(UUID(uuidString: "6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        let identifier = UniqueIdentifier(named: "www.example.com", in: dns)
        #expect(identifier.number == 0x5c14_6b14_3c52_8afd_938a_375d_0df1_fbf6)
        #expect("\(identifier)" == "2.25.122394993370442686744464334817678457846")
    }

    private let source = ImageHeader(width: 8, height: 8, intensity: Intensity(sampleType: .uint8))

    private func identity(_ recipe: Recipe) -> DerivedIdentity {
        DerivedIdentity(recipe, method: .bicubic, of: source, precision: nil)
    }

    @Test("derived identifiers are what Python's hashlib makes of the same names")
    func knownAnswers() {
        let plain = identity(Recipe(scale: 4, model: "bicubic", models: []))
        #expect(
            "\(plain.series(of: "1.2.840.113619.2.1"))" == "2.25.186373616756974677409549495903097854369")
        #expect(
            "\(plain.instance(of: "1.2.840.113619.2.1.7"))" == "2.25.138061468911721480772091398277898126463")
        #expect(
            "\(plain.instance(of: "1.2.840.113619.2.1.7", role: .deviation))"
                == "2.25.52728027092705184641223144606156845453")
        let other = identity(
            Recipe(
                scale: 2.5, model: "bicubic", models: [], grain: GrainTreatment(kept: 0.5), isConsistent: true))
        #expect(
            "\(other.series(of: "1.2.840.113619.2.1"))" == "2.25.313576554899302929608230625434646759194")
    }

    @Test("whatever changes pixels changes the identifiers, and what a model is called does not")
    func sensitivity() {
        let plain = Recipe(scale: 4, model: "bicubic", models: [])
        let changes: [(inout Recipe) -> Void] = [
            { $0.scale = 2 }, { $0.color = .perChannel }, { $0.grain.kept = 0.9 }, { $0.grain.noise = .none },
            { $0.grain.noise = .known(sigma: 3) }, { $0.blur = 0.5 }, { $0.usesAcquiredGrid = false },
            { $0.sampling.seed = 1 }, { $0.sampling.steps = 30 }, { $0.isConsistent = true }, { $0.samples = 8 },
        ]
        var identifiers = Set([identity(plain).instance(of: "1.2.3")])
        for change in changes {
            var recipe = plain
            change(&recipe)
            #expect(identifiers.insert(identity(recipe).instance(of: "1.2.3")).inserted, "\(recipe)")
        }
        for (method, precision) in [(Upscaling.Method.interpolation(.linear), nil), (.bicubic, "bfloat16")] {
            let identity = DerivedIdentity(plain, method: method, of: source, precision: precision)
            #expect(identifiers.insert(identity.instance(of: "1.2.3")).inserted)
        }
        #expect(identifiers.insert(identity(plain).series(of: "1.2.3")).inserted)
        var renamed = plain
        renamed.model = "auto"
        #expect(identity(renamed).instance(of: "1.2.3") == identity(plain).instance(of: "1.2.3"))
    }

    @Test("they are valid: at most 64 characters, version 8, variant 10")
    func form() {
        for source in 0..<200 {
            let identifier = UniqueIdentifier(named: "\(source)")
            #expect("\(identifier)".count <= 44)
            #expect(identifier.number >> 76 & 0xF == 8 && identifier.number >> 62 & 3 == 2)
        }
    }
}
