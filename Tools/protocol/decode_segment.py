#!/usr/bin/env python3
"""A second decoder of Assay's wire format, written from Protocol/README.md alone.

    decode_segment.py canonical|segment|snapshot HEX      prints the decoded value as the JSON of the vectors

Standard library only. It is kept to show that the text is complete: run check_vectors.py.
"""
import datetime
import json
import pathlib
import struct
import sys
import zlib

DICTIONARY = (pathlib.Path(__file__).resolve().parents[2] / "Protocol" / "dictionary-1.txt").read_bytes()
KINDS = ("set", "add", "remove")
STAMP_MAX = 1 << 46
CANONICAL_MAX = 1 << 19


class Refused(Exception):
    """Bytes that are refused, with the code of the protocol."""


def malformed(condition):
    if not condition:
        raise Refused("invalid-value")


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def raw(self, count):
        if count > self.left():
            raise Refused("truncated")
        self.at += count
        return self.data[self.at - count:self.at]

    def u8(self):
        return self.raw(1)[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.u8()
            if shift == 63 and byte > 1:
                raise Refused("integer-overflow")
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if byte == 0 and shift:
                    raise Refused("overlong-varint")
                return value
            shift += 7

    def signed(self):
        value = self.varint()
        return value >> 1 if value & 1 == 0 else -(value >> 1) - 1

    def fixed64(self):
        return struct.unpack("<Q", self.raw(8))[0]

    def count(self, limit, each=0):
        value = self.varint()
        if value > limit:
            raise Refused("limit-exceeded")
        if value * each > self.left():
            raise Refused("truncated")
        return value

    def text(self, limit):
        return utf8(self.raw(self.count(limit)))

    def finish(self):
        if self.left():
            raise Refused("trailing-bytes")


def utf8(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("invalid-text") from None


def wrap(value):
    """A signed 64-bit integer, modulo 2^64."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


# Names are tuples (origin, sequence, ordinal), dots (origin, sequence), contexts dictionaries.

def name_text(name):
    return f"{name[0]:016x}-{name[1]}.{name[2]}"


def dot_text(dot):
    return f"{dot[0]:016x}:{dot[1]}"


def context_json(context):
    return {f"{origin:016x}": sequence for origin, sequence in context.items()}


def value_json(value):
    kind, content = value
    if kind == "null":
        return None
    if kind == "bytes":
        return {kind: content.hex()}
    return {kind: name_text(content) if kind == "reference" else content}


def change_set_json(s):
    told = {"original": dot_text(s["original"])} if s.get("original") else {}
    return told | {
        "dot": dot_text(s["dot"]), "document": name_text(s["document"]), "documentKind": s["documentKind"],
        "salt": None if s["salt"] is None else s["salt"].hex(), "group": s["group"], "actor": s["actor"],
        "intent": s["intent"], "time": s["time"], "stamp": s["stamp"], "deps": context_json(s["deps"]),
        "seen": None if s["seen"] is None else context_json(s["seen"]), "authority": context_json(s["authority"]),
        "changes": [{
            "record": name_text(record), "kind": kind,
            "writes": [{"field": f, "kind": KINDS[k], "value": value_json(v)} for f, k, v in writes],
        } for record, kind, writes in s["changes"]],
    }


def check_sound(s):
    origin, sequence = s["dot"]
    malformed(s["deps"].get(origin, 0) < sequence)
    if s["seen"] is not None:
        malformed(all(s["deps"].get(o, 0) >= n for o, n in s["seen"].items()))
    malformed((s["document"] == (*s["dot"], 0)) == (s["salt"] is not None))
    malformed(s["document"][:2] != s["dot"] or s["document"][2] == 0)
    original = s.get("original")
    malformed(original is None or sequence == 1 and original[0] != origin)


def suits(kind, field):
    return (field & 3 == 2) == (kind != 0)


# Canonical form

def read_canonical(data):
    if len(data) > CANONICAL_MAX:
        raise Refused("limit-exceeded")
    r = Reader(data)
    if r.u8() != 1:
        raise Refused("unknown-version")

    def origin():
        value = r.fixed64()
        malformed(value)
        return value

    def sequence():
        value = r.varint()
        malformed(1 <= value < 1 << 32)
        return value

    def name():
        form = r.u8()
        malformed(form < 2)
        named = dot
        if form:
            named = (origin(), r.varint())
            malformed(named[1] < 1 << 32 and named != dot)
        return (*named, r.count(2047))

    def context():
        entries = []
        for _ in range(r.count(1024)):
            entry = origin()
            entries.append((entry, sequence()))
        malformed(all(a[0] < b[0] for a, b in zip(entries, entries[1:])))
        return dict(entries)

    dot = (origin(), sequence())
    document, kind, flags = name(), r.count(1 << 20), r.u8()
    malformed(flags < 32)
    salt = r.raw(16) if flags & 1 else None
    group = dot[1]
    if flags & 8:
        back = r.varint()
        malformed(1 <= back < dot[1])
        group -= back
    actor, intent, time, stamp = r.text(256), r.text(64), r.signed(), r.varint()
    malformed(stamp <= STAMP_MAX)
    deps = context()
    seen = context() if flags & 2 else None
    authority = context() if flags & 4 else {}
    malformed(seen != deps and (authority or not flags & 4))
    original = (origin(), sequence()) if flags & 16 else None
    changes, writes_left = [], 16384
    for _ in range(r.count(2048)):
        record, record_kind = name(), r.count(1 << 20)
        writes = []
        count = r.count(writes_left)
        writes_left -= count
        for _ in range(count):
            field, head = r.count(1 << 20), r.u8()
            write_kind, kind_of_value = head >> 3, head & 7
            malformed(write_kind < 3)
            malformed(kind_of_value < 5)
            if kind_of_value == 0:
                value = ("null", None)
            elif kind_of_value == 1:
                value = ("integer", r.signed())
            elif kind_of_value == 2:
                value = ("text", r.text(65536))
            elif kind_of_value == 3:
                value = ("bytes", r.raw(r.count(65536)))
            else:
                value = ("reference", name())
            malformed(suits(write_kind, field))
            writes.append((field, write_kind, value))
        changes.append((record, record_kind, writes))
    r.finish()
    s = dict(dot=dot, document=document, documentKind=kind, salt=salt, group=group, actor=actor, intent=intent, time=time,
             stamp=stamp, deps=deps, seen=seen, authority=authority, changes=changes, original=original)
    check_sound(s)
    return s


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def write_canonical(s):
    dot, out = s["dot"], bytearray()

    def name(n):
        head = b"\0" if n[:2] == dot else b"\1" + struct.pack("<Q", n[0]) + varint(n[1])
        return head + varint(n[2])

    def context(c):
        return varint(len(c)) + b"".join(struct.pack("<Q", o) + varint(n) for o, n in sorted(c.items()))

    def block(data):
        return varint(len(data)) + data

    def signed(value):
        return varint(((value << 1) ^ (value >> 63)) & (1 << 64) - 1)

    flags = (s["salt"] is not None) | (s["seen"] is not None) << 1 | bool(s["authority"]) << 2 | (s["group"] != dot[1]) << 3
    flags |= (s.get("original") is not None) << 4
    out += b"\1" + struct.pack("<Q", dot[0]) + varint(dot[1]) + name(s["document"]) + varint(s["documentKind"])
    out += bytes([flags]) + (s["salt"] or b"")
    if s["group"] != dot[1]:
        out += varint(dot[1] - s["group"])
    out += block(s["actor"].encode()) + block(s["intent"].encode()) + signed(s["time"]) + varint(s["stamp"])
    out += context(s["deps"])
    if s["seen"] is not None:
        out += context(s["seen"])
    if s["authority"]:
        out += context(s["authority"])
    if s.get("original"):
        out += struct.pack("<Q", s["original"][0]) + varint(s["original"][1])
    out += varint(len(s["changes"]))
    for record, kind, writes in s["changes"]:
        out += name(record) + varint(kind) + varint(len(writes))
        for field, write_kind, (value_kind, content) in writes:
            number = ("null", "integer", "text", "bytes", "reference").index(value_kind)
            out += varint(field) + bytes([write_kind * 8 + number])
            if number == 1:
                out += signed(content)
            elif number == 2:
                out += block(content.encode())
            elif number == 3:
                out += block(content)
            elif number == 4:
                out += name(content)
    return bytes(out)


# Columns

def integers(r, n, base=None, earlier=()):
    if n == 0:
        return []
    head = r.u8()
    transform, layout = head >> 4, head & 15
    malformed(transform <= 2 and layout <= 5)
    malformed(layout != 4 or transform == 0)
    malformed(transform != 1 or n >= 2)
    malformed(transform != 2 or base is not None)
    first = r.signed() if transform == 1 else 0
    m = n - 1 if transform == 1 else n
    if layout == 0:
        values = [r.signed()] * m
    elif layout == 1:
        values = []
        while len(values) < m:
            length = r.count(m - len(values))
            malformed(length)
            values += [r.signed()] * length
    elif layout == 2:
        least, width = r.signed(), r.u8()
        malformed(1 <= width <= 8)
        planes = r.raw(m * width)
        values = [wrap(least + int.from_bytes(planes[i::m], "big")) for i in range(m)]
    elif layout == 3:
        least, width = r.signed(), r.u8()
        malformed(1 <= width <= 7)
        number = int.from_bytes(r.raw((m * width + 7) // 8), "little")
        malformed(number >> (m * width) == 0)
        values = [wrap(least + (number >> (i * width) & (1 << width) - 1)) for i in range(m)]
    elif layout == 5:
        if m > r.left():
            raise Refused("truncated")
        values = [r.signed() for _ in range(m)]
    else:
        malformed(earlier)
        keys = earlier[r.count(len(earlier) - 1)]
        distinct = list(dict.fromkeys(keys))
        mapping = dict(zip(distinct, integers(r, len(distinct))))
        return [mapping[key] for key in keys]
    if transform == 1:
        total, result = first, [first]
        for value in values:
            total = wrap(total + value)
            result.append(total)
        return result
    if transform == 2:
        return [wrap(value + b) for value, b in zip(values, base)]
    return values


def dictionary(r, limit, entry_max):
    n = r.count(limit)
    if n > r.left() + 1:
        raise Refused("truncated")
    entries = []
    for length in integers(r, n):
        if not 0 <= length <= entry_max:
            raise Refused("limit-exceeded")
        entries.append(r.raw(length))
    return entries


def origin_table(r, own):
    table = list(own)
    for _ in range(r.count(1 << 16, each=8)):
        origin = r.fixed64()
        malformed(origin and origin not in table)
        table.append(origin)
    return table


def is_sequence(value):
    return 0 <= value < 1 << 32


def contexts(r, n, table):
    sizes = integers(r, n)
    for size in sizes:
        if not 0 <= size <= 1024:
            raise Refused("limit-exceeded")
    total = sum(sizes)
    if total > 1 << 18:
        raise Refused("limit-exceeded")
    entries = list(zip(integers(r, total), integers(r, total)))
    result = []
    for size in sizes:
        context = []
        for number, sequence in entries[:size]:
            malformed(0 <= number < len(table) and is_sequence(sequence))
            context.append((table[number], sequence))
        del entries[:size]
        malformed(all(a[0] < b[0] for a, b in zip(context, context[1:])) and all(n for _, n in context))
        result.append(dict(context))
    return result


def names(r, rows, table):
    forms = integers(r, len(rows))
    sequences = iter(integers(r, sum(form >= 2 for form in forms)))
    result = []
    for form, ordinal, (_, document, own) in zip(forms, integers(r, len(rows)), rows):
        malformed(0 <= ordinal <= 2047)
        if form == 0:
            dot = document[:2]
        elif form == 1:
            dot = own
        else:
            malformed(2 <= form < 2 + len(table))
            dot = (table[form - 2], next(sequences))
            malformed(is_sequence(dot[1]))
        result.append((*dot, ordinal))
    return result


def patterned(r, n, budget):
    """`budget` is a list of the bytes that such texts may still have in the body."""
    patterns = dictionary(r, n, 65536)
    if any(pattern.count(0xFF) > 8 for pattern in patterns):
        raise Refused("limit-exceeded")
    places = integers(r, n)
    for place in places:
        malformed(0 <= place < len(patterns))
    numbers = []
    for gap in range(8):
        column = integers(r, sum(patterns[place].count(0xFF) > gap for place in places))
        malformed(all(number >= 0 for number in column))
        numbers.append(iter(column))
    texts = []
    for place in places:
        first, *rest = patterns[place].split(b"\xff")
        text = first + b"".join(str(next(numbers[gap])).encode() + part for gap, part in enumerate(rest))
        budget[0] -= len(text)
        if len(text) > 65536 or budget[0] < 0:
            raise Refused("limit-exceeded")
        texts.append(utf8(text))
    return texts


def values(r, rows, table, earlier, budget):
    """`rows` are (time, document, own dot); `earlier` is extended."""
    types = integers(r, len(rows))
    for kind in types:
        malformed(0 <= kind <= 6)
    counts = [types.count(kind) for kind in range(7)]
    malformed(sum(counts[kind] > 0 for kind in (2, 5, 6)) < 2)
    uniform = bool(types) and max(counts) == len(types)
    known = earlier if uniform else []
    parts = {kind: iter(()) for kind in range(7)}

    def kept(column):
        if uniform:
            earlier.append(column)
        return column

    def places(kind, entries):
        column = integers(r, counts[kind], earlier=known)
        for place in column:
            malformed(0 <= place < len(entries))
        return [entries[place] for place in kept(column)]

    if counts[1]:
        base = [row[0] for row, kind in zip(rows, types) if kind == 1]
        parts[1] = iter(kept(integers(r, counts[1], base, known)))
    if counts[5]:
        days = kept(integers(r, counts[5], earlier=known))
        for day in days:
            malformed(-719528 <= day <= 2932896)
        parts[5] = iter([date(day) for day in days])
    if counts[2]:
        parts[2] = iter(places(2, [utf8(entry) for entry in dictionary(r, counts[2], 65536)]))
    if counts[6]:
        parts[6] = iter(patterned(r, counts[6], budget))
    if counts[3]:
        parts[3] = iter(places(3, dictionary(r, counts[3], 65536)))
    if counts[4]:
        parts[4] = iter(names(r, [row for row, kind in zip(rows, types) if kind == 4], table))
    word = ("null", "integer", "text", "bytes", "reference", "text", "text")
    return [(word[kind], next(parts[kind], None)) for kind in types]


def date(day):
    if day < -719162:  # Python's calendar starts with the year 1; the year 0 is a leap year like the year 400.
        return "0000" + (datetime.date(400, 1, 1) + datetime.timedelta(day + 719528)).isoformat()[4:]
    return (datetime.date(1970, 1, 1) + datetime.timedelta(day)).isoformat()


def inflate(data, size):
    stream = zlib.decompressobj(-15, zdict=DICTIONARY)
    try:
        body = stream.decompress(data, size + 1)
        if len(body) == size and not stream.eof:
            body += stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error:
        raise Refused("inflate-failed") from None
    if len(body) != size or not stream.eof or stream.unused_data or stream.unconsumed_tail:
        raise Refused("inflate-failed")
    return Reader(body)


def document_names(r, n, table):
    for number, sequence, ordinal in list(zip(integers(r, n), integers(r, n), integers(r, n))):
        malformed(0 <= number < len(table) and is_sequence(sequence) and 0 <= ordinal <= 2047)
        yield (table[number], sequence, ordinal)


# Segment

def read_shape(r):
    intent, kind, creates = r.text(64), r.count(1 << 20), r.u8()
    malformed(creates < 2)
    records, room = [], 16384
    for _ in range(r.count(2048)):
        record_kind, reference = r.count(1 << 20), r.u8()
        malformed(reference <= 2)
        ordinal = r.count(2047) if reference < 2 else None
        count = r.count(room, each=1)
        room -= count
        cells = []
        for _ in range(count):
            packed = r.count((1 << 22) + 3)
            malformed(packed & 3 < 3 and suits(packed & 3, packed >> 2))
            cells.append((packed >> 2, packed & 3))
        records.append((record_kind, reference, ordinal, cells))
    return intent, kind, bool(creates), records


def read_indexes(r, count):
    indexes = integers(r, r.count(count))
    for index in indexes:
        malformed(0 <= index < count)
    malformed(all(a < b for a, b in zip(indexes, indexes[1:])))
    return indexes


def read_segment(data):
    r = Reader(data)
    version = r.u8()
    if version not in (1, 2):
        raise Refused("unknown-version")
    origin = r.fixed64()
    malformed(origin)
    original = None
    if version == 2:
        original = (r.fixed64(), r.varint())
        malformed(original[0] not in (0, origin) and 1 <= original[1] < 1 << 32)
    first, count = r.varint(), r.count(4096)
    malformed(count and first and first + count - 1 < 1 << 32)
    malformed(original is None or first == 1)
    size = r.count(1 << 20)
    r = inflate(r.raw(r.left()), size)

    table = origin_table(r, [origin])
    listed = []
    for name in document_names(r, r.count(count), table):
        malformed(not listed or listed[-1] < name)
        listed.append(name)
    actors = [utf8(entry) for entry in dictionary(r, count, 256)]
    shapes = [read_shape(r) for _ in range(r.count(count, each=1))]
    shape_of = integers(r, count)
    for shape in shape_of:
        malformed(0 <= shape < len(shapes))
    if sum(sum(1 + len(record[3]) for record in shapes[shape][3]) for shape in shape_of) > 1 << 18:
        raise Refused("limit-exceeded")
    members = [[i for i in range(count) if shape_of[i] == s] for s in range(len(shapes))]
    times, groups = integers(r, count), integers(r, count)
    indexes = read_indexes(r, count)
    stamps = dict(zip(indexes, integers(r, len(indexes), [times[i] for i in indexes])))
    deps, seen, authorities = ({}, {}, {})
    for target in (deps, seen, authorities):
        indexes = read_indexes(r, count)
        target.update(zip(indexes, contexts(r, len(indexes), table)))
    salts = {i: r.raw(16) for i in range(count) if shapes[shape_of[i]][2]}

    # Documents, by queues
    lasts, fresh, places = [], [], []
    for s, shape in enumerate(shapes):
        lasts.append(integers(r, 0 if shape[2] else len(members[s])))
        fresh.append(integers(r, lasts[s].count(0)))
        places.append(integers(r, len(lasts[s]) - lasts[s].count(0)))
    malformed(sum(map(len, fresh)) == len(listed))
    lasts, fresh, places = ([iter(column) for column in columns] for columns in (lasts, fresh, places))
    queues, touched, documents = [[] for _ in shapes], set(), []
    for i, s in enumerate(shape_of):
        if shapes[s][2]:
            document = (origin, first + i, 0)
            malformed(document not in listed)
        else:
            last = next(lasts[s])
            if last == 0:
                number = next(fresh[s])
                malformed(0 <= number < len(listed) and number not in touched)
                touched.add(number)
                document = listed[number]
            else:
                place = next(places[s])
                malformed(1 <= last <= len(shapes) and 0 <= place < len(queues[last - 1]))
                document = queues[last - 1].pop(place)
        queues[s].append(document)
        documents.append(document)

    # Columns, shape by shape
    actor_of, changes_of, budget = {}, {i: [] for i in range(count)}, [1 << 24]
    for s, (_, _, _, records) in enumerate(shapes):
        rows = [(times[i], documents[i], (origin, first + i)) for i in members[s]]
        numbers = integers(r, len(rows))
        for number in numbers:
            malformed(0 <= number < len(actors))
        earlier = [numbers]
        for i, number in zip(members[s], numbers):
            actor_of[i] = actors[number]
        for kind, reference, ordinal, cells in records:
            if reference == 2:
                record_names = names(r, rows, table)
            else:
                record_names = [(*(own if reference == 0 else document[:2]), ordinal) for _, document, own in rows]
            columns = [values(r, rows, table, earlier, budget) for _ in cells]
            for place, i in enumerate(members[s]):
                writes = [(field, write, column[place]) for (field, write), column in zip(cells, columns)]
                changes_of[i].append((record_names[place], kind, writes))
    r.finish()

    # Assembly
    result, before, authority, content = [], {}, {}, 0
    for i in range(count):
        dot, document = (origin, first + i), documents[i]
        malformed(0 <= groups[i] < dot[1])
        known_deps, known_stamp = before.get(document, (None, 0))
        stamp = stamps.get(i, max(min(max(times[i], 0), (1 << 45) - 1), known_stamp + 1))
        malformed(0 <= stamp <= STAMP_MAX)
        if known_deps is None:
            known_deps = {} if document[1] == 0 or document[:2] == dot else {document[0]: document[1]}
        own_deps = deps.get(i, known_deps)
        authority = authorities.get(i, authority)
        own_seen = seen.get(i)
        intent, kind, _, _ = shapes[shape_of[i]]
        s = dict(dot=dot, document=document, documentKind=kind, salt=salts.get(i), group=dot[1] - groups[i],
                 actor=actor_of[i], intent=intent, time=times[i], stamp=stamp, deps=own_deps,
                 seen=None if own_seen == own_deps else own_seen, authority=authority, changes=changes_of[i],
                 original=original if i == 0 else None)
        check_sound(s)
        for _, _, writes in s["changes"]:
            for _, _, (value_kind, value) in writes:
                content += len(value.encode()) if value_kind == "text" else len(value) if value_kind == "bytes" else 0
        content += 12 * (len(s["deps"]) + len(s["seen"] or {}) + len(s["authority"]))
        if content > 1 << 24 or len(write_canonical(s)) > CANONICAL_MAX:
            raise Refused("limit-exceeded")
        after = dict(own_deps)
        after[origin] = max(after.get(origin, 0), dot[1])
        before[document] = (after, stamp)
        result.append(s)
    return result


# Snapshot chunk

def read_record_shape(r):
    kind, versions, cells = r.count(1 << 20), r.count(16384), r.count(16384, each=2)
    malformed(versions <= cells)
    entries = []
    for _ in range(cells):
        entry = (r.count(1 << 20), r.varint())
        malformed(entry[1] < versions)
        if entries and entries[-1][0] == entry[0]:
            merge_class = entry[0] & 3
            malformed(merge_class == 2 and entries[-1][1] <= entry[1]
                      or merge_class in (1, 3) and entries[-1][1] < entry[1])
        elif entries:
            malformed(entries[-1][0] < entry[0])
        entries.append(entry)
    return kind, versions, entries


def value_order(value):
    kind, content = value
    rank = ("null", "integer", "text", "bytes", "reference").index(kind)
    return (rank, content.encode() if kind == "text" else content if rank else 0)


def read_dots(r, table):
    """(stamp, dot) of each dot of the chunk."""
    count, last, dots = r.count(1 << 19), None, []
    for key in list(zip(integers(r, count), integers(r, count), integers(r, count))):
        number, sequence, stamp = key
        malformed(0 <= number < len(table) and sequence and is_sequence(sequence) and 0 <= stamp <= STAMP_MAX)
        malformed(last is None or last < key)
        last = key
        dots.append((stamp, (table[number], sequence)))
    return dots


def read_contexts(r, implied, table):
    """What the versions of each document add up to, or what is told instead."""
    count = r.count(len(implied))
    told = integers(r, count)
    malformed(all(0 <= number < len(implied) for number in told) and all(a < b for a, b in zip(told, told[1:])))
    result = list(implied)
    for number, context in zip(told, contexts(r, count, table)):
        malformed(all(context.get(origin, 0) >= sequence for origin, sequence in implied[number].items()))
        result[number] = context
    return result


def read_snapshot(data):
    r = Reader(data)
    if r.u8() != 1:
        raise Refused("unknown-version")
    size = r.count(1 << 23)
    r = inflate(r.raw(r.left()), size)
    table = origin_table(r, [])
    n = r.count(1024)
    documents = []
    for name in document_names(r, n, table):
        malformed(name not in documents)
        documents.append(name)
    kinds = integers(r, n)
    for kind in kinds:
        malformed(0 <= kind <= 1 << 20)
    dots = read_dots(r, table)
    shapes, items, used = [], 0, set()
    for _ in range(r.count(1 << 19, each=4)):
        shape, members = read_record_shape(r), r.count(1 << 19)
        items += members * (len(shape[2]) + shape[1] + 1)
        if items > 1 << 19:
            raise Refused("limit-exceeded")
        shapes.append((shape, members))
    held, implied, records, content, budget = [0] * n, [{} for _ in range(n)], [{} for _ in range(n)], 0, [1 << 26]
    first = {}
    for place, (_, dot) in reversed(list(enumerate(dots))):
        first[dot] = place
    for (kind, version_count, entries), count in shapes:
        of = integers(r, count)
        for number in of:
            malformed(0 <= number < n)
        record_names = names(r, [(0, documents[number], documents[number][:2]) for number in of], table)
        versions = []
        for _ in range(version_count):
            heads = []
            for name, form, number in zip(record_names, integers(r, count), of):
                malformed(0 <= form <= len(dots))
                place = form - 1 if form else first.get(name[:2])
                malformed(place is not None)
                used.add(place)
                stamp, dot = dots[place]
                heads.append((stamp, dot))
                held[number] = max(held[number], stamp)
                implied[number][dot[0]] = max(implied[number].get(dot[0], 0), dot[1])
                if len(implied[number]) > 1024:
                    raise Refused("limit-exceeded")
            if versions:
                malformed(all(a < b for a, b in zip(versions[-1], heads)))
            versions.append(heads)
        earlier, columns = [], []
        for _, version in entries:
            rows = [(versions[version][i][0], documents[of[i]], record_names[i][:2]) for i in range(count)]
            columns.append(values(r, rows, table, earlier, budget))
        for i in range(count):
            malformed(len({heads[i][1] for heads in versions}) == version_count)
        for i in range(count):
            cells, previous = [], None
            for (field, version), column in zip(entries, columns):
                value = column[i]
                content += len(value[1].encode()) if value[0] == "text" else len(value[1]) if value[0] == "bytes" else 0
                if content > 1 << 26:
                    raise Refused("limit-exceeded")
                if previous and previous[0] == (field, version):
                    malformed(value_order(previous[1]) < value_order(value))
                previous = ((field, version), value)
                stamp, dot = versions[version][i]
                sibling = {"dot": dot_text(dot), "stamp": stamp, "value": value_json(value)}
                if cells and cells[-1]["field"] == field:
                    cells[-1]["siblings"].append(sibling)
                else:
                    cells.append({"field": field, "siblings": [sibling]})
            malformed(record_names[i] not in records[of[i]])
            records[of[i]][record_names[i]] = {"record": name_text(record_names[i]), "kind": kind, "cells": cells}
    malformed(len(used) == len(dots))
    covered = read_contexts(r, implied, table)
    greatest = integers(r, n, held)
    result = []
    for i in range(n):
        salt = r.raw(16)
        malformed(held[i] <= greatest[i] <= STAMP_MAX)
        result.append({
            "document": name_text(documents[i]), "kind": kinds[i], "salt": salt.hex(), "context": context_json(covered[i]),
            "greatest": greatest[i], "records": [record for _, record in sorted(records[i].items())],
        })
    r.finish()
    return result


def decode(form, data):
    """The JSON value of a vector; raises Refused with the code otherwise."""
    if form == "canonical":
        return change_set_json(read_canonical(data))
    if form == "segment":
        return [change_set_json(s) for s in read_segment(data)]
    return read_snapshot(data)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("canonical", "segment", "snapshot"):
        sys.exit(__doc__)
    try:
        print(json.dumps(decode(sys.argv[1], bytes.fromhex(sys.argv[2])), indent=1, ensure_ascii=False))
    except Refused as refusal:
        sys.exit(f"refused: {refusal}")
