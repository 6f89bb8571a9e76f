import CredentialStore
import Credentialing
import Desk
import Foundation
import GRDB
import Merging
import ReplicaStore
import StoreSync
import SyncTransport
import Synchronization

/// The desk's services over a real store. Reading, writing and syncing each have a queue of their own, so that a large
/// roster that is being read holds up no save.
final class StoreDeskServices: DeskServices {
    struct Options: Sendable {
        /// Who was named on the command line: offered first.
        var actor: String?
        var station = ""
        /// The code of the only site to show.
        var site: String?
        /// The hubs in the order in which they are tried; without any, the desk works offline.
        var hubs: [HubAddress] = []
        /// The folder of the store, where drafts and printed rosters go.
        var folder = "."
    }

    /// What the desk shows and knows, beside the store itself.
    private struct Memory {
        var catalogue: Catalogue?
        /// Sessions that the desk was told of; what others change may touch any of them.
        var listed: Set<RecordName> = []
        var roster: Roster?
        var rosterSafety: Safety?
        /// How long the last roster took to read.
        var rosterTime = Duration.zero
    }

    let store: CredentialStore
    private let options: Options
    private let isHeadquarters: Bool
    private let readers = StoreQueue("assay.desk.reader")
    private let writers = StoreQueue("assay.desk.writer")
    private let memory = Mutex(Memory())
    private let news = DeskNews()
    private let link: DeskLink?
    private let drafts: DraftFile

    init(_ store: CredentialStore, _ options: Options) throws {
        self.store = store
        self.options = options
        drafts = DraftFile(options.folder)
        isHeadquarters = try store.isHeadquarters()
        let (news, writers) = (news, writers)
        link =
            options.hubs.isEmpty
            ? nil
            : try DeskLink(store, hubs: options.hubs, queue: writers) { notice in
                switch notice {
                case .changed: news.post(.status)
                case .stopped(let failure): news.post(.stopped(failure))
                case .told(let text): news.post(.told(text))
                }
            }
    }

    func perform(_ effect: DeskEffect) async -> [DeskEvent] {
        switch effect {
        case .loadStaff: return await reading(.staff) { try self.staff() }
        case .loadSessions: return await reading(.sessions) { try self.sessions() }
        case .loadRoster(let session): return await reading(.roster(session)) { try self.roster(session) }
        case .keepDraft(let number, let draft):
            return await reading(.staff) {
                try self.drafts.keep(number, draft)
                return nil
            }
        case .loadDraft(let actor): return drafts.load(actor).map { [.draftFound($0)] } ?? []
        case .printRoster(let session): return await reading(.roster(session)) { try self.printed(session) }
        case .findElsewhere(let text):
            return await reading(.sync) { .foundElsewhere(text, lines: try ElsewhereFinder(self.store).lines(text)) }
        case .syncNow: return syncNow()
        case .quit: return []
        case .signIn(let number, let staff, let pin):
            return await signing(number) { try self.store.signIn(staff, pin: pin, now: try self.store.time()) }
        case .choosePIN(let number, let staff, let pin):
            return await signing(number) { try self.choosePIN(of: staff, pin) }
        case .checkIn, .markNoShow, .start, .finish, .enterScore, .act: return await write(effect)
        }
    }

    private func reading(
        _ work: DeskFailure.Work, _ body: @escaping @Sendable () throws -> DeskEvent?
    ) async -> [DeskEvent] {
        do { return try await readers.run(body).map { [$0] } ?? [] } catch {
            return [.failed(DeskFailure(work, error))]
        }
    }

    private func signing(
        _ number: Int, _ body: @escaping @Sendable () throws -> SignInOutcome
    ) async -> [DeskEvent] {
        do { return [.signInAnswered(number, refusal: try await writers.run(body).inWords)] } catch {
            return [.signInAnswered(number, refusal: Failure(any: error).message)]
        }
    }

    /// A first PIN alone is chosen here: another one takes the old one, or whoever runs the site.
    private func choosePIN(of staff: String, _ pin: String) throws -> SignInOutcome {
        let now = try store.time()
        guard try store.signIn(staff, pin: "", now: now) == .noPIN else {
            throw Failure("pin-chosen", "A PIN was chosen meanwhile, perhaps at another desk: sign in with it.")
        }
        try store.setPIN(of: staff, to: pin, by: ActorIdentity(staff, station: options.station), now: now)
        memory.withLock { $0.catalogue = nil }
        return .accepted
    }

    private func syncNow() -> [DeskEvent] {
        guard let link else {
            let message = "No hub is known yet. Everything is saved here; start the desk with --hub address:port."
            return [.failed(DeskFailure(work: .sync, message: message, code: "no-hub"))]
        }
        link.start()
        return []
    }

    // MARK: Reading

    private func reader(_ records: RecordReader, _ safety: Safety) -> RosterReader {
        RosterReader(records, own: store.replica.identity.replica, safety: safety)
    }

