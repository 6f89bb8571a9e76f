import CredentialStore
import Credentialing
import Desk
import Merging
import Testing

@testable import Assay

@Suite("The desk's services over a store")
struct StoreDeskServicesTests {
    private struct Scene {
        let folder: Folder
        let store: CredentialStore
        let day: ExamDay
        let services: StoreDeskServices

        init(isHeadquarters: Bool = false) throws {
            folder = try Folder()
            store = try folder.store("desk", isHeadquarters: isHeadquarters)
            day = try ExamDay(store, now: wallClock())
            services = try StoreDeskServices(store, StoreDeskServices.Options(actor: "1042", station: "Desk 1"))
        }

        func rows() async throws -> [RosterRow] {
            let events = await services.perform(.loadRoster(day.session.description))
            guard case .rosterLoaded(_, let rows) = events.first else { throw Failed("no roster: \(events)") }
            return rows
        }

        func row(_ place: Int) async throws -> RosterRow {
            let name = day.bookings[place].description
            guard let row = try await rows().first(where: { $0.booking == name }) else { throw Failed("no row") }
            return row
        }

        func admit(_ place: Int, seat: String, as actor: String = "1042") async throws -> [DeskEvent] {
            let row = try await row(place)
            return await services.perform(
                .checkIn(
                    DeskRequest(number: 1, actor: actor, seen: row.version),
                    CheckInForm(booking: row.booking, documentType: .passport, seat: seat)))
        }
    }

    @Test("The roster shows people by family name with their tickets, and levels of what this replica did")
    func roster() async throws {
        let scene = try Scene()
        let rows = try await scene.rows()
        #expect(rows.map(\.name.family) == ["Ferreira", "Müller", "O'Brien", "Østergård", "Silva", "Yılmaz"])
        #expect(rows.allSatisfy { $0.state == .booked && $0.level == .saved && !$0.version.isEmpty })
        #expect(rows.first?.ticket == "TK-0001")
        #expect(rows.first?.components.map(\.maximum) == [100])
        let headquarters = try Scene(isHeadquarters: true)
        #expect(try await headquarters.rows().allSatisfy { $0.level == .atHQ })
    }

    @Test("Staff come with whoever was named first, and somebody on no list cannot work where others are listed")
    func staff() async throws {
        let scene = try Scene()
        #expect(
            await scene.services.perform(.loadStaff) == [
                .staffLoaded([
                    StaffMember(id: "1042", name: "Ana Prado", role: "invigilator", signIn: .pin),
                    StaffMember(id: "1043", name: "Bo Li", role: "supervisor", signIn: .choosePIN),
                ])
            ])
        let other = try StoreDeskServices(scene.store, StoreDeskServices.Options(actor: "77"))
        guard case .staffLoaded(let staff) = await other.perform(.loadStaff).first else { throw Failed("no staff") }
        #expect(staff.map(\.id) == ["1042", "1043", "77"])
        #expect(staff.last?.signIn == .notListed)
    }

    @Test("A refusal comes back in its own words, and nothing was written")
    func refused() async throws {
        let scene = try Scene()
        _ = try await scene.admit(0, seat: "1")
        let events = try await scene.admit(1, seat: "1")
        guard case .failed(let failure) = events.first else { throw Failed("not refused: \(events)") }
        #expect(
            failure
                == DeskFailure(
                    work: .request(1), message: "Seat 1 is taken: choose another.", code: "seat-taken"))
        #expect(try await scene.row(1).state == .booked)
    }

    @Test("Whoever is not admitted has the reason on file, in the same change as the decision")
    func turnedAway() async throws {
        let scene = try Scene()
        let row = try await scene.row(0)
        let form = CheckInForm(
            booking: row.booking, documentType: .passport, documentIsInDate: false, decision: .refuse,
            reason: "passport expired in May")
        let events = await scene.services.perform(
            .checkIn(DeskRequest(number: 4, actor: "1042", seen: row.version), form))
        guard case .saved(let receipt) = events.first else { throw Failed("not saved: \(events)") }
        #expect(receipt.request == 4 && receipt.row?.state == .turnedAway)
        let incidents = try scene.store.reading { records, _ in
            try records.records(in: scene.day.session, Incident.kind)
        }
        #expect(incidents.map { $0.text(Incident.narrative) } == ["Turned away at the desk: passport expired in May"])
        #expect(incidents.map { $0.reference(Incident.booking) } == [scene.day.bookings[0]])
    }

    @Test("A score's row says who keyed it; two keyings that differ open a case, which comes with the receipt")
    func scores() async throws {
        let scene = try Scene()
        _ = try await scene.admit(0, seat: "1")
        let booking = scene.day.bookings[0].description
        let component = scene.day.component.description
        func request(_ number: Int, _ actor: String) -> DeskRequest {
            DeskRequest(number: number, actor: actor, seen: "")
        }
        _ = await scene.services.perform(.start(request(2, "1042"), booking: booking))
        _ = await scene.services.perform(.finish(request(3, "1042"), booking: booking))
        let first = ScoreForm(booking: booking, component: component, role: .first, raw: 87)
        _ = await scene.services.perform(.enterScore(request(4, "1042"), first))
        #expect(try await scene.row(0).components.map(\.firstBy) == ["1042"])
        let second = ScoreForm(booking: booking, component: component, role: .second, raw: 78)
        let events = await scene.services.perform(.enterScore(request(5, "1043"), second))
        guard case .saved(let receipt) = events.first else { throw Failed("not saved: \(events)") }
        #expect(receipt.casesOpened.count == 1)
        #expect(receipt.row?.components.map(\.secondBy) == ["1043"])
        // The keyings themselves must never reach the desk, whatever part of a row they might hide in.
        // Names and times are made of digits as well: what counts is a number that stands alone.
        let words = Set("\(receipt)".split { !$0.isLetter && !$0.isNumber })
        #expect(words.isDisjoint(with: ["87", "78"]))
    }

    @Test("F9 without a hub says what to do")
    func noHub() async throws {
        let scene = try Scene()
        guard case .failed(let failure) = await scene.services.perform(.syncNow).first else {
            throw Failed("no answer")
        }
        #expect(failure.work == .sync && failure.code == "no-hub")
    }
}

