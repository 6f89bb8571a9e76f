#!/usr/bin/env python3
"""Deterministic 'exam day' workload. Emits neutral JSON-lines op files every peer replays.

  python workload.py OUTDIR [--sites N] [--seed S]

Per site k: site<k>.base.jsonl (500 candidates + 500 bookings), site<k>.day.jsonl (the day's
transactions, time order), site<k>.office.jsonl (concurrent edits at the regional office).
One line = one transaction: {"t": epoch ms, "k": kind, "w": [[op, table, uuid, {field: value}], ...]}
op is "i" (insert row) or "u" (update the named fields). Values are str or int (a field not
named by an insert is null); the accommodations list is one atomic JSON text. README.md gives the exact counts.
"""

import argparse
import hashlib
import json
import os
import random
import uuid

SCHEMA = {
    "candidate": [
        "given_name",
        "family_name",
        "birth_date",
        "email",
        "phone",
        "address",
        "doc_type",
        "doc_number",
        "accommodations",
        "region",
        "language",
        "fee_paid",
        "registered_at",
        "status",
    ],
    "booking": [
        "candidate_id",
        "exam_code",
        "session_at",
        "room",
        "status",
        "arrived_at",
        "seat",
        "id_verified",
        "proctor",
        "seated_at",
        "workstation",
        "form_code",
        "started_at",
        "finished_at",
        "answered",
    ],
    "result": ["raw_score", "scaled_score", "outcome", "entered_by", "entered_at"],  # id = booking id
    "incident": ["booking_id", "kind", "note", "reported_by", "reported_at"],
}
UUID_FIELDS = {"candidate_id", "booking_id"}

N = 500
DAY0 = 1_750_032_000_000  # 2025-06-16 00:00 UTC, ms
MIN = 60_000
GIVEN = (
    "Anna Łukasz Zoë José María François Jürgen Søren Åsa Chloé Noël Siân Renée Björn İrem Şule Özgür Dvořák Ana Luis "
    "Ivan Olga Дмитрий Оксана Светлана Мария Георгий Ελένη Νίκος Γιώργος 美玲 伟 静 さくら 健太 민준 서연 "
    "محمد فاطمة ليلى דוד Nguyễn Thảo Minh Aisha Chidi Ngozi Kwame Thabo Priya Arjun Sanjay Emily James Olivia Liam "
    "Sophie Lucas Emma Hugo Elena Pablo Ines Tomas Petra Marek Jana Pavel Katarzyna Piotr Ewa Agnieszka"
).split()
FAMILY = (
    "Müller Kowalski Nowák O'Brien García-López Fernández Ñúñez D'Angelo Straße Ødegård Ångström Lefèvre Çelik Yıldız "
    "Novák Dvořáková Svobodová Szabó Kovács Horváth Popescu Ionescu Иванов Петрова Шевченко Коваленко Παπαδόπουλος "
    "Οικονόμου 王 李 张 佐藤 鈴木 김 박 الأحمد حسن כהן לוי Trần Phạm Okafor Adeyemi Mensah Dlamini Sharma Patel Singh "
    "Gupta Smith Jones Taylor Brown Williams Wilson Evans Roberts Walker Wright Dubois Moreau Laurent Rossi Bianchi "
    "Romano Silva Santos Costa Pereira Jansen Bakker Visser Lindqvist Johansson Nielsen Hansen Virtanen Korhonen"
).split()
STREET = (
    "High Station Church Mill Park Victoria Castle Bridge Queen King Linden Rosa Haupt Garten Wald Kirch Berg Lipová "
    "Kossuth Mickiewicza Hlavní Nádražní"
).split()
CITY = "Riverton Northgate Eastham Westbrook Lindau Brno Győr Łódź Malmö Århus Évora Cádiz".split()
ACC = ["extra_time_25", "extra_time_50", "separate_room", "screen_reader", "large_print", "rest_breaks", "scribe"]
NOTE = (
    "Candidate reported that the screen froze after the network warning;|the workstation was restarted and the session resumed|"
    "with the remaining time unchanged.|A loud noise from the corridor interrupted the room for about|minutes and was logged by "
    "the proctor.|The headset was replaced before the listening section began.|The photo on the document did not match clearly; a "
    "second document was shown|and accepted by the site lead.|Candidate left the room without permission and returned after|The "
    "candidate felt unwell and was offered a break, which was declined.|Fire alarm test was announced late;"
).split("|")
KINDS = ["technical", "noise", "identity", "conduct", "medical", "evacuation"]


