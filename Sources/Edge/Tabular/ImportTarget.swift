/// The kinds of records that a foreign file can become.
public enum ImportTarget: String, CaseIterable, Sendable {
    case scheme, session, person, booking, score

    /// The fields that a mapping may give for this target. Every target has a key besides.
    public var fields: [ImportField] {
        switch self {
        case .scheme: [.code, .title, .kind, .version]
        case .session: [.scheme, .component, .site, .room, .start, .title]
        case .person: [.given, .family, .script, .birthDate, .language, .email, .phone, .region]
        case .booking: [.person, .session, .seat, .ticket]
        case .score: [.booking, .person, .session, .component, .role, .raw, .enteredBy, .time]
        }
    }
}

/// A field of a target. `scheme`, `person`, `session` and `booking` hold the external key of another row.
public enum ImportField: String, CaseIterable, Sendable {
    case code, title, kind, version
    case scheme, component, site, room, start
    case given, family, script, birthDate, language, email, phone, region
    case person, session, seat, ticket
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
        case .raw: .integer
        case .birthDate: .date
        case .start, .time: .time
        default: .text
        }
    }
}
