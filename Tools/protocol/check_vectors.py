#!/usr/bin/env python3
"""Runs every vector of Protocol/vectors (but the session's frames) through the independent decoder.

Exits with 0 if all agree, with 1 and a line for each that does not otherwise. Further files, as the test of deep mutants
writes them to ASSAY_MUTANTS_FILE (a line each: code or "sound", form, hex), are compared verdict by verdict.
"""
import hashlib
import json
import pathlib
import sys

sys.dont_write_bytecode = True
from decode_segment import Refused, decode, read_canonical, write_canonical  # noqa: E402

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "Protocol" / "vectors"
FORMS = {"canonical": "canonical", "segments": "segment", "snapshots": "snapshot"}


def main():
    faults, total = [], 0
    for file, form in FORMS.items():
        head = bytes(32)
        for vector in json.loads((VECTORS / "valid" / f"{file}.json").read_text("utf-8")):
            total += 1
            data = bytes.fromhex(vector["hex"])
            try:
                if decode(form, data) != vector["value"]:
                    faults.append(f"valid {form} '{vector['name']}': another value")
                    continue
                if form == "canonical":
                    if write_canonical(read_canonical(data)) != data:
                        faults.append(f"valid {form} '{vector['name']}': another encoding")
                    leaf = hashlib.sha256(bytes.fromhex(vector["salt"]) + data).digest()
                    head = hashlib.sha256(head + leaf).digest()
                    if (leaf.hex(), head.hex()) != (vector["leaf"], vector["head"]):
                        faults.append(f"valid {form} '{vector['name']}': another leaf or head")
            except Refused as refusal:
                faults.append(f"valid {form} '{vector['name']}': refused with {refusal}")
        for vector in json.loads((VECTORS / "invalid" / f"{file}.json").read_text("utf-8")):
            total += 1
            try:
                decode(form, bytes.fromhex(vector["hex"]))
                faults.append(f"invalid {form} '{vector['name']}': accepted")
            except Refused as refusal:
                if str(refusal) != vector["code"]:
                    faults.append(f"invalid {form} '{vector['name']}': {refusal}, expected {vector['code']}")
    for path in sys.argv[1:]:
        for line in pathlib.Path(path).read_text("utf-8").splitlines():
            total += 1
            expected, form, digits = line.split()
            try:
                decode(form, bytes.fromhex(digits))
                verdict = "sound"
            except Refused as refusal:
                verdict = str(refusal)
            if verdict != expected:
                faults.append(f"mutant: {verdict}, expected {expected}: {form} {digits}")
    print("\n".join(faults + [f"{total} vectors, {len(faults)} faults"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
