/// The screens that `GoldenTests` compares, without the blanks at the ends of their lines. Written by hand or copied from a
/// failure after it was read; never changed by a program.
enum Goldens {
    static let text: [String: String] = small.merging(wide) { $1 }

    private static let small: [String: String] = [
        "staff": """
         Assay desk: North
        ────────────────────────────────────────────────────────────────────────────────
         Who is at the desk?
         The name goes with the work. Nothing proves it; the foot of the screen says so.

         > Ana Ruiz                                 invigilator
           Bo Li                                    clerk














         Up/Down choose  Enter confirms  ? help  Ctrl-Q quits
         Nobody is at the desk yet                                         never synced
         saved 0 | at hub 0 | at HQ 0 | cases 0 | offline                      09:00:00
        """,
        "sessions": """
         Assay desk: North
        ────────────────────────────────────────────────────────────────────────────────
         Sessions of the day
           start session              room      state    booked present finished absent
         > 09:00 Written theory       Room 2    running  9      2       1        1











        ── Start of day ────────────────────────────────────────────────────────────────
         Never synced: what is here may be old. F9 syncs.
         Compare this device's clock with another one.
         Sessions 1, people booked 9; no case is open. F3 prints the chosen roster.

         Enter opens  F3 prints the roster  F5 read again  F8 hand over  F9 sync  ? help
         At the desk: Bo Li, clerk (unauthenticated)                       never synced
         saved 0 | at hub 0 | at HQ 0 | cases 0 | offline                      09:00:00
        """,
        "roster": """
         Assay desk: North                                Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────
         running: 9 booked, 3 present, 1 finished, 2 absent
         Find:                                                        9 of 9 (everyone)
           number    name                  born       ticket     seat state       level
        >  K1000     محمد الأحمد           1990-01-10 TK-000100  1    booked      saved
           K1001     佐藤 健太             1990-01-11 TK-000101       booked      saved
           K1002     Zoë Nguyễn            1990-01-12 TK-000102  3    booked      saved
           K1003     Zoë Nguyễn-Ðặng       1990-01-13 TK-000103  4    finished    saved
         ! K1004     Łukasz Żółć           1990-01-14 TK-000104  5    checked in  hub
         ? K1005     👩🚀 Ana  O’Brien (p… 1990-01-15 TK-000105       no-show     saved
           K1006     김 민준               1990-01-16 TK-000106       turned away saved
           K1007     अनिल क्षत्रिय           1990-01-17 TK-000107  8    started     HQ
           K1008     Maximiliana Konstant… 1990-01-18 TK-000108       booked      saved







         Scan or type  Enter opens  Tab others  F2 session  F6 undo  F7 seats  ? help
         At the desk: Ana Ruiz, invigilator (unauthenticated)              never synced
         saved 3 | at hub 0 | at HQ 0 | cases 0 | offline   09:04:07, device 2.1 s slow
        """,
        "rosterFiltered": """
         Assay desk: North                                Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────
         running: 9 booked, 3 present, 1 finished, 2 absent
         Find: zoe NGU                                                2 of 9 (everyone)
           number    name                  born       ticket     seat state       level
        >  K1002     Zoë Nguyễn            1990-01-12 TK-000102  3    booked      saved
           K1003     Zoë Nguyễn-Ðặng       1990-01-13 TK-000103  4    finished    saved














         Scan or type  Enter opens  Tab others  F2 session  F6 undo  F7 seats  ? help
         At the desk: Ana Ruiz, invigilator (unauthenticated)           last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub         09:04:05
        """,
        "checkIn": """
         Assay desk: North                                Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────
         محمد الأحمد
         K1000  born 1990-01-10  ticket TK-000100  seat 1  booked  saved
        ── Check-in ────────────────────────────────────────────────────────────────────
           Document           [passport] identity card  driving licence  permit  other
           Its date           [in date] expired
           Name on it         [exact] minor  documented  mismatch
           Date of birth      [matches] does not match
           Minutes late       4           admitted up to 15 without a waiver
           Rules              [acknowledged] not acknowledged
           Seat               1           next free: 1
         > Decision           [admit] refuse  refer








         Enter admits  Up/Down step  Left/Right change  F4 no-show  Esc back
         At the desk: Ana Ruiz, invigilator (unauthenticated)           last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub         09:04:05
        """,
        "waiver": """
         Assay desk: North                                Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────
         👩🚀 Ana  O’Brien
         K1005  born 1990-01-15  ticket TK-000105  seat none  no-show  saved
         Provisional name: two offices wrote different ones; compare with care.
        ── Check-in ────────────────────────────────────────────────────────────────────
           Document           [passport] identity card  driving licence  permit  other
           Its date            in date [expired]
           Name on it          exact  minor [documented] mismatch
           Explained by       marriage certificate
           Date of birth      [matches] does not match
           Minutes late       4           admitted up to 15 without a waiver
           Rules              [acknowledged] not acknowledged
           Seat               2           next free: 2
           Decision           [admit] refuse  refer
         > Reason
           Waiver approved by  Bo Li



         ! Admitting waives a rule (the document has expired): say why, or choose
         refuse or refer.
         At the desk: Ana Ruiz, invigilator (unauthenticated)           last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub         09:04:05
        """,
        "noShow": """
         Assay desk: North                                Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────
         محمد الأحمد
         K1000  born 1990-01-10  ticket TK-000100  seat 1  booked  saved
        ── No-show ─────────────────────────────────────────────────────────────────────

         Record محمد الأحمد as a no-show?
         Whoever arrives after all can still be checked in; both records are looked at.













         Enter records the no-show  Esc back to the check-in
         At the desk: Ana Ruiz, invigilator (unauthenticated)           last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub         09:04:05
        """,
        "menu": """
         Assay desk: North                                Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────
         Zoë Nguyễn-Ðặng
         K1003  born 1990-01-13  ticket TK-000103  seat 4  finished  saved
        ── Next ────────────────────────────────────────────────────────────────────────
         > Enter the second score: Theory
           Enter the first score: Practice
           Report an incident about this person

         Theory, 0 to 100: first entered, second entry missing
         Practice, 0 to 50: first entry missing, second entry missing










         Up/Down choose  Enter does it  Esc back  or scan the next ticket
         At the desk: Ana Ruiz, invigilator (unauthenticated)           last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub         09:04:05
        """,
        "secondScore": """
         Assay desk: North                                Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────
         Zoë Nguyễn-Ðặng
         K1003  born 1990-01-13  ticket TK-000103  seat 4  finished  saved
        ── Theory: second entry ────────────────────────────────────────────────────────

         Somebody else made the first entry. It is not shown, nor known to this desk.

         Points, 0 to 100:            58












         Type the points  Enter saves  Esc back
         At the desk: Ana Ruiz, invigilator (unauthenticated)           last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub         09:04:05
        """,
        "help": """
         As┌─ Help ─────────────────────────────────────────────────────────────────┐00
        ───│ A person arrives: scan the ticket. Look, then press Enter to admit.    │───
         ru│ Without a ticket: type any part of the name, in any script and order,  │
         Fi│ or the candidate number; the arrows choose, Enter opens.               │e)
           │                                                                        │el
           │ In a check-in every step is filled in. Up and Down go to a step,       │ed
           │ Left and Right change it. F4 (Ctrl-O) records a no-show.               │ed
           │ A scan in the wrong moment changes nothing.                            │ed
           │                                                                        │ed
         ! │ F1 or ?  this help          F9 (Ctrl-N)  sync now                      │
         ? │ F5  read the list again     F8 (Ctrl-W)  hand the desk over            │ed
           │ F2  the session: doors, begin, stop, incident, close, seal, receipt    │ed
           │ F3  the roster as a text file, to print                                │
           │ F6 (Ctrl-Z)  take the last thing back     F7  seat map                 │ed
           │ Esc  one step back          Ctrl-L  draw the screen anew               │
           │ Ctrl-R  take over a sync    Ctrl-Q  quit                               │
           │                                                                        │
           │ saved: only on this device.  hub: the hub has it.  HQ: done.           │
           │ ! an open case  ? a provisional name                                   │
           └────────────────────────────────────────────────────────────────────────┘

         Esc closes the help
         At the desk: Ana Ruiz, invigilator (unauthenticated)           last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub         09:04:05
        """,
        "changedBySync": """
         Assay desk: North                                Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────
         محمد الأحمد
         K1000  born 1990-01-10  ticket TK-000100  seat 1  booked  saved
         Changed by a sync: state: booked -> no-show, seat: 1 -> 9
        ── Check-in ────────────────────────────────────────────────────────────────────
           Document           [passport] identity card  driving licence  permit  other
           Its date           [in date] expired
           Name on it         [exact] minor  documented  mismatch
           Date of birth      [matches] does not match
           Minutes late       4           admitted up to 15 without a waiver
           Rules              [acknowledged] not acknowledged
           Seat               1           next free: 1
         > Decision           [admit] refuse  refer






         Changed by a sync (state: booked -> no-show, seat: 1 -> 9). Ctrl-R takes it
         over; Enter again confirms all the same.
         At the desk: Ana Ruiz, invigilator (unauthenticated)           last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub         09:04:05
        """,
        "tooSmall": """
        Make the window larger:
        80 x 24 is needed,
        this is 60 x 10.






        saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-h…
        """,
    ]

