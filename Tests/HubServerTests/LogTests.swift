import HubServer
import Logging
import SyncProtocol
import SyncTestSupport
import Testing

@testable import SyncTransport

@Suite("Log lines", .timeLimit(.minutes(1)))
struct LogTests {
    @Test("Every line has an event of the list; lines of a session name it, its replica and its scope")
    func lines() async throws {
        let known = Set(LoggedEvent.allCases.map(\.rawValue))
        var parent = SyncClient.Configuration(host: "127.0.0.1", port: 0)
        parent.retry = .milliseconds(10) ... .milliseconds(40)
        try await Rig.run(.hub(300)) { [parent] hq in
            var parent = parent
            parent.hubs = [HubAddress(host: "127.0.0.1", port: hq.port)]
            try await Rig.run(.hub(200, headquarters: false), { [parent] in $0.parent = parent }) { site in
                let desk = SharedMemoryStore(MemoryStore(1))
                desk.change { $0.write(3) }
                let watching = Task { try await site.client(desk).watch() }
                #expect(await eventually { hq.store.snapshot.covered.count == 3 })
                _ = try await site.exchange([UInt8](repeating: 0x47, count: 200))
                #expect(
                    await eventually {
                        site.log.lines.contains {
                            $0.metadata["code"] == "unexpected-frame" || $0.metadata["code"] == "malformed-frame"
                        }
                    })
                watching.cancel()
                try await watching.value
                #expect(
                    await eventually {
                        site.log.lines.contains {
                            $0.metadata["event"] == "session-ended" && $0.metadata["replica"] != nil
                        }
                    })
                for line in hq.log.lines + site.log.lines {
                    #expect(known.contains(line.metadata["event"] ?? "none"), "\(line)")
                }
                let sessions = site.log.lines.filter { $0.metadata["event"]?.hasPrefix("session-") == true }
                for line in sessions {
                    #expect(line.metadata["session"] != nil && line.metadata["peer"] != nil, "\(line)")
                    if line.metadata["code"] == nil { #expect(line.metadata["replica"] == "\(desk.snapshot.replica)") }
                }
                #expect(Set(sessions.compactMap { $0.metadata["session"] }).count == 2)
                let live = try #require(site.log.lines.first { $0.metadata["event"] == "link-live" })
                #expect(live.metadata["parent"] != nil && live.metadata["address"] != nil)
                let pulled = site.log.lines.filter { $0.metadata["event"] == "scope-pulled" }
                #expect(!pulled.isEmpty)
                #expect(pulled.allSatisfy { $0.metadata["scope"] == "org" && $0.metadata["replica"] != nil })
            }
        }
    }
}
