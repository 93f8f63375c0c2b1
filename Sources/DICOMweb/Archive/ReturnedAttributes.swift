import Imaging

/// What a search tells of what it finds, asked for or not (PS3.18 tables 10.6.3-3 to 10.6.3-5), with each attribute's value
/// representation for where it is empty; and of studies and series their descriptions, which people know them by.
enum ReturnedAttributes {
    static let study: [DICOMTag: String] = [
        .specificCharacterSet: "CS", .studyDate: "DA", .studyTime: "TM", .accessionNumber: "SH",
        .referringPhysicianName: "PN", .timezoneOffsetFromUTC: "SH", .patientName: "PN", .patientID: "LO",
        .patientBirthDate: "DA", .patientSex: "CS", .studyInstanceUID: "UI", .studyID: "SH", .studyDescription: "LO",
    ]
    static let series: [DICOMTag: String] = [
        .specificCharacterSet: "CS", .modality: "CS", .timezoneOffsetFromUTC: "SH", .seriesDescription: "LO",
        .seriesInstanceUID: "UI", .seriesNumber: "IS", .performedProcedureStepStartDate: "DA",
        .performedProcedureStepStartTime: "TM",
    ]
    static let instance: [DICOMTag: String] = [
        .specificCharacterSet: "CS", .sopClassUID: "UI", .sopInstanceUID: "UI", .timezoneOffsetFromUTC: "SH",
        .instanceNumber: "IS", .rows: "US", .columns: "US", .bitsAllocated: "US", .numberOfFrames: "IS",
    ]
    /// Those that every index knows.
    static let known = Set(study.keys).union(series.keys).union(instance.keys).union([.imageType, .bodyPartExamined])

    /// Of a level, and of those above that the request does not name.
    static func all(for level: SearchLevel, within scope: Scope) -> [DICOMTag: String] {
        var all = level == .studies || scope.study == nil ? study : [.studyInstanceUID: "UI"]
        if level == .series || (level == .instances && scope.series == nil) { all.merge(series) { $1 } }
        if level == .instances { all.merge(instance.merging([.seriesInstanceUID: "UI"]) { $1 }) { $1 } }
        return all
    }
}
