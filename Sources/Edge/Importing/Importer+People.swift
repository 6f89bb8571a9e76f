import Credentialing
import HybridTime
import Merging
import Tabular

/// People: one dossier each.
extension Importer {
    func person(_ key: String) throws -> KnownPerson? {
        if let known = people[Text(key)] { return known }
        guard let view = try find(Person.kind, Person.externalKey, key) else { return nil }
        return try remember(view, key)
    }

    @discardableResult
    private func remember(_ view: RecordView, _ key: String) throws -> KnownPerson {
        let standing = try list(view.document, Booking.kind)
            .filter { !$0.isCancelled && $0[Booking.transferredTo] == .null }
        let known = KnownPerson(
            view.name, isBarred: view.word(Person.hold, as: Hold.self) == .barred,
            bookings: standing.compactMap { booking in
                booking.reference(Booking.examSession).map { ($0, booking.name) }
            }, batch: 0)
        people[Text(key)] = known
        return known
    }

    func takePerson(_ row: ImportRow) throws -> Outcome {
        let key = try row.checkedKey()
        let texts: [(ImportField, String)] = [
            (.number, "candidate number"), (.given, "given name"), (.family, "family name"), (.script, "script"),
            (.language, "language"), (.phone, "phone number"), (.email, "e-mail address"), (.region, "region"),
        ]
        for (field, noun) in texts { _ = try row.line(field, noun) }
        if let known = people[Text(key)] {
            if known.batch == batchNumber { try settle() }
            return try updatePerson(row, key, try find(known.name, Person.kind))
        }
        if let view = try find(Person.kind, Person.externalKey, key) {
            try remember(view, key)
            return try updatePerson(row, key, view)
        }
        try makePerson(row, key)
        return .made
    }

    private func makePerson(_ row: ImportRow, _ key: String) throws {
        let given = row.text(.given) ?? ""
        let family = row.text(.family) ?? ""
        guard !Importer.isBlank(given) || !Importer.isBlank(family) else { throw RowRefusal.missing("name") }
        let number = row.text(.number).map(Importer.canonicalNumber)
        if let number { try checkUnused(number) }
        let region = row.text(.region)
        let name = batch.makeDocument(CredentialingSchema.dossier)
        var record = RecordWrites(name, Person.kind)
        record.add(Person.scopes, region.map { [ScopeName.region($0)] } ?? [])
        record.set(Person.candidateNumber, try number ?? freeNumber(name))
        record.set(Person.externalKey, key)
        record.setName(given: given, family: family, script: row.text(.script) ?? "Latn")
        record.set(Person.language, row.text(.language))
        record.set(Person.phone, row.text(.phone))
        record.set(Person.dateOfBirth, row.text(.birthDate))
        record.add(Person.emails, row.text(.email).map { [$0] } ?? [])
        record.set(Person.hold, word: Hold.none)
        record.set(Person.region, region)
        record.put(Person.isWalkIn, .integer(0))
        batch.add(record.change, to: name, CredentialingSchema.dossier)
        people[Text(key)] = KnownPerson(name, isBarred: false, bookings: [], batch: batchNumber)
    }

    /// A candidate number in the form in which people's numbers are kept; what is none stays as it is.
    private static func canonicalNumber(_ text: String) -> String {
        CandidateNumber.number(text).map(CandidateNumber.text) ?? text
    }

    private func checkUnused(_ number: String) throws {
        guard batchKeys.insert(Text("number:" + number)).inserted,
            try find(Person.kind, Person.candidateNumber, number) == nil
        else {
            throw RowRefusal(
                "already-there",
                "the candidate number \(RowRefusal.quoted(number)) is taken; correct it or leave it blank")
        }
    }

    /// A number for a dossier that has none in the file: headquarters' own follow from its change sets, those of another
    /// replica lie in a range that follows from its name.
    private func freeNumber(_ name: RecordName) throws -> String {
        let range: UInt64 = 1 << 32
        let block = isHeadquarters ? 0 : 1 + name.origin.bits % ((1 << 28) - 1)
        var number = block * range + UInt64(name.sequence)
        var text = CandidateNumber.text(number)
        // Another incarnation of headquarters may have given it.
        while try find(Person.kind, Person.candidateNumber, text) != nil {
            number = block * range + (number + 10_000_019) % range
            text = CandidateNumber.text(number)
        }
        return text
    }

    static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }

    private func updatePerson(_ row: ImportRow, _ key: String, _ view: RecordView?) throws -> Outcome {
        guard let view else { throw RowRefusal.unknown("person", key, "import the row again") }
        if let number = row.text(.number).map(Importer.canonicalNumber), view[Person.candidateNumber] != .text(number) {
            throw RowRefusal.fixed("person", key, "candidate number")
        }
        var record = RecordWrites(view.name, Person.kind)
        try updateName(row, view, &record)
        record.update(Person.language, row[.language], view)
        record.update(Person.phone, row[.phone], view)
        record.update(Person.dateOfBirth, row[.birthDate], view)
        record.update(Person.region, row[.region], view)
        try updateRegion(row, view, &record)
        if row[.email] == .cleared {
            for email in view.elements(Person.emails) { record.put(Person.emails, .text(email), .remove) }
        } else {
            record.addMissing(Person.emails, row.text(.email).map { [$0] } ?? [], view)
        }
        guard !record.isEmpty else { return .same }
        batch.amend(record.change, in: view.document, CredentialingSchema.dossier)
        if let known = people[Text(key)] { known.batch = batchNumber }
        return .changed
    }

    /// Whoever moves to another region goes there, and leaves the old one unless a booking keeps them.
    private func updateRegion(_ row: ImportRow, _ view: RecordView, _ record: inout RecordWrites) throws {
        guard let region = row.text(.region) else { return }
        record.addMissing(Person.scopes, [ScopeName.region(region)], view)
        guard let old = view.text(Person.region), Text(old) != Text(region) else { return }
        let scope = ScopeName.region(old)
        for booking in try list(view.document, Booking.kind) {
            guard let name = booking.reference(Booking.examSession), let session = try session(named: name),
                !session.scopes.contains(Text(scope))
            else { return }
        }
        if view.elements(Person.scopes).contains(scope) { record.put(Person.scopes, .text(scope), .remove) }
    }

    /// The name is one unit: where one part differs, all are written.
    private func updateName(_ row: ImportRow, _ view: RecordView, _ record: inout RecordWrites) throws {
        func part(_ field: ImportField, _ old: Field) -> String {
            row[field] == .cleared ? "" : row.text(field) ?? view.text(old) ?? ""
        }
        let given = part(.given, Person.givenName)
        let family = part(.family, Person.familyName)
        let script = part(.script, Person.script)
        func differs(_ new: String, _ old: Field) -> Bool { Text(new) != Text(view.text(old) ?? "") }
        guard differs(given, Person.givenName) || differs(family, Person.familyName) || differs(script, Person.script)
        else { return }
        guard !Importer.isBlank(given) || !Importer.isBlank(family) else { throw RowRefusal.missing("name") }
        record.setName(given: given, family: family, script: script)
    }
}

extension RecordWrites {
    /// The three parts of a legal name and its key, always together.
    mutating func setName(given: String, family: String, script: String) {
        set(Person.givenName, given)
        set(Person.familyName, family)
        set(Person.script, script)
        set(Person.nameKey, NameFolding.key(given: given, family: family))
    }
}
