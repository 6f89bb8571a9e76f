import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Forks: what is learnt of them, and what this store then does (Protocol, "Forks"). Everything follows from facts that
/// are records: the names of what the journal holds, and the documents, which are made again under these names.
extension Writer {
    // MARK: Where facts come from

    /// What a record says.
    func noteFork(_ value: Value?) {
        // What is no fact is of a newer build, and kept.
        if case .bytes(let bytes)? = value, let fact = try? ForkFact(bytes) { heard.insert(fact) }
    }

    /// A run that comes under a branch's name proves a fork, where the chain is here that it goes on from.
    func meet(_ run: NamedRun, entersFeed: Bool) throws(StoreError) {
        let origin = run.segment.origin
        guard run.name != origin, run.range.lowerBound == 1, try journal.forks().place(of: run.name) == nil,
            let first = run.segment.changeSets.first
        else { return }
        for (trunk, head) in try heads(writtenAs: Dot(origin, run.after)) {
            let named = try journal.names.sets(run.segment, as: run.name, from: 1)
            guard let salt = try named.first.flatMap({ set throws(StoreError) in try journal.salt(of: set) }),
                ReplicaID(branchFrom: chain.head(after: head, first, salt: salt).head) == run.name
            else { continue }
            let place = ForkPlace(origin, after: run.after, head)
            var facts: Set = [ForkFact(place, .branch(run.name))]
            if let trunk { facts.insert(ForkFact(place, .ends(trunk))) }
            return try settleForks(facts, isFound: true, entersFeed: entersFeed)
        }
    }

    /// The heads that are known here of histories of an origin, at a sequence as it was written, each with the name under
    /// which it is here.
    private func heads(writtenAs dot: Dot) throws(StoreError) -> [(trunk: ReplicaID?, head: Digest256)] {
        let forks = try journal.forks()
        var found: [(trunk: ReplicaID?, head: Digest256)] = []
        for name in try names(writtenUnder: dot.origin) {
            let after = try journal.written(name).after
            guard dot.sequence > after || dot.sequence == 0 && after == 0,
                let head = try journal.chainDigest(of: name, at: dot.sequence - after, codec)
            else { continue }
            found.append((name, head))
        }
        for place in forks.places where place.origin == dot.origin && place.after == dot.sequence {
            found.append((nil, place.head))
        }
        return found
    }

    /// The names here of what was written under one.
    private func names(writtenUnder origin: ReplicaID) throws(StoreError) -> [ReplicaID] {
        var names: [(name: ReplicaID, after: Sequence32)] = []
        for name in try sync.origins(own: identity.replica) {
            let written = try journal.written(name)
            if written.origin == origin { names.append((name, written.after)) }
        }
        return names.sorted { ($0.after, $0.name) < ($1.after, $1.name) }.map(\.name)
    }

    /// Takes a run of a name that ends within it or before it: what comes after the end bears a branch's name. From whom
    /// nothing is known of the fork.
    func applyBeyond(
        _ end: Sequence32, _ run: NamedRun, _ bytes: [UInt8], entersFeed: Bool
    ) throws(StoreError) -> Result<ApplyOutcome, DecodingFailure> {
        let unknown = DecodingFailure(
            .invalidValue, offset: 0, "\(run.name) ends at \(end), and what follows has no name")
        var outcome = ApplyOutcome()
        if run.range.lowerBound <= end {
            let part = run.part(run.range.lowerBound...end)
            switch try apply(
                codec.encode(part.segment), as: run.name, from: part.range.lowerBound, entersFeed: entersFeed)
            {
            case .failure(let failure): return .failure(failure)
            case .success(let done): outcome = done
            }
        }
        // Which branch it is shows where it begins alone.
        guard run.range.lowerBound <= end + 1 else { return .failure(unknown) }
        let rest = run.part((end + 1)...run.range.upperBound)
        guard let found = try branch(rest, after: end) else { return .failure(unknown) }
        try settleForks(found.facts, isFound: true, entersFeed: entersFeed)
        switch try apply(codec.encode(rest.segment), as: found.name, from: 1, entersFeed: entersFeed) {
        case .failure(let failure): return .failure(failure)
        case .success(let done):
            outcome.applied += done.applied
            outcome.duplicates += done.duplicates
            outcome.parked += done.parked
            outcome.quarantined += done.quarantined
            return .success(outcome)
        }
    }

    /// The name of what comes right after a name's end, and what proves it; nil where the chain is not known here.
    /// - Parameter run: it begins right after the end.
    private func branch(
        _ run: NamedRun, after end: Sequence32
    ) throws(StoreError) -> (name: ReplicaID, facts: Set<ForkFact>)? {
        let forks = try journal.forks()
        guard let first = run.segment.changeSets.first,
            let set = try journal.names.sets(
                run.part(run.range.lowerBound...run.range.lowerBound).segment, as: run.name,
                from: run.range.lowerBound
            ).first
        else { return nil }
        func name(after head: Digest256) throws(StoreError) -> ReplicaID? {
            guard let salt = try journal.salt(of: set) else { return nil }
            return ReplicaID(branchFrom: chain.head(after: head, first, salt: salt).head)
        }
        let written = try journal.written(run.name)
        if let head = try journal.chainDigest(of: run.name, at: end, codec) {
            guard let name = try name(after: head) else { return nil }
            let place = ForkPlace(written.origin, after: written.after + end, head)
            return (name, [ForkFact(place, .ends(run.name)), ForkFact(place, .branch(name))])
        }
        // The chain came as state: a name that is known already is proof enough.
        for place in forks.places(endOf: run.name) {
            if let name = try name(after: place.head), forks.place(of: name) == place { return (name, []) }
        }
        return nil
    }

