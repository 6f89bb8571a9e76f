extension FuzzTarget {
    static let csvSeeds: [[UInt8]] =
        [
            (0, "a,b,c\r\n1,\"2\r\n2\",3\r\n\"q\"\"q\",,\r\n"), (2, "a;b\n1;2\n\n3;4;5\n\"open;x\n"),
            (3, "a\tb\n'=1\t'+2\n\"x\"y\tz\n"), (4, "a,b\n'=1+1,'-x\n''@,z\n"), (8, "# version 1,,\na,b\n1,2\n"),
            (0, "\u{FEFF}Zoë,\u{1F469}\u{200D}\u{1F4BB}\n\u{0},\n"),
            (17, "a,b\n1234567890,12345678901234567890\n1,2\n"),
            (1, "a,b\r1,2\r\r\n3,4"), (0, "a,a\n1,2\n"), (0, "\n\n\na,b\n1,2"),
        ].map { [UInt8($0.0), 30, 8] + Array($0.1.utf8) } + [
            [0, 9, 9, 0xFF, 0xFE, 0x61, 0], [0, 2, 2, 0x61, 0x0A, 0xC0, 0x80],
        ]

    /// An expression of every kind, and fields of every form.
    static let rowsMapping = """
        assay-mapping: 1
        name: every kind
        clear: "-"
        inputs:
          rows: {files: rows.csv}
        maps:
          arrival: {yes: checked_in, no: no_show}
        tables:
          days:
            from: rows
            key: [key, date]
            columns: [start, number]
        targets:
          - target: person
            from: rows
            key: key
            distinct: true
            where:
              - {column: key, notEquals: ["", skip]}
              - {value: {template: "{key}{{x}}"}, notEquals: "x"}
            fields:
              number: {first: [number, key]}
              given: {sample: given, number: number}
              family: {column: name, blank: [none, "?"]}
              birthDate: {date: {start: date, days: number}}
              email: {sample: email, number: number}
              language: {lookup: days, key: [key, date], take: number, otherwise: {constant: en}}
          - target: booking
            from: rows
            key: {template: "{key}:{date}"}
            fields:
              person: key
              session: name
              arrival: {map: arrival, of: flag, otherwise: {constant: booked}}
          - target: session
            from: rows
            key: date
            fields:
              scheme: name
              start: {date: {start: date, days: number, at: "09:30"}}
              seats: number
          - target: score
            from: rows
            key: {template: "{key}-{start}"}
            fields:
              booking: key
              role: {constant: first}
              raw: number
              time: start
        """

    static let rowsSample = """
        key,name,date,start,number,flag
        1,Zoë,2013-10-01,2013-10-01T09:30:15.250+02:00,42,yes
        2,none,0001-01-01,9999-12-31 23:59,-999999999999999999,no
        3,\"a\"\"b\",2024-02-29,2013-10-01,+7,
        -,?,2023-02-29,2013-10-01T24:00,4000000,maybe
        skip,x,2013-1-1,-,1,yes

        """
}
