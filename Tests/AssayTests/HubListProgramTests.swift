import Foundation
import Testing

/// A site whose hub is killed, with another one in its list.
@Suite("A list of hubs, as commands")
struct HubListProgramTests {
    @Test("The next hub of the list takes what a killed one did not, and the command says which and why")
    func nextHub() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.url.path
        let made = try Program.run([
            "init", "--store", path + "/hq", "--name", "HQ", "--headquarters", "--organisation", "new", "--json",
        ])
        let organisation = try #require(try made.json()["organisation"] as? String)
        #expect(try Program.run([path + "/hq"], program: "AssaySeed").status == 0)
        for arguments in [["--store", path + "/region", "--hub"], ["--store", path + "/desk"]] {
            try Program.run(["init", "--name", "Lisbon", "--organisation", organisation] + arguments)
        }
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
}
