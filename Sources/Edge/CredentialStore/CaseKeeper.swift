import ByteCoding
import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// Evaluates the rules over whatever a transaction changed, inside of that transaction, and keeps what they find.
struct CaseKeeper: MergeObserver {
    private let book: RuleBook
    private let concerned: Set<UInt32>

    init(_ book: RuleBook = .standard) {
        self.book = book
        concerned = Set(book.rules.flatMap(\.kinds).map(\.tag))
    }

    func merged(_ touched: [TouchedRecord], in transaction: StoreTransaction) throws(StoreError) {
        let records = MergedRecords(StoredRecords(transaction.records), touched)
        // Where no violation is kept none can stand, and where none of a rule is, none of it has to be dropped.
        let hasKept = try transaction.hasViolations()
        var rules: [RuleID: Bool] = [:]
        do throws(ReadingFailure) {
            var keys = Set<RuleKey>()
            for record in touched where concerned.contains(record.kind.tag) {
                guard let view = try records.record(record.name, record.kind) else { continue }
                keys.formUnion(try book.keys(touchedBy: view, reading: records))
            }
            if hasKept { for key in try standing(touched, transaction) { keys.insert(key) } }
            for key in keys.sorted() {
                if rules[key.rule] == nil { rules[key.rule] = try kept(key.rule, transaction) }
                let isKept = rules[key.rule] ?? true
                try settle(key, records, transaction, hasKept: isKept)
            }
        } catch {
            throw .damaged(place: "a rule's records", reason: error.detail)
        }
    }

    /// A region holds all of its sites: whatever is in a site's scope is in its region's.
    func covers(_ scope: String, _ own: [String], _ records: RecordReader) -> Bool {
        guard ScopeName.isSite(scope), let code = ScopeName.place(scope),
            let sites = try? StoredRecords(records).records(Site.kind, where: Site.code, equals: .text(code))
        else { return false }
        return !sites.isEmpty
            && sites.allSatisfy { site in
                site.text(Site.region).map { own.contains(ScopeName.region($0)) } ?? false
            }
    }

    private func kept(_ rule: RuleID, _ transaction: StoreTransaction) throws(ReadingFailure) -> Bool {
        do throws(StoreError) { return try transaction.hasViolations(of: rule.raw) } catch {
            throw ReadingFailure(error.description)
        }
    }

    /// The keys of the kept violations that one of these records is a member of, or whose case one of them decides.
    private func standing(
        _ touched: [TouchedRecord], _ transaction: StoreTransaction
    ) throws(ReadingFailure) -> [RuleKey] {
        do throws(StoreError) {
            // A violation rests on its members, and its words on their documents' roots: both lead back to it.
            var texts = try transaction.violationKeys(of: Set(touched.flatMap { [$0.name, $0.document] }).sorted())
            for record in touched where record.kind.tag == Resolution.kind.tag {
                texts += try transaction.violationKeys(ofCase: record.document)
            }
            return texts.compactMap { RuleKey($0) }
        } catch { throw ReadingFailure(error.description) }
    }

    private func settle(
        _ key: RuleKey, _ records: MergedRecords, _ transaction: StoreTransaction, hasKept: Bool
    ) throws(ReadingFailure) {
        let violation = try book.evaluate(key, reading: records)
        do throws(StoreError) {
            guard let violation else {
                if hasKept { try transaction.drop(violationKey: key.text) }
                return
            }
            let name = violation.caseName(.cryptoSHA256)
            let standing: CaseStanding
            do throws(ReadingFailure) {
                standing = try CaseStanding.read(violation, digesting: .cryptoSHA256, reading: records)
            } catch { throw .damaged(place: "a case", reason: error.detail) }
            try transaction.keep(
                StoredViolation(
                    key: key.text, rule: violation.rule.raw, caseName: name, standing: standing.word,
                    effect: violation.safeDefault.rawValue, summary: violation.text, body: violation.facts),
                members: Set(violation.members + violation.documents).sorted())
        } catch { throw ReadingFailure(error.description) }
    }
}

extension CaseStanding {
    /// One stable word, as scripts see it.
    public var word: String {
        switch self {
        case .open: "open"
        case .reopened: "reopened"
        case .settled: "settled"
        case .escalated: "escalated"
        }
    }
}
