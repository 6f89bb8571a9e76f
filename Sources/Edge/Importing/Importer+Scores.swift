import Credentialing
import HybridTime
import Merging
import Tabular

/// Scores: keyed by whoever imports, under the role that the row or the command line gives.
extension Importer {
    func takeScore(_ row: ImportRow) throws -> Outcome {
        guard let raw = row.integer(.raw) else { throw RowRefusal.missing("score") }
        let role = row.text(.role).flatMap { ScoreRole(rawValue: $0) } ?? self.role
        // A mapping without a role makes keys without one; with it the key is that of a mapping that names the role.
        let key = Text(row[.role] == nil ? "\(try row.checkedKey()):\(role.rawValue)" : try row.checkedKey())
        let maker = try row.line(.enteredBy, "name of whoever keyed it") ?? actor.id
        let booking = try bookingOfScore(row)
        guard let session = try session(named: booking.session) else {
            throw RowRefusal.unknown("session", "", "sync, then import again")
        }
        let component = session.component
        if let wanted = try row.line(.component, "component"), component.code != Text(wanted) {
            throw RowRefusal.unknown("component", wanted, "this session is of another one: correct it")
        }
        guard raw >= component.minimum, raw <= component.maximum else {
            throw RowRefusal(
                "score-out-of-range",
                "\(raw) is not between \(component.minimum) and \(component.maximum); look at the paper again")
        }
        if batchKeys.contains(key) { try settle() }
        let same = try find(ScoreEntry.kind, Match(ScoreEntry.externalKey, .text(key)))
        if !same.isEmpty { return try correct(same, raw: raw, maker: maker, key: key, booking: booking) }
        try makeEntry(
            row, raw: raw, role: role, key: key, maker: maker, booking: booking, component: component)
        return .made
    }

    private func makeEntry(
        _ row: ImportRow, raw: Int64, role: ScoreRole, key: Text, maker: String, booking: KnownBooking,
        component: KnownComponent
    ) throws {
        guard booking.stands else {
            throw RowRefusal("booking-cancelled", "the booking does not stand; use the one that took its place")
        }
        let there = try sitting(booking)
        if there == nil, booking.arrival == .noShow || booking.arrival == .turnedAway {
            throw RowRefusal("not-admitted", "this person was not admitted; clear that up before keying a score")
        }
        if there != nil, !booking.sittingIsFinished {
            throw RowRefusal("not-finished", "the sitting is not finished; finish it, then key the score")
        }
        if let there, booking.entries == nil { try readEntries(booking, there, component) }
        for entry in booking.entries ?? [] {
            if entry.person == Text(maker) {
                throw RowRefusal(
                    "same-person-twice", "\(maker) has keyed this score; somebody else has to key it again")
            }
            if entry.role == Text(role.rawValue) {
                throw RowRefusal("role-taken", "the \(role.rawValue) entry has been made; make the other one")
            }
        }
        // The arrival stays as it is: that somebody was let in is for a desk, or the mapping's bookings, to say.
        if there == nil { makeSitting(booking) }
        guard case .some(.some(let sitting)) = booking.sitting else { return }
        let name = batch.makeName(in: booking.document, CredentialingSchema.dossier)
        var record = RecordWrites(name, ScoreEntry.kind)
        record.set(ScoreEntry.sitting, sitting)
        record.set(ScoreEntry.component, component.name)
        record.set(ScoreEntry.role, word: role)
        record.set(ScoreEntry.raw, raw)
        record.set(ScoreEntry.enteredBy, maker)
        record.set(ScoreEntry.externalKey, key.string)
        record.set(ScoreEntry.enteredAt, row.integer(.time) ?? now)
        batch.add(record.change, to: booking.document, CredentialingSchema.dossier)
        booking.entries = (booking.entries ?? []) + [(Text(role.rawValue), Text(maker))]
        batchKeys.insert(key)
    }

    private func bookingOfScore(_ row: ImportRow) throws -> KnownBooking {
        if let key = try row.line(.booking, "booking") {
            guard let booking = try booking(key) else {
                throw RowRefusal.unknown("booking", key, "import the bookings first, or correct the key")
            }
            return booking
        }
        let personKey = try row.required(.person, "person")
        let sessionKey = try row.required(.session, "session")
        guard let person = try person(personKey) else {
            throw RowRefusal.unknown("person", personKey, "import the people first, or correct the key")
        }
        guard let session = try session(sessionKey) else {
            throw RowRefusal.unknown("session", sessionKey, "import the sessions first, or correct the key")
        }
        guard let booked = person.bookings.first(where: { $0.session == session.name }),
            let view = try written(booked.booking, Booking.kind)
        else {
            throw RowRefusal.unknown("booking", "\(personKey) in \(sessionKey)", "book this person first")
        }
        if let key = view.text(Booking.externalKey), let known = try booking(key) { return known }
        return KnownBooking(
            view.name, document: view.document, session: session.name, arrival: view.arrival,
            stands: !view.isCancelled && view[Booking.transferredTo] == .null, batch: 0)
    }

    /// The entries of a sitting that nobody took back.
    private func readEntries(_ booking: KnownBooking, _ sitting: RecordName, _ component: KnownComponent) throws {
        let views = try find(
            ScoreEntry.kind, Match(ScoreEntry.sitting, .reference(sitting)),
            Match(ScoreEntry.component, .reference(component.name)))
        let result = DoubleEntry(views)
        let live = Set(result.counted + result.repeated)
        booking.entries = views.filter { live.contains($0.name) }.map { view in
            (Text(view.text(ScoreEntry.role) ?? ""), Text(view.text(ScoreEntry.enteredBy) ?? ""))
        }
    }

    /// The same key again: nothing where the score is the same, and otherwise an entry that takes the earlier one's place.
    private func correct(
        _ same: [RecordView], raw: Int64, maker: String, key: Text, booking: KnownBooking
    ) throws -> Outcome {
        let superseded = Set(same.compactMap { $0.reference(ScoreEntry.supersedes) })
        guard let entry = same.first(where: { !superseded.contains($0.name) }) else { return .same }
        if entry.integer(ScoreEntry.raw) == raw { return .same }
        guard entry.text(ScoreEntry.enteredBy).map({ Text($0) }) == Text(maker) else {
            throw RowRefusal("not-yours", "somebody else keyed this score as another; only they can correct it")
        }
        let name = batch.makeName(in: entry.document, CredentialingSchema.dossier)
        var record = RecordWrites(name, ScoreEntry.kind)
        for field in [ScoreEntry.sitting, ScoreEntry.component, ScoreEntry.role] { record.put(field, entry[field]) }
        record.set(ScoreEntry.raw, raw)
        record.set(ScoreEntry.enteredBy, maker)
        record.set(ScoreEntry.supersedes, entry.name)
        record.set(ScoreEntry.externalKey, key.string)
        record.set(ScoreEntry.enteredAt, now)
        batch.add(record.change, to: entry.document, CredentialingSchema.dossier)
        batchKeys.insert(key)
        return .changed
    }
}
