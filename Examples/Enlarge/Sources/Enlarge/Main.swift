import Foundation

/// The smallest interface that an app can have: a line that tells how far it is, and Ctrl-C to stop.
@main
struct Main {
    @MainActor
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count == 2, let input = arguments.first, let output = arguments.last else {
            fail("usage: Enlarge IMAGE RESULT  (an image of - is read from standard input)", code: 64)
        }
        let source: Enlargement.Source =
            input == "-"
            ? .memory(FileHandle.standardInput.readDataToEndOfFile()) : .file(URL(fileURLWithPath: input))

        // Only the newest part matters to whoever looks.
        let (parts, teller) = AsyncStream.makeStream(of: Double.self, bufferingPolicy: .bufferingNewest(1))
        let work = Task {
            defer { teller.finish() }
            return try await Enlargement().run(source, to: URL(fileURLWithPath: output)) { teller.yield($0) }
        }
        let interruption = cancelling(work)
        let start = ContinuousClock.now
        for await part in parts { draw(part, after: ContinuousClock.now - start) }

        do {
            print("\n\(output): \(try await work.value)")
        } catch is CancellationError {
            fail("\nstopped; nothing was written", code: 130)
        } catch {
            // Each of Fovea's errors is a LocalizedError: one line with what, where and what to do.
            fail("\nEnlarge: \(error.localizedDescription)", code: 1)
        }
        interruption.cancel()
    }

    /// Has Ctrl-C do what an app's Cancel button does.
    private static func cancelling<Value>(_ work: Task<Value, any Error>) -> any DispatchSourceSignal {
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT)
        source.setEventHandler { work.cancel() }
        source.resume()
        return source
    }

    private static func draw(_ part: Double, after elapsed: Duration) {
        let left = elapsed * ((1 - part) / max(part, 0.01))
        let line = "\r\(Int(part * 100)) %, \(left.formatted(.units(allowed: [.minutes, .seconds]))) left   "
        FileHandle.standardError.write(Data(line.utf8))
    }

    private static func fail(_ line: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data((line + "\n").utf8))
        exit(code)
    }
}
