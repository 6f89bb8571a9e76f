import ChangeSets
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

/// Headquarters, two regions, two sites and three desks; documents come, move and go while any of them is away, and
/// replicas are pointed at other hubs.
struct ScopeHistory {
    private var random: Seeded
    private(set) var nodes: [ScopedNode] = []
    private var documents: [RecordName] = []
    private var trace: [String] = []
    private var healing = 0
    private static let sites = ["1a", "1b", "2a"]

    init(seed: UInt64) throws {
        random = Seeded(seed)
        let plan: [(String, [String], Bool, Int?)] = [
            ("hq", ["org"], true, nil),
            ("region1", ["region/1", "common"], true, 0),
            ("region2", ["region/2", "common"], true, 0),
            ("site1a", ["site/1a", "common"], true, 1),
            ("desk1a", ["site/1a", "common"], false, 3),
            ("desk1b", ["site/1b", "common"], false, 1),
            ("desk2a", ["site/2a"], false, 2),
            ("office", ["org"], false, 0),
        ]
        for (number, (label, scopes, isHub, parent)) in plan.enumerated() {
            nodes.append(
                try ScopedNode(label, UInt64(number + 1), scopes: scopes, isHub: isHub, parent: parent))
        }
    }

    private mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    /// A site with its region, a region, or everyone's.
    private mutating func someScopes() -> [String] {
        switch below(8) {
        case 0: return ["common"]
        case 1, 2: return ["region/\(1 + below(2))"]
        default:
            let site = Self.sites[below(3)]
            return ["region/\(site.prefix(1))", "site/\(site)"]
        }
    }

    mutating func run(steps: Int) throws {
        for step in 0..<steps {
            let node = nodes[below(nodes.count)]
            switch below(13) {
            case 0, 1:
                // Whoever makes a document makes it where it may have it.
                let scopes = someScopes()
                guard node.scopes.contains("org") || !Set(scopes).isDisjoint(with: node.scopes) else { continue }
                documents.append(try node.store.makeScoped("made \(step)", scopes))
                trace.append("\(node.label) makes \(documents[documents.count - 1]) in \(scopes)")
            case 2, 3, 4: try write(node, "renames") { store, name in try store.rename(name, "renamed \(step)") }
            case 5, 6:
                let scopes = someScopes()
                try write(node, "adds \(scopes) to") { store, name in try store.setScopes(name, scopes, .add) }
            case 7, 8:
                // A site goes alone; a region takes its sites along.
                var scopes = someScopes()
                if scopes.count == 2, below(2) == 0 { scopes.removeFirst() }
                if let digit = scopes[0].last, scopes[0].hasPrefix("region/") {
                    scopes = [scopes[0]] + Self.sites.filter { $0.first == digit }.map { "site/\($0)" }
                }
                try write(node, "takes \(scopes) from") { store, name in
                    try store.setScopes(name, scopes, .remove)
                }
            case 9: move(below(nodes.count))
            default: try sync(below(nodes.count))
            }
        }
    }

    /// Points a replica at another hub that serves its scopes: further up, or back down.
    private mutating func move(_ index: Int) {
        guard let other = Self.hubs[index]?.randomElement(using: &random), nodes[index].parent != other else { return }
        nodes[index].parent = other
        trace.append("\(nodes[index].label) moves to \(nodes[other].label)")
    }

    /// The hubs that serve all scopes of a replica, where there are several.
    private static let hubs = [3: [0, 1], 4: [0, 1, 3], 5: [0, 1], 6: [0, 2]]

    private mutating func write(
        _ node: ScopedNode, _ what: String, _ body: (ReplicaStore, RecordName) throws -> Void
    ) throws {
        guard !documents.isEmpty else { return }
        let name = documents[below(documents.count)]
        guard try node.store.holds(name) else { return }
        do { try body(node.store, name) } catch StoreError.behindOwnWork { return }
        trace.append("\(node.label) \(what) \(name)")
    }

    private mutating func sync(_ index: Int) throws {
        guard let parent = nodes[index].parent else { return }
        trace.append("\(nodes[index].label) syncs")
        var meeting = Meeting(nodes[index].store, nodes[parent].store, isHeadquarters: parent == 0)
        let end = try meeting.sync()
        #expect(end == .completed, "\(nodes[index].label): \(end)")
    }

    mutating func heal() throws {
        let before = trace.count
        for _ in 0..<6 { for index in nodes.indices.reversed() { try sync(index) } }
        healing = trace.count - before
    }

    private var story: String { trace.prefix(trace.count - healing).joined(separator: ", ") }

    func check() throws {
        let hq = nodes[0]
        for name in documents {
            let truth = try #require(try hq.store.document(name), "\(name) is lost")
            for node in nodes.dropFirst() {
                let here = try node.store.document(name)
                if node.wants(truth) {
                    #expect(
                        here?.normalized == truth.normalized, "\(node.label) lacks \(name) \(truth.scopes) \(story)")
                } else {
                    #expect(here == nil, "\(node.label) holds \(name) \(truth.scopes) \(story)")
                }
            }
        }
        for node in nodes.dropFirst() {
            #expect(try node.store.strayCount() == 0, "\(node.label)")
            #expect(try node.store.check() == [], "\(node.label)")
            let head = try node.store.held(node.replica).last ?? 0
            #expect(try hq.store.held(node.replica).total == Int(head), "\(node.label)'s work at headquarters")
            for scope in try node.store.subscriptions() where node.parent == 0 {
                #expect(try node.store.digest(of: scope) == hq.store.digest(of: scope), "\(node.label) \(scope)")
            }
        }
    }
}
