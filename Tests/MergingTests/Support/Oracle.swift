/// A change set in plain numbers: what the oracle reads. Origins are places in a list, contexts are arrays.
struct PlainCommit {
    struct PlainWrite: Hashable {
        enum Unit: Hashable { case latest, kept, element(Int) }

        let record: Int
        let field: Int
        let unit: Unit
        /// False for the removal of an element.
        let leaves: Bool
        let value: Int
    }

    let origin: Int
    let sequence: Int
    let deps: [Int]
    let seen: [Int]
    let stamp: Int
    let writes: [PlainWrite]
}

/// What one sibling is, in plain numbers.
struct PlainSibling: Hashable {
    let record: Int
    let field: Int
    let origin: Int
    let sequence: Int
    let stamp: Int
    let value: Int
}

/// The second, naive merge: from the plain set of change sets, in no order, it says what must be there at the end. It shares
/// no code with the engine.
enum Oracle {
    static func siblings(of commits: [PlainCommit]) -> Set<PlainSibling> {
        var writes: [(commit: PlainCommit, write: PlainCommit.PlainWrite)] = []
        for commit in commits {
            // The last write of a change set to a cell or an element counts; an addition outlasts a removal beside it.
            var last: [[Int]: PlainCommit.PlainWrite] = [:]
            for write in commit.writes {
                var key = [write.record, write.field]
                if case .element(let element) = write.unit { key.append(element) }
                if let known = last[key], known.leaves, !write.leaves { continue }
                last[key] = write
            }
            writes += last.values.map { (commit, $0) }
        }
        var result: Set<PlainSibling> = []
        for (commit, write) in writes where write.leaves {
            let rivals = writes.filter {
                $0.write.record == write.record && $0.write.field == write.field && $0.write.unit == write.unit
                    && ($0.commit.origin, $0.commit.sequence) != (commit.origin, commit.sequence)
            }
            let stays: Bool
            if write.unit == .latest {
                stays = !rivals.contains { rival in
                    let theirs = (rival.commit.stamp, rival.commit.origin, rival.commit.sequence)
                    return theirs > (commit.stamp, commit.origin, commit.sequence)
                }
            } else {
                stays = !rivals.contains { $0.commit.seen[commit.origin] >= commit.sequence }
            }
            if stays {
                result.insert(
                    PlainSibling(
                        record: write.record, field: write.field, origin: commit.origin, sequence: commit.sequence,
                        stamp: commit.stamp, value: write.value))
            }
        }
        return result
    }
}
