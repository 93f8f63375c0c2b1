import Imaging

/// What became of the instances of a store transaction, as its response's data set says it (PS3.18 10.5.3, table I.2-1 and
/// I.2-2).
public struct StoreOutcome: Sendable, Equatable {
    /// Why an instance was not stored.
    public enum Reason: Int, Sendable {
        /// Its processing failed.
        case processing = 0x0110
        /// Another of the same UID is there.
        case duplicate = 0x0111
        /// No room.
        case outOfResources = 0xA700
        /// It is of another study than the request.
        case mismatch = 0xA900
        /// It is no DICOM object.
        case notUnderstood = 0xC000
    }

    /// One instance.
    public struct Instance: Sendable, Equatable {
        public var sopClass: String
        public var instance: String

        /// - Parameters:
        ///   - sopClass: its SOP Class UID.
        ///   - instance: its SOP Instance UID.
        public init(sopClass: String, instance: String) {
            self.sopClass = sopClass
            self.instance = instance
        }
    }

    public var stored: [Instance] = []
    /// With the number of the reason, of ``Reason`` or of others' own.
    public var failed: [(instance: Instance, reason: Int)] = []

    /// Nothing was stored.
    public init() {}

    /// - Parameter response: the data set of a response.
    public init(_ response: DICOMJSON) {
        func instance(_ item: DICOMJSON) -> Instance {
            Instance(
                sopClass: item.text(.referencedSOPClassUID) ?? "", instance: item.text(.referencedSOPInstanceUID) ?? "")
        }
        stored = response.items(.referencedSOPSequence).map(instance)
        failed = response.items(.failedSOPSequence).map { (instance($0), $0.integer(.failureReason) ?? 0) }
    }

    /// The data set of a response.
    public var response: DICOMJSON {
        func item(_ instance: Instance) -> DICOMJSON {
            DICOMJSON([
                .referencedSOPClassUID: .init("UI", [.text(instance.sopClass)]),
                .referencedSOPInstanceUID: .init("UI", [.text(instance.instance)]),
            ])
        }
        var response = DICOMJSON()
        if !stored.isEmpty { response[.referencedSOPSequence] = .init("SQ", stored.map { .item(item($0)) }) }
        if !failed.isEmpty {
            response[.failedSOPSequence] = .init(
                "SQ",
                failed.map { instance, reason in
                    var item = item(instance)
                    item[.failureReason] = .init("US", [.integer(Int64(reason))])
                    return .item(item)
                })
        }
        return response
    }

    /// HTTP's status of the response (PS3.18 table 10.5.3-1).
    public var status: Int { failed.isEmpty ? 200 : stored.isEmpty ? 409 : 202 }

    public static func == (left: StoreOutcome, right: StoreOutcome) -> Bool {
        left.stored == right.stored
            && left.failed.elementsEqual(right.failed) { $0.instance == $1.instance && $0.reason == $1.reason }
    }

    /// A reason's number in words.
    ///
    /// - Parameter reason: as ``failed`` has it.
    public static func words(for reason: Int) -> String {
        switch (reason, Reason(rawValue: reason)) {
        case (_, .processing?): "its processing failed"
        case (_, .duplicate?): "another object of the same UID is there"
        case (0xA700...0xA7FF, _): "the archive has no room"
        case (0xA900...0xA9FF, _): "it is not what its class or study says"
        case (0xC000...0xCFFF, _): "the archive does not understand it"
        case (0x0122, _): "the archive takes no objects of its class"
        case (0x0124, _): "the archive does not allow it"
        case (0xC122, _): "the archive does not take its transfer syntax"
        default: "the archive gives the reason \(String(reason, radix: 16, uppercase: true))H"
        }
    }
}
