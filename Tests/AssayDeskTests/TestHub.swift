import Foundation

/// An `assay hub serve` in a process of its own.
final class TestHub {
    let port: Int
    private let process = Process()
    private let said = Pipe()

    /// - Parameter port: 0 lets the system choose.
    init(_ store: String, port: Int = 0) throws {
        process.executableURL = URL(fileURLWithPath: TestTerminal.assay)
        process.arguments = ["hub", "serve", "--store", store, "--listen", "127.0.0.1:\(port)"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = said
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.port = try TestHub.port(said.fileHandleForReading)
    }

    deinit { kill() }

    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Reads until the hub says where it listens.
    private static func port(_ said: FileHandle) throws -> Int {
        var text = ""
        while true {
            let data = said.availableData
            guard !data.isEmpty else { throw Failed("the hub ended: \(text)") }
            text += String(decoding: data, as: UTF8.self)
            if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("listening on ") }),
                text.hasSuffix("\n"), let port = line.split(separator: ":").last.flatMap({ Int($0) })
            {
                return port
            }
        }
    }
}
