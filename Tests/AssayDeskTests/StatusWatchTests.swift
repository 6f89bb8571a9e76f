import CredentialStore
import Credentialing
import Foundation
import Testing

@testable import Assay

/// `assay status --watch` on a real pseudo-terminal and through a pipe, while another process's commits come in.
@Suite("Status that stays", .serialized)
struct StatusWatchTests {
    private func register(_ number: UInt64, _ store: CredentialStore) throws {
        let form = RegisterPerson(candidateNumber: CandidateNumber.text(number * 7_919), given: "Ana", family: "Novák")
        _ = try store.perform(form, actor: ActorIdentity("1042"), now: wallClock())
    }

    @Test(
        "It follows another process's commits, comes back after Ctrl-Z, and leaves the terminal as it found it",
        .enabled("This test needs tmux; install it and run it again") { TestTerminal.tmux != nil })
    func terminal() throws {
        let folder = try Folder()
        let store = try folder.store("desk")
        try register(1, store)
        let window = try TestTerminal(
            "echo before; set -m; '\(TestTerminal.assay)' status --watch --store '\(folder.path)/desk'; echo first; read line; fg"
        )
        try window.wait(for: "saved here   1 change sets")
        #expect(try window.modes() == "1 0 0", "the second screen, no cursor, no wrapping")
        try register(2, store)
        let shown = try window.wait(for: "saved here   2 change sets")
        #expect(!shown.contains("before") && shown.contains("Ctrl-C ends"))
        try window.press("C-z")
        let between = try window.wait(for: "first")
        #expect(between.contains("before") && !between.contains("saved here"))
        #expect(try window.modes() == "0 1 1")
        try window.press("Enter")
        try window.wait(for: "saved here   2 change sets")
        try register(3, store)
        try window.wait(for: "saved here   3 change sets")
        try window.resize(columns: 40, rows: 5)
        try window.wait(for: "the first lines alone") { screen in
            screen.contains("saved here   3") && !screen.contains("organisation")
        }
        try window.press("C-c")
        let after = try window.wait(for: "ended with 0")
        #expect(!after.contains("saved here"))
        #expect(try window.modes() == "0 1 1")
        try store.replica.close()
    }

    @Test(
        "In the background it leaves the terminal alone, and ends where the terminal is gone",
        .enabled("This test needs tmux; install it and run it again") { TestTerminal.tmux != nil })
    func background() throws {
        let folder = try Folder()
        let store = try folder.store("desk")
        try register(1, store)
        let running: [Int32]
        do {
            let window = try TestTerminal(
                "set -m; '\(TestTerminal.assay)' status --watch --store '\(folder.path)/desk'; bg; echo behind; read line; fg"
            )
            try window.wait(for: "saved here   1 change sets")
            running = try window.processes()
            try window.press("C-z")
            try window.wait(for: "behind")
            try register(2, store)
            #expect(try window.modes() == "0 1 1")
            #expect(!(try window.screen()).contains("saved here"))
            try window.press("Enter")
            // In front again, it shows itself with the next change.
            var number: UInt64 = 3
            try window.wait(for: "a change after fg") { screen in
                try? register(number, store)
                number += 1
                return screen.contains("saved here")
            }
        }
        // The window is closed. Whether or not somebody tells, the next change finds nobody to paint for.
        #expect(running.count == 1)
        try register(999, store)
        let gone = ContinuousClock.now + .seconds(60)
        while running.contains(where: { kill($0, 0) == 0 }), ContinuousClock.now < gone { usleep(10_000) }
        #expect(running.allSatisfy { kill($0, 0) != 0 })
        try store.replica.close()
    }

    @Test("As JSON it writes one object a line for each change, and nothing where nothing changed")
    func json() throws {
        let folder = try Folder()
        let store = try folder.store("desk")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: TestTerminal.assay)
        process.arguments = ["status", "--watch", "--json", "--store", "\(folder.path)/desk"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        let overdue = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(60), execute: overdue)
        defer { overdue.cancel() }
        var lines = LineReader(pipe.fileHandleForReading)
        #expect(try lines.saved() == 0)
        for number in 1...3 {
            try register(UInt64(number), store)
            #expect(try lines.saved() == number)
        }
        // A commit that changes nothing that is shown.
        try store.replica.set("unshown", to: "x")
        try register(4, store)
        #expect(try lines.saved() == 4)
        kill(process.processIdentifier, SIGINT)
        #expect(ended.wait(timeout: .now() + 60) == .success)
        #expect(process.terminationStatus == 0)
        #expect(lines.next() == nil)
        try store.replica.close()
    }
}

/// Lines of a pipe, one after the other.
private struct LineReader {
    private let handle: FileHandle
    private var buffer = Data()

    init(_ handle: FileHandle) { self.handle = handle }

    /// Nil at the end.
    mutating func next() -> Data? {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                defer { buffer.removeSubrange(...end) }
                return buffer[..<end]
            }
            let part = handle.availableData
            guard !part.isEmpty else { return nil }
            buffer += part
        }
    }

    mutating func saved() throws -> Int? {
        let line = try #require(next(), "a line")
        return try (JSONSerialization.jsonObject(with: line) as? [String: Any])?["saved"] as? Int
    }
}
