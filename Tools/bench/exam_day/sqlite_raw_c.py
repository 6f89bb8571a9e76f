#!/usr/bin/env python3
"""The baseline without a language runtime: run and apply are raw_sqlite.c, the other phases sqlite_raw.py."""

import os
import subprocess
import sys

import peer
from sqlite_raw import Raw

def flatten(paths, out):
    numbers, lines = {}, []
    for op in peer.ops(paths):
        lines.append("B")
        for statement, parameters in Raw.prepare(None, op)["sql"]:
            lines.append(f"X{numbers.setdefault(statement, len(numbers))}")
            lines += [
                f"i{v}" if isinstance(v, int) else f"b{v.hex()}" if isinstance(v, bytes) else f"t{v}"
                for v in parameters
            ]
        lines.append("E")
    with open(out, "w", encoding="utf-8") as f:
        f.write("".join(f"{line}\n" for line in ["S" + s for s in numbers] + lines))


if __name__ == "__main__":
    phase = sys.argv[1]
    arg = lambda name: sys.argv[sys.argv.index(name) + 1]
    if phase not in ("run", "apply"):
        peer.main(Raw)
    else:
        database, flat = os.path.join(arg("--dir"), "db"), os.path.join(arg("--dir"), "..", "flat")
        flatten([arg("--in")], flat)
        how = "one" if phase == "apply" else arg("--sync")
        subprocess.run([os.environ["RAW_SQLITE"], database, how, flat], check=True)
