import SampleData
import Tabular

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Writes a made-up exam day as CSV files with the mapping that imports them.
public enum SampleFiles {
    /// Replaces the files in `folder`, which has to be there.
    public static func write(_ schedule: SampleSchedule, folder: String) throws(TabularError) {
        let file = { (name: String) in folder + "/" + name + ".csv" }
        try table(file("sites"), ["code", "title", "region"], schedule.sites.map { [$0.code, $0.title, region($0)] })
        try table(
            file("rooms"), ["site", "room", "seats"],
            schedule.sites.flatMap { site in site.rooms.map { [site.code, $0.code, String($0.seats)] } })
        try table(file("staff"), ["login", "site", "name", "roles"], staff(schedule))
        try table(
            file("schemes"), ["code", "title"],
            Set(schedule.sessions.map(\.scheme)).sorted().map { [$0, "Certificate \($0)"] })
        try table(
            file("sessions"), ["key", "site", "room", "scheme", "component", "start"],
            schedule.sessions.map { [$0.key, $0.site, $0.room, $0.scheme, $0.component, moment($0.start)] })
        try people(schedule, file("people"))
        try table(
            file("bookings"), ["key", "person", "session", "room", "seat", "ticket"],
            schedule.bookings.map { booking in
                let session = schedule.sessions[booking.session]
                return [
                    booking.key, schedule.candidates[booking.candidate].key, session.key, session.room, booking.seat,
                    booking.ticket,
                ]
            })
        try mapping(folder + "/sample.yaml")
    }

    private static func table(_ path: String, _ header: [String], _ rows: [[String]]) throws(TabularError) {
        var writer = try CSVWriter(path: path)
        try writer.write(header: header)
        for row in rows { try writer.write(row: row) }
        try writer.finish()
    }

    private static func people(_ schedule: SampleSchedule, _ path: String) throws(TabularError) {
        var writer = try CSVWriter(path: path)
        try writer.write(header: ["key", "number", "given", "family", "script", "born", "language", "email", "phone"])
        for candidate in schedule.candidates {
            let person = candidate.person
            try writer.write(row: [
                candidate.key, candidate.number.description, person.given, person.family, person.script,
                person.birthDate.description, person.language, person.email, person.phone,
            ])
        }
        try writer.finish()
    }

    /// A supervisor and two invigilators for each site.
    private static func staff(_ schedule: SampleSchedule) -> [[String]] {
        schedule.sites.enumerated().flatMap { index, site in
            [("1", "supervisor"), ("2", "invigilator"), ("3", "invigilator")].map { number, role in
                let person = SamplePerson.make(
                    number: UInt64(index * 10) + UInt64(number.utf8.count), seed: UInt64(index))
                let name = number == "1" ? person : SamplePerson.make(number: UInt64(index), seed: UInt64(number) ?? 0)
                return ["\(site.code)-\(number)", site.code, "\(name.given) \(name.family)", role]
            }
        }
    }

    private static func region(_ site: SampleSchedule.Site) -> String {
        ["north", "south"][site.code.utf8.reduce(0) { $0 &+ Int($1) } % 2]
    }

    private static func moment(_ milliseconds: Int64) -> String {
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let date = CivilDate(daysSince1970: Int(days)) ?? .epoch
        let minutes = rest / 60_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(date)T\(two(minutes / 60)):\(two(minutes % 60))Z"
    }

    private static func mapping(_ path: String) throws(TabularError) {
        guard let file = fopen(path, "w") else {
            throw TabularError(.file, file: path, "the file cannot be written", advice: "Choose another folder.")
        }
        let written = fputs(yaml, file)
        guard fclose(file) == 0, written >= 0 else {
            throw TabularError(.file, file: path, "the file cannot be written", advice: "Make room on the disk.")
        }
    }

    /// The mapping of these files; it also shows every target of the grammar.
    static let yaml = """
        # The mapping of a made-up exam day, as `assay sample` writes it.
        assay-mapping: 1
        name: sample
        inputs:
          sites: {files: sites.csv}
          rooms: {files: rooms.csv}
          staff: {files: staff.csv}
          schemes: {files: schemes.csv}
          sessions: {files: sessions.csv}
          people: {files: people.csv}
          bookings: {files: bookings.csv}
        targets:
          - target: site
            from: sites
            key: code
            fields: {title: title, region: region}
          - target: room
            from: rooms
            key: {template: "{site}:{room}"}
            fields: {site: site, room: room, seats: seats}
          - target: staff
            from: staff
            key: login
            fields: {site: site, name: name, roles: roles}
          - target: scheme
            from: schemes
            key: code
            fields: {code: code, title: title, components: {constant: exam}}
          - target: session
            from: sessions
            key: key
            fields: {scheme: scheme, component: component, site: site, room: room, start: start}
          - target: person
            from: people
            key: key
            fields:
              number: number
              given: given
              family: family
              script: script
              birthDate: born
              language: language
              email: email
              phone: phone
          - target: booking
            from: bookings
            key: key
            fields: {person: person, session: session, room: room, seat: seat, ticket: ticket}

        """
}
