import Imaging

/// Which study, series or instance a request is about; everything where it names none.
public struct Scope: Sendable, Equatable {
    public var study: DICOMUID?
    /// Only with a study.
    public var series: DICOMUID?
    /// Only with a series.
    public var instance: DICOMUID?

    /// - Parameters:
    ///   - study: one study; `nil` for all.
    ///   - series: one of its series; `nil` for all.
    ///   - instance: one of its instances; `nil` for all.
    public init(study: DICOMUID? = nil, series: DICOMUID? = nil, instance: DICOMUID? = nil) {
        (self.study, self.series, self.instance) = (study, series, instance)
    }

    /// `/studies/1.2/series/3.4`, below a service's address.
    public var path: String {
        "/studies" + (study.map { "/\($0)" } ?? "") + (series.map { "/series/\($0)" } ?? "")
            + (instance.map { "/instances/\($0)" } ?? "")
    }
}

/// What is searched for (PS3.18 10.6).
public enum SearchLevel: String, Sendable {
    case studies, series, instances
}

/// What a path below a DICOMweb service names (PS3.18 table 10.3.1-1 and 10.4.1-1).
public enum Resource: Sendable, Equatable {
    /// QIDO-RS: what of a level there is.
    case search(SearchLevel, Scope)
    /// WADO-RS: whole objects. With POST at `/studies` or one of them, STOW-RS.
    case objects(Scope)
    /// WADO-RS: attributes without pixels.
    case metadata(Scope)
    /// WADO-RS: frames of an instance, from 1.
    case frames([Int], Scope)
    /// WADO-RS: the value of an instance's element that its metadata leaves out.
    case bulkData(DICOMTag, Scope)
    /// WADO-RS: frames of an instance, from 1, as pictures for people; `nil` for the only one.
    case rendered([Int]?, Scope)
    /// WADO-RS: a small picture of a frame, or of one that stands for what is named.
    case thumbnail(Int?, Scope)

    /// - Parameter path: its components below the service, `["studies", "1.2"]`.
    /// - Throws: ``RequestError``, where there is no such resource, or none that is answered.
    public init(_ path: [String]) throws(RequestError) {
        let unknown = RequestError(.unknown, "there is no such resource: /\(path.joined(separator: "/"))")
        var rest = path[...]
        var scope = Scope()
        func uid() throws(RequestError) -> DICOMUID {
            guard let uid = rest.popFirst().flatMap(DICOMUID.init(rawValue:)) else {
                throw RequestError(.notUnderstood, "the path names no UID where one belongs")
            }
            return uid
        }
        if rest.first == "studies" {
            rest.removeFirst()
            guard !rest.isEmpty else {
                self = .search(.studies, scope)
                return
            }
            scope.study = try uid()
        }
        if rest.first == "series" {
            rest.removeFirst()
            guard !rest.isEmpty else {
                self = .search(.series, scope)
                return
            }
            guard scope.study != nil else { throw unknown }
            scope.series = try uid()
        }
        if rest.first == "instances" {
            rest.removeFirst()
            guard !rest.isEmpty else {
                self = .search(.instances, scope)
                return
            }
            guard scope.series != nil else { throw unknown }
            scope.instance = try uid()
        }
        guard scope.study != nil else { throw unknown }
        switch rest.popFirst() {
        case nil: self = .objects(scope)
        case "metadata" where rest.isEmpty: self = .metadata(scope)
        case "frames" where scope.instance != nil && (1...2).contains(rest.count):
            let list = rest.removeFirst().split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard list.count <= 10_000, list.allSatisfy({ ($0 ?? 0) > 0 }) else {
                throw RequestError(.notUnderstood, "frames are a list of numbers from 1")
            }
            let numbers = list.compactMap(\.self)
            switch rest.first {
            case nil: self = .frames(numbers, scope)
            case "rendered" where numbers.count <= 100: self = .rendered(numbers, scope)
            case "rendered": throw RequestError(.notUnderstood, "pictures are made of 100 frames at most")
            case "thumbnail" where numbers.count == 1: self = .thumbnail(numbers[0], scope)
            default: throw unknown
            }
        case "bulkdata" where scope.instance != nil && rest.count == 1:
            guard let number = UInt32(rest[rest.startIndex], radix: 16) else { throw unknown }
            self = .bulkData(DICOMTag(rawValue: number), scope)
        case "rendered" where rest.isEmpty && scope.instance != nil: self = .rendered(nil, scope)
        case "rendered" where rest.isEmpty:
            throw RequestError(.notImplemented, "pictures are made of instances and frames; name one")
        case "thumbnail" where rest.isEmpty: self = .thumbnail(nil, scope)
        default: throw unknown
        }
    }
}