    private static let wide: [String: String] = [
        "rosterWide": """
         Assay desk: North                                                                        Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
         running: 9 booked, 3 present, 1 finished, 2 absent
         Find:                                                                                                9 of 9 (everyone)
           number    name                                                 born       ticket          seat     state       level
           K1000     محمد الأحمد                                          1990-01-10 TK-000100       1        booked      saved
           K1001     佐藤 健太                                            1990-01-11 TK-000101                booked      saved
           K1002     Zoë Nguyễn                                           1990-01-12 TK-000102       3        booked      saved
           K1003     Zoë Nguyễn-Ðặng                                      1990-01-13 TK-000103       4        finished    saved
         ! K1004     Łukasz Żółć                                          1990-01-14 TK-000104       5        checked in  hub
         ? K1005     👩🚀 Ana  O’Brien (provisional)                      1990-01-15 TK-000105                no-show     saved
           K1006     김 민준                                              1990-01-16 TK-000106                turned away saved
           K1007     अनिल क्षत्रिय                                          1990-01-17 TK-000107       8        started     HQ
           K1008     Maximiliana Konstantina Theodora von Habsburg-Lothr… 1990-01-18 TK-000108                booked      saved























         Scan or type  Enter opens  Tab others  F2 session  F6 undo  F7 seats  ? help
         At the desk: Ana Ruiz, invigilator (unauthenticated)                                                   last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub                                                 09:04:05
        """,
        "checkInWide": """
         Assay desk: North                                                                        Written theory, Room 2, 09:00
        ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
         佐藤 健太
         K1001  born 1990-01-11  ticket TK-000101  seat none  booked  saved
        ── Check-in ────────────────────────────────────────────────────────────────────────────────────────────────────────────
           Document           [passport] identity card  driving licence  permit  other
           Its date           [in date] expired
           Name on it         [exact] minor  documented  mismatch
           Date of birth      [matches] does not match
           Minutes late       4           admitted up to 15 without a waiver
           Rules              [acknowledged] not acknowledged
           Seat               2           next free: 2
         > Decision           [admit] refuse  refer
























         Enter admits  Up/Down step  Left/Right change  F4 no-show  Esc back
         At the desk: Ana Ruiz, invigilator (unauthenticated)                                                   last sync 08:50
         saved 3 | at hub 12 | at HQ 240 | cases 1 | online: north-hub                                                 09:04:05
        """,
    ]
}
