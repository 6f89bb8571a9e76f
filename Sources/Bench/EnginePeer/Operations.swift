import Foundation
import Merging

/// One line of the workload: a transaction with its time, kind and writes.
struct Operation {
    struct RowWrite {
        let isInsert: Bool
        let kind: RecordKind
        let uuid: [UInt8]
        /// Fields that refer to another row hold its UUID here.
        let values: [(field: Field, value: Value)]
        let references: [(field: Field, uuid: [UInt8])]
    }

    let time: Int64
    let intent: String
    let actor: String
    let writes: [RowWrite]

    static func read(_ paths: [String]) throws -> [Operation] {
        try paths.flatMap { path in
            try String(contentsOfFile: path, encoding: .utf8).utf8.split(separator: 0x0A).map { line in
                try Operation(line: Data(line))
            }
        }
    }

    init(line: Data) throws {
        guard let object = try JSONSerialization.jsonObject(with: line) as? [String: Any],
            let time = object["t"] as? NSNumber, let intent = object["k"] as? String,
            let writes = object["w"] as? [[Any]]
        else { throw BenchFailure("a line that is no operation") }
        self.time = time.int64Value
        self.intent = intent
        var actor = "desk"
        self.writes = try writes.map { write in
            guard write.count == 4, let op = write[0] as? String, let table = write[1] as? String,
                let id = write[2] as? String, let row = write[3] as? [String: Any],
                let kind = BenchSchema.schema.record(named: table)
            else { throw BenchFailure("a write that is none") }
            var values: [(Field, Value)] = []
            var references: [(Field, [UInt8])] = []
            for field in kind.fields {
                guard let raw = row[field.name] else { continue }
                if ["proctor", "entered_by", "reported_by"].contains(field.name), let name = raw as? String {
                    actor = name
                }
                switch (field.type, raw) {
                case (.reference, let text as String): references.append((field, try uuid(text)))
                case (_, let text as String): values.append((field, .text(text)))
                case (_, let number as NSNumber): values.append((field, .integer(number.int64Value)))
                default: throw BenchFailure("a value of \(field.name)")
                }
            }
            return RowWrite(
                isInsert: op == "i", kind: kind, uuid: try uuid(id), values: values, references: references)
        }
        self.actor = actor
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

func uuid(_ text: String) throws -> [UInt8] {
    guard let id = UUID(uuidString: text) else { throw BenchFailure("\(text) is no UUID") }
    return withUnsafeBytes(of: id.uuid) { Array($0) }
}

func uuidText(_ bytes: [UInt8]) -> String {
    let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    var parts: [Substring] = []
    var rest = hex[...]
    for length in [8, 4, 4, 4, 12] {
        parts.append(rest.prefix(length))
        rest = rest.dropFirst(length)
    }
    return parts.joined(separator: "-")
}