    private func safety() throws -> Safety {
        Safety(try store.replica.durability(), isHeadquarters: isHeadquarters)
    }

    /// Runs `body` with the catalogue, and keeps what was added to it.
    private func cataloguing<Result>(
        _ body: (RosterReader, inout Catalogue) throws -> Result
    ) throws -> Result {
        let safety = try safety()
        return try store.replica.readingRecords { records, db in
            let reader = reader(records, safety)
            var catalogue =
                try memory.withLock(\.catalogue) ?? Catalogue(reader.records, db, siteCode: options.site)
            let result = try body(reader, &catalogue)
            memory.withLock { $0.catalogue = catalogue }
            return result
        }
    }

    private func staff() throws -> DeskEvent {
        var staff = try cataloguing { _, catalogue in catalogue.staff }
        guard let actor = options.actor ?? (staff.isEmpty ? signedIn() : nil) else { return .staffLoaded(staff) }
        // Whoever was named stands first, unless the list does not know them; somebody whom no site lists may still work here.
        let named =
            staff.first { $0.id == actor }
            ?? Desk.StaffMember(
                id: actor, name: actor, role: "on no staff list", signIn: staff.isEmpty ? .open : .notListed)
        staff.removeAll { $0.id == actor }
        return .staffLoaded(named.signIn == .notListed ? staff + [named] : [named] + staff)
    }

    private func sessions() throws -> DeskEvent {
        let now = wallClock()
        let open = memory.withLock { $0.roster?.session }
        let sessions = try cataloguing { reader, catalogue in
            try catalogue.sessions(at: now, open: open).compactMap { name in
                try reader.session(name, &catalogue, at: now).map { (name, $0) }
            }
        }
        memory.withLock { $0.listed = Set(sessions.map(\.0)) }
        return .sessionsLoaded(sessions.map(\.1))
    }

    private func roster(_ id: String) throws -> DeskEvent {
        guard let session = RecordName(id) else {
            throw Failure("not-known", "This session is not known here: sync, then open it again.")
        }
        let clock = ContinuousClock()
        let began = clock.now
        let (entries, safety) = try cataloguing { reader, catalogue in
            (try reader.rows(of: session, &catalogue), reader.safety)
        }
        memory.withLock { memory in
            memory.roster = Roster(session: session, ownWork: Set(entries.map(\.ownWork)))
            memory.rosterSafety = safety
            memory.rosterTime = began.duration(to: clock.now)
        }
        return .rosterLoaded(session: id, rows: entries.map(\.row))
    }

    /// Writes a session's roster as text beside the store and says where it is.
    private func printed(_ id: String) throws -> DeskEvent {
        guard let name = RecordName(id) else {
            throw Failure("not-known", "This session is not known here: sync, then open it again.")
        }
        let (session, rows) = try cataloguing { reader, catalogue in
            (try reader.session(name, &catalogue, at: wallClock()), try reader.rows(of: name, &catalogue).map(\.row))
        }
        let path = try PaperRoster(session, rows, at: try store.time()).write(in: options.folder)
        return .told("The roster is in \(path): \(rows.count) people.")
    }

    /// Whoever is signed in to this device.
    private func signedIn() -> String { NSUserName() }

    // MARK: Writing

    private func write(_ effect: DeskEffect) async -> [DeskEvent] {
        guard let request = effect.request else { return [] }
        do {
            return [.saved(try await writers.run { try self.save(effect, request) })]
        } catch { return [.failed(DeskFailure(.request(request.number), error))] }
    }

    private func save(_ effect: DeskEffect, _ request: DeskRequest) throws -> DeskReceipt {
        let sites = try cataloguing { _, catalogue in catalogue.sites }
        let before = try openCases(effect.booking)
        let work = DeskWork(store: store, station: options.station, sites: sites, now: try store.time())
        let booking = try work.perform(effect)
        if effect.touchesSite { memory.withLock { $0.catalogue = nil } }
        // From here on it is saved: what cannot be read now is read later.
        let entry = try? cataloguing { reader, catalogue in
            try booking.flatMap { try reader.entry($0, &catalogue) }
        }
        let opened = ((try? openCases(effect.booking)) ?? []).filter { !before.contains($0) }
        if !opened.isEmpty { news.post(.records) }
        if let entry { memory.withLock { $0.roster?.note(entry.ownWork) } }
        return DeskReceipt(request: request.number, row: entry?.row, casesOpened: opened.map(\.text))
    }

    private func openCases(_ booking: String?) throws -> [OpenCase] {
        guard let name = booking.flatMap({ RecordName($0) }) else { return [] }
        return try store.reading { records, _ in
            guard let view = try records.record(name, Booking.kind) else { return [] }
            return try records.openCases(touching: view.document)
        }
    }

    // MARK: News

