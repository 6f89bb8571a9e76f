import ArgumentParser

/// The one executable.
@main
struct Assay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assay",
        abstract: "Exams and credentials on a replica of your own, online or not.",
        discussion: """
            Every command works on the store in --store (or ASSAY_STORE, or the current folder) and needs no network. \
            Sync carries change sets to a hub and back when there is a line.

            Exit codes: 0 done, 1 refused or not found, 2 something waits for a person, 64 wrong usage, \
            69 no hub answers, 74 the disk or the store failed.
            """,
        version: "0.1.0",
        subcommands: [
            Init.self, ScopesCommand.self, Hub.self, Hubs.self, Sync.self, Status.self, Import.self, Export.self,
            Sample.self,
            // A day at a site, and the office.
            DeskCommand.self, RosterCommand.self, Candidate.self, CheckInCommand.self, NoShowCommand.self,
            StartCommand.self, FinishCommand.self, Score.self, BookCommand.self, CancelBookingCommand.self,
            CorrectNameCommand.self, UpdateContactCommand.self, IncidentCommand.self, Session.self, Staff.self,
            // What waits for a person, and the store itself.
            Conflicts.self, Verdict.self, Salvage.self, Doctor.self, DigestCommand.self, Backup.self, Restore.self,
            BundleCommand.self,
        ])
}
