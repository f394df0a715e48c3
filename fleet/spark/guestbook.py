#!/usr/bin/env python3
"""Counts the logs of a bucket on Apache Spark and writes one batch of partials, which `guestbook merge` takes once.

    spark-submit --files guestbook spark/guestbook.py --config config.toml --out s3a://bucket/batches

Needs Spark 4, PyArrow and pandas. The program `guestbook` is shipped with --files, or is on the PATH of the executors. The driver and the
executors need the credentials of the bucket in their environment, or a role. See fleet/README.md.
"""

import argparse
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from struct import unpack

from pyspark import SparkFiles, StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, DateType, LongType, StringType, StructField, StructType

# The columns of a partial: docs/partials.md.
TEXTS = ["kind", "term", "user_agent", "request", "trust", "status", "came_from", "path", "name", "format"]
NUMBERS = [
    "source", "code", "hour", "requests", "bytes", "first_seen", "lines", "people", "agents", "pings", "views", "other",
    "blank", "malformed", "known_lines", "log_lines", "log_malformed", "head_len", "head_hash", "offset", "tail_hash",
]
BYTES = ["line_hashes", "checkpoints", "anchors"]
TYPES = {**dict.fromkeys(TEXTS, StringType()), "day": DateType(), **dict.fromkeys(NUMBERS, LongType()), **dict.fromkeys(BYTES, BinaryType())}
FACTS = ["coverage", "ping", "view", "failure", "hour"]
KEYS = ["kind", "day", "term", "user_agent", "request", "trust", "status", "came_from", "path", "code", "hour"]
SUMS = ["requests", "bytes", "lines", "people", "agents"]
# The columns that only sources have. The executors return them as one, since nearly all rows are facts, and each column takes time.
LOG = [name for name in TYPES if name not in [*KEYS, *SUMS, "first_seen"]]
# The columns that identify a log, as far as it was read.
START = ["head_len", "head_hash"]
POSITION = START + ["offset", "tail_hash"]


def struct(names):
    return StructType([StructField(name, TYPES[name]) for name in names])


SCHEMA = struct(TYPES)
ROWS = struct(name for name in TYPES if name not in LOG).add("task", LongType()).add("log", struct(LOG))

# The bytes at the start of a log that identify it.
HEAD_BYTES = 4096

# Kinds of rows that a task adds: what it was counted under, and a log that could not be read.
ABOUT, FAILED = "about", "failed"

# Each task numbers its sources from a multiple of this.
SOURCES_MAX = 1_000_000

# The most logs of a task.
LOGS_MAX = 1000


def program(name):
    """Returns the path of the program: shipped with --files, or on the PATH."""
    shipped = SparkFiles.get(os.path.basename(name))
    if not os.path.exists(shipped):
        return name
    os.chmod(shipped, 0o755)
    return shipped


def literal(name):
    """Returns a pattern that only matches a name. A web server has no listing, so its URLs are no patterns."""
    is_pattern = "://" in name and not name.startswith(("http://", "https://"))
    return re.sub(r"[*?\[\]{}]", r"[\g<0>]", name) if is_pattern else name


