#!/usr/bin/env python3
"""Tests that buckets are read as folders are: tests/cloud/run.py PROGRAM

PROGRAM is a guestbook with the feature `cloud`. The bucket is that of moto, a server that the tests start on 127.0.0.1, with
faults put between.
"""

import argparse
import gzip
import http.server
import json
import logging
import os
import pathlib
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import boto3
from moto.server import ThreadedMotoServer

from faults import Proxy

CONFIG = """
[[logs]]
paths = ["s3://logs/**/access*"]
[terms]
pattern = '^/t/(?<term>[^/]+)$'
"""

AGENTS = ["GPTBot/1.2", "ClaudeBot/1.0", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"]


def lines(day, count, seed=0):
    draw = random.Random(day * 1000 + seed)
    request = lambda at: (
        f'203.0.113.{draw.randrange(250)} - - [{day:02}/May/2026:{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02} +0000] '
        f'"GET /t/page-{draw.randrange(9)} HTTP/1.1" 200 {draw.randrange(9999)} "-" "{draw.choice(AGENTS)}"\n')
    return "".join(map(request, range(count))).encode()


class Site:
    """A folder with a config, and a bucket behind a proxy."""

    def __init__(self, program, folder, s3, proxy):
        self.program, self.folder, self.s3, self.proxy = program, pathlib.Path(folder), s3, proxy
        self.write("config.toml", CONFIG.encode())

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def put(self, key, content, acl="private"):
        self.s3.put_object(Bucket="logs", Key=key, Body=content, ACL=acl)

    def run(self, *args, code=0, env=None):
        self.proxy.take_requests()
        variables = {
            "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.proxy.port}",
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "secret-of-the-test", "AWS_REGION": "eu-central-1",
            **(env or {}),
        }
        variables = {name: value for name, value in variables.items() if value is not None}
        ended = subprocess.run([self.program, *args], cwd=self.folder, capture_output=True, text=True, env=variables)
        for text in [ended.stdout, ended.stderr]:
            assert "secret-of-the-test" not in text and "panicked" not in text, text
        assert ended.returncode == code, f"{args} ended with {ended.returncode}: {ended.stdout}{ended.stderr}"
        return ended.stdout + ended.stderr

    def rows(self, store="guestbook.db"):
        """The counts, by texts."""
        query = """SELECT day, t.name, u.text, trust, status, requests, bytes, first_seen FROM pings
                   JOIN term t ON t.id = term JOIN user_agent u ON u.id = user_agent"""
        with sqlite3.connect(self.folder / store) as connection:
            return sorted(connection.execute(query)) + sorted(connection.execute("SELECT * FROM coverage"))

    def rows_of_files(self, *texts):
        """The counts of an ingest of files with these texts."""
        for at, text in enumerate(texts):
            self.write(f"files/{at}.log", text)
        self.write("files.toml", CONFIG.replace("s3://logs/**/access*", "files/*").replace("[terms]", "[store]\npath = 'files.db'\n[terms]").encode())
        for file in self.folder.glob("files.db*"):
            file.unlink()
        self.run("--config", "files.toml", "ingest", "--quiet")
        return self.rows("files.db")

    def gets(self):
        """The requests for objects since the last run began, with their ranges."""
        requests = self.proxy.take_requests()
        return [(request, span) for request, span in requests if request.startswith("GET") and "list-type" not in request]


def a_bucket_is_read_as_a_folder_and_unchanged_objects_are_not_downloaded(site):
    texts = [lines(day, 900) for day in range(1, 5)]
    site.put("web/1/access.log", texts[0])
    site.put("web/2/access.log.gz", gzip.compress(texts[1]))
    site.put("web/with space/ä/access 3.log", texts[2])
    site.put("cdn/access-4.log", texts[3])
    site.put("web/1/error.log", b"not a log of requests\n" * 50)
    site.run("ingest")
    expected = site.rows_of_files(*texts)
    assert site.rows() == expected
    told = site.run("ingest")
    assert "4 objects unchanged" in told and "0 new lines" in told, told
    assert not site.gets()
    # Identity is content: a copy and a renamed object count once.
    site.put("web/copy/access.log", texts[0])
    site.s3.delete_object(Bucket="logs", Key="cdn/access-4.log")
    site.put("cdn/access-renamed.log", texts[3])
    assert "0 new lines" in site.run("ingest")
    assert site.rows() == expected
    assert not site.gets() or len(site.gets()) <= 2
    site.run("ingest")
    assert not site.gets()


def an_object_that_grew_is_read_from_its_offset(site):
    first, rest = lines(1, 20_000), lines(2, 500)
    site.put("access.log", first)
    site.run("ingest", "--quiet")
    site.put("access.log", first + rest)
    told = site.run("ingest")
    assert "Read 500 new lines" in told, told
    spans = [span for _, span in site.gets()]
    assert any(span.lower().startswith("range: bytes=") for span in spans), spans
    assert site.rows() == site.rows_of_files(first + rest)


def each_line_counts_once_whatever_the_network_does(site):
    texts = [lines(day, 30_000) for day in range(1, 4)]
    for day, text in enumerate(texts):
        site.put(f"access-{day}.log", text if day else gzip.compress(text))
    expected = site.rows_of_files(*texts)
    count = [0]

    def plan(request):
        count[0] += 1
        if "access-" in request and request.startswith("GET /logs/access"):
            return [("cut", 200_000), ("status", 500), ("status", 503), ("slow", 0.5), None][count[0] % 5]
        return ("status", 503) if count[0] % 3 == 1 else None

    site.proxy.plan = plan
    for _ in range(6):
        ended = subprocess_code(site, "ingest")
        if ended == 0:
            break
    assert site.rows() == expected
    site.proxy.plan = lambda request: None
    assert "0 new lines" in site.run("ingest")
    assert site.rows() == expected


def subprocess_code(site, *args):
    for code in [0, 2, 1]:
        try:
            site.run(*args, code=code)
            return code
        except AssertionError as error:
            if "ended with" not in str(error):
                raise
            return int(str(error).split("ended with ")[1].split(":")[0])


def an_object_that_is_replaced_while_it_is_read_is_left_for_the_next_run(site):
    old, new = lines(1, 40_000), lines(2, 700)
    site.put("access.log", old)
    has_replaced = []

    def plan(request):
        if request.startswith("GET /logs/access") and not has_replaced:
            has_replaced.append(True)
            site.put("access.log", new)

    site.proxy.plan = plan
    told = site.run("ingest")
    assert has_replaced and "0 new lines" in told, told
    site.proxy.plan = lambda request: None
    assert "Read 700 new lines" in site.run("ingest")
    assert site.rows() == site.rows_of_files(new)


def listings_have_any_number_of_pages(site):
    for at in range(2_300):
        site.put(f"many/{at % 7}/access-{at:05}.log", lines(1 + at % 20, 2, at))
    told = site.run("ingest")
    assert "Read 4,600 new lines" in told, told[-600:]
    pages = [request for request, _ in site.proxy.take_requests() if "list-type" in request]
    assert len(pages) >= 3, pages
    start = time.monotonic()
    assert "2,300 objects unchanged" in site.run("ingest")
    assert not site.gets(), "an unchanged object is downloaded"
    print(f"    2,300 unchanged objects: {time.monotonic() - start:.2f} s", end="")


def what_may_not_be_read_does_not_keep_the_rest_from_it(site):
    site.put("web/access.log", lines(1, 300))
    site.put("private/access.log", lines(2, 300))
    site.proxy.plan = lambda request: ("status", 403) if request.startswith("GET /logs/private") else None
    told = site.run("ingest", code=2)
    assert "s3://logs/private/access.log: permission denied" in told, told
    assert "Read 300 new lines" in told
    site.proxy.plan = lambda request: ("status", 403) if "list-type" in request else None
    told = site.run("ingest", code=1)
    assert "permission denied" in told and "list the bucket" in told, told


def messages_say_what_to_do(site):
    site.put("access.log", lines(1, 50))
    told = site.run("ingest", "s3://no-such-bucket/*.log", code=1)
    assert "is not there: check the bucket" in told, told
    told = site.run("ingest", "s3://logs/absent.log", code=1)
    assert "is not there" in told, told
    told = site.run("ingest", "s3://logs/nothing/*.log", code=1)
    assert "matches no object" in told, told
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"
    start = time.monotonic()
    told = site.run("ingest", code=1, env={"AWS_ENDPOINT_URL": nobody})
    assert "AWS_ENDPOINT_URL" in told, told
    assert time.monotonic() - start < 60
    keys = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_METADATA_ENDPOINT": nobody}
    told = site.run("ingest", code=1, env=keys)
    assert "AWS_ACCESS_KEY_ID" in told, told


def a_scan_of_a_bucket_merges_into_the_same_store(site):
    texts = [lines(day, 400) for day in range(1, 4)]
    for day, text in enumerate(texts):
        site.put(f"web/access-{day}.log.gz", gzip.compress(text))
    site.run("scan", "--quiet", "-o", "all.parquet")
    site.run("merge", "--quiet", "all.parquet")
    assert site.rows() == site.rows_of_files(*texts)


def a_bucket_of_google_is_read(site):
    """Google's XML interface lists and reads objects as S3 does, so that moto answers it. The requests are not signed."""
    key = json.dumps({"private_key": "", "private_key_id": "", "client_email": "", "disable_oauth": True})
    env = {"GOOGLE_BASE_URL": f"http://127.0.0.1:{site.proxy.port}", "GOOGLE_SERVICE_ACCOUNT_KEY": key}
    site.write("config.toml", CONFIG.replace("s3://", "gs://").encode())
    first, rest, other = lines(1, 3000), lines(2, 200), lines(3, 400)
    site.put("web/1/access.log", first, "public-read")
    site.put("web/with space/ä/access.log.gz", gzip.compress(other), "public-read")
    site.run("ingest", "--quiet", env=env)
    site.put("web/1/access.log", first + rest, "public-read")
    told = site.run("ingest", env=env)
    assert "Read 200 new lines" in told and "1 object unchanged" in told, told
    assert site.rows() == site.rows_of_files(first + rest, other)


def a_file_of_a_web_server_is_read(site):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=site.folder / "www")

        def log_message(self, *args):
            pass

    site.write("www/logs/access.log", lines(1, 200))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told = site.run("ingest", f"http://127.0.0.1:{server.server_port}/logs/access.log")
    assert "Read 200 new lines" in told, told
    server.shutdown()


