import ChangeSets
import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// Dossiers that sites still hold although their sessions there are over.
public struct ReleasePlan: Sendable {
    /// The sessions that ended in time, and how many of them are not sealed: those are left alone unless asked for.
    public internal(set) var sessions = 0
    public internal(set) var unsealed = 0
    /// How many dossiers leave each site, by its scope.
    public internal(set) var sites: [String: Int] = [:]
    var over: [RecordName: Set<RecordName>] = [:]

    public var dossiers: Int { over.count }
}

/// Taking dossiers from sites after the retention. Regions and headquarters keep them.
extension CredentialStore {
    /// How long a site keeps a dossier after its session, where nobody set another time.
    public static let retentionDaysDefault: Int64 = 35
    public static let retentionDays: ClosedRange<Int64> = 1...36_500
    private static let dayMilliseconds: Int64 = 86_400_000

    public func retentionDays() throws(StoreError) -> Int64 {
        try replica.setting("site-retention-days").flatMap { Int64($0) }
            .flatMap { CredentialStore.retentionDays.contains($0) ? $0 : nil } ?? CredentialStore.retentionDaysDefault
    }

    public func setRetentionDays(_ days: Int64) throws(StoreError) {
        try replica.set("site-retention-days", to: String(days))
    }

    /// What a release would take from sites. O(sessions that ended before, and their bookings).
    /// - Parameters:
    ///   - end: in milliseconds since 1970.
    ///   - includesUnsealed: whether a session counts as over although nobody has sealed it.
    public func releasePlan(endedBefore end: Int64, includesUnsealed: Bool) throws -> ReleasePlan {
        let plan: Result<ReleasePlan, ReadingFailure> = try reading { records, _ in
            Result { () throws(ReadingFailure) in try records.releasePlan(end, includesUnsealed) }
        }
        return try plan.get()
    }

    /// Takes the dossiers of a plan from their sites, as ordinary change sets, so many a transaction.
    /// - Returns: how many left a site. One that was booked there anew meanwhile stays.
    @discardableResult
    public func release(_ plan: ReleasePlan, actor: ActorIdentity, now: Int64) throws(StoreError) -> Int {
        let all = plan.over.sorted { $0.key < $1.key }
        var released = 0
        for start in stride(from: 0, to: all.count, by: 200) {
            released += try replica.transaction { transaction throws(StoreError) in
                let reading = StoredRecords(transaction.records)
                var drafts: [Draft] = []
                for (person, sessions) in all[start..<min(start + 200, all.count)] {
                    let command = ReleaseDossier(person: person, sessions: sessions)
                    do throws(CommandRefusal) {
                        drafts += try command.drafts(reading: reading, actor: actor, now: now)
                    } catch { continue }
                }
                try transaction.commitWithCases(drafts, time: now)
                return drafts.count
            }
        }
        return released
    }

    /// What headquarters' hub does by itself: once a day, whoever was at a site longer ago than the retention leaves it.
    /// - Returns: how many left a site; nil where the last time was less than a day ago.
    public func releaseDaily(now: Int64) throws -> Int? {
        let last = try replica.setting("last-release").flatMap { Int64($0) }
        // A clock that was set back does not stop it.
        if let last, (0..<CredentialStore.dayMilliseconds).contains(now &- last) { return nil }
        let kept = try retentionDays() * CredentialStore.dayMilliseconds
        let plan = try releasePlan(endedBefore: now &- kept, includesUnsealed: false)
        let count = try release(plan, actor: ActorIdentity("retention"), now: now)
        try replica.set("last-release", to: String(now))
        return count
    }
}

extension StoredRecords {
    fileprivate func releasePlan(_ end: Int64, _ includesUnsealed: Bool) throws(ReadingFailure) -> ReleasePlan {
        var plan = ReleasePlan()
        let ended = try views(
            ExamSession.kind, where: "start_time + coalesce(duration_minutes, 0) * 60000 < ?", [.integer(end)],
            limit: .max)
        for session in ended {
            plan.sessions += 1
            if session.word(ExamSession.state, as: SessionState.self) != .sealed {
                plan.unsealed += 1
                guard includesUnsealed else { continue }
            }
            let sites = session.elements(ExamSession.scopes).filter(ScopeName.isSite)
            let bookings = try records(Booking.kind, where: Booking.examSession, equals: .reference(session.name))
            for document in Set(bookings.map(\.document)).sorted() {
                guard let person = try record(document, Person.kind) else { continue }
                guard person.elements(Person.scopes).contains(where: sites.contains) else { continue }
                plan.over[document, default: []].insert(session.name)
            }
        }
        for (person, sessions) in plan.over {
            let command = ReleaseDossier(person: person, sessions: sessions)
            let drafts = try? command.drafts(reading: self, actor: ActorIdentity(""), now: end)
            if drafts == nil { plan.over[person] = nil }
            for case .text(let site) in (drafts ?? []).flatMap(\.changes).flatMap(\.writes).map(\.value) {
                plan.sites[site.string, default: 0] += 1
            }
        }
        return plan
    }
}
