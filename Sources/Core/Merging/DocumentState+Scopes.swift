/// Which scopes a document belongs to: data of its root record, which merges like the rest.
extension DocumentState {
    /// The names of the document's scopes, ascending by their bytes.
    public var scopes: [String] { records[name]?.scopes ?? [] }

    /// The document reduced to its context and its scopes: what whoever may not have it still has to know of it.
    public var membership: DocumentState {
        var result = DocumentState(name: name, kind: kind, salt: .none, context: context, greatest: greatest)
        if let root = records[name] {
            result.records[name] = RecordState(
                kind: root.kind, cells: root.cells.filter { $0.tag == EngineRecords.scopes.tag })
        }
        return result
    }
}

extension RecordState {
    /// The names of the scopes of the document whose root record this is, ascending by their bytes.
    public var scopes: [String] {
        (cell(EngineRecords.scopes.tag)?.elements ?? []).compactMap { value in
            if case .text(let name) = value { name.string } else { nil }
        }
    }
}
