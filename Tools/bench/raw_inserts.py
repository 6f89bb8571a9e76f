#!/usr/bin/env python3
"""Times raw inserts of the rows of a store into empty tables of the same declaration, indexes included.

    Tools/bench/raw_inserts.py STORE/replica.sqlite NEW.sqlite BATCHES

The rows are in memory before the clock runs. They go in by prepared statements, in BATCHES transactions, each fsynced
(write-ahead log, synchronous FULL), as an import commits them. Prints one JSON object.
"""

import json
import os
import sqlite3
import sys
import time

source_path, target_path, batches = sys.argv[1], sys.argv[2], int(sys.argv[3])
if os.path.exists(target_path):
    sys.exit(f"{target_path} is there already: name a new file")
source = sqlite3.connect(f"file:{source_path}?mode=ro", uri=True)
source.text_factory = bytes
engine = {"meta", "origin", "segment", "held", "parked", "quarantine", "verdict", "feed", "cursor", "receipt", "at_hq",
          "parent", "violation", "violation_member", "sqlite_sequence"}
tables = [
    (name.decode(), sql.decode())
    for name, sql in source.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    if name.decode() not in engine
]
indexes = [
    sql.decode()
    for name, sql in source.execute("SELECT tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    if name.decode() in {table for table, _ in tables}
]
target = sqlite3.connect(target_path, isolation_level=None)
target.execute("PRAGMA journal_mode = WAL")
target.execute("PRAGMA synchronous = FULL")
for _, sql in tables:
    target.execute(sql)
for sql in indexes:
    target.execute(sql)


def text(value):
    """TEXT comes as bytes, so that nothing is decoded; it has to go back as text."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


rows, statements = {}, {}
for table, _ in tables:
    columns = [(row[1].decode(), row[2].decode()) for row in source.execute(f'PRAGMA table_info("{table}")')]
    read = []
    for row in source.execute(f'SELECT * FROM "{table}" ORDER BY rowid'):
        read.append(tuple(text(v) if kind == "TEXT" else v for v, (_, kind) in zip(row, columns)))
    if read:
        rows[table] = read
        statements[table] = f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(columns))})'
source.close()


def insert(names):
    begin = time.perf_counter()
    for batch in range(batches):
        target.execute("BEGIN IMMEDIATE")
        for table in names:
            count = len(rows[table])
            part = rows[table][count * batch // batches : count * (batch + 1) // batches]
            target.executemany(statements[table], part)
        target.execute("COMMIT")
    return time.perf_counter() - begin


records = insert([table for table in rows if table != "tail"])
journal = insert(["tail"]) if "tail" in rows else 0
counts = {table: len(read) for table, read in rows.items()}
print(json.dumps({
    "recordRows": sum(count for table, count in counts.items() if table != "tail"),
    "recordMilliseconds": round(records * 1000), "journalRows": counts.get("tail", 0),
    "journalMilliseconds": round(journal * 1000),
}))
