import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// The records of one moment, each read once: several rules ask for the same ones, and a merge has those that it wrote in
/// memory already. Valid as long as nobody writes.
final class MergedRecords: RecordReading {
    /// Of what was searched and listed no more is kept: how many records a rule looks at may grow with the store.
    static let lookedUpMax = 4_096

    private let stored: StoredRecords
    private var views: [RecordName: RecordView?] = [:]
    private var found: [Search: [RecordView]] = [:]
    private var listed: [Listing: [RecordView]] = [:]
    /// The touched records that refer to a record that this commit made. Nothing else can: its name is new.
    private var referrers: [RecordName: [RecordView]] = [:]

    private struct Search: Hashable {
        let kind: UInt32
        let matches: [Match]

        // A field's whole declaration need not be hashed: its tag names it within the kind.
        static func == (left: Search, right: Search) -> Bool {
            left.kind == right.kind && left.matches.count == right.matches.count
                && zip(left.matches, right.matches).allSatisfy { $0.field.tag == $1.field.tag && $0.value == $1.value }
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(kind)
            for match in matches {
                hasher.combine(match.field.tag)
                hasher.combine(match.value)
            }
        }
    }

    private struct Listing: Hashable {
        let kind: UInt32
        let document: RecordName
    }

    private let lookedUpMax: Int
    private var lookedUp = 0

    /// - Parameters:
    ///   - touched: what a merge wrote; what of it was in memory is not read again.
    ///   - lookedUpMax: how many searches and listings, and records in them, are kept.
    init(_ stored: StoredRecords, _ touched: [TouchedRecord], lookedUpMax: Int = MergedRecords.lookedUpMax) {
        self.stored = stored
        self.lookedUpMax = lookedUpMax
        views.reserveCapacity(touched.count)
        for record in touched where record.isMadeHere { referrers[record.name] = [] }
        // A record that has to be read may refer to one that was made: then the tables have to be asked.
        let isComplete = touched.allSatisfy { record in
            record.state != nil || !record.kind.fields.contains { $0.type == .reference }
        }
        if !isComplete { referrers.removeAll() }
        for record in touched {
            guard let state = record.state else { continue }
            let view = RecordView(
                name: record.name, document: record.document, kind: record.kind, state: state)
            views[record.name] = .some(view)
            for case .reference(let name) in view.values { referrers[name]?.append(view) }
        }
    }

    func record(_ name: RecordName, _ kind: RecordKind) throws(ReadingFailure) -> RecordView? {
        // A name is unique over all kinds, but a foreign reference may name a record as another kind.
        if let known = views[name], known == nil || known?.kind.tag == kind.tag { return known }
        let view = try stored.record(name, kind)
        if view != nil { views[name] = .some(view) }
        return view
    }

    func records(_ kind: RecordKind, matching matches: [Match]) throws(ReadingFailure) -> [RecordView] {
        for match in matches {
            guard case .reference(let name) = match.value, let written = referrers[name] else { continue }
            return written.filter { view in
                view.kind.tag == kind.tag && matches.allSatisfy { view[$0.field] == $0.value }
            }.sorted { $0.name < $1.name }
        }
        let search = Search(kind: kind.tag, matches: matches)
        if let known = found[search] { return known }
        let views = try stored.records(kind, matching: matches)
        makeRoom(views.count)
        found[search] = views
        return views
    }

    func records(in document: RecordName, _ kind: RecordKind) throws(ReadingFailure) -> [RecordView] {
        let listing = Listing(kind: kind.tag, document: document)
        if let known = listed[listing] { return known }
        let views = try stored.records(in: document, kind)
        makeRoom(views.count)
        listed[listing] = views
        return views
    }

    /// The searches and listings that are kept, and the records in them.
    var kept: Int {
        found.values.reduce(found.count) { $0 + $1.count } + listed.values.reduce(listed.count) { $0 + $1.count }
    }

    private func makeRoom(_ count: Int) {
        lookedUp += 1 + count
        guard lookedUp > lookedUpMax else { return }
        lookedUp = 1 + count
        found.removeAll(keepingCapacity: true)
        listed.removeAll(keepingCapacity: true)
    }

    func documentContext(_ name: RecordName) throws(ReadingFailure) -> Context { try stored.documentContext(name) }
}
