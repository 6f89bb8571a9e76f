import ChangeSets
import Foundation
import HybridTime
import Merging
import ReplicaStore
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Serialized: each test fills a disk's queue by itself.
@Suite("Processes that die, race and starve", .serialized)
struct CrashTests {
    static let schema = Schema([
        DocumentKind(
            1, "dossier",
            [
                RecordKind(
                    1, "person", indexes: [["phone"]],
                    [Field(1, "title", .text, .review), Field(2, "phone", .text, .latest)])
            ])
    ])

    /// How often a process is killed; the nightly run asks for more.
    static let kills = Int(ProcessInfo.processInfo.environment["ASSAY_KILLS"] ?? "") ?? 40

    /// A `StoreCrash` under way.
    final class Child {
        private let process = Process()
        private let output = Pipe()
        private var buffer = Data()

        init(_ arguments: String...) throws {
            let tests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            process.executableURL = tests.appendingPathComponent("StoreCrash")
            process.arguments = arguments
            process.standardOutput = output
            try process.run()
        }

        /// The next whole line; nil at the end.
        func line() -> String? {
            while true {
                if let end = buffer.firstIndex(of: 0x0A) {
                    defer { buffer = Data(buffer[(end + 1)...]) }
                    return String(decoding: buffer[..<end], as: UTF8.self)
                }
                let more = output.fileHandleForReading.availableData
                if more.isEmpty { return nil }
                buffer += more
            }
        }

