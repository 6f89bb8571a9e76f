import ChangeSets
import Merging

/// Which replicas need a dossier: the site and the region of each booking that stands, and the person's own region.
enum DossierScopes {
    /// The scopes that whoever is booked into a session has to be in.
    static func needed(by session: RecordView) -> [String] {
        session.elements(ExamSession.scopes).filter { $0 != ScopeName.organisation && $0 != ScopeName.common }
    }

    /// The write that makes a dossier one of those that a session's site and region hold. Also where they hold it: a removal
    /// elsewhere takes away what it saw, and whoever is booked or admitted now has to stay.
    static func adding(_ session: RecordView, to document: RecordName) -> RecordChange? {
        var record = RecordBuilder(document, Person.kind)
        record.add(Person.scopes, needed(by: session))
        return record.isEmpty ? nil : record.change
    }

    /// The write that brings a dossier's scopes up to date with its bookings; nil where nothing is to be written.
    ///
    /// What is needed by `sessions` is added, also where it is there. What the bookings `ending` brought and nothing else
    /// needs is taken away. A session that is not held here may need anything: then all stays, and headquarters takes it
    /// away when the retention ends.
    /// - Parameters:
    ///   - ending: bookings of this dossier that no longer need anything.
    ///   - sessions: those into which the same change set books or admits.
    static func change(
        _ look: Lookup<some RecordReading>, _ document: RecordName, without ending: Set<RecordName>,
        and sessions: [RecordName] = []
    ) throws(CommandRefusal) -> RecordChange? {
        guard let person = try look.find(document, Person.kind) else { return nil }
        var added = Set<String>()
        for name in sessions {
            if let session = try look.find(name, ExamSession.kind) { added.formUnion(needed(by: session)) }
        }
        var freed = Set<String>()
        var kept = added.union(person.text(Person.region).map { [ScopeName.region($0)] } ?? [])
        for booking in try look.list(document, Booking.kind) {
            let isEnding = ending.contains(booking.name)
            let isNeeded = isEnding ? false : try look.needsSite(booking)
            guard isEnding || isNeeded else { continue }
            guard let name = booking.reference(Booking.examSession), let session = try look.find(name, ExamSession.kind)
            else {
                kept.formUnion(person.elements(Person.scopes))
                continue
            }
            if isEnding { freed.formUnion(needed(by: session)) } else { kept.formUnion(needed(by: session)) }
        }
        var record = RecordBuilder(document, Person.kind)
        record.add(Person.scopes, added.sorted())
        record.remove(Person.scopes, freed.subtracting(kept).intersection(person.elements(Person.scopes)).sorted())
        return record.isEmpty ? nil : record.change
    }
}

extension Lookup {
    /// Whether a booking's site has to have the dossier: the booking stands, or the person sat under it.
    func needsSite(_ booking: RecordView) throws(CommandRefusal) -> Bool {
        if !booking.isCancelled, booking[Booking.transferredTo] == .null { return true }
        return try find(Sitting.kind, Match(Sitting.booking, .reference(booking.name))).contains(where: \.counts)
    }
}
