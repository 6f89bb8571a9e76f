import Foundation

/// Runs a child process to its end on a thread of its own: tests with time limits wait on the few that Swift has.
enum ChildProcess {
    /// - Returns: its exit code and all that it wrote.
    static func run(_ process: Process, withErrors: Bool) async throws -> (status: Int32, output: String) {
        let output = Pipe()
        process.standardOutput = output
        process.standardError = withErrors ? output as Any : FileHandle.nullDevice
        try process.run()
        let handle = output.fileHandleForReading
        let text = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: String(decoding: handle.readDataToEndOfFile(), as: UTF8.self))
            }
        }
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
