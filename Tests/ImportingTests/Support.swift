import CredentialStore
import Credentialing
import Foundation
import GRDB
import HybridTime
import Importing
import ReplicaStore
import Tabular
import Testing

/// A folder with a store and files, removed with the value.
final class ImportFixture {
    let folder: String
    let store: CredentialStore
    private(set) var failures: [ImportFailure] = []
    static let actor = ActorIdentity("registry", station: "desk 1")

    init(isHeadquarters: Bool = true) throws {
        folder = NSTemporaryDirectory() + "assay-importing-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder + "/store", withIntermediateDirectories: true)
        let identity = Identity(
            replica: ReplicaID(UInt64.random(in: 1 ... .max)), organisation: [UInt8](repeating: 7, count: 16),
            name: "Test")
        store = try CredentialStore.create(in: folder + "/store", identity: identity, isHub: isHeadquarters)
        try store.setHeadquarters(isHeadquarters)
    }

    deinit {
        try? store.replica.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }

    @discardableResult
    func take(
        _ mapping: String, _ mode: Importer.Mode = .apply, role: ScoreRole = .first, actor: ActorIdentity = actor
    ) throws -> ImportSummary {
        try take(ImportMapping(yaml: mapping), folder: folder, mode, role: role, actor: actor)
    }

    @discardableResult
    func take(
        _ mapping: ImportMapping, folder: String, _ mode: Importer.Mode = .apply, role: ScoreRole = .first,
        actor: ActorIdentity = actor
    ) throws -> ImportSummary {
        failures = []
        let reader = try ImportReader(mapping, folder: folder) { self.failures.append($0) }
        return try Importer(store, actor: actor, role: role) { 1_700_000_000_000 }.run(reader, mode: mode)
    }

    var codes: [String] { failures.map(\.code.text) }

    func count(_ table: String) throws -> Int {
        try store.replica.reading { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? -1 }
    }

    func text(_ sql: String) throws -> String? {
        try store.replica.reading { db in try String.fetchOne(db, sql: sql) }
    }

    func export(_ table: ExportTable, escapeFormulas: Bool = true) throws -> String {
        let path = folder + "/export.csv"
        var writer = try CSVWriter(path: path, options: CSVOptions(escapeFormulas: escapeFormulas))
        _ = try table.write(store, to: &writer)
        try writer.finish()
        return path
    }
}

/// A scheme with one session, in which two rooms are.
enum Day {
    static let mapping = """
        assay-mapping: 1
        name: day
        clear: "(none)"
        inputs:
          sessions: {files: sessions.csv}
          people: {files: people.csv}
          bookings: {files: bookings.csv}
          scores: {files: scores.csv}
        targets:
          - {target: scheme, from: sessions, key: scheme, distinct: true, fields: {title: scheme}}
          - target: session
            from: sessions
            key: key
            fields: {scheme: scheme, site: site, room: room, seats: seats, start: start}
          - target: person
            from: people
            key: key
            fields: {given: given, family: family, birthDate: born, phone: phone, email: email}
          - target: booking
            from: bookings
            key: key
            fields: {person: person, session: session, room: room, seat: seat, arrival: arrival}
          - {target: score, from: scores, key: booking, fields: {booking: booking, raw: raw}}

        """
    static let sessions = "key,scheme,site,room,seats,start\nS1,NET,LEEDS,R1,2,2027-01-05T09:00Z\n"
    static let people =
        "key,given,family,born,phone,email\nP1,Ada,Byron,1985-12-10,+447700900001,a@example.org\nP2,Bo,Li,,,\n"
    static let bookings = "key,person,session,room,seat,arrival\nB1,P1,S1,R1,01,checked_in\nB2,P2,S1,R1,02,\n"
    static let scores = "booking,raw\nB1,85\n"

    static func fixture() throws -> ImportFixture {
        let fixture = try ImportFixture()
        try fixture.write("sessions.csv", sessions)
        try fixture.write("people.csv", people)
        try fixture.write("bookings.csv", bookings)
        try fixture.write("scores.csv", scores)
        return fixture
    }
}

/// The data that lies beside the clone and is never committed.
enum SharedData {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static var folder: String { root.deletingLastPathComponent().path + "/shared/data" }
    static var mappings: String { root.path + "/Tools/mappings" }
    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder) }
    static let absence: Comment = "The folder ../shared/data is absent, so nothing was checked against it."
}
