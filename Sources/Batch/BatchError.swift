import Foundation

/// What can be wrong with a batch, each said in one line: what, where, what to do.
public enum BatchError: Error, Equatable, CustomStringConvertible {
    /// An input is named by nothing.
    case emptyInputName
    /// The output is named by nothing.
    case emptyOutputName
    /// Several results are to go to what is a file.
    case outputIsFile(path: String)
    /// Several results are to go to what is called as a file of one image.
    case outputNamesFile(path: String)
    /// The folder of a result is not there and cannot be made.
    case cannotMakeFolder(path: String, reason: String)
    /// The place of a result is taken, and no manifest says by what.
    case unrecorded(path: String, manifest: String?)
    /// A manifest cannot be read or written.
    case manifest(path: String, reason: String)
    /// Samples are to be drawn of what holds codes.
    case samplesOfCodes(name: String, statement: String)
    /// Samples are to be drawn by what gives one result.
    case onlyOneResult(name: String, method: String)
    /// An image takes more memory than all are allowed, both in bytes.
    case tooLarge(name: String, needed: Int, limit: Int)

    /// Whether it is the way in which the batch was asked for that is wrong.
    public var isUsage: Bool { self == .emptyInputName || self == .emptyOutputName }

    public var description: String {
        switch self {
        case .emptyInputName: "an input's name is empty; write . for the folder that you are in"
        case .emptyOutputName: "-o names no file and no folder; leave it out or name one"
        case .outputIsFile(let path): "\(path): is a file, but several results need a folder"
        case .outputNamesFile(let path):
            "\(path): is the name of one file, but several results need a folder; end it in / if you mean one"
        case .cannotMakeFolder(let path, let reason): "\(path): cannot make this folder: \(reason)"
        case .unrecorded(let path, let manifest?):
            "\(path): already exists, and \(manifest) does not say from what; use --overwrite to replace it"
        case .unrecorded(let path, nil):
            "\(path): already exists, and no manifest says from what; name one with --manifest, or use --overwrite to replace it"
        case .manifest(let path, let reason): "\(path): the run's manifest: \(reason)"
        case .samplesOfCodes(let name, let statement):
            "\(name): holds codes (\(statement)), of which no samples are drawn"
        case .onlyOneResult(let name, let method):
            "\(name): \(method) gives one result; --samples needs a model that draws them"
        case .tooLarge(let name, let needed, let limit):
            "\(name): takes about \(ByteCount(needed)) of memory, more than the \(ByteCount(limit)) of --memory; "
                + "allow more, or enlarge it less"
        }
    }
}

extension BatchError: LocalizedError {
    public var errorDescription: String? { description }
}
