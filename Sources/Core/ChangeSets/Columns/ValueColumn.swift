import ByteCoding
import HybridTime
import Merging

/// A column of values whose count both sides know (Protocol, "Value column"): the values' types, then for each type that
/// occurs a column of its own.
///
/// `rows` gives, for each value, the change set or the version that it belongs to: times are told against the row's time,
/// names against its document and its own dot.
enum ValueColumn {
    struct Row {
        let time: Int64
        let document: RecordName
        let own: Dot
    }

    private enum Kind: Int64 {
        case null = 0
        case integer = 1
        case text = 2
        case bytes = 3
        case reference = 4
        /// Text that is a date.
        case date = 5
        /// Text told by its pattern.
        case pattern = 6
    }

    private static func kind(_ value: Value, texts: Kind) -> Kind {
        switch value {
        case .null: .null
        case .integer: .integer
        case .text: texts
        case .bytes: .bytes
        case .reference: .reference
        }
    }

    /// - Parameter earlier: the columns of these rows that were written before, as integers; this one is added if all of
    ///   its values are of one type that has an integer form.
    static func write(
        _ values: [Value], rows: [Row], origins: inout OriginTable, earlier: inout [[Int64]], to out: inout ByteWriter
    ) {
        let texts = values.compactMap { if case .text(let text) = $0 { Array(text.string.utf8) } else { nil } }
        let days = texts.compactMap { $0.count == 10 ? DayNumber.parse($0) : nil }
        let datesAllowed = !texts.isEmpty && days.count == texts.count
        var dictionary = ByteDictionary()
        let places = datesAllowed ? [] : texts.map { dictionary.place(of: $0) }
        let patterns = datesAllowed ? nil : PatternColumn(texts, distinct: dictionary.entries.count)
        let textKind: Kind = datesAllowed ? .date : patterns == nil ? .text : .pattern
        let kinds = values.map { kind($0, texts: textKind).rawValue }
        IntegerColumn.write(kinds, to: &out)
        let uniform = !kinds.isEmpty && kinds.allSatisfy { $0 == kinds[0] }
        let available = uniform ? earlier : []
        var integers: [Int64] = []
        var bases: [Int64] = []
        var blobs: [[UInt8]] = []
        var references: [(RecordName, Row)] = []
        for (value, row) in zip(values, rows) {
            switch value {
            case .null, .text: break
            case .integer(let number):
                integers.append(number)
                bases.append(row.time)
            case .bytes(let bytes): blobs.append(bytes)
            case .reference(let name): references.append((name, row))
            }
        }
        func keep(_ column: [Int64]) { if uniform { earlier.append(column) } }
        if !integers.isEmpty {
            IntegerColumn.write(integers, base: bases, earlier: available, to: &out)
            keep(integers)
        }
        if datesAllowed {
            IntegerColumn.write(days, earlier: available, to: &out)
            keep(days)
        } else if let patterns {
            patterns.write(to: &out)
        } else if !texts.isEmpty {
            dictionary.write(to: &out)
            IntegerColumn.write(places, earlier: available, to: &out)
            keep(places)
        }
        if !blobs.isEmpty {
            var dictionary = ByteDictionary()
            let places = blobs.map { dictionary.place(of: $0) }
            dictionary.write(to: &out)
            IntegerColumn.write(places, earlier: available, to: &out)
            keep(places)
        }
        if !references.isEmpty { NameColumn.write(references, origins: &origins, to: &out) }
    }

    /// - Parameter budget: the bytes that texts told by patterns may still have in the whole body.
    static func read(
        rows: [Row], origins: OriginTable, earlier: inout [[Int64]], budget: inout Int, from reader: inout ByteReader
    ) throws(DecodingFailure) -> [Value] {
        let count = rows.count
        let kinds = try IntegerColumn.read(count: count, from: &reader)
        var counts = [0, 0, 0, 0, 0, 0, 0]
        for kind in kinds {
            guard kind >= 0, kind < 7 else { throw reader.failure(.invalidValue, "a value's type") }
            counts[Int(kind)] += 1
        }
        guard [2, 5, 6].count(where: { counts[$0] > 0 }) < 2 else {
            throw reader.failure(.invalidValue, "texts of two types in one column")
        }
        let uniform = counts.contains(count)
        let available = uniform ? earlier : []
        var integers: [Int64] = []
        if counts[1] > 0 {
            var bases: [Int64] = []
            bases.reserveCapacity(counts[1])
            for (index, kind) in kinds.enumerated() where kind == 1 { bases.append(rows[index].time) }
            integers = try IntegerColumn.read(count: counts[1], base: bases, earlier: available, from: &reader)
            if uniform { earlier.append(integers) }
        }
        var days: [Int64] = []
        if counts[5] > 0 {
            days = try IntegerColumn.read(count: counts[5], earlier: available, from: &reader)
            guard days.allSatisfy(DayNumber.range.contains) else { throw reader.failure(.invalidValue, "a date") }
            if uniform { earlier.append(days) }
        }
        var texts: [Text] = []
        var textPlaces: [Int64] = []
        if counts[2] > 0 {
            texts = try ByteDictionary.readTexts(
                limit: counts[2], entryBytesMax: ChangeSetLimits.textBytesMax, from: &reader, "a text")
            textPlaces = try places(counts[2], texts.count, available, from: &reader)
            if uniform { earlier.append(textPlaces) }
        }
        let patterned =
            counts[6] > 0 ? try PatternColumn.read(count: counts[6], budget: &budget, from: &reader) : []
        // One array for each entry, shared by all cells that hold it: a column that repeats one entry costs no more.
        var blobs: [[UInt8]] = []
        var blobPlaces: [Int64] = []
        if counts[3] > 0 {
            blobs = try ByteDictionary.read(
                limit: counts[3], entryBytesMax: ChangeSetLimits.textBytesMax, from: &reader, "a byte string"
            ).map(Array.init)
            blobPlaces = try places(counts[3], blobs.count, available, from: &reader)
            if uniform { earlier.append(blobPlaces) }
        }
        var references: [RecordName] = []
        if counts[4] > 0 {
            let of = zip(kinds, rows).filter { $0.0 == 4 }.map(\.1)
            references = try NameColumn.read(rows: of, origins: origins, from: &reader)
        }
        var next = [0, 0, 0, 0, 0, 0, 0]
        var values: [Value] = []
        values.reserveCapacity(count)
        for kind in kinds {
            let place = next[Int(kind)]
            next[Int(kind)] += 1
            switch kind {
            case 1: values.append(.integer(integers[place]))
            case 2: values.append(.text(texts[Int(textPlaces[place])]))
            case 3: values.append(.bytes(blobs[Int(blobPlaces[place])]))
            case 4: values.append(.reference(references[place]))
            case 5: values.append(.text(Text(String(decoding: DayNumber.format(days[place]), as: UTF8.self))))
            case 6: values.append(.text(patterned[place]))
            default: values.append(.null)
            }
        }
        return values
    }

    private static func places(
        _ count: Int, _ entries: Int, _ earlier: [[Int64]], from reader: inout ByteReader
    ) throws(DecodingFailure) -> [Int64] {
        let places = try IntegerColumn.read(count: count, earlier: earlier, from: &reader)
        guard places.allSatisfy({ $0 >= 0 && $0 < Int64(entries) }) else {
            throw reader.failure(.invalidValue, "a place outside of its dictionary")
        }
        return places
    }
}
