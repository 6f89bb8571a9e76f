extension ImportMapping {
    /// Parses a mapping from YAML; `file` is only named in errors.
    ///
    /// Throws a ``TabularError`` with line and column: `yaml`, `unknown-key`, `missing-key`, `wrong-value`,
    /// `unknown-name` for an input, table or map that is not defined, and `limit`.
    public init(yaml: String, file: String = "") throws(TabularError) {
        var parser = MappingParser()
        self = try parser.mapping(MappingNode.parsed(yaml, file: file))
    }

    /// Reads a mapping from a file. Throws as ``init(yaml:file:)`` does, and `file` or `encoding`.
    public init(path: String) throws(TabularError) {
        let bytes = try readSmallFile(path, bytesMax: ImportLimits.mappingBytesMax)
        guard let yaml = String(validating: bytes, as: UTF8.self) else {
            throw TabularError(
                .encoding, file: path, "the mapping is not valid UTF-8", advice: "Save the file as UTF-8.")
        }
        try self.init(yaml: yaml, file: path)
    }
}

/// Turns YAML nodes into typed values, one key at a time; what is not understood is refused.
struct MappingParser {
    var inputs: [ImportInput] = []
    var tables: [ImportTable] = []
    var maps: [String: [String: String]] = [:]

    mutating func mapping(_ root: MappingNode) throws(TabularError) -> ImportMapping {
        let record = try root.record(
            "the mapping",
            keys: ["assay-mapping", "name", "clear", "utcOffset", "inputs", "maps", "tables", "targets"])
        let version = try record.required("assay-mapping")
        guard try version.text("the version") == String(ImportMapping.version) else {
            throw version.refused(
                .wrongValue, "the mapping is of another version", advice: "Write `assay-mapping: 1`, or update Assay.")
        }
        for pair in try record.required("inputs").pairs("inputs") { inputs.append(try input(pair.key, pair.value)) }
        if let node = record["maps"] {
            for pair in try node.pairs("maps") { maps[pair.key] = try valueMap(pair.value) }
        }
        if let node = record["tables"] {
            for pair in try node.pairs("tables") { tables.append(try table(pair.key, pair.value)) }
        }
        var rules: [ImportRule] = []
        for node in try record.required("targets").list("targets") { rules.append(try rule(node)) }
        return ImportMapping(
            name: try record.required("name").nonEmptyText("the name"),
            clearToken: try record["clear"]?.nonEmptyText("the clear token"),
            utcOffsetMinutes: try utcOffset(record["utcOffset"]), inputs: inputs, tables: tables, rules: rules,
            file: root.file)
    }

    private func utcOffset(_ node: MappingNode?) throws(TabularError) -> Int {
        guard let node else { return 0 }
        guard let minutes = ISOTime.offset(try node.text("utcOffset")) else {
            throw node.refused(.wrongValue, "utcOffset is no offset", advice: "Write it like \"+02:00\".")
        }
        return minutes
    }

    private func input(_ role: String, _ node: MappingNode) throws(TabularError) -> ImportInput {
        let record = try node.record("an input", keys: ["files", "delimiter", "escapeFormulas", "versionLine"])
        let files = try record.required("files")
        let pattern = try files.nonEmptyText("files")
        guard !pattern.utf8.contains(0x2F), !pattern.utf8.contains(0) else {
            throw files.refused(
                .wrongValue, "files names another folder", advice: "Give a file name; the folder comes with the import."
            )
        }
        var options = CSVOptions()
        if let node = record["delimiter"] {
            options.delimiter = try node.word(DelimiterWord.self, "delimiter").delimiter
        }
        if let node = record["escapeFormulas"] { options.escapeFormulas = try node.flag("escapeFormulas") }
        if let node = record["versionLine"] { options.versionLine = try node.flag("versionLine") }
        return ImportInput(role: role, pattern: pattern, options: options, place: node.place)
    }

    private enum DelimiterWord: String, CaseIterable {
        case comma, semicolon, tab, detect

