import ArgumentParser
import Foundation
import Importing
import SampleData
import Tabular

/// `assay sample`
struct Sample: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the CSV files of a made-up exam day, and a mapping to import them with.",
        usage: "assay sample --out <folder> [<options>]",
        discussion: """
            EXAMPLE
              assay sample --out demo --sites 2 --candidates 40
              assay import --mapping demo/sample.yaml --as registry demo --apply

            Nobody is meant by these people. The same seed and day give the same files, byte for byte.
            """)

    @OptionGroup var output: OutputOptions
    @Option(help: "The folder for the files; it is made where it is not there.") var out: String
    @Option(help: "How many sites.") var sites = 2
    @Option(help: "How many candidates each site has.") var candidates = 40
    @Option(help: "What decides all that is made up.") var seed: UInt64 = 1
    @Option(help: "The exam day as YYYY-MM-DD. Default: today.") var day: String?

    func validate() throws {
        guard (1...SampleSchedule.sitesMax).contains(sites) else {
            throw ValidationError("--sites takes 1 to \(SampleSchedule.sitesMax)")
        }
        guard (0...SampleSchedule.candidatesPerSiteMax).contains(candidates) else {
            throw ValidationError("--candidates takes 0 to \(SampleSchedule.candidatesPerSiteMax)")
        }
    }

    func run() throws {
        try reporting(output) {
            let schedule = SampleSchedule.make(
                seed: seed, sites: sites, candidatesPerSite: candidates, day: try examDay())
            do {
                try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
                try SampleFiles.write(schedule, folder: out)
            } catch let error as TabularError { throw Failure(error) }
            if output.json {
                Console.json([
                    "folder": .text(out), "mapping": .text(out + "/sample.yaml"), "day": .text("\(schedule.day)"),
                    "sites": JSONValue(schedule.sites.count), "sessions": JSONValue(schedule.sessions.count),
                    "people": JSONValue(schedule.candidates.count), "bookings": JSONValue(schedule.bookings.count),
                ])
            } else {
                Console.print(
                    "\(schedule.sites.count) sites, \(schedule.sessions.count) sessions on \(schedule.day), "
                        + "\(schedule.bookings.count) bookings in \(out)")
                Console.print("Next: assay import --mapping \(out)/sample.yaml --as you \(out) --apply")
            }
        }
    }

    private func examDay() throws -> CivilDate {
        guard let day else {
            return CivilDate(daysSince1970: Int(wallClock() / 86_400_000)) ?? .epoch
        }
        let parts = day.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard day.utf8.count == 10, parts.count == 3,
            let date = CivilDate(year: parts[0], month: parts[1], day: parts[2])
        else { throw Failure("bad-date", "\(day) is no date: write it as 2027-02-28.", exit: Failure.usage) }
        return date
    }
}
