import Foundation

/// What is scrolled through as one: the slices of a series, one file each, or all slices of one file.
struct Stack: Sendable, Equatable {
    /// Where files are from.
    enum Origin: String, Sendable, Encodable {
        /// One of the folders that were given.
        case folder
        /// Dropped on the page.
        case upload
    }

    var id: Int
    var origin: Origin
    /// Under what it is listed: the patient and study, or the folder.
    var heading: String
    var title: String
    var modality: String?
    var files: [StackFile]
    /// The DICOM series of the files.
    var series: String?
}

/// A file that can be looked at.
struct StackFile: Sendable, Equatable {
    var url: URL
    /// Its path in its folder, as people are told it.
    var name: String
}

/// A stack as the page lists it.
struct StackListing: Encodable {
    var id: Int
    var origin: Stack.Origin
    var heading: String
    var title: String
    var modality: String?
    var files: Int

    init(_ stack: Stack) {
        (id, origin, heading) = (stack.id, stack.origin, stack.heading)
        (title, modality, files) = (stack.title, stack.modality, stack.files.count)
    }
}

/// All stacks as the page lists them.
struct CatalogueListing: Encodable {
    var stacks: [StackListing]
    /// What is not shown, and why, a line each.
    var notices: [String]
}
