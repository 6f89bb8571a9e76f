import CredentialStore
import Credentialing
import Desk
import Merging

/// What the desk needs of one site.
struct SiteFacts: Sendable {
    let name: RecordName
    let code: String
    let title: String
    let rooms: [String]
    /// Every seat as people at the site call it, in the order in which the site was set up.
    let seats: [(name: RecordName, label: String, isInService: Bool)]
    let staff: [Desk.StaffMember]
    private let labels: [RecordName: String]

    init(_ site: RecordView, _ records: StoredRecords) throws(ReadingFailure) {
        name = site.name
        code = site.text(Site.code) ?? ""
        title = site.text(Site.title) ?? code
        let rooms = try records.records(in: site.name, Room.kind)
        self.rooms = rooms.compactMap { $0.text(Room.label) }
        seats = SiteFacts.seats(try records.records(in: site.name, Seat.kind), rooms)
        labels = Dictionary(seats.map { ($0.name, $0.label) }, uniquingKeysWith: { first, _ in first })
        staff = try records.records(in: site.name, Credentialing.StaffMember.kind).compactMap(Desk.StaffMember.init)
    }

    /// What stands where several rooms are: their number.
    var room: String { rooms.count > 1 ? "\(rooms.count) rooms" : rooms.first ?? "" }

    func label(of seat: RecordName) -> String? { labels[seat] }

    /// The seat that people call so, whatever the case of its letters.
    func seat(called label: String) -> RecordName? {
        let wanted = label.uppercased()
        return seats.first { $0.label.uppercased() == wanted }?.name
    }

    /// Labels are unique within a room only: where two rooms share one, the room's stands before it.
    private static func seats(
        _ seats: [RecordView], _ rooms: [RecordView]
    ) -> [(name: RecordName, label: String, isInService: Bool)] {
        let uses = seats.reduce(into: [String: Int]()) { $0[$1.text(Seat.label) ?? "", default: 0] += 1 }
        return seats.map { seat in
            let own = seat.text(Seat.label) ?? ""
            let room = rooms.first { $0.name == seat.reference(Seat.room) }?.text(Room.label) ?? ""
            let label = uses[own, default: 0] > 1 && !room.isEmpty ? "\(room)/\(own)" : own
            return (seat.name, label, seat.word(Seat.service, as: SeatService.self) != .out)
        }
    }
}

extension Desk.StaffMember {
    fileprivate init?(_ record: RecordView) {
        guard let id = record.text(Credentialing.StaffMember.actorID) else { return nil }
        let roles = record.elements(Credentialing.StaffMember.roles)
        self.init(
            id: id, name: record.text(Credentialing.StaffMember.displayName) ?? id,
            role: roles.isEmpty ? "staff" : roles.joined(separator: ", "),
            signIn: record.bytes(Credentialing.StaffMember.pinVerifier) == nil ? .choosePIN : .pin)
    }
}
