import ChangeSets
import HybridTime
import Merging

/// The change sets that a batch of rows becomes: one for each document, named ahead of the commit.
///
/// Names can be given ahead because the batch is collected and committed inside of one transaction: nobody else takes the
/// sequence numbers meanwhile.
struct ImportBatch {
    /// Records of one change set; a document that gets more in one batch gets a second change set.
    static let recordsMax = 1_500

    private struct Document {
        let name: RecordName
        let kind: UInt32
        let isNew: Bool
        var changes: [RecordChange]
        var nextOrdinal: UInt16
    }

    /// The records that were added or written to.
    private(set) var recordCount = 0
    private let first: Dot
    private var documents: [Document] = []
    /// The place of a document's newest draft.
    private var places: [RecordName: Int] = [:]

    init(first: Dot) { self.first = first }

    var isEmpty: Bool { documents.isEmpty }

    private func dot(_ place: Int) -> Dot { Dot(first.origin, first.sequence + Sequence32(place)) }

    /// Begins a document.
    /// - Returns: its name, which is its root record's too.
    mutating func makeDocument(_ kind: DocumentKind) -> RecordName {
        let name = RecordName(dot(documents.count), 0)
        places[name] = documents.count
        documents.append(Document(name: name, kind: kind.tag, isNew: true, changes: [], nextOrdinal: 1))
        return name
    }

    /// The name for a new record of a document.
    mutating func makeName(in document: RecordName, _ kind: DocumentKind) -> RecordName {
        let place = place(document, kind, isAdding: true)
        defer { documents[place].nextOrdinal += 1 }
        return RecordName(dot(place), documents[place].nextOrdinal)
    }

    /// Adds a record that was named just now.
    mutating func add(_ change: RecordChange, to document: RecordName, _ kind: DocumentKind) {
        documents[place(document, kind, isAdding: false)].changes.append(change)
        recordCount += 1
    }

    /// Writes to a record that is there, or that this batch makes.
    mutating func amend(_ change: RecordChange, in document: RecordName, _ kind: DocumentKind) {
        let place = place(document, kind, isAdding: false)
        guard let index = documents[place].changes.lastIndex(where: { $0.record == change.record }) else {
            documents[place].changes.append(change)
            recordCount += 1
            return
        }
        for write in change.writes {
            // One write for each cell: the later takes the earlier's place, but a set takes both.
            let old = documents[place].changes[index].writes.firstIndex {
                $0.field == write.field && (write.kind == .set || $0.value == write.value)
            }
            if let old {
                documents[place].changes[index].writes[old] = write
            } else {
                documents[place].changes[index].writes.append(write)
            }
        }
    }

    private mutating func place(_ document: RecordName, _ kind: DocumentKind, isAdding: Bool) -> Int {
        if let place = places[document], !isAdding || Int(documents[place].nextOrdinal) <= ImportBatch.recordsMax {
            return place
        }
        places[document] = documents.count
        documents.append(Document(name: document, kind: kind.tag, isNew: false, changes: [], nextOrdinal: 1))
        return documents.count - 1
    }

    func drafts(actor: Text, intent: Text) -> [Draft] {
        documents.map { document in
            Draft(
                document.isNew ? .new : .document(document.name), documentKind: document.kind, actor: actor,
                intent: intent, changes: document.changes)
        }
    }
}

/// The writes of one record.
struct RecordWrites {
    private(set) var change: RecordChange

    init(_ name: RecordName, _ kind: RecordKind) {
        change = RecordChange(name, kind: kind.tag, [])
        change.writes.reserveCapacity(kind.fields.count)
    }

    var isEmpty: Bool { change.writes.isEmpty }

    mutating func put(_ field: Field, _ value: Value, _ kind: WriteKind = .set) {
        assert(field.type.admits(value), "\(field.name) cannot hold \(value)")
        change.writes.append(Write(field.tag, value, kind))
    }

    mutating func set(_ field: Field, _ text: String?) { if let text { put(field, .text(text)) } }
    mutating func set(_ field: Field, _ number: Int64?) { if let number { put(field, .integer(number)) } }
    mutating func set(_ field: Field, _ name: RecordName?) { if let name { put(field, .reference(name)) } }
    mutating func set<Word: RawRepresentable>(_ field: Field, word: Word) where Word.RawValue == String {
        put(field, .text(word.rawValue))
    }

    mutating func add(_ field: Field, _ elements: [String]) {
        for element in elements { put(field, .text(element), .add) }
    }
}
