import CDICOMNetwork
import Foundation

/// The side that asks: an association with a destination, over which results are sent.
///
/// Not to be shared among threads.
final class StorageUser {
    /// What went wrong with the connection, so that it is worth another try.
    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Seconds that the destination is waited for: to connect, to answer.
    private static let patience: Int32 = 30

    private let network: OpaquePointer
    private let association: OpaquePointer

    /// - Parameters:
    ///   - title: one's own AE title.
    ///   - classes: SOP classes of what is to be sent; none for verification alone.
    init(_ destination: RoutingRule.Destination, as title: String, classes: [String]) throws(Failure) {
        func failure() -> Failure {
            Failure(description: "\(destination): \(String(cString: cdicom_network_error()))")
        }
        guard let network = cdicom_network_request(Self.patience) else { throw failure() }
        let association = withCStrings(classes) { classes in
            withCStrings(TransferSyntaxes.sent) { syntaxes in
                cdicom_association_request(
                    network, title, destination.title, "\(destination.host):\(destination.port)", classes,
                    Int32(classes.count), syntaxes, Int32(syntaxes.count), Self.patience)
            }
        }
        guard let association else {
            defer { cdicom_network_free(network) }
            throw failure()
        }
        (self.network, self.association) = (network, association)
    }

    deinit {
        cdicom_association_free(association)
        cdicom_network_free(network)
    }

    func accepts(_ storageClass: String) -> Bool { cdicom_association_accepts(association, storageClass) }

    /// Sends a result.
    ///
    /// - Returns: the DIMSE status that the destination answers with.
    func send(_ result: QueuedResult) throws(Failure) -> UInt16 {
        var status: UInt16 = 0
        guard
            cdicom_association_store(
                association, result.file.path, result.storageClass, result.instance, Self.patience, &status)
        else { throw Failure(description: String(cString: cdicom_network_error())) }
        return status
    }

    func release() { cdicom_association_release(association) }
}
