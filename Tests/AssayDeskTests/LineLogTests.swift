import Logging
import Synchronization
import Testing

@testable import Assay

@Suite("Log lines as text")
struct LineLogTests {
    private final class Lines: Sendable {
        private let kept = Mutex<[String]>([])
        var all: [String] { kept.withLock { $0 } }
        func add(_ line: String) { kept.withLock { $0.append(line) } }
    }

    @Test("One event is one line, whatever a peer calls itself, and its values can be read back")
    func oneLine() throws {
        let lines = Lines()
        var logger = Logger(label: "test") { LineLog($0) { lines.add($0) } }
        logger[metadataKey: "device"] = "desk\n2026-01-01 error forged=\"yes\" \u{1B}[31m\u{202E}red"
        logger[metadataKey: "replica"] = "00ff"
        logger.warning("peer refused", metadata: ["event": "session-ended", "code": "malformed-frame"])
        #expect(lines.all.count == 1)
        let line = try #require(lines.all.first)
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{202E}" })
        #expect(line.contains(" warning test event=session-ended code=malformed-frame device=\"desk\\n2026"))
        #expect(line.contains(#"forged=\"yes\" \u{1b}[31m\u{202e}red" replica=00ff message="peer refused""#))
    }

    @Test(
        "Plain words stand as they are; everything else is quoted",
        arguments: [
            ("org", "org"), ("127.0.0.1:7400", "127.0.0.1:7400"), ("", "\"\""), ("a b", "\"a b\""), ("a=b", "\"a=b\""),
            ("Zoë", "\"Zoë\""),
        ])
    func values(text: String, expected: String) { #expect(LineLog.value(text) == expected) }
}
