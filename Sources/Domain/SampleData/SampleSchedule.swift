/// A made-up exam day: sites with rooms, their sessions, and the people booked into them, all from one seed.
///
/// Every site has a morning and an afternoon session in each room. Keys, candidate numbers and tickets are unique in
/// the schedule, and no seat of a session is given twice.
public struct SampleSchedule: Equatable, Sendable {
    /// A room of a site.
    public struct Room: Equatable, Sendable {
        public let code: String
        /// The seats are numbered from 1 to this.
        public let seats: Int
    }

    /// A place where exams are held.
    public struct Site: Equatable, Sendable {
        public let code: String
        public let title: String
        public let rooms: [Room]
    }

    /// One sitting of an exam in one room.
    public struct Session: Equatable, Sendable {
        public let key: String
        /// The code of the site.
        public let site: String
        /// The code of the room.
        public let room: String
        public let scheme: String
        public let component: String
        /// The start in milliseconds since 1970, UTC.
        public let start: Int64
    }

    /// A made-up person with a number.
    public struct Candidate: Equatable, Sendable {
        public let key: String
        /// Unique in the schedule.
        public let number: CandidateNumber
        public let person: SamplePerson
    }

    /// A candidate's seat in a session.
    public struct Booking: Equatable, Sendable {
        public let key: String
        /// The place of the candidate in ``SampleSchedule/candidates``.
        public let candidate: Int
        /// The place of the session in ``SampleSchedule/sessions``.
        public let session: Int
        /// Two digits, from 01 to the room's number of seats.
        public let seat: String
        /// The code on the admission ticket: 60 bits in Crockford base 32 and a check symbol.
        public let ticket: String
    }

    /// The most sites of a schedule.
    public static let sitesMax = 1_000
    /// The most candidates of a site.
    public static let candidatesPerSiteMax = 100_000
    /// The seats of every room.
    public static let seatsPerRoom = 24

    public let day: CivilDate
    public let sites: [Site]
    public let sessions: [Session]
    public let candidates: [Candidate]
    public let bookings: [Booking]

    /// The schedule of a seed. More than ``sitesMax`` sites or ``candidatesPerSiteMax`` candidates, or fewer than one
    /// site or none, are a programming error.
    public static func make(seed: UInt64, sites: Int, candidatesPerSite: Int, day: CivilDate) -> SampleSchedule {
        precondition((1...sitesMax).contains(sites) && (0...candidatesPerSiteMax).contains(candidatesPerSite))
        var maker = Maker(seed: seed, day: day)
        for site in 0..<sites { maker.add(site: site, candidates: candidatesPerSite) }
        return SampleSchedule(
            day: day, sites: maker.sites, sessions: maker.sessions, candidates: maker.candidates,
            bookings: maker.bookings)
    }

    private static let places = [
        "Aldermoor", "Bramfield", "Corvale", "Dunmere", "Eastwick Cross", "Fenhollow", "Grünau", "Highcombe",
        "Île-du-Nord", "Járnvík", "Kesterby", "Lindström Quay",
    ]
    private static let schemes = ["NET-ASSOC", "NET-PRO", "SEC-AUDIT", "OPS-CERT"]
    private static let startHours = [9, 14]

    private struct Maker {
        let seed: UInt64
        let day: CivilDate
        var random: SplitMix64
        /// Tickets are a bijection of a running number, so that they look random and never repeat.
        let ticketMask: UInt64
        var sites: [Site] = []
        var sessions: [Session] = []
        var candidates: [Candidate] = []
        var bookings: [Booking] = []

        init(seed: UInt64, day: CivilDate) {
            self.seed = seed
            self.day = day
            random = SplitMix64(seed: seed)
            ticketMask = random.next()
        }

        mutating func add(site index: Int, candidates count: Int) {
            let code = "S" + padded(index + 1, 4)
            let roomCount = max(1, (count + seatsPerRoom * startHours.count - 1) / (seatsPerRoom * startHours.count))
            let rooms = (1...roomCount).map { Room(code: "R" + padded($0, 3), seats: seatsPerRoom) }
            let place = places[index % places.count]
            let round = index / places.count
            sites.append(Site(code: code, title: round == 0 ? place : "\(place) \(round + 1)", rooms: rooms))
            let firstSession = sessions.count
            for hour in startHours {
                for room in rooms {
                    sessions.append(
                        Session(
                            key: "\(day)-\(code)-\(room.code)-\(padded(hour, 2))", site: code, room: room.code,
                            scheme: random.pick(schemes), component: "exam",
                            start: Int64(day.daysSince1970) * 86_400_000 + Int64(hour) * 3_600_000))
                }
            }
            for place in 0..<count {
                let number = UInt64(index) * UInt64(candidatesPerSiteMax) + UInt64(place)
                book(number, session: firstSession + place / seatsPerRoom, seat: place % seatsPerRoom + 1)
            }
        }

        private mutating func book(_ number: UInt64, session: Int, seat: Int) {
            guard let candidateNumber = CandidateNumber(number) else { return }
            let person = SamplePerson.make(number: number, seed: seed)
            candidates.append(Candidate(key: "C\(number)", number: candidateNumber, person: person))
            bookings.append(
                Booking(
                    key: "B\(number)", candidate: candidates.count - 1, session: session, seat: padded(seat, 2),
                    ticket: CrockfordBase32.checked(ticketBits(number), digits: CrockfordBase32.digitsMax)))
        }

        /// Sixty bits: an odd factor and shifts are each a bijection of them.
        private func ticketBits(_ number: UInt64) -> UInt64 {
            let mask: UInt64 = (1 << 60) - 1
            var bits = (number ^ ticketMask) & mask
            bits = (bits &* 0xBF58_476D_1CE4_E5B9) & mask
            bits ^= bits >> 29
            bits = (bits &* 0x94D0_49BB_1331_11EB) & mask
            return bits ^ (bits >> 31)
        }
    }
}