TESTS = [
    a_bucket_is_read_as_a_folder_and_unchanged_objects_are_not_downloaded,
    an_object_that_grew_is_read_from_its_offset,
    each_line_counts_once_whatever_the_network_does,
    an_object_that_is_replaced_while_it_is_read_is_left_for_the_next_run,
    listings_have_any_number_of_pages,
    what_may_not_be_read_does_not_keep_the_rest_from_it,
    messages_say_what_to_do,
    a_scan_of_a_bucket_merges_into_the_same_store,
    a_bucket_of_google_is_read,
    a_file_of_a_web_server_is_read,
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("tests", nargs="*", help="the tests to run, by a part of their names")
    args = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    failures = 0
    for test in TESTS:
        if args.tests and not any(part in test.__name__ for part in args.tests):
            continue
        s3 = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-central-1",
            aws_access_key_id="test", aws_secret_access_key="test")
        s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Site(str(args.program.resolve()), folder, s3, Proxy(port)))
                print(f"ok: {test.__name__}", flush=True)
            except Exception:
                failures += 1
                print(f"FAILED: {test.__name__}\n{traceback.format_exc()}", flush=True)
        bucket = boto3.resource(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-central-1",
            aws_access_key_id="test", aws_secret_access_key="test").Bucket("logs")
        bucket.objects.all().delete()
        bucket.delete()
    server.stop()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
