import Credentialing
import HybridTime
import Merging

/// What the importer remembers of records that rows refer to, so that a reference costs a look-up once.

/// A person: the dossier's name is the record's.
final class KnownPerson {
    let name: RecordName
    let isBarred: Bool
    /// The standing bookings.
    var bookings: [(session: RecordName, booking: RecordName)]
    /// The batch that made or last changed it: what the tables say is older until that is committed.
    var batch: Int

    init(
        _ name: RecordName, isBarred: Bool, bookings: [(session: RecordName, booking: RecordName)], batch: Int
    ) {
        self.name = name
        self.isBarred = isBarred
        self.bookings = bookings
        self.batch = batch
    }
}

final class KnownBooking {
    let name: RecordName
    let document: RecordName
    let session: RecordName
    var arrival: Arrival
    var stands: Bool
    /// The sitting that counts; nil inside where there is none, nil outside where nobody has looked yet.
    var sitting: RecordName??
    var sittingIsFinished = true
    /// The roles and makers of the entries that stand; nil where nobody has looked yet.
    var entries: [(role: Text, person: Text)]?
    var batch: Int

    init(
        _ name: RecordName, document: RecordName, session: RecordName, arrival: Arrival, stands: Bool, batch: Int
    ) {
        self.name = name
        self.document = document
        self.session = session
        self.arrival = arrival
        self.stands = stands
        self.batch = batch
    }
}

struct KnownComponent {
    let name: RecordName
    let code: Text
    let minimum: Int64
    let maximum: Int64
    let duration: Int64
}

final class KnownScheme {
    let name: RecordName
    let lateMinutes: Int64
    let components: [KnownComponent]

    init(_ name: RecordName, lateMinutes: Int64, components: [KnownComponent]) {
        self.name = name
        self.lateMinutes = lateMinutes
        self.components = components
    }
}

final class KnownSite {
    let name: RecordName
    let scopes: [Text]
    var rooms: [Text: RecordName]
    /// By label, which is unique in a site.
    var seats: [Text: RecordName]
    /// What it counts for among what is remembered.
    var size: Int { 1 + rooms.count + seats.count }

    init(_ name: RecordName, scopes: [Text], rooms: [Text: RecordName] = [:], seats: [Text: RecordName] = [:]) {
        self.name = name
        self.scopes = scopes
        self.rooms = rooms
        self.seats = seats
    }
}

struct KnownSession {
    let name: RecordName
    let site: RecordName
    let scopes: [Text]
    let component: KnownComponent
    let start: Int64
    let isClosed: Bool
}

/// A table from keys to what is known, that forgets what was not asked for lately. Only between batches: what a batch makes
/// has to be remembered until it is committed.
struct Remembered<Key: Hashable, Known> {
    /// What was asked for since the last change of halves, and what only before.
    private var newer: [Key: Known] = [:]
    private var older: [Key: Known] = [:]

    subscript(key: Key) -> Known? {
        mutating get {
            if let known = newer[key] { return known }
            guard let known = older.removeValue(forKey: key) else { return nil }
            newer[key] = known
            return known
        }
        set {
            older[key] = nil
            newer[key] = newValue
        }
    }

    var count: Int { newer.count + older.count }

    func total(_ size: (Known) -> Int) -> Int {
        newer.values.reduce(older.values.reduce(0) { $0 + size($1) }) { $0 + size($1) }
    }

    /// Forgets the older half when the newer one has grown to half of `most`.
    /// - Parameter size: what an entry counts for.
    mutating func trim(_ most: Int, size: (Known) -> Int = { _ in 1 }) {
        guard newer.values.reduce(0, { $0 + size($1) }) > most / 2 else { return }
        older = newer
        newer = [:]
    }
}

extension Text {
    init(_ words: some RawRepresentable<String>) { self.init(words.rawValue) }
}
