import ArgumentParser

/// What the benchmarks of hubs need and the `assay` command does not do: a whole exam day in one process, desks that measure,
/// and many sessions at once. Tools/bench has the commands that put these together.
@main
struct HubBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub-bench", abstract: "The moving parts of the benchmarks of hubs.",
        subcommands: [ExamDayCommand.self])
}

/// The clock that all processes of this machine share.
enum Moment {
    /// Microseconds since some moment before.
    static func now() -> Int64 {
        let duration = ContinuousClock.now - origin
        return duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
    }
    private static let origin = ContinuousClock.now
}