@Suite("The acts of a session over a store")
struct SessionActsTests {
    private let folder: Folder
    private let store: CredentialStore
    private let day: ExamDay
    private let services: StoreDeskServices

    init() throws {
        folder = try Folder()
        store = try folder.store("desk")
        day = try ExamDay(store, now: wallClock())
        services = try StoreDeskServices(store, StoreDeskServices.Options(actor: "1042", station: "Desk 1"))
    }

    private func act(_ act: DeskAct) async throws -> RosterRow? {
        let request = DeskRequest(number: 9, actor: "1042", seen: "")
        let events = await services.perform(.act(request, session: day.session.description, act))
        guard case .saved(let receipt) = events.first else { throw Failed("not saved: \(events)") }
        return receipt.row
    }

    private func row(_ place: Int) async throws -> RosterRow {
        let events = await services.perform(.loadRoster(day.session.description))
        guard case .rosterLoaded(_, let rows) = events.first,
            let row = rows.first(where: { $0.booking == day.bookings[place].description })
        else { throw Failed("no row: \(events)") }
        return row
    }

    private func session() async throws -> DeskSession {
        guard case .sessionsLoaded(let sessions) = await services.perform(.loadSessions).first,
            let session = sessions.first
        else { throw Failed("no session") }
        return session
    }

    private func admit(_ place: Int, seat: String) async throws {
        let form = CheckInForm(booking: day.bookings[place].description, documentType: .passport, seat: seat)
        let events = await services.perform(.checkIn(DeskRequest(number: 1, actor: "1042", seen: ""), form))
        guard case .saved = events.first else { throw Failed("not admitted: \(events)") }
    }

    @Test("From the open doors to the seal: begin, out and back, a stop, everybody finished, closed and sealed")
    func wholeDay() async throws {
        let bookings = day.bookings.map(\.description)
        _ = try await act(.openDoors)
        #expect(try await session().state == .open)
        try await admit(0, seat: "1")
        try await admit(1, seat: "2")
        _ = try await act(.begin(bookings: Array(bookings.prefix(2))))
        #expect(try await session().state == .running)
        // Asked for again, as by a second desk, it begins nothing twice.
        _ = try await act(.begin(bookings: Array(bookings.prefix(2))))
        let out = try await act(.goOut(booking: bookings[0], kind: "toilet"))
        #expect(out?.outSinceMs != nil && out?.state == .started)
        let back = try await act(.comeBack(booking: bookings[0], minutes: 3))
        #expect(back?.outSinceMs == nil && back?.minutesReturned == 3)
        _ = try await act(.interrupt(cause: "alarm", bookings: []))
        let stop = try #require(try await session().interruptions.first)
        #expect(stop.endedMs == nil && stop.isForAll)
        _ = try await act(.resume(interruption: stop.id, minutes: 10))
        let (one, other) = (try await row(0), try await row(1))
        #expect(one.minutesReturned == 13 && other.minutesReturned == 10)
        _ = try await act(.report(booking: nil, type: "evacuation", severity: "major", narrative: "Alarm"))
        _ = try await act(.finish(bookings: Array(bookings.prefix(2))))
        for booking in bookings.dropFirst(2) {
            _ = await services.perform(
                .markNoShow(DeskRequest(number: 2, actor: "1042", seen: ""), booking: booking))
        }
        _ = try await act(.close(reason: ""))
        _ = try await act(.seal(scripts: 2, reason: ""))
        #expect(try await session().state == .sealed)
    }

