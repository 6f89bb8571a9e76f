import HybridTime
import Merging
import ReplicaStore

/// A schema with a field of every policy, small enough for thousands of stores.
public enum RigSchema {
    public static let title = Field(1, "title", .text, .review)
    public static let phone = Field(2, "phone", .text, .latest)
    public static let hold = Field(3, "hold", .enumeration(["none", "held"]), .ranked(["none", "held"]))
    public static let emails = Field(4, "emails", .text, .addWins)
    public static let person = RecordKind(1, "person", indexes: [["phone"]], [title, phone, hold, emails])

    public static let room = Field(5, "room", .text, .once)
    public static let entry = RecordKind(2, "entry", isAppendOnly: true, [room])

    public static let name = Field(6, "name", .text, .review)
    public static let place = RecordKind(3, "place", [name])

    public static let dossier = DocumentKind(1, "dossier", [person, entry])
    public static let site = DocumentKind(2, "site", [place])
    public static let schema = Schema([dossier, site])

    public static func identity(_ number: UInt64) -> Identity {
        Identity(
            replica: ReplicaID(0xB000 + number), organisation: [UInt8](repeating: 7, count: 16), name: "rig \(number)")
    }
}
