import Foundation
import Testing

/// Tools/conformance/run, as whoever writes another implementation would use it.
@Suite("Conformance over stdio")
struct ConformanceTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private struct Run {
        let status: Int32
        let output: String
    }

    private static func run(_ command: [String]) async throws -> Run {
        let process = Process()
        process.executableURL = URL(filePath: try #require(python))
        process.arguments = [root.appending(path: "Tools/conformance/run").path] + command
        let (status, output) = try await ChildProcess.run(process, withErrors: true)
        return Run(status: status, output: output)
    }

    /// Our own implementation, beside the tests.
    private static func peer() throws -> String {
        let folders = [
            URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent(), Bundle.main.bundleURL,
            root.appending(path: ".build/debug"),
        ]
        let found = folders.map { $0.appending(path: "conformance-peer").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        return try #require(found, "conformance-peer is not built")
    }

    @Test("Our own implementation passes every vector of every form", .enabled(if: python != nil))
    func own() async throws {
        let run = try await ConformanceTests.run([ConformanceTests.peer()])
        #expect(run.status == 0, "\(run.output)")
        let rows = run.output.split(separator: "\n").dropFirst().prefix(8).map { $0.split(separator: " ") }
        #expect(rows.count == 8 && rows.allSatisfy { $0.count == 5 && $0[2] != "0" && $0[3] == "0" && $0[4] == "0" })
    }

    @Test("The decoder in Python, written from the text alone, passes what it supports", .enabled(if: python != nil))
    func independent() async throws {
        let peer = ConformanceTests.root.appending(path: "Tools/conformance/python_peer").path
        let run = try await ConformanceTests.run([peer])
        #expect(run.status == 0, "\(run.output)")
    }

    @Test("An implementation that accepts everything, knows nothing or dies fails", .enabled(if: python != nil))
    func bad() async throws {
        let accepts = #"while read -r l; do n=$((n + 1)); echo "{\"id\": $n, \"value\": []}"; done"#
        let run = try await ConformanceTests.run(["/bin/sh", "-c", accepts])
        #expect(run.status == 1 && run.output.contains("accepted, expected truncated"))
        let knowsNothing = #"while read -r l; do n=$((n + 1)); echo "{\"id\": $n, \"unsupported\": true}"; done"#
        #expect(try await ConformanceTests.run(["/bin/sh", "-c", knowsNothing]).status == 1)
        #expect(try await ConformanceTests.run(["/bin/false"]).status == 1)
    }
}
