import SampleData

/// An expression with its columns as places in one file's header and its tables at hand.
indirect enum CompiledExpression {
    enum Piece {
        case text(String)
        case column(Int)
    }

    case column(Int)
    case columnWithBlanks(Int, [String])
    case constant(String)
    case template([Piece])
    case mapped([String: String], of: CompiledExpression, otherwise: CompiledExpression?)
    case lookup(LookupTable, key: [CompiledExpression], column: Int, otherwise: CompiledExpression?)
    case date(start: CompiledExpression, days: CompiledExpression, minute: Int?)
    case sample(ImportExpression.SamplePart, number: CompiledExpression)
    case first([CompiledExpression])

    /// Throws `missing-column` with the place in the mapping where the header lacks a column.
    init(
        _ expression: ImportExpression, header: CSVHeader, tables: [String: LookupTable], in context: CompilingContext
    ) throws(TabularError) {
        func compiled(_ inner: ImportExpression) throws(TabularError) -> CompiledExpression {
            try CompiledExpression(inner, header: header, tables: tables, in: context)
        }
        func optional(_ inner: ImportExpression?) throws(TabularError) -> CompiledExpression? {
            guard let inner else { return nil }
            return try compiled(inner)
        }
        func list(_ inner: [ImportExpression]) throws(TabularError) -> [CompiledExpression] {
            var list: [CompiledExpression] = []
            for item in inner { list.append(try compiled(item)) }
            return list
        }
        func place(_ column: String) throws(TabularError) -> Int {
            try context.index(of: column, in: header, at: expression.place)
        }
        switch expression.form {
        case .column(let name, blanks: let blanks):
            self = blanks.isEmpty ? .column(try place(name)) : .columnWithBlanks(try place(name), blanks)
        case .constant(let text): self = .constant(text)
        case .template(let pieces):
            var compiledPieces: [Piece] = []
            for piece in pieces {
                switch piece {
                case .text(let text): compiledPieces.append(.text(text))
                case .column(let name): compiledPieces.append(.column(try place(name)))
                }
            }
            self = .template(compiledPieces)
        case .mapped(let map, of: let value, otherwise: let otherwise):
            self = .mapped(map, of: try compiled(value), otherwise: try optional(otherwise))
        case .lookup(table: let name, key: let key, take: let take, otherwise: let otherwise):
            guard let table = tables[name], let column = table.rule.columns.firstIndex(of: take) else {
                preconditionFailure("The parser lets no mapping pass that names an unknown table.")
            }
            self = .lookup(table, key: try list(key), column: column, otherwise: try optional(otherwise))
        case .date(start: let start, days: let days, minute: let minute):
            self = .date(start: try compiled(start), days: try compiled(days), minute: minute)
        case .sample(let part, number: let number): self = .sample(part, number: try compiled(number))
        case .first(let choices): self = .first(try list(choices))
        }
    }
}

/// What is named when a column is missing.
struct CompilingContext {
    let mapping: String
    let file: String

    func index(of column: String, in header: CSVHeader, at place: MappingPlace) throws(TabularError) -> Int {
        guard let index = header.index(of: column) else {
            let names = header.names.prefix(12).joined(separator: ", ")
            throw TabularError(
                .missingColumn, file: mapping, line: place.line, column: place.column,
                "\(file) has no column \"\(column)\"", advice: "Use one of its columns: \(names).")
        }
        return index
    }
}

extension CompiledExpression {
    /// A value before it is fitted to its field.
    enum Value {
        case text(String)
        case date(CivilDate)
        /// A day and a minute of it, in the mapping's offset.
        case moment(CivilDate, minute: Int)

        /// The value as part of a key or an argument.
        var text: String {
            switch self {
            case .text(let text): text
            case .date(let date): date.description
            case .moment(let date, let minute): "\(date)T\(two(minute / 60)):\(two(minute % 60))"
            }
        }
    }

