import SampleData

/// A rule with its columns as places in one file's header.
struct CompiledRule {
    struct Condition {
        let value: CompiledExpression
        let isEqual: Bool
        let texts: [String]
    }

    struct Field {
        let field: ImportField
        let form: ImportField.Form
        let value: CompiledExpression
    }

    /// The rule's place in the mapping.
    let index: Int
    let target: ImportTarget
    let isDistinct: Bool
    private let key: CompiledExpression
    private let conditions: [Condition]
    private let fields: [Field]
    private let clearToken: String?
    private let utcOffsetMinutes: Int

    init(
        _ rule: ImportRule, index: Int, mapping: ImportMapping, header: CSVHeader, tables: [String: LookupTable],
        in context: CompilingContext
    ) throws(TabularError) {
        self.index = index
        target = rule.target
        isDistinct = rule.isDistinct
        key = try CompiledExpression(rule.key, header: header, tables: tables, in: context)
        var conditions: [Condition] = []
        for condition in rule.conditions {
            let value = try CompiledExpression(condition.value, header: header, tables: tables, in: context)
            conditions.append(Condition(value: value, isEqual: condition.isEqual, texts: condition.texts))
        }
        self.conditions = conditions
        var fields: [Field] = []
        for field in rule.fields {
            let value = try CompiledExpression(field.value, header: header, tables: tables, in: context)
            fields.append(Field(field: field.field, form: field.field.form, value: value))
        }
        self.fields = fields
        clearToken = mapping.clearToken
        utcOffsetMinutes = mapping.utcOffsetMinutes
    }

    /// The key of a row that the conditions let pass; nil for one that they do not.
    func key(_ row: CSVRow) throws -> String? {
        for condition in conditions {
            let text = try condition.value.text(row) ?? ""
            if condition.texts.contains(text) != condition.isEqual { return nil }
        }
        guard let key = try key.text(row) else {
            throw RowFault(.missingValue, "the key of the \(target.rawValue) is blank; fill in its columns")
        }
        return key
    }

    func entries(_ row: CSVRow) throws -> [ImportRow.Entry] {
        var entries: [ImportRow.Entry] = []
        entries.reserveCapacity(fields.count)
        for field in fields {
            if let value = try fitted(field, row) { entries.append(ImportRow.Entry(field: field.field, value: value)) }
        }
        if target == .score { try requireScore(entries) }
        return entries
    }

    private func requireScore(_ entries: [ImportRow.Entry]) throws {
        func has(_ field: ImportField) -> Bool { entries.contains { $0.field == field && $0.value != .cleared } }
        guard has(.raw) else { throw RowFault(.missingValue, "the score is blank; enter it or leave the row out") }
        guard has(.booking) || (has(.person) && has(.session)) else {
            throw RowFault(.missingValue, "the row does not say whose score it is; fill in its columns")
        }
    }

    /// The value in the form that its field asks for; nil where it is blank.
    private func fitted(_ field: Field, _ row: CSVRow) throws -> ImportValue? {
        if field.form == .text {
            guard let text = try field.value.text(row) else { return nil }
            return text == clearToken ? .cleared : .text(text)
        }
        guard let value = try field.value.value(row) else { return nil }
        if case .text(let text) = value, text == clearToken { return .cleared }
        switch field.form {
        case .text: return .text(value.text)
        case .integer: if let number = ISOTime.integer(value.text.utf8) { return .integer(number) }
        case .oneOf(let words): if words.contains(value.text) { return .text(value.text) }
        case .date:
            if case .date(let date) = value { return .date(date) }
            if let date = ISOTime.date(value.text.utf8) { return .date(date) }
        case .time:
            let offset = Int64(utcOffsetMinutes) * 60_000
            switch value {
            case .date(let date): return .time(Int64(date.daysSince1970) * 86_400_000 - offset)
            case .moment(let date, let minute):
                return .time(Int64(date.daysSince1970) * 86_400_000 + Int64(minute) * 60_000 - offset)
            case .text(let text):
                if let time = ISOTime.milliseconds(text.utf8, utcOffsetMinutes: utcOffsetMinutes) { return .time(time) }
            }
        }
        throw RowFault(
            .wrongValue, "\(field.field.rawValue): \(RowFault.quoted(value.text)) is not \(field.form.demand)")
    }
}

extension ImportField.Form {
    /// What a value has to be, to end the sentence "… is not".
    fileprivate var demand: String {
        switch self {
        case .text: "text"
        case .integer: "a whole number of at most \(ImportLimits.integerDigitsMax) digits; write digits only"
        case .date: "a date; write it like 2013-10-01"
        case .time: "a time; write it like 2013-10-01T09:30Z"
        case .oneOf(let words): "one of \(words.joined(separator: ", ")); add it to a value map in the mapping"
        }
    }
}