def scan(batches, tasks, guestbook, config):
    """Scans the logs of tasks, of which batches have the numbers, and yields the rows of the partials. Runs in the executors."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    types = {StringType(): pa.string(), LongType(): pa.int64(), DateType(): pa.date32(), BinaryType(): pa.binary()}
    field = lambda name: pa.field(name, types[TYPES[name]])
    log = pa.struct([field(name) for name in LOG])
    schema = pa.schema([*[field(name) for name in TYPES if name not in LOG], pa.field("task", pa.int64()), pa.field("log", log)])

    def rows(kind, task, **columns):
        """Returns rows without facts: `log` are their names."""
        names = [{"name": name} for name in columns.pop("log", [None])]
        given = {"kind": [kind] * len(names), "task": [task] * len(names), "log": names, **columns}
        return pa.record_batch(
            [pa.array(given.get(field.name, [None] * len(names)), type=field.type) for field in schema], schema=schema)

    for task in (task for batch in batches for task in batch.column(0).to_pylist()):
        names = tasks.value[task]
        with tempfile.TemporaryDirectory() as folder:
            partial = os.path.join(folder, "task.parquet")
            command = [program(guestbook), "--config", SparkFiles.get(os.path.basename(config)), "scan", "--together", "--outcomes",
                       "--threads", "1", "-o", partial, *map(literal, names)]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if not os.path.exists(partial):
                raise RuntimeError(f"guestbook scan ended with {ended.returncode}: {ended.stderr.strip()}")
            file = pq.ParquetFile(partial)
            yield rows(ABOUT, task, path=[file.metadata.metadata[b"guestbook"].decode()])
            for part in file.iter_batches(batch_size=100_000):
                columns = {name: part.column(name).cast(field(name).type) for name in TYPES}
                columns["source"] = pc.add(columns["source"], task * SOURCES_MAX)
                is_fact = pc.not_equal(columns["kind"], "source")
                columns["log"] = pa.StructArray.from_arrays([columns[name] for name in LOG], fields=list(log), mask=is_fact)
                columns["task"] = pa.repeat(task, part.num_rows)
                yield pa.record_batch([columns[name] for name in schema.names], schema=schema)
            outcomes = {outcome["name"]: outcome for outcome in map(json.loads, ended.stdout.splitlines())}
            failed = {}
            for name in names:
                outcome = outcomes.get(name, {"is_counted": False, "reason": ended.stderr.strip() or "was not found"})
                if not outcome["is_counted"]:
                    failed[name] = outcome["reason"]
            if failed:
                yield rows(FAILED, task, log=list(failed), path=list(failed.values()))


def divide(logs, size):
    """Divides logs into tasks of up to `size` bytes. Neighbours by name share one, since they have the same days and thus the same rows."""
    tasks, left = [], 0
    for log in sorted(logs, key=lambda log: log["name"]):
        if not tasks or log["bytes"] > left or len(tasks[-1]) == LOGS_MAX:
            tasks.append([])
            left = size
        tasks[-1].append(log["name"])
        left -= log["bytes"]
    return tasks


class Folder:
    """A folder of any file system that Spark knows."""

    def __init__(self, spark, url):
        self.jvm = spark._jvm
        self.conf = spark._jsc.hadoopConfiguration()
        self.url = url.rstrip("/")
        self.fs = self.path().getFileSystem(self.conf)

    def path(self, *names):
        return self.jvm.org.apache.hadoop.fs.Path("/".join([self.url, *names]))

    def exists(self, *names):
        return self.fs.exists(self.path(*names))

    def folders(self):
        if not self.exists():
            return []
        return sorted(status.getPath().getName() for status in self.fs.listStatus(self.path()) if status.isDirectory())

    def read(self, *names):
        stream = self.fs.open(self.path(*names))
        try:
            return self.jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()

    def write(self, text, *names):
        stream = self.fs.create(self.path(*names), True)
        try:
            stream.write(bytearray(text.encode()))
        finally:
            stream.close()


def run(args):
    spark = (SparkSession.builder.appName("guestbook")
             # The mark is written last, when all that belongs to the batch is there.
             .config("spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
             # Small groups of rows, so that merging needs little memory.
             .config("spark.hadoop.parquet.block.size", str(4 << 20))
             .getOrCreate())
    spark.sparkContext.addFile(args.config)
    out = Folder(spark, args.out)
    earlier = [name for name in out.folders() if out.exists(name, "_SUCCESS")]
    read = {}
    for name in earlier:
        for log in json.loads(out.read(name, "_objects.json")):
            read[log["name"]] = log
    listed = subprocess.run(
        [program(args.guestbook), "--config", args.config, "scan", "--list", *args.logs], capture_output=True, text=True, check=False)
    print(listed.stderr, end="", file=sys.stderr)
    if listed.returncode == 1:
        sys.exit(f"guestbook scan --list ended with {listed.returncode}")
    logs = [json.loads(line) for line in listed.stdout.splitlines()]
    for log in logs:
        # The names of files, as a scan tells them.
        log["name"] = log["name"] if "://" in log["name"] else os.path.abspath(log["name"])
    new = [log for log in logs if read.get(log["name"]) != log]
    print(f"{len(logs)} logs, {len(logs) - len(new)} of them in earlier batches")
    batch = Batch(spark, args, [out.path(name).toString() for name in earlier])
    batch.count(new)
    for log, reason in batch.left_out.items():
        print(f"left out: {log}: {reason}", file=sys.stderr)
    if batch.counted:
        name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        folder = out.path(name).toString()
        summed(batch).write.mode("errorifexists").parquet(folder)
        # Tasks of an executor that was lost have been done again, maybe while a log could not be read.
        written = spark.read.schema(SCHEMA).parquet(folder).filter(F.col("kind") == "source").select("name").collect()
        if {row.name for row in written} != batch.counted:
            sys.exit(f"{folder} does not have the logs that were counted before, since some have changed meanwhile: run the job again")
        out.write(json.dumps(batch.settled(new)), name, "_objects.json")
        out.write(json.dumps(common_rules(batch.abouts)), name, "_about.json")
        out.write("", name, "_SUCCESS")
        print(f"wrote {folder} with {len(batch.counted)} logs")
    else:
        print("nothing new")
    return 2 if batch.left_out or listed.returncode else 0


class Batch:
    """The counts of logs that no earlier batch has."""

    def __init__(self, spark, args, earlier):
        self.spark, self.args, self.earlier = spark, args, earlier
        # The rows of the tasks whose logs all count.
        self.rows = []
        # What the executors counted under, as JSON.
        self.abouts = set()
        # The logs that do not count, with the reason.
        self.left_out = {}
        self.counted = set()
        # The logs whose content is in an earlier batch.
        self.known = set()
        self.copies = Copies()

    def count(self, logs):
        """Scans logs until all those that count are counted."""
        size = min(self.args.task_bytes, sum(log["bytes"] for log in logs) // self.spark.sparkContext.defaultParallelism)
        tasks = dict(enumerate(divide(logs, size)))
        while tasks:
            rows = self.scan(tasks)
            # All that is no fact comes to the driver: a row for each log, but not its anchors.
            others = rows.filter(~F.col("kind").isin(FACTS))
            others = others.select("kind", "task", "path", "log.name", *[f"log.{name}" for name in POSITION]).collect()
            self.abouts.update(row.path for row in others if row.kind == ABOUT)
            self.left_out.update({row.name: row.path for row in others if row.kind == FAILED})
            sources = [row for row in others if row.kind == "source"]
            known, grown = known_sources(self.spark, rows, sources, self.earlier)
            self.known |= known
            self.left_out.update(
                {name: "starts as a log of an earlier batch does, and has grown since or is an older copy of it" for name in grown})
            passed = known | grown | self.copies.of(sources)
            # The sums of a task have all its logs. If some of them do not count, it is done again without them: a log that shares lines with
            # one of those must have them counted.
            again = {task: names for task, names in tasks.items() if passed.intersection(names)}
            self.counted.update(row.name for row in sources if row.task not in again)
            self.rows.append(rows.filter(~F.col("task").isin(list(again))))
            rest = [[name for name in names if name not in passed and name not in self.left_out] for names in again.values()]
            tasks = dict(enumerate(filter(None, rest), max(tasks) + 1))

    def scan(self, tasks):
        """Scans the logs of tasks in the executors, and returns the rows of the partials."""
        shared = self.spark.sparkContext.broadcast(tasks)
        guestbook, config = self.args.guestbook, self.args.config
        numbers = self.spark.range(min(tasks), max(tasks) + 1, 1, len(tasks))
        return numbers.mapInArrow(lambda batches: scan(batches, shared, guestbook, config), ROWS).persist(StorageLevel.DISK_ONLY)

    def settled(self, logs):
        """Returns those of the logs that the next run need not read. It reads a copy of a log that does not count after all."""
        missing = self.left_out.keys() | self.copies.without(self.counted | self.known)
        return [log for log in logs if log["name"] not in missing]


def position(row):
    return tuple(row[name] for name in POSITION)


def start(row):
    return tuple(row[name] for name in START)


class Copies:
    """Finds logs with the same content. The first by name counts."""

    def __init__(self):
        self.first = {}
        self.others = {}

    def of(self, sources):
        """Returns the names of those sources that are copies of others."""
        for row in sorted(sources, key=lambda row: row.name):
            first = self.first.setdefault(position(row), row.name)
            if first != row.name:
                self.others[row.name] = first
        return {row.name for row in sources if row.name in self.others}

    def without(self, settled):
        """Returns the copies of which the first is not settled."""
        return {name for name, first in self.others.items() if first not in settled}


def common_rules(abouts):
    """Returns the rules and the time zone of all partials. Ends the job if they differ."""
    if len(abouts) != 1:
        sys.exit(f"the executors count by different rules or versions: {sorted(abouts)}")
    return json.loads(next(iter(abouts)))


def known_sources(spark, rows, sources, earlier):
    """Returns the names of the sources that earlier batches have, and of those that they have in part."""
    if not earlier or not sources:
        return set(), set()
    before = spark.read.schema(SCHEMA).parquet(*earlier).filter(F.col("kind") == "source").select(*POSITION).distinct()
    starts = F.broadcast(spark.createDataFrame([start(row) for row in sources], struct(START)).distinct())
    related = before.join(starts, START, "left_semi").collect()
    positions, starts = {position(row) for row in related}, {start(row) for row in related}
    known = {row.name for row in sources if position(row) in positions}
    grown = {row.name for row in sources if start(row) in starts} - known
    # A log that was shorter than the head has another hash of it. That is one of the hashes at the line ends of the longer one.
    short = {row.head_hash for row in before.filter(F.col("head_len") < HEAD_BYTES).select("head_hash").collect()}
    if short:
        for row in rows.filter(F.col("kind") == "source").select("log.name", "log.line_hashes").collect():
            ends = unpack(f"<{len(row.line_hashes) // 8}q", row.line_hashes)
            if row.name not in known and short.intersection(ends):
                grown.add(row.name)
    return known, grown


def summed(batch):
    """Returns the sources and the sums of the facts of a batch."""
    rows = functools.reduce(DataFrame.unionAll, batch.rows)
    sources = rows.filter(F.col("kind") == "source").select(*[F.col(f"log.{name}" if name in LOG else name) for name in TYPES])
    sources = sources.repartition(1 + len(batch.counted) // LOGS_MAX)
    facts = rows.filter(F.col("kind").isin(FACTS)).groupBy(*KEYS)
    facts = facts.agg(*[F.try_sum(name).alias(name) for name in SUMS], F.min("first_seen").alias("first_seen"))
    # A log may claim responses of any size. Their sum stops at the largest integer, as in a store.
    facts = facts.withColumn("bytes", F.when(F.col("kind") == "ping", F.coalesce("bytes", F.lit(2**63 - 1))))
    return sources.unionByName(facts, allowMissingColumns=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="*", help="URLs or patterns, instead of the config's")
    parser.add_argument("--config", required=True, help="guestbook's config, on the driver")
    parser.add_argument("--out", required=True, help="the folder of the batches, in any file system that Spark knows")
    parser.add_argument("--guestbook", default="guestbook", help="the program: its name among --files, or its path")
    parser.add_argument("--task-bytes", type=int, default=256 << 20, help="the size of the logs of a task (256 MiB)")
    sys.exit(run(parser.parse_args()))


if __name__ == "__main__":
    main()
