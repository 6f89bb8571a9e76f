/// A person's name as the identity document has it.
public struct LegalName: Hashable, Sendable {
    public let given: String
    public let family: String
    /// The script by its ISO 15924 code, such as `Latn`, `Arab` or `Jpan`. Decides which part comes first.
    public let script: String

    public init(given: String, family: String, script: String = "Latn") {
        self.given = given
        self.family = family
        self.script = script
    }

    private static let familyFirst: Set<String> = ["Hani", "Hans", "Hant", "Jpan", "Kore", "Hang"]

    /// Both parts in the order of the script, parted by a space.
    public var full: String {
        let parts = LegalName.familyFirst.contains(script) ? [family, given] : [given, family]
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }
}

/// How far a piece of work has come on its way to headquarters.
public enum SafetyLevel: String, Sendable, CaseIterable {
    case saved, atHub, atHQ

    /// The word on the screen.
    public var word: String {
        switch self {
        case .saved: "saved"
        case .atHub: "hub"
        case .atHQ: "HQ"
        }
    }
}

/// One scored part of an exam, with who made the two entries. The desk never receives the values: what is not there
/// cannot be shown to the person who is to enter the second one blind.
public struct ScoreComponent: Hashable, Sendable, Identifiable {
    public let id: String
    public let title: String
    /// The greatest raw score, in points.
    public let maximum: Int
    /// The staff member who made each entry; none where there is none yet.
    public let firstBy: String?
    public let secondBy: String?

    public init(id: String, title: String, maximum: Int, firstBy: String? = nil, secondBy: String? = nil) {
        self.id = id
        self.title = title
        self.maximum = maximum
        self.firstBy = firstBy
        self.secondBy = secondBy
    }
}

/// One booking of a session and what the desk needs to know about its person.
public struct RosterRow: Hashable, Sendable, Identifiable {
    /// Where a booking stands, arrival and sitting in one.
    public enum State: String, Sendable, CaseIterable {
        case booked
        case noShow = "no-show"
        case turnedAway = "turned away"
        case checkedIn = "checked in"
        case started, finished

        /// Whether the person is, or was, in the room.
        public var isPresent: Bool { self == .checkedIn || self == .started || self == .finished }
    }

    public let booking: String
    public let candidateNumber: String
    public let name: LegalName
    public let preferredName: String
    /// ISO 8601, such as `1998-04-30`.
    public let birthDate: String
    /// What a scanner reads from the ticket.
    public let ticket: String
    public let seat: String?
    public let state: State
    public let level: SafetyLevel
    /// Open cases that touch this person, one plain sentence each.
    public let cases: [String]
    /// Whether two offices wrote different names and nobody has decided yet.
    public let nameIsProvisional: Bool
    /// What was granted, such as `extra time 25 %`.
    public let accommodations: [String]
    public let components: [ScoreComponent]
    /// Names the state of the records that this row was read from. Opaque; handed back with every write as `seen`.
    public let version: String
    /// When the person went out of the room; nil for whoever is in it, or not here at all.
    public let outSinceMs: Int64?
    /// When the person's time is up, with all minutes that were given back; nil before the start and after the end.
    public let endsMs: Int64?
    public let minutesReturned: Int

    public var id: String { booking }

    public init(
        booking: String, candidateNumber: String, name: LegalName, preferredName: String = "", birthDate: String,
        ticket: String, seat: String? = nil, state: State = .booked, level: SafetyLevel = .saved, cases: [String] = [],
        nameIsProvisional: Bool = false, accommodations: [String] = [], components: [ScoreComponent] = [],
        version: String = "", outSinceMs: Int64? = nil, endsMs: Int64? = nil, minutesReturned: Int = 0
    ) {
        self.outSinceMs = outSinceMs
        self.endsMs = endsMs
        self.minutesReturned = minutesReturned
        self.booking = booking
        self.candidateNumber = candidateNumber
        self.name = name
        self.preferredName = preferredName
        self.birthDate = birthDate
        self.ticket = ticket
        self.seat = seat
        self.state = state
        self.level = level
        self.cases = cases
        self.nameIsProvisional = nameIsProvisional
        self.accommodations = accommodations
        self.components = components
        self.version = version
    }
}

extension RosterRow {
    /// What a person would notice between two readings of the same booking, in plain words; empty where nothing.
    func differences(from old: RosterRow) -> [String] {
        var changes: [String] = []
        func note(_ what: String, _ old: String, _ new: String) {
            if old != new { changes.append("\(what): \(old.isEmpty ? "none" : old) -> \(new.isEmpty ? "none" : new)") }
        }
        note("state", old.state.rawValue, state.rawValue)
        if (old.outSinceMs == nil) != (outSinceMs == nil) { changes.append(outSinceMs == nil ? "back" : "went out") }
        note("seat", old.seat ?? "", seat ?? "")
        note("name", old.name.full, name.full)
        note("born", old.birthDate, birthDate)
        note("accommodations", old.accommodations.joined(separator: ", "), accommodations.joined(separator: ", "))
        if old.cases != cases { changes.append("cases: \(old.cases.count) -> \(cases.count)") }
        if old.components != components { changes.append("scores were entered") }
        return changes
    }
}
