import Credentialing
import HybridTime
import Merging
import Testing

/// Who holds a dossier follows its bookings.
@Suite("Who holds a dossier")
struct DossierScopeTests {
    /// The world, and a second site of another region with a session.
    private static func world() throws -> (World, elsewhere: RecordName) {
        var world = try World()
        let site = try world.first.run(
            CreateSite(code: "YORK", title: "York", region: "east", rooms: []), by: "hq")[0].document
        let session = try world.first.run(
            CreateSession(site: site, component: world.component, startTime: World.start), by: "hq")[0].document
        try world.sync()
        return (world, session)
    }

    private static func scopes(_ name: RecordName, on replica: Replica) throws -> [String] {
        try replica.view(name, Person.kind).elements(Person.scopes)
    }

    private static func booking(_ session: RecordName, of person: RecordName, on replica: Replica) throws -> RecordName
    {
        try #require(
            try replica.records(in: person, Booking.kind).last { $0.reference(Booking.examSession) == session }?.name)
    }

    @Test("What every replica needs is common, a site's is its own and its region's")
    func referenceData() throws {
        let (world, _) = try Self.world()
        for scheme in world.first.views where scheme.kind.tag == Scheme.kind.tag {
            #expect(scheme.elements(Scheme.scopes) == ["common"])
        }
        #expect(try world.first.view(world.site, Site.kind).elements(Site.scopes) == ["region/north", "site/LEEDS"])
        #expect(
            try world.first.view(world.session, ExamSession.kind).elements(ExamSession.scopes) == [
                "region/north", "site/LEEDS",
            ])
    }

    @Test("A booking brings the site and its region; a cancellation takes what no other booking needs")
    func bookAndCancel() throws {
        var (world, york) = try Self.world()
        #expect(try Self.scopes(world.ana, on: world.first) == ["region/north", "site/LEEDS"])
        try world.first.run(Book(person: world.ana, session: york, ticketCode: "Y1"), by: "hq")
        try world.first.run(Book(person: world.ana, session: world.otherSession, ticketCode: "L2"), by: "hq")
        #expect(
            try Self.scopes(world.ana, on: world.first) == ["region/east", "region/north", "site/LEEDS", "site/YORK"])
        try world.first.run(CancelBooking(booking: world.anaBooking), by: "hq")
        #expect(try Self.scopes(world.ana, on: world.first).contains("site/LEEDS"), "another booking is there")
        let second = try Self.booking(world.otherSession, of: world.ana, on: world.first)
        try world.first.run(CancelBooking(booking: second), by: "hq")
        #expect(try Self.scopes(world.ana, on: world.first) == ["region/east", "site/YORK"])
    }

    @Test("A person's own region keeps the dossier when the last booking there is cancelled")
    func ownRegion() throws {
        var (world, _) = try Self.world()
        var form = RegisterPerson(candidateNumber: "C3", given: "Cyd", family: "Roe")
        form.region = "north"
        let cyd = try world.first.run(form, by: "hq")[0].document
        try world.first.run(Book(person: cyd, session: world.session, ticketCode: "T3"), by: "hq")
        try world.first.run(
            CancelBooking(booking: try Self.booking(world.session, of: cyd, on: world.first)), by: "hq")
        #expect(try Self.scopes(cyd, on: world.first) == ["region/north"])
    }

    @Test("A transfer leaves the old site and comes to the new one, and stays where it is the same")
    func transfer() throws {
        var (world, york) = try Self.world()
        try world.first.run(
            TransferBooking(booking: world.anaBooking, to: world.otherSession, ticketCode: "N1"), by: "hq")
        #expect(try Self.scopes(world.ana, on: world.first) == ["region/north", "site/LEEDS"])
        try world.first.run(TransferBooking(booking: world.benBooking, to: york, ticketCode: "N2"), by: "hq")
        #expect(try Self.scopes(world.ben, on: world.first) == ["region/east", "site/YORK"])
    }

    @Test("A second booking made while the first is cancelled elsewhere keeps the site, whichever way they merge")
    func bookingWins() throws {
        var (world, _) = try Self.world()
        try world.first.run(CancelBooking(booking: world.anaBooking), by: "hq")
        try world.second.run(Book(person: world.ana, session: world.otherSession, ticketCode: "L2"), by: "emil")
        #expect(try Self.scopes(world.ana, on: world.first) == [])
        #expect(try Self.scopes(world.ana, on: world.merged()) == ["region/north", "site/LEEDS"])
    }

    @Test("Whoever is admitted while headquarters cancels stays at the site, and so does the case")
    func admissionWins() throws {
        var (world, _) = try Self.world()
        try world.first.run(CancelBooking(booking: world.anaBooking), by: "hq")
        try world.second.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), by: "dora")
        var merged = try world.merged()
        #expect(try Self.scopes(world.ana, on: merged) == ["region/north", "site/LEEDS"])
        let violation = try #require(merged.violations.values.first { $0.documents.contains(world.ana) })
        try merged.run(
            ResolveCase(
                violation: violation,
                answer: violation.cells.isEmpty
                    ? .decide("stands")
                    : .choose(
                        try #require(
                            merged.view(world.anaBooking, Booking.kind).siblings(of: Booking.cancellation).first?.dot)),
                reason: "sat", digesting: digesting), by: "hq")
        let file = try merged.view(violation.caseName(digesting), CaseFile.kind)
        #expect(file.elements(CaseFile.scopes) == ["region/north", "site/LEEDS"])
    }

    @Test("A case whose member leaves a site leaves it with them, unless another member is there")
    func casesFollow() throws {
        var (world, york) = try Self.world()
        let seat = world.seats[0]
        try world.first.run(CheckInPerson(booking: world.anaBooking, seat: seat), by: "dora")
        try world.second.run(CheckInPerson(booking: world.benBooking, seat: seat), by: "emil")
        var merged = try world.merged()
        let violation = try merged.only("X3")
        try merged.decide(violation, "seat-stands", by: "hq")
        try merged.run(Book(person: world.ana, session: york, ticketCode: "Y1"), by: "hq")
        let name = violation.caseName(digesting)
        func follow() throws -> [String] {
            let violation = try #require(try RuleBook.standard.evaluate(violation.key, reading: merged))
            let move = try #require(try violation.following(name, actor: "hq", reading: merged))
            return move.changes[0].writes.filter { $0.kind == .add }.map { "\($0.value)" }
        }
        #expect(try follow().contains { $0.contains("site/YORK") })
    }

    @Test("After the retention a dossier leaves the site and stays in the region; a later booking there keeps it")
    func release() throws {
        var (world, _) = try Self.world()
        _ = try World.sit(world.anaBooking, seat: world.seats[0], on: &world.first)
        try world.first.run(Book(person: world.ben, session: world.otherSession, ticketCode: "L2"), by: "hq")
        try world.first.run(ReleaseDossier(person: world.ana, sessions: [world.session]), by: "hq")
        #expect(try Self.scopes(world.ana, on: world.first) == ["region/north"])
        #expect(refusal(ReleaseDossier(person: world.ana, sessions: [world.session]), on: world.first) == .nothingToDo)
        #expect(refusal(ReleaseDossier(person: world.ben, sessions: [world.session]), on: world.first) == .nothingToDo)
    }

    @Test("A sealed session is as it was also where its people were taken away, or left before the seal")
    func sealWithoutPeople() throws {
        var (world, _) = try Self.world()
        _ = try World.sit(world.anaBooking, seat: world.seats[0], on: &world.first)
        try world.first.run(MarkNoShow(booking: world.benBooking), by: "dora")
        let full = try Reconciliation(session: world.session, reading: world.first)
        try world.first.run(CloseSession(session: world.session), by: "dora")
        try world.first.run(SealSession(session: world.session, scripts: 1), by: "dora")
        #expect(world.first.violations(of: "X21").isEmpty)
        // The site's store after the people went: the session without a booking.
        let emptied = world.first.without([world.ana, world.ben])
        #expect(try Reconciliation(session: world.session, reading: emptied).total == 0 && full.total == 2)
        #expect(try RuleBook.standard.evaluate(RuleKey("X21", [world.session]), reading: emptied) == nil)
    }
}
