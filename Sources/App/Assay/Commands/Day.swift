import ArgumentParser
import CredentialStore
import Credentialing
import HybridTime
import Merging

/// `assay check-in`
struct CheckInCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-in",
        abstract: "Admit, refuse or refer somebody who came.",
        discussion: """
            EXAMPLE
              assay check-in 7Q2M0D4K1Z --seat 12 --as dora
              assay check-in 7Q2M0D4K1Z --name documented \\
                --paper "marriage certificate" --as dora
              assay check-in 7Q2M0D4K1Z --decision refuse --name mismatch --as dora

            Without --seat, the planned seat is taken. What a check did not find in order takes a waiver: a reason and \
            somebody else's approval.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var booking: BookingOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The seat's label, or room and label, as A/12.") var seat: String?
    @Option(help: "What the desk decides.") var decision = CheckInDecision.admit
    @Option(help: "The document that was shown.") var document = DocumentType.passport
    @Flag(help: "The document could not be verified.") var unverified = false
    @Option(help: "How the document's name compares.") var name = NameResult.exact
    @Option(help: "The paper that documents a name that differs.") var paper: String?
    @Flag(help: "The date of birth differs.") var birthDiffers = false
    @Flag(help: "The rules were not acknowledged.") var rulesRefused = false
    @Option(help: "Why a check that did not pass is waived.") var waive: String?
    @Option(help: "Who approves the waiver.") var approver: String?

    func validate() throws {
        guard (waive == nil) == (approver == nil) else {
            throw ValidationError("a waiver takes both --waive REASON and --approver WHO")
        }
    }

    func run() throws {
        try reporting(output) {
            try location.with { store in
                let found = try booking.find(store)
                var command = CheckInPerson(
                    booking: found.booking.name, decision: decision, documentType: document,
                    documentVerified: !unverified, nameResult: name, dateOfBirthMatch: !birthDiffers,
                    rulesAcknowledged: !rulesRefused)
                command.supplementaryDocument = paper
                if let waive, let approver { command.waiver = .init(reason: waive, approver: approver) }
                let (taken, label) = try store.looking { records in
                    let taken = try seat.map { try Finder(records).seat($0, in: found.session) }
                    let words = Words(records, store.replica.identity)
                    return (taken, try (taken ?? found.booking.reference(Booking.seat)).map { try words.reference($0) })
                }
                command.seat = taken
                let said =
                    switch decision {
                    case .admit: "\(found.name) is admitted, seat \(label ?? "none")."
                    case .refuse: "\(found.name) is turned away."
                    case .refer: "\(found.name) is referred to the supervisor: nothing is decided yet."
                    }
                try Doing(store: store, actor: actor, output: output).perform(command, said)
            }
        }
    }
}

/// `assay no-show`
struct NoShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "no-show",
        abstract: "Say that somebody did not come.",
        usage: "assay no-show <who> --as <as> [<options>]",
        discussion: """
            EXAMPLE
              assay no-show 7Q2M0D4K1Z --as dora
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var booking: BookingOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            try location.with { store in
                let found = try booking.find(store)
                try Doing(store: store, actor: actor, output: output)
                    .perform(MarkNoShow(booking: found.booking.name), "\(found.name) is marked as absent.")
            }
        }
    }
}

/// `assay start`
struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Begin the sitting of somebody who was admitted.",
        usage: "assay start <who> --as <as> [<options>]",
        discussion: """
            EXAMPLE
              assay start 7Q2M0D4K1Z --as dora
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var booking: BookingOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            try location.with { store in
                let found = try booking.find(store)
                let sitting = try store.looking { try Finder($0).sitting(of: found.booking) }
                try Doing(store: store, actor: actor, output: output)
                    .perform(StartSitting(sitting: sitting.name), "\(found.name) has begun.")
            }
        }
    }
}

/// `assay finish`
struct FinishCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finish",
        abstract: "End somebody's sitting.",
        usage: "assay finish <who> --as <as> [<options>]",
        discussion: """
            EXAMPLE
              assay finish 7Q2M0D4K1Z --as dora
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var booking: BookingOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            try location.with { store in
                let found = try booking.find(store)
                let sitting = try store.looking { try Finder($0).sitting(of: found.booking) }
                try Doing(store: store, actor: actor, output: output)
                    .perform(FinishSitting(sitting: sitting.name), "\(found.name) has finished.")
            }
        }
    }
}

/// `assay score …`
struct Score: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Key scores, blind: nothing tells what somebody else has keyed.", subcommands: [Enter.self])

    struct Enter: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Key the score of a sitting.",
            usage: "assay score enter <who> --raw <raw> --as <as> [<options>]",
            discussion: """
                EXAMPLE
                  assay score enter 7Q2M0D4K1Z --raw 85 --as dora
                  assay score enter 7Q2M0D4K1Z --raw 85 --role second --as emil
                  assay score enter 7Q2M0D4K1Z --raw 86 --correct --as dora

                Two people key each score; where they differ a third one adjudicates and sees neither. --correct puts \
                this person's own entry right.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var booking: BookingOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The raw score on the paper.") var raw: Int64?
        @Option(help: "What the entry is for.") var role = ScoreRole.first
        @Flag(help: "Put an entry of your own right.") var correct = false
        @Flag(help: "Take an entry of your own back.") var withdraw = false

        func validate() throws {
            guard withdraw == (raw == nil) else {
                throw ValidationError(withdraw ? "--withdraw takes no --raw" : "give the score with --raw")
            }
        }

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    let found = try booking.find(store)
                    guard let component = found.session.record.reference(ExamSession.component) else {
                        throw Failure("component-unknown", "What was sat is not known here: sync, then try again.")
                    }
                    let (sitting, own) = try store.looking { records in
                        let sitting = try Finder(records).sitting(of: found.booking)
                        return (sitting, try ownEntry(sitting.name, component, records))
                    }
                    if correct || withdraw, own == nil {
                        throw Failure(
                            "no-entry", "\(actor.actor) has no \(role.rawValue) entry for \(found.name): key it anew.")
                    }
                    let command = EnterScore(
                        sitting: sitting.name, component: component, role: role, raw: raw,
                        supersedes: correct || withdraw ? own : nil)
                    let said = withdraw ? "taken back" : correct ? "corrected" : "saved"
                    try Doing(store: store, actor: actor, output: output)
                        .perform(command, "The \(role.rawValue) entry for \(found.name) is \(said).")
                }
            }
        }

        /// This person's entry in this role that still counts.
        private func ownEntry(
            _ sitting: RecordName, _ component: RecordName, _ records: StoredRecords
        ) throws -> RecordName? {
            let (result, entries) = try DoubleEntry.read(sitting: sitting, component: component, reading: records)
            let live = Set(result.counted + result.repeated)
            return entries.last {
                live.contains($0.name) && $0.text(ScoreEntry.enteredBy) == actor.actor
                    && $0.text(ScoreEntry.role) == role.rawValue
            }?.name
        }
    }
}
