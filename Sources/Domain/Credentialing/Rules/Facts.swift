import ByteCoding
import HybridTime
import Merging

/// What a violation rests on: for each cell concerned, the set of the values that it holds. A decision keeps these bytes,
/// and stands as long as the cells say the same.
///
/// Grammar: fact = name varint(field tag) count value*; name = fixed64 varint varint; value = byte(type) content. Facts are
/// in the order of (record, tag) whatever order they were noted in.
public struct Facts: Hashable, Sendable {
    private var noted: [RecordName: [FieldTag: [Value]]] = [:]

    public init() {}

    /// Notes what the fields of a record hold.
    public init(_ views: [RecordView], _ fields: [Field]) {
        for view in views { note(view, fields) }
    }

    public mutating func note(_ view: RecordView, _ fields: [Field]) {
        for field in fields { noted[view.name, default: [:]][field.tag] = view.claims(of: field) }
    }

    /// The canonical bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        for (name, cells) in noted.sorted(by: { $0.key < $1.key }) {
            for (tag, values) in cells.sorted(by: { $0.key < $1.key }) {
                Facts.write(name, &writer)
                writer.varint(UInt64(tag.raw))
                writer.count(values.count)
                for value in values { Facts.write(value, &writer) }
            }
        }
        return writer.bytes
    }

    static func write(_ name: RecordName, _ writer: inout ByteWriter) {
        writer.fixed64(name.origin.bits)
        writer.varint(UInt64(name.sequence))
        writer.varint(UInt64(name.ordinal))
    }

    private static func write(_ value: Value, _ writer: inout ByteWriter) {
        switch value {
        case .null: writer.byte(0)
        case .integer(let number):
            writer.byte(1)
            writer.signed(number)
        case .text(let text):
            writer.byte(2)
            writer.text(text.string)
        case .bytes(let bytes):
            writer.byte(3)
            writer.block(bytes)
        case .reference(let name):
            writer.byte(4)
            write(name, &writer)
        }
    }
}
