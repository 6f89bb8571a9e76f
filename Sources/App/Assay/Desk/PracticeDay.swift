import ByteCoding
import CredentialStore
import Credentialing
import Foundation
import HybridTime
import Merging
import ReplicaStore
import SampleData

/// A throw-away store with made-up people, so that anybody can learn the desk on any laptop. Nothing of it leaves the
/// folder, and the folder goes with the program.
struct PracticeDay {
    let folder: String
    let store: CredentialStore

    private static let people: UInt64 = 24

    init(now: Int64) throws {
        folder = NSTemporaryDirectory() + "assay-practice-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let identity = Identity(
            replica: ReplicaID(UInt64.random(in: 1 ... .max)),
            organisation: (0..<16).map { _ in UInt8.random(in: .min ... .max) }, name: "Practice")
        store = try CredentialStore.create(in: folder, identity: identity, isHub: false)
        try fill(now)
    }

    /// The folder goes, whatever happened.
    func end() {
        try? store.replica.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func perform(_ command: some Command, _ now: Int64) throws -> RecordName {
        guard let made = try store.perform(command, actor: ActorIdentity("practice"), now: now).first else {
            throw Failure("store-unreadable", "The practice day could not be made: try again.")
        }
        return RecordName(made.dot, 0)
    }

    private func fill(_ now: Int64) throws {
        var scheme = CreateScheme(
            code: "PRACTICE", title: "Practice",
            components: [.init(code: "T", title: "Theory", range: 0...100, durationMinutes: 90)])
        scheme.walkInAllowed = true
        let part = RecordName(try perform(scheme, now).dot, 2)
        let site = try perform(
            CreateSite(
                code: "PRACTICE", title: "Practice site", region: "practice",
                rooms: [.init(label: "Room 1", seats: (1...PracticeDay.people + 6).map(String.init))],
                staff: [
                    .init(actorID: "proctor", displayName: "You, the proctor", roles: ["invigilator"]),
                    .init(actorID: "clerk", displayName: "A second person, for second scores", roles: ["clerk"]),
                ]), now)
        let session = try perform(CreateSession(site: site, component: part, startTime: now - 2 * 60_000), now)
        for number in 0..<PracticeDay.people {
            let made = SamplePerson.make(number: number, seed: UInt64(bitPattern: now))
            var form = RegisterPerson(
                candidateNumber: Credentialing.CandidateNumber.text(number * 37 + 1), given: made.given,
                family: made.family)
            form.script = made.script
            form.dateOfBirth = "\(made.birthDate)"
            let person = try perform(form, now)
            _ = try perform(Book(person: person, session: session, ticketCode: "P\(1001 + number)"), now)
        }
    }
}
