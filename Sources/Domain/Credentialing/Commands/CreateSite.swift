import ChangeSets
import Merging

/// Sets up a site with its rooms, seats and staff.
public struct CreateSite: Command {
    public static let intent: Text = "create-site"

    public struct RoomPlan: Hashable, Sendable {
        public var label: String
        /// The labels of the seats.
        public var seats: [String]

        public init(label: String, seats: [String]) {
            self.label = label
            self.seats = seats
        }
    }

    public struct StaffPlan: Hashable, Sendable {
        public var actorID: String
        public var displayName: String
        public var roles: [String]

        public init(actorID: String, displayName: String, roles: [String]) {
            self.actorID = actorID
            self.displayName = displayName
            self.roles = roles
        }
    }

    public var code: String
    public var title: String
    public var region: String
    public var rooms: [RoomPlan]
    public var staff: [StaffPlan]

    public init(code: String, title: String, region: String, rooms: [RoomPlan], staff: [StaffPlan] = []) {
        self.code = code
        self.title = title
        self.region = region
        self.rooms = rooms
        self.staff = staff
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let code = try Checks.required(code, "code of the site")
        let region = try Checks.required(region, "region")
        try Lookup(reading).checkUnused(code, Site.kind, Site.code, "code")
        let count = rooms.reduce(1 + rooms.count + staff.count) { $0 + $1.seats.count }
        guard count <= ChangeSetLimits.changeSetRecordsMax else {
            throw CommandRefusal(.tooMany, "A site holds \(ChangeSetLimits.changeSetRecordsMax - 1) entries: split it.")
        }
        var site = RecordBuilder(.pending(ordinal: 0), Site.kind)
        site.add(Site.scopes, [ScopeName.region(region), ScopeName.site(code)])
        site.set(Site.code, code)
        site.set(Site.title, try Checks.required(title, "name of the site"))
        site.set(Site.region, region)
        var changes = [site.change]
        for room in rooms { try add(room, to: &changes) }
        for member in staff {
            var record = RecordBuilder(.pending(ordinal: UInt16(changes.count)), StaffMember.kind)
            record.set(StaffMember.actorID, try Checks.required(member.actorID, "sign-in name"))
            record.set(StaffMember.displayName, try Checks.optional(member.displayName, "name"))
            record.add(StaffMember.roles, member.roles)
            changes.append(record.change)
        }
        return [
            Draft(
                .new, documentKind: CredentialingSchema.site.tag, actor: actor.text, intent: Self.intent,
                changes: changes)
        ]
    }

    private func add(_ room: RoomPlan, to changes: inout [RecordChange]) throws(CommandRefusal) {
        guard Set(room.seats.map { Text($0) }).count == room.seats.count else {
            throw CommandRefusal(.alreadyThere, "Two seats of room \(room.label) have the same label: number them.")
        }
        let name = RecordName.pending(ordinal: UInt16(changes.count))
        var record = RecordBuilder(name, Room.kind)
        record.set(Room.label, try Checks.required(room.label, "label of the room"))
        changes.append(record.change)
        for label in room.seats {
            var seat = RecordBuilder(.pending(ordinal: UInt16(changes.count)), Seat.kind)
            seat.set(Seat.room, name)
            seat.set(Seat.label, try Checks.required(label, "label of the seat"))
            seat.set(Seat.service, SeatService.inService)
            changes.append(seat.change)
        }
    }
}
