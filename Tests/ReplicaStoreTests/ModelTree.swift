import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

/// The organisation of the design's model as real stores: headquarters (0) with two regions (1 and 2), in region 1 a site (3)
/// with a desk (4) and an office (5), in region 2 an office (6).
struct ModelTree {
    /// A step as the model prints it.
    enum Step {
        /// A replica makes a document that is not there yet, or writes to it.
        case write(Int, document: Int)
        case sync(Int)
        /// A session that the line ends after so many change sets, before the first receipt.
        case cut(Int, after: Int)
        case move(Int, to: Int)
        /// Fire: nothing of it is left.
        case destroy(Int)
    }

    private(set) var nodes: [Int: TestStore] = [:]
    private(set) var documents: [Int: RecordName] = [:]
    private var parents = [1: 0, 2: 0, 3: 1, 4: 3, 5: 1, 6: 2]
    /// By document, the number of each piece of work there, and its dot.
    private var work: [Int: [Int: Dot]] = [:]
    private var count = 0

    init(_ steps: [Step] = []) throws {
        for number in 0...6 { nodes[number] = try TestStore(UInt64(number), isHub: number <= 3) }
        try run(steps)
    }

    func store(_ number: Int) throws -> ReplicaStore { try #require(nodes[number]).store }

    func document(_ number: Int) throws -> RecordName { try #require(documents[number]) }

    mutating func run(_ steps: [Step]) throws {
        for step in steps {
            switch step {
            case .write(let at, let document): try write(at, document)
            case .sync(let at): try sync(at)
            case .cut(let at, let limit): try cut(at, limit)
            case .move(let at, let parent): parents[at] = parent
            case .destroy(let at): nodes[at] = nil
            }
        }
    }

    /// Each piece of work adds an element, which nothing removes: what a state lacks was lost.
    private mutating func write(_ at: Int, _ document: Int) throws {
        count += 1
        let target = documents[document] ?? .pending(ordinal: 0)
        let change = RecordChange(
            target, kind: Fixture.person.tag, [Write(Fixture.emails.tag, .text("\(count)"), .add)])
        let set = try store(at).write(documents[document] == nil ? .new : .document(target), [change])
        documents[document] = set.document
        work[document, default: [:]][count] = set.dot
    }

    private func sync(_ at: Int) throws {
        let parent = try #require(parents[at])
        guard let child = nodes[at], let hub = nodes[parent] else { return }
        var meeting = Meeting(child.store, hub.store, isHeadquarters: parent == 0)
        #expect(try meeting.sync() == .completed)
        #expect(meeting.divergences.isEmpty && meeting.regressions == 0)
    }

    private func cut(_ at: Int, _ limit: Int) throws {
        let (child, hub) = (try store(at), try store(try #require(parents[at])))
        var left = limit
        for origin in try child.heldOrigins().sorted() {
            for sequence in try child.held(origin).subtracting(hub.held(origin)).ranges.joined() where left > 0 {
                let payload = try #require(try child.payload(of: origin, in: sequence...sequence))
                #expect(try hub.take([payload]).allSatisfy(\.isDurable))
                left -= 1
            }
        }
    }

    /// All lines are well again: everyone syncs, the lower ones first.
    func heal(rounds: Int = 3) throws {
        for _ in 0..<rounds { for at in [4, 3, 5, 6, 1, 2, 3, 4, 5, 6] { try sync(at) } }
    }

    /// After ``heal(rounds:)``: everyone shows all work, headquarters holds it, nothing waits and nothing was repaired.
    /// - Parameters:
    ///   - burnt: work that nobody but a destroyed replica had.
    ///   - onlyAsState: work of which no journal is left; somebody salvaged its document.
    func expectWhole(burnt: Set<Int> = [], onlyAsState: Set<Int> = []) throws {
        let headquarters = try store(0)
        for (number, pieces) in work {
            let name = try document(number)
            let left = pieces.filter { !burnt.contains($0.key) }
            for node in nodes.values {
                let cell = try node.store.document(name)?.records[name]?.cell(Fixture.emails.tag)
                let shown = Set(cell?.siblings.compactMap(\.value) ?? [])
                #expect(shown == Set(left.keys.map { .text("\($0)") }), "document \(number) at \(node.replica)")
            }
            for (piece, dot) in left where !onlyAsState.contains(piece) {
                #expect(try headquarters.changeSet(dot) != nil, "headquarters does not hold work \(piece)")
            }
        }
        for node in nodes.values {
            #expect(try node.store.digest() == headquarters.digest(), "\(node.replica)")
            #expect(try node.store.count("SELECT count(*) FROM parked") == 0, "\(node.replica)")
            #expect(try node.store.check() == [], "\(node.replica)")
            if onlyAsState.isEmpty { #expect(try node.store.repairs() == [], "\(node.replica)") }
        }
    }
}
