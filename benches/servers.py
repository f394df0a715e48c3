#!/usr/bin/env python3
"""Counts requests at real servers, and compares what guestbook and GoAccess count in their logs.

Starts nginx, Apache, Caddy, lighttpd and HAProxy on 127.0.0.1, each with the log format that it has by default, and
HAProxy with the user agent captured. A client sends requests and counts the answers. Between six rounds, the logs are
rotated as logrotate does it: renamed, or copied and truncated, and compressed a round later; guestbook reads every other
round. At the end, each term must have exactly the pings that the client has counted. Servers that are not installed
are left out. GoAccess reads all logs at once.

Usage: python3 benches/servers.py --program target/release/guestbook

Requires Python 3.9 or newer; on Debian: nginx, apache2, caddy, lighttpd, haproxy, goaccess. Apache needs root.
"""

import argparse
import collections
import gzip
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROUNDS = 6
REQUESTS = 80
AGENTS = [
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "Scrapy/2.11.2 (+https://scrapy.org)",
]
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

Server = collections.namedtuple("Server", "command config rotation goaccess")

SERVERS = {
    "nginx": Server(["nginx", "-c", "{d}/server.conf"], """
daemon off; pid {d}/pid; error_log {d}/error.log; events {{}}
http {{
    access_log {d}/access.log;
    client_body_temp_path {d}/b; proxy_temp_path {d}/p; fastcgi_temp_path {d}/f; uwsgi_temp_path {d}/u;
    scgi_temp_path {d}/s;
    server {{ listen 127.0.0.1:{port}; root {d}/www; }}
}}
""", signal.SIGUSR1, "COMBINED"),
    "apache2": Server(["apache2", "-X", "-f", "{d}/server.conf"], """
ServerRoot {d}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {d}/pid
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
User www-data
Group www-data
ErrorLog {d}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
CustomLog {d}/access.log combined
DocumentRoot {d}/www
<Directory {d}/www>
    Require all granted
</Directory>
""", "copytruncate", "COMBINED"),
    "caddy": Server(["caddy", "run", "--config", "{d}/server.conf", "--adapter", "caddyfile"], """
{{
    admin off
    auto_https off
}}
http://:{port} {{
    bind 127.0.0.1
    root * {d}/www
    log {{
        output file {d}/access.log
    }}
    file_server
}}
""", "copytruncate", "CADDY"),
    "lighttpd": Server(["lighttpd", "-D", "-f", "{d}/server.conf"], """
server.document-root = "{d}/www"
server.port = {port}
server.bind = "127.0.0.1"
server.modules = ("mod_accesslog")
accesslog.filename = "{d}/access.log"
server.pid-file = "{d}/pid"
""", signal.SIGHUP, "COMBINED"),
    "haproxy": Server(["haproxy", "-f", "{d}/server.conf"], """
global
    log 127.0.0.1:{log_port} len 8192 local0
defaults
    mode http
    log global
    option httplog
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend site
    bind 127.0.0.1:{port}
    capture request header User-Agent len 256
    http-request return status 200 content-type text/plain string "ok" if {{ path_beg /t/p }}
    http-request return status 404
""", None, None),
}


def store_messages(receiver, path):
    """Writes the messages that a server sends to syslog into a file, as they come."""
    with path.open("a") as log:
        while True:
            try:
                message = receiver.recv(9000).decode()
            except OSError:
                return
            log.write(message.partition(">")[2].rstrip("\n") + "\n")
            log.flush()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def send_requests(port, pings):
    """Sends the requests of a round, and counts those of agents that a page has answered."""
    for _ in range(REQUESTS):
        page = random.randrange(7)
        path, agent = f"/t/p{page}" if page < 5 else "/missing?x=1", random.choice([*AGENTS, PERSON])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path, headers={"User-Agent": agent})
        status = connection.getresponse().status
        connection.close()
        if status == 200 and agent != PERSON:
            pings[path.rpartition("/")[2]] += 1


