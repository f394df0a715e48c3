#!/usr/bin/env python3
"""Counts the logs of a bucket on Apache Spark and writes one batch of partials, which `guestbook merge` takes once.

    spark-submit --files guestbook spark/guestbook.py --config config.toml --out s3a://bucket/batches

Needs Spark 4, PyArrow and pandas. The program `guestbook` is shipped with --files, or is on the PATH of the executors. The driver and the
executors need the credentials of the bucket in their environment, or a role. See fleet/README.md.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from struct import unpack

from pyspark import SparkFiles, StorageLevel
from pyspark.sql import SparkSession
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
LOG = [name for name in TYPES if name not in ["source", *KEYS, *SUMS, "first_seen"]]
# The columns that identify a log, as far as it was read.
START = ["head_len", "head_hash"]
POSITION = START + ["offset", "tail_hash"]


def struct(names):
    return StructType([StructField(name, TYPES[name]) for name in names])


SCHEMA = struct(TYPES)
ROWS = struct(name for name in TYPES if name not in LOG).add("log", struct(LOG))

# The bytes at the start of a log that identify it.
HEAD_BYTES = 4096

# Kinds of rows that a task adds: what it was counted under, and a log that could not be read.
ABOUT, FAILED = "about", "failed"

# Each task numbers its sources from a multiple of this.
SOURCES_MAX = 1_000_000


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
    schema = pa.schema([field(name) for name in TYPES if name not in LOG] + [pa.field("log", log)])

    def rows(kind, **columns):
        """Returns rows without facts: `log` are their names."""
        names = [{"name": name} for name in columns.pop("log", [None])]
        given = {"kind": [kind] * len(names), "log": names, **columns}
        return pa.record_batch(
            [pa.array(given.get(field.name, [None] * len(names)), type=field.type) for field in schema], schema=schema)

    for task in (task for batch in batches for task in batch.column(0).to_pylist()):
        names = tasks.value[task]
        with tempfile.TemporaryDirectory() as folder:
            partial = os.path.join(folder, "task.parquet")
            command = [program(guestbook), "--config", SparkFiles.get(os.path.basename(config)), "scan", "--quiet", "--threads", "1",
                       "-o", partial, *map(literal, names)]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if not os.path.exists(partial):
                raise RuntimeError(f"guestbook scan ended with {ended.returncode}: {ended.stderr.strip()}")
            file = pq.ParquetFile(partial)
            yield rows(ABOUT, path=[file.metadata.metadata[b"guestbook"].decode()])
            scanned = set()
            for part in file.iter_batches(batch_size=100_000):
                columns = {name: part.column(name).cast(field(name).type) for name in TYPES}
                columns["source"] = pc.add(columns["source"], task * SOURCES_MAX)
                is_fact = pc.not_equal(columns["kind"], "source")
                columns["log"] = pa.StructArray.from_arrays([columns[name] for name in LOG], fields=list(log), mask=is_fact)
                yield pa.record_batch([columns[name] for name in schema.names], schema=schema)
                scanned.update(columns["name"].drop_null().to_pylist())
            # A log without lines has no source either, but then nothing has failed.
            missing = [name for name in names if name not in scanned] if ended.returncode else []
            told = ended.stderr.splitlines()
            failed = [(name, next((line for line in told if name in line), f"{name}: {ended.stderr.strip()}")) for name in missing]
            if failed:
                yield rows(FAILED, log=[name for name, _ in failed], path=[line for _, line in failed])


def bins(logs, size):
    """Divides logs into lists of about `size` bytes, the largest first."""
    tasks, rest = [], []
    for log in sorted(logs, key=lambda log: (-log["bytes"], log["name"])):
        if log["bytes"] >= size:
            tasks.append([log])
        else:
            rest.append(log)
    count = max(1, -(-sum(log["bytes"] for log in rest) // size), -(-len(rest) // 1000)) if rest else 0
    small = [[0, []] for _ in range(count)]
    for log in rest:
        least = min(small, key=lambda bin: (bin[0], len(bin[1])))
        least[0] += log["bytes"]
        least[1].append(log)
    return tasks + [logs for _, logs in small if logs]


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
    known = {}
    for name in earlier:
        for log in json.loads(out.read(name, "_objects.json")):
            known[log["name"]] = log
    listed = subprocess.run(
        [program(args.guestbook), "--config", args.config, "scan", "--list", *args.logs], capture_output=True, text=True, check=False)
    print(listed.stderr, end="", file=sys.stderr)
    if listed.returncode == 1:
        sys.exit(f"guestbook scan --list ended with {listed.returncode}")
    logs = [json.loads(line) for line in listed.stdout.splitlines()]
    new = [log for log in logs if known.get(log["name"]) != log]
    print(f"{len(logs)} logs, {len(logs) - len(new)} of them in earlier batches")
    left_out = {}
    while new:
        rows = scanned(spark, args, new)
        # All that is no fact comes to the driver: a row for each log, but not its anchors.
        others = rows.filter(~F.col("kind").isin(FACTS)).select("kind", "source", "path", "log.name", *[f"log.{name}" for name in POSITION])
        others = others.collect()
        about = common_rules([row.path for row in others if row.kind == ABOUT])
        sources = [row for row in others if row.kind == "source"]
        passed, grown = known_sources(spark, rows, sources, [out.path(name).toString() for name in earlier])
        left_out.update({row.name: row.path for row in others if row.kind == FAILED})
        left_out.update({name: f"{name} has grown since it was read in an earlier batch, so what is new can't be told" for name in grown})
        new = [log for log in new if log["name"] not in left_out]
        if not grown:
            break
        # A log that shares lines with one that is left out must have them counted, so all are read again without it.
        rows.unpersist()
    for line in left_out.values():
        print(f"left out: {line}", file=sys.stderr)
    count = len(sources) - len(passed) if new else 0
    if count > 0:
        name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        batch = out.path(name).toString()
        summed(spark, rows, passed).coalesce(args.files).write.mode("errorifexists").parquet(batch)
        out.write(json.dumps(new), name, "_objects.json")
        out.write(json.dumps(about), name, "_about.json")
        out.write("", name, "_SUCCESS")
        print(f"wrote {batch} with {count} logs")
    else:
        print("nothing new")
    return 2 if left_out else 0


def scanned(spark, args, logs):
    """Scans logs in the executors, and returns the rows of the partials."""
    tasks = spark.sparkContext.broadcast([[log["name"] for log in logs] for logs in bins(logs, args.task_bytes)])
    guestbook, config = args.guestbook, args.config
    count = len(tasks.value)
    rows = spark.range(0, count, 1, count).mapInArrow(lambda batches: scan(batches, tasks, guestbook, config), ROWS)
    return rows.persist(StorageLevel.DISK_ONLY)


def common_rules(abouts):
    """Returns the rules and the time zone of all partials. Ends the job if they differ."""
    abouts = sorted(set(abouts))
    if len(abouts) != 1:
        sys.exit(f"the executors count by different rules or versions: {abouts}")
    return json.loads(abouts[0])


def known_sources(spark, rows, sources, earlier):
    """Returns the numbers of the sources that have counted already, and the names of those that have grown since an earlier batch."""
    position = lambda row: tuple(row[name] for name in POSITION)
    start = lambda row: tuple(row[name] for name in START)
    passed, grown = set(), set()
    # Of logs with the same content, one counts.
    counted = set()
    for row in sorted(sources, key=lambda row: row.name):
        if position(row) in counted:
            passed.add(row.source)
        counted.add(position(row))
    if earlier:
        before = spark.read.schema(SCHEMA).parquet(*earlier).filter(F.col("kind") == "source").select(*POSITION).distinct()
        new = F.broadcast(spark.createDataFrame([start(row) for row in sources], struct(START)).distinct())
        related = before.join(new, START, "left_semi").collect()
        positions, starts = {position(row) for row in related}, {start(row) for row in related}
        passed.update(row.source for row in sources if position(row) in positions)
        grown.update(row.name for row in sources if start(row) in starts and position(row) not in positions)
        # A log that was shorter than the head has another hash of it. That is one of the hashes at the line ends of the longer one.
        short = {row.head_hash for row in before.filter(F.col("head_len") < HEAD_BYTES).select("head_hash").collect()}
        if short:
            for row in rows.filter(F.col("kind") == "source").select("source", "log.name", "log.line_hashes").toLocalIterator():
                ends = unpack(f"<{len(row.line_hashes) // 8}q", row.line_hashes)
                if row.source not in passed and short.intersection(ends):
                    grown.add(row.name)
    return passed, grown


def total(name):
    """Returns the sum of a column. A log may claim any size, so that sums stop at the largest integer, as in a store."""
    return F.least(F.sum(F.col(name).cast("decimal(38,0)")), F.lit(2**63 - 1).cast("decimal(38,0)")).cast("long").alias(name)


def summed(spark, rows, passed):
    """Returns the sources that count, and the sum of their facts, as the rows of a batch."""
    if passed:
        numbers = spark.createDataFrame([(number,) for number in passed], struct(["source"]))
        rows = rows.join(F.broadcast(numbers), "source", "left_anti")
    sources = rows.filter(F.col("kind") == "source").select(*[F.col(f"log.{name}" if name in LOG else name) for name in TYPES])
    facts = rows.filter(F.col("kind").isin(FACTS)).groupBy(*KEYS).agg(*map(total, SUMS), F.min("first_seen").alias("first_seen"))
    return sources.unionByName(facts, allowMissingColumns=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="*", help="URLs or patterns, instead of the config's")
    parser.add_argument("--config", required=True, help="guestbook's config, on the driver")
    parser.add_argument("--out", required=True, help="the folder of the batches, in any file system that Spark knows")
    parser.add_argument("--guestbook", default="guestbook", help="the program: its name among --files, or its path")
    parser.add_argument("--task-bytes", type=int, default=256 << 20, help="the size of the logs of a task (256 MiB)")
    parser.add_argument("--files", type=int, default=4, help="the number of files of a batch (4)")
    sys.exit(run(parser.parse_args()))


if __name__ == "__main__":
    main()
