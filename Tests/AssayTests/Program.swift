import Foundation
import Testing

/// Runs the built program as a person or a script would.
enum Program {
    /// What a run left behind.
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String

        var lines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: false) }

        /// The one JSON object of `--json`.
        func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
            let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return try #require(value as? [String: Any], "one object", sourceLocation: sourceLocation)
        }
    }

    struct Overdue: Error { let arguments: [String] }

    static let deadline: DispatchTimeInterval = .seconds(60)

    /// The folder of the built programs: beside the tests, or where the package is built.
    static func url(_ name: String) throws -> URL {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folders = [
            URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
            Bundle.main.bundleURL, package.appendingPathComponent(".build/debug"),
        ]
        let found = folders.map { $0.appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        return try #require(found, "\(name) is not built")
    }

    @discardableResult
    static func run(_ arguments: [String], program: String = "assay", environment: [String: String] = [:]) throws
        -> Outcome
    {
        let folder = try Folder()
        defer { folder.remove() }
        let process = Process()
        process.executableURL = try url(program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors) = (folder.url.appendingPathComponent("out"), folder.url.appendingPathComponent("err"))
        for file in [output, errors] { try Data().write(to: file) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        guard ended.wait(timeout: .now() + deadline) == .success else {
            process.terminate()
            throw Overdue(arguments: arguments)
        }
        return Outcome(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}

/// A folder of the test's own.
struct Folder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("assay-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
}

/// A hub that listens on a port that the system chose.
final class RunningHub {
    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    let address: String

    init(store: String, _ options: [String] = []) throws {
        process.executableURL = try Program.url("assay")
        process.arguments =
            ["hub", "serve", "--store", store, "--listen", "127.0.0.1:0", "--log-level", "error"] + options
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
        // A hub that says nothing is ended, and its output with it.
        let running = process
        let overdue = DispatchWorkItem { running.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + Program.deadline, execute: overdue)
        defer { overdue.cancel() }
        var heard = ""
        while !heard.contains("\n") {
            let data = pipe.fileHandleForReading.availableData
            guard !data.isEmpty else { break }
            heard += String(decoding: data, as: UTF8.self)
        }
        let line = try #require(heard.split(separator: "\n").first { $0.hasPrefix("listening on ") }, "\(heard)")
        address = String(line.dropFirst("listening on ".count))
    }

    /// Ends it as a power cut would.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        _ = ended.wait(timeout: .now() + Program.deadline)
    }

    /// Ends it as an operator would, and tells how it ended.
    func stop() throws -> Int32 {
        process.terminate()
        guard ended.wait(timeout: .now() + Program.deadline) == .success else {
            throw Program.Overdue(arguments: ["hub"])
        }
        return process.terminationStatus
    }
}

/// Headquarters with its hub, and two desks that hold everything.
final class Offices {
    private let folder: Folder
    private let hub: RunningHub

    init() throws {
        folder = try Folder()
        let path = folder.url.path
        let made = try Program.run([
            "init", "--store", path + "/hq", "--name", "Headquarters", "--headquarters", "--organisation", "new",
            "--json",
        ])
        let organisation = try #require(try made.json()["organisation"] as? String)
        #expect(try Program.run([path + "/hq"], program: "AssaySeed").status == 0)
        for number in 1...2 {
            let desk = try Program.run([
                "init", "--store", path + "/desk\(number)", "--name", "Lisbon desk \(number)", "--organisation",
                organisation,
            ])
            #expect(desk.status == 0)
        }
        hub = try RunningHub(store: path + "/hq")
        for desk in [Store.one, .two] {
            #expect(try run(desk, "sync", "--hub", hub.address).status == 0)
        }
    }

    enum Store: String {
        case hq
        case one = "desk1"
        case two = "desk2"
    }

    func path(_ store: Store) -> String { folder.url.path + "/" + store.rawValue }

    @discardableResult
    func run(_ store: Store, _ arguments: String...) throws -> Program.Outcome {
        try Program.run(arguments + ["--store", path(store)])
    }

    /// Does something as somebody, which has to work.
    func work(
        _ store: Store, as actor: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Program.run(arguments + ["--store", path(store), "--as", actor])
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
    }

    /// Everything is everywhere.
    func sync() throws {
        for desk in [Store.one, .two, .one] { #expect(try run(desk, "sync").status == 0) }
    }

    func close() throws {
        #expect(try hub.stop() == 0, "a hub ends cleanly")
        folder.remove()
    }
}
