import TerminalCells

/// The seats of the room: who sits where, moved and swapped by hand.
struct SeatMapState: Hashable, Sendable {
    var index = 0
    /// The booking that was picked up.
    var picked: String?

    static let cellColumns = 20
}

extension DeskModel {
    /// Who has a seat: whoever is in the room, or is still expected with it.
    func holder(_ seat: String, _ roster: RosterState) -> RosterRow? {
        roster.rows.first { row in
            row.seat == seat && (row.state.isPresent || row.state == .booked)
        }
    }

    private var mapColumns: Int { max(columns / SeatMapState.cellColumns, 1) }

    mutating func pressSeatMap(_ key: Key, _ old: SeatMapState) -> [DeskEffect] {
        guard let session, let roster, !session.plan.isEmpty else {
            seatMap = nil
            return []
        }
        var map = old
        map.index = min(map.index, session.plan.count - 1)
        let seat = session.plan[map.index]
        defer { if seatMap != nil { seatMap = map } }
        switch key {
        case .escape where map.picked != nil: map.picked = nil
        case .escape, .function(7): seatMap = nil
        case .left: map.index = max(map.index - 1, 0)
        case .right: map.index = min(map.index + 1, session.plan.count - 1)
        case .up where map.index >= mapColumns: map.index -= mapColumns
        case .down where map.index + mapColumns < session.plan.count: map.index += mapColumns
        case .character("o"), .character("O"):
            let words = "Seat \(seat.label) is \(seat.isInService ? "out of service" : "in service")"
            return ask(.seatService(seat: seat.label, isOut: seat.isInService), done: words)
        case .character("a"), .character("A"): return assignSeats(session, roster)
        case .enter: return putDown(&map, seat, roster)
        default: break
        }
        return []
    }

    private mutating func putDown(_ map: inout SeatMapState, _ seat: DeskSeat, _ roster: RosterState) -> [DeskEffect] {
        let there = holder(seat.label, roster)
        guard let booking = map.picked, let mover = roster.row(booking) else {
            guard let there else {
                say(
                    .info,
                    "Nobody has seat \(seat.label). Enter on somebody picks them up; o takes a seat out of service.")
                return []
            }
            map.picked = there.booking
            say(.info, "\(there.name.full): go to another seat and press Enter; Esc leaves them where they are.")
            return []
        }
        map.picked = nil
        if there?.booking == booking {
            seatMap = nil
            return open(mover)
        }
        if let there {
            return ask(.swap(booking, there.booking), done: "\(mover.name.full) and \(there.name.full) changed seats")
        }
        return ask(.seat([booking: seat.label]), done: "\(mover.name.full) has seat \(seat.label)")
    }

    /// Gives a free seat to everybody who is expected and has none, in filling order.
    private mutating func assignSeats(_ session: DeskSession, _ roster: RosterState) -> [DeskEffect] {
        let taken = Set(roster.rows.filter { $0.state.isPresent || $0.state == .booked }.compactMap(\.seat))
        var free = session.seats.filter { !taken.contains($0) }[...]
        var given: [String: String] = [:]
        for row in roster.rows where row.state == .booked && row.seat == nil {
            guard let seat = free.popFirst() else { break }
            given[row.booking] = seat
        }
        guard !given.isEmpty else {
            say(.info, "Everybody who is expected has a seat, or no seat is free.")
            return []
        }
        return ask(.seat(given), done: "\(given.count) people have a seat now")
    }

    func drawSeatMap(
        _ map: SeatMapState, _ session: DeskSession, _ roster: RosterState, on grid: inout CellGrid, _ body: Body
    ) {
        let free = session.plan.count { $0.isInService && holder($0.label, roster) == nil }
        let picked = map.picked.flatMap { roster.row($0) }.map { ", moving \($0.name.full)" } ?? ""
        grid.put(
            " Seats: \(session.plan.count), free \(free)\(picked)", row: body.top, column: 0, width: grid.columns,
            style: .heading)
        let height = body.bottom - body.top - 1
        let line = map.index / mapColumns
        let from = firstShown(index: line, count: (session.plan.count + mapColumns - 1) / mapColumns, height: height)
        for (index, seat) in session.plan.enumerated() {
            let row = index / mapColumns - from
            guard row >= 0, row < height else { continue }
            let column = index % mapColumns * SeatMapState.cellColumns
            let who = holder(seat.label, roster)
            let text = " \(seat.label) \(seat.isInService ? mark(who) : "x out of service")"
            grid.put(
                text, row: body.top + 2 + row, column: column, width: SeatMapState.cellColumns - 1,
                style: index == map.index ? .selected : style(seat, who, isPicked: who?.booking == map.picked))
        }
    }

    /// A sign before the name says what a colour says.
    private func mark(_ row: RosterRow?) -> String {
        guard let row else { return "-" }
        let sign =
            switch row.state {
            case .booked: "?"
            case .finished: "="
            default: row.outSinceMs == nil ? "*" : "o"
            }
        return "\(sign) \(row.name.full)"
    }

    private func style(_ seat: DeskSeat, _ row: RosterRow?, isPicked: Bool) -> Style {
        if isPicked { return .warning }
        guard seat.isInService else { return .bad }
        guard let row else { return .dim }
        return row.state == .booked ? .normal : .good
    }
}
