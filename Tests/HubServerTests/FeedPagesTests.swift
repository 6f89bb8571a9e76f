import HubLogic
import SyncProtocol
import Testing

@testable import HubServer

@Suite("Pages of feeds that sessions share")
struct FeedPagesTests {
    private struct Broken: Error {}

    private let scope = ScopeName("org")
    private let pages = FeedPages()
    private let reads = Counter()

    private func read(after: FeedPosition = 1) async throws -> FeedPage {
        try await pages.page(try #require(scope), after: after, bytesMax: 1_000) { [reads] in
            reads.increment()
            return .items([], reached: FeedPosition(reads.value), isAtEnd: true)
        }
    }

    @Test("What a hundred sessions ask for at once is read once")
    func once() async throws {
        try await withThrowingTaskGroup(of: FeedPage.self) { group in
            for _ in 0..<100 { group.addTask { try await read() } }
            for try await page in group { #expect(page == .items([], reached: 1, isAtEnd: true)) }
        }
        #expect(reads.value == 1)
    }

    @Test("After a change it is read again, and another place is another page")
    func forgotten() async throws {
        _ = try await read()
        pages.forget()
        #expect(try await read() == .items([], reached: 2, isAtEnd: true))
        #expect(try await read(after: 2) == .items([], reached: 3, isAtEnd: true))
        #expect(try await read() == .items([], reached: 2, isAtEnd: true))
    }

    @Test("The oldest is given up where many places are asked for")
    func bounded() async throws {
        for after in 1...20 as ClosedRange<FeedPosition> { _ = try await read(after: after) }
        _ = try await read(after: 20)
        #expect(reads.value == 20)
        _ = try await read(after: 1)
        #expect(reads.value == 21)
    }

    @Test("A failure is told and not kept")
    func failing() async throws {
        await #expect(throws: Broken.self) {
            _ = try await pages.page(try #require(scope), after: 1, bytesMax: 1_000) { throw Broken() }
        }
        #expect(try await read() == .items([], reached: 1, isAtEnd: true))
    }
}
