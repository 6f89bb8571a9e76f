import HybridTime

/// What is known of forks, and the names that follow from it: a function of the facts alone, whatever the order in which
/// they came.
///
/// The histories that were ever written under one name are a tree. Every fork ends a name there, and each branch goes on
/// under a name of its own, so that a path through the tree is a list of names:
///
///     A:1 A:2 A:3 ─┬─ A:4 A:5        A:1 A:2 A:3 ─┬─ N:1 N:2
///                  └─ A:4                         └─ M:1
public struct Forks: Sendable {
    public let facts: Set<ForkFact>
    private var branches: [ReplicaID: ForkPlace] = [:]
    private var trunks: [ForkPlace: ReplicaID] = [:]
    private var ends: [ReplicaID: Sequence32] = [:]
    private var endPlaces: [ReplicaID: [ForkPlace]] = [:]
    private var readings: [ForkPlace: [ForkFact.Reading]] = [:]
    private var views: [ForkPlace: [ReplicaID: ReplicaID]] = [:]

    public static let none = Forks([])

    public init(_ facts: Set<ForkFact>) {
        self.facts = facts
        var ending: [ForkPlace: [ReplicaID]] = [:]
        for fact in facts {
            switch fact.statement {
            case .ends(let name): ending[fact.place, default: []].append(name)
            case .branch(let name): take(name, fact.place)
            case .reading(let reading): readings[fact.place, default: []].append(reading)
            case .view(let replica, let branch):
                // Nobody honest says two things; of a liar's, everyone takes the same.
                let known = views[fact.place]?[replica] ?? branch
                views[fact.place, default: [:]][replica] = min(known, branch)
            }
        }
        for (place, names) in ending {
            for name in names {
                guard let end = sequence(of: place, under: name) else { continue }
                ends[name] = min(ends[name] ?? end, end)
            }
        }
        for (place, names) in ending {
            for name in names where sequence(of: place, under: name) == ends[name] {
                endPlaces[name, default: []].append(place)
                if let known = trunks[place], written(known).after >= written(name).after { continue }
                trunks[place] = name
            }
        }
    }

    /// A name is a hash: two places for one are a liar's.
    private mutating func take(_ branch: ReplicaID, _ place: ForkPlace) {
        if let known = branches[branch], (known.origin, known.after) <= (place.origin, place.after) { return }
        guard branch != place.origin else { return }
        branches[branch] = place
    }

    public var isEmpty: Bool { facts.isEmpty }

    /// Under which name a name's change sets were written, and how many of that come before them.
    public func written(_ name: ReplicaID) -> (origin: ReplicaID, after: Sequence32) {
        branches[name].map { ($0.origin, $0.after) } ?? (name, 0)
    }

    public func place(of branch: ReplicaID) -> ForkPlace? { branches[branch] }

    /// The last sequence of a name that is told under it; nil where it goes on.
    public func end(of name: ReplicaID) -> Sequence32? { ends[name] }

    /// Every name that ends, those nearer to the root first.
    public var ended: [ReplicaID] {
        ends.keys.sorted { (written($0).after, $0) < (written($1).after, $1) }
    }

    /// The places at which a name ends; there is one as a rule.
    public func places(endOf name: ReplicaID) -> [ForkPlace] { endPlaces[name] ?? [] }

    /// Every place of which something is known.
    public var places: Set<ForkPlace> { Set(facts.map(\.place)) }

    /// Whether a name of a document or a record, or a dot, is none any more: its change set bears a branch's name.
    public func isDead(_ origin: ReplicaID, _ sequence: Sequence32) -> Bool {
        ends[origin].map { sequence > $0 } ?? false
    }

    /// The sequence that a place has under a name: a branch holds at least its first change set.
    private func sequence(of place: ForkPlace, under name: ReplicaID) -> Sequence32? {
        let (origin, after) = written(name)
        guard origin == place.origin, place.after > after || place.after == after && branches[name] == nil else {
            return nil
        }
        return place.after - after
    }

    /// The names from the root to this one, as far as they are known.
    public func path(to name: ReplicaID) -> [ReplicaID] {
        var path = [name]
        // A liar's branches may go round in a circle.
        while let place = branches[path[0]], let trunk = trunks[place], !path.contains(trunk) {
            path.insert(trunk, at: 0)
        }
        return path
    }

    /// What was said of the branch that an author means after a name's end.
    public func readings(afterEndOf name: ReplicaID) -> [ForkFact.Reading] {
        places(endOf: name).flatMap { readings[$0] ?? [] }
    }

    /// The branch that a replica held when it heard of a name's end.
    public func view(of replica: ReplicaID, afterEndOf name: ReplicaID) -> ReplicaID? {
        places(endOf: name).compactMap { views[$0]?[replica] }.min()
    }
}
