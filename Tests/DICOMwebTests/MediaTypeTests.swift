import DICOMweb
import Testing

@Suite struct MediaTypeTests {
    @Test(
        "a media type is read as RFC 9110 writes it",
        arguments: [
            ("application/dicom", MediaType("application/dicom")),
            (
                "Multipart/Related; TYPE=\"application/dicom\"; boundary=a-b",
                MediaType("multipart/related", ["type": "application/dicom", "boundary": "a-b"])
            ),
            ("multipart/related;boundary=\"a;b,\\\"c\"", MediaType("multipart/related", ["boundary": "a;b,\"c"])),
        ])
    func reading(_ text: String, _ expected: MediaType) { #expect(MediaType(parsing: text) == expected) }

    @Test(
        "what is no media type is none",
        arguments: ["", "application", "a/b/c", "/b", "a/", "a b/c", "a/b; c", "a/b; c=1; C=2"])
    func refused(_ text: String) { #expect(MediaType(parsing: text) == nil) }

    @Test("an Accept header is a list, whatever stands in quotes")
    func list() {
        let list = MediaType.list("multipart/related; type=\"a/b, c\"; transfer-syntax=*, application/dicom+json;q=0.5")
        #expect(list.map(\.name) == ["multipart/related", "application/dicom+json"])
        #expect(list[0].parameters == ["type": "a/b, c", "transfer-syntax": "*"])
    }
}
