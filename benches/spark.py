#!/usr/bin/env python3
"""Compares the Spark job with an ingest of the same logs: benches/spark.py LOG …

Divides the logs into 200 gzip files and reads them with `guestbook ingest` and with fleet/spark/guestbook.py on a local cluster of two executors
with a core each. A job of the same shape that reads nothing shows what Spark takes by itself. Needs a release build with the feature `cloud`, and the
Python environment of fleet/test.sh: run this script by its python.
"""

import argparse
import gzip
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import pyspark

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
GUESTBOOK = TARGET / "release" / "guestbook"
FILES = 200
CONFIG = """
[[logs]]
paths = ["{folder}/logs/*.gz"]
[terms]
pattern = '^/glossary/(?<term>[a-z0-9-]+)$'
"""
# The executors run this in place of guestbook. It adds the CPU seconds of each scan to a file.
TIMED = """#!{python}
import os, resource, subprocess, sys
code = subprocess.call(["{guestbook}", *sys.argv[1:]])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open("{folder}/cpu", "a") as file:
    file.write(f"{{used.ru_utime + used.ru_stime}}\\n")
sys.exit(code)
"""
EMPTY = """
import sys
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
if sys.argv[1:]:
    rows = spark.range(0, 18, 1, 18).mapInArrow(lambda batches: batches, "id long").persist()
    rows.filter(F.col("id") < 0).collect()
    rows.groupBy("id").agg(F.sum("id")).coalesce(4).write.parquet(sys.argv[1])
"""


def divide(logs, folder):
    """Writes the lines of the logs into gzip files of about the same size."""
    folder.mkdir()
    size = sum(os.path.getsize(log) for log in logs) // FILES
    count = 0
    for log in logs:
        with open(log, "rb") as source:
            while part := source.read(size):
                part += source.readline()
                with gzip.open(folder / f"{count:03}.log.gz", "wb", compresslevel=6) as file:
                    file.write(part)
                count += 1
    return size * FILES


def timed(command, folder):
    """Runs a command. Returns its wall time and its CPU time, in seconds."""
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ended = subprocess.run([str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(pathlib.Path(pyspark.__file__).parent / "work", ignore_errors=True)
    if ended.returncode != 0:
        sys.exit(f"{command} ended with {ended.returncode}: {ended.stderr[-3000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+")
    logs = parser.parse_args().logs
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        total = divide(logs, folder / "logs")
        (folder / "config.toml").write_text(CONFIG.format(folder=folder))
        (folder / "empty.py").write_text(EMPTY)
        program = folder / "guestbook"
        program.write_text(TIMED.format(python=sys.executable, guestbook=GUESTBOOK, folder=folder))
        program.chmod(0o755)
        submit = [shutil.which("spark-submit", path=str(pathlib.Path(sys.executable).parent)), "--master", "local-cluster[2,1,1024]",
                  "--conf", "spark.executor.memory=700m", "--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4"]
        ingest, ingest_cpu = timed([GUESTBOOK, "ingest", "--quiet"], folder)
        start, _ = timed([*submit, "empty.py"], folder)
        empty, _ = timed([*submit, "empty.py", folder / "empty"], folder)
        job, _ = timed([*submit, "--files", program, ROOT / "fleet/spark/guestbook.py", "--config", "config.toml", "--out", folder / "batches"], folder)
        scans = sum(float(line) for line in (folder / "cpu").read_text().split())
    print(f"{FILES} gzip files, {total / 1e9:.1f} GB of lines")
    print(f"ingest: {ingest:.1f} s, CPU {ingest_cpu:.1f} s")
    print(f"guestbook in the executors: CPU {scans:.1f} s, {scans / ingest_cpu:.2f} x that of the ingest")
    print(f"Spark's start: {start:.1f} s; a job without logs: {empty - start:.1f} s more")
    print(f"the job: {job - start:.1f} s beside the start, {(job - start) / ingest:.1f} x the ingest; {job - empty:.1f} s beside the job without logs")


if __name__ == "__main__":
    main()
