import Merging

/// A place where people sit.
public enum Site {
    public static let scopes = CredentialingSchema.scopes
    /// Short and lasting: the site's scope is made of it.
    public static let code = Field(2, "code", .text, .fixed)
    public static let title = Field(3, "title", .text, .latest)
    public static let region = Field(4, "region", .text, .fixed)

    public static let kind = RecordKind(50, "site", indexes: [["code"]], [scopes, code, title, region])
}

/// A room of a site.
public enum Room {
    public static let label = Field(1, "label", .text, .fixed)

    public static let kind = RecordKind(51, "room", indexes: [], [label])
}

/// A seat of a room.
public enum Seat {
    public static let room = Field(1, "room", .reference, .fixed)
    public static let label = Field(2, "label", .text, .fixed)
    public static let service = Field(3, "service", .enumeration(SeatService.words), .ranked(SeatService.words))

    public static let kind = RecordKind(52, "seat", indexes: [], [room, label, service])
}

/// Whether a seat can be used.
public enum SeatService: String, CaseIterable, Sendable {
    case inService = "in_service"
    case out
    public static let words = allCases.map(\.rawValue)
}

/// Somebody who works at a site.
public enum StaffMember {
    /// The identity under which change sets name this person.
    public static let actorID = Field(1, "actor_id", .text, .fixed)
    public static let displayName = Field(2, "display_name", .text, .latest)
    public static let roles = Field(3, "roles", .text, .addWins)

    /// What a PIN is checked against, as the edge makes it: never the PIN. None until one is chosen.
    public static let pinVerifier = Field(4, "pin_verifier", .bytes, .latest)

    public static let kind = RecordKind(
        53, "staff_member", indexes: [["actor_id"]], [actorID, displayName, roles, pinVerifier])
}
