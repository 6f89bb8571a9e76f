#!/usr/bin/env python3
"""Automerge (Rust 0.5.7 under pip automerge 1.0.0rc1). One document per site; a map per table, a map per row.
The binding has no apply_changes: the message is a sync-v1 message assembled from get_changes() (what the protocol sends
when the sender knows the receiver's heads), merged with receive_sync_message(). Snapshot: save()."""

import itertools
import automerge.core as am
import peer
from peer import TABLES

STR, INT, NULL, MAP = am.ScalarType.Str, am.ScalarType.Int, am.ScalarType.Null, am.ObjType.Map


def uleb(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes((n,))


def sync_message(heads, changes):  # type, heads, need, have, changes
    return (
        b"\x42"
        + uleb(len(heads))
        + b"".join(heads)
        + uleb(0)
        + uleb(0)
        + uleb(len(changes))
        + b"".join(uleb(len(c)) + c for c in changes)
    )


class Automerge(peer.CrdtFile):
    def new(self):
        self.doc = am.Document(actor_id=self.role.encode().ljust(16, b"-"))

    def load_full(self, data):
        self.doc = am.Document.load(data)
        self.doc.set_actor(self.role.encode().ljust(16, b"-"))

    def merge(self, message):
        self.doc.receive_sync_message(am.SyncState(), am.Message.decode(message))

    def merge_all(self, updates):  # the log: single local changes and received messages
        for single, run in itertools.groupby(updates, key=lambda u: u[0] != 0x42):
            for message in [sync_message([], list(run))] if single else run:
                self.merge(message)

    def local(self, op):
        before = self.doc.get_heads()
        with self.doc.transaction() as t:
            for kind, table, i, row in op["w"]:
                rows = t.get(am.ROOT, table)
                rows = rows[1] if rows else t.put_object(am.ROOT, table, MAP)
                obj = t.put_object(rows, i, MAP) if kind == "i" else t.get(rows, i)[1]
                for f, v in row.items():
                    t.put(obj, f, STR if isinstance(v, str) else INT, v)
        if not self.loading:
            return self.doc.get_changes(before)[0].bytes

    def full(self):
        return self.doc.save()

    def token(self):
        return b"".join(self.doc.get_heads())

    def shared(self):  # the sync state a leaf keeps: the heads it last shared with the hub
        if self.role != "hub":
            open(self.path("shared"), "wb").write(self.token())

    def apply(self, message):
        super().apply(message)
        self.shared()

    def restore(self, message):
        super().restore(message)
        self.shared()

    def export(self, token):
        if self.role != "hub":
            token = open(self.path("shared"), "rb").read()
        have = [token[n : n + 32] for n in range(0, len(token), 32)]
        return sync_message(self.doc.get_heads(), [c.bytes for c in self.doc.get_changes(have)])

    def count(self):
        return self.doc.length(self.doc.get(am.ROOT, "candidate")[1])

    def state(self):
        out = {t: {} for t in TABLES}
        for t in self.doc.keys(am.ROOT):
            rows = self.doc.get(am.ROOT, t)[1]
            for i in self.doc.keys(rows):
                obj = self.doc.get(rows, i)[1]
                out[t][i] = {f: self.doc.get(obj, f)[0][1] for f in self.doc.keys(obj)}
        return out


if __name__ == "__main__":
    peer.main(Automerge)
