#!/usr/bin/env python3
"""The physical baseline: plain SQLite upserts, no sync data at all.
Its 'apply' is the day's operations as one transaction of upserts (decoding untimed); its snapshot is the database file.
"""

import json
import os

import peer
from sql_store import SqlPeer


class Raw(SqlPeer):
    def begin_load(self):
        self.db.execute("BEGIN")
        self.tx = self.write

    def end_load(self):
        self.db.execute("COMMIT")

    def apply(self, message):
        self.db.execute("BEGIN IMMEDIATE")
        for op in message:
            self.write(op)
        self.db.execute("COMMIT")

    def snapshot(self):
        path = self.path("copy")
        self.db.execute("VACUUM INTO ?", (path,))
        data = open(path, "rb").read()
        os.remove(path)
        return data

    def restore(self, message):
        self.db.close()
        peer.fsync_write(self.path("db"), message)
        self.open()


class RawApply(Raw):  # 'apply' takes an op file
    zlib = False

    def decode(self, message):
        return [self.prepare(json.loads(line)) for line in message.decode().splitlines()]


if __name__ == "__main__":
    import sys

    peer.main(RawApply if sys.argv[1] == "apply" else Raw)
