import ChangeSets
import CredentialStore
import Credentialing
import Foundation
import HybridTime
import Merging
import ReplicaStore

/// A folder with stores for one test, gone when the test is.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "assay-desk-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private static let organisation = [UInt8](repeating: 7, count: 16)

    /// Makes a store by the name of `name` below the folder.
    func store(_ name: String, isHub: Bool = false, isHeadquarters: Bool = false) throws -> CredentialStore {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        let identity = Identity(
            replica: ReplicaID(UInt64.random(in: 1 ... .max)), organisation: Folder.organisation, name: name)
        let store = try CredentialStore.create(
            in: "\(path)/\(name)", identity: identity, isHub: isHub || isHeadquarters)
        try store.setHeadquarters(isHeadquarters)
        return store
    }
}

/// The exam day that the tests play: one site, one session that began five minutes ago, six people.
struct ExamDay {
    let session: RecordName
    let component: RecordName
    /// In the order of their tickets, TK-0001 onwards.
    let bookings: [RecordName]

    /// Ana Prado's. Bo Li has not chosen one.
    static let pin = "258046"

    static let people = [
        ("Léa", "Ferreira"), ("João", "Silva"), ("Søren", "Østergård"), ("Aoife", "O'Brien"), ("Ayşe", "Yılmaz"),
        ("Jürgen", "Müller"),
    ]

    init(_ store: CredentialStore, now: Int64) throws {
        let actor = ActorIdentity("office")
        func perform(_ command: some Command) throws -> ChangeSet {
            let sets = try store.perform(command, actor: actor, now: now)
            guard let set = sets.first else { throw Failed("a command made nothing") }
            return set
        }
        let site = try perform(
            CreateSite(
                code: "LIS", title: "Lisbon", region: "south",
                rooms: [.init(label: "Hall", seats: (1...8).map { "\($0)" })],
                staff: [
                    .init(actorID: "1042", displayName: "Ana Prado", roles: ["invigilator"]),
                    .init(actorID: "1043", displayName: "Bo Li", roles: ["supervisor"]),
                ]))
        let scheme = try perform(
            CreateScheme(
                code: "WELD", title: "Welding",
                components: [.init(code: "T", title: "Theory", range: 0...100, durationMinutes: 90)]))
        component = RecordName(scheme.dot, 2)
        session = try perform(
            CreateSession(site: RecordName(site.dot, 0), component: component, startTime: now - 5 * 60_000)
        ).document
        try store.setPIN(of: "1042", to: ExamDay.pin, by: actor, now: now, cost: 10)
        var bookings: [RecordName] = []
        for (index, name) in ExamDay.people.enumerated() {
            var register = RegisterPerson(candidateNumber: "C000\(index + 1)", given: name.0, family: name.1)
            register.dateOfBirth = "1990-01-1\(index)"
            let person = try perform(register).document
            let booked = try perform(Book(person: person, session: session, ticketCode: "TK-000\(index + 1)"))
            guard let booking = booked.changes.first(where: { $0.kind == Booking.kind.tag }) else {
                throw Failed("a booking made no record")
            }
            bookings.append(booking.record)
        }
        self.bookings = bookings
    }
}

/// What went wrong around a test, in one line.
struct Failed: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

func wallClock() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
