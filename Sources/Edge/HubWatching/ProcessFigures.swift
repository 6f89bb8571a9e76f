import Foundation

/// What the system tells of this process (proc(5)).
struct ProcessFigures: Hashable, Sendable {
    var residentBytes = 0
    var processorSeconds = 0.0
    var descriptors = 0

    static var identifier: Int { Int(ProcessInfo.processInfo.processIdentifier) }

    /// What cannot be read is 0.
    static func now() -> ProcessFigures {
        var figures = ProcessFigures()
        if let pages = text("/proc/self/statm").split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
            figures.residentBytes = pages * sysconf(Int32(_SC_PAGESIZE))
        }
        // The second field is the program's name in brackets, which may hold anything.
        if let rest = text("/proc/self/stat").split(separator: ")").last?.split(separator: " "), rest.count > 12,
            let user = Double(rest[11]), let system = Double(rest[12])
        {
            figures.processorSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
        figures.descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        return figures
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
