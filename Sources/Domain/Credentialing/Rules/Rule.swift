import Merging

/// A rule across records, or across the siblings of a cell, evaluated piece by piece after every merge.
///
/// A rule never refuses work that happened; it says what merged state breaks. It is a function of that state alone: no
/// clock, no order of arrival, and only indexed look-ups.
public protocol Rule: Sendable {
    var id: RuleID { get }
    /// What it means, in one line of plain words.
    var meaning: String { get }
    /// The kinds of record whose change can bring a violation about or end one.
    var kinds: [RecordKind] { get }

    /// The keys under which a violation may have come about, or changed, because this record did.
    func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey]

    /// What holds under a key; nil where nothing is broken there, so that a violation kept under it no longer holds.
    func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation?
}
