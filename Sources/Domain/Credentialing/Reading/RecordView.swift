import HybridTime
import Merging

/// A record as it is shown: one value a field, and which of them somebody still has to decide.
public struct RecordView: Hashable, Sendable {
    public let name: RecordName
    /// The document that the record belongs to.
    public let document: RecordName
    public let kind: RecordKind
    /// The value that is shown of each of `kind.fields`, in their order. A set's place holds `null`.
    public let values: [Value]
    /// The elements of the sets that have any, in the order of ``Merging/Value/precedes(_:_:)``.
    public let sets: [FieldTag: [Value]]
    /// The fields that hold several siblings of different value, whatever their policy; sets and append-only fields aside.
    public let provisional: Set<FieldTag>
    private let contested: [FieldTag: [Sibling]]

    /// - Parameters:
    ///   - values: one for each of `kind.fields`.
    ///   - contested: the siblings of the fields in `provisional`; a reader that leaves them out cannot evaluate rules.
    public init(
        name: RecordName, document: RecordName, kind: RecordKind, values: [Value], sets: [FieldTag: [Value]] = [:],
        contested: [FieldTag: [Sibling]] = [:]
    ) {
        precondition(values.count == kind.fields.count, "one value for each field of \(kind.name)")
        self.name = name
        self.document = document
        self.kind = kind
        self.values = values
        self.sets = sets
        self.contested = contested.mapValues { $0.sorted(by: Sibling.precedes) }
        provisional = Set(contested.keys)
    }

    /// The view of a record whose cells carry their values.
    public init(name: RecordName, document: RecordName, kind: RecordKind, state: RecordState) {
        var values: [Value] = []
        var sets: [FieldTag: [Value]] = [:]
        var contested: [FieldTag: [Sibling]] = [:]
        for field in kind.fields {
            guard let cell = state.cell(field.tag) else {
                values.append(.null)
                continue
            }
            if field.policy == .addWins {
                values.append(.null)
                sets[field.tag] = cell.elements
                continue
            }
            values.append(field.policy.shown(of: cell).sibling.value ?? .null)
            if !cell.isSingle, cell.others.contains(where: { $0.value != cell.first.value }) {
                contested[field.tag] = cell.siblings
            }
        }
        self.init(name: name, document: document, kind: kind, values: values, sets: sets, contested: contested)
    }

    /// The siblings of a field that holds several different ones, the greatest last; empty for every other field.
    public func siblings(of field: Field) -> [Sibling] { contested[field.tag] ?? [] }

    /// Every value that the field holds, each once, in a fixed order: what a decision about it must have seen.
    public func claims(of field: Field) -> [Value] {
        let siblings = siblings(of: field)
        guard !siblings.isEmpty else { return [self[field]] }
        return Set(siblings.compactMap(\.value)).sorted(by: Value.precedes)
    }

    /// The value that is shown.
    public subscript(field: Field) -> Value {
        guard let position = kind.position(of: field.tag) else { return .null }
        assert(kind.fields[position].name == field.name, "\(field.name) is no field of \(kind.name)")
        return values[position]
    }

    public func isProvisional(_ field: Field) -> Bool { provisional.contains(field.tag) }

    public func text(_ field: Field) -> String? {
        if case .text(let text) = self[field] { text.string } else { nil }
    }

    /// Also timestamps.
    public func integer(_ field: Field) -> Int64? {
        if case .integer(let number) = self[field] { number } else { nil }
    }

    public func flag(_ field: Field) -> Bool? { integer(field).map { $0 != 0 } }

    public func bytes(_ field: Field) -> [UInt8]? {
        if case .bytes(let bytes) = self[field] { bytes } else { nil }
    }

    public func reference(_ field: Field) -> RecordName? {
        if case .reference(let name) = self[field] { name } else { nil }
    }

    /// The texts of a set.
    public func elements(_ field: Field) -> [String] {
        (sets[field.tag] ?? []).compactMap { if case .text(let text) = $0 { text.string } else { nil } }
    }

    /// The word of an enumeration as a Swift case; nil where none was written or only a newer build knows it.
    public func word<Word: RawRepresentable>(_ field: Field, as type: Word.Type = Word.self) -> Word?
    where Word.RawValue == String {
        text(field).flatMap(Word.init(rawValue:))
    }
}
