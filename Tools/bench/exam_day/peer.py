"""What all Python peers share: the phase command line, timing, memory, the CRDT file store, canonical dumps.

Every peer (an external engine too) is one executable:  PEER PHASE --dir D [...]
  load     --dir D --role hub|site|office --in OPS...   create a replica; apply ops, one transaction each, no fsync (untimed)
  run      --dir D --in OPS --sync full|off             apply ops as local transactions, one by one, each timed
  token    --dir D --out F                              what this replica tells a sender so that it sends only what is missing
  export   --dir D --token F --out F                    the message with everything the asker lacks
  apply    --dir D --in F                               merge a message, durably
  snapshot --dir D --out F                              message for a fresh replica
  restore  --dir D --role R --in F                      fresh replica from a snapshot, durable and ready to read
  dump     --dir D --out F                              canonical JSON {table: {uuid: {field: value}}}, nulls left out
Each prints one JSON object: ms (the measured part only: replica already open, input already read),
base_kib/peak_kib (resident memory before opening the replica / peak), and for run p50_us, p99_us, total_s.
"""

import argparse
import gc
import json
import os
import re
import struct
import time
import zlib

from workload import SCHEMA, UUID_FIELDS  # noqa: F401  (re-exported)

TABLES = list(SCHEMA)


def fsync_write(path, data):
    with open(path, "wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    d = os.open(os.path.dirname(path), os.O_RDONLY)
    os.fsync(d)
    os.close(d)


def memory(key):  # VmRSS or VmHWM in KiB
    return int(re.search(key + r":\s+(\d+)", open("/proc/self/status").read())[1])


def reset_peak():
    gc.collect()
    try:
        open("/proc/self/clear_refs", "w").write("5")
    except OSError:
        pass


class Peer:
    """Subclass: open, tx, export, apply, snapshot, restore, count (of candidates), state; prepare is untimed."""

    zlib = True  # wrap every message in zlib -6 (timed); False if the peer's bytes are to go out as they are

    def __init__(self, directory, role=None, sync="full"):
        self.dir, self.sync = directory, sync
        self.path = lambda name: os.path.join(directory, name)
        if role:
            os.makedirs(directory, exist_ok=True)
            open(self.path("role"), "w").write(role)
        self.role = open(self.path("role")).read()

    def prepare(self, op):
        return op

    def begin_load(self):
        pass

    def end_load(self):
        pass

    def decode(self, message):
        return message

    def token(self):
        return b""

    def close(self):
        pass


def ops(paths):
    for path in paths:
        with open(path, encoding="utf-8") as f:
            for line in f:
                yield json.loads(line)


def main(cls):
    a = argparse.ArgumentParser()
    a.add_argument("phase")
    a.add_argument("--dir")
    a.add_argument("--in", nargs="*", dest="inp")
    a.add_argument("--out")
    a.add_argument("--token")
    a.add_argument("--role", default="site")
    a.add_argument("--sync", default="full")
    a = a.parse_args()
    out, now = {}, time.perf_counter
    pack = (lambda m: zlib.compress(m, 6)) if cls.zlib else (lambda m: m)
    unpack = zlib.decompress if cls.zlib else (lambda m: m)
    read = lambda path: open(path, "rb").read()
    todo = list(ops(a.inp)) if a.phase == "run" else None
    message = read(a.inp[0]) if a.phase in ("apply", "restore") else None
    token = read(a.token) if a.token else None
    reset_peak()
    out["base_kib"] = memory("VmRSS")
    t0 = now()
    peer = cls(a.dir, a.role if a.phase in ("load", "restore") else None, "off" if a.phase == "load" else a.sync)
    peer.open()
    out["open_ms"] = (now() - t0) * 1e3
    if a.phase == "load":
        peer.begin_load()
        for op in ops(a.inp):
            peer.tx(peer.prepare(op))
        peer.end_load()
    elif a.phase == "run":
        todo = [peer.prepare(op) for op in todo]
        lat = []
        for op in todo:
            t0 = time.perf_counter_ns()
            peer.tx(op)
            lat.append(time.perf_counter_ns() - t0)
        out["total_s"] = sum(lat) / 1e9
        lat.sort()
        out["p50_us"], out["p99_us"] = lat[len(lat) // 2] / 1e3, lat[len(lat) * 99 // 100] / 1e3
    elif a.phase == "token":
        open(a.out, "wb").write(peer.token())
    elif a.phase in ("export", "snapshot"):
        t0 = now()
        message = peer.export(token) if a.phase == "export" else peer.snapshot()
        packed = pack(message)
        out["ms"] = (now() - t0) * 1e3
        out["raw_bytes"] = len(message)
        open(a.out, "wb").write(packed)
    elif a.phase == "apply":
        if not cls.zlib:
            message = peer.decode(message)
        t0 = now()
        peer.apply(unpack(message))
        out["ms"] = (now() - t0) * 1e3
    elif a.phase == "restore":
        t0 = now()
        peer.restore(unpack(message))
        out["rows"] = peer.count()
        out["ms"] = (now() - t0) * 1e3
    elif a.phase == "dump":
        state = {
            t: {i: {f: v for f, v in row.items() if v is not None} for i, row in rows.items()}
            for t, rows in peer.state().items()
        }
        json.dump(state, open(a.out, "w"), sort_keys=True)
    peer.close()
    out["peak_kib"] = memory("VmHWM")
    print(json.dumps(out))


class CrdtFile(Peer):
    """A document library made durable the usual way: snapshot.bin + append-only log.bin of updates, fdatasync per append.
    Subclass: new, merge(bytes), local(op) -> update bytes, full() -> bytes."""

    def open(self):
        self.new()
        if os.path.exists(self.path("snapshot.bin")):
            self.load_full(open(self.path("snapshot.bin"), "rb").read())
        self.log = os.open(self.path("log.bin"), os.O_CREAT | os.O_RDWR | os.O_APPEND)
        data, at, updates = open(self.path("log.bin"), "rb").read(), 0, []
        while at < len(data):
            (n,) = struct.unpack_from("<I", data, at)
            updates.append(data[at + 4 : at + 4 + n])
            at += 4 + n
        if updates:
            self.merge_all(updates)

    def merge_all(self, updates):
        for u in updates:
            self.merge(u)

    def append(self, update):
        os.write(self.log, struct.pack("<I", len(update)) + update)
        if self.sync == "full":
            os.fdatasync(self.log)

    def tx(self, op):
        update = self.local(op)
        if not self.loading:
            self.append(update)

    loading = False

    def begin_load(self):
        self.loading = True

    def end_load(self):
        fsync_write(self.path("snapshot.bin"), self.full())

    def apply(self, message):
        self.merge(message)
        self.append(message)

    def load_full(self, data):
        self.merge(data)

    def snapshot(self):
        return self.full()

    def restore(self, message):
        self.load_full(message)
        fsync_write(self.path("snapshot.bin"), message)