    func events() -> AsyncStream<DeskEvent> {
        let (events, continuation) = AsyncStream.makeStream(of: DeskEvent.self)
        let observer = store.replica.changes.add { [news] event in
            switch event {
            case .committed, .identityChanged: news.post(.status)
            case .applied, .elsewhere: news.post(.records)
            case .receipts, .reachedHQ: news.post(.receipts)
            case .scopesAdvanced: break
            }
        }
        let watch = StoreWatch(store.replica)
        let pump = Task {
            news.post(.status)
            link?.start()
            for await _ in news.signals {
                await self.tell(self.news.take(), continuation)
                // Many changes at once become one reading: the desk rests for longer than a reading takes.
                let rest = max(DeskNews.pause, self.memory.withLock(\.rosterTime) * DeskNews.restFactor)
                do { try await Task.sleep(for: rest) } catch { break }
            }
            withExtendedLifetime(watch) {}
            continuation.finish()
        }
        continuation.onTermination = { [changes = store.replica.changes] _ in
            changes.remove(observer)
            pump.cancel()
        }
        return events
    }

    private func tell(_ pending: DeskNews.Pending, _ events: AsyncStream<DeskEvent>.Continuation) async {
        for text in pending.words { events.yield(.told(text)) }
        for failure in pending.stops {
            events.yield(.failed(DeskFailure(work: .sync, message: failure.message, code: failure.code)))
        }
        let link = link?.state ?? DeskLink.State()
        guard let (status, safety) = try? await readers.run({ try self.status(link) }) else { return }
        events.yield(.syncStatusChanged(status))
        if pending.records {
            let listed = memory.withLock { memory in
                memory.catalogue = nil
                return memory.listed.union([memory.roster?.session].compactMap { $0 })
            }
            if let staff = try? await readers.run({ try self.staff() }) { events.yield(staff) }
            events.yield(.recordsChanged(sessions: listed.map(\.description).sorted()))
            return
        }
        let moved = memory.withLock { memory -> RecordName? in
            guard let roster = memory.roster, let old = memory.rosterSafety, roster.moves(from: old, to: safety)
            else { return nil }
            return roster.session
        }
        if let moved { events.yield(.recordsChanged(sessions: [moved.description])) }
    }

    private func status(_ link: DeskLink.State) throws -> (SyncStatus, Safety) {
        let safety = try safety()
        let cases = try store.replica.reading { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM violation WHERE standing IN ('open', 'reopened', 'escalated')") ?? 0
        }
        let status = SyncStatus(
            saved: Int(clamping: safety.saved - safety.atHub), atHub: Int(clamping: safety.atHub - safety.atHQ),
            atHQ: Int(clamping: safety.atHQ), link: link.link, lastSyncMs: link.lastSync,
            clockSkewMs: link.skew == .min ? .max : -link.skew, casesOpen: cases)
        return (status, safety)
    }

    /// Ends the link with the hub. Called after the desk has ended and everything is saved.
    func stop() async { await link?.stop() }
}

extension DeskFailure {
    init(_ work: Work, _ error: any Error) {
        let failure = Failure(any: error)
        self.init(work: work, message: failure.message, code: failure.code)
    }
}

extension DeskEffect {
    /// The booking that a write is about.
    fileprivate var booking: String? {
        switch self {
        case .checkIn(_, let form): form.booking
        case .markNoShow(_, let booking), .start(_, let booking), .finish(_, let booking): booking
        case .enterScore(_, let form): form.booking
        case .act(_, _, let act): act.booking
        case .signIn, .choosePIN, .keepDraft, .loadDraft, .printRoster, .findElsewhere, .loadStaff, .loadSessions,
            .loadRoster,
            .syncNow, .quit:
            nil
        }
    }
}

extension DeskEffect {
    /// Whether what the catalogue keeps of sites is another afterwards.
    fileprivate var touchesSite: Bool {
        if case .act(_, _, .seatService) = self { true } else { false }
    }
}

extension DeskAct {
    /// The one booking that the act is about, whose row comes back with the answer.
    var booking: String? {
        switch self {
        case .goOut(let booking, _), .comeBack(let booking, _): booking
        case .takeBack(let work, _): work.booking
        default: nil
        }
    }
}

extension SignInOutcome {
    /// Why somebody cannot work, and what to do; nil where they can.
    var inWords: String? {
        func wait(_ milliseconds: Int64) -> String {
            let seconds = (milliseconds + 999) / 1000
            return seconds < 120 ? "\(seconds) seconds" : "\((seconds + 59) / 60) minutes"
        }
        switch self {
        case .accepted: return nil
        case .wrong(0): return "That is not the PIN: try again."
        case .wrong(let ms): return "That is not the PIN. The next try is in \(wait(ms))."
        case .wait(let ms): return "Too many wrong tries: wait for \(wait(ms)), then try again."
        case .noPIN: return "No PIN was chosen yet: press Esc, then choose the name again."
        case .notListed: return "This name is on no staff list here: sync, or ask headquarters."
        }
    }
}
