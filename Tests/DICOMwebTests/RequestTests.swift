import DICOMweb
import Imaging
import Testing

@Suite struct RequestTests {
    private static let (study, series, instance) =
        (DICOMUID(rawValue: "1.2"), DICOMUID(rawValue: "3.4"), DICOMUID(rawValue: "5.6"))
    private static let whole = Scope(study: study, series: series, instance: instance)

    @Test(
        "a path names what PS3.18 says",
        arguments: [
            ("studies", Resource.search(.studies, Scope())),
            ("series", .search(.series, Scope())),
            ("instances", .search(.instances, Scope())),
            ("studies/1.2", .objects(Scope(study: study))),
            ("studies/1.2/metadata", .metadata(Scope(study: study))),
            ("studies/1.2/series", .search(.series, Scope(study: study))),
            ("studies/1.2/instances", .search(.instances, Scope(study: study))),
            ("studies/1.2/series/3.4", .objects(Scope(study: study, series: series))),
            ("studies/1.2/series/3.4/instances", .search(.instances, Scope(study: study, series: series))),
            ("studies/1.2/series/3.4/instances/5.6", .objects(whole)),
            ("studies/1.2/series/3.4/instances/5.6/metadata", .metadata(whole)),
            ("studies/1.2/series/3.4/instances/5.6/frames/1,3", .frames([1, 3], whole)),
            (
                "studies/1.2/series/3.4/instances/5.6/bulkdata/7FE00010",
                .bulkData(DICOMTag(rawValue: 0x7FE0_0010), whole)
            ),
            ("studies/1.2/series/3.4/instances/5.6/rendered", .rendered(nil, whole)),
            ("studies/1.2/series/3.4/instances/5.6/frames/2,3/rendered", .rendered([2, 3], whole)),
            ("studies/1.2/series/3.4/instances/5.6/frames/2/thumbnail", .thumbnail(2, whole)),
            ("studies/1.2/thumbnail", .thumbnail(nil, Scope(study: study))),
            ("studies/1.2/series/3.4/thumbnail", .thumbnail(nil, Scope(study: study, series: series))),
        ])
    func resources(_ path: String, _ expected: Resource) throws {
        #expect(try Resource(path.split(separator: "/").map(String.init)) == expected)
    }

    @Test(
        "another path is an error of its kind",
        arguments: [
            ("", RequestError.Kind.unknown), ("patients", .unknown), ("studies/..", .notUnderstood),
            ("studies/1.2/x", .unknown), ("series/3.4", .unknown), ("studies/1.2/instances/5.6", .unknown),
            ("studies/1.2/frames/1", .unknown), ("studies/1.2/series/3.4/instances/5.6/frames/0", .notUnderstood),
            ("studies/1.2/series/3.4/instances/5.6/frames/1,,2", .notUnderstood),
            ("studies/1.2/rendered", .notImplemented), ("studies/1.2/thumbnail/x", .unknown),
            ("studies/1.2/series/3.4/instances/5.6/frames/1,2/thumbnail", .unknown),
            ("studies/1.2/series/3.4/instances/5.6/frames/1/x", .unknown),
            ("studies/1.2/metadata/x", .unknown),
            ("studies/%2e%2e", .notUnderstood), ("studies/1..2", .notUnderstood),
            ("studies/" + String(repeating: "1", count: 65), .notUnderstood),
        ])
    func noResources(_ path: String, _ kind: RequestError.Kind) {
        do throws(RequestError) {
            let resource = try Resource(path.split(separator: "/").map(String.init))
            Issue.record("\(resource)")
        } catch {
            #expect(error.kind == kind)
        }
    }

    @Test("a search is read by keywords and by tags")
    func query() throws {
        let query = try SearchQuery([
            ("PatientID", "7"), ("00080060", "CT"), ("limit", "10"), ("offset", "5"),
            ("includefield", "StudyDate,00200013"),
            ("fuzzymatching", "true"),
        ])
        #expect(query.matches == [.init(tag: .patientID, pattern: "7"), .init(tag: .modality, pattern: "CT")])
        #expect(query.limit == 10 && query.offset == 5 && query.wantsFuzzyMatching)
        #expect(query.fields == .some([.studyDate, .instanceNumber]))
        for wrong in [
            ("Bogus", "1"), ("limit", "-1"), ("offset", "x"), ("includefield", "Bogus"), ("00101002.00100020", "1"),
        ] {
            #expect(throws: RequestError.self) { try SearchQuery([wrong]) }
        }
    }

    @Test(
        "attributes match as PS3.4 C.2.2.2 says",
        arguments: [
            ("LO", "CHEST", "CHEST", true), ("LO", "CHEST", "chest", false), ("LO", "CHEST", "CH*", true),
            ("LO", "CHEST", "?HES?", true), ("LO", "CHEST", "?HES", false), ("LO", "CHEST", "", true),
            ("PN", "Doe^Jane", "doe*", true), ("PN", "Doe^Jane", "*jane", true), ("PN", "Doe^Jane", "Jane*", false),
            ("UI", "1.2.3", "1.2.3", true), ("UI", "1.2.3", "1.2", false), ("UI", "1.2.3", "9,1.2.3", true),
            ("UI", "1.2.3", "9\\1.2.3", true), ("UI", "1.2.3", "1.2.*", false),
            ("DA", "20260131", "20260131", true), ("DA", "20260131", "20260101-20260131", true),
            ("DA", "20260131", "-20260130", false), ("DA", "20260131", "20260201-", false),
            ("DA", "20260131", "20260131-", true),
            ("TM", "123456.789", "12-13", true), ("TM", "123456.789", "1200-1234", true),
            ("TM", "123456.789", "13-", false),
            ("LO", String(repeating: "a", count: 64), String(repeating: "a*", count: 30) + "b", false),
        ])
    func matching(_ representation: String, _ value: String, _ pattern: String, _ expected: Bool) {
        let match = AttributeMatch(tag: .patientID, pattern: pattern)
        #expect(match.holds(of: .init(representation, [.text(value)])) == expected)
        #expect(match.holds(of: nil) == pattern.isEmpty)
    }
}
