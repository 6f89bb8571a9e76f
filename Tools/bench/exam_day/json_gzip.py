#!/usr/bin/env python3
"""The naive peer: operations as JSON lines, the message in zlib -6. Log and order are those of rows_zlib.py."""

import json
import peer
from rows_zlib import Log, Reader
from sql_store import SCHEMA, TABLES, UUID_FIELDS, blob, sql


class Json(Log):
    def prepare(self, op):
        op["json"] = {"t": op["t"], "k": op["k"], "w": op["w"]}
        return super().prepare(op)

    def encode(self, op):
        return json.dumps(op["json"], ensure_ascii=False, separators=(",", ":")).encode()

    def batch(self, bodies):
        return b"\n".join(bytes(b) for b in bodies)

    def unbatch(self, batch):
        for line in batch.split(b"\n"):
            yield self.prepare(json.loads(line)), line

    def rows(self):
        return b"\n".join(
            json.dumps(
                [t, i, {f: v for f, v in row.items() if v is not None}], ensure_ascii=False, separators=(",", ":")
            ).encode()
            for t, rows in self.state().items()
            for i, row in rows.items()
        )

    def put_rows(self, r):
        for line in r.d[r.at :].split(b"\n"):
            t, i, row = json.loads(line)
            self.db.execute(sql("i", t, row), (blob(i), *(blob(v) if f in UUID_FIELDS else v for f, v in row.items())))


if __name__ == "__main__":
    peer.main(Json)
