import ArgumentParser
import ByteCoding
import CredentialStore
import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// `assay book`
struct BookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "book",
        abstract: "Give a person a place in a session.",
        usage: "assay book <candidate> --session <session> --as <as> [<options>]",
        discussion: """
            EXAMPLE
              assay book 0000A1R --session LIS-0306-AM --seat 12 --as hq

            Prints the ticket code. Without --ticket a code is made.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The person: a candidate number, name or dossier.") var candidate: String
    @Option(help: "The session: its key, or a part of its title.") var session: String
    @Option(help: "The planned seat, as 12 or A/12.") var seat: String?
    @Option(help: "The ticket code, where it is made elsewhere.") var ticket: String?

    func run() throws {
        try reporting(output) {
            try location.with { store in
                let ticket = ticket ?? Codes.ticket()
                let (command, said) = try store.looking { records in
                    let finder = Finder(records)
                    let person = try finder.person(candidate)
                    let session = try finder.session(session)
                    let seat = try seat.map { try finder.seat($0, in: session) }
                    let said =
                        "\(DisplayName(person)) (\(Words.number(person))) is booked: \(session.title), "
                        + "\(LocalTime.text(session.start)), ticket \(ticket)."
                    return (Book(person: person.name, session: session.name, ticketCode: ticket, seat: seat), said)
                }
                try Doing(store: store, actor: actor, output: output)
                    .perform(command, said, [("ticket", .text(ticket))])
            }
        }
    }
}

/// `assay cancel-booking`
struct CancelBookingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel-booking",
        abstract: "Take a booking back.",
        usage: "assay cancel-booking <who> --as <as> [<options>]",
        discussion: """
            EXAMPLE
              assay cancel-booking 7Q2M0D4K1Z --as hq
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
                    .perform(CancelBooking(booking: found.booking.name), "The booking of \(found.name) is cancelled.")
            }
        }
    }
}

