import TerminalCells
import Testing

@testable import Desk

@Suite("The desk's mailbox")
struct MailboxTests {
    @Test("While the terminal is stopped, news is replaced and not piled up; answers all stay, in order")
    func coalesced() {
        let mailbox = DeskMailbox()
        mailbox.post([.saved(DeskReceipt(request: 1, row: nil))])
        for number in 1...10_000 {
            mailbox.post([.syncStatusChanged(SyncStatus(saved: number))])
            mailbox.post([.recordsChanged(sessions: ["s\(number % 2)"])])
            mailbox.post([.failed(DeskFailure(work: .sync, message: "again", code: "x"))])
        }
        mailbox.post([.saved(DeskReceipt(request: 2, row: nil))])
        let (events, isEnding) = mailbox.take()
        #expect(!isEnding)
        #expect(events.count == 5)
        #expect(
            events.prefix(2) == [.saved(DeskReceipt(request: 1, row: nil)), .saved(DeskReceipt(request: 2, row: nil))])
        #expect(events.contains(.syncStatusChanged(SyncStatus(saved: 10_000))))
        #expect(events.contains(.recordsChanged(sessions: ["s0", "s1"])))
        #expect(mailbox.take().events.isEmpty)
    }
}