    // MARK: What is done about them

    /// Settles what records told of forks. After a flush.
    func hearForks(entersFeed: Bool) throws(StoreError) {
        if !heard.isEmpty {
            let facts = heard
            heard = []
            try settleForks(facts, isFound: false, entersFeed: entersFeed)
        }
        guard !renamed.isEmpty else { return }
        let names = renamed.sorted()
        renamed = []
        try voidAllDigests()
        _ = try remakeRenamed(each: names)
    }

    /// Adds facts to what is known, and gives everything here the names that follow.
    /// - Parameter isFound: whether they are to be told to others, because no record says them.
    func settleForks(_ facts: Set<ForkFact>, isFound: Bool, entersFeed: Bool) throws(StoreError) {
        let before = try journal.forks()
        let new = facts.subtracting(before.facts)
        guard !new.isEmpty else { return }
        try packTail(entersFeed: entersFeed)
        let old = try takeStock(ending: Forks(before.facts.union(new)))
        try journal.know(new)
        var found = isFound ? new : []
        let moved = try moveTails()
        if moved.isAny, entersFeed { try journal.endFeedOfBefore() }
        found.formUnion(moved.found)
        found.formUnion(try readings(old.meant))
        try remakeRenamed(old.documents, entersFeed: entersFeed)
        if moved.isAny, isHub {
            // Sessions compared histories under the names of before: they begin again, and everything is offered anew.
            try takeNewIncarnation(entersFeed: entersFeed)
        }
        try leaveEndedName(entersFeed: entersFeed)
        try say(found)
    }

    /// Moves what the journal holds after the ends of names to the names of branches.
    /// - Returns: what was found out by that.
    private func moveTails() throws(StoreError) -> (found: Set<ForkFact>, isAny: Bool) {
        var found: Set<ForkFact> = []
        var isAny = false
        var isMoved = true
        while isMoved {
            isMoved = false
            for name in try journal.forks().ended {
                guard let end = try journal.forks().end(of: name), try journal.lastHeld(name) > end else { continue }
                guard let branch = try branch(of: name, after: end) else {
                    try forgetTail(of: name, after: end)
                    continue
                }
                var facts = branch.facts
                let known = try journal.forks().place(of: branch.name)
                if isHub, let place = branch.facts.first?.place ?? known {
                    facts.insert(ForkFact(place, .view(of: identity.replica, branch.name)))
                }
                let new = facts.subtracting(try journal.forks().facts)
                if !new.isEmpty {
                    found.formUnion(new)
                    try journal.know(new)
                }
                try moveTail(of: name, after: end, to: branch.name)
                try journal.note(branch.name, after: name)
                isMoved = true
                isAny = true
            }
        }
        let inside = try endsInside()
        return (found.union(inside.found), isAny || inside.isAny)
    }

    /// What the journal holds right after a name's end; nil where it holds that not, or knows not what it follows.
    private func branch(
        of name: ReplicaID, after end: Sequence32
    ) throws(StoreError) -> (name: ReplicaID, facts: Set<ForkFact>)? {
        guard let stored = try journal.segment(name, endingFrom: end + 1), stored.range.contains(end + 1) else {
            return nil
        }
        return try branch(NamedRun(stored, codec).part((end + 1)...(end + 1)), after: end)
    }

    /// A place that others found may lie inside of what bears another name here than it does there.
    private func endsInside() throws(StoreError) -> (found: Set<ForkFact>, isAny: Bool) {
        var found: Set<ForkFact> = []
        let forks = try journal.forks()
        for place in forks.places {
            for name in try names(writtenUnder: place.origin) {
                let after = try journal.written(name).after
                let fact = ForkFact(place, .ends(name))
                guard place.after > after, !forks.facts.contains(fact),
                    try journal.chainDigest(of: name, at: place.after - after, codec) == place.head
                else { continue }
                found.insert(fact)
            }
        }
        guard !found.isEmpty else { return ([], false) }
        try journal.know(found)
        let moved = try moveTails()
        return (found.union(moved.found), moved.isAny)
    }

    private func leaveEndedName(entersFeed: Bool) throws(StoreError) {
        guard try journal.forks().end(of: identity.replica) != nil else { return }
        try takeNewIncarnation(entersFeed: entersFeed)
        // A feed leaves out what its reader wrote, and under the old name that was also another branch: it is read anew.
        try lookup("DELETE FROM cursor").run()
    }

    /// Tells others what was found out here, in the documents of the places.
    private func say(_ facts: Set<ForkFact>) throws(StoreError) {
        let kind = EngineRecords.Fork.self
        for (place, facts) in Dictionary(grouping: facts, by: \.place).sorted(by: {
            ($0.key.origin, $0.key.after) < ($1.key.origin, $1.key.after)
        }) {
            let name = place.document(.cryptoSHA256)
            let said = facts.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
            for start in stride(from: 0, to: said.count, by: 1_000) {
                var writes = [Write(EngineRecords.scopes.tag, .text("org"), .add)]
                for bytes in said[start...].prefix(1_000) { writes.append(Write(kind.facts.tag, .bytes(bytes), .add)) }
                let draft = Draft(
                    .document(name), documentKind: EngineRecords.fork.tag, actor: "assay", intent: "fork",
                    changes: [RecordChange(name, kind: kind.kind.tag, writes)])
                // Engines have no clock; the stamp follows the document's.
                _ = try commit([draft], time: 0) { Salt.none }
            }
        }
    }
}
