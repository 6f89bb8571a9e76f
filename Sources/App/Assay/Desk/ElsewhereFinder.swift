import CredentialStore
import Credentialing
import Merging

/// Who somebody is who is not on the open roster: people of the whole replica by ticket, candidate number, date of birth
/// or name, with where they are booked. A candidate number whose check symbol does not fit is said to be mistyped.
struct ElsewhereFinder {
    private let store: CredentialStore

    init(_ store: CredentialStore) { self.store = store }

    /// People beyond these ask for more letters.
    private static let peopleMax = 5

    func lines(_ text: String) throws -> [String] {
        let holds = try store.enrolment()
        do {
            return try store.looking { records in
                let found = try Finder(records).people(text)
                guard !found.people.isEmpty else {
                    let said = "Nobody on this device has this \(found.readAs). Sync (F9), or look at the paper again."
                    guard !holds.isEverything else { return [said] }
                    return [said, "It holds \(holds.inWords): who is booked elsewhere is not here. Ask headquarters."]
                }
                let words = Words(records, store.replica.identity)
                var lines = try found.people.prefix(ElsewhereFinder.peopleMax).flatMap {
                    try person($0, records, words)
                }
                if found.people.count > ElsewhereFinder.peopleMax { lines.append("More fit: type more of the name.") }
                return lines
            }
        } catch let failure as Failure where failure.code == "number-mistyped" { return [failure.message] }
    }

    private func person(_ person: RecordView, _ records: StoredRecords, _ words: Words) throws -> [String] {
        let born = person.text(Person.dateOfBirth) ?? "not known"
        var lines = ["\(DisplayName(person)), \(Words.number(person)), born \(born)"]
        for booking in try records.records(in: person.document, Booking.kind) {
            let session = try booking.reference(Booking.examSession).flatMap { try SessionView($0, records) }
            let place = session.map { "\($0.title), \(LocalTime.text($0.start))" } ?? "a session that is not here"
            lines.append(
                "   \(try words.state(booking).text): \(place), ticket \(booking.text(Booking.ticketCode) ?? "")")
        }
        return lines.count > 1 ? lines : lines + ["   booked nowhere that is known here"]
    }
}
