#!/usr/bin/env python3
"""Near-lower bound for the day's wire: the changes in a hand-made columnar layout, then zlib -9 and xz -9e.
The receiver is assumed to hold the base rows. Only the day's final state travels (status history is implied by the timestamps).
  shared  rows are addressed by their position in the common base order (no ids on the wire but new incidents')
  ids     the same plus each touched row's 16-byte uuid (what a message must carry if no order is shared)
Usage: floor.py OPSDIR"""

import json
import lzma
import sys
import zlib

read = lambda part: [json.loads(line) for line in open(f"{sys.argv[1]}/site0.{part}.jsonl", encoding="utf-8")]


def layout(base, day):
    cand, book, slot = {}, {}, {}
    for op in base:
        (_, _, c, _), (_, _, b, row) = op["w"]
        cand[c], book[b], slot[b] = len(cand), len(book), row["session_at"]
    final = {t: {} for t in ("candidate", "booking", "result", "incident")}
    for op in day:
        for _, t, i, row in op["w"]:
            final[t].setdefault(i, {}).update(row)
    cols = []

    def col(values, width=1):  # fixed width integers, one plane per byte
        data = b"".join(int(v).to_bytes(width, "big", signed=False) for v in values)
        cols.extend(data[p::width] for p in range(width))

    def dic(values):  # dictionary in first-seen order, then one byte per value
        names = list(dict.fromkeys(values))
        cols.append("\0".join(map(str, names)).encode())
        col(map(names.index, values))

    came = [b for b in book if b in final["booking"] and "seat" in final["booking"][b]]
    rows = [final["booking"][b] for b in came]
    results = [final["result"][b] for b in came]  # everyone who came has a result
    col(b in final["booking"] and final["booking"][b]["status"] == "no_show" for b in book)
    dic([final["booking"][b]["proctor"] for b in book if b in final["booking"]])
    col((slot[b] - r["arrived_at"] for b, r in zip(came, rows)), 3)
    col((r["seated_at"] - r["arrived_at"] for r in rows), 3)
    col((r["started_at"] - slot[b] for b, r in zip(came, rows)), 3)
    col((r["finished_at"] - r["started_at"] for r in rows), 3)
    col("ABCDEFGHIJ".index(r["seat"][0]) for r in rows)
    col(int(r["seat"][1:]) for r in rows)
    col(r["workstation"] for r in rows)
    dic([r["form_code"] for r in rows])
    col(r["answered"] for r in rows)
    col(r["raw_score"] for r in results)
    dic([(r["scaled_score"] - 200) * 2 // 5 - r["raw_score"] for r in results])  # a table look-up: all but constant
    dic([r["outcome"] for r in results])
    dic([r["entered_by"] for r in results])
    order = sorted(range(len(came)), key=lambda n: results[n]["entered_at"])  # queue order, then gaps
    col(order, 2)
    times = [results[n]["entered_at"] for n in order]
    col((b - a for a, b in zip([slot[came[0]]] + times, times)), 4)
    fixes = [(c, r) for c, r in final["candidate"].items() if "phone" in r]
    col((cand[c] for c, _ in fixes), 2)
    cols.append("\n".join(f"{r['family_name']}\t{r['phone']}" for _, r in fixes).encode())
    col((book[r["booking_id"]] for r in final["incident"].values()), 2)
    cols.append(b"".join(bytes.fromhex(i.replace("-", "")) for i in final["incident"]))
    cols.append("\n".join(f"{r['kind']}\t{r['reported_by']}\t{r['note']}" for r in final["incident"].values()).encode())
    col((r["reported_at"] - slot[r["booking_id"]] for r in final["incident"].values()), 3)
    ids = b"".join(bytes.fromhex(i.replace("-", "")) for t in ("booking", "candidate") for i in final[t])
    return b"".join(cols), ids


def main():
    shared, ids = layout(read("base"), read("day"))
    xz = lambda d: len(lzma.compress(d, format=lzma.FORMAT_ALONE, preset=9 | lzma.PRESET_EXTREME))
    out = {"raw": len(shared), "zlib9": len(zlib.compress(shared, 9)), "xz9e": xz(shared)}
    both = ids[: 500 * 16] + shared  # bookings' ids; a candidate is reached through its booking
    out.update(ids_raw=len(both), ids_zlib9=len(zlib.compress(both, 9)), ids_xz9e=xz(both))
    ops = open(f"{sys.argv[1]}/site0.day.jsonl", "rb").read()
    out.update(jsonl_raw=len(ops), jsonl_zlib9=len(zlib.compress(ops, 9)), jsonl_xz9e=xz(ops))
    print(json.dumps(out))


if __name__ == "__main__":
    main()