    /// The value for a row; nil where it is blank. Throws a fault where a map, a table or a date refuses.
    func value(_ row: CSVRow) throws -> Value? {
        switch self {
        case .sample(let part, number: let number): return try sampleValue(part, number, row)
        case .date(start: let start, days: let days, minute: let minute):
            return try dateValue(start, days, minute, row)
        case .first(let choices):
            for choice in choices { if let value = try choice.value(row) { return value } }
            return nil
        case .mapped(let map, of: let subject, otherwise: let otherwise):
            guard let text = try subject.text(row) else { return nil }
            if let found = map[text] { return found.isEmpty ? nil : .text(found) }
            if let otherwise { return try otherwise.value(row) }
            throw RowFault(.unmapped, "the value map has no \(RowFault.quoted(text)); add it to the mapping")
        case .lookup(let table, key: let key, column: let column, otherwise: let otherwise):
            guard let name = try tableKey(key, row) else { return nil }
            if let found = try table.value(name, column: column) { return found.isEmpty ? nil : .text(found) }
            if let otherwise { return try otherwise.value(row) }
            throw RowFault(
                .notFound, "the table \(table.rule.name) has no row for \(RowFault.quoted(name)); add it to its file")
        default: return try text(row).map { .text($0) }
        }
    }

    /// The value as text; nil where it is blank.
    @inline(__always)
    func text(_ row: CSVRow) throws -> String? {
        switch self {
        case .column(let index): return row.isEmpty(index) ? nil : row[index]
        case .columnWithBlanks(let index, let blanks):
            let text = row[index]
            return text.isEmpty || blanks.contains(text) ? nil : text
        case .constant(let text): return text.isEmpty ? nil : text
        case .template(let pieces): return template(pieces, row)
        default: return try value(row)?.text
        }
    }

    private func template(_ pieces: [Piece], _ row: CSVRow) -> String? {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .column(let index):
                if row.isEmpty(index) { return nil }
                text += row[index]
            }
        }
        return text
    }

    /// The key of a look-up; nil where one of its parts is blank.
    private func tableKey(_ key: [CompiledExpression], _ row: CSVRow) throws -> String? {
        if key.count == 1 { return try key[0].text(row) }
        var parts: [String] = []
        for item in key {
            guard let part = try item.text(row) else { return nil }
            parts.append(part)
        }
        return LookupTable.joined(parts)
    }

    private func dateValue(
        _ start: CompiledExpression, _ days: CompiledExpression, _ minute: Int?, _ row: CSVRow
    ) throws -> Value? {
        guard let startText = try start.text(row), let daysText = try days.text(row) else { return nil }
        guard let first = ISOTime.date(startText.utf8) else {
            throw RowFault(.wrongValue, "\(RowFault.quoted(startText)) is no start date; write it like 2013-10-01")
        }
        guard let count = ISOTime.integer(daysText.utf8), abs(count) < 4_000_000,
            let date = CivilDate(daysSince1970: first.daysSince1970 + Int(count))
        else {
            throw RowFault(.wrongValue, "\(RowFault.quoted(daysText)) is no number of days; write it like -12 or 240")
        }
        return minute.map { .moment(date, minute: $0) } ?? .date(date)
    }

    private func sampleValue(
        _ part: ImportExpression.SamplePart, _ number: CompiledExpression, _ row: CSVRow
    ) throws -> Value? {
        guard let text = try number.text(row) else { return nil }
        guard let number = ISOTime.integer(text.utf8), number >= 0 else {
            throw RowFault(.wrongValue, "\(RowFault.quoted(text)) is no number to make a name from; use digits only")
        }
        let person = SamplePerson.make(number: UInt64(number))
        switch part {
        case .given: return .text(person.given)
        case .family: return .text(person.family)
        case .script: return .text(person.script)
        case .birthDate: return .date(person.birthDate)
        case .language: return .text(person.language)
        case .email: return .text(person.email)
        case .phone: return .text(person.phone)
        }
    }
}

/// Two digits.
private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
