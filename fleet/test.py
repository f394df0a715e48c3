#!/usr/bin/env python3
"""Tests the Spark job on a local cluster with separate executors: fleet/test.py PROGRAM

PROGRAM is a guestbook with the feature `cloud`. The logs are in the bucket of moto, a server that the test starts on 127.0.0.1.
"""

import argparse
import gzip
import json
import logging
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import boto3
import pyspark
from moto.server import ThreadedMotoServer

FLEET = pathlib.Path(__file__).resolve().parent
CONFIG = """
[[logs]]
paths = ["s3://logs/**"]
[terms]
pattern = '^/t/(?<term>[^/]+)$'
catalog = "terms.toml"
"""
TERMS = """
[[term]]
term = "seven"
title = "Page seven"
aliases = ["page-7"]
"""
AGENTS = ["GPTBot/1.2", "ClaudeBot/1.0", "Amazonbot/0.1", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"]
EXECUTOR = "CoarseGrainedExecutorBackend"


def requests(seed, count):
    draw = random.Random(seed)
    day, at = 1 + seed % 25, draw.randrange(40_000)
    for number in range(count):
        at += draw.randrange(2)
        yield {
            "ip": f"203.0.113.{draw.randrange(250)}", "day": day, "time": f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}",
            "epoch": 1777593600 + (day - 1) * 86400 + at, "path": f"/t/page-{draw.randrange(30)}", "number": number,
            "status": draw.choice([200, 200, 200, 404]), "bytes": draw.randrange(9000), "agent": draw.choice(AGENTS),
        }


def combined(all):
    return "".join('{ip} - - [{day:02}/May/2026:{time} +0000] "GET {path} HTTP/1.1" {status} {bytes} "-" "{agent}"\n'.format(**it)
                   for it in all)


def caddy(all):
    return "".join(json.dumps({
        "level": "info", "ts": it["epoch"] + 0.5, "logger": "http.log.access", "msg": "handled request",
        "request": {"remote_ip": it["ip"], "proto": "HTTP/2.0", "method": "GET", "host": "site.example", "uri": it["path"],
                    "headers": {"User-Agent": [it["agent"]]}},
        "duration": 0.01, "size": it["bytes"], "status": it["status"]}) + "\n" for it in all)


def w3c(all):
    head = "#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem sc-status sc-bytes cs(User-Agent)\n"
    return head + "".join("2026-05-{day:02} {time} {ip} GET {path} {status} {bytes} {name}\n".format(
        name=it["agent"].replace(" ", "+"), **it) for it in all)


def vhost(all):
    return "".join("site.example:443 " + line + "\n" for line in combined(all).splitlines())


def nginx_json(all):
    return "".join(json.dumps({
        "time_iso8601": f"2026-05-{it['day']:02}T{it['time']}+00:00", "remote_addr": it["ip"], "request_method": "GET",
        "request_uri": it["path"], "status": it["status"], "body_bytes_sent": it["bytes"], "http_user_agent": it["agent"]}) + "\n"
        for it in all)


FORMATS = [combined, caddy, w3c, vhost, nginx_json]


