#!/usr/bin/env python3
"""Runs every peer over the exam-day workload, one after the other in each round, and prints one Markdown table.

Raw figures go to a JSON file; report.py renders it again. A peer is any program that takes the phases of peer.py;
one of yours joins with --peer NAME=COMMAND."""
import argparse
import itertools
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
BASELINE = "sqlite-raw-c"
PLAIN = {
    BASELINE: ("sqlite_raw_c.py", {}),
    "json-gzip": ("json_gzip.py", {}),
    "rows-zlib": ("rows_zlib.py", {}),
}
CRDT = {
    "automerge": ("crdt_automerge.py", {}),
    "loro": ("crdt_loro.py", {}),
    "loro-updates": ("crdt_loro.py", {"UPDATES": "1"}),
    "yrs": ("crdt_yrs.py", {}),
}
SITE = 500  # candidates of one site
LIMIT_S = 120  # a bootstrap that takes longer counts as not done
ADDRESS_SPACE = 12 << 30


class Runner:
    """Runs phases of one peer in fresh processes, each on its own folder below `work`."""

    def __init__(self, name, command, environment, work, ops):
        self.name, self.work, self.ops = name, work, ops
        self.environment = {**os.environ, **environment}
        self.command = shlex.split(command)
        if self.command[0] in os.listdir(HERE):
            self.command = [sys.executable, os.path.join(HERE, self.command[0])]
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)

    @property
    def merges(self):
        return self.name != BASELINE

    def at(self, name):
        return os.path.join(self.work, name)

    def day(self, part, site=0):
        return f"{self.ops}/site{site}.{part}.jsonl"

    def phase(self, phase, directory, timeout=600, **options):
        argv = self.command + [phase, "--dir", directory]
        for key, value in options.items():
            argv += ["--" + key.rstrip("_")] + (value if isinstance(value, list) else [value])
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        done = subprocess.run(
            argv, env=self.environment, capture_output=True, text=True, timeout=timeout, preexec_fn=limit
        )
        if done.returncode:
            raise RuntimeError(f"{self.name} {phase}: {done.stderr.strip()[-400:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def apply(self, target, message):
        """Three times, each on a copy of the target; the last copy is kept, the middle time counts."""
        runs = []
        for _ in range(3):
            shutil.rmtree(self.at("copy"), ignore_errors=True)
            shutil.copytree(self.at(target), self.at("copy"))
            runs.append(self.phase("apply", self.at("copy"), in_=message))
        shutil.rmtree(self.at(target))
        os.rename(self.at("copy"), self.at(target))
        return sorted(runs, key=lambda run: run["ms"])[1]

    def send(self, source, target):
        """The target asks, the source answers, the target merges."""
        self.phase("token", self.at(target), out=self.at("token"))
        exports = [
            self.phase("export", self.at(source), token=self.at("token"), out=self.at("message")) for _ in range(3)
        ]
        export = sorted(exports, key=lambda run: run["ms"])[1]
        return export, self.apply(target, self.at("message")), os.path.getsize(self.at("message"))

    def send_day(self, source, hub):
        """The day's change sets to the hub; the baseline has no messages and takes the operations."""
        if not self.merges:
            return {"sync": self.apply(hub, self.day("day"))["ms"]}
        export, applied, size = self.send(source, hub)
        with open(self.at("message"), "rb") as file:
            packed = len(zlib.compress(file.read(), 6))
        return {
            "wire": export["raw_bytes"], "wire_sent": size, "wire_zlib": packed, "export": export["ms"],
            "apply_only": applied["ms"], "sync": export["ms"] + applied["ms"], "memory_apply": grown(applied),
        }  # fmt: skip

    def bootstrap(self, hub, size):
        """A snapshot of the hub, restored in an empty replica."""
        made = self.phase("snapshot", self.at(hub), timeout=LIMIT_S * 2, out=self.at("snapshot"))
        shutil.rmtree(self.at("fresh"), ignore_errors=True)
        options = {"role": "fresh", "in_": self.at("snapshot")}
        restored = self.phase("restore", self.at("fresh"), timeout=LIMIT_S * 2, **options)
        assert restored.get("rows", size) == size, restored
        return {
            f"boot{size}": made["ms"] + restored["ms"],
            f"boot{size}_bytes": os.path.getsize(self.at("snapshot")),
            f"boot{size}_memory": max(grown(made), grown(restored)),
        }


def disk(directory):
    """Bytes of a peer's files, without what Assay keeps free for the moment when the disk is full."""
    paths = (os.path.join(root, file) for root, _, files in os.walk(directory) for file in files if file != "reserve")
    return sum(os.path.getsize(path) for path in paths)


def grown(run):
    return (run["peak_kib"] - run["base_kib"]) / 1024


def exam_day(run):
    """One round: the story of README.md."""
    run.phase("load", run.at("hub"), role="hub", in_=run.day("base"))
    run.phase("snapshot", run.at("hub"), out=run.at("base"))
    with_base = {"in_": run.at("base")}
    for name, role in (("site", "site"), ("site_off", "site"), ("office", "office")):
        run.phase("restore", run.at(name), role=role, **with_base)
    durable = run.phase("run", run.at("site"), sync="full", in_=run.day("day"))
    off = run.phase("run", run.at("site_off"), sync="off", in_=run.day("day"))
    figures = {
        "p50": durable["p50_us"], "p99": durable["p99_us"], "durable": durable["total_s"], "off": off["total_s"],
        "off_p50": off["p50_us"], "memory_day": grown(durable), "disk_site": disk(run.at("site")),
    }  # fmt: skip
    sent = run.send_day("site", "hub")
    figures.update(sent, apply=sent.get("apply_only", sent["sync"]))
    if run.merges:
        figures["correct"] = exchange_office(run)
    figures["disk_hub"] = disk(run.at("hub"))
    figures.update(run.bootstrap("hub", SITE))
    if run.name == "assay":
        figures.update(run.phase("last", run.at("hub"), in_=run.day("day")))
        figures.update(run.phase("idle", run.at("site"), hub=run.at("hub")))
    return figures


def exchange_office(run):
    """The office's concurrent edits go up, the day comes down; whether all three then hold the same and the right."""
    run.phase("run", run.at("office"), sync="full", in_=run.day("office"))
    for source, target in (("office", "hub"), ("hub", "office"), ("hub", "site")):
        run.send(source, target)
    dumps = []
    for name in ("hub", "office", "site"):
        run.phase("dump", run.at(name), out=run.at("dump"))
        with open(run.at("dump"), encoding="utf-8") as file:
            dumps.append(json.load(file))
    return dumps[0] == dumps[1] == dumps[2] and is_expected(dumps[0], run)


def is_expected(state, run):
    """No field lost or invented: each holds the last value written; a contested one holds either side's."""
    want = {}
    for part in ("base", "day", "office"):
        with open(run.day(part), encoding="utf-8") as file:
            for line in file:
                for _, table, row, fields in json.loads(line)["w"]:
                    for field, value in fields.items():
                        want.setdefault((table, row, field), {})[part] = value
    for (table, row, field), cell in want.items():
        allowed = cell.values() if {"day", "office"} <= set(cell) else [list(cell.values())[-1]]
        if state[table].get(row, {}).get(field) not in allowed:
            return False
    return sum(len(row) for rows in state.values() for row in rows.values()) == len(want)


def grown_hub(run, size, rounds):
    """A hub of `size` people, all days but one finished: that day's work and sync at a site, then bootstraps."""
    files = [run.day(part, site) for site in range(1, size // SITE) for part in ("base", "day")]
    started, figures = time.time(), []
    try:
        run.phase("load", run.at("hub"), timeout=1800, role="hub", in_=files + [run.day("base")])
        run.phase("snapshot", run.at("hub"), timeout=LIMIT_S * 2, out=run.at("base"))
        run.phase("restore", run.at("site"), timeout=LIMIT_S * 2, role="site", in_=run.at("base"))
        worked = run.phase("run", run.at("site"), sync="off", in_=run.day("day"))
        sent = run.send_day("site", "hub")
        day = {f"off_p50_{size}": worked["p50_us"], f"sync_{size}": sent["sync"]}
        if "wire" in sent:
            day[f"wire_{size}"] = sent["wire_sent"]
        for _ in range(rounds):
            figures.append({**run.bootstrap("hub", size), **day})
            if figures[-1][f"boot{size}"] > LIMIT_S * 1e3:
                break
        if run.name == "assay":
            idle = run.phase("idle", run.at("site"), hub=run.at("hub"))
            figures[-1][f"idle_bytes_{size}"] = idle["idle_bytes"]
    except (RuntimeError, subprocess.TimeoutExpired) as failure:
        figures.append({f"boot{size}_error": str(failure)[:300]})
    note = figures[-1].get(f"boot{size}_error", "")
    print(f"{run.name}, {size} candidates: {time.time() - started:.0f} s {note}", file=sys.stderr)
    return figures


def probe(directory, count=300):
    """The device today: an append of 256 bytes and fdatasync, in microseconds."""
    path, times = os.path.join(directory, "probe"), []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for _ in range(count):
        start = time.perf_counter()
        os.write(descriptor, bytes(256))
        os.fdatasync(descriptor)
        times.append((time.perf_counter() - start) * 1e6)
    os.close(descriptor)
    os.remove(path)
    times.sort()
    return {"p50": times[count // 2], "p99": times[count * 99 // 100], "load": os.getloadavg()[0]}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=int, nargs="*", default=[1_000, 10_000, 100_000], help="people at a grown hub")
    parser.add_argument("--crdt", action="store_true", help="with Automerge, Loro and Yrs (requirements.txt)")
    parser.add_argument("--only", help="peers, comma-separated")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "exam-day"))
    parser.add_argument("--out", default=os.path.join(tempfile.gettempdir(), "exam-day", "results.json"))
    return parser.parse_args()


def main():
    options = arguments()
    peers = {**PLAIN, **(CRDT if options.crdt else {})}
    peers.update({peer.split("=", 1)[0]: (peer.split("=", 1)[1], {}) for peer in options.peer})
    if options.only:
        peers = {name: peers[name] for name in options.only.split(",")}
    ops = os.path.join(options.work, "ops")

    def python(script, *argv):
        return subprocess.run([sys.executable, os.path.join(HERE, script), *argv], check=True, capture_output=True, text=True).stdout  # fmt: skip

    sites = max([SITE, *options.scale]) // SITE
    results = {
        "workload": python("workload.py", ops, "--sites", str(sites)), "floor": json.loads(python("floor.py", ops)),
        "probe": [], "peers": {name: [] for name in peers},
    }  # fmt: skip

    def runner(name):
        return Runner(name, *peers[name], os.path.join(options.work, name), ops)

    # Peers take turns in each round: what disturbs from outside disturbs all alike.
    for number in range(options.rounds):
        results["probe"].append(probe(options.work))
        for name in peers:
            started = time.time()
            results["peers"][name].append(exam_day(runner(name)))
            print(f"round {number + 1} {name}: {time.time() - started:.0f} s", file=sys.stderr)
    for size, name in itertools.product(options.scale, peers):
        run = runner(name)
        results["peers"][name] += grown_hub(run, size, min(options.rounds, 3))
        shutil.rmtree(run.work)
    os.makedirs(os.path.dirname(options.out), exist_ok=True)
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    print(python("report.py", options.out))


if __name__ == "__main__":
    main()
