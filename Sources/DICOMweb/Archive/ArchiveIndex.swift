import Imaging

/// All instances that are answered for, and the search for them.
public struct ArchiveIndex: Sendable {
    public let instances: [ArchivedInstance]

    /// - Parameter instances: of several with one SOP Instance UID the first counts.
    public init(_ instances: [ArchivedInstance]) {
        var known: Set<DICOMUID> = []
        self.instances = instances.filter { known.insert($0.instance).inserted }
    }

    /// Those of a study, series or instance.
    func instances(in scope: Scope) -> [ArchivedInstance] { instances.filter { $0.lies(in: scope) } }

    /// What of a level matches.
    ///
    /// - Parameters:
    ///   - level: what is searched for.
    ///   - scope: where.
    ///   - query: what it must be, and what is told of it.
    ///   - service: the address of the service, for `RetrieveURL`.
    /// - Throws: `ImageFileError`, where attributes are asked for that are read anew, and cannot be.
    func search(
        _ level: SearchLevel, in scope: Scope, _ query: SearchQuery, service: String
    ) throws(ImageFileError) -> [DICOMJSON] {
        var order: [DICOMUID] = []
        var groups: [DICOMUID: [ArchivedInstance]] = [:]
        for instance in instances(in: scope) {
            let key = instance.key(level)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(instance)
        }
        var found: [DICOMJSON] = []
        let tags = ReturnedAttributes.all(for: level, within: scope)
        for key in order {
            let group = groups[key]!
            let counts = counts(of: group, level, service: service)
            // Attributes of lower levels match where any of the group has them.
            let match = try group.firstThrowing { instance throws(ImageFileError) in
                let isKnown = query.matches.allSatisfy {
                    ReturnedAttributes.known.contains($0.tag) || counts[$0.tag] != nil
                }
                let own = isKnown ? instance.attributes : try instance.allAttributes()
                return query.matches.allSatisfy { $0.holds(of: counts[$0.tag] ?? own[$0.tag]) }
            }
            guard let match else { continue }
            var result = match.attributes.keeping(Set(tags.keys))
            for (tag, representation) in tags where result[tag] == nil { result[tag] = .init(representation) }
            switch query.fields {
            case .some(let more) where more.isEmpty: break
            case .some(let more):
                result.attributes.merge(try match.allAttributes().keeping(Set(more)).attributes) { $1 }
            case .all: result.attributes.merge(try match.allAttributes().attributes) { $1 }
            }
            result.attributes.merge(counts.attributes) { $1 }
            found.append(result)
        }
        return Array(found.dropFirst(query.offset).prefix(query.limit ?? .max))
    }

    /// What the whole of a group has, and where it is fetched.
    private func counts(of group: [ArchivedInstance], _ level: SearchLevel, service: String) -> DICOMJSON {
        let first = group[0]
        var scope = Scope(study: first.study)
        var result = DICOMJSON()
        func count(_ number: Int) -> DICOMJSON.Attribute { .init("IS", [.integer(Int64(number))]) }
        switch level {
        case .studies:
            let modalities = Set(group.compactMap { $0.attributes.text(.modality) }).sorted()
            result[.modalitiesInStudy] = .init("CS", modalities.map { .text($0) })
            result[.numberOfStudyRelatedSeries] = count(Set(group.map(\.series)).count)
            result[.numberOfStudyRelatedInstances] = count(group.count)
        case .series:
            scope.series = first.series
            result[.numberOfSeriesRelatedInstances] = count(group.count)
        case .instances:
            scope = first.scope
            result[.availableTransferSyntaxUID] = .init("UI", [.text(first.transferSyntax.rawValue)])
        }
        result[.instanceAvailability] = .init("CS", [.text("ONLINE")])
        result[.retrieveURL] = .init("UR", [.text(service + scope.path)])
        return result
    }
}

extension ArchivedInstance {
    fileprivate func key(_ level: SearchLevel) -> DICOMUID {
        switch level {
        case .studies: study
        case .series: series
        case .instances: instance
        }
    }
}

extension Array {
    fileprivate func firstThrowing<Failure: Error>(
        where holds: (Element) throws(Failure) -> Bool
    ) throws(Failure) -> Element? {
        for element in self where try holds(element) { return element }
        return nil
    }
}
