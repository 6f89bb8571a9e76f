import SampleData
import Testing

@Suite("Sample data")
struct SampleDataTests {
    @Test("The generator gives the published sequence of seed 1234567")
    func generator() {
        var random = SplitMix64(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
    }

    @Test("Days and dates turn into each other over every day of 800 years")
    func dates() throws {
        var previous = try #require(CivilDate(year: 1_600, month: 1, day: 1))
        let first = previous.daysSince1970
        #expect(first == -135_140)
        for days in first + 1..<first + 292_194 {
            let date = try #require(CivilDate(daysSince1970: days))
            #expect(date.daysSince1970 == days)
            let isNext =
                date.day == previous.day + 1 && date.month == previous.month
                || date.day == 1 && date.month == previous.month + 1 && previous.day >= 28
                || date.day == 1 && date.month == 1 && previous.month == 12 && previous.day == 31
            #expect(isNext)
            previous = date
        }
        #expect(CivilDate(daysSince1970: 15_979)?.description == "2013-10-01")
    }

    @Test("Days that do not exist are refused")
    func impossibleDates() {
        for (year, month, day) in [(2013, 2, 29), (1900, 2, 29), (2013, 13, 1), (2013, 4, 31), (0, 1, 1), (2013, 1, 0)]
        {
            #expect(CivilDate(year: year, month: month, day: day) == nil)
        }
        #expect(CivilDate(year: 2000, month: 2, day: 29) != nil)
        for days in [Int.min, -719_163, 2_932_897, Int.max] { #expect(CivilDate(daysSince1970: days) == nil) }
        #expect(CivilDate(daysSince1970: -719_162)?.description == "0001-01-01")
        #expect(CivilDate(daysSince1970: 2_932_896)?.description == "9999-12-31")
    }

    @Test("A number gives the same person in every process, and other numbers and seeds give others")
    func stability() {
        let person = SamplePerson.make(number: 11_391)
        #expect(person == SamplePerson.make(number: 11_391))
        #expect(
            "\(person.given)|\(person.family)|\(person.script)|\(person.birthDate)|\(person.phone)"
                == "ひろし|ヤマモト|Kana|1975-09-20|+12025550107")
        #expect(person.email == "candidate.11391@example.org")
        let others = (0..<1_000).map { SamplePerson.make(number: $0) }
        #expect(Set(others.map(\.email)).count == 1_000)
        #expect(Set(others.map { $0.given + "/" + $0.family }).count > 700)
        #expect((0..<100).contains { SamplePerson.make(number: $0, seed: 1) != others[Int($0)] })
    }

    @Test("Every script appears, and every name is of its script and free of stray separators")
    func scripts() {
        let people = (0..<5_000).map { SamplePerson.make(number: $0) }
        let expected: Set = ["Latn", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Hans", "Kana", "Hang", "Zyyy"]
        #expect(Set(people.map(\.script)) == expected)
        #expect(people.contains { $0.language == "vi" })
        for person in people {
            #expect(!person.given.isEmpty && !person.family.isEmpty && !person.given.contains("·"))
            if person.script == "Grek" {
                let isGreek = (person.given + person.family).unicodeScalars.allSatisfy {
                    (0x370...0x3FF).contains($0.value)
                }
                #expect(isGreek)
            }
        }
    }

    @Test("Telephone numbers lie in the ranges kept for fiction and birth dates between 1948 and 2005")
    func ranges() {
        for number in 0..<5_000 as Range<UInt64> {
            let person = SamplePerson.make(number: number)
            let isFiction =
                person.phone.hasPrefix("+447700900") && person.phone.count == 13
                || person.phone.hasPrefix("+120255501") && person.phone.count == 12
            #expect(isFiction, "\(person.phone)")
            #expect((1948...2005).contains(person.birthDate.year))
        }
    }

    @Test("A schedule gives everybody a seat of their own, a number and a ticket that verify, at every site")
    func schedule() throws {
        let day = try #require(CivilDate(year: 2026, month: 5, day: 20))
        let schedule = SampleSchedule.make(seed: 3, sites: 14, candidatesPerSite: 100, day: day)
        #expect(schedule == SampleSchedule.make(seed: 3, sites: 14, candidatesPerSite: 100, day: day))
        #expect(schedule != SampleSchedule.make(seed: 4, sites: 14, candidatesPerSite: 100, day: day))
        #expect(schedule.bookings.count == 1_400 && schedule.candidates.count == 1_400)
        #expect(Set(schedule.bookings.map { "\($0.session)/\($0.seat)" }).count == 1_400)
        #expect(Set(schedule.bookings.map(\.ticket)).count == 1_400)
        #expect(Set(schedule.candidates.map(\.number)).count == 1_400)
        #expect(Set(schedule.sites.map(\.title)).count == 14)
        #expect(Set(schedule.sessions.map(\.key)).count == schedule.sessions.count)
        for booking in schedule.bookings {
            let session = schedule.sessions[booking.session]
            let site = try #require(schedule.sites.first { $0.code == session.site })
            let room = try #require(site.rooms.first { $0.code == session.room })
            #expect((1...room.seats).contains(try #require(Int(booking.seat))))
            #expect(CrockfordBase32.verified(booking.ticket, digits: 12) != nil)
            #expect(session.start / 86_400_000 == Int64(day.daysSince1970))
        }
    }

    @Test("A schedule without candidates still has its sites and sessions")
    func emptySchedule() {
        let schedule = SampleSchedule.make(seed: 0, sites: 1, candidatesPerSite: 0, day: .epoch)
        #expect(schedule.bookings.isEmpty && schedule.sites.count == 1 && schedule.sessions.count == 2)
    }
}
