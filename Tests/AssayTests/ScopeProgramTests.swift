import Foundation
import Testing

/// Who holds what, from the command line: headquarters, a region, and a desk of one site, by real processes.
@Suite("Who holds what, from the command line", .serialized)
struct ScopeProgramTests {
    /// Headquarters with sites of two regions, a hub over it, and what a test enrols.
    private final class Tree {
        let folder: Folder
        let organisation: String
        private(set) var hubs: [RunningHub] = []
        let hq: RunningHub

        init() throws {
            folder = try Folder()
            let made = try Program.run([
                "init", "--store", folder.url.path + "/hq", "--name", "Headquarters", "--headquarters",
                "--organisation",
                "new", "--json",
            ])
            organisation = try #require(try made.json()["organisation"] as? String)
            let data = folder.url.path + "/data"
            #expect(
                try Program.run(["sample", "--out", data, "--sites", "2", "--candidates", "10", "--seed", "7"]).status
                    == 0)
            let imported = try Program.run([
                "import", "--store", folder.url.path + "/hq", "--mapping", data + "/sample.yaml", "--as", "registry",
                "--apply", data,
            ])
            #expect(imported.status == 0, "\(imported.errors)")
            hq = try RunningHub(store: folder.url.path + "/hq")
        }

        func path(_ name: String) -> String { folder.url.path + "/" + name }

        /// The rows of a file of the sample, as lists of cells.
        func rows(_ file: String) throws -> [[String]] {
            try String(contentsOfFile: path("data/\(file).csv"), encoding: .utf8).split(whereSeparator: \.isNewline)
                .dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        }

        @discardableResult
        func run(
            _ store: String, _ arguments: String..., status: Int32 = 0,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws -> Program.Outcome {
            let outcome = try Program.run(arguments + ["--store", path(store)])
            #expect(
                outcome.status == status, "\(arguments): \(outcome.output) \(outcome.errors)",
                sourceLocation: sourceLocation)
            return outcome
        }

        func enrol(_ name: String, _ options: [String]) throws {
            let made = try Program.run(
                ["init", "--store", path(name), "--name", name, "--organisation", organisation] + options)
            #expect(made.status == 0, "\(made.errors)")
        }

        /// Whether any file of a store contains a text.
        func isOnDisk(_ store: String, _ text: String) throws -> Bool {
            try FileManager.default.contentsOfDirectory(atPath: path(store)).contains { name in
                let url = URL(fileURLWithPath: path(store) + "/" + name)
                return (try? Data(contentsOf: url)).map { $0.range(of: Data(text.utf8)) != nil } ?? false
            }
        }

