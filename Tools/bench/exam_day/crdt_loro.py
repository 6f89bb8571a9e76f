#!/usr/bin/env python3
"""Loro. One document per site; a root map per table, a child map per row; one commit per transaction.
Log: the local update each commit emits. Message: Updates since the asker's version vector. Snapshot: full history;
UPDATES=1 in the environment: bootstrap by all updates instead (smaller on the wire, slower to load)."""

import os
import loro
import peer
from peer import TABLES

UPDATES = os.environ.get("UPDATES") == "1"


class Loro(peer.CrdtFile):
    def new(self):
        self.doc = loro.LoroDoc()
        self.doc.peer_id = int.from_bytes(self.role.encode().ljust(8, b"-")[:8], "little") >> 1
        self.update = None

    def merge(self, update):
        self.doc.import_(update)

    def merge_all(self, updates):
        if updates:
            self.doc.import_batch(updates)

    def local(self, op):
        if self.update is None and not self.loading:

            def emitted(b):
                self.update = b
                return True

            self.sub = self.doc.subscribe_local_update(emitted)
        for kind, table, i, row in op["w"]:
            rows = self.doc.get_map(table)
            obj = rows.insert_container(i, loro.LoroMap()) if kind == "i" else rows.get(i).container
            for f, v in row.items():
                obj.insert(f, v)
        self.doc.commit()
        return self.update

    def full(self):
        return self.doc.export(loro.ExportMode.Updates(loro.VersionVector()) if UPDATES else loro.ExportMode.Snapshot())

    def token(self):
        return self.doc.oplog_vv.encode()

    def export(self, token):
        return self.doc.export(loro.ExportMode.Updates(loro.VersionVector.decode(token)))

    def count(self):
        return len(self.doc.get_map("candidate"))

    def state(self):
        return {t: self.doc.get_map(t).get_deep_value() for t in TABLES}


if __name__ == "__main__":
    peer.main(Loro)