def rotate(folder, rotation):
    """Rotates the log: the older ones are renamed, and the last but one is compressed."""
    for number in range(ROUNDS, 0, -1):
        for end in ("", ".gz"):
            log = folder / f"access.log.{number}{end}"
            if log.exists():
                log.rename(folder / f"access.log.{number + 1}{end}")
    before_last = folder / "access.log.2"
    if before_last.exists():
        before_last.with_name("access.log.2.gz").write_bytes(gzip.compress(before_last.read_bytes()))
        before_last.unlink()
    live = folder / "access.log"
    if rotation == "copytruncate":
        shutil.copyfile(live, folder / "access.log.1")
        os.truncate(live, 0)
    else:
        live.rename(folder / "access.log.1")
        os.kill(int((folder / "pid").read_text()), rotation)
    time.sleep(0.4)


def goaccess_total(folder, log_format):
    """Returns how many requests GoAccess counts in all logs, and how many lines it can't read."""
    if log_format is None or not shutil.which("goaccess"):
        return "-"
    logs = sorted(folder.glob("access.log*"), reverse=True)
    text = b"".join(gzip.decompress(log.read_bytes()) if log.suffix == ".gz" else log.read_bytes() for log in logs)
    report = folder / "goaccess.json"
    subprocess.run(["goaccess", "-", "--no-global-config", f"--log-format={log_format}", f"--output={report}"],
                   input=text.replace(b"\0", b""), check=True, capture_output=True)
    general = json.loads(report.read_text())["general"]
    return f"{general['total_requests']} ({general['failed_requests']} failed)"


def run_server(name, server, folder, program):
    """Runs one server. Returns a row of the table, and whether guestbook has counted what the client has."""
    port, receiver = free_port(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    (folder / "www/t").mkdir(parents=True)
    folder.chmod(0o777)
    for page in range(5):
        (folder / f"www/t/p{page}").write_text("x" * (10 + page))
    values = {"d": folder, "port": port, "log_port": receiver.getsockname()[1]}
    (folder / "server.conf").write_text(server.config.format(**values))
    (folder / "config.toml").write_text(
        "[[logs]]\npaths = [\"access.log*\"]\n[terms]\npattern = '^/t/(?<term>p[0-9])$'\n")
    if server.rotation is None:
        threading.Thread(target=store_messages, args=(receiver, folder / "access.log"), daemon=True).start()

    def guestbook(*args):
        return subprocess.run([program, *args], cwd=folder, capture_output=True, text=True, check=False)

    pings, codes = collections.Counter(), []
    command = [part.format(**values) for part in server.command]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "HOME": str(folder)})
    try:
        time.sleep(1.5)
        for number in range(ROUNDS):
            send_requests(port, pings)
            time.sleep(0.4)
            if number % 2 == 0:
                codes.append(guestbook("ingest", "--quiet").returncode)
            if number + 1 < ROUNDS and server.rotation is not None:
                rotate(folder, server.rotation)
    finally:
        process.terminate()
        process.wait()
        time.sleep(0.4)
    codes += [guestbook("ingest").returncode for _ in range(2)]
    receiver.close()
    report = json.loads(guestbook("report", "--format", "json", "--top", "20").stdout or '{"terms": []}')
    counted = {term["term"]: term["total_pings"] for term in report["terms"]}
    is_equal = counted == dict(pings) and not any(codes)
    row = [name, ROUNDS * REQUESTS, sum(pings.values()), sum(counted.values()), codes,
           goaccess_total(folder, server.goaccess)]
    return row, is_equal


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="target/release/guestbook")
    program = str(pathlib.Path(parser.parse_args().program).resolve())
    random.seed(7)
    print("server | requests sent | pings sent | pings counted | exit codes | GoAccess")
    are_equal = True
    for name, server in SERVERS.items():
        if not shutil.which(server.command[0]):
            print(f"{name} | not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            row, is_equal = run_server(name, server, pathlib.Path(folder), program)
        print(" | ".join(map(str, row)), flush=True)
        are_equal = are_equal and is_equal
    raise SystemExit(0 if are_equal else 1)


if __name__ == "__main__":
    main()
