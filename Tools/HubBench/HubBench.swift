import ArgumentParser

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// What the benchmarks of hubs need and the `assay` command does not do: a whole exam day in one process, desks that measure,
/// and many sessions at once. Tools/bench has the commands that put these together.
@main
struct HubBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub-bench", abstract: "The moving parts of the benchmarks of hubs.",
        subcommands: [
            ExamDayCommand.self, DeskCommand.self, CrowdCommand.self, SitesCommand.self, ReconnectCommand.self,
        ])
}

/// The clock that all processes of this machine share.
enum Moment {
    /// Microseconds since the machine started.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
