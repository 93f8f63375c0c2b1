/// What this program was built of.
///
/// A module of its own, for executables alone: it changes with every commit, and whatever imports it is then compiled anew.
public enum SourceRevision {
    /// The commit that was checked out, 40 hexadecimal digits; `nil` for files without git. Changes that were not committed
    /// do not show.
    public static var commit: String? { builtCommit.isEmpty ? nil : builtCommit }

    /// For people: `commit 1234567890ab`, or that none is known.
    public static var statement: String { commit.map { "commit \($0.prefix(12))" } ?? "of an unknown commit" }
}
