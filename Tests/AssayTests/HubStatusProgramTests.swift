import Foundation
import TerminalCells
import Testing

/// `assay hub status` beside a running hub, and beside none.
@Suite("A hub's status, as a command")
struct HubStatusProgramTests {
    @Test("It asks the running hub, fits 80 columns, and says plainly when none runs")
    func status() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let hq = ["--store", folder.url.path + "/hq"]
        let name = "Headquarters of the Federation of Credentialing Bodies of the North"
        try Program.run(["init", "--name", name, "--headquarters", "--organisation", "new"] + hq)
        let organisation = try #require(try Program.run(["status", "--json"] + hq).json()["organisation"] as? String)
        let desk = ["--store", folder.url.path + "/desk"]
        try Program.run(
            ["init", "--name", "Check-in desk 1 of the hall on the left", "--organisation", organisation] + desk)
        let none = try Program.run(["hub", "status"] + hq)
        #expect(none.status == 69 && none.output.contains("no hub runs on this store"))
        #expect(try Program.run(["hub", "status"] + desk).status == 1, "a desk is no hub")

        let hub = try RunningHub(store: folder.url.path + "/hq", ["--metrics", "127.0.0.1:0"])
        #expect(try Program.run(["sync", "--hub", hub.address] + desk).status == 0)
        // The socket is there a moment after the port.
        var running = try Program.run(["hub", "status"] + hq)
        for _ in 0..<100 where running.status == 69 { running = try Program.run(["hub", "status"] + hq) }
        #expect(running.status == 0 && running.output.contains("at \(hub.address)"))
        for line in running.lines { #expect(displayColumns(String(line)) <= 80, "\(line)") }
        #expect(!running.output.contains("\u{1B}"), "no colours where nobody watches")
        let json = try Program.run(["hub", "status", "--json"] + hq).json()
        #expect(json["isRunning"] as? Bool == true)
        let away = try #require((json["away"] as? [[String: Any]])?.first)
        #expect(away["end"] as? String == "completed" && (away["bytesIn"] as? Int ?? 0) > 0)
        hub.kill()
        let after = try Program.run(["hub", "status", "--json"] + hq)
        #expect(after.status == 69)
        #expect(try after.json()["isRunning"] as? Bool == false)
        let open = try Program.run(["hub", "serve", "--metrics", "0.0.0.0:9464"] + hq)
        #expect(open.status == 64 && open.errors.contains("[address-not-loopback]"))
    }
}
