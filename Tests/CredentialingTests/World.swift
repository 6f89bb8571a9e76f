import ChangeSets
import Credentialing
import HybridTime
import Merging
import Testing

/// A site with two desks that have synced: a scheme, a room of four seats, two sessions at the same time, two candidates.
struct World {
    var first: Replica
    var second: Replica
    let site: RecordName
    let seats: [RecordName]
    let component: RecordName
    let session: RecordName
    let otherSession: RecordName
    let ana: RecordName
    let ben: RecordName
    let anaBooking: RecordName
    let benBooking: RecordName

    static let start: Int64 = 1_700_000_000_000

    init() throws {
        var hq = Replica(1)
        hq.now = World.start - 86_400_000
        let scheme = try hq.run(
            CreateScheme(
                code: "CRA", title: "Certified Rope Access",
                components: [.init(code: "T", title: "Theory", range: 0...100, durationMinutes: 90)]), by: "hq")
        component = RecordName(scheme[0].dot, 2)
        let place = try hq.run(
            CreateSite(
                code: "LEEDS", title: "Leeds", region: "north",
                rooms: [.init(label: "A", seats: ["11", "12", "13", "14"])],
                staff: [.init(actorID: "dora", displayName: "Dora", roles: ["invigilator"])]), by: "hq")
        site = place[0].document
        seats = try hq.records(in: site, Seat.kind).map(\.name)
        session = try hq.run(CreateSession(site: site, component: component, startTime: World.start), by: "hq")[0]
            .document
        otherSession = try hq.run(
            CreateSession(site: site, component: component, startTime: World.start + 3_600_000), by: "hq")[0].document
        var form = RegisterPerson(candidateNumber: "C1", given: "Ana", family: "Novák")
        form.dateOfBirth = "1990-02-28"
        ana = try hq.run(form, by: "hq")[0].document
        form = RegisterPerson(candidateNumber: "C2", given: "Ben", family: "Okoro")
        form.dateOfBirth = "1985-11-03"
        ben = try hq.run(form, by: "hq")[0].document
        anaBooking = RecordName(try hq.run(Book(person: ana, session: session, ticketCode: "T1"), by: "hq")[0].dot, 1)
        benBooking = RecordName(try hq.run(Book(person: ben, session: session, ticketCode: "T2"), by: "hq")[0].dot, 1)
        hq.now = World.start
        first = hq.copy(2)
        second = hq.copy(3)
        #expect(hq.violations.isEmpty, "the world begins in order")
    }

    /// Merges every way there is, checks that all of them agree, and returns the result.
    func merged() throws -> Replica {
        var joinedHere = first
        try joinedHere.join(second)
        var joinedThere = second
        try joinedThere.join(first)
        var deliveredHere = first
        try deliveredHere.receive(second)
        var deliveredThere = second
        try deliveredThere.receive(first)
        for other in [joinedThere, deliveredHere, deliveredThere] {
            #expect(other.views == joinedHere.views)
            #expect(other.violations == joinedHere.violations)
            #expect(other.caseNames == joinedHere.caseNames)
        }
        for replica in [joinedHere, deliveredThere] {
            #expect(try replica.derivedViolations() == replica.violations, "piece by piece is as from nothing")
        }
        return joinedHere
    }

    /// Both desks hold everything.
    mutating func sync() throws {
        let (one, other) = (first, second)
        try first.join(other)
        try second.join(one)
    }

    /// Admits somebody and finishes the sitting, on one replica.
    static func sit(_ booking: RecordName, seat: RecordName, on replica: inout Replica) throws -> RecordName {
        let admission = try replica.run(CheckInPerson(booking: booking, seat: seat), by: "dora")
        let sitting = RecordName(admission[0].dot, 2)
        try replica.run(StartSitting(sitting: sitting), by: "dora")
        try replica.run(FinishSitting(sitting: sitting), by: "dora")
        return sitting
    }
}

extension Replica {
    /// The names of all cases that are open here, ascending.
    var caseNames: [RecordName] { violations.values.map { $0.caseName(digesting) }.sorted() }

    /// The only violation of a rule.
    func only(_ rule: RuleID, sourceLocation: SourceLocation = #_sourceLocation) throws -> Violation {
        let found = violations(of: rule)
        #expect(
            found.count == 1, "\(rule) should hold once, of \(violations.keys.map(\.text))",
            sourceLocation: sourceLocation)
        return try #require(found.first, sourceLocation: sourceLocation)
    }

    func view(_ name: RecordName, _ kind: RecordKind) throws -> RecordView { try #require(try record(name, kind)) }

    func standing(of violation: Violation) throws -> CaseStanding {
        try CaseStanding.read(violation, digesting: digesting, reading: self)
    }

    /// Decides a case in words.
    mutating func decide(_ violation: Violation, _ word: String, by actor: String) throws {
        try run(
            ResolveCase(
                violation: violation, answer: .decide(word),
                reason: "looked into", digesting: digesting),
            by: actor)
    }
}

/// The code with which a command is refused; nil where it is not.
func refusal(_ command: some Command, on replica: Replica, by actor: String = "dora") -> CommandRefusal.Code? {
    var copy = replica
    do {
        _ = try copy.run(command, by: actor)
        return nil
    } catch let refusal as CommandRefusal {
        return refusal.code
    } catch {
        Issue.record(error)
        return nil
    }
}