    @Test("What was done is taken back: an admission, an absence, a step; seats move, swap and go out of service")
    func takeBack() async throws {
        let bookings = day.bookings.map(\.description)
        try await admit(0, seat: "1")
        _ = try await act(.seat([bookings[1]: "2"]))
        _ = try await act(.swap(bookings[0], bookings[1]))
        #expect(try await row(0).seat == "2")
        _ = try await act(.seatService(seat: "3", isOut: true))
        #expect(try await session().plan.filter { !$0.isInService }.map(\.label) == ["3"])
        _ = await services.perform(.start(DeskRequest(number: 3, actor: "1042", seen: ""), booking: bookings[0]))
        let step = try await act(.takeBack(TakeBack(.step, booking: bookings[0], words: ""), reason: "slip"))
        #expect(step?.state == .checkedIn)
        let admission = try await act(
            .takeBack(TakeBack(.admission, booking: bookings[0], words: ""), reason: "slip"))
        #expect(admission?.state == .booked)
        _ = await services.perform(.markNoShow(DeskRequest(number: 4, actor: "1042", seen: ""), booking: bookings[2]))
        let absence = try await act(.takeBack(TakeBack(.absence, booking: bookings[2], words: ""), reason: "slip"))
        #expect(absence?.state == .booked)
    }

    @Test("Whoever is not on the roster is found on the whole device, and a mistyped number is said to be mistyped")
    func elsewhere() async throws {
        var form = RegisterPerson(
            candidateNumber: CandidateNumber.text(4711), given: "Łucja", family: "Żółkiewska")
        form.dateOfBirth = "1988-08-08"
        try store.perform(form, actor: ActorIdentity("office"), now: wallClock())
        func found(_ text: String) async -> String {
            let events = await services.perform(.findElsewhere(text))
            guard case .foundElsewhere(_, let lines) = events.first else { return "no answer: \(events)" }
            return lines.joined(separator: "\n")
        }
        for text in ["zolkiewska lucja", "1988-08-08", CandidateNumber.text(4711)] {
            let lines = await found(text)
            #expect(lines.contains("Łucja Żółkiewska") && lines.contains("booked nowhere"), "\(text)")
        }
        #expect(await found("tk-0002").contains("expected: WELD Theory, Lisbon"))
        #expect(await found("0004JB1").contains("mistyped"))
        #expect(await found("nobody").contains("Nobody on this device"))
        #expect(await !found("nobody").contains("booked elsewhere"), "all there is is here")
        try store.replica.subscribe(to: #require(Enrolment(sites: ["LIS"], regions: []).scopes))
        #expect(await found("nobody").contains("site LIS and what is common"))
    }

    @Test("The PIN signs in and wrong ones are refused in words; a PIN that is there is not chosen anew at the desk")
    func signIn() async throws {
        #expect(
            await services.perform(.signIn(1, staff: "1042", pin: ExamDay.pin)) == [.signInAnswered(1, refusal: nil)])
        #expect(
            await services.perform(.signIn(2, staff: "1042", pin: "258047"))
                == [.signInAnswered(2, refusal: "That is not the PIN: try again.")])
        let again = await services.perform(.choosePIN(3, staff: "1042", pin: "135790"))
        guard case .signInAnswered(3, let refusal?) = again.first else { throw Failed("taken over: \(again)") }
        #expect(refusal.contains("PIN was chosen"))
        let weak = await services.perform(.choosePIN(4, staff: "1043", pin: "1111"))
        #expect(weak == [.signInAnswered(4, refusal: "Everybody tries 1111 first: choose another PIN.")])
    }
}
