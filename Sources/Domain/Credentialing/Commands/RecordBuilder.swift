import ChangeSets
import Merging

/// Collects the writes of one record in a draft. Values that are nil are left out: an unwritten field is not a cleared one.
struct RecordBuilder {
    private(set) var change: RecordChange
    private let kind: RecordKind

    init(_ name: RecordName, _ kind: RecordKind) {
        self.kind = kind
        change = RecordChange(name, kind: kind.tag, [])
    }

    var isEmpty: Bool { change.writes.isEmpty }

    /// Writes a value as it is, `null` included.
    mutating func put(_ field: Field, _ value: Value, _ write: WriteKind = .set) {
        assert(kind.position(of: field.tag) != nil, "\(field.name) is no field of \(kind.name)")
        assert(field.type.admits(value), "\(field.name) cannot hold \(value)")
        change.writes.append(Write(field.tag, value, write))
    }

    mutating func set(_ field: Field, _ text: String?) {
        if let text { put(field, .text(text)) }
    }

    mutating func set(_ field: Field, _ number: Int64?) {
        if let number { put(field, .integer(number)) }
    }

    mutating func set(_ field: Field, _ flag: Bool?) {
        if let flag { put(field, .integer(flag ? 1 : 0)) }
    }

    mutating func set(_ field: Field, _ bytes: [UInt8]?) {
        if let bytes { put(field, .bytes(bytes)) }
    }

    mutating func set(_ field: Field, _ record: RecordName?) {
        if let record { put(field, .reference(record)) }
    }

    mutating func set<Word: RawRepresentable>(_ field: Field, _ word: Word?) where Word.RawValue == String {
        set(field, word?.rawValue)
    }

    mutating func add(_ field: Field, _ elements: [String]) {
        for element in Set(elements).sorted() { put(field, .text(element), .add) }
    }

    mutating func remove(_ field: Field, _ elements: [String]) {
        for element in Set(elements).sorted() { put(field, .text(element), .remove) }
    }

    /// The three parts of a legal name and its key, always together.
    mutating func setName(given: String, family: String, script: String) {
        set(Person.givenName, given)
        set(Person.familyName, family)
        set(Person.script, script)
        set(Person.nameKey, NameFolding.key(given: given, family: family))
    }
}