class Fleet:
    def __init__(self, program, folder, port):
        self.program, self.folder = program, folder
        self.environment = {
            **os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-central-1", "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1",
        }
        self.s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-central-1",
                               aws_access_key_id="test", aws_secret_access_key="test")
        (folder / "config.toml").write_text(CONFIG)
        (folder / "terms.toml").write_text(TERMS)

    def guestbook(self, *args, code=0):
        ended = subprocess.run([self.program, *args], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        assert ended.returncode == code, f"{args}: {ended.stdout}{ended.stderr}"
        return ended.stdout + ended.stderr

    def spark(self, code=0, beside=None, config="config.toml", out="batches"):
        """Runs the job. Calls `beside` in a thread while it runs."""
        command = [
            shutil.which("spark-submit", path=str(pathlib.Path(sys.executable).parent)), "--master", "local-cluster[2,1,1024]",
            "--conf", "spark.executor.memory=700m", "--conf", "spark.ui.enabled=false", "--conf", "spark.speculation=true",
            "--conf", "spark.speculation.quantile=0.5", "--conf", "spark.speculation.multiplier=1.2",
            "--conf", "spark.sql.shuffle.partitions=4", "--files", f"{self.program},{self.folder}/terms.toml",
            str(FLEET / "spark/guestbook.py"), "--config", str(self.folder / config), "--out", str(self.folder / out),
            "--guestbook", os.path.basename(self.program), "--task-bytes", "120000",
        ]
        start = time.monotonic()
        job = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        helper = threading.Thread(target=beside or (lambda: None), daemon=True)
        helper.start()
        out, error = job.communicate(timeout=600)
        # A local cluster leaves the files of each executor beside PySpark.
        shutil.rmtree(pathlib.Path(pyspark.__file__).parent / "work", ignore_errors=True)
        assert job.returncode == code, f"the job ended with {job.returncode}: {out}{error[-6000:]}"
        print(f"  job: {time.monotonic() - start:.1f} s: {out.strip().splitlines()[-1]}", flush=True)
        return out + error

    def rows(self, store):
        queries = [
            "SELECT * FROM coverage",
            """SELECT day, t.name, u.text, r.name, trust, status, requests, bytes, first_seen FROM pings JOIN term t ON t.id = term
               JOIN user_agent u ON u.id = user_agent JOIN request_type r ON r.id = request""",
            "SELECT day, t.name, c.name, views FROM views JOIN term t ON t.id = term JOIN came_from c ON c.id = came_from",
            "SELECT day, path, u.text, code, requests FROM failure JOIN user_agent u ON u.id = user_agent",
            "SELECT day, hour, u.text, requests FROM hour JOIN user_agent u ON u.id = user_agent",
            "SELECT head_hash, offset, tail_hash, lines, first_line, malformed, format FROM cursor",
            "SELECT second, hash, visitor, line, is_tail FROM anchor",
        ]
        with sqlite3.connect(self.folder / store) as connection:
            return [sorted(connection.execute(query), key=repr) for query in queries]

    def check(self, what):
        """Merges all batches, and compares the store with that of an ingest of the bucket."""
        for file in [*self.folder.glob("plain.db*"), *self.folder.glob("merged.db*")]:
            file.unlink()
        (self.folder / "plain.toml").write_text(CONFIG + '[store]\npath = "plain.db"\n')
        told = self.guestbook("--config", "plain.toml", "ingest")
        merged = self.guestbook("merge", "--into", "merged.db", "batches")
        ingested = self.rows("plain.db")
        assert len(ingested[1]) > 1000 and any("seven" in row for row in ingested[1]), told
        for one, other in zip(self.rows("merged.db"), ingested):
            assert one == other, f"{what}: {len(one)} rows of {len(other)}: {sorted(set(one) ^ set(other), key=repr)[:6]}"
        again = self.guestbook("merge", "--into", "merged.db", "batches")
        assert "added 0 sources" in again and self.rows("merged.db") == ingested, again
        print(f"ok: {what}: {merged.strip().splitlines()[-1]}", flush=True)


def kill_an_executor():
    """Kills one of the executors once they are at work."""
    for _ in range(600):
        found = subprocess.run(["pgrep", "-f", EXECUTOR], capture_output=True, text=True, check=False).stdout.split()
        scans = subprocess.run(["pgrep", "-f", "guestbook.* scan --quiet"], capture_output=True, text=True, check=False).stdout.split()
        if len(found) >= 2 and scans:
            os.kill(int(found[0]), signal.SIGKILL)
            print("  killed an executor", flush=True)
            return
        time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    program = parser.parse_args().program.resolve()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(str(program), pathlib.Path(folder), port)
        fleet.s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        put = lambda key, body: fleet.s3.put_object(Bucket="logs", Key=key, Body=body)
        for number in range(200):
            text = FORMATS[number % 5](requests(number, 100 + number * 7 % 900)).encode()
            put(f"{number % 4}/{FORMATS[number % 5].__name__}-{number:03}.log.gz", gzip.compress(text)) if number % 3 else put(
                f"{number % 4}/{FORMATS[number % 5].__name__}-{number:03}.log", text)
        put("1/copy-of-003.log", FORMATS[3](requests(3, 100 + 21)).encode())
        put("!empty.log", b"")
        # Responses that claim to be so large that their sum is none.
        huge = {**next(requests(2, 1)), "agent": AGENTS[0], "status": 200, "path": "/t/huge", "bytes": 9_000_000_000_000_000_000}
        for hour in ["10", "11"]:
            put(f"{hour}/huge.log", combined([{**huge, "time": f"{hour}:00:00"}]).encode())
        put("1/[key] {of} a pattern?*.log", combined(requests(400, 500)).encode())
        broken = gzip.compress(combined(requests(500, 5000)).encode())
        put("2/broken.log.gz", broken[: len(broken) // 2])
        # More logs of one task than are told one by one.
        for number in range(6):
            put(f"2/cut-{number}.log.gz", gzip.compress(combined(requests(600 + number, 3000)).encode())[:4000])
        told = fleet.spark(code=2, beside=kill_an_executor)
        assert told.count("left out") == 7 and "broken.log.gz" in told, told
        put("2/broken.log.gz", broken)
        for number in range(6):
            put(f"2/cut-{number}.log.gz", gzip.compress(combined(requests(600 + number, 3000)).encode()))
        told = fleet.spark()
        assert "205 of them in earlier batches" in told, told
        fleet.check("an executor killed, a copy and a broken object, which was mended")
        told = fleet.spark()
        assert "212 of them in earlier batches" in told and len(list((fleet.folder / "batches").iterdir())) == 2, told
        put("3/added.log.gz", gzip.compress(combined(requests(700, 800)).encode()))
        fleet.spark()
        fleet.check("the job run again, and an object added between")
        # Objects that have grown, a short one and a long one, are named and left out.
        put("3/short.log", combined(requests(800, 9)).encode())
        fleet.spark()
        put("3/short.log", combined(requests(800, 900)).encode())
        put("1/copy-of-003.log", FORMATS[3](requests(3, 700)).encode())
        told = fleet.spark(code=2)
        assert "3/short.log: starts as" in told and "1/copy-of-003.log: starts as" in told, told
        assert len(list((fleet.folder / "batches").iterdir())) == 4, told
        fleet.guestbook("merge", "--into", "again.db", "batches")
        # Files, of which two are equal and are in different tasks.
        (fleet.folder / "files").mkdir()
        for name in ["a.log", "b.log"]:
            (fleet.folder / "files" / name).write_text(combined(requests(900, 900)))
        (fleet.folder / "files.toml").write_text(CONFIG.replace("s3://logs/**", "files/*"))
        fleet.spark(config="files.toml", out="of-files")
        merged = fleet.guestbook("--config", "files.toml", "merge", "--into", "files.db", "of-files")
        assert "added 1 source with 900 lines" in merged, merged
        print("ok: objects that have grown", flush=True)
    server.stop()


if __name__ == "__main__":
    main()
