"""Makes the sites that the browser tests look at, and serves them on 127.0.0.1."""

import http.server
import pathlib
import shutil
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The strictest policy that a site owner can send: nothing inline, nothing from elsewhere.
STRICT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'"
)

TERMS = 3000
AGENTS = ["GPTBot/1.2", "ClaudeBot/1.0", "Googlebot/2.1", "PerplexityBot/1.0", "ReaderOfThingsBot/0.3"]
TITLES = {
    "term-1": "W" * 10_000,
    "term-2": "日本語の用語集における非同期処理とイベントループの長い題名",
    "term-3": "מילון של המונחים HTML 5 (2026)",
    "term-4": "<img src=x onerror=alert(1)>",
    "term-5": "\u202etitle that turns around",
}


def guestbook(program, folder, *args):
    return subprocess.run([program, *args], cwd=folder, check=True, capture_output=True, text=True).stdout


def sample_site(program, folder):
    """Publishes the sample site. Returns the folder of its pages."""
    shutil.copy(ROOT / "config.toml", folder)
    shutil.copytree(ROOT / "samples", folder / "samples")
    guestbook(program, folder, "nightly", "--quiet")
    guestbook(program, folder, "nightly", "--quiet")
    return folder / "reports"


def drawn_site(program, folder):
    """Publishes a site with 3,000 terms, of which some have titles that are hard to set."""
    (folder / "config.toml").write_text(
        '[site]\nname = "Drawn & <b>large</b>"\n[[logs]]\npaths = ["access.log"]\n'
        "[terms]\npattern = '^/t/(?<term>[^/]+)$'\ncatalog = \"terms.toml\"\n"
        '[reports]\nformats = ["html", "svg", "json", "badge", "narrow"]\n'
    )
    catalogue = "".join(
        f"[[term]]\nterm = \"{term}\"\ntitle = '{title}'\n" for term, title in TITLES.items()
    )
    (folder / "terms.toml").write_text(catalogue + '[[term]]\nterm = "never"\n')
    with open(folder / "access.log", "w") as log:
        for number in range(TERMS):
            for at in range(number % 4 + 1):
                agent = AGENTS[(number + at) % len(AGENTS)]
                day = (number * 7 + at * 3) % 30 + 1
                log.write(
                    f"203.0.113.{at} - - [{day:02}/Apr/2026:10:{at:02}:00 +0000] "
                    f'"GET /t/term-{number} HTTP/1.1" {404 if at == 3 else 200} 512 "-" "{agent}"\n'
                )
    guestbook(program, folder, "nightly", "--quiet", "--as-of", "2026-04-30")
    return folder / "reports"


class Handler(http.server.SimpleHTTPRequestHandler):
    policy = STRICT_POLICY

    def end_headers(self):
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *_):
        pass


def serve(folder, policy=STRICT_POLICY):
    """Serves a folder. Returns its URL."""
    handler = type("PolicyHandler", (Handler,), {"policy": policy})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *args: handler(*args, directory=folder)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"
