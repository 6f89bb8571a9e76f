extension MappingParser {
    /// The keys that make an expression what it is, and those that may stand beside each.
    private static let companions: [(name: String, others: [String])] = [
        ("column", ["blank"]), ("constant", []), ("template", []), ("map", ["of", "otherwise"]),
        ("lookup", ["key", "take", "otherwise"]), ("date", []), ("sample", ["number"]), ("first", []),
    ]

    /// An expression: a bare text is a column, anything else has one of the keys in `companions`.
    func expression(_ node: MappingNode) throws(TabularError) -> ImportExpression {
        if case .scalar = node.node {
            return ImportExpression(form: .column(try node.nonEmptyText("a column"), blanks: []), place: node.place)
        }
        let keys = Set(try node.pairs("an expression").map(\.key))
        let names = MappingParser.companions.map(\.name)
        guard let (name, others) = MappingParser.companions.first(where: { keys.contains($0.name) }) else {
            throw node.refused(
                .missingKey, "the expression says nothing", advice: "Use one of: \(names.joined(separator: ", ")).")
        }
        let record = try node.record("\(name)", keys: [name] + others)
        return ImportExpression(form: try form(name, try record.required(name), record), place: node.place)
    }

    private func form(
        _ name: String, _ value: MappingNode, _ record: MappingRecord
    ) throws(TabularError) -> ImportExpression.Form {
        switch name {
        case "column":
            return .column(try value.nonEmptyText("column"), blanks: try record["blank"]?.texts("blank") ?? [])
        case "constant": return .constant(try value.text("constant"))
        case "template": return .template(try pieces(value))
        case "map":
            return .mapped(
                try namedOrInlineMap(value), of: try expression(record.required("of")),
                otherwise: try optional(record["otherwise"]))
        case "lookup": return try lookup(value, record)
        case "date": return try date(value)
        case "sample":
            return .sample(
                try value.word(ImportExpression.SamplePart.self, "part of a sample person"),
                number: try expression(record.required("number")))
        default:
            var choices: [ImportExpression] = []
            for item in try value.list("first") { choices.append(try expression(item)) }
            return .first(choices)
        }
    }

    private func optional(_ node: MappingNode?) throws(TabularError) -> ImportExpression? {
        guard let node else { return nil }
        return try expression(node)
    }

    private func namedOrInlineMap(_ node: MappingNode) throws(TabularError) -> [String: String] {
        guard case .scalar = node.node else { return try valueMap(node) }
        let name = try node.text("map")
        guard let map = maps[name] else {
            throw node.refused(.unknownName, "there is no map \"\(name)\"", advice: "Define it under `maps:`.")
        }
        return map
    }

    private func lookup(_ node: MappingNode, _ record: MappingRecord) throws(TabularError) -> ImportExpression.Form {
        let name = try node.text("lookup")
        guard let table = tables.first(where: { $0.name == name }) else {
            throw node.refused(.unknownName, "there is no table \"\(name)\"", advice: "Define it under `tables:`.")
        }
        let keyNode = try record.required("key")
        var key: [ImportExpression] = []
        if case .sequence = keyNode.node {
            for item in try keyNode.list("key") { key.append(try expression(item)) }
        } else {
            key = [try expression(keyNode)]
        }
        guard key.count == table.key.count else {
            throw keyNode.refused(
                .wrongValue, "the table \(name) has \(table.key.count) key columns, not \(key.count)",
                advice: "Give a value for each: \(table.key.joined(separator: ", ")).")
        }
        let take = try record.required("take")
        let column = try take.text("take")
        guard table.columns.contains(column) else {
            throw take.refused(
                .unknownName, "the table \(name) has no column \"\(column)\"",
                advice: "Use one of: \(table.columns.joined(separator: ", ")).")
        }
        return .lookup(table: name, key: key, take: column, otherwise: try optional(record["otherwise"]))
    }

    private func date(_ node: MappingNode) throws(TabularError) -> ImportExpression.Form {
        let record = try node.record("date", keys: ["start", "days", "at"])
        var minute: Int?
        if let at = record["at"] {
            minute = ISOTime.minute(try at.text("at"))
            guard minute != nil else {
                throw at.refused(.wrongValue, "at is no time of day", advice: "Write it like \"09:30\", in quotes.")
            }
        }
        return .date(
            start: try expression(record.required("start")), days: try expression(record.required("days")),
            minute: minute)
    }

    /// Splits `{column}` from the text around it; `{{` and `}}` stand for braces.
    private func pieces(_ node: MappingNode) throws(TabularError) -> [ImportExpression.Piece] {
        func refused(_ problem: String) -> TabularError {
            node.refused(.wrongValue, problem, advice: "Write columns as {column}, and {{ or }} for a brace.")
        }
        var pieces: [ImportExpression.Piece] = []
        var text = ""
        var rest = try node.nonEmptyText("template")[...]
        while let character = rest.popFirst() {
            if (character == "{" || character == "}") && rest.first == character {
                text.append(character)
                rest.removeFirst()
            } else if character == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw refused("a brace is not closed") }
                let column = String(rest[..<end])
                guard !column.isEmpty, !column.contains("{") else { throw refused("a column's name is missing") }
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.column(column))
                rest = rest[rest.index(after: end)...]
            } else if character == "}" {
                throw refused("a brace is closed that was not opened")
            } else {
                text.append(character)
            }
        }
        if !text.isEmpty { pieces.append(.text(text)) }
        return pieces
    }
}
