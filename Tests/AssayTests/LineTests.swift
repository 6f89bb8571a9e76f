import Foundation
import Testing

/// Tools/line in front of a hub.
private final class Line {
    private let process = Process()
    let address: String

    init(to hub: String, _ options: [String]) throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", package.appendingPathComponent("Tools/line").path, "--to", hub] + options
        let pipe = Pipe()
        process.standardOutput = pipe
        output = pipe.fileHandleForReading
        try process.run()
        var heard = ""
        while !heard.contains("\n") {
            let data = output.availableData
            guard !data.isEmpty else { break }
            heard += String(decoding: data, as: UTF8.self)
        }
        let line = try #require(heard.split(separator: "\n").first { $0.hasPrefix("listening on ") }, "\(heard)")
        address = String(line.dropFirst("listening on ".count))
    }

    private let output: FileHandle

    /// Ends it, and returns how many bytes its connections put on the line and how many of them were cut.
    func close() throws -> (bytes: Int, cuts: Int) {
        process.terminate()
        let told = output.readDataToEndOfFile()
        process.waitUntilExit()
        let object = try #require(try JSONSerialization.jsonObject(with: told) as? [String: Any])
        let connections = try #require(object["connections"] as? [[String: Any]])
        let bytes = connections.map { ($0["up"] as? Int ?? 0) + ($0["down"] as? Int ?? 0) }
        return (bytes.reduce(0, +), connections.filter { $0["cut"] as? Bool == true }.count)
    }
}

@Suite("A store fills over a line that is cut")
struct LineTests {
    private static let people = 300

    /// Headquarters with so many people, all booked.
    private static func headquarters(_ path: String) throws -> (organisation: String, digest: String) {
        let made = try Program.run([
            "init", "--store", path + "/hq", "--name", "Headquarters", "--headquarters", "--organisation", "new",
            "--json",
        ])
        try Program.run(["sample", "--out", path + "/data", "--sites", "1", "--candidates", "\(people)"])
        let imported = try Program.run([
            "import", "--store", path + "/hq", "--mapping", path + "/data/sample.yaml", "--as", "registry", "--errors",
            path, "--apply", path + "/data",
        ])
        #expect(imported.status == 0, "\(imported.errors)")
        return (
            try #require(try made.json()["organisation"] as? String),
            try Program.run(["digest", "--store", path + "/hq"]).output
        )
    }

    /// Fills a new store with its first session cut at a byte, or not at all, and then goes on without the cut.
    /// - Returns: the bytes on the line in all, and the progress that was said.
    private static func fill(_ path: String, _ organisation: String, hub: String, cutAt byte: Int?) throws -> (
        bytes: Int, progress: [[String: Any]]
    ) {
        let desk = path + "/desk-\(byte ?? 0)"
        try Program.run(["init", "--store", desk, "--name", "Desk", "--organisation", organisation])
        var bytes = 0
        if let byte {
            let line = try Line(to: hub, ["--cut-after", "\(byte)"])
            #expect(try Program.run(["sync", "--store", desk, "--hub", line.address]).status == 69)
            let told = try line.close()
            #expect(told.cuts == 1)
            bytes += told.bytes
            // Whatever came is there to be read.
            #expect(try Program.run(["roster", "--store", desk]).status == 0)
        }
        let line = try Line(to: hub, [])
        let done = try Program.run(["sync", "--store", desk, "--hub", line.address, "--progress", "--json"])
        #expect(done.status == 0, "\(done.errors)")
        bytes += try line.close().bytes
        let digests = try [path + "/hq", desk].map { try Program.run(["digest", "--store", $0]).output }
        #expect(digests[0] == digests[1], "cut at \(byte ?? 0)")
        let said = try done.errors.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        return (bytes, said)
    }

    @Test("A first sync that is cut at any byte goes on where it was, and costs little more")
    func cuts() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.url.path
        let (organisation, digest) = try LineTests.headquarters(path)
        let hub = try RunningHub(store: path + "/hq")
        let (whole, said) = try LineTests.fill(path, organisation, hub: hub.address, cutAt: nil)
        #expect(!digest.isEmpty && !said.isEmpty)
        #expect(said.allSatisfy { ($0["of"] as? Int ?? 0) > LineTests.people && $0["bytes"] as? Int ?? 0 > 0 })
        // In the hello, in its answer, in the middle of the first chunks and the last ones, and at the goodbye.
        for byte in [1, 40, 300, whole / 4, whole / 2, whole * 3 / 4, whole - 20] {
            let (bytes, _) = try LineTests.fill(path, organisation, hub: hub.address, cutAt: byte)
            #expect(Double(bytes) <= 1.2 * Double(whole), "cut at \(byte) of \(whole): \(bytes)")
        }
        #expect(try hub.stop() == 0)
    }
}