        var delimiter: CSVOptions.Delimiter? {
            switch self {
            case .comma: .comma
            case .semicolon: .semicolon
            case .tab: .tab
            case .detect: nil
            }
        }
    }

    func valueMap(_ node: MappingNode) throws(TabularError) -> [String: String] {
        var map: [String: String] = [:]
        for pair in try node.pairs("a map") { map[pair.key] = try pair.value.text("a map's value") }
        return map
    }

    private func table(_ name: String, _ node: MappingNode) throws(TabularError) -> ImportTable {
        let record = try node.record("a table", keys: ["from", "key", "columns"])
        let from = try inputRole(record.required("from"))
        let key = try record.required("key")
        let keyColumns = try key.texts("key")
        guard !keyColumns.isEmpty else { throw key.refused(.wrongValue, "key is empty", advice: "Name a column.") }
        return ImportTable(
            name: name, input: from, key: keyColumns, columns: try record.required("columns").texts("columns"),
            place: node.place)
    }

    private func inputRole(_ node: MappingNode) throws(TabularError) -> String {
        let role = try node.text("from")
        guard inputs.contains(where: { $0.role == role }) else {
            throw node.refused(.unknownName, "there is no input \"\(role)\"", advice: "Define it under `inputs:`.")
        }
        return role
    }

    private func rule(_ node: MappingNode) throws(TabularError) -> ImportRule {
        let record = try node.record("a target", keys: ["target", "from", "key", "where", "distinct", "fields"])
        let target = try record.required("target").word(ImportTarget.self, "target")
        var fields: [ImportFieldRule] = []
        for pair in try record.required("fields").pairs("fields") {
            guard let field = ImportField(rawValue: pair.key), target.fields.contains(field) else {
                let names = target.fields.map(\.rawValue).joined(separator: ", ")
                throw pair.keyNode.refused(
                    .unknownKey, "a \(target.rawValue) has no field \"\(pair.key)\"", advice: "Use only: \(names).")
            }
            fields.append(ImportFieldRule(field: field, value: try expression(pair.value)))
        }
        var conditions: [ImportCondition] = []
        if let node = record["where"] {
            if case .mapping = node.node {
                conditions = [try condition(node)]
            } else {
                for item in try node.list("where") { conditions.append(try condition(item)) }
            }
        }
        let rule = ImportRule(
            target: target, input: try inputRole(record.required("from")),
            key: try expression(record.required("key")), conditions: conditions,
            isDistinct: try record["distinct"]?.flag("distinct") ?? false, fields: fields, place: node.place)
        if target == .score { try requireScoreFields(rule, node) }
        return rule
    }

    private func requireScoreFields(_ rule: ImportRule, _ node: MappingNode) throws(TabularError) {
        let given = rule.fields.map(\.field)
        guard given.contains(.raw) else {
            throw node.refused(.missingKey, "a score lacks its raw value", advice: "Add `raw:` to its fields.")
        }
        guard given.contains(.booking) || (given.contains(.person) && given.contains(.session)) else {
            throw node.refused(
                .missingKey, "a score does not say whose it is",
                advice: "Add `booking:`, or `person:` and `session:`, to its fields.")
        }
    }

    private func condition(_ node: MappingNode) throws(TabularError) -> ImportCondition {
        let record = try node.record("a condition", keys: ["column", "value", "equals", "notEquals"])
        let subject: ImportExpression
        switch (record["column"], record["value"]) {
        case (let column?, nil):
            subject = ImportExpression(
                form: .column(try column.nonEmptyText("column"), blanks: []), place: column.place)
        case (nil, let value?): subject = try expression(value)
        default:
            throw node.refused(
                .missingKey, "a condition needs either column or value", advice: "Give exactly one of them.")
        }
        switch (record["equals"], record["notEquals"]) {
        case (let texts?, nil): return ImportCondition(value: subject, isEqual: true, texts: try texts.texts("equals"))
        case (nil, let texts?):
            return ImportCondition(value: subject, isEqual: false, texts: try texts.texts("notEquals"))
        default:
            throw node.refused(
                .missingKey, "a condition needs either equals or notEquals", advice: "Give exactly one of them.")
        }
    }
}
