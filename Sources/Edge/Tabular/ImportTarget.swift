/// The kinds of records that a foreign file can become.
public enum ImportTarget: String, CaseIterable, Sendable {
    case site, room, staff, scheme, session, person, booking, score

    /// The fields that a mapping may give for this target. Every target has a key besides.
    public var fields: [ImportField] {
        switch self {
        case .site: [.title, .region]
        case .room: [.site, .room, .seats]
        case .staff: [.site, .name, .roles]
        case .scheme: [.code, .title, .kind, .version, .components, .duration, .lateMinutes, .rawMaximum]
        case .session: [.scheme, .component, .site, .region, .room, .seats, .start, .title]
        case .person: [.number, .given, .family, .script, .birthDate, .language, .email, .phone, .region]
        case .booking: [.person, .session, .room, .seat, .ticket, .arrival]
        case .score: [.booking, .person, .session, .component, .role, .raw, .enteredBy, .time]
        }
    }
}

/// A field of a target. `scheme`, `person`, `session` and `booking` hold the external key of another row.
public enum ImportField: String, CaseIterable, Sendable {
    case code, title, kind, version, components, duration, lateMinutes, rawMaximum
    case scheme, component, site, room, seats, start
    case name, roles
    case number, given, family, script, birthDate, language, email, phone, region
    case person, session, seat, ticket, arrival
    case booking, role, raw, enteredBy, time

    /// What a field's text has to be.
    enum Form: Equatable {
        case text
        /// Digits with an optional sign, at most 18 of them.
        case integer
        /// A day as ISO 8601 writes it.
        case date
        /// A day and a time as ISO 8601 writes them, kept as milliseconds since 1970.
        case time
        case oneOf([String])
    }

    var form: Form {
        switch self {
        case .kind: .oneOf(["certification", "certificate", "recertification", "benchmark", "practice"])
        case .role: .oneOf(["first", "second"])
        case .arrival: .oneOf(["booked", "no_show", "turned_away", "checked_in"])
        case .raw, .seats, .duration, .lateMinutes, .rawMaximum: .integer
        case .birthDate: .date
        case .start, .time: .time
        default: .text
        }
    }
}
