import ChangeSets
import HybridTime
import Merging
import SyncProtocol

/// All that was ever saved in a run, and all that any hub ever said it has: what the checkers measure stores by.
final class Ledger {
    /// Every change set whose commit came to its end, by its name.
    private(set) var sets: [Dot: ChangeSet] = [:]
    /// The change sets of each document, in the order in which they were saved.
    private(set) var byDocument: [RecordName: [ChangeSet]] = [:]
    /// Documents in the order in which they came to be.
    private(set) var documents: [RecordName] = []
    /// The last sequence that each replica used.
    private(set) var heads: [ReplicaID: Sequence32] = [:]
    /// Each replica's last own dot in a document.
    private(set) var ownLast: [OwnKey: Sequence32] = [:]
    private(set) var greatest: [RecordName: Stamp] = [:]
    /// What each hub has receipted, at its own level.
    var receiptedByHub: [ReplicaID: [ReplicaID: SequenceRanges]] = [:]
    /// Records that people can write to.
    private(set) var people: [RecordName] = []
    private(set) var sessions: [RecordName] = []

    struct OwnKey: Hashable {
        let replica: ReplicaID
        let document: RecordName
    }

    func add(_ set: ChangeSet) {
        sets[set.dot] = set
        if byDocument[set.document] == nil {
            documents.append(set.document)
            switch set.documentKind {
            case ExamSchema.dossierDocument.tag: people.append(set.document)
            case ExamSchema.sessionDocument.tag: sessions.append(set.document)
            default: break
            }
        }
        byDocument[set.document, default: []].append(set)
        heads[set.dot.origin] = set.dot.sequence
        ownLast[OwnKey(replica: set.dot.origin, document: set.document)] = set.dot.sequence
        greatest[set.document] = max(greatest[set.document] ?? .zero, set.stamp)
    }
}

extension Ledger {
    func ownLast(_ replica: ReplicaID, _ document: RecordName) -> Sequence32 {
        ownLast[OwnKey(replica: replica, document: document)] ?? 0
    }
}
