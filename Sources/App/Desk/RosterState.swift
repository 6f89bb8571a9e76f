/// The roster screen: one session's people, the filter, and who is highlighted.
struct RosterState: Hashable, Sendable {
    /// Which people are listed while nothing is typed in the filter.
    enum Show: String, CaseIterable, Sendable { case everyone, expected, present, finished, absent, missing }

    struct Entry: Hashable, Sendable {
        var row: RosterRow
        let key: SearchKey

        init(_ row: RosterRow) {
            self.row = row
            key = SearchKey(row)
        }
    }

    let session: String
    private(set) var entries: [Entry] = []
    var filter = TextField()
    var show = Show.everyone
    /// The highlighted booking, by name and not by place, so that a sync does not move it under the person's hands.
    var chosen: String?
    var isLoaded = false
    /// One load at a time; what asks for another meanwhile is remembered.
    private(set) var isLoading = false
    private var wantsReload = false
    /// Rows that were written here while a load was under way, which may have read them before.
    private var savedMeanwhile: [String: RosterRow] = [:]

    init(session: String) { self.session = session }

    var rows: [RosterRow] { entries.map(\.row) }

    func row(_ booking: String) -> RosterRow? { entries.first { $0.row.booking == booking }?.row }

    /// The entries to list. Whoever types searches among everyone, whatever is shown otherwise.
    var visible: [Entry] {
        let words = SearchFold.words(filter.text)
        if words.isEmpty { return entries.filter { isShown($0.row.state) } }
        return entries.filter { $0.key.matches(words) }
    }

    private func isShown(_ state: RosterRow.State) -> Bool {
        switch show {
        case .everyone: true
        case .expected: state == .booked
        case .present: state == .checkedIn || state == .started
        case .finished: state == .finished
        case .absent: state == .noShow || state == .turnedAway
        case .missing: state == .booked || state == .checkedIn || state == .started
        }
    }

    /// The highlighted place among `visible`. While somebody types it is the first match until they choose.
    func highlighted(among visible: [Entry]) -> Int? {
        if let chosen, let index = visible.firstIndex(where: { $0.row.booking == chosen }) { return index }
        // A filter of nothing but punctuation filters nobody out, and so means nobody.
        return SearchFold.words(filter.text).isEmpty || visible.isEmpty ? nil : 0
    }

    /// The person whose ticket is `text`, whatever the case of its letters.
    func ticketHolder(_ text: String) -> RosterRow? {
        let wanted = text.uppercased()
        return wanted.isEmpty ? nil : entries.first { $0.row.ticket.uppercased() == wanted }?.row
    }

    /// Below this many characters a ticket at the end of other text is taken for chance.
    private static let ticketInTextCharactersMin = 6

    /// The person whose whole ticket stands at the end of `text`, as after a scan into a field that was not empty.
    func ticketHolder(endOf text: String) -> RosterRow? {
        let upper = text.uppercased()
        return entries.lazy.map(\.row).filter {
            $0.ticket.count >= RosterState.ticketInTextCharactersMin && upper.hasSuffix($0.ticket.uppercased())
        }.max { $0.ticket.count < $1.ticket.count }
    }

    /// Whether to ask for the rows now; otherwise they are asked for when the load under way ends.
    mutating func beginLoad() -> Bool {
        if isLoading {
            wantsReload = true
            return false
        }
        isLoading = true
        return true
    }

    /// Takes over loaded rows. Returns whether another load must follow.
    mutating func endLoad(_ rows: [RosterRow]?) -> Bool {
        isLoading = false
        if let rows {
            isLoaded = true
            entries = rows.map { Entry(savedMeanwhile[$0.booking] ?? $0) }
        }
        let again = wantsReload || !savedMeanwhile.isEmpty
        wantsReload = false
        savedMeanwhile = [:]
        return again && rows != nil
    }

    /// Takes over one row that was just written here.
    mutating func take(_ row: RosterRow) {
        if isLoading { savedMeanwhile[row.booking] = row }
        guard let index = entries.firstIndex(where: { $0.row.booking == row.booking }) else { return }
        entries[index] = Entry(row)
    }

    /// Who sits in `seat`, other than one booking.
    func occupant(of seat: String, except booking: String) -> RosterRow? {
        entries.lazy.map(\.row).first {
            $0.booking != booking && $0.state.isPresent && $0.seat?.uppercased() == seat.uppercased()
        }
    }

    /// The first seat, in filling order, where nobody sits and which is assigned to nobody who is still expected.
    func nextFreeSeat(of seats: [String], for booking: String) -> String? {
        var taken: Set<String> = []
        for entry in entries where entry.row.booking != booking {
            if entry.row.state.isPresent || entry.row.state == .booked, let seat = entry.row.seat { taken.insert(seat) }
        }
        return seats.first { !taken.contains($0) }
    }
}
