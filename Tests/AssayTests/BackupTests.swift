import Foundation
import Testing

@Suite("Backup and restore, as processes")
struct BackupTests {
    /// Makes headquarters in `hq` and a desk of the same organisation in `desk`.
    private func headquartersAndDesk(in path: String) throws -> (desk: String, organisation: String) {
        let made = try Program.run([
            "init", "--store", path + "/hq", "--name", "Headquarters", "--headquarters", "--organisation", "new",
            "--json",
        ])
        let organisation = try #require(try made.json()["organisation"] as? String)
        let desk = path + "/desk"
        #expect(
            try Program.run(["init", "--store", desk, "--name", "Desk", "--organisation", organisation]).status == 0)
        return (desk, organisation)
    }

    @Test("Headquarters is restored from a backup while its desks hold more, and gets everything back")
    func restored() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.url.path
        let (desk, organisation) = try headquartersAndDesk(in: path)
        let first = try RunningHub(store: path + "/hq")
        #expect(try Program.run(["sync", "--store", desk, "--hub", first.address]).status == 0)
        // While the hub runs.
        let backup = try Program.run(["backup", "--store", path + "/hq", "--to", path + "/hq.backup"])
        #expect(backup.status == 0, "\(backup.errors)")
        #expect(try Program.run(["backup", "--store", path + "/hq", "--to", path + "/hq.backup"]).status == 1)
        // The desk's work after the backup reaches headquarters, which is then lost.
        #expect(try Program.run([desk], program: "AssaySeed").status == 0)
        #expect(try Program.run(["sync", "--store", desk]).status == 0)
        #expect(try first.stop() == 0)
        try FileManager.default.removeItem(atPath: path + "/hq")

        let restored = try Program.run(["restore", "--from", path + "/hq.backup", "--store", path + "/hq2"])
        #expect(restored.status == 0 && restored.output.contains("Headquarters"), "\(restored.errors)")
        let status = try Program.run(["status", "--store", path + "/hq2", "--json"]).json()
        #expect(status["renamed"] as? String == "restored" && status["headquarters"] as? Bool == true)
        let second = try RunningHub(store: path + "/hq2")
        #expect(try Program.run(["sync", "--store", desk, "--hub", second.address]).status == 0)
        #expect(try second.stop() == 0)
        let after = try Program.run(["status", "--store", desk, "--json"]).json()
        #expect(after["organisation"] as? String == organisation, "whoever sets up the next desk looks it up there")
        let scopes = try #require(after["scopes"] as? [[String: Any]])
        #expect(scopes.first?["notAtHQ"] as? Int == 0)
        let digests = try ["/hq2", "/desk"].map { try Program.run(["digest", "--store", path + $0]).output }
        #expect(Set(digests).count == 1, "\(digests)")
    }

    @Test("A bundle carries a desk's work where there is no line, and twice does no harm")
    func bundle() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.url.path
        let (desk, _) = try headquartersAndDesk(in: path)
        #expect(try Program.run([desk], program: "AssaySeed").status == 0)
        let file = path + "/desk.bundle"
        let written = try Program.run(["bundle", "write", "--store", desk, "--to", file, "--json"])
        let count = try #require(try written.json()["changeSets"] as? Int)
        #expect(count > 0)
        #expect(try Program.run(["bundle", "write", "--store", desk, "--to", file]).status == 1)
        for new in [count, 0] {
            let applied = try Program.run(["bundle", "apply", file, "--store", path + "/hq", "--json"])
            #expect(applied.status == 0, "\(applied.errors)")
            #expect(try applied.json()["new"] as? Int == new)
        }
        let digests = try ["/hq", "/desk"].map { try Program.run(["digest", "--store", path + $0]).output }
        #expect(Set(digests).count == 1)
        try Data("no bundle, and long enough to hold a header and a checksum of its own, as it seems".utf8)
            .write(to: URL(fileURLWithPath: path + "/text"))
        let refused = try Program.run(["bundle", "apply", path + "/text", "--store", path + "/hq"])
        #expect(refused.status == 1 && refused.errors.contains("nothing of it was taken"))
    }

    @Test("A copied store says in one line that it goes on under a new name")
    func copied() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.url.path
        #expect(
            try Program.run(["init", "--store", path + "/a", "--name", "Desk", "--organisation", "new"]).status == 0)
        try FileManager.default.copyItem(atPath: path + "/a", toPath: path + "/b")
        let copy = try Program.run(["status", "--store", path + "/b"])
        #expect(copy.errors.contains("was copied or moved") && copy.errors.split(separator: "\n").count == 1)
        let again = try Program.run(["status", "--store", path + "/b"])
        #expect(again.errors.isEmpty && again.output.contains("copied or moved"))
        #expect(try Program.run(["status", "--store", path + "/a"]).errors.isEmpty)
    }
}
