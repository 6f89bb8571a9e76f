"""The relational store shared by the SQLite-based peers: same schema, same statements, WAL."""

import sqlite3
import uuid

from peer import SCHEMA, TABLES, UUID_FIELDS, Peer

DDL = (
    "".join(f"CREATE TABLE {t}(id BLOB PRIMARY KEY NOT NULL, {', '.join(f)}) WITHOUT ROWID;" for t, f in SCHEMA.items())
    + "CREATE INDEX booking_candidate ON booking(candidate_id); CREATE INDEX candidate_name ON candidate(family_name);"
)


def blob(u):
    return bytes.fromhex(u.replace("-", ""))


class SqlPeer(Peer):
    ddl = DDL

    def open(self):
        self.db = sqlite3.connect(self.path("db"), isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL").fetchall()
        self.db.execute(f"PRAGMA synchronous={self.sync}")
        if not self.db.execute("SELECT 1 FROM sqlite_schema WHERE name='candidate'").fetchall():
            self.create()

    def create(self):
        self.db.executescript(self.ddl)

    def prepare(self, op):
        """uuid text -> 16-byte blob; (sql, parameters) per row. Untimed, as every peer's input conversion is."""
        op["w"] = [
            (k, t, blob(i), {f: blob(v) if f in UUID_FIELDS else v for f, v in row.items()}) for k, t, i, row in op["w"]
        ]
        op["sql"] = [
            (sql(k, t, row), (i, *row.values()) if k == "i" else (*row.values(), i)) for k, t, i, row in op["w"]
        ]
        return op

    def write(self, op):
        for statement, parameters in op["sql"]:
            self.db.execute(statement, parameters)

    def tx(self, op):
        self.db.execute("BEGIN IMMEDIATE")
        self.write(op)
        self.db.execute("COMMIT")

    def count(self):
        return self.db.execute("SELECT count(*) FROM candidate").fetchall()[0][0]

    def state(self):
        out = {}
        for t in TABLES:
            fields = SCHEMA[t]
            out[t] = {
                str(uuid.UUID(bytes=r[0])): {
                    f: str(uuid.UUID(bytes=v)) if f in UUID_FIELDS else v for f, v in zip(fields, r[1:])
                }
                for r in self.db.execute(f"SELECT id, {', '.join(fields)} FROM {t}")
            }
        return out

    def close(self):
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.db.close()


_sql = {}


def sql(kind, table, row):
    key = (kind, table, *row)
    if key not in _sql:
        _sql[key] = (
            f"INSERT INTO {table}(id, {', '.join(row)}) VALUES(?{', ?' * len(row)})"
            f" ON CONFLICT(id) DO UPDATE SET {', '.join(f'{f}=excluded.{f}' for f in row)}"
            if kind == "i"
            else f"UPDATE {table} SET {', '.join(f'{f}=?' for f in row)} WHERE id=?"
        )
    return _sql[key]


# A compact row codec (protobuf-like: varints, tagged values) for the peers that define no wire format.
def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return out


def value(v):
    if v is None:
        return b"\0"
    if isinstance(v, int):
        return b"\1" + varint(v << 1 ^ v >> 63)
    if isinstance(v, str):
        v = v.encode()
        return b"\2" + varint(len(v)) + v
    return b"\3" + varint(len(v)) + v


class Reader:
    def __init__(self, data):
        self.d, self.at = data, 0

    def varint(self):
        n = shift = 0
        while True:
            b = self.d[self.at]
            self.at += 1
            n |= (b & 127) << shift
            if b < 128:
                return n
            shift += 7

    def take(self, n):
        self.at += n
        return self.d[self.at - n : self.at]

    def value(self):
        tag = self.varint()
        if tag == 0:
            return None
        if tag == 1:
            n = self.varint()
            return n >> 1 ^ -(n & 1)
        data = self.take(self.varint())
        return data.decode() if tag == 2 else data

    def more(self):
        return self.at < len(self.d)
