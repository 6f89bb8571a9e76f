import Foundation
import Testing

/// A site whose hub is killed, with another one in its list.
@Suite("A list of hubs, as commands")
struct HubListProgramTests {
    /// Headquarters, a region and a desk in folders of these names.
    private static func makeStores(in path: String) throws {
        let made = try Program.run([
            "init", "--store", path + "/hq", "--name", "HQ", "--headquarters", "--organisation", "new", "--json",
        ])
        let organisation = try #require(try made.json()["organisation"] as? String)
        for arguments in [["--store", path + "/region", "--hub"], ["--store", path + "/desk"]] {
            try Program.run(["init", "--name", "Lisbon", "--organisation", organisation] + arguments)
        }
    }

    @Test("The next hub of the list takes what a killed one did not, and the command says which and why")
    func nextHub() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.url.path
        try Self.makeStores(in: path)
        #expect(try Program.run([path + "/hq"], program: "AssaySeed").status == 0)
        let hq = try RunningHub(store: path + "/hq")
        #expect(try Program.run(["sync", "--store", path + "/region", "--hub", hq.address]).status == 0)
        let region = try RunningHub(store: path + "/region", ["--parent", hq.address])
        let desk = ["--store", path + "/desk"]
        let list = ["--hub", region.address, "--hub", hq.address]
        let first = try Program.run(["sync", "--json"] + list + desk)
        #expect(try first.json()["address"] as? String == region.address)
        #expect(try (first.json()["passedOver"] as? [Any])?.isEmpty == true)

        region.kill()
        let contact = ["update-contact", "TICKET-1", "--phone", "+351 1", "--as", "1042"]
        #expect(try Program.run(contact + desk).status == 0)
        let second = try Program.run(["sync", "--json"] + desk).json()
        #expect(second["address"] as? String == hq.address)
        #expect(second["sent"] as? Int == 1)
        let passed = try #require((second["passedOver"] as? [[String: String]])?.first)
        #expect(passed["address"] == region.address && passed["code"] == "unreachable")
        let words = try Program.run(["sync"] + desk)
        #expect(words.status == 0 && words.errors.contains("\(region.address) did not take it: no hub answers"))
        #expect(words.output.contains("taken by \(hq.address)"))
        let known = try Program.run(["hubs", "--json"] + desk).json()
        #expect(known["hubs"] as? [String] == [region.address, hq.address])
        #expect(known["last"] as? String == hq.address)
        #expect(try hq.stop() == 0)

        let nobody = try Program.run(["sync", "--json"] + desk)
        #expect(nobody.status == 69 && nobody.output.contains("none of 2 hubs"))
        #expect(try Program.run(["hubs", "set", "nowhere"] + desk).status == 64)
    }

    @Test("A watching site whose hub is killed tells that it lost it, why the next try failed, and who took it")
    func watching() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.url.path
        try Self.makeStores(in: path)
        let hq = try RunningHub(store: path + "/hq")
        let region = try RunningHub(store: path + "/region")
        let desk = ["--store", path + "/desk"]
        let watching = try Following(
            ["sync", "--watch", "--json", "--hub", region.address, "--hub", hq.address] + desk)
        let first = try #require(try watching.next())
        #expect(first["event"] as? String == "live" && first["address"] as? String == region.address)
        region.kill()
        var events: [String] = []
        while let event = try watching.next(), let name = event["event"] as? String {
            events.append(name)
            if name == "passed-over" { #expect(event["code"] as? String == "unreachable") }
            guard name == "live" else { continue }
            #expect(event["address"] as? String == hq.address)
            break
        }
        #expect(events == ["lost", "retrying", "passed-over", "live"])
        // Kept for the desk and for status by the way, without holding the session up.
        var last: String?
        for _ in 0..<100 where last != hq.address {
            last = try Program.run(["hubs", "--json"] + desk).json()["last"] as? String
        }
        #expect(last == hq.address)
        #expect(watching.stop() == 0, "it ends cleanly")
        #expect(try hq.stop() == 0)
    }
}

/// A command that stays and writes one JSON object a line.
private final class Following {
    private let process = Process()
    private let pipe = Pipe()
    private let overdue: DispatchWorkItem
    private var buffer = Data()

    init(_ arguments: [String]) throws {
        process.executableURL = try Program.url("assay")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let running = process
        overdue = DispatchWorkItem { running.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + Program.deadline, execute: overdue)
    }

    /// Nil when the command has ended.
    func next() throws -> [String: Any]? {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                defer { buffer.removeSubrange(...end) }
                return try JSONSerialization.jsonObject(with: buffer[..<end]) as? [String: Any]
            }
            let part = pipe.fileHandleForReading.availableData
            guard !part.isEmpty else { return nil }
            buffer += part
        }
    }

    /// Ends it as a service manager would, and tells how it ended.
    func stop() -> Int32 {
        overdue.cancel()
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
