import CredentialStore
import Credentialing
import Foundation
import HybridTime
import Merging

/// Fills an empty store with a scheme, a site, a session that began five minutes ago, and people with places in it: what
/// the tests of the command line, and whoever wants to see it, begin with. Takes the store's folder.
@main
enum AssaySeed {
    struct Unusable: Error {}

    static func main() throws {
        guard let path = CommandLine.arguments.dropFirst().first else { throw Unusable() }
        let store = try CredentialStore.open(in: path)
        let hq = ActorIdentity("hq")
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        func run(_ command: some Command) throws -> RecordName {
            guard let set = try store.perform(command, actor: hq, now: now).first else { throw Unusable() }
            return RecordName(set.dot, 0)
        }
        let scheme = try run(
            CreateScheme(
                code: "CRA", title: "Certified Rope Access",
                components: [.init(code: "T", title: "Theory", range: 0...100, durationMinutes: 90)]))
        let site = try run(
            CreateSite(
                code: "LIS", title: "Lisbon", region: "south",
                rooms: [.init(label: "A", seats: (1...16).map(String.init))],
                staff: [
                    .init(actorID: "dora", displayName: "Dora Lima", roles: ["invigilator"]),
                    .init(actorID: "emil", displayName: "Emil Sørensen", roles: ["invigilator"]),
                ]))
        let component = RecordName(scheme.dot, 2)
        let session = try run(
            CreateSession(site: site, component: component, startTime: now - 300_000, externalKey: "LIS-AM"))
        _ = try run(
            CreateSession(site: site, component: component, startTime: now + 86_400_000, externalKey: "LIS-NEXT"))
        let people = [
            ("Ana", "Novák", "Latn", "1990-02-28"), ("Jürgen", "Müller", "Latn", "1985-11-03"),
            ("太郎", "山田", "Jpan", "1979-04-01"), ("Мария", "Иванова", "Cyrl", "1992-12-12"),
            ("สมชาย", "ใจดี", "Thai", "1988-07-19"), ("فاطمة", "الزهراء", "Arab", "1995-01-30"),
            ("Wolfeschlegelsteinhausen", "Bergerdorff-Featherstonehaugh", "Latn", "1970-05-05"),
            ("민준", "김", "Kore", "2000-10-10"),
        ]
        for (index, person) in people.enumerated() {
            var form = RegisterPerson(
                candidateNumber: CandidateNumber.text(UInt64(index + 1) * 7_919), given: person.0, family: person.1)
            form.script = person.2
            form.dateOfBirth = person.3
            form.phone = "+351 21 555 010\(index)"
            let name = try run(form)
            _ = try run(Book(person: name, session: session, ticketCode: "TICKET-\(index + 1)"))
        }
        try store.replica.close()
    }
}
