import Foundation
import HubWatching
import Testing

@Suite("The socket beside the store", .timeLimit(.minutes(1)))
struct StatusSocketTests {
    private func permissions(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("Its owner alone may use it, and it goes with the hub")
    func comesAndGoes() async throws {
        let hq = try Site(1, isHub: true, isHeadquarters: true)
        defer { hq.remove() }
        let path = hq.folder + "/hub.sock"
        #expect(try await WatchedHub.ask(in: hq.folder) == nil)
        try await WatchedHub.run(hq) { hub in
            _ = try await hub.status()
            #expect(try permissions(path) == 0o600)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try await WatchedHub.ask(in: hq.folder) == nil)
    }

    @Test("A socket that a killed hub left behind is no hub, and the next one takes its place")
    func leftBehind() async throws {
        let hq = try Site(1, isHub: true, isHeadquarters: true)
        defer { hq.remove() }
        try await WatchedHub.run(hq) { hub in
            _ = try await hub.status()
            // A second name keeps the file when the hub removes its own.
            try FileManager.default.linkItem(atPath: hq.folder + "/hub.sock", toPath: hq.folder + "/kept")
        }
        try FileManager.default.moveItem(atPath: hq.folder + "/kept", toPath: hq.folder + "/hub.sock")
        #expect(try await WatchedHub.ask(in: hq.folder) == nil)
        try await WatchedHub.run(hq) { hub in
            let status = try await hub.status()
            #expect(status.isRunning)
        }
    }

    @Test("A second hub on the same store leaves the first one's socket alone")
    func second() async throws {
        let hq = try Site(1, isHub: true, isHeadquarters: true)
        defer { hq.remove() }
        try await WatchedHub.run(hq) { first in
            let listening = try await first.status().hub.listening
            try await WatchedHub.run(hq) { second in
                let told = try await second.status().hub.listening
                #expect(told == listening)
            }
            #expect(try await first.status().hub.listening == listening)
        }
    }

    @Test("A store may lie deeper than a socket's address is long")
    func deep() async throws {
        let top = NSTemporaryDirectory() + "/assay-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: top) }
        let parent = top + String(repeating: "/" + String(repeating: "d", count: 60), count: 4)
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let hq = try Site(1, isHub: true, isHeadquarters: true, under: parent)
        defer { hq.remove() }
        try await WatchedHub.run(hq) { hub in
            let status = try await hub.status()
            #expect(status.isRunning)
        }
    }

    @Test("Many who ask at once are answered or turned away, and the hub goes on")
    func crowd() async throws {
        let hq = try Site(1, isHub: true, isHeadquarters: true)
        defer { hq.remove() }
        try await WatchedHub.run(hq) { hub in
            _ = try await hub.status()
            let answers = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<64 { group.addTask { (try? await hub.ask()) != nil } }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(answers >= 1)
            #expect(try await hub.status().isRunning)
        }
    }
}