        func kill() {
            Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        /// Everything that it said before it ended.
        func rest() -> [String] {
            var lines: [String] = []
            while let line = line() { lines.append(line) }
            return lines
        }

        var status: Int32 {
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    private func open(_ folder: Folder) throws -> ReplicaStore { try .open(in: folder.path, schema: CrashTests.schema) }

    private func numbers(_ lines: some Sequence<String>) -> [Sequence32] {
        lines.flatMap { $0.split(separator: " ").compactMap { Sequence32($0) } }
    }

    /// All that was acknowledged is there, without a gap, with its rows, and each group whole.
    private func expectWhole(_ store: ReplicaStore, acknowledged: [Sequence32], _ label: Comment) throws {
        let replica = store.identity.replica
        let held = try store.held(replica)
        #expect(held.ranges.count <= 1, label)
        #expect(held.contiguousEnd >= acknowledged.max() ?? 0, label)
        #expect(Set(acknowledged).count == acknowledged.count, label)
        var documents = 0
        for bytes in try store.segments(of: replica) {
            for set in try SegmentCodec().decode(bytes[...]).changeSets {
                if set.salt != nil { documents += 1 }
                if set.group != set.dot.sequence {
                    #expect(set.document == RecordName(Dot(replica, set.group), 0), label)
                }
            }
        }
        #expect(try store.count("SELECT count(*) FROM person") == Int64(documents), label)
        #expect(try store.count("SELECT count(*) FROM document") == Int64(documents), label)
        #expect(try store.check() == [], label)
    }

    @Test("Whatever was acknowledged before a kill is there after it, and nothing by half")
    func killed() throws {
        var random = Seeded(0xC1)
        let test = try TestStore(1, schema: CrashTests.schema)
        try test.store.close()
        var acknowledged: [Sequence32] = []
        for round in 0..<CrashTests.kills {
            let child = try Child("commit", test.folder.path, "1000000")
            #expect(child.line() == "ready")
            let wanted = Int.random(in: 0..<12, using: &random)
            for _ in 0..<wanted { if let line = child.line() { acknowledged += numbers([line]) } }
            child.kill()
            acknowledged += numbers(child.rest())
            let store = try open(test.folder)
            try expectWhole(store, acknowledged: acknowledged, "round \(round)")
            try store.close()
        }
        #expect(acknowledged.count > CrashTests.kills)
    }

    @Test("A process that applies a feed and is killed has a cursor that agrees with its state")
    func followerKilled() throws {
        var random = Seeded(0xC2)
        let hub = try TestStore(9, isHub: true, schema: CrashTests.schema)
        for number in 0..<CrashTests.kills * 6 {
            let draft = Draft(
                .new, documentKind: 1, actor: "a", intent: "i",
                changes: [RecordChange(.pending(ordinal: 0), kind: 1, [Write(Fixture.phone.tag, .text("\(number)"))])])
            try hub.store.commit([draft], time: Int64(number))
            try hub.store.packTail()
        }
        // The feed of one process has no gaps behind its first entry: what follows counts from there.
        let base = try #require(try hub.store.feed(after: 0, bytesMax: 1).first).position - 1
        try hub.store.close()
        let test = try TestStore(1, schema: CrashTests.schema)
        try test.store.close()
        func place(_ line: String) -> Int? { Int64(line).map { Int($0 - base) } }
        var position = 0
        for round in 0..<CrashTests.kills {
            let child = try Child("follow", test.folder.path, hub.folder.path)
            #expect(child.line() == "ready")
            for _ in 0..<Int.random(in: 0..<5, using: &random) {
                position = child.line().flatMap(place) ?? position
            }
            child.kill()
            position = child.rest().compactMap(place).last ?? position
            let store = try open(test.folder)
            let held = try store.held(hub.replica)
            let cursor = try store.count("SELECT coalesce(max(position), \(base)) FROM cursor") - base
            #expect(cursor >= Int64(position), "round \(round)")
            #expect(held.contiguousEnd == Sequence32(cursor) && held.ranges.count <= 1, "round \(round)")
            #expect(try store.count("SELECT count(*) FROM person") == cursor, "round \(round)")
            #expect(
                try store.count("SELECT coalesce(sum(last - first + 1), 0) FROM receipt") == cursor, "round \(round)")
            #expect(try store.check() == [], "round \(round)")
            try store.close()
        }
        #expect(position > 0)
        let child = try Child("follow", test.folder.path, hub.folder.path)
        #expect(child.rest().last.flatMap(place) ?? position == CrashTests.kills * 6)
        #expect(child.status == 0)
        #expect(try open(test.folder).digest() == open(hub.folder).digest())
    }

    @Test("Processes that commit to one store at once lose and double nothing")
    func racing() throws {
        let test = try TestStore(1, schema: CrashTests.schema)
        try test.store.close()
        let children = try (0..<3).map { _ in try Child("commit", test.folder.path, "60") }
        let acknowledged = children.map { numbers($0.rest()) }.flatMap { $0 }
        for child in children { #expect(child.status == 0) }
        #expect(acknowledged.sorted() == Array(1...Sequence32(240)))
        let store = try open(test.folder)
        try expectWhole(store, acknowledged: acknowledged, "three processes")
    }

    @Test("Threads of one process that commit to one store beside another process lose and double nothing")
    func threads() async throws {
        let test = try TestStore(1, schema: CrashTests.schema)
        let child = try Child("commit", test.folder.path, "40")
        let store = test.store
        let mine = try await withThrowingTaskGroup(of: [Sequence32].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try (0..<15).map { _ in
                        let draft = Draft(.new, documentKind: 1, actor: "a", intent: "i", changes: [])
                        return try store.commit([draft], time: 1)[0].dot.sequence
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let all = mine + numbers(child.rest())
        #expect(all.sorted() == Array(1...Sequence32(all.count)))
        #expect(try store.held(store.identity.replica) == SequenceRanges(1...Sequence32(all.count)))
        #expect(try store.check() == [])
    }

    @Test("A file that may not grow refuses commits whole; reads go on and it heals")
    func starved() throws {
        let test = try TestStore(1, schema: CrashTests.schema)
        try test.store.close()
        let child = try Child("starve", test.folder.path, "400000")
        let lines = child.rest()
        #expect(child.status == 0)
        let refusals = lines.filter { $0.hasPrefix("refused") }
        #expect(
            refusals.count == 3 && refusals.allSatisfy { $0 == "refused disk-io" || $0 == "refused disk-full" },
            "\(refusals)")
        let acknowledged = numbers(lines.filter { !$0.hasPrefix("refused") && !$0.hasPrefix("documents") })
        #expect(acknowledged == Array(1...Sequence32(acknowledged.count)))
        #expect(acknowledged.count > 7)
        try expectWhole(try open(test.folder), acknowledged: acknowledged, "starved")
    }

    @Test("A full disk refuses commits with disk-full, reads go on, and it heals when space returns")
    func full() throws {
        let folder = try Folder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=2m") == 0 else {
            print("skipped: no tmpfs may be mounted here (error \(errno))")
            return
        }
        defer { umount2(folder.path, 2) }
        let filler = folder.path + "/filler"
        #expect(FileManager.default.createFile(atPath: filler, contents: Data(repeating: 1, count: 700_000)))
        let store = try ReplicaStore.create(
            in: folder.path, schema: CrashTests.schema, identity: Fixture.identity(1), isHub: false)
        var sequence: Sequence32 = 0
        func commit() throws(StoreError) {
            let draft = Draft(
                .new, documentKind: 1, actor: "a", intent: "i",
                changes: [
                    RecordChange(
                        .pending(ordinal: 0), kind: 1,
                        [Write(Fixture.phone.tag, .text(String(repeating: "y", count: 9_000)))])
                ])
            sequence = try store.commit([draft], time: 1).last?.dot.sequence ?? 0
        }
        let digest: () throws -> [RecordName: DocumentState] = { try store.documents() }
        let refusal = #expect(throws: StoreError.self) { while true { try commit() } }
        #expect(refusal?.code == "disk-full", "\(String(describing: refusal))")
        let before = try digest()
        #expect(before.count == Int(sequence) && sequence > 5)
        for _ in 0..<3 { #expect(throws: StoreError.self) { try commit() } }
        #expect(try digest() == before)
        #expect(try store.check() == [])
        try FileManager.default.removeItem(atPath: filler)
        let last = sequence
        for _ in 0..<5 { try commit() }
        #expect(sequence == last + 5)
        #expect(try store.check() == [])
        try store.close()
    }
}
