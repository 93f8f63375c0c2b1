import Batch
import CDICOMNetwork
import Foundation
import Imaging
import ONNX

/// The side that is asked: verification and storage over one association after the other, on a thread of its own.
struct StorageProvider: Sendable {
    /// Seconds that a peer may be silent within a message, or between two.
    private static let patience: Int32 = 60
    /// Seconds within which an association is to go on once routing ends.
    private static let farewell = 5
    /// The largest PDU that is taken, in bytes: DCMTK's largest.
    private static let maximumPDU: Int32 = 131072

    let queue: RoutingQueue
    let rules: RoutingRules
    let title: String
    let socket: ListeningSocket
    let ending: Ending

    /// Serves whoever comes until routing ends.
    func serve() {
        guard let network = cdicom_network_listen(socket.descriptor, Self.patience) else { return }
        defer { cdicom_network_free(network) }
        while !ending.hasCome {
            var association: OpaquePointer?
            switch cdicom_association_receive(network, 1, Self.maximumPDU, &association) {
            case CDICOMRequested:
                if let association {
                    serve(association)
                    cdicom_association_free(association)
                }
            case CDICOMFailed:
                queue.note(AuditEvent(.rejected) { $0.detail = String(cString: cdicom_network_error()) })
            default:
                // Where no connection can be taken, as when too many files are open, there is no hurry.
                usleep(1000)
            }
        }
    }

    private func serve(_ association: OpaquePointer) {
        let caller = Caller(association)
        func reject(_ reason: CDICOMRejection, _ detail: String) {
            cdicom_association_reject(association, reason)
            queue.note(caller.event(.rejected) { $0.detail = detail })
        }
        guard caller.called == title else {
            return reject(CDICOMCalledTitle, "the called AE title is not \(title)")
        }
        if let callers = rules.callers, !callers.contains(caller.calling) {
            return reject(CDICOMCallingTitle, "the calling AE title is not among callers")
        }
        let isAccepted = withCStrings(TransferSyntaxes.received) {
            cdicom_association_accept(association, $0, Int32($0.count))
        }
        guard isAccepted else { return reject(CDICOMNoReason, String(cString: cdicom_network_error())) }
        while let command = next(association) {
            switch command {
            case CDICOMEcho where cdicom_association_answer_echo(association): continue
            case CDICOMStore where store(association, caller): continue
            case CDICOMRelease: return cdicom_association_agree(association)
            case CDICOMAbort: break
            default: cdicom_association_abort(association)
            }
            break
        }
        queue.note(caller.event(.aborted) { $0.detail = "what was acknowledged before is kept" })
    }

    /// The next command; `nil` where none is waited for any more.
    private func next(_ association: OpaquePointer) -> CDICOMCommand? {
        var silence = 0
        while !cdicom_association_waits(association, 1) {
            silence += 1
            if silence >= (ending.hasCome ? Self.farewell : Int(Self.patience)) {
                cdicom_association_abort(association)
                return nil
            }
        }
        return cdicom_association_next(association, Self.patience)
    }

    // MARK: C-STORE

    /// Takes one object; whether the association goes on.
    private func store(_ association: OpaquePointer, _ caller: Caller) -> Bool {
        let instance = String(cString: cdicom_store_instance(association))
        let storageClass = String(cString: cdicom_store_class(association))
        func refuse(_ status: UInt16, _ reason: String) -> Bool {
            queue.note(
                caller.event(.refused) {
                    ($0.instance, $0.status) = (instance, String(format: "%04X", Int(status)))
                    $0.detail = reason
                })
            return cdicom_store_answer(association, status, reason)
        }
        let part = queue.incomingPlace()
        // Also where an error is thrown: what is not kept is nowhere.
        defer { unlink(part.path) }
        let free = queue.freeBytes ?? .max
        guard free >= rules.keepFree.bytes else {
            return cdicom_store_ignore(association, Self.patience)
                && refuse(StorageStatus.outOfResources, "the disk is full")
        }
        guard Self.isUID(instance) else {
            return cdicom_store_ignore(association, Self.patience)
                && refuse(StorageStatus.doesNotMatch, "the SOP Instance UID is none")
        }
        switch cdicom_store_receive(association, part.path, UInt64(rules.largestObject.bytes), Self.patience) {
        case CDICOMStored: break
        case CDICOMNoRoom:
            // The room that it took is what the queue needs to record the refusal.
            unlink(part.path)
            return refuse(StorageStatus.outOfResources, "the disk is full, or the object larger than is taken")
        default: return false
        }
        let arrival: Arrival
        do {
            arrival = try read(part, instance, storageClass, caller)
        } catch let error as Mismatch {
            return refuse(StorageStatus.doesNotMatch, error.description)
        } catch {
            return refuse(StorageStatus.cannotUnderstand, "it cannot be read as DICOM")
        }
        do {
            switch try queue.admit(arrival, part: part) {
            case .kept, .again, .own: return cdicom_store_answer(association, StorageStatus.success, nil)
            case .conflict:
                return cdicom_store_answer(
                    association, StorageStatus.cannotUnderstand, "another object has this SOP Instance UID")
            }
        } catch {
            unlink(part.path)
            return refuse(StorageStatus.outOfResources, "the queue cannot be written")
        }
    }

