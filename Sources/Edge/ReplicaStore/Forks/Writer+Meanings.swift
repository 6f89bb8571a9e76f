import ChangeSets
import HybridTime
import Merging

/// What change sets of the journal mean by a name that ends: said for each author by those who know, because they held one
/// branch alone when these were applied there.
extension Writer {
    /// A change set that names what comes after the end of a name, and is not of that history itself.
    struct Mention {
        let author: ReplicaID
        /// As it was written.
        let dot: Dot
        /// The name, and how far into it.
        var named: Dot
        let isOwn: Bool
    }

    /// What is here before names change: the documents of change sets that have names by forks already, and those that
    /// mean more than the new ends of names tell.
    func takeStock(ending forks: Forks) throws(StoreError) -> (documents: Set<RecordName>, meant: [Mention]) {
        var documents: Set<RecordName> = []
        var mentions: [Mention] = []
        let own = Set(try journal.formers() + [identity.replica])
        try eachRun { run, named throws(StoreError) in
            let renaming = Renaming(forks, run.name, writtenAs: run.segment.origin, after: run.after) { _ in nil }
            for (index, set) in named.enumerated() {
                let written = run.segment.changeSets[index]
                if set.document != written.document { documents.insert(set.document) }
                let isOwn = own.contains(run.name)
                // What waits here was applied nowhere: its author knows what it means.
                let isMeant = isOwn ? true : try isCovered(set)
                guard isMeant else { continue }
                for dot in Writer.named(in: set) where forks.isDead(dot.origin, dot.sequence) {
                    guard !renaming.isOwn(dot.origin) else { continue }
                    mentions.append(Mention(author: run.name, dot: written.dot, named: dot, isOwn: isOwn))
                }
            }
        }
        return (documents, mentions)
    }

    private func isCovered(_ set: ChangeSet) throws(StoreError) -> Bool {
        guard let id = try origins.knownID(set.document), let document = try folder.documents.load(id) else {
            return false
        }
        return document.context.covers(set.dot)
    }

    private static func named(in set: ChangeSet) -> Set<Dot> {
        var dots: Set<Dot> = []
        for context in [set.deps, set.seen ?? .empty, set.authority] {
            for entry in context.entries { dots.insert(Dot(entry.origin, entry.sequence)) }
        }
        func add(_ name: RecordName) { if !name.isHash { dots.insert(name.dot) } }
        add(set.document)
        for change in set.changes {
            add(change.record)
            for write in change.writes { if case .reference(let name) = write.value { add(name) } }
        }
        return dots
    }

    /// Says which branches were meant, where this store held one, or has its state from a hub that did.
    func readings(_ mentions: [Mention]) throws(StoreError) -> Set<ForkFact> {
        guard !mentions.isEmpty else { return [] }
        let forks = try journal.forks()
        var found: Set<ForkFact> = []
        var rest = mentions.sorted { ($0.dot.sequence, $0.dot.origin) < ($1.dot.sequence, $1.dot.origin) }
        while !rest.isEmpty {
            var deeper: [Mention] = []
            for var mention in rest {
                guard let end = forks.end(of: mention.named.origin), mention.named.sequence > end,
                    let branch = try branchHeld(after: mention.named.origin), let place = forks.place(of: branch)
                else { continue }
                let said =
                    forks.readings(afterEndOf: mention.named.origin)
                    + found.compactMap {
                        if $0.place == place, case .reading(let reading) = $0.statement { reading } else { nil }
                    }
                let isSaid = said.contains {
                    $0.first.origin == mention.dot.origin && $0.first.sequence <= mention.dot.sequence
                        && $0.branch == branch
                }
                if !isSaid {
                    found.insert(
                        ForkFact(
                            place,
                            .reading(.init(from: mention.dot, head: try head(mention), branch))))
                }
                mention.named = Dot(branch, mention.named.sequence - end)
                deeper.append(mention)
            }
            rest = deeper
        }
        if !found.isEmpty { try journal.know(found) }
        return found
    }

    private func head(_ mention: Mention) throws(StoreError) -> UInt64 {
        let forks = try journal.forks()
        let path = forks.path(to: mention.author)
        guard let name = path.last(where: { forks.written($0).after < mention.dot.sequence }) else { return 0 }
        let sequence = mention.dot.sequence - forks.written(name).after
        return try journal.chainDigest(of: name, at: sequence, codec)?.words.0 ?? 0
    }

    /// The branch that this store held after a name's end: in its journal, or as state from a hub.
    private func branchHeld(after name: ReplicaID) throws(StoreError) -> ReplicaID? {
        if let noted = try journal.noted(after: name) { return noted }
        let forks = try journal.forks()
        let select = try lookup("SELECT hub FROM parent ORDER BY met DESC")
        defer { select.reset() }
        while try select.step() {
            if let branch = forks.view(of: try origins.id(select.integer(0)), afterEndOf: name) { return branch }
        }
        return nil
    }

    /// Every run of the journal, as it was written and as it is called here.
    func eachRun(_ body: (NamedRun, [ChangeSet]) throws(StoreError) -> Void) throws(StoreError) {
        var after: Int64 = 0
        while true {
            let select = try lookup(
                "SELECT n, origin, first, last, bytes FROM segment WHERE n > ? ORDER BY n LIMIT 1")
            select.bind(1, after)
            defer { select.reset() }
            guard try select.step() else { return }
            after = select.integer(0)
            let stored = Journal.StoredSegment(
                number: after, origin: try origins.id(select.integer(1)),
                range: try Journal.range(select.integer(2), select.integer(3)), bytes: select.bytes(4))
            select.reset()
            let run = try NamedRun(stored, codec)
            try body(run, try journal.names.sets(run.segment, as: run.name, from: run.range.lowerBound))
        }
    }
}

extension Journal {
    private static func key(_ name: ReplicaID) -> String { "branch \(name)" }

    /// The branch that was here under a name until that ended.
    func noted(after name: ReplicaID) throws(StoreError) -> ReplicaID? {
        let bits = UInt64(bitPattern: try number(Journal.key(name)))
        return bits == 0 ? nil : ReplicaID(bits)
    }

    func note(_ branch: ReplicaID, after name: ReplicaID) throws(StoreError) {
        try set(Journal.key(name), Int64(bitPattern: branch.bits))
    }
}
