import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// The journal's part: what comes after the end of a name goes by a branch's name, its bytes as they are.
extension Writer {
    func moveTail(of name: ReplicaID, after end: Sequence32, to branch: ReplicaID) throws(StoreError) {
        let head = try journal.head(name)
        let headAtEnd = try journal.chainDigest(of: name, at: end, codec)
        let stored = try segments(of: name, after: end)
        for run in stored { try removeSegment(run.number) }
        try cutRanges(of: name, after: end)
        for run in stored {
            if run.range.lowerBound <= end {
                let part = try NamedRun(run, codec).part(run.range.lowerBound...end)
                // What is kept of the run is held already.
                try journal.reinsert(name, part.range, codec.encode(part.segment), head: headAtEnd)
            }
            let first = max(run.range.lowerBound, end + 1)
            let range = (first - end)...(run.range.upperBound - end)
            let missing = SequenceRanges(range).subtracting(try journal.held(branch, overlapping: range))
            for part in missing.ranges {
                let isWhole = part == range && run.range.lowerBound == first
                let bytes =
                    isWhole
                    ? run.bytes
                    : codec.encode(
                        try NamedRun(run, codec).part((part.lowerBound + end)...(part.upperBound + end)).segment)
                _ = try journal.insert(branch, part, bytes)
                if let head = run.head, part.upperBound == range.upperBound {
                    try journal.setSegmentHead(branch, endingAt: part.upperBound, head)
                }
            }
        }
        if head.sequence > end {
            if try journal.head(branch).sequence < head.sequence - end {
                try journal.setHead(branch, Journal.Head(sequence: head.sequence - end, digest: head.digest))
            }
            try journal.setHead(name, Journal.Head(sequence: end, digest: headAtEnd ?? .zero))
        }
        try extendChain(branch, nil)
        try journal.addFormer(branch, insteadOf: name, isOwn: name == identity.replica)
    }

    /// Lets go what came from a hub after the end of a name and has no name that is known here: the hub has it under the
    /// branch's name. What no hub is known to have stays.
    func forgetTail(of name: ReplicaID, after end: Sequence32) throws(StoreError) {
        let stored = try segments(of: name, after: end)
        let own = try journal.formers() + [identity.replica]
        guard !own.contains(name) else { return }
        for run in stored {
            let part = max(run.range.lowerBound, end + 1)...run.range.upperBound
            guard try sync.isReceipted(name, part) else { return }
        }
        for run in stored {
            try removeSegment(run.number)
            guard run.range.lowerBound <= end else { continue }
            let part = try NamedRun(run, codec).part(run.range.lowerBound...end)
            try journal.reinsert(name, part.range, codec.encode(part.segment), head: nil)
        }
        try cutRanges(of: name, after: end)
        if try journal.head(name).sequence > end {
            try journal.setHead(name, Journal.Head(sequence: 0, digest: .zero))
            try extendChain(name, nil)
        }
    }

    /// Those that hold anything after a sequence, ascending.
    private func segments(of name: ReplicaID, after end: Sequence32) throws(StoreError) -> [Journal.StoredSegment] {
        var all: [Journal.StoredSegment] = []
        var next = end + 1
        while let stored = try journal.segment(name, endingFrom: next) {
            all.append(stored)
            guard stored.range.upperBound < .max else { break }
            next = stored.range.upperBound + 1
        }
        return all
    }

    private func removeSegment(_ number: Int64) throws(StoreError) {
        let remove = try lookup("DELETE FROM segment WHERE n = ?")
        remove.bind(1, number)
        try remove.run()
    }

    /// What is held, and what is known to be held elsewhere, of a name.
    private func cutRanges(of name: ReplicaID, after end: Sequence32) throws(StoreError) {
        for table in ["parked", "quarantine"] {
            let cut = try lookup("DELETE FROM \(table) WHERE origin = ?1 AND sequence > ?2")
            cut.bind(1, try origins.number(name))
            cut.bind(2, Int64(end))
            try cut.run()
        }
        for table in ["held", "trimmed", "receipt", "at_hq"] {
            for sql in [
                "DELETE FROM \(table) WHERE origin = ?1 AND first > ?2",
                "UPDATE \(table) SET last = ?2 WHERE origin = ?1 AND last > ?2",
            ] {
                let cut = try lookup(sql)
                cut.bind(1, try origins.number(name))
                cut.bind(2, Int64(end))
                try cut.run()
            }
        }
    }
}

extension Journal {
    /// Puts a part of a segment back whose ranges are noted already.
    func reinsert(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>, _ bytes: [UInt8], head: Digest256?
    ) throws(StoreError) {
        _ = try insert(origin, range, bytes)
        if let head { try setSegmentHead(origin, endingAt: range.upperBound, head) }
    }

    /// A branch of a name that this store had is this store's work, too.
    func addFormer(_ branch: ReplicaID, insteadOf name: ReplicaID, isOwn: Bool) throws(StoreError) {
        if isOwn { return try addFormer(branch) }
        if try formers().contains(name) { try addFormer(branch) }
    }
}