/// `assay correct-name`
struct CorrectNameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "correct-name",
        abstract: "Put a legal name right.",
        usage: "assay correct-name <candidate> --as <as> [<options>]",
        discussion: """
            EXAMPLE
              assay correct-name 0000A1R --given Anna --family Nováková --as dora

            The parts that are not given stay as they are. Where the name is in question, writing it settles it.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The person: a candidate number, ticket, name or dossier.") var candidate: String
    @Option(help: "The given name.") var given: String?
    @Option(help: "The family name.") var family: String?
    @Option(help: "The script, as ISO 15924: Latn, Cyrl, Grek, Hani …") var script: String?

    func validate() throws {
        guard given != nil || family != nil || script != nil else {
            throw ValidationError("say what is right: --given, --family or --script")
        }
    }

    func run() throws {
        try reporting(output) {
            try location.with { store in
                let person = try store.looking { try Finder($0).person(candidate) }
                let command = CorrectName(
                    person: person.name, given: given ?? person.text(Person.givenName) ?? "",
                    family: family ?? person.text(Person.familyName) ?? "",
                    script: script ?? person.text(Person.script) ?? "Latn")
                let name = DisplayName(given: command.given, family: command.family, script: command.script)
                try Doing(store: store, actor: actor, output: output)
                    .perform(command, "\(Words.number(person)) is now \(name), formerly \(DisplayName(person)).")
            }
        }
    }
}

/// `assay update-contact`
struct UpdateContactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update-contact",
        abstract: "Change how a person is reached.",
        usage: "assay update-contact <candidate> --as <as> [<options>]",
        discussion: """
            EXAMPLE
              assay update-contact 0000A1R --phone "+351 21 555 0101" --as dora
              assay update-contact 0000A1R --clear address --as dora

            What is not given stays as it is; --clear empties a field.
            """)

    enum Clearable: String, ExpressibleByArgument, CaseIterable {
        case preferredName = "preferred-name"
        case address, language, phone
    }

    @OptionGroup var location: StoreOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The person: a candidate number, ticket, name or dossier.") var candidate: String
    @Option(help: "What the person is called.") var preferredName: String?
    @Option(help: "The postal address.") var address: String?
    @Option(help: "The language, as BCP 47: en, pt-BR.") var language: String?
    @Option(help: "The phone number.") var phone: String?
    @Option(help: "An e-mail address to add; may be repeated.") var addEmail: [String] = []
    @Option(help: "An e-mail address to take away; may be repeated.") var removeEmail: [String] = []
    @Option(help: "A field to empty; may be repeated.") var clear: [Clearable] = []

    func run() throws {
        try reporting(output) {
            try location.with { store in
                let person = try store.looking { try Finder($0).person(candidate) }
                var command = UpdateContact(person: person.name)
                func edit(_ text: String?, _ field: Clearable) -> Edit {
                    clear.contains(field) ? .clear : text.map { .set($0) } ?? .keep
                }
                command.preferredName = edit(preferredName, .preferredName)
                command.address = edit(address, .address)
                command.language = edit(language, .language)
                command.phone = edit(phone, .phone)
                command.emailsAdded = addEmail
                command.emailsRemoved = removeEmail
                try Doing(store: store, actor: actor, output: output)
                    .perform(command, "The contact data of \(DisplayName(person)) (\(Words.number(person))) are saved.")
            }
        }
    }
}

extension Candidate {
    struct Register: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a dossier, also for somebody who walked in.",
            usage: "assay candidate register --as <as> [<options>]",
            discussion: """
                EXAMPLE
                  assay candidate register --given Zoë --family Brontë \\
                    --born 2001-06-01 --document passport:GBR:533380006 --walk-in --as dora

                Of the document's number only the end and a hash are kept.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The given name.") var given = ""
        @Option(help: "The family name.") var family = ""
        @Option(help: "The script, as ISO 15924.") var script = "Latn"
        @Option(help: "The date of birth, as 1990-02-28.") var born: String?
        @Option(help: "The identity document, as type:country:number.") var document: String?
        @Option(help: "The candidate number, where one was given.") var number: String?
        @Flag(help: "The person came without a booking.") var walkIn = false

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    let number = number ?? Codes.candidateNumber()
                    var command = RegisterPerson(candidateNumber: number, given: given, family: family)
                    command.script = script
                    command.dateOfBirth = born
                    command.isWalkIn = walkIn
                    command.scopes = try store.deskScopes()
                    if let document { command.documents = [try seen(document, store.replica.identity)] }
                    let name = DisplayName(given: given, family: family, script: script)
                    try Doing(store: store, actor: actor, output: output)
                        .perform(command, "\(name) has the candidate number \(number).", [("number", .text(number))])
                }
            }
        }

        private func seen(_ text: String, _ identity: Identity) throws -> RegisterPerson.Document {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, let type = DocumentType(rawValue: parts[0]), parts[1].utf8.count == 3 else {
                let types = DocumentType.words.joined(separator: ", ")
                throw Failure(
                    "bad-document", "\(text) is no document: write it as passport:GBR:533380006. Types: \(types).",
                    exit: Failure.usage)
            }
            let number = parts[2].uppercased().filter { $0.isLetter || $0.isNumber }
            guard number.utf8.count >= 4 else {
                throw Failure("bad-document", "The document's number is missing.", exit: Failure.usage)
            }
            // Keyed with the organisation's name until it has a secret of its own.
            let message =
                Array("assay document 1".utf8) + identity.organisation
                + Array("\(type.rawValue):\(parts[1].uppercased()):\(number)".utf8)
            return .init(
                type: type, country: parts[1].uppercased(), lastFour: String(number.suffix(4)),
                keyedHash: keyed(message))
        }
    }
}

private func keyed(_ message: [UInt8]) -> [UInt8] { Digesting.cryptoSHA256(message).bytes }
