import Foundation

/// A program on a real pseudo-terminal, by way of tmux on a server of its own.
final class TestTerminal {
    private let socket = "assay-\(UUID().uuidString.prefix(8))"

    /// The path of tmux on this machine; nil where there is none.
    static let tmux = ["/usr/bin/tmux", "/usr/local/bin/tmux", "/bin/tmux"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// The `assay` that was built with these tests.
    static var assay: String {
        let program = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
        let places = [
            program.deletingLastPathComponent().appendingPathComponent("assay").path,
            FileManager.default.currentDirectoryPath + "/.build/debug/assay",
        ]
        return places.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "assay"
    }

    /// How long a screen may take to come about: far beyond what it takes, for a machine that is busy.
    private static let deadline = Duration.seconds(30)

    private let server = Process()

    /// Starts a shell command in a window of this size; the window stays when the command has ended.
    init(_ command: String, columns: Int = 100, rows: Int = 30) throws {
        guard let tmux = TestTerminal.tmux else { throw Failed("tmux is not on this machine") }
        // A server in the foreground: one that made itself a daemon would keep what Foundation waits for.
        server.executableURL = URL(fileURLWithPath: tmux)
        server.arguments = ["-L", socket, "-f", "/dev/null", "-D"]
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        try start("\(command); echo ended with $?; exec cat", columns, rows)
    }

    deinit {
        // Windows are told to end; the server itself may have inherited a mask that keeps it from noticing.
        _ = try? tmux(["kill-server"])
        kill(server.processIdentifier, SIGKILL)
    }

    /// Tries until the server listens.
    private func start(_ command: String, _ columns: Int, _ rows: Int) throws {
        let end = ContinuousClock.now + TestTerminal.deadline
        while ContinuousClock.now < end {
            let window = ["new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", command]
            if try tmux(window).exit == 0 { return }
        }
        throw Failed("tmux did not start")
    }

    private func tmux(_ arguments: [String]) throws -> Subprocess {
        guard let tmux = TestTerminal.tmux else { throw Failed("tmux is not on this machine") }
        return try Subprocess(tmux, ["-L", socket, "-N"] + arguments)
    }

    @discardableResult
    private func run(_ arguments: [String]) throws -> String {
        let ran = try tmux(arguments)
        guard ran.exit == 0 else { throw Failed("tmux \(arguments.first ?? ""): \(ran.errors)") }
        return ran.output
    }

    /// Presses keys by tmux's names, such as `Enter` and `C-q`.
    func press(_ keys: String...) throws { try run(["send-keys"] + keys) }

    func type(_ text: String) throws { try run(["send-keys", "-l", text]) }

    /// What a scanner types.
    func scan(_ ticket: String) throws {
        try type(ticket)
        try press("Enter")
    }

    func resize(columns: Int, rows: Int) throws {
        try run(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
    }

    func screen() throws -> String { try run(["capture-pane", "-p"]) }

    /// Whether the second screen is shown, the cursor is, and long lines are wrapped: 1 or 0 each.
    func modes() throws -> String {
        try run(["display-message", "-p", "#{alternate_on} #{cursor_flag} #{wrap_flag}"])
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The processes that the window's shell waits for.
    func processes() throws -> [Int32] {
        let shell = try run(["list-panes", "-F", "#{pane_pid}"]).trimmingCharacters(in: .whitespacesAndNewlines)
        return try Subprocess("/usr/bin/pgrep", ["-P", shell]).output.split(separator: "\n").compactMap { Int32($0) }
    }

    /// Kills what runs in the window, as a power cut would, and looks until it is gone.
    func cut() throws {
        let running = try processes()
        guard !running.isEmpty else { throw Failed("nothing runs in the window") }
        for process in running { kill(process, SIGKILL) }
        let end = ContinuousClock.now + TestTerminal.deadline
        while try processes().contains(where: running.contains) {
            guard ContinuousClock.now < end else { throw Failed("what was killed still runs") }
        }
    }

    /// Looks until the screen is as wanted, and returns it.
    @discardableResult
    func wait(for what: String, _ isThere: (String) -> Bool) throws -> String {
        let clock = ContinuousClock()
        let end = clock.now + TestTerminal.deadline
        var last = ""
        repeat {
            last = try screen()
            if isThere(last) { return last }
        } while clock.now < end
        throw Failed("the screen never showed \(what):\n\(last)")
    }

    @discardableResult
    func wait(for text: String) throws -> String { try wait(for: text) { $0.contains(text) } }

    /// Looks until the line that holds `name` also holds all of `words`.
    func wait(row name: String, _ words: String...) throws {
        try wait(for: "\(name) with \(words)") { screen in
            screen.split(separator: "\n").contains { line in
                line.contains(name) && words.allSatisfy { line.contains($0) }
            }
        }
    }
}

/// A program that was run to its end.
struct Subprocess {
    let output: String
    let errors: String
    let exit: Int32

    init(_ path: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let (out, err) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = out
        process.standardError = err
        try process.run()
        output = String(decoding: try out.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        errors = String(decoding: try err.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        exit = process.terminationStatus
    }
}
