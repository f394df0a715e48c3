"""Looks at the pages in headless Chromium: `run.py PROGRAM [--pictures FOLDER]`.

Every page of the sample site and of a large one, at three widths, light and dark, with and without script, under a strict policy:
no error, no request off the site, nothing overflows, no violation of WCAG 2.1 A and AA that axe-core finds; sorting and searching
by keyboard; and each way to embed a guestbook.
"""

import argparse
import pathlib
import re
import shutil
import sys
import tempfile

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

import sites

WIDTHS = [320, 768, 1280]
PAGES = [
    "index.html", "index-7.html", "index-365.html", "terms.html", "agents.html", "unknown.html",
    "requests.html", "people.html", "coverage.html",
]
SAMPLE_PAGES = [*PAGES, "pages/asyncio.html", "families/chatgpt.html", "agents/gptbot.html"]
DRAWN_PAGES = [
    *PAGES, "terms-2.html", "terms-31.html", "pages/term-1.html", "pages/term-2.html",
    "pages/term-3.html", "pages/term-4.html", "pages/never.html", "families/claude.html",
]
AXE_RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}

failures = []


def check(condition, words):
    if not condition:
        failures.append(words)
        print("FAILED", words, file=sys.stderr)


def watched(context, base):
    """Opens a page whose errors and requests are recorded."""
    page = context.new_page()
    page.on("console", lambda message: check(message.type != "error", f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: check(False, f"{page.url}: {error}"))
    page.on("request", lambda request: check(
        request.url.startswith((base, "data:")), f"{page.url} asks for {request.url}"))
    return page


def check_layout(browser, base, pages, has_script, dark):
    scheme = "dark" if dark else "light"
    context = browser.new_context(java_script_enabled=has_script, color_scheme=scheme)
    page = watched(context, base)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for name in pages:
            page.goto(base + name)
            size = page.locator("html").bounding_box()
            main = page.locator("main").bounding_box()
            words = f"{name} at {width}, {scheme}, script {has_script}"
            check(page.locator("h1").count() == 1, f"{words}: no heading")
            check(main["x"] >= 0 and main["x"] + main["width"] <= width, f"{words}: {main} {size}")
            if has_script:
                overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                check(overflow <= 0, f"{words}: {overflow} px too wide")
    context.close()


def check_accessibility(browser, base, pages):
    for scheme in ["light", "dark"]:
        # axe-core is put into the page, which a policy would not let in.
        context = browser.new_context(color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        for name in pages:
            page.goto(base + name)
            result = Axe().run(page, options=AXE_RULES)
            check(len(result.response["passes"]) > 5, f"{name}: axe-core looked at nothing")
            for violation in result.response["violations"]:
                places = [node["html"][:160] for node in violation["nodes"][:3]]
                check(False, f"{name}, {scheme}: {violation['id']}: {places}")
        context.close()


def column(page, table, at):
    cells = page.locator(f"section[aria-labelledby='{table}'] tbody tr:not([hidden]) > *:nth-child({at})")
    return cells.all_inner_texts()


def check_keyboard(browser, base):
    context = browser.new_context()
    page = watched(context, base)
    page.goto(base + "agents.html")
    header = page.locator("section[aria-labelledby='agents'] thead th", has_text="Pings")
    header.locator("button").focus()
    page.keyboard.press("Enter")
    check(header.get_attribute("aria-sort") == "descending", "the first press sorts most first")
    page.keyboard.press("Enter")
    numbers = [int(text.replace(",", "")) for text in column(page, "agents", 4)]
    check(len(numbers) > 3 and numbers == sorted(numbers), f"sorted by pings: {numbers}")
    page.goto(base + "terms.html")
    first = column(page, "terms", 1)
    check(len(first) == 100, f"a page of the list has 100 terms, not {len(first)}")
    page.get_by_label("Find a term").focus()
    page.keyboard.type("term-2999")
    rows = page.locator("section[aria-labelledby='terms'] tbody tr")
    expect(rows).to_have_count(1)
    check(column(page, "terms", 1) == ["term-2999"], "the search finds a term of another page")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    expect(rows).to_have_count(100)
    page.locator("section[aria-labelledby='terms'] thead th", has_text="All time").locator("button").press("Enter")
    page.wait_for_timeout(200)
    totals = [int(text) for text in column(page, "terms", 4)]
    check(totals == sorted(totals, reverse=True) and totals[0] >= 3, f"sorted by all time: {totals[:5]}")
    context.close()


def check_download(browser, base):
    """Saves a table that is in its link, which the policy must permit."""
    context = browser.new_context(java_script_enabled=False)
    page = watched(context, base)
    page.goto(base + "pages/asyncio.html")
    with page.expect_download() as download:
        page.get_by_role("link", name="Request types, all time as CSV").click()
    lines = download.value.path().read_bytes().split(b"\r\n")
    check(lines[0] == b"type,pings" and lines[1].startswith(b"crawler,"), f"a table as CSV: {lines[:2]}")
    check(download.value.suggested_filename == "types.csv", download.value.suggested_filename)
    context.close()


def check_embedding(browser, folder, base):
    """Puts the lines of a term's page into host pages, as a site owner would."""
    context = browser.new_context()
    page = watched(context, base)
    page.goto(base + "pages/asyncio.html")
    snippets = page.locator(".snippet code").all_inner_texts()
    check(len(snippets) == 4, f"four ways to embed, not {len(snippets)}")
    local = [text.replace("https://glossary.example/guestbook/", base) for text in snippets]
    script, frame, picture, badge = local
    host = '<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="icon.svg"><body><p>Before</p>\n{}\n<p>After</p>'
    rtl = host.replace('lang="en"', 'lang="ar" dir="rtl"')

    (folder / "host-script.html").write_text(host.format(script))
    page.goto(base + "host-script.html")
    expect(page.locator("ai-guestbook h2")).to_be_visible()
    box = page.locator("ai-guestbook").bounding_box()
    check(box["height"] > 200 and box["width"] > 300, f"the element sizes itself: {box}")
    words = page.evaluate("document.querySelector('ai-guestbook').shadowRoot.textContent")
    check("53 of all time" in words and "Amazonbot" in words, f"the element shows the counts: {words[:300]}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        check(page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"the element fits {width}")

    quiet = browser.new_context(java_script_enabled=False)
    page = watched(quiet, base)
    page.goto(base + "host-script.html")
    check(page.locator("img").bounding_box()["height"] > 200, "the picture shows without script")

    # A fragment has its style in it, so its policy has the style's hash, as docs/deploy.md says.
    policy = re.search(r'Content-Security-Policy "([^"]+)"', (sites.ROOT / "docs/deploy.md").read_text()).group(1)
    other = sites.serve(folder, policy.replace("default-src 'none'", "default-src 'none'; frame-src 'self'"))
    page = watched(context, other)
    for at, lines in enumerate([frame, picture, badge]):
        (folder / f"host-{at}.html").write_text(host.format(lines.replace(base, other)))
        page.set_viewport_size({"width": 1000, "height": 900})
        page.goto(f"{other}host-{at}.html")
        check(page.locator("body").bounding_box()["height"] > 20, f"{lines} shows")
    page.goto(other + "host-0.html")
    inner = page.frames[1]
    inner.wait_for_load_state()
    heights = inner.evaluate("[document.documentElement.scrollHeight, innerHeight]")
    check(heights[0] <= heights[1], f"the frame is high enough: {heights}")

    # Included in a page that is written from right to left, the numbers keep their side.
    fragment = (folder / "terms/asyncio.html").read_text()
    (folder / "host-rtl.html").write_text(rtl.format(fragment))
    page.goto(other + "host-rtl.html")
    first, last = [page.locator(".gb-days li").nth(at).bounding_box()["x"] for at in [0, 29]]
    check(first < last, "the days run from left to right")
    # A theme's own rules for lists and tables leave the fragment as it is.
    (folder / "theme.css").write_text("li { margin: 3em } h3 { font-size: 4em } table { font-size: 3em }")
    (folder / "host-theme.html").write_text(
        host.format(fragment).replace("<title>", '<link rel="stylesheet" href="theme.css"><title>'))
    page.goto(other + "host-theme.html")
    check(page.locator(".ai-guestbook").bounding_box()["height"] < 620, "a theme does not tear it apart")
    context.close()


def take_pictures(browser, base, out):
    for name in ["index.html", "terms.html", "pages/asyncio.html", "families/chatgpt.html", "requests.html"]:
        for scheme in ["light", "dark"] if name == "index.html" else ["light"]:
            context = browser.new_context(color_scheme=scheme, viewport={"width": 1000, "height": 1100})
            page = context.new_page()
            page.goto(base + name)
            file = name.replace("/", "-").replace(".html", "" if scheme == "light" else "-dark")
            page.screenshot(path=out / f"{file}.png")
            context.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    args = parser.parse_args()
    program = args.program.resolve()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        sample = sites.sample_site(program, pathlib.Path(one))
        drawn = sites.drawn_site(program, pathlib.Path(two))
        sample_url, drawn_url = sites.serve(sample), sites.serve(drawn)
        large = [path.name for path in drawn.rglob("*.html") if path.stat().st_size > 200_000]
        check(not large, f"pages of more than 200 kB: {large}")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            if args.pictures:
                take_pictures(browser, sample_url, args.pictures)
                return
            for base, pages in [(sample_url, SAMPLE_PAGES), (drawn_url, DRAWN_PAGES)]:
                for has_script in [True, False]:
                    for dark in [False, True]:
                        check_layout(browser, base, pages, has_script, dark)
                check_accessibility(browser, base, pages)
            check_keyboard(browser, drawn_url)
            check_download(browser, sample_url)
            check_embedding(browser, sample, sample_url)
            browser.close()
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
