import CredentialStore
import Credentialing
import Desk
import GRDB
import Merging

/// The sites, sessions and components of a store as they were last read. They change rarely and are asked for with every
/// save: what others change empties the catalogue, and the next question fills it again.
struct Catalogue: Sendable {
    /// One session by what decides whether it is of the day.
    struct Entry: Sendable {
        let name: RecordName
        let start: Int64
    }

    /// The component that a session examines; none where the scheme is not held here.
    struct Part: Sendable {
        let name: RecordName
        let title: String
        let scheme: String
        let maximum: Int
        let takesWalkIns: Bool
    }

    private(set) var sites: [RecordName: SiteFacts]
    private var sessions: [Entry]
    private var parts: [RecordName: Part] = [:]

    /// - Parameter siteCode: the only site to show; nil for all.
    init(_ records: StoredRecords, _ db: Database, siteCode: String?) throws {
        // The codes' index covers this question; each site and its sessions are then looked up by their keys.
        let codes =
            try siteCode.map { [$0] }
            ?? String.fetchAll(
                db, sql: "SELECT DISTINCT code FROM site WHERE code IS NOT NULL ORDER BY code")
        sites = [:]
        sessions = []
        for code in codes {
            for site in try records.records(Site.kind, where: Site.code, equals: .text(code)) {
                sites[site.name] = try SiteFacts(site, records)
                for session in try records.records(
                    ExamSession.kind, where: ExamSession.site, equals: .reference(site.name))
                {
                    sessions.append(Entry(name: session.name, start: session.integer(ExamSession.startTime) ?? 0))
                }
            }
        }
        sessions.sort { ($0.start, $0.name) < ($1.start, $1.name) }
    }

    /// Staff of all sites, each once, by name.
    var staff: [Desk.StaffMember] {
        var seen: Set<String> = []
        return sites.values.sorted { $0.code < $1.code }.flatMap(\.staff)
            .filter { seen.insert($0.id).inserted }
            .sorted { ($0.name.lowercased(), $0.id) < ($1.name.lowercased(), $1.id) }
    }

    /// An exam that began so long ago may still be going on, or its scores be due, when the date changes.
    private static let yesterdayMilliseconds: Int64 = 12 * 3_600_000

    /// Today's sessions and those of the last hours before midnight; on a day without any, those of the nearest day that
    /// has some. `open` stays among them whatever the clock says.
    func sessions(at now: Int64, open: RecordName?) -> [RecordName] {
        var chosen = sessions.filter(isOn(now))
        if chosen.isEmpty, let nearest = sessions.min(by: { distance($0, now) < distance($1, now) }) {
            chosen = sessions.filter(isOn(nearest.start))
        }
        var names = Set(chosen.map(\.name))
        names.formUnion(
            sessions.filter { $0.start <= now && distance($0, now) < Double(Catalogue.yesterdayMilliseconds) }
                .map(\.name))
        if let open { names.insert(open) }
        return sessions.map(\.name).filter(names.contains)
    }

    private func isOn(_ moment: Int64) -> (Entry) -> Bool {
        let day = LocalTime.range(ofDay: LocalTime.day(moment)) ?? moment..<moment
        return { day.contains($0.start) }
    }

    private func distance(_ entry: Entry, _ now: Int64) -> Double { abs(Double(entry.start) - Double(now)) }

    mutating func part(_ name: RecordName?, _ records: StoredRecords) throws(ReadingFailure) -> Part? {
        guard let name else { return nil }
        if let known = parts[name] { return known }
        guard let component = try records.record(name, Component.kind) else { return nil }
        let scheme = try records.record(component.document, Scheme.kind)
        let part = Part(
            name: name, title: component.text(Component.title) ?? component.text(Component.code) ?? "",
            scheme: scheme?.text(Scheme.title) ?? "",
            maximum: Int(clamping: component.integer(Component.rawMaximum) ?? 0),
            takesWalkIns: try component.reference(Component.schemeVersion).flatMap { name throws(ReadingFailure) in
                try records.record(name, SchemeVersion.kind)?.flag(SchemeVersion.walkInAllowed)
            } ?? false)
        parts[name] = part
        return part
    }
}
