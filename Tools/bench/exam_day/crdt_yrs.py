#!/usr/bin/env python3
"""Yjs (Rust yrs under pip pycrdt). One document per site; a root map per table, a child map per row.
Log: the update each transaction emits. Message: update (encoding v1, the only one pycrdt offers) since the asker's state vector.
"""

import pycrdt
import peer
from peer import TABLES


class Yrs(peer.CrdtFile):
    def new(self):
        self.doc = pycrdt.Doc(client_id=int.from_bytes(self.role.encode()[:4], "little"))
        self.maps = {t: self.doc.get(t, type=pycrdt.Map) for t in TABLES}
        self.update = None

    def merge(self, update):
        self.doc.apply_update(update)

    def local(self, op):
        if self.update is None and not self.loading:

            def emitted(event):
                self.update = event.update

            self.sub = self.doc.observe(emitted)
        with self.doc.transaction():
            for kind, table, i, row in op["w"]:
                if kind == "i":
                    self.maps[table][i] = pycrdt.Map(row)
                else:
                    obj = self.maps[table][i]
                    for f, v in row.items():
                        obj[f] = v
        return self.update

    def full(self):
        return self.doc.get_update()

    def token(self):
        return self.doc.get_state()

    def export(self, token):
        return self.doc.get_update(token)

    def count(self):
        return len(self.maps["candidate"])

    def state(self):
        return {
            t: {
                i: {f: int(v) if isinstance(v, float) else v for f, v in row.items()}
                for i, row in self.maps[t].to_py().items()
            }
            for t in TABLES
        }


if __name__ == "__main__":
    peer.main(Yrs)
