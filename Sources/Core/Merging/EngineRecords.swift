import ByteCoding
import HybridTime

/// The records that the engine itself reads, at every replica alike and whatever the domain: they travel, merge and are
/// kept like all others. Their tags begin at ``tagMin``, above every tag of a domain.
public enum EngineRecords {
    public static let tagMin: UInt32 = 1 << 19

    /// The same field under the same tag as in the root record of every document.
    public static let scopes = Field(1, "scopes", .text, .addWins)

    /// A denial: the change set counts as applied, with no writes, wherever this is known.
    public enum Verdict {
        /// The denied change set, as the name (its dot, ordinal 0).
        public static let subject = Field(2, "subject", .reference, .fixed)
        /// The document that the change set is of.
        public static let document = Field(3, "judged_document", .reference, .fixed)
        public static let reason = Field(4, "reason", .text, .latest)

        public static let kind = RecordKind(
            tagMin, "verdict", indexes: [["subject"], ["judged_document"]], [scopes, subject, document, reason])

        /// The name of the verdict's document: hubs that judge the same change set write to one.
        public static func name(of subject: Dot, _ digesting: Digesting) -> RecordName {
            var writer = ByteWriter()
            writer.text("assay verdict 1")
            writer.fixed64(subject.origin.bits)
            writer.varint(UInt64(subject.sequence))
            return RecordName(hashed: digesting(writer.bytes))
        }
    }

    /// A state that reaches further than every journal, adopted by an administrator: whoever meets this joins it.
    public enum Salvage {
        public static let document = Field(2, "salvaged_document", .reference, .once)
        /// The document's state as a snapshot chunk (Protocol, "Snapshot chunk").
        public static let state = Field(3, "state", .bytes, .once)
        public static let reason = Field(4, "reason", .text, .once)

        public static let kind = RecordKind(
            tagMin + 1, "salvage", isAppendOnly: true, indexes: [["salvaged_document"]],
            [scopes, document, state, reason])
    }

    /// What is known of a fork: one record for each place where histories part (Protocol, "Forks").
    public enum Fork {
        /// Facts, each in bytes.
        public static let facts = Field(2, "facts", .bytes, .addWins)

        public static let kind = RecordKind(tagMin + 2, "fork", [scopes, facts])
    }

    public static let verdict = DocumentKind(tagMin, "verdict", [Verdict.kind])
    public static let salvage = DocumentKind(tagMin + 1, "salvage", [Salvage.kind])
    public static let fork = DocumentKind(tagMin + 2, "fork", [Fork.kind])

    public static let documents = [verdict, salvage, fork]
}

extension RecordName {
    /// The name that stands for a hash. A hash of zero would be the name of a pending record; its second word is as good.
    public init(hashed digest: Digest256) {
        self.init(hash: digest.words.0 != 0 ? digest.words.0 : digest.words.1 | 1)
    }
}

extension Schema {
    /// This schema and the engine's own records.
    public var withEngineRecords: Schema { Schema(documents + EngineRecords.documents) }
}
