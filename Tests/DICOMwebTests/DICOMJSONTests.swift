import DICOMweb
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct DICOMJSONTests {
    private static let golden = Bundle.module.bundleURL.appendingPathComponent("Golden")

    /// Numbers are numbers, with or without a point.
    private func plain(_ json: DICOMJSON) -> DICOMJSON {
        DICOMJSON(
            json.attributes.mapValues { attribute in
                var attribute = attribute
                attribute.values = attribute.values.map { value in
                    switch value {
                    case .integer(let number): .number(Double(number))
                    case .item(let item): .item(plain(item))
                    default: value
                    }
                }
                return attribute
            })
    }

    @Test("an object's JSON says what pydicom's says, in UTF-8")
    func attributes() throws {
        let object = try DICOMObject(of: Self.golden.appendingPathComponent("attributes.dcm"))
        var own = try JSONDecoder().decode(DICOMJSON.self, from: Data(try object.json()))
        let reference = Self.golden.appendingPathComponent("attributes.json")
        var expected = try JSONDecoder().decode(DICOMJSON.self, from: Data(contentsOf: reference))
        #expect(own.text(.patientName) == "Müller^Jürgen")
        // PS3.18 F.2: the text is UTF-8 now.
        #expect(own.text(.specificCharacterSet) == "ISO_IR 192")
        (own[.specificCharacterSet], expected[.specificCharacterSet]) = (nil, nil)
        #expect(own.attributes.keys.sorted() == expected.attributes.keys.sorted())
        for (tag, attribute) in plain(expected).attributes { #expect(plain(own)[tag] == attribute, "\(tag)") }
    }

    @Test("JSON is written as it was read")
    func roundTrip() throws {
        let data = try Data(contentsOf: Self.golden.appendingPathComponent("attributes.json"))
        let json = try JSONDecoder().decode(DICOMJSON.self, from: data)
        let again = try JSONDecoder().decode(DICOMJSON.self, from: JSONEncoder().encode(json))
        #expect(again == json && !json.attributes.isEmpty)
    }

    @Test("frames are the bytes that the file holds")
    func frames() throws {
        let slice = DICOMPhantom.data(.init(width: 4, height: 2, instance: 1) { UInt16($0 + 256 * $1) })
        let object = try DICOMObject(slice, named: "phantom")
        #expect(object.frameCount == 1 && object.transferSyntax == .explicitLittleEndian)
        #expect(try object.frame(1) == [0, 0, 1, 0, 2, 0, 3, 0, 0, 1, 1, 1, 2, 1, 3, 1])
        #expect(throws: ImageFileError.self) { try object.frame(2) }
    }

    @Test("a response to storing is read as PS3.18 table I.2-1 writes it")
    func storing() throws {
        let text = """
            {"00081199":{"vr":"SQ","Value":[{"00081150":{"vr":"UI","Value":["1.2"]},"00081155":{"vr":"UI","Value":["3.4"]}}]},
            "00081198":{"vr":"SQ","Value":[{"00081150":{"vr":"UI","Value":["1.2"]},"00081155":{"vr":"UI","Value":["5.6"]},
            "00081197":{"vr":"US","Value":[42752]}}]}}
            """
        let outcome = StoreOutcome(try JSONDecoder().decode(DICOMJSON.self, from: Data(text.utf8)))
        #expect(outcome.stored == [.init(sopClass: "1.2", instance: "3.4")])
        #expect(outcome.failed.map(\.instance) == [.init(sopClass: "1.2", instance: "5.6")])
        #expect(outcome.failed.map(\.reason) == [0xA700] && outcome.status == 202)
        #expect(StoreOutcome.words(for: 0xA700).contains("no room"))
        #expect(StoreOutcome(outcome.response) == outcome)
    }
}
