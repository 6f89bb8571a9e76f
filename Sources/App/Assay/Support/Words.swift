import CredentialStore
import Credentialing
import Foundation
import HybridTime
import Merging
import ReplicaStore

/// Records, fields and values in the words of people's work.
struct Words {
    let records: StoredRecords
    let identity: Identity

    init(_ records: StoredRecords, _ identity: Identity) {
        self.records = records
        self.identity = identity
    }

    static func spaced(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }

    static func noun(_ kind: RecordKind) -> String {
        switch kind.tag {
        case Person.kind.tag: "person"
        case ExamSession.kind.tag: "session"
        case CheckIn.kind.tag: "check-in"
        case Resolution.kind.tag: "decision"
        default: spaced(kind.name)
        }
    }

    static func number(_ person: RecordView) -> String {
        person.text(Person.candidateNumber) ?? person.name.description
    }

    /// This replica by its name; others by the beginning of their identity, as no table of names travels yet.
    func replica(_ id: ReplicaID) -> String {
        id == identity.replica ? identity.name : "replica " + id.description.prefix(8)
    }

    /// Somebody by the name on the staff list, where there is one.
    func actor(_ id: String) throws -> String {
        let staff = try records.records(StaffMember.kind, where: StaffMember.actorID, equals: .text(id)).first
        guard let name = staff?.text(StaffMember.displayName), name != id else { return id }
        return "\(name) (\(id))"
    }

    func value(_ value: Value, _ field: Field) throws -> String {
        switch value {
        case .null: return "(cleared)"
        case .integer(let number):
            switch field.type {
            case .timestamp: return LocalTime.text(number)
            case .boolean: return number == 0 ? "no" : "yes"
            default: return String(number)
            }
        case .text(let text):
            if case .enumeration = field.type { return Words.spaced(text.string) }
            return text.string
        case .bytes(let bytes): return "\(bytes.count) bytes"
        case .reference(let name): return try reference(name)
        }
    }

    /// A record by what people know it as.
    func reference(_ name: RecordName) throws -> String {
        if let seat = try records.record(name, Seat.kind) {
            let room = try seat.reference(Seat.room).flatMap { try records.record($0, Room.kind) }?.text(Room.label)
            return [room, seat.text(Seat.label)].compactMap { $0 }.joined(separator: "/")
        }
        if let session = try SessionView(name, records) { return "\(session.title), \(LocalTime.text(session.start))" }
        if let booking = try records.record(name, Booking.kind) {
            return "ticket \(booking.text(Booking.ticketCode) ?? name.description)"
        }
        if let component = try records.record(name, Component.kind) {
            return component.text(Component.title) ?? name.description
        }
        if let person = try records.record(name, Person.kind) {
            return "\(DisplayName(person)) (\(Words.number(person)))"
        }
        return name.description
    }

    /// What a booking has come to, in one or two words.
    func state(_ booking: RecordView) throws -> (text: String, role: Console.Role?) {
        if booking.isCancelled {
            return booking.arrival == .checkedIn ? ("cancelled but here", .bad) : ("cancelled", .dim)
        }
        if booking[Booking.transferredTo] != .null { return ("transferred", .dim) }
        switch booking.arrival {
        case .booked: return ("expected", nil)
        case .noShow: return ("absent", .warning)
        case .turnedAway: return ("turned away", .warning)
        case .checkedIn: break
        }
        let sittings = try records.records(Sitting.kind, where: Sitting.booking, equals: .reference(booking.name))
        let counting = sittings.filter(\.counts)
        guard counting.count == 1, let sitting = counting.first else {
            return (counting.isEmpty ? "admitted, no sitting" : "admitted \(counting.count) times", .bad)
        }
        switch sitting.word(Sitting.state, as: SittingState.self) {
        case .started: return ("sitting", .good)
        case .finished, .submitted: return ("finished", .good)
        case .admitted, nil: return ("admitted", .good)
        }
    }
}

/// Cases by the documents that they are about.
struct CaseBook {
    let cases: [StandingCase]

    init(_ cases: [StandingCase]) { self.cases = cases }

    var waiting: [StandingCase] { cases.filter(\.isWaiting) }

    func waiting(about document: RecordName) -> [StandingCase] {
        waiting.filter { $0.violation.documents.contains(document) }
    }

    func waiting(aboutRecord name: RecordName) -> [StandingCase] {
        waiting.filter { $0.violation.members.contains(name) }
    }
}

extension RecordName {
    /// A case's name as lists show it: the beginning of its hash, enough for any list that people read.
    var caseLabel: String { String(origin.description.prefix(8)) }
}
