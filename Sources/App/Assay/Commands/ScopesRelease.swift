import ArgumentParser
import CredentialStore
import Foundation

/// `assay scopes release` and `assay scopes retention`
extension ScopesCommand {
    struct Release: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take people from the sites where their sessions are over.",
            usage: "assay scopes release --ended-before <date> --as <as> [<options>]",
            discussion: """
                EXAMPLE
                  assay scopes release --ended-before 2026-03-01 --as hq
                  assay scopes release --ended-before 2026-03-01 --as hq --apply

                Without --apply it says what it would do. Sites' stores lose these dossiers with their next sync; the \
                region and headquarters keep them. Whoever is booked at the site again stays. Sessions that are not sealed \
                are left alone unless --unsealed says otherwise. Headquarters' hub does this once a day (assay scopes \
                retention).
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Sessions that ended before this day, as 2026-03-01.") var endedBefore: String
        @Flag(help: "Also of sessions that nobody has sealed.") var unsealed = false
        @Flag(help: "Do it.") var apply = false

        func run() throws {
            try reporting(output) {
                guard let day = LocalTime.range(ofDay: endedBefore) else {
                    throw Failure(
                        "bad-date", "\(endedBefore) is no date: write it as 2026-03-01.", exit: Failure.usage)
                }
                try location.with { store in
                    guard try store.enrolment().sites.isEmpty else {
                        throw Failure(
                            "not-a-site's", "A site does not say who leaves it: run this at headquarters or the region."
                        )
                    }
                    let plan = try store.releasePlan(endedBefore: day.lowerBound, includesUnsealed: unsealed)
                    let done = apply ? try store.release(plan, actor: actor.identity, now: store.time()) : nil
                    tell(plan, done)
                }
            }
        }

        private func tell(_ plan: ReleasePlan, _ done: Int?) {
            let sites = plan.sites.sorted { $0.key < $1.key }
            if output.json {
                Console.json([
                    "sessions": JSONValue(plan.sessions), "unsealed": JSONValue(plan.unsealed),
                    "dossiers": JSONValue(plan.dossiers), "applied": .flag(apply), "released": JSONValue(done ?? 0),
                    "sites": .object(sites.map { ($0.key, JSONValue($0.value)) }),
                ])
                return
            }
            Console.print(
                "\(plan.sessions) sessions ended before \(endedBefore), \(plan.unsealed) of them not sealed"
                    + (unsealed || plan.unsealed == 0 ? "" : " and left alone"))
            for (site, count) in sites { Console.print("  \(site.padded(to: 24))\(count) people") }
            Console.print(
                done.map { "\($0) people left sites." } ?? "\(plan.dossiers) people would leave sites: --apply does it."
            )
        }
    }

    struct Retention: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How many days after a session its site keeps the people; headquarters' hub sees to it daily.",
            discussion: """
                EXAMPLE
                  assay scopes retention --store hq
                  assay scopes retention 60 --store hq
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The days; shown without it.") var days: Int64?

        func validate() throws {
            if let days, !CredentialStore.retentionDays.contains(days) {
                throw ValidationError("a site keeps people for 1 to 36500 days")
            }
        }

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    if let days {
                        guard try store.isHeadquarters() else {
                            throw Failure("not-headquarters", "Headquarters decides this: set it there.")
                        }
                        try store.setRetentionDays(days)
                    }
                    let kept = try store.retentionDays()
                    if output.json { return Console.json(["retentionDays": .number(kept)]) }
                    Console.print("A site keeps people for \(kept) days after their session was sealed and over.")
                }
            }
        }
    }
}