        func close() throws {
            #expect(try hq.stop() == 0)
            folder.remove()
        }
    }

    @Test("A site's store holds the people booked there; a booking brings one, a cancellation takes them off the disk")
    func site() throws {
        let tree = try Tree()
        let sessions = try tree.rows("sessions")
        let bookings = try tree.rows("bookings")
        let code = sessions[0][1]
        let here = Set(sessions.filter { $0[1] == code }.map { $0[0] })
        let staying = Set(bookings.filter { here.contains($0[2]) }.map { $0[1] })
        let people = try tree.rows("people")
        let other = try #require(people.first { !staying.contains($0[0]) })
        // Of one person alone, where a family name may be a part of another's.
        let name = other[7]
        let number = other[1]
        try tree.enrol("desk", ["--site", code])
        try tree.run("desk", "sync", "--hub", tree.hq.address)
        let scopes = try tree.run("desk", "scopes", "--json").json()
        #expect(scopes["wants"] as? [String] == ["common", "site/\(code)"])
        #expect(scopes["strays"] as? Int == 0)
        #expect(try tree.isOnDisk("hq", name) && !tree.isOnDisk("desk", name), "\(name)")
        let missing = try tree.run("desk", "candidate", "show", number, status: 1)
        #expect(missing.errors.contains("site \(code)"), "it says why: \(missing.errors)")

        let session = try #require(sessions.first { $0[1] == code })[0]
        let booked = try tree.run("hq", "book", number, "--session", session, "--as", "hq", "--json").json()
        let ticket = try #require(booked["ticket"] as? String)
        try tree.run("desk", "sync")
        #expect(try tree.isOnDisk("desk", name))
        try tree.run("desk", "candidate", "show", number)
        try tree.run("desk", "update-contact", number, "--phone", "+49 1", "--as", "dora")

        try tree.run("hq", "cancel-booking", ticket, "--as", "hq")
        try tree.run("desk", "sync")
        #expect(try !tree.isOnDisk("desk", name), "it is overwritten")
        try tree.run("desk", "candidate", "show", number, status: 1)
        #expect(try tree.run("hq", "candidate", "show", number).output.contains("+49 1"), "nothing unsent is lost")
        for scope in ["common", "site/\(code)"] {
            let there = try tree.run("hq", "digest", "--scope", scope).output
            #expect(try tree.run("desk", "digest", "--scope", scope).output == there, "\(scope)")
        }
        try tree.close()
    }

    @Test(
        "A question about somebody who leaves goes with them, and after the retention the site holds nobody of the day")
    func leaving() throws {
        let tree = try Tree()
        let sessions = try tree.rows("sessions")
        let code = sessions[0][1]
        let here = Set(sessions.filter { $0[1] == code }.map { $0[0] })
        let booked = try tree.rows("bookings").filter { here.contains($0[2]) }
        try tree.enrol("desk", ["--site", code])
        try tree.run("desk", "sync", "--hub", tree.hq.address)
        let ticket = booked[0][5]
        try tree.run("hq", "correct-name", ticket, "--family", "Officename", "--as", "hq")
        try tree.run("desk", "correct-name", ticket, "--family", "Deskname", "--as", "dora")
        try tree.run("desk", "sync")
        try tree.run("desk", "conflicts", "list", status: 2)
        #expect(try tree.isOnDisk("desk", "Officename"))
        try tree.run("hq", "cancel-booking", ticket, "--as", "hq")
        try tree.run("desk", "sync")
        try tree.run("desk", "conflicts", "list")
        #expect(try !tree.isOnDisk("desk", "Officename"), "the question's words are gone too")

        let release = ["scopes", "release", "--ended-before", "2100-01-01", "--as", "hq", "--store", tree.path("hq")]
        #expect(try Program.run(release + ["--json"]).json()["dossiers"] as? Int == 0, "nothing is sealed")
        let planned = try Program.run(release + ["--unsealed", "--json"]).json()
        #expect((planned["sites"] as? [String: Int])?["site/\(code)"] == booked.count - 1)
        #expect(planned["released"] as? Int == 0, "a dry run")
        try tree.run("desk", "candidate", "show", booked[1][5])
        #expect(try Program.run(release + ["--unsealed", "--apply"]).status == 0)
        try tree.run("desk", "sync")
        for row in booked {
            #expect(try tree.run("desk", "candidate", "show", row[5], status: 1).errors.contains("site \(code)"))
        }
        #expect(try tree.run("desk", "scopes", "--json").json()["strays"] as? Int == 0)
        try tree.run("desk", "scopes", "release", "--ended-before", "2100-01-01", "--as", "dora", status: 1)
        try tree.close()
    }

    @Test("A region's hub serves its own sites and no other; an enrolment that changes loses nothing")
    func region() throws {
        let tree = try Tree()
        let sites = try tree.rows("sites")
        let (code, region) = (sites[0][0], sites[0][2])
        try tree.enrol("region", ["--hub", "--region", region])
        try tree.run("region", "sync", "--hub", tree.hq.address)
        let hub = try RunningHub(store: tree.path("region"), ["--parent", tree.hq.address])
        try tree.enrol("desk", ["--site", code])
        try tree.enrol("stranger", ["--site", "NOWHERE"])
        try tree.run("desk", "sync", "--hub", hub.address)
        try tree.run("stranger", "sync", "--hub", hub.address)
        for scope in ["common", "site/\(code)"] {
            let there = try tree.run("region", "digest", "--scope", scope).output
            #expect(try tree.run("desk", "digest", "--scope", scope).output == there, "\(scope)")
        }
        let roster = try tree.run(
            "desk", "roster", "--session", try #require(tree.rows("sessions").first { $0[1] == code })[0])
        #expect(!roster.output.contains("not here"), "\(roster.output)")
        let held = try tree.run("stranger", "scopes", "--json").json()
        #expect(held["wants"] as? [String] == ["common", "site/NOWHERE"])
        let documents = try #require(held["documents"] as? Int)
        #expect(try tree.run("desk", "scopes", "--json").json()["documents"] as? Int ?? 0 > documents)
        // What is not wanted any more goes with the next sync, what was done there first.
        let set = try tree.run("desk", "scopes", "set", "--site", "NOWHERE")
        #expect(set.output.contains("Nothing that is unsent is lost"))
        try tree.run("desk", "sync")
        let after = try tree.run("desk", "scopes", "--json").json()
        #expect(after["documents"] as? Int == documents && after["strays"] as? Int == 0)
        try tree.run("region", "scopes", "set", status: 64)
        try tree.run("hq", "scopes", "set", "--site", code, status: 1)
        #expect(try hub.stop() == 0)
        try tree.close()
    }
}
