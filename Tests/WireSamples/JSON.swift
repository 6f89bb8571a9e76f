import ByteCoding
import ChangeSets
import Foundation
import HybridTime
import Merging

/// Bytes as lower-case hexadecimal digits, and back.
package enum Hex {
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }

    package static func bytes(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Substring(text)
        while let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}

/// Decoded values in the JSON of the vectors (Protocol, "Vectors").
package enum JSON: Codable {
    case null
    case integer(Int64)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let integer = try? container.decode(Int64.self) {
            self = .integer(integer)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .integer(let integer): try container.encode(integer)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }

    /// Two values are compared by these bytes: Swift's strings would equate composed and decomposed letters.
    package var bytes: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }
}

extension JSON {
    package init(_ value: Value) {
        switch value {
        case .null: self = .null
        case .integer(let integer): self = .object(["integer": .integer(integer)])
        case .text(let text): self = .object(["text": .text(text.string)])
        case .bytes(let bytes): self = .object(["bytes": .text(Hex.text(bytes))])
        case .reference(let name): self = .object(["reference": .text(name.description)])
        }
    }

    package init(_ context: Context) {
        self = .object(
            Dictionary(
                uniqueKeysWithValues: context.entries.map { ($0.origin.description, .integer(Int64($0.sequence))) }))
    }

    package init(_ salt: Salt) {
        var writer = ByteWriter()
        writer.fixed64(salt.high)
        writer.fixed64(salt.low)
        self = .text(Hex.text(writer.bytes))
    }

    package init(_ set: ChangeSet) {
        let changes = set.changes.map { change in
            let writes = change.writes.map { write in
                JSON.object([
                    "field": .integer(Int64(write.field.raw)), "kind": .text("\(write.kind)"),
                    "value": JSON(write.value),
                ])
            }
            return JSON.object([
                "record": .text(change.record.description), "kind": .integer(Int64(change.kind)),
                "writes": .list(writes),
            ])
        }
        var parts: [String: JSON] = [
            "dot": .text(set.dot.description), "document": .text(set.document.description),
            "documentKind": .integer(Int64(set.documentKind)), "salt": set.salt.map { JSON($0) } ?? .null,
            "group": .integer(Int64(set.group)), "actor": .text(set.actor.string), "intent": .text(set.intent.string),
            "time": .integer(set.time), "stamp": .integer(set.stamp.milliseconds), "deps": JSON(set.deps),
            "seen": set.seen.map { JSON($0) } ?? .null, "authority": JSON(set.authority), "changes": .list(changes),
        ]
        if let original = set.original { parts["original"] = .text(original.description) }
        self = .object(parts)
    }

    package init(_ state: DocumentState) {
        let records = state.records.sorted { $0.key < $1.key }.map { name, record in
            let cells = record.cells.map { cell in
                let siblings = cell.siblings.map { sibling in
                    JSON.object([
                        "dot": .text(sibling.dot.description), "stamp": .integer(sibling.stamp.milliseconds),
                        "value": JSON(sibling.value ?? .null),
                    ])
                }
                return JSON.object(["field": .integer(Int64(cell.tag.raw)), "siblings": .list(siblings)])
            }
            return JSON.object([
                "record": .text(name.description), "kind": .integer(Int64(record.kind)), "cells": .list(cells),
            ])
        }
        self = .object([
            "document": .text(state.name.description), "kind": .integer(Int64(state.kind)), "salt": JSON(state.salt),
            "context": JSON(state.context), "greatest": .integer(state.greatest.milliseconds),
            "records": .list(records),
        ])
    }
}
