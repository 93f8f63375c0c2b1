import Imaging

/// What of the ways to send something an Accept header allows (PS3.18 8.7).
struct Acceptance {
    /// Absent or empty is anything.
    private let types: [MediaType]

    init(_ header: String?) {
        let types = MediaType.list(header ?? "")
        self.types = types.isEmpty ? [MediaType("*/*")] : types
    }

    /// Whether DICOM JSON may be sent.
    var takesJSON: Bool {
        types.contains { ["*/*", "application/*", "application/dicom+json", "application/json"].contains($0.name) }
    }

    /// How something is sent.
    struct Way: Equatable {
        /// Of each part: `application/dicom`, `application/octet-stream`, `image/jp2`.
        var type: String
        /// Whether it stands alone, not as one of several parts.
        var isSingle = false
        /// Whether it must be Explicit VR Little Endian, since nothing else was named.
        var needsExplicitLittleEndian = false
    }

    /// The first way in which pictures may be sent: one alone, several as parts.
    ///
    /// - Parameters:
    ///   - candidates: types that are made, the usual first.
    ///   - count: how many pictures there are.
    /// - Returns: `nil` where the header allows none.
    func picture(of candidates: [String], count: Int) -> (type: String, isSingle: Bool)? {
        for accepted in types {
            let isMultipart = accepted.name == "multipart/related"
            let type = isMultipart ? (accepted.parameters["type"]?.lowercased() ?? "*/*") : accepted.name
            let isAny = type == "*/*" || type == "image/*"
            guard isMultipart || accepted.name == "*/*" || count == 1,
                let found = isAny ? candidates.first : candidates.first(where: { $0 == type })
            else { continue }
            return (found, count == 1 && !isMultipart)
        }
        return nil
    }

    /// The first way that fits what is stored.
    ///
    /// - Parameters:
    ///   - candidates: types that the stored bytes can be called by, the usual first.
    ///   - syntax: what they are in.
    ///   - count: how many there are; one alone may be sent alone.
    /// - Returns: `nil` where the header allows none.
    func way(of candidates: [String], in syntax: DICOMTransferSyntax, count: Int) -> Way? {
        for accepted in types {
            let isMultipart = accepted.name == "multipart/related"
            let type = isMultipart ? (accepted.parameters["type"]?.lowercased() ?? "*/*") : accepted.name
            let isAny = type == "*/*" || type == "application/*"
            guard let found = isAny ? candidates.first : candidates.first(where: { $0 == type }) else { continue }
            let isSingle = !isMultipart && !isAny
            guard !isSingle || count == 1 else { continue }
            switch accepted.parameters["transfer-syntax"] {
            case "*"?, syntax.rawValue?: return Way(type: found, isSingle: isSingle)
            case DICOMTransferSyntax.explicitLittleEndian.rawValue? where syntax.isNative:
                return Way(type: found, isSingle: isSingle, needsExplicitLittleEndian: true)
            case nil where isAny || found.hasPrefix("image/"): return Way(type: found, isSingle: isSingle)
            case nil where syntax.isNative:
                return Way(type: found, isSingle: isSingle, needsExplicitLittleEndian: true)
            default: continue
            }
        }
        return nil
    }
}