    private struct Mismatch: Error { var description: String }

    /// What an object is, by its own data set, which must agree with what the sender called it.
    private func read(
        _ file: URL, _ instance: String, _ storageClass: String, _ caller: Caller
    ) throws -> Arrival {
        let attributes = try DICOMAttributes(
            of: file,
            [.sopClassUID, .sopInstanceUID, .seriesInstanceUID, .modality, .bodyPartExamined, .seriesDescription])
        guard attributes[.sopInstanceUID] == instance, attributes[.sopClassUID] == storageClass else {
            throw Mismatch(description: "its data set names another class or instance")
        }
        let traits = ObjectTraits(
            modality: attributes[.modality], bodyPart: attributes[.bodyPartExamined],
            seriesDescription: attributes[.seriesDescription], caller: caller.calling)
        return Arrival(
            instance: instance, storageClass: storageClass,
            // An object without a series, as few classes allow, is one of its own.
            series: attributes[.seriesInstanceUID] ?? instance, digest: try Self.digest(of: file),
            calling: caller.calling, address: caller.address, rule: rules.rule(for: traits))
    }

    /// SHA-256 of the transfer syntax and the data set: of all that the sender sent, without the meta header of this side.
    private static func digest(of url: URL) throws -> String {
        let file = try FileHandle(forReadingFrom: url)
        defer { try? file.close() }
        // PS3.10 7.1: preamble and prefix, then (0002,0000) of 12 bytes, whose value is the length of what follows.
        guard let head = try file.read(upToCount: 144), head.count == 144 else {
            throw CocoaError(.fileReadCorruptFile)
        }
        let length = head[140..<144].reversed().reduce(0) { $0 << 8 | Int($1) }
        let meta = try file.read(upToCount: length) ?? Data()
        var hash = SHA256()
        hash.update(Self.transferSyntax(in: meta))
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(piece) }
        return hash.hexadecimal
    }

    /// The value of (0002,0010), whose representation UI has a length of 16 bits.
    private static func transferSyntax(in meta: Data) -> Data {
        guard let tag = meta.range(of: Data([0x02, 0, 0x10, 0]) + Data("UI".utf8)), tag.upperBound + 2 <= meta.endIndex
        else { return Data() }
        let length = Int(meta[tag.upperBound]) | Int(meta[tag.upperBound + 1]) << 8
        return meta.dropFirst(tag.upperBound + 2 - meta.startIndex).prefix(length)
    }

    /// Digits and points, at most 64 (PS3.5 9.1), so that it can be a file's name.
    static func isUID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
            && text.first != "."
    }
}

/// Who is at the other end of an association.
private struct Caller {
    let calling: String
    let called: String
    let address: String

    init(_ association: OpaquePointer) {
        calling = String(cString: cdicom_association_calling(association)).trimmingCharacters(in: .whitespaces)
        called = String(cString: cdicom_association_called(association)).trimmingCharacters(in: .whitespaces)
        address = String(cString: cdicom_association_address(association))
    }

    func event(_ kind: AuditEvent.Kind, _ fill: (inout AuditEvent) -> Void) -> AuditEvent {
        AuditEvent(kind) {
            ($0.calling, $0.called, $0.address) = (calling, called, address)
            fill(&$0)
        }
    }
}
