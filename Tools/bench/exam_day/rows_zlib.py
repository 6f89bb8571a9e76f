#!/usr/bin/env python3
"""An operation log beside the tables, written in the same transaction; the hub's order wins (a replica that pulls
others' operations applies its own later ones again). No clocks per field. Operations are compact binary here (varints,
table and field numbers) and JSON lines in json_gzip.py."""

import itertools
import peer
from sql_store import SCHEMA, TABLES, Reader, SqlPeer, sql, value, varint

DDL = SqlPeer.ddl + """CREATE TABLE log(seq INTEGER PRIMARY KEY, origin TEXT, origin_seq INT, body BLOB);
    CREATE TABLE meta(k TEXT PRIMARY KEY, v); INSERT INTO meta VALUES('pushed', 0), ('cursor', 0);"""


class Log(SqlPeer):
    ddl = DDL

    def meta(self, key):
        return self.db.execute("SELECT v FROM meta WHERE k=?", (key,)).fetchall()[0][0]

    def begin_load(self):
        self.db.execute("BEGIN")
        self.tx = self.write  # loaded state is taken as already synced: no log

    def end_load(self):
        self.db.execute("COMMIT")

    def log(self, origin, body, origin_seq=None):
        self.db.execute("INSERT INTO log(origin, origin_seq, body) VALUES(?, ?, ?)", (origin, origin_seq, body))

    def tx(self, op):
        self.db.execute("BEGIN IMMEDIATE")
        self.write(op)
        self.log(self.role, self.encode(op))
        self.db.execute("COMMIT")

    def own(self, upto):
        return self.db.execute(
            "SELECT seq, body FROM log WHERE origin=? AND seq>? AND seq<=? ORDER BY seq",
            (self.role, self.meta("pushed"), upto),
        ).fetchall()

    def token(self):
        return f"{self.role} {self.meta('cursor')}".encode()

    def export(self, token):
        """To the hub: own operations it has not seen. From the hub: what came after the asker's cursor; the asker's own only as a number."""
        asker, cursor = token.decode().split()
        if self.role != "hub":
            rows = self.own(1 << 60)
            return frame(self.role, rows[-1][0] if rows else 0, self.batch([b for _, b in rows]))
        rows = self.db.execute("SELECT origin, origin_seq, body FROM log WHERE seq>?", (int(cursor),)).fetchall()
        out = frame("cursor", int(cursor) + len(rows), b"")
        for origin, run in itertools.groupby(rows, key=lambda row: row[0]):
            run = list(run)
            out += frame(origin, run[-1][1], b"" if origin == asker else self.batch([b for *_, b in run]))
        return out

    def apply(self, message):
        self.db.execute("BEGIN IMMEDIATE")
        r = Reader(message)
        while r.more():
            origin, upto, body = r.value(), r.value(), r.value()
            if origin == "cursor":
                self.db.execute("UPDATE meta SET v=? WHERE k='cursor'", (upto,))
            elif origin == self.role:  # own operations, in the hub's order
                self.play(self.batch([b for _, b in self.own(upto)]), None, None)
                self.db.execute("UPDATE meta SET v=? WHERE k='pushed'", (upto,))
            else:
                self.play(body, origin if self.role == "hub" else None, upto)
        self.db.execute("COMMIT")

    def play(self, batch, log_as, origin_seq):
        for op, body in self.unbatch(batch):
            self.write(op)
            if log_as:
                self.log(log_as, body, origin_seq)

    def batch(self, bodies):
        return b"".join(value(bytes(b)) for b in bodies)

    def unbatch(self, batch):
        r = Reader(batch)
        while r.more():
            body = r.value()
            yield self.decode_op(body), body

    def encode(self, op):
        out = bytearray(varint(op["t"]))
        for kind, table, i, row in op["w"]:
            out += bytes((TABLES.index(table) << 1 | (kind == "i"),)) + i + bytes((len(row),))
            for f, v in row.items():
                out.append(FIELD[table][f])
                out += value(v)
        return bytes(out)

    def decode_op(self, body):
        r, op = Reader(body), []
        r.varint()
        while r.more():
            head, i = r.varint(), r.take(16)
            table, kind = TABLES[head >> 1], "i" if head & 1 else "u"
            row = {SCHEMA[table][r.varint()]: r.value() for _ in range(r.varint())}
            op.append((sql(kind, table, row), (i, *row.values()) if kind == "i" else (*row.values(), i)))
        return {"sql": op}

    def snapshot(self):
        seq = self.db.execute("SELECT coalesce(max(seq), 0) FROM log").fetchall()[0][0]
        return bytes(varint(seq)) + self.rows()

    def restore(self, message):
        r = Reader(message)
        seq = r.varint()
        self.db.execute("BEGIN IMMEDIATE")
        self.put_rows(r)
        self.db.execute("UPDATE meta SET v=? WHERE k='cursor'", (seq,))
        self.db.execute("COMMIT")

    def rows(self):
        out = bytearray()
        for t in TABLES:
            rows = self.db.execute(f"SELECT * FROM {t}").fetchall()
            out += varint(len(rows))
            for row in rows:
                out += row[0] + b"".join(map(value, row[1:]))
        return bytes(out)

    def put_rows(self, r):
        for t in TABLES:
            n = len(SCHEMA[t])
            self.db.executemany(
                f"INSERT INTO {t} VALUES(?{', ?' * n})",
                ((r.take(16), *[r.value() for _ in range(n)]) for _ in range(r.varint())),
            )


def frame(origin, upto, body):
    return value(origin) + value(upto) + value(bytes(body))


FIELD = {t: {f: n for n, f in enumerate(fields)} for t, fields in SCHEMA.items()}

if __name__ == "__main__":
    peer.main(Log)
