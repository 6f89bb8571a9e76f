import SampleData
import Tabular
import Testing

/// The mappings in `Tools/mappings` over the Open University's data beside the clone.
@Suite("The Open University's data", .enabled(if: SharedData.isPresent, SharedData.absence))
struct OpenUniversityTests {
    private func reader(_ mapping: String) throws -> ImportReader {
        try ImportReader(
            ImportMapping(path: SharedData.mappings + "/" + mapping), folder: SharedData.folder + "/oulad_2013"
        ) { throw $0 }
    }

    @Test("Every registration, assessment and score becomes exactly the records that it should")
    func everything() throws {
        let reader = try reader("oulad.yaml")
        var keys: [ImportTarget: Set<String>] = [:]
        var people: [String: ImportRow] = [:]
        var regions: Set<String> = []
        var examSessions: Set<String> = []
        var starts: [String: ImportValue] = [:]
        var examScores = 0
        while let row = try reader.next() {
            keys[row.target, default: []].insert(row.key)
            if row.target == .person { people[row.key] = row }
            if case .text(let region)? = row[.region] { regions.insert(region) }
            if row.target == .session {
                starts[row.key] = row[.start]
                if row[.component] == .text("exam") { examSessions.insert(row.key) }
                #expect(keys[.scheme]?.contains { row[.scheme] == .text($0) } == true)
            }
            if row.target == .booking {
                #expect(row.entries.count == 3 && row[.arrival] != nil)
                guard case .text(let person)? = row[.person], case .text(let session)? = row[.session] else {
                    Issue.record("A booking without person or session: \(row)")
                    continue
                }
                #expect(people[person] != nil && starts[session] != nil)
                #expect(row.key == session + ":" + person)
            }
            if row.target == .score {
                guard case .integer(let raw)? = row[.raw] else { continue }
                #expect((0...100).contains(raw))
                if row[.component] == .text("exam") { examScores += 1 }
            }
        }
        #expect(
            reader.statistics.records == [.scheme: 6, .session: 92, .person: 13_327, .booking: 82_842, .score: 82_758])
        #expect(reader.statistics.filtered == [.score: 84])
        #expect(reader.statistics.repeated == [.scheme: 3, .person: 13_529 - 13_327])
        #expect(reader.statistics.failures == 0)
        for (target, count) in reader.statistics.records { #expect(keys[target]?.count == count) }
        #expect(regions.count == 13)
        #expect(examSessions.count == 9)
        #expect(examScores == 1_570)
        // AAA 2013J has no date for its exam and lasts 268 days from 2013-10-01; assessment 1752 is on day 19.
        let day = Int64(86_400_000)
        let start = try Int64(#require(CivilDate(year: 2013, month: 10, day: 1)).daysSince1970)
        #expect(starts["1757"] == .time((start + 268) * day + 9 * 3_600_000))
        #expect(starts["1752"] == .time((start + 19) * day + 9 * 3_600_000))
        let named = SamplePerson.make(number: 11_391)
        #expect(people["11391"]?[.family] == .text(named.family))
        #expect(people["11391"]?[.region] == .text("East Anglian Region"))
    }

    @Test("The exam mapping gives the 1,570 exam scores, without a role")
    func exams() throws {
        let reader = try reader("oulad-exam-scores.yaml")
        var count = 0
        while let row = try reader.next() {
            #expect(row.target == .score && row[.component] == .text("exam") && row[.role] == nil)
            #expect(row[.booking] == .text(row.key))
            count += 1
        }
        #expect(count == 1_570)
        #expect(reader.statistics.failures == 0)
    }

    @Test("The same files twice give the same records")
    func stability() throws {
        let first = try reader("oulad.yaml")
        let second = try reader("oulad.yaml")
        var differences = 0
        while let row = try first.next() { if try second.next() != row { differences += 1 } }
        #expect(differences == 0)
        #expect(try second.next() == nil)
    }
}
