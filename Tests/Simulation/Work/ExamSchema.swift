import HybridTime
import Merging

/// A small schema in the domain's shape, with a field of every merge class and policy.
public enum ExamSchema {
    static let ranks = ["none", "held", "barred"]
    static let states = ["planned", "open", "running", "closed", "sealed"]

    static let name = Field(1, "name", .text, .review)
    static let phone = Field(2, "phone", .text, .latest)
    static let hold = Field(3, "hold", .enumeration(ranks), .ranked(ranks))
    static let emails = Field(4, "emails", .text, .addWins)
    static let born = Field(5, "born", .date, .fixed)
    static let seat = Field(6, "seat", .integer, .review)
    static let note = Field(7, "note", .text, .latest)
    static let sitting = Field(8, "sitting", .reference, .review)
    static let isActive = Field(9, "is_active", .boolean, .latest)
    static let person = RecordKind(
        1, "person", [EngineRecords.scopes, name, phone, hold, emails, born, seat, note, sitting, isActive])

    static let at = Field(10, "at", .timestamp, .once)
    static let room = Field(11, "room", .text, .once)
    static let by = Field(12, "by", .reference, .once)
    static let checkIn = RecordKind(2, "check_in", isAppendOnly: true, [at, room, by])

    static let state = Field(13, "state", .enumeration(states), .ranked(states))
    static let title = Field(14, "title", .text, .review)
    static let proctors = Field(15, "proctors", .text, .addWins)
    static let session = RecordKind(3, "session", [EngineRecords.scopes, state, title, proctors])

    static let decision = Field(16, "decision", .text, .review)
    static let members = Field(17, "members", .reference, .addWins)
    static let matter = RecordKind(4, "matter", [EngineRecords.scopes, decision, members])

    static let dossierDocument = DocumentKind(1, "dossier", [person, checkIn])
    static let sessionDocument = DocumentKind(2, "sitting", [session])
    static let matterDocument = DocumentKind(3, "matter_file", [matter])
    static let documents = [dossierDocument, sessionDocument, matterDocument]
    public static let schema = Schema(documents)
}
