import Foundation

/// A file to be worked on, and where its result goes.
public struct Job: Sendable, Equatable {
    /// The file that is read.
    public var input: URL
    /// The input's path as its user would write it.
    public var name: String
    /// The file that is written.
    public var output: URL
    /// The folder that the results of one input folder, or of one run, go to, trees of folders and all; `nil` where the
    /// result is a file of its own.
    public var resultFolder: URL?

    /// - Parameters:
    ///   - input: the file that is read.
    ///   - name: the input's path as its user would write it.
    ///   - output: the file that is written.
    ///   - resultFolder: what the results go to together; `nil` where the result is a file of its own.
    public init(input: URL, name: String, output: URL, resultFolder: URL? = nil) {
        self.input = input
        self.name = name
        self.output = output
        self.resultFolder = resultFolder
    }
}
