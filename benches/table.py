#!/usr/bin/env python3
"""Prints what guestbook costs against grep, gzip and other tools: benches/table.py [--lines N] [--parts NAME,…]

Needs Linux, Rust, and Python 3 alone. Other tools are installed first, GoAccess and valgrind by apt-get where it
may be used, rhit by cargo; what can't be had is left out of the table and named below it. Logs are drawn by
`cargo bench --bench draw` into a folder for temporary files, which needs 12 GB for all of the table.

CPU time is user and system time of the process, memory its largest resident set; both are what the kernel says
of a finished child. Figures are medians of five runs, or of three of what takes long; two things are compared by
running them in turns.
"""

import argparse
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
GUESTBOOK = TARGET / "release" / "guestbook"
DAY = "2026-05-20"


class Cost:
    """The medians of some runs."""

    def __init__(self, runs):
        self.cpu, self.wall, self.memory = (statistics.median(column) for column in zip(*runs))


def run(command, env=None):
    """One run's CPU seconds, wall seconds and megabytes."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as out:  # grep stops early where nobody reads.
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=env)
        _, status, usage = os.wait4(child.pid, 0)
    if status not in (0, 256):
        raise RuntimeError(f"{command} ended with {status}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024


def compare(runs, *jobs):
    """The costs of jobs that are run in turns; each is a command, and what to do before it."""
    costs = [[] for _ in jobs]
    for _ in range(runs):
        for cost, (command, before) in zip(costs, jobs):
            before()
            cost.append(run(command, C_LOCALE))
    return [Cost(cost) for cost in costs]


C_LOCALE = {**os.environ, "LC_ALL": "C"}


def nothing():
    pass


class Site:
    """A config with its log and its store."""

    def __init__(self, folder, name, log):
        self.folder = folder / name
        self.folder.mkdir()
        self.log = log
        (self.folder / "config.toml").write_text(
            f"[site]\nname = \"bench\"\n[[logs]]\npaths = [\"{log}\"]\n"
            "[terms]\npattern = '^/glossary/(?<term>[a-z0-9-]+)$'\n"
            "[reports]\nformats = [\"html\", \"svg\", \"json\"]\n"
        )

    def command(self, *args):
        return [str(GUESTBOOK), "--config", str(self.folder / "config.toml"), *args]

    def forget(self):
        for file in self.folder.glob("guestbook.db*"):
            file.unlink()

    def ingest(self, *args):
        """A job that reads the log into a new store."""
        return self.command("ingest", "--quiet", *args), self.forget


def drawing(path, lines, *more):
    return ["cargo", "bench", "--quiet", "--bench", "draw", "--", str(path), str(lines), *map(str, more)]


def draw(path, lines, *more):
    subprocess.run(drawing(path, lines, *more), cwd=ROOT, check=True)
    return path


def row(work, figure, wanted):
    print(f"| {work} | {figure} | {wanted} |", flush=True)


def reading(folder, lines):
    log = draw(folder / "combined.log", lines)
    site = Site(folder, "combined", log)
    grep = (["grep", "-c", "GPTBot", str(log)], nothing)
    one, two, word, count = compare(
        5, site.ingest("--threads", "1"), site.ingest("--threads", "2"), grep,
        (["wc", "-l", str(log)], nothing),
    )
    size = log.stat().st_size / 1e6
    row(f"ingest {lines:,} combined lines ({size:.0f} MB), CPU", f"{one.cpu:.2f} s, {lines / one.cpu / 1e6:.2f} M lines a second", "")
    row("`grep -c GPTBot` of the same; `wc -l`", f"{word.cpu:.2f} s; {count.cpu:.2f} s", "")
    row("CPU against grep's", f"{one.cpu / word.cpu:.2f} ×", "≤ 1.3 ×")
    row("wall time on two cores against grep's", f"{two.wall / word.wall:.2f} ×", "≤ 0.8 ×")
    row("two cores against one, wall time", f"{one.wall / two.wall:.2f} ×", "≥ 1.8 ×")
    row("peak memory, one thread; two", f"{one.memory:.0f} MB; {two.memory:.0f} MB", "≤ 64 MB")
    zipped = folder / "combined.log.gz"
    with open(zipped, "wb") as out:
        subprocess.run(["gzip", "-c", str(log)], stdout=out, check=True)
    packed, gzip = compare(3, Site(folder, "gzip", zipped).ingest("--threads", "1"), (["gzip", "-dc", str(zipped)], nothing))
    row("the same from gzip, CPU against `gzip -dc`", f"{packed.cpu / gzip.cpu:.2f} ×", "≤ 1.0 ×")
    zipped.unlink()
    run(site.ingest()[0])
    (again,) = compare(5, (site.command("ingest", "--quiet"), nothing))
    row("a second run, nothing new", f"{again.wall * 1e3:.0f} ms", "≤ 20 ms")
    with open(log, "rb") as lines_of:
        lines_of.seek(-1_000_000, os.SEEK_END)
        more = b"".join(lines_of.readlines()[-1_000:])

    def append():
        with open(log, "ab") as out:
            out.write(more)

    (few,) = compare(5, (site.command("ingest", "--quiet"), append))
    row("1,000 new lines behind them", f"{few.wall * 1e3:.0f} ms", "≤ 40 ms")
    others = {
        "with 10,000 terms": ("combined", 10_000),
        "where each line has a visitor of its own": ("combined", 400, 30, "strangers"),
    }
    for at, (what, form) in enumerate(others.items()):
        other = Site(folder, f"other-{at}", draw(log, lines, *form))
        one, two, word = compare(5, other.ingest("--threads", "1"), other.ingest("--threads", "2"), grep)
        row(f"the same {what}, CPU against grep's; wall time on two cores", f"{one.cpu / word.cpu:.2f} ×; {two.wall / word.wall:.2f} ×", "≤ 1.3 ×; ≤ 0.8 ×")
        row("… peak memory, one thread; two", f"{one.memory:.0f} MB; {two.memory:.0f} MB", "≤ 64 MB")
    log.unlink()


def formats(folder, lines):
    speed = {}
    for name in ("combined", "nginx_json", "caddy", "cloudflare", "iis", "cloudfront"):
        log = draw(folder / f"{name}.log", lines // 2, name)
        (cost,) = compare(3, Site(folder, f"form-{name}", log).ingest("--threads", "1"))
        speed[name] = log.stat().st_size / cost.cpu
        log.unlink()
    for name in list(speed)[1:]:
        row(f"{name}, bytes a second against combined", f"{speed[name] / speed['combined']:.2f} ×", "≥ 0.5 ×")


def sizes(folder, lines):
    figures = []
    for count in (lines // 40, lines // 4, lines, lines * 4):
        log = draw(folder / "size.log", count)
        (cost,) = compare(3, Site(folder, f"size-{count}", log).ingest("--threads", "1"))
        figures.append(f"{count / 1e6:.1f} M: {cost.cpu / count * 1e9:.0f} ns")
        log.unlink()
    row("CPU a line, by the log's size", ", ".join(figures), "a straight line through the origin")


def junk(folder, lines):
    log = draw(folder / "junk.log", lines, "junk")
    one, two = compare(1, *(Site(folder, f"junk-{n}", log).ingest("--threads", n) for n in "12"))
    row(
        f"{lines:,} lines with a path, a term and a user agent each, some of 2 MB: memory, one thread; two",
        f"{one.memory:.0f} MB; {two.memory:.0f} MB ({one.cpu:.1f} s of CPU)",
        "≤ 128 MB",
    )
    log.unlink()


def history(folder, lines):
    # Three years, 10,000 terms: with strangers, nearly each request of an agent is a row of its own.
    site = Site(folder, "history", folder / "nothing.log")
    drawn = subprocess.Popen(
        drawing("/dev/stdout", lines, "combined", 10_000, 3 * 365, "strangers"), cwd=ROOT, stdout=subprocess.PIPE
    )
    subprocess.run(site.command("ingest", "--quiet", "-"), stdin=drawn.stdout, check=True)
    if drawn.wait():
        raise RuntimeError("the log could not be drawn")
    path = site.folder / "guestbook.db"
    store = sqlite3.connect(path)
    pings, views = (store.execute(f"SELECT sum(json_array_length({rows})) FROM spans").fetchone()[0] for rows in ("pings", "views"))
    row(f"a store of {lines:,} lines, 10,000 terms, 3 years", f"{pings + views:,} rows, {path.stat().st_size / 1e6:.0f} MB", "")
    day = ("--as-of", "2029-03-30")
    for term in ("term-1", "term-50", "term-500"):
        (of_term,) = store.execute("SELECT count(*) FROM pings WHERE term = (SELECT id FROM term WHERE name = ?)", [term]).fetchone()
        forms = []
        for form in ("text", "json", "html", "svg", "csv", "md", "png"):
            (cost,) = compare(9, (site.command("report", "--term", term, "--format", form, "-o", str(folder / "out"), *day), nothing))
            forms.append(f"{form} {cost.wall * 1e3:.0f}")
        row(f"`report --term` on it, of a term with {of_term:,} rows", ", ".join(forms) + " ms", "≤ 25 ms, but png")
    store.close()
    (whole,) = compare(3, (site.command("report", "-o", str(folder / "out"), *day), nothing))
    row("a report of the site", f"{whole.wall:.1f} s, {whole.memory:.0f} MB", "")
    first = Cost([run(site.command("publish", "--quiet", *day))])
    (again,) = compare(3, (site.command("publish", "--quiet", *day), nothing))
    row("`publish` as HTML, SVG and JSON; again", f"{first.wall:.1f} s; {again.wall:.2f} s", "≤ 8 s; ≤ 1 s")


def peers(folder, lines):
    missing = []
    if not shutil.which("goaccess"):
        subprocess.run(["apt-get", "install", "-y", "goaccess"], check=False, capture_output=True)
    rhit = folder / "bin" / "rhit"
    subprocess.run(["cargo", "install", "--quiet", "--root", str(folder), "rhit"], check=False, capture_output=True)
    log = draw(folder / "peers.log", lines)
    site = Site(folder, "peers", log)
    if shutil.which("goaccess"):
        version = subprocess.run(["goaccess", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
        command = ["goaccess", str(log), "--log-format=COMBINED", "--no-global-config", "-o", str(folder / "out.json")]
        ours, theirs = compare(1, site.ingest("--threads", "1"), (command, nothing))
        row(f"CPU against {version}, once", f"1/{theirs.cpu / ours.cpu:.0f}", "≤ 1/60")
    else:
        missing.append("goaccess")
    if rhit.exists():
        ours, theirs = compare(3, site.ingest("--threads", "1"), ([str(rhit), "--silent-load", str(log)], nothing))
        row("CPU against rhit, which looks at no user agent", f"1/{theirs.cpu / ours.cpu:.1f}", "")
    else:
        missing.append("rhit")
    awk, ours = compare(3, (["awk", '{n[$9]++} END {for (s in n) print s, n[s]}', str(log)], nothing), site.ingest("--threads", "1"))
    row("CPU against awk, which counts one column", f"1/{awk.cpu / ours.cpu:.1f}", "")
    log.unlink()
    return missing


def program(folder, lines):
    row("program, stripped", f"{GUESTBOOK.stat().st_size / 1e6:.0f} MB", "≤ 30 MB")
    (version,) = compare(9, ([str(GUESTBOOK), "--version"], nothing))
    row("`--version`", f"{version.wall * 1e3:.1f} ms", "≤ 5 ms")
    if not shutil.which("valgrind"):
        return ["valgrind"]
    counts = []
    for count in (200_000, 400_000):
        log = draw(folder / "count.log", count)
        site = Site(folder, f"count-{count}", log)
        out = folder / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *site.ingest("--threads", "1")[0]]
        said = subprocess.run(command, capture_output=True, text=True).stderr
        counts.append(int(said.split("refs:")[1].split()[0].replace(",", "")))
        log.unlink()
    # What is done once is in both.
    row("instructions a line (callgrind; 200,000 lines more)", f"{(counts[1] - counts[0]) / 200_000:,.0f}", "")
    return []


# Each prints its rows, and gives the names of the tools that it missed.
PARTS = {
    "reading": reading,
    "formats": formats,
    "program": program,
    "sizes": sizes,
    "junk": lambda folder, lines: junk(folder, lines * 5 // 2),
    "history": lambda folder, lines: history(folder, lines * 9),
    "peers": peers,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=4_000_000, help="lines of the large log")
    parser.add_argument("--parts", default=",".join(PARTS), help="which parts of the table")
    args = parser.parse_args()
    subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=ROOT, check=True)
    print("| work | figure | wanted |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        missing = [tool for part in args.parts.split(",") for tool in PARTS[part](folder, args.lines) or []]
    for tool in missing:
        print(f"\n{tool} could not be had.")


if __name__ == "__main__":
    main()
