#!/usr/bin/env python3
"""Measures how counts grow with logs, and works out what a fleet needs: benches/scale.py [LOG …]

Needs a release build with the feature `cloud` or without, and a drawn log: without LOG, `cargo bench --bench draw` makes one of 8,000,000
lines and one with 10,000 terms. For each log, starts of it are scanned and merged. Prints the tables of docs/scale.md. The figures under "measured"
are the program's own, on this machine; those under "worked out" follow from them and from the assumptions that are printed with them.
"""

import argparse
import math
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
GUESTBOOK = TARGET / "release" / "guestbook"

# Assumptions: the price of a core and hour, of a thousand requests for objects, and of listing a thousand objects, in dollars.
CORE_HOUR, REQUESTS, LISTING = 0.05, 0.0004, 0.005
# The size of an object, and the seconds for which a listing of a thousand waits.
OBJECT_BYTES, PAGE_SECONDS = 64e6, 0.1
# The share of a log's size that is left by compression.
COMPRESSED = 0.1
# The bytes of an anchor in a partial, whose hashes can't be compressed, and in a store.
ANCHOR_PARTIAL, ANCHOR_STORE = 23, 27
CONFIG = """
[[logs]]
paths = ["{log}"]
[terms]
pattern = '^/glossary/(?<term>[a-z0-9-]+)$'
"""


def run(folder, *args):
    """Returns the CPU seconds and the output of guestbook."""
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen([GUESTBOOK, *args], cwd=folder, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        out.seek(0)
        if status not in (0, 512):
            raise RuntimeError(f"{args} ended with {status}")
        return usage.ru_utime + usage.ru_stime, out.read()


def measure(log, lines_max):
    """Yields lines, bytes, rows, anchors, bytes of the partial and of the store, CPU seconds of the scan and of the merge, for starts of a log."""
    with tempfile.TemporaryDirectory() as name, open(log, "rb") as source:
        folder = pathlib.Path(name)
        part = folder / "part.log"
        (folder / "config.toml").write_text(CONFIG.format(log=part))
        lines = 0
        wanted = 31_250
        with open(part, "wb") as out:
            for line in source:
                out.write(line)
                lines += 1
                if lines < wanted and lines < lines_max:
                    continue
                out.flush()
                wanted *= 4
                for file in folder.glob("guestbook.db*"):
                    file.unlink()
                scan, _ = run(folder, "scan", "--quiet", "-o", "part.parquet")
                merge, told = run(folder, "merge", "part.parquet")
                rows = int(re.search(r"in ([\d,]+) rows?", told)[1].replace(",", ""))
                store = (folder / "guestbook.db").stat().st_size
                with sqlite3.connect(folder / "guestbook.db") as connection:
                    anchors = connection.execute("SELECT count(*) FROM anchor").fetchone()[0]
                yield lines, part.stat().st_size, rows, anchors, (folder / "part.parquet").stat().st_size, store, scan, merge
                if lines >= lines_max:
                    return


def size(count):
    for unit, factor in [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]:
        if count >= factor:
            return f"{count / factor:,.1f} {unit}" if count < 10 * factor else f"{count / factor:,.0f} {unit}"
    return f"{count:.0f} B"


def time(seconds):
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("logs", nargs="*", type=pathlib.Path)
    parser.add_argument("--lines", type=int, default=8_000_000, help="the most lines of a log")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        logs = args.logs
        if not logs:
            logs = [pathlib.Path(name) / "terms-400.log", pathlib.Path(name) / "terms-10000.log"]
            for log, terms in zip(logs, ["400", "10000"]):
                subprocess.run(["cargo", "bench", "--quiet", "--bench", "draw", "--", log, str(args.lines), "combined", terms, "1"],
                               cwd=ROOT, check=True)
        print("Measured:\n\n| log | lines | size | rows | lines per row | anchors | partial | store | CPU of `scan` | CPU of `merge` |\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        for log in logs:
            points = list(measure(log, args.lines))
            for lines, bytes, rows, anchors, partial, store, scan, merge in points:
                print(f"| {log.name} | {lines:,} | {size(bytes)} | {rows:,} | {lines / rows:.1f} | {anchors:,} | {size(partial)} | {size(store)} | "
                      f"{scan:.2f} s | {merge:.2f} s |")
    # The last log has the most rows. Rows grow with a power of the lines, which the last two points show, and stop at those of all
    # combinations. Half of the last exponent is taken beyond what was measured, since it falls with every step.
    lines, bytes, rows, anchors, partial, store, scan, merge = points[-1]
    # Lines by which copies are recognized: some for each object, and one of 256 beyond its first 65,536 lines.
    partial, store = partial - anchors * ANCHOR_PARTIAL, store - anchors * ANCHOR_STORE
    before = points[-2]
    exponent = math.log(rows / before[2]) / math.log(lines / before[0])
    print(f"\nWorked out from the last line: {bytes / lines:.0f} bytes per line, {scan / lines * 1e9:.0f} ns of CPU per line, "
          f"{partial / rows:.1f} bytes per row of a partial, {store / rows:.0f} of a store, {merge / rows * 1e6:.1f} µs to merge a row; "
          f"rows grow with the power {exponent:.2f} of the lines, and with {exponent / 2:.2f} beyond.\n")
    print("| a day | lines | objects | rows | anchors | batch | scan: 1 core | 10 | 100 | 1,000 | listing | merge of the rows | store after a year | dollars per TB |\n"
          "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for day in [1e9, 100e9, 10e12]:
        of_lines = day / (bytes / lines)
        of_rows = rows * (of_lines / lines) ** (exponent / 2 if of_lines > lines else exponent)
        cpu = of_lines * scan / lines
        objects = max(1, day * COMPRESSED / OBJECT_BYTES)
        object_lines = of_lines / objects
        of_anchors = objects * (min(object_lines, 1024) / 2 + max(0, min(object_lines, 65536) - 1024) / 32 + max(0, object_lines - 65536) / 256)
        listing = math.ceil(objects / 1000) * PAGE_SECONDS
        terabytes = day / 1e12
        dollars = (cpu / 3600 * CORE_HOUR + objects / 1000 * REQUESTS + objects / 1000 * LISTING / 1000) / terabytes
        cores = " | ".join(time(max(cpu / cores, OBJECT_BYTES / COMPRESSED / (bytes / lines) * scan / lines)) if objects >= cores
                           else "–" for cores in [1, 10, 100, 1000])
        print(f"| {size(day)} | {of_lines:,.0f} | {objects:,.0f} | {of_rows:,.0f} | {of_anchors:,.0f} | {size(of_rows * partial / rows + of_anchors * ANCHOR_PARTIAL)} | {cores} | {time(listing)} | "
              f"{time(of_rows * merge / rows)} | {size(365 * (of_rows * store / rows + of_anchors * ANCHOR_STORE))} | {dollars:.2f} |")
    print(f"\nAssumed: objects of {size(OBJECT_BYTES)}, compressed to {COMPRESSED:.0%}; {CORE_HOUR} dollars for a core-hour, {REQUESTS} for a "
          f"thousand requests, {PAGE_SECONDS} s for a listing of a thousand; cores beyond the number of objects do nothing (–).")


if __name__ == "__main__":
    main()
