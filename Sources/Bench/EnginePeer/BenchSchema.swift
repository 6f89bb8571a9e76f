import HybridTime
import Merging

/// The exam-day workload's tables as an Assay schema: one document a person, with a mix of policies like the domain's.
/// Rows are known outside by a UUID; it is a fixed field of the record, and `result` is known by its booking's.
enum BenchSchema {
    static let document: UInt32 = 1

    static let candidate = RecordKind(
        1, "candidate", indexes: [["uuid"], ["family_name"]],
        [
            Field(1, "uuid", .bytes, .fixed), Field(2, "given_name", .text, .review),
            Field(3, "family_name", .text, .review), Field(4, "birth_date", .date, .review),
            Field(5, "email", .text, .latest), Field(6, "phone", .text, .latest), Field(7, "address", .text, .latest),
            Field(8, "doc_type", .text, .latest), Field(9, "doc_number", .text, .latest),
            Field(10, "accommodations", .text, .latest), Field(11, "region", .text, .latest),
            Field(12, "language", .text, .latest), Field(13, "fee_paid", .boolean, .latest),
            Field(14, "registered_at", .timestamp, .latest), Field(15, "status", .text, .latest),
        ])
    static let booking = RecordKind(
        2, "booking", indexes: [["uuid"], ["candidate_id"]],
        [
            Field(1, "uuid", .bytes, .fixed), Field(2, "candidate_id", .reference, .fixed),
            Field(3, "exam_code", .text, .latest), Field(4, "session_at", .timestamp, .latest),
            Field(5, "room", .text, .latest),
            Field(6, "status", .text, .ranked(["booked", "no_show", "checked_in", "seated", "started", "finished"])),
            Field(7, "arrived_at", .timestamp, .latest), Field(8, "seat", .text, .review),
            Field(9, "id_verified", .boolean, .latest), Field(10, "proctor", .text, .latest),
            Field(11, "seated_at", .timestamp, .latest), Field(12, "workstation", .integer, .latest),
            Field(13, "form_code", .text, .latest), Field(14, "started_at", .timestamp, .latest),
            Field(15, "finished_at", .timestamp, .latest), Field(16, "answered", .integer, .latest),
        ])
    static let result = RecordKind(
        3, "result", indexes: [["booking"]],
        [
            Field(1, "booking", .reference, .fixed), Field(2, "raw_score", .integer, .review),
            Field(3, "scaled_score", .integer, .review), Field(4, "outcome", .text, .review),
            Field(5, "entered_by", .text, .latest), Field(6, "entered_at", .timestamp, .latest),
        ])
    static let incident = RecordKind(
        4, "incident", indexes: [],
        [
            Field(1, "uuid", .bytes, .fixed), Field(2, "booking_id", .reference, .fixed),
            Field(3, "kind", .text, .latest),
            Field(4, "note", .text, .latest), Field(5, "reported_by", .text, .latest),
            Field(6, "reported_at", .timestamp, .latest),
        ])

    static let schema = Schema([DocumentKind(document, "dossier", [candidate, booking, result, incident])])
}
