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

    @Test("Staff come with whoever was named first, and somebody on no list gets an entry")
    func staff() async throws {
        let scene = try Scene()
        #expect(
            await scene.services.perform(.loadStaff) == [
                .staffLoaded([
                    StaffMember(id: "1042", name: "Ana Prado", role: "invigilator"),
                    StaffMember(id: "1043", name: "Bo Li", role: "supervisor"),
                ])
            ])
        let other = try StoreDeskServices(scene.store, StoreDeskServices.Options(actor: "77"))
        guard case .staffLoaded(let staff) = await other.perform(.loadStaff).first else { throw Failed("no staff") }
        #expect(staff.map(\.id) == ["77", "1042", "1043"])
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
