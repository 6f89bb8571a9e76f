import Credentialing
import HybridTime
import Merging
import Tabular

/// Sites, their rooms with seats, and their staff.
extension Importer {
    /// The region of a site that a session row names first.
    private static let regionDefault = "headquarters"

    func site(_ code: String) throws -> KnownSite? {
        if let name = siteNames[Text(code)] { return try site(named: name) }
        guard let view = try find(Site.kind, Site.code, code) else { return nil }
        siteNames[Text(code)] = view.name
        return try sites[view.name] ?? remember(view)
    }

    func site(named name: RecordName) throws -> KnownSite? {
        if let known = sites[name] { return known }
        return try find(name, Site.kind).map(remember)
    }

    private func remember(_ view: RecordView) throws -> KnownSite {
        let known = KnownSite(view.name, scopes: view.elements(Site.scopes).map { Text($0) })
        for room in try list(view.name, Room.kind) { known.rooms[Text(room.text(Room.label) ?? "")] = room.name }
        for seat in try list(view.name, Seat.kind) { known.seats[Text(seat.text(Seat.label) ?? "")] = seat.name }
        sites[view.name] = known
        return known
    }

    func makeSite(_ code: String, title: String?, region: String?) -> KnownSite {
        let region = region ?? Importer.regionDefault
        let scopes = [ScopeName.region(region), ScopeName.site(code)]
        let name = batch.makeDocument(CredentialingSchema.site)
        var record = RecordWrites(name, Site.kind)
        record.add(Site.scopes, scopes)
        record.set(Site.code, code)
        record.set(Site.title, title ?? code)
        record.set(Site.region, region)
        batch.add(record.change, to: name, CredentialingSchema.site)
        let known = KnownSite(name, scopes: scopes.map { Text($0) })
        sites[name] = known
        siteNames[Text(code)] = name
        return known
    }

    func takeSite(_ row: ImportRow) throws -> Outcome {
        let code = try row.checkedKey()
        let title = try row.line(.title, "name of the site")
        let region = try row.line(.region, "region")
        guard let known = try site(code) else {
            _ = makeSite(code, title: title, region: region)
            return .made
        }
        guard let view = try written(known.name, Site.kind) else { return .same }
        if let region, view.text(Site.region).map({ Text($0) }) != Text(region) {
            throw RowRefusal.fixed("site", code, "region")
        }
        var record = RecordWrites(known.name, Site.kind)
        record.update(Site.title, row[.title], view)
        guard !record.isEmpty else { return .same }
        batch.amend(record.change, in: known.name, CredentialingSchema.site)
        return .changed
    }

    /// The record as the tables have it, after what this batch may have written.
    func written(_ name: RecordName, _ kind: RecordKind) throws -> RecordView? {
        if let view = try find(name, kind) { return view }
        try settle()
        return try find(name, kind)
    }

    func takeRoom(_ row: ImportRow) throws -> Outcome {
        let code = try row.required(.site, "site")
        guard let known = try site(code) else {
            throw RowRefusal.unknown("site", code, "import the sites first")
        }
        let label = try row.required(.room, "room")
        return try furnish(known, label, seats: row.integer(.seats)) ?? .same
    }

    /// Makes the room and the seats that are not there.
    /// - Returns: nil where all are.
    @discardableResult
    func furnish(_ site: KnownSite, _ label: String, seats count: Int64?) throws -> Outcome? {
        let count = count ?? 0
        guard (0...Int64(ImportingLimits.seatsMax)).contains(count) else {
            throw RowRefusal("too-many", "a room has 0 to \(ImportingLimits.seatsMax) seats; split it")
        }
        var outcome: Outcome?
        let room: RecordName
        if let there = site.rooms[Text(label)] {
            room = there
        } else {
            room = batch.makeName(in: site.name, CredentialingSchema.site)
            var record = RecordWrites(room, Room.kind)
            record.set(Room.label, label)
            batch.add(record.change, to: site.name, CredentialingSchema.site)
            site.rooms[Text(label)] = room
            outcome = .made
        }
        for number in 0..<Int(count) {
            let seatLabel = Importer.seatLabel(room: label, seat: number < 9 ? "0\(number + 1)" : "\(number + 1)")
            guard site.seats[Text(seatLabel)] == nil else { continue }
            let seat = batch.makeName(in: site.name, CredentialingSchema.site)
            var record = RecordWrites(seat, Seat.kind)
            record.set(Seat.room, room)
            record.set(Seat.label, seatLabel)
            record.set(Seat.service, word: SeatService.inService)
            batch.add(record.change, to: site.name, CredentialingSchema.site)
            site.seats[Text(seatLabel)] = seat
            outcome = outcome ?? .changed
        }
        return outcome
    }

    /// Seats bear their room's label, so that one of a site is never taken for another.
    static func seatLabel(room: String, seat: String) -> String { "\(room)-\(seat)" }

    func takeStaff(_ row: ImportRow) throws -> Outcome {
        let identity = try row.checkedKey()
        let code = try row.required(.site, "site")
        guard let known = try site(code) else {
            throw RowRefusal.unknown("site", code, "import the sites first")
        }
        if batchKeys.contains(Text("staff:" + identity)) { try settle() }
        let title = try row.line(.name, "name")
        guard let view = try find(StaffMember.kind, StaffMember.actorID, identity) else {
            let name = batch.makeName(in: known.name, CredentialingSchema.site)
            var record = RecordWrites(name, StaffMember.kind)
            record.set(StaffMember.actorID, identity)
            record.set(StaffMember.displayName, title)
            record.add(StaffMember.roles, Set(row.words(.roles)).sorted())
            batch.add(record.change, to: known.name, CredentialingSchema.site)
            batchKeys.insert(Text("staff:" + identity))
            return .made
        }
        guard view.document == known.name else { throw RowRefusal.fixed("member of staff", identity, "site") }
        var record = RecordWrites(view.name, StaffMember.kind)
        record.update(StaffMember.displayName, row[.name], view)
        record.addMissing(StaffMember.roles, row.words(.roles), view)
        guard !record.isEmpty else { return .same }
        batchKeys.insert(Text("staff:" + identity))
        batch.amend(record.change, in: known.name, CredentialingSchema.site)
        return .changed
    }
}

extension RecordWrites {
    /// Writes what the row says where the record says something else; a blank cell says nothing.
    mutating func update(_ field: Field, _ value: ImportValue?, _ view: RecordView) {
        let wanted: Value
        switch value {
        case nil: return
        case .cleared?: wanted = .null
        case .text(let text)?: wanted = .text(text)
        case .date(let date)?: wanted = .text(date.description)
        case .integer(let number)?, .time(let number)?: wanted = .integer(number)
        }
        if view[field] != wanted { put(field, wanted) }
    }

    mutating func addMissing(_ field: Field, _ elements: [String], _ view: RecordView) {
        let there = Set(view.elements(field).map { Text($0) })
        add(field, Set(elements.map { Text($0) }).subtracting(there).map(\.string).sorted())
    }
}