def site(seed):
    """Return (base, day, office): three lists of transactions."""
    r = random.Random(seed)
    uid = lambda: str(uuid.UUID(int=r.getrandbits(128), version=4))
    phone = lambda: f"+{r.choice((44, 48, 49, 420, 36))}{r.randrange(10**8, 10**9)}"
    slots = [DAY0 + 8 * 60 * MIN, DAY0 + 690 * MIN, DAY0 + 15 * 60 * MIN]
    base, day, people = [], [], []
    for n in range(N):
        cid, bid, g, f = uid(), uid(), r.choice(GIVEN), r.choice(FAMILY)
        slot, registered = slots[n % 3], DAY0 - r.randrange(10, 90) * 1440 * MIN + r.randrange(1440 * MIN)
        acc = r.sample(ACC, r.choice((1, 1, 2))) if r.random() < 0.15 else []
        base.append(
            {
                "t": registered,
                "k": "register",
                "w": [
                    [
                        "i",
                        "candidate",
                        cid,
                        {
                            "given_name": g,
                            "family_name": f,
                            "birth_date": f"{r.randrange(1965, 2008)}-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}",
                            "email": f"user{r.randrange(10**6)}@{r.choice(('example.org', 'mail.example', 'post.example'))}",
                            "phone": phone(),
                            "address": f"{r.randrange(1, 200)} {r.choice(STREET)} Street, {r.randrange(10000, 99999)} {r.choice(CITY)}",
                            "doc_type": r.choice(("passport", "passport", "id_card", "driving_licence")),
                            "doc_number": "".join(r.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in "12")
                            + str(r.randrange(10**6, 10**7)),
                            "accommodations": json.dumps(acc),
                            "region": f"R{r.randrange(1, 13):02}",
                            "language": r.choice(("en", "de", "cs", "pl", "hu")),
                            "fee_paid": int(r.random() < 0.97),
                            "registered_at": registered,
                            "status": "registered",
                        },
                    ],
                    [
                        "i",
                        "booking",
                        bid,
                        {
                            "candidate_id": cid,
                            "exam_code": r.choice(("EN-B2", "EN-C1", "MA-1", "LAW-2")),
                            "session_at": slot,
                            "room": f"R{n % 3 * 4 + r.randrange(4):02}",
                            "status": "booked",
                            "id_verified": 0,
                        },
                    ],
                ],
            }
        )
        people.append((cid, bid, slot, g, f))

    def tx(t, kind, *writes):
        day.append({"t": t, "k": kind, "w": [list(w) for w in writes]})

    no_show = set(r.sample(range(N), N * 3 // 100))
    seats = {s: [f"{row}{col:02}" for row in "ABCDEFGHIJ" for col in range(1, 19)] for s in slots}
    for s in slots:
        r.shuffle(seats[s])
    score = lambda raw: (200 + raw * 5 // 2, "pass" if raw >= 72 else "fail")
    to_enter, raw_of = [], {}
    for n, (cid, bid, slot, g, f) in enumerate(people):
        if n in no_show:
            tx(
                slot + 30 * MIN + r.randrange(10 * MIN),
                "no_show",
                ("u", "booking", bid, {"status": "no_show", "proctor": f"P{r.randrange(1, 13):02}"}),
                ("u", "candidate", cid, {"status": "no_show"}),
            )
            continue
        arrive = slot - int(max(6, min(55, r.gauss(25, 9))) * MIN) + r.randrange(MIN)
        sit = arrive + r.randrange(2 * MIN, 6 * MIN)
        start = max(slot, sit) + r.randrange(3 * MIN)
        finish = start + int(max(50, min(120, r.gauss(105, 12))) * MIN) + r.randrange(1000)
        seat = seats[slot].pop()
        tx(
            arrive,
            "check_in",
            (
                "u",
                "booking",
                bid,
                {
                    "status": "checked_in",
                    "arrived_at": arrive,
                    "seat": seat,
                    "id_verified": 1,
                    "proctor": f"P{r.randrange(1, 13):02}",
                },
            ),
        )
        tx(
            sit,
            "seat",
            (
                "u",
                "booking",
                bid,
                {
                    "status": "seated",
                    "seated_at": sit,
                    "workstation": r.randrange(1, 181),
                    "form_code": r.choice("ABCD"),
                },
            ),
        )
        tx(start, "start", ("u", "booking", bid, {"status": "started", "started_at": start}))
        tx(
            finish,
            "finish",
            (
                "u",
                "booking",
                bid,
                {"status": "finished", "finished_at": finish, "answered": min(120, int(r.gauss(114, 6)))},
            ),
        )
        to_enter.append((finish, cid, bid))
    clock = 0
    for finish, cid, bid in sorted(to_enter):  # staff enter results one after another
        clock = max(clock + r.randrange(8_000, 40_000), finish + 20 * MIN)
        raw = raw_of[bid] = max(0, min(120, int(r.gauss(78, 18))))
        scaled, outcome = score(raw)
        tx(
            clock,
            "result",
            (
                "i",
                "result",
                bid,
                {
                    "raw_score": raw,
                    "scaled_score": scaled,
                    "outcome": outcome,
                    "entered_by": f"S{r.randrange(1, 5):02}",
                    "entered_at": clock,
                },
            ),
            ("u", "candidate", cid, {"status": "tested"}),
        )
    corrected = r.sample(range(N), N * 5 // 100)
    for n in corrected:  # a typo in the name and a new phone number
        cid, bid, slot, g, f = people[n]
        tx(
            slot - r.randrange(40 * MIN),
            "correct",
            ("u", "candidate", cid, {"family_name": f + "-" + r.choice(FAMILY), "phone": phone()}),
        )
    attended = [p for n, p in enumerate(people) if n not in no_show]
    for cid, bid, slot, g, f in r.sample(attended, N * 2 // 100):
        t = slot + r.randrange(10 * MIN, 90 * MIN)
        note = ""
        while len(note) < 190:
            note += r.choice(NOTE) + f" ({r.randrange(2, 59)}) "
        tx(
            t,
            "incident",
            (
                "i",
                "incident",
                uid(),
                {
                    "booking_id": bid,
                    "kind": r.choice(KINDS),
                    "note": note.strip()[:210],
                    "reported_by": f"P{r.randrange(1, 13):02}",
                    "reported_at": t,
                },
            ),
        )
    for cid, bid, *_ in r.sample(attended, N // 100):
        clock += r.randrange(30_000, 300_000)
        raw = max(0, min(120, raw_of[bid] + r.choice((-2, -1, 1, 2, 3))))
        scaled, outcome = score(raw)
        tx(
            clock,
            "result_fix",
            (
                "u",
                "result",
                bid,
                {
                    "raw_score": raw,
                    "scaled_score": scaled,
                    "outcome": outcome,
                    "entered_by": "S01",
                    "entered_at": clock,
                },
            ),
        )
    day.sort(key=lambda op: op["t"])
    touched = corrected[:10] + r.sample([n for n in range(N) if n not in corrected], 15)  # 10 true conflicts
    office = sorted(
        (
            {
                "t": DAY0 + r.randrange(9 * 60 * MIN, 17 * 60 * MIN),
                "k": "office",
                "w": [
                    [
                        "u",
                        "candidate",
                        people[n][0],
                        {
                            "email": f"new{r.randrange(10**6)}@office.example",
                            "phone": phone(),
                            "family_name": people[n][4] + " " + r.choice(FAMILY),
                        },
                    ]
                ],
            }
            for n in touched
        ),
        key=lambda op: op["t"],
    )
    return base, day, office


def main():
    a = argparse.ArgumentParser()
    a.add_argument("out")
    a.add_argument("--sites", type=int, default=1)
    a.add_argument("--seed", type=int, default=20250616)
    a = a.parse_args()
    os.makedirs(a.out, exist_ok=True)
    for k in range(a.sites):
        for name, ops in zip(("base", "day", "office"), site(a.seed + k)):
            text = "".join(json.dumps(op, ensure_ascii=False, separators=(",", ":")) + "\n" for op in ops)
            with open(f"{a.out}/site{k}.{name}.jsonl", "w", encoding="utf-8") as f:
                f.write(text)
            if k == 0:
                writes = sum(len(w[3]) for op in ops for w in op["w"])
                print(
                    f"site0.{name}: {len(ops)} transactions, {writes} field writes, {len(text.encode())} bytes, "
                    f"sha256 {hashlib.sha256(text.encode()).hexdigest()[:16]}"
                )


if __name__ == "__main__":
    main()
