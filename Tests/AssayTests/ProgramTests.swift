import Foundation
import TerminalCells
import Testing

/// What the program says to whoever asks it, mistypes or has a damaged disk.
@Suite("The program")
struct ProgramTests {
    /// The commands that do something, as the program itself tells.
    private func leaves() throws -> [[String]] {
        let tree = try Program.run(["--experimental-dump-help"]).json()
        func walk(_ command: [String: Any], _ path: [String]) -> [[String]] {
            let children = (command["subcommands"] as? [[String: Any]] ?? [])
                .filter { $0["commandName"] as? String != "help" }
            guard !children.isEmpty else { return [path] }
            return children.flatMap { walk($0, path + [$0["commandName"] as? String ?? ""]) }
        }
        return walk(try #require(tree["command"] as? [String: Any]), [])
    }

    @Test("Every command's help has an example and fits 80 columns")
    func help() throws {
        let leaves = try leaves()
        #expect(leaves.count > 20)
        for leaf in leaves {
            let help = try Program.run(leaf + ["--help"], environment: ["COLUMNS": "80"])
            #expect(help.status == 0)
            #expect(help.output.contains("EXAMPLE"), "\(leaf)")
            for line in help.lines { #expect(displayColumns(String(line)) <= 80, "\(leaf): \(line)") }
        }
    }

    @Test("Completion scripts are made for the three shells", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let script = try Program.run(["--generate-completion-script", shell])
        #expect(script.status == 0 && script.output.contains("check-in"))
    }

    @Test("Mistakes are told apart by their exit codes")
    func exitCodes() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.url.path
        let none = try Program.run(["status", "--store", path])
        #expect(none.status == 1 && none.errors.contains("[not-a-store]"))
        let made = ["init", "--store", path, "--name", "HQ", "--headquarters", "--organisation", "new"]
        #expect(try Program.run(made).status == 0)
        #expect(try Program.run(made).status == 1)
        #expect(try Program.run([path], program: "AssaySeed").status == 0)
        #expect(try Program.run(["conflicts", "list", "--store", path]).status == 0, "nothing waits")
        #expect(try Program.run(["conflicts", "list", "--rule", "X99", "--store", path]).status == 64)
        #expect(try Program.run(["score", "enter", "TICKET-1", "--store", path, "--as", "d"]).status == 64)
        #expect(try Program.run(["sync", "--hub", "127.0.0.1:1", "--store", path]).status == 69)
        let mistyped = try Program.run(["candidate", "find", "0007QF2", "--store", path])
        #expect(mistyped.status == 1 && mistyped.errors.contains("[number-mistyped]"))
        #expect(try Program.run(["candidate", "find", "0007-qfi", "--store", path]).status == 0, "as people type it")
        for text in ["TICKET-4", "иванова", "山田太郎", "1992-12-12", "jurgen mull"] {
            #expect(try Program.run(["candidate", "find", text, "--store", path]).status == 0, "\(text)")
        }
    }

    @Test("The doctor finds nothing in a sound store, and says what to do about a damaged one")
    func doctor() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.url.path
        try Program.run(["init", "--store", path, "--name", "HQ", "--headquarters", "--organisation", "new"])
        try Program.run([path], program: "AssaySeed")
        let sound = try Program.run(["doctor", "--store", path, "--json"])
        #expect(sound.status == 0)
        #expect((try sound.json()["findings"] as? [Any])?.isEmpty == true)
        let file = folder.url.appendingPathComponent("replica.sqlite")
        var bytes = try Data(contentsOf: file)
        for page in stride(from: 4_096 * 4, to: bytes.count - 4_096, by: 4_096) {
            bytes.replaceSubrange(page..<page + 64, with: Data(repeating: 0xA5, count: 64))
        }
        try bytes.write(to: file)
        let damaged = try Program.run(["doctor", "--store", path, "--json"])
        #expect(damaged.status == 1)
        let report = try damaged.json()
        let findings = try #require(report["findings"] as? [[String: Any]])
        #expect(findings.allSatisfy { ($0["remedy"] as? String)?.isEmpty == false })
        #expect(findings.contains { ["file-damaged", "store-damaged"].contains($0["code"] as? String) })
    }
}
