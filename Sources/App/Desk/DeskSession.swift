/// One exam session of the day.
public struct DeskSession: Hashable, Sendable, Identifiable {
    public enum State: String, Sendable, CaseIterable {
        case planned, open, running, closed, sealed

        /// Whether people may still be checked in, started and finished.
        public var takesPeople: Bool { self == .planned || self == .open || self == .running }
    }

    /// How many bookings stand where. `booked` counts everyone, the others parts of them.
    public struct Counts: Hashable, Sendable {
        public let booked: Int
        public let present: Int
        public let finished: Int
        /// No-shows and people who were turned away.
        public let absent: Int

        public init(booked: Int, present: Int, finished: Int, absent: Int) {
            self.booked = booked
            self.present = present
            self.finished = finished
            self.absent = absent
        }

        init(_ rows: some Sequence<RosterRow>) {
            var (booked, present, finished, absent) = (0, 0, 0, 0)
            for row in rows {
                booked += 1
                if row.state.isPresent { present += 1 }
                if row.state == .finished { finished += 1 }
                if row.state == .noShow || row.state == .turnedAway { absent += 1 }
            }
            self.init(booked: booked, present: present, finished: finished, absent: absent)
        }
    }

    public let id: String
    public let title: String
    public let site: String
    public let room: String
    /// The start as people at the site say it, such as `09:00`.
    public let startText: String
    /// The start in milliseconds since 1970.
    public let startMs: Int64
    public let state: State
    public let counts: Counts
    /// Seats in service, in the order in which they are filled. Empty where the room has none numbered.
    public let seats: [String]
    /// Minutes after the start up to which people are admitted without a waiver; no limit where there is none.
    public let lateMinutesMax: Int?
    /// Every seat of the site, also those out of service.
    public let plan: [DeskSeat]
    public let interruptions: [DeskInterruption]
    public let takesWalkIns: Bool

    public init(
        id: String, title: String, site: String, room: String, startText: String, startMs: Int64, state: State,
        counts: Counts, seats: [String] = [], lateMinutesMax: Int? = nil, plan: [DeskSeat] = [],
        interruptions: [DeskInterruption] = [], takesWalkIns: Bool = false
    ) {
        self.plan = plan
        self.interruptions = interruptions
        self.takesWalkIns = takesWalkIns
        self.id = id
        self.title = title
        self.site = site
        self.room = room
        self.startText = startText
        self.startMs = startMs
        self.state = state
        self.counts = counts
        self.seats = seats
        self.lateMinutesMax = lateMinutesMax
    }
}

/// Somebody who may stand at the desk.
public struct StaffMember: Hashable, Sendable, Identifiable {
    public let id: String
    public let name: String
    public let role: String
    public let signIn: StaffSignIn

    public init(id: String, name: String, role: String, signIn: StaffSignIn = .open) {
        self.signIn = signIn
        self.id = id
        self.name = name
        self.role = role
    }
}
