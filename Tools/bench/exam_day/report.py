#!/usr/bin/env python3
"""Renders the JSON file of measure.py as one Markdown table of medians.  report.py RESULTS"""
import json
import statistics
import sys

BASELINE = "sqlite-raw-c"


class Table:
    def __init__(self, data):
        self.data, self.peers = data, data["peers"]
        names = {key for runs in self.peers.values() for run in runs for key in run}
        self.sizes = sorted(int(key[4:]) for key in names if key.startswith("boot") and key[4:].isdigit())

    def values(self, peer, key):
        return [run[key] for run in self.peers[peer] if run.get(key) is not None]

    def median(self, peer, key, unit=1, digits=1):
        values = self.values(peer, key)
        return f"{statistics.median(values) / unit:,.{digits}f}" if values else "–"

    def ratio(self, peer, key):
        """To the baseline of the same round."""
        pairs = zip(self.peers[peer], self.peers.get(BASELINE, []))
        values = [run[key] / base[key] for run, base in pairs if run.get(key) and base.get(key)]
        return f" ({statistics.median(values):.2f}x)" if values else ""

    def bootstrap(self, peer, size):
        if any(f"boot{size}_error" in run for run in self.peers[peer]):
            return "failed"
        small = size < 1_000
        time = self.median(peer, f"boot{size}", 1 if small else 1e3, 0 if small else 2)
        bytes_ = self.median(peer, f"boot{size}_bytes", 1e3 if small else 1e6, 1 if small else 2)
        return "–" if time == "–" else f"{time} {'ms' if small else 's'} / {bytes_} {'KB' if small else 'MB'}"

    def growth(self, peer):
        """The day's sync at the largest hub against the smallest: time, and bytes where there are any."""
        grown = [size for size in self.sizes if size >= 1_000]
        if len(grown) < 2:
            return "–"
        parts = []
        for key in ("off_p50", "sync", "wire"):
            small, large = (self.values(peer, f"{key}_{size}") for size in (grown[0], grown[-1]))
            ratio = f"{statistics.median(large) / statistics.median(small):.2f}x" if small and large else "–"
            parts.append(ratio)
        return " / ".join(parts)

    def idle(self, peer):
        if not self.values(peer, "idle_bytes"):
            return "–"
        sizes = [self.median(peer, "idle_bytes", digits=0)]
        sizes += [self.median(peer, f"idle_bytes_{size}", digits=0) for size in self.sizes if size >= 1_000][-1:]
        return f"{' … '.join(sizes)} B / {self.median(peer, 'idle_trips', digits=0)}"

    def row(self, peer):
        right = self.values(peer, "correct")
        largest = self.sizes[-1] if self.sizes else 0
        return [
            peer,
            f"{self.median(peer, 'p50', digits=0)}{self.ratio(peer, 'p50')} / {self.median(peer, 'p99', digits=0)}",
            self.median(peer, "durable", digits=2) + self.ratio(peer, "durable"),
            self.median(peer, "off", 1e-3) + self.ratio(peer, "off"),
            f"{self.median(peer, 'wire', 1e3)} / {self.median(peer, 'wire_zlib', 1e3)}",
            self.median(peer, "last_bytes", 1e3),
            self.median(peer, "export"),
            self.median(peer, "apply") + self.ratio(peer, "apply"),
            *(self.bootstrap(peer, size) for size in self.sizes),
            self.idle(peer),
            f"{self.median(peer, 'memory_day')} / {self.median(peer, f'boot{largest}_memory', digits=0)}",
            f"{self.median(peer, 'disk_site', 1e3, 0)} / {self.median(peer, 'disk_hub', 1e3, 0)}",
            self.growth(peer),
            "–" if not right else "yes" if all(right) else "NO",
        ]

    def head(self):
        largest = f"{self.sizes[-1]:,}" if self.sizes else "–"
        return [
            "peer", "durable transaction, us p50 / p99", "day, durable, s", "day, no fsync, ms",
            "wire of the day, KB own / zlib", "wire, last values, KB", "export, ms", "hub apply, ms",
            *(f"bootstrap of {size:,}" for size in self.sizes), "idle check, bytes / round trips",
            f"peak MiB, day / bootstrap of {largest}", "disk KB, site / hub",
            "growth to the largest hub: write / sync / wire", "correct",
        ]  # fmt: skip


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        data = json.load(file)
    table = Table(data)
    print(data["workload"].strip(), "\n")
    probes = ", ".join(f"{run['p50']:.0f}/{run['p99']:.0f} ({run['load']:.1f})" for run in data["probe"])
    print(f"fdatasync at the start of each round, us p50/p99 (load average): {probes}\n")
    print("| " + " | ".join(table.head()) + " |\n|" + "---|" * len(table.head()))
    for peer in table.peers:
        print("| " + " | ".join(table.row(peer)) + " |")
    floor = data["floor"]
    print(
        f"\nNear-lower bound of the day's last values: hand-made columns {floor['raw']:,} bytes, zlib -9 {floor['zlib9']:,}, "
        f"xz -9e {floor['xz9e']:,} (rows named by a shared order). The operations themselves: {floor['jsonl_raw']:,} bytes, "
        f"zlib -9 {floor['jsonl_zlib9']:,}, xz -9e {floor['jsonl_xz9e']:,}."
    )


if __name__ == "__main__":
    main()
