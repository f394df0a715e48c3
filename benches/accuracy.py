#!/usr/bin/env python3
"""Measures how well guestbook distinguishes agents from people, and how well it names AI agents.

The user agents come from public collections that ship in packages: lists of crawlers, lists of
people's browsers, and lists of AI agents with a name, an operator and a kind. The script downloads
the packages with `npm`, `pip` and `cargo`, runs `guestbook classify` on every user agent, and prints:

1. recall: the share of crawlers, bots and libraries of the collections that are recognised as agents;
2. people: the share of browsers of the collections that are wrongly taken for agents;
3. AI agents: how often name, family and purpose agree with the collection's label;
4. difficult cases: user agents written for this script that are easily misclassified;
5. the errors, as `user agent | expected | got`.

Usage:

    cargo build --release
    python3 benches/accuracy.py --program target/release/guestbook
    python3 benches/accuracy.py --program target/release/guestbook --held-out

The user agents that only the latest collections contain are split into two halves by a hash. Without
`--held-out`, the script uses the open part (everything but the held-out half) and prints its errors; use
those to improve the catalogue. With `--held-out`, it uses the held-out half and prints only figures.
`--packages DIR` keeps the downloads for the next run, `--misses FILE` writes all errors of the open part
as a table, and `--check` exits with 1 if a figure misses its target. If a package cannot be downloaded,
the script prints a warning and goes on without it.

The labels of the collections alone decide which answers are right. A user agent that one collection
calls a crawler and another a browser is left out.

Requires Python 3.9 or newer, `npm`, `pip` and `cargo`. Only the standard library is used.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

Package = collections.namedtuple("Package", "kind name version licence")
Collected = collections.namedtuple("Collected", "name crawlers people ai")
Label = collections.namedtuple("Label", "user_agent name operator purposes")
Miss = collections.namedtuple("Miss", "kind user_agent expected got")

# Collections whose second list is not limited to people's browsers. It has everything that is not a crawler,
# including apps, mail programs, and headers that are not a user agent; or all browser engines, including
# headless ones and those of Outlook and App Engine.
BROAD_PEOPLE_LISTS = ("crawlerdetect", "isbot", "uap-core", "random_user_agent")

# Collections of which half is still held out. The others were split in the same way until 26 November 2026.
HALF_HELD_OUT_COLLECTIONS = ("isbot-rs", "uap-core")

MISSES_PRINTED = 200
RECALL_TARGET = 99.5
PEOPLE_TARGET = 0.05
AI_TARGET = 97.0

# ---------------------------------------------------------------------------------------------
# Packages
# ---------------------------------------------------------------------------------------------

# kind: npm, wheel, sdist or crate. The licence is the package's own.
PACKAGES = {
    "crawler-user-agents": Package("wheel", "crawler-user-agents", "1.67.0", "MIT"),
    "crawlerdetect": Package("sdist", "crawlerdetect", "0.4.2", "MIT"),
    "isbot": Package("npm", "isbot", "2.2.1", "MIT"),
    "device-detector": Package("wheel", "device_detector", "6.5.1", "MIT, fixtures LGPL-3.0"),
    "woothee": Package("npm", "woothee", "1.11.1", "Apache-2.0"),
    "ua-parser": Package("npm", "ua-parser", "0.3.5", "MIT or Apache-2.0"),
    "ua-parser-js": Package("npm", "ua-parser-js", "1.0.2", "MIT"),
    "random-useragent": Package("npm", "random-useragent", "0.5.0", "MIT"),
    "user-agents": Package("npm", "user-agents", "2.1.198", "BSD-2-Clause"),
    "top-user-agents": Package("npm", "top-user-agents", "2.1.138", "MIT"),
    "fake-useragent": Package("wheel", "fake-useragent", "2.2.0", "Apache-2.0"),
    "real-user-agents": Package("npm", "@ulixee/real-user-agents", "2.0.0-alpha.34", "MIT"),
    "random_user_agent": Package("wheel", "random_user_agent", "1.0.1", "MIT"),
    "isbot-rs": Package("crate", "isbot", "0.1.3", "MIT"),
    "uap-core": Package("crate", "uaparser", "0.6.4", "MIT, tests Apache-2.0"),
    "is-crawler": Package("sdist", "is-crawler", "1.5.25", "Apache-2.0"),
    "cloudflare-bots": Package("npm", "cloudflare-bot-directory", "1.0.48", "MIT, data CC-BY-NC-4.0"),
    "ai-crawler-index": Package("wheel", "ai-crawler-index", "1.3.0", "MIT, data CC0-1.0"),
    "ai.robots.txt": Package("wheel", "django-bots", "1.2.3", "MIT"),
}


def download_command(package, folder):
    """Returns the command that downloads a package's archive into a folder."""
    if package.kind == "npm":
        return ["npm", "pack", "--silent", "--pack-destination", str(folder),
                f"{package.name}@{package.version}"]
    kind = "--only-binary" if package.kind == "wheel" else "--no-binary"
    return [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
            "--no-deps", kind, package.name, "--dest", str(folder),
            f"{package.name}=={package.version}"]


def unpack(archive, folder):
    """Unpacks a wheel or a tar archive into a folder."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)
        return
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(folder, filter="data")
        else:
            tar.extractall(folder)


def vendor(package, home):
    """Puts a crate's files into a folder. cargo cannot download a single crate, so a project that needs it is vendored."""
    project = home / "project"
    (project / "src").mkdir(parents=True, exist_ok=True)
    (project / "src/lib.rs").touch()
    (project / "Cargo.toml").write_text(
        f'[package]\nname = "project"\n[workspace]\n[dependencies]\n{package.name} = "={package.version}"\n')
    subprocess.run(["cargo", "vendor", "--quiet", "vendored"], cwd=project, check=True, timeout=300,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    (project / "vendored" / package.name).rename(home / "files")


def fetch(key, packages_folder):
    """Returns the folder with a package's files, and downloads the package if necessary."""
    package = PACKAGES[key]
    home = packages_folder / f"{key}-{package.version}"
    files = home / "files"
    if files.is_dir():
        return files
    home.mkdir(parents=True, exist_ok=True)
    if package.kind == "crate":
        vendor(package, home)
        return files
    subprocess.run(download_command(package, home), check=True, timeout=300,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    archives = sorted(home.glob("*.whl")) + sorted(home.glob("*.t*gz"))
    if not archives:
        raise FileNotFoundError("no archive after the download")
    unpack(archives[0], home / "unpacking")
    (home / "unpacking").rename(files)
    return files


def find_file(folder, pattern):
    """Returns the first file of a package whose path ends with a pattern."""
    found = sorted(folder.rglob(pattern))
    if not found:
        raise FileNotFoundError(f"no {pattern}")
    return found[0]


def read_text(path):
    """Returns the text of a file."""
    return path.read_text(encoding="utf-8", errors="replace")


def read_json(folder, pattern):
    """Parses the JSON file of a package whose path ends with a pattern."""
    return json.loads(read_text(find_file(folder, pattern)))


def read_lines(folder, pattern):
    """Returns the lines of the text file of a package whose path ends with a pattern."""
    return read_text(find_file(folder, pattern)).splitlines()


# ---------------------------------------------------------------------------------------------
# A parser for the subset of YAML that test fixtures use
# ---------------------------------------------------------------------------------------------

KEY_LINE = re.compile(r"([\w.-]+):(?:\s+(.*))?$")


def unquoted(scalar):
    """Returns a YAML scalar without its quotes."""
    scalar = scalar.strip()
    if len(scalar) >= 2 and scalar[0] == scalar[-1] == "'":
        return scalar[1:-1].replace("''", "'")
    if len(scalar) >= 2 and scalar[0] == scalar[-1] == '"':
        return scalar[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return scalar


def yaml_records(text):
    """Yields the items of a YAML list of maps, each as a flat map with keys such as `bot.producer.name`."""
    record, item_indent, path = None, None, []
    for line in text.splitlines():
        body = line.lstrip(" ")
        indent = len(line) - len(body)
        if not body or body.startswith("#") or body.startswith("---"):
            continue
        if body == "-" or body.startswith("- "):
            if item_indent is None:
                item_indent = indent
            if indent != item_indent:
                continue
            if record:
                yield record
            record, path = {}, []
            indent, body = indent + 2, body[2:].lstrip(" ")
        key_line = KEY_LINE.match(body)
        if record is None or not key_line:
            continue
        while path and path[-1][0] >= indent:
            path.pop()
        path.append((indent, key_line[1]))
        record[".".join(key for _, key in path)] = unquoted(key_line[2] or "")
    if record:
        yield record


# ---------------------------------------------------------------------------------------------
# Collections
# ---------------------------------------------------------------------------------------------

# The purposes that correspond to a collection's kind of AI agent. If several fit the kind, each of them is
# right: an "AI Data Scraper" collects data for training, or is a scraping service.
PURPOSES = {
    # device-detector
    "AI Data Scraper": {"training", "scraper"},
    "AI Search Crawler": {"ai-search"},
    "AI Assistant": {"ai-assistant"},
    "AI Agent": {"ai-agent"},
    # ai-crawler-index
    "ai-training": {"training"},
    "ai-search": {"ai-search"},
    "user-fetch": {"ai-assistant", "ai-agent"},
    "dataset": {"training", "scraper"},
    # ai.robots.txt
    "AI Assistants": {"ai-assistant"},
    "AI Data Scrapers": {"training", "scraper"},
    "AI data scraper": {"training", "scraper"},
    "AI Data Providers": {"training", "scraper", "ai-search"},
    "AI Search Crawlers": {"ai-search"},
    "AI Agents": {"ai-agent"},
    "AI Coding Agents": {"ai-agent"},
    "LLM training.": {"training"},
    "AI model training.": {"training"},
    "Training language models": {"training"},
    "AI LLM Scraper.": {"training"},
    "Collects data for AI search": {"ai-search"},
}

# Names that a collection lists although no crawler has them in its user agent (they are for robots.txt only),
# or that are too common as words to identify a crawler.
NOT_IN_USER_AGENTS = {
    "Applebot-Extended", "Google-Extended", "Code", "Cursor", "Spider", "Operator", "LCC", "Google-Firebase",
}


def user_agent_of(name):
    """Returns a user agent in the usual form, for collections that have only the names of agents."""
    return f"Mozilla/5.0 (compatible; {name})" if "/" in name else f"Mozilla/5.0 (compatible; {name}/1.0)"


def name_in_pattern(pattern):
    """Returns the name that a simple pattern matches, such as `claudebot` for `[cC]laude[bB]ot`, or None."""
    name = re.sub(r"\[(\w)\w\]", r"\1", pattern).replace("\\", "").rstrip("/")
    return name if re.fullmatch(r"[\w .-]+", name) else None


def crawler_user_agents(folder):
    """Reads patterns of crawlers, each with real user agents. A tag marks AI crawlers."""
    entries = read_json(folder, "crawler-user-agents.json")
    crawlers = [instance for entry in entries for instance in entry["instances"]]
    ai = []
    for entry in entries:
        name = name_in_pattern(entry["pattern"])
        if name and "ai-crawler" in entry.get("tags", []):
            ai += [Label(instance, name, "", None) for instance in entry["instances"]]
    return Collected("crawler-user-agents", crawlers, [], ai)


def crawlerdetect(folder):
    """Reads CrawlerDetect's two lists: crawlers, and devices that are not crawlers."""
    return Collected("crawlerdetect", read_lines(folder, "user_agent/crawlers.txt"),
                     read_lines(folder, "user_agent/devices.txt"), [])


def isbot(folder):
    """Reads isbot's two lists, from the last version whose package contains them."""
    return Collected("isbot", read_lines(folder, "crawlers.txt"), read_lines(folder, "browsers.txt"), [])


def device_detector(folder):
    """Reads Matomo's fixtures: bots with a name and a category, libraries, and browsers on all kinds of devices."""
    fixtures = find_file(folder, "fixtures/upstream/bots.yml").parent
    crawlers, people, ai = [], [], []
    for record in yaml_records(read_text(fixtures / "bots.yml")):
        user_agent = record.get("user_agent", "")
        crawlers.append(user_agent)
        category = record.get("bot.category", "")
        if category.startswith("AI ") and record["bot.name"] not in NOT_IN_USER_AGENTS:
            ai.append(Label(user_agent, record["bot.name"], record.get("bot.producer.name", ""),
                            PURPOSES.get(category)))
    for path in sorted(fixtures.glob("*.yml")):
        if path.name == "bots.yml":
            continue
        for record in yaml_records(read_text(path)):
            if record.get("client.type") == "library":
                crawlers.append(record["user_agent"])
            elif record.get("client.type") == "browser":
                people.append(record["user_agent"])
    return Collected("device-detector", crawlers, people, ai)


def woothee(folder):
    """Reads Woothee's test sets: crawlers, HTTP libraries, and browsers of computers and phones."""
    crawlers, people = [], []
    for path in sorted(find_file(folder, "testsets/crawler.yaml").parent.glob("*.yaml")):
        for record in yaml_records(read_text(path)):
            category, name = record.get("category"), record.get("name", "")
            if category == "crawler" or name == "HTTP Library":
                crawlers.append(record.get("target", ""))
            elif category in ("pc", "smartphone", "mobilephone", "appliance") and name != "UNKNOWN":
                people.append(record.get("target", ""))
    return Collected("woothee", crawlers, people, [])


def ua_parser(folder):
    """Reads ua-parser's test resources: devices, including spiders, and user agents of Firefox."""
    crawlers, people = [], []
    for name in ("test_device.yaml", "firefox_user_agent_strings.yaml"):
        for record in yaml_records(read_text(find_file(folder, f"test_resources/{name}"))):
            kind = crawlers if record.get("family") == "Spider" else people
            kind.append(record.get("user_agent_string", ""))
    return Collected("ua-parser", crawlers, people, [])


def ua_parser_js(folder):
    """Reads ua-parser-js's tests of browsers and devices, from the last version under the MIT licence with tests."""
    people = [case["ua"] for name in ("test/browser-test.json", "test/device-test.json")
              for case in read_json(folder, name)]
    return Collected("ua-parser-js", [], people, [])


def random_useragent(folder):
    """Reads a list sorted into folders: browsers, devices, spiders, downloaders, libraries."""
    crawlers, people = [], []
    for entry in read_json(folder, "useragent-data.json"):
        if re.search("Spiders|Libraries|Validators|Downloaders", entry["folder"]):
            crawlers.append(entry["userAgent"])
        elif re.search("Browsers|Devices|OS|Consoles|Phones", entry["folder"]):
            people.append(entry["userAgent"])
    return Collected("random-useragent", crawlers, people, [])


def user_agents(folder):
    """Reads user agents of people who visited real sites, weighted by frequency."""
    return Collected("user-agents", [], [e["userAgent"] for e in read_json(folder, "dist/user-agents.json")], [])


def top_user_agents(folder):
    """Reads the most common user agents of browsers."""
    people = [user_agent for name in ("index", "desktop", "mobile")
              for user_agent in read_json(folder, f"src/{name}.json")]
    return Collected("top-user-agents", [], people, [])


def fake_useragent(folder):
    """Reads user agents of browsers from a database of real visits."""
    people = [json.loads(line)["useragent"] for line in read_lines(folder, "data/browsers.jsonl") if line]
    return Collected("fake-useragent", [], people, [])


def real_user_agents(folder):
    """Reads user agents of browsers that a testing service runs."""
    entries = read_json(folder, "browserstack/userAgents.json")
    return Collected("real-user-agents", [], [entry["string"] for entry in entries], [])


def random_user_agent(folder):
    """Reads the browsers of a list of user agents that visited a user-agent lookup site, sorted by type of software."""
    with zipfile.ZipFile(find_file(folder, "data/user_agents.zip")) as archive:
        lines = archive.read("user_agents.jl").decode("utf-8").splitlines()
    entries = map(json.loads, filter(None, lines))
    people = [entry["user_agent"] for entry in entries if entry["software_type"].startswith("browser")]
    return Collected("random_user_agent", [], people, [])


def isbot_rs(folder):
    """Reads the crawlers of a Rust library's tests. Its browsers are those of CrawlerDetect's list."""
    return Collected("isbot-rs", read_lines(folder, "fixtures/bots.txt"), [], [])


def uap_core(folder):
    """Reads ua-parser's tests of devices: all programs that name the phone they run on, including apps, and spiders."""
    crawlers, people = [], []
    for record in yaml_records(read_text(find_file(folder, "core/tests/test_device.yaml"))):
        kind = crawlers if record.get("family") == "Spider" else people
        kind.append(record.get("user_agent_string", ""))
    return Collected("uap-core", crawlers, people, [])


def is_crawler(folder):
    """Reads the crawlers (three lists) and browsers (two lists) of a Python library's tests."""
    def lines(pattern):
        paths = sorted(find_file(folder, "fixtures/crawler_user_agents.txt").parent.glob(pattern))
        return [line for path in paths for line in read_text(path).splitlines()]
    return Collected("is-crawler", lines("*crawler*.txt"), lines("browser_user_agents*.txt"), [])


def cloudflare_bots(folder):
    """Reads Cloudflare Radar's directory of registered bots, most of them with user agents."""
    crawlers, ai = [], []
    for entry in read_json(folder, "src/index.json"):
        crawlers += entry["userAgents"]
        if entry["category"].startswith("AI_"):
            # The names are those of products, and the kinds were chosen by the operators: "AI crawler" is also used
            # for search engines and test browsers. Only the operators are used.
            ai += [Label(user_agent, "", entry["operator"], None) for user_agent in entry["userAgents"]]
    return Collected("cloudflare-bots", crawlers, [], ai)


def ai_crawler_index(folder):
    """Reads a table of crawlers with name, operator and kind. User agents are made from the names."""
    table = read_json(folder, "ai_crawler_index/data.json")
    ai = [Label(user_agent_of(entry["ua"]), entry["name"], entry["operator"], PURPOSES.get(entry["category"]))
          for entry in table["crawlers"]
          if entry["category"] in table["ai_categories"] and entry["name"] not in NOT_IN_USER_AGENTS]
    return Collected("ai-crawler-index", [], [], ai)


def ai_robots_txt(folder):
    """Reads ai.robots.txt's table of AI agents. User agents are made from the names."""
    ai = []
    for name, entry in read_json(folder, "data/ai_robots.json").items():
        if name in NOT_IN_USER_AGENTS:
            continue
        purposes = PURPOSES.get(entry["function"])
        ai.append(Label(user_agent_of(name), name, operator_in(entry["operator"]), purposes))
    return Collected("ai.robots.txt", [], [], ai)


def operator_in(text):
    """Returns the operator in a table cell: the text of a link, or a text short enough to be a name. Else returns ""."""
    link = re.match(r"\[([^\]]+)\]", text)
    if link:
        return link[1]
    return "" if text.startswith("Un") or len(text) > 20 else text


READERS = {
    "crawler-user-agents": crawler_user_agents,
    "crawlerdetect": crawlerdetect,
    "isbot": isbot,
    "device-detector": device_detector,
    "woothee": woothee,
    "ua-parser": ua_parser,
    "ua-parser-js": ua_parser_js,
    "random-useragent": random_useragent,
    "user-agents": user_agents,
    "top-user-agents": top_user_agents,
    "fake-useragent": fake_useragent,
    "real-user-agents": real_user_agents,
    "random_user_agent": random_user_agent,
    "isbot-rs": isbot_rs,
    "uap-core": uap_core,
    "is-crawler": is_crawler,
    "cloudflare-bots": cloudflare_bots,
    "ai-crawler-index": ai_crawler_index,
    "ai.robots.txt": ai_robots_txt,
}


def collect(packages_folder):
    """Reads every available collection, and prints a warning for each of the others."""
    collected = []
    for key, reader in READERS.items():
        try:
            collected.append(clean(reader(fetch(key, packages_folder))))
        except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            reason = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            print(f"warning: {key} is left out: {reason[-1] if reason else 'unknown'}", file=sys.stderr)
    return collected


def usable(user_agent):
    """Returns whether a user agent is a line that is not blank and not a comment."""
    return bool(user_agent.strip()) and user_agent.isprintable() and not user_agent.startswith("#")


def clean(collected):
    """Returns a collection without duplicates and unusable lines."""
    def unique(user_agents):
        return list(dict.fromkeys(u.strip() for u in user_agents if usable(u)))
    ai = [label._replace(user_agent=label.user_agent.strip()) for label in collected.ai if usable(label.user_agent)]
    return Collected(collected.name, unique(collected.crawlers), unique(collected.people), list(dict.fromkeys(
        label._replace(purposes=frozenset(label.purposes or ())) for label in ai)))


def without_disputed(sources):
    """Returns the collections without the user agents on which they disagree, and the number of those."""
    crawlers = {u for c in sources for u in c.crawlers}
    people = {u for c in sources for u in c.people}
    disputed = crawlers & people
    agreed = [Collected(c.name, [u for u in c.crawlers if u not in disputed],
                        [u for u in c.people if u not in disputed], c.ai) for c in sources]
    return agreed, len(disputed)


def is_open(user_agent):
    """Returns whether a user agent belongs to the open half, if its collection is split."""
    return hashlib.sha256(user_agent.encode()).digest()[0] % 2 == 0


def half(sources, held_out):
    """Returns the held-out half of what only the split collections contain, or all the rest."""
    seen = {u for c in sources if c.name not in HALF_HELD_OUT_COLLECTIONS
            for u in [*c.crawlers, *c.people, *(label.user_agent for label in c.ai)]}

    def chosen(user_agent):
        return (user_agent in seen or is_open(user_agent)) != held_out
    return [Collected(c.name, list(filter(chosen, c.crawlers)), list(filter(chosen, c.people)),
                      [label for label in c.ai if chosen(label.user_agent)]) for c in sources]


# ---------------------------------------------------------------------------------------------
# Names and families of AI agents
# ---------------------------------------------------------------------------------------------

# An agent's name in a collection, and its own name, which is accepted too. Only letters and digits are
# compared, so `Sidetrade indexer bot` and `SidetradeIndexerBot` need no entry.
OWN_NAMES = {
    "AwarioRssBot": "Awario",
    "AwarioSmartBot": "Awario",
    "Big Sur AI": "bigsur.ai",
    "Brightbot 1.0": "Brightbot",
    "CloudVertexBot": "Google-CloudVertexBot",
    "Echobot Bot": "EchoboxBot",
    "iaskspider/2.0": "iaskspider",
    "ImageSift": "ImagesiftBot",
    "MistralAI-User/1.0": "MistralAI-User",
    "omgilibot": "omgili",
    "Panscient": "panscient.com",
    "PerplexityUser": "Perplexity-User",
    "ProRata": "ProRataInc",
    "QuillBot": "quillbot.com",
    "Sider": "linkReader",
    "YandexAdditional": "YandexAdditionalBot",
}

# Purposes by the operator's own description, for agents whose purpose the collections do not have or give
# differently. They list these agents as AI agents because of a secondary use.
OPERATORS_OWN_PURPOSES = {
    "Amazonbot": "training",        # "may be used to train Amazon AI models"
    "Applebot": "search",           # Spotlight, Siri and Safari search
    "GoogleOther": "other",         # one-off crawls of Google's teams
    "GoogleOther-Image": "other",
    "GoogleOther-Video": "other",
    "Google-Read-Aloud": "other",   # text to speech for a reader
    "IAS Crawler": "other",         # checks whether a page suits an advertiser
    "IAS Wombles": "other",
    "YandexCalendar": "other",      # fetches calendar files that a user adds
}

# The families of an operator's agents, if they are not named after the operator.
OPERATOR_FAMILIES = {
    "01.ai": {"01.AI", "Yi"},
    "ai search inc": {"iAsk"},
    "ai2": {"Ai2"},
    "alibaba": {"Qwen", "Alibaba"},
    "allen institute": {"Ai2"},
    "the allen institute": {"Ai2"},
    "amazon": {"Amazonbot", "Amazon"},
    "anthropic": {"Claude"},
    "baidu": {"ERNIE/Baidu AI", "Baidu"},
    "butterfly effect": {"Manus"},
    "castle global": {"Hive"},
    "cognition": {"Devin", "Cognition"},
    "datenbank": {"netEstate"},
    "facebook": {"Meta AI"},
    "hangzhou deep search": {"DeepSeek"},
    "hivepoint": {"Navu"},
    "hunter (velen)": {"Velen"},
    "imagesift": {"Hive"},
    "instant paper": {"Instapaper"},
    "laion": {"LAION", "img2dataset"},
    "large-scale artificial": {"LAION"},
    "meta": {"Meta AI"},
    "microsoft": {"Bing", "Microsoft"},
    "moonshot": {"Kimi"},
    "openai": {"ChatGPT"},
    "research organization of information": {"ROIS-DS"},
    "rutten": {"Wrtn"},
    "sideguide": {"Firecrawl"},
    "spark451": {"Element451"},
    "susea": {"You.com"},
    "x.ai": {"xAI/Grok"},
    "xai": {"xAI/Grok"},
    "beijing zhipu": {"Zhipu"},
    "zhipu": {"Zhipu"},
    "zyte": {"Zyte", "Scrapy"},
}


def plain(name):
    """Returns the letters and digits of a name in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def own_name(name):
    """Returns an agent's own name, given its name in a collection."""
    return OWN_NAMES.get(name, name)


def name_is_right(label, answer):
    """Returns whether the agent's name is the label's or the agent's own. None if the label has no name."""
    if not label.name:
        return None
    return plain(answer["agent"] or "") in (plain(label.name), plain(own_name(label.name)))


def family_is_right(label, answer):
    """Returns whether the family fits the label's operator. None if the label has no operator.

    A family is named in the table, or else is named after its operator or its only agent."""
    if not label.operator:
        return None
    family = answer["family"] or ""
    for operator, families in OPERATOR_FAMILIES.items():
        if label.operator.lower().startswith(operator):
            return family in families
    if plain(family) == plain(own_name(label.name)):
        return True
    operator = plain(label.operator)
    known = [plain(family), plain(answer["operator"] or "")]
    return any(word and (operator.startswith(word) or word.startswith(operator)) for word in known)


def accepted_purposes(sources):
    """Returns the accepted purposes of each agent: those of all collections, since they disagree, and the operator's."""
    purposes = collections.defaultdict(set)
    for collected in sources:
        for label in collected.ai:
            purposes[plain(own_name(label.name))] |= label.purposes
    for name, purpose in OPERATORS_OWN_PURPOSES.items():
        purposes[plain(name)].add(purpose)
    return purposes


# ---------------------------------------------------------------------------------------------
# Difficult cases
# ---------------------------------------------------------------------------------------------

PERSON = "person"          # a person
AGENT = "agent"            # an agent with any name
NOT = "not "               # `not X`: any kind, and any name except X

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
CHROME_PHONE = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
WEBVIEW = "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
BOT_LEAD = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible;"

DIFFICULT_CASES = [
    # Phones and tablets with a word of bots in their name.
    (f"Mozilla/5.0 (Linux; Android 13; CUBOT P80 Build/TP1A) {CHROME_PHONE}", PERSON),
    (f"Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) {CHROME_PHONE}", PERSON),
    (f"Mozilla/5.0 (Linux; Android 11; Cubot Note 20) {CHROME_PHONE}", PERSON),
    (f"Mozilla/5.0 (Linux; Android 7.0; CUBOT_NOTE_S Build/NRD90M) {WEBVIEW}", PERSON),
    (f"Mozilla/5.0 (Linux; Android 12; Spider X1) {CHROME_PHONE}", PERSON),
    (f"Mozilla/5.0 (Linux; Android 10; Robot 5 Plus) {CHROME_PHONE}", PERSON),
    (f"Mozilla/5.0 (Linux; Android 14; moto g power - Crawler) {CHROME_PHONE}", PERSON),
    (f"Mozilla/5.0 (Linux; Android 8.1.0; Hunter Probe) {CHROME_PHONE}", PERSON),
    (f"Mozilla/5.0 (Linux; Android 12; Applebotter 3) {CHROME_PHONE}", PERSON),
    # Tokens inside words.
    (f"{WINDOWS} {CHROME} Abbott/2.1", PERSON),
    (f"{WINDOWS} {CHROME} Botanica/1.4", PERSON),
    (f"{MAC} {CHROME} Talbots/7.0", PERSON),
    (f"{WINDOWS} {CHROME} Nodebook/3.0", PERSON),
    (f"{WINDOWS} {CHROME} Curlew/1.0", PERSON),
    (f"{WINDOWS} {CHROME} Javanese/1.0", PERSON),
    (f"{WINDOWS} {CHROME} Gitea-Desktop/1.0", PERSON),
    ("GPTBot-Fan/1.0 (+https://fan.example/)", NOT + "GPTBot"),
    ("NotGPTBot/1.0", NOT + "GPTBot"),
    ("GPTBotanist/2.0", NOT + "GPTBot"),
    ("Googlebot-Lookalike/1.0 (+https://lookalike.example/)", NOT + "Googlebot"),
    ("MyClaudeBot2000/1.0", NOT + "ClaudeBot"),
    # A longer name that contains a shorter one.
    ("Googlebot-Image/1.0", "Googlebot-Image"),
    ("Mozilla/5.0 (compatible; GoogleOther-Image/1.0)", "GoogleOther-Image"),
    (f"{BOT_LEAD} OAI-SearchBot/1.0; +https://openai.com/searchbot", "OAI-SearchBot"),
    ("Mozilla/5.0 (compatible) Ai2Bot-Dolma (+https://www.allenai.org/crawl)", "Ai2Bot-Dolma"),
    ("Mozilla/5.0 (compatible; SemrushBot-OCOB/1; +https://www.semrush.com/bot/)", "SemrushBot-OCOB"),
    ("cohere-training-data-crawler (+crawler@cohere.ai)", "cohere-training-data-crawler"),
    ("Mozilla/5.0 (compatible; AhrefsSiteAudit/6.1; +http://ahrefs.com/robot/site-audit)", "AhrefsSiteAudit"),
    ("DuckDuckGo-Favicons-Bot/1.0", "DuckDuckGo-Favicons-Bot"),
    # Bots within the full user agent of a browser.
    (f"{BOT_LEAD} GPTBot/1.2; +https://openai.com/gptbot)", "GPTBot"),
    (f"{BOT_LEAD} ClaudeBot/1.0; +claudebot@anthropic.com)", "ClaudeBot"),
    (f"{MAC} {CHROME}; compatible; OAI-SearchBot/1.3; +https://openai.com/searchbot", "OAI-SearchBot"),
    (f"{BOT_LEAD} Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)", "Perplexity-User"),
    (f"{BOT_LEAD} Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot) Chrome/119.0.6045.214 Safari/537.36",
     "Amazonbot"),
    ("Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/131.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
    (f"{BOT_LEAD} bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36", "bingbot"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4.1 Mobile/15E148 Safari/604.1 (Applebot/0.1; +http://www.apple.com/go/applebot)", "Applebot"),
    ("Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 "
     "(compatible; Bytespider; spider-feedback@bytedance.com)", "Bytespider"),
    ("Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 "
     "(compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)", "PetalBot"),
    (f"{MAC} {CHROME}; Manus-User/1.0", "Manus-User"),
    (f"{MAC} {CHROME} Chrome-Lighthouse", "Chrome-Lighthouse"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
     "HeadlessChrome"),
    # Case and punctuation.
    ("gptbot/1.0", "GPTBot"),
    ("CLAUDEBOT", "ClaudeBot"),
    ("meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)", "meta-externalagent"),
    ("CCBot/2.0 (https://commoncrawl.org/faq/)", "CCBot"),
    # `like X` does not name an agent.
    (f"Mozilla/5.0 (compatible; FooFetcher/1.0; like Googlebot; +https://foo.example/)", NOT + "Googlebot"),
    ("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; like bingbot)", NOT + "bingbot"),
    ("BarReader/3.1 (like GPTBot)", NOT + "GPTBot"),
    # A bot's name in a URL does not name an agent.
    ("ListKeeper/1.0 (+https://lists.example/GPTBot)", NOT + "GPTBot"),
    ("Mozilla/5.0 (compatible; Checker/2; +https://robots.example/?who=ClaudeBot)", NOT + "ClaudeBot"),
    ("Checker/1.0 (https://www.googlebot.example/)", NOT + "Googlebot"),
    ("curl/8.5.0 (+https://docs.example/CCBot/)", "curl"),
    ("Monitor/1.0 (+https://example.com/bots/bingbot.html)", AGENT),
    # In-app browsers and apps of people.
    (f"{IPHONE} Mobile/22B83 [FBAN/FBIOS;FBAV/489.0.0.40.104;FBDV/iPhone15,2;FBMD/iPhone;FBSN/iOS]", PERSON),
    (f"Mozilla/5.0 (Linux; Android 14; SM-S918B; wv) {WEBVIEW} [FB_IAB/FB4A;FBAV/489.0.0.66.81;]", PERSON),
    (f"{IPHONE} Mobile/22B83 Instagram 357.0.0.32.99 (iPhone15,2; iOS 18_1; en_US; scale=3.00)", PERSON),
    (f"Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) {WEBVIEW} trill_370104 BytedanceWebview/d8a21c6", PERSON),
    (f"{IPHONE} Mobile/22B83 musical_ly_37.1.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en", PERSON),
    (f"{IPHONE} Mobile/22B83 Safari/604.1 [Pinterest/iOS]", PERSON),
    (f"Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) {WEBVIEW} [Pinterest/Android]", PERSON),
    (f"{IPHONE} Mobile/22B83 Twitter for iPhone/10.60", PERSON),
    (f"{IPHONE} Mobile/22B83 [LinkedInApp]/9.30.1234", PERSON),
    (f"{IPHONE} Mobile/22B83 Snapchat/13.15.0.37 (like Safari/8619.2.8.10.7, panda)", PERSON),
    (f"{IPHONE} GSA/341.0.692878592 Mobile/15E148 Safari/604.1", PERSON),
    (f"{IPHONE} Version/18.1 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15", PERSON),
    (f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME_PHONE} DuckDuckGo/5", PERSON),
    (f"{IPHONE} Mobile/22B83 MicroMessenger/8.0.53(0x18003531) NetType/WIFI Language/en", PERSON),
    (f"{IPHONE} Mobile/22B83 Safari Line/14.19.0", PERSON),
    (f"{WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.41.97 Chrome/130.0.6723.59 Electron/33.0.1 "
     "Safari/537.36",
     PERSON),
    (f"{WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) discord/1.0.9170 Chrome/128.0.6613.186 "
     "Electron/32.2.2 Safari/537.36",
     PERSON),
    (f"Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) {WEBVIEW} Telegram-Android/11.4.2 (Google Pixel 8; "
     "Android 14; SDK 34)",
     PERSON),
    (f"{WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Teams/24295.605.3225.8804 Chrome/130.0.0.0 "
     f"Safari/537.36", PERSON),
    (f"{MAC} AppleWebKit/537.36 (KHTML, like Gecko) Claude/0.7.8 Chrome/132.0.6834.83 Electron/34.0.1 Safari/537.36",
     PERSON),
    # Words for automated tasks, in the names of apps, devices and carriers of people.
    (f"{MAC} AppleWebKit/537.36 (KHTML, like Gecko) Notion/3.13.0 Chrome/126.0.6478.127 Electron/31.2.0 Safari/537.36",
     PERSON),
    (f"{IPHONE} Mobile/22B83 Skyscanner/7.120", PERSON),
    (f"{IPHONE} Mobile/22B83 Grab/5.330.0 (iOS 18.1)", PERSON),
    (f"{IPHONE} Mobile/22B83 [FBAN/FBIOS;FBAV/485;FBCR/Scancom;FBOP/5]", PERSON),
    (f"Mozilla/5.0 (Linux; Android 11; ScanPal EDA52; wv) {WEBVIEW} Instagram 355.1.0.44.103 Android "
     "(30/11; 320dpi; 720x1280; Honeywell; ScanPal EDA52; EDA52; qcom; en_US)", PERSON),
    (f"Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) {WEBVIEW} com.thumbtack.consumer/411", PERSON),
    ("Mozilla/5.0 (Mobile; Snapshot 8110; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", PERSON),
    ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; Check_Point; rv:11.0) like Gecko", PERSON),
    ("LG-GB230/V1.008/WAP2.0 Profile/MIDP-2.0 Configuration/CLDC-1.1", PERSON),
    ("Bluesky/1.110 CFNetwork/1498.700.2 Darwin/23.6.0", PERSON),
    # Words around a browser's user agent, which may be the name of another program.
    (f"Microsoft Edge {WINDOWS} {CHROME} Edg/131.0.0.0", PERSON),
    (f"User-Agent {WINDOWS} {CHROME}", PERSON),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0 (compatible; Debian)", PERSON),
    (f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME_PHONE} via Facebook", PERSON),
    (f"{MAC} {CHROME} ThingSynthetics/2", AGENT),
    (f"{MAC} {CHROME} (compatible; Thing/1.0)", AGENT),
    # Browsers with unusual user agents.
    ("Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)", PERSON),
    ("Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10", PERSON),
    ("Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", PERSON),
    ("Mozilla/5.0 (PlayStation; PlayStation 5/9.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 "
     "Safari/605.1.15",
     PERSON),
    ("Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 "
     "TV Safari/537.36",
     PERSON),
    ("Mozilla/5.0 (Linux; Android 11; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/130.4.1 "
     "like Chrome/130.0.6723.102 Safari/537.36", PERSON),
    (f"{WINDOWS} {CHROME} Edg/131.0.2903.70", PERSON),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME}", PERSON),
    ("Lynx/2.9.0 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/3.0.13", PERSON),
    (f"{WINDOWS} {CHROME} OPR/116.0.0.0 (Edition Yx GX)", PERSON),
]

# Programs of developers' machines, most of which name a desktop's system.
DEVELOPERS_PROGRAMS = [
    "npm/10.8.2 node/v20.17.0 darwin arm64 workspaces/false",
    "npm/10.5.0 node/v21.7.1 win32 x64 workspaces/false",
    "yarn/1.22.22 npm/? node/v20.11.1 linux x64",
    "pnpm/9.1.0 npm/? node/v20.12.2 win32 x64",
    'pip/24.0 {"ci":null,"cpu":"arm64","distro":{"name":"macOS","version":"14.5"},"implementation":{"name":"CPython","version":"3.12.4"},"installer":{"name":"pip","version":"24.0"},"openssl_version":"OpenSSL 3.3.1 4 Jun 2024","python":"3.12.4","setuptools_version":"70.2.0","system":{"name":"Darwin","release":"23.5.0"}}',
    'uv/0.4.18 {"installer":{"name":"uv","version":"0.4.18"},"python":"3.12.4","implementation":{"name":"CPython","version":"3.12.4"},"distro":{"name":"Windows","version":"11"},"system":{"name":"Windows","release":"11"},"cpu":"AMD64","openssl_version":null,"setuptools_version":null,"rustc_version":null,"ci":null}',
    "poetry/1.8.3 CPython/3.12.4 Darwin/23.5.0",
    "cargo/1.80.0 (376290515 2024-07-16)",
    "cargo 1.80.0 (376290515 2024-07-16)",
    "Go-http-client/2.0",
    "Homebrew/4.3.10 (Macintosh; arm64 Mac OS X 14.5) curl/8.6.0",
    "git/2.45.2.windows.1",
    "git/2.39.3 (Apple Git-146)",
    "JGit/6.9.0.202403050737-r",
    "Debian APT-HTTP/1.3 (2.6.1)",
    "libdnf (Fedora Linux 40; workstation; Linux.x86_64)",
    "docker/26.1.4 go/go1.21.11 git-commit/de5c9cf kernel/6.6.31-linuxkit os/linux arch/arm64 UpstreamClient(Docker-Client/26.1.4 \\(darwin\\))",
    "containerd/1.7.18",
    "Composer/2.7.7 (Darwin; 23.5.0; PHP 8.3.9; cURL 8.7.1; Platform-PHP 8.1.0)",
    "Composer/2.7.7 (Windows NT; 10.0; PHP 8.3.9; cURL 8.7.1)",
    "NuGet Command Line/6.9.1 (Microsoft Windows NT 10.0.22631.0)",
    "NuGet .NET Core MSBuild Task/6.10.0 (Darwin 23.5.0 Darwin Kernel Version 23.5.0)",
    "Apache-Maven/3.9.8 (Java 21.0.3; Mac OS X 14.5)",
    "Apache-Maven/3.9.8 (Java 17.0.11; Windows 11 10.0)",
    "Gradle/8.8 (Mac OS X;14.5;aarch64) (Eclipse Adoptium;21.0.3;21.0.3+9-LTS)",
    "bundler/2.5.11 rubygems/3.5.11 ruby/3.3.3 (arm64-apple-darwin23) command/install jruby/ options/jobs ci/ 93ed6a8ba2c0b1ce",
    "Ruby, RubyGems/3.5.11 arm64-darwin-23 Ruby/3.3.3 (2024-06-12 patchlevel 94)",
    "Terraform/1.9.2 (+https://www.terraform.io)",
    "aws-cli/2.17.12 md/awscrt#0.20.11 ua/2.0 os/macos#23.5.0 md/arch#arm64 lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#standard md/installer#source md/prompt#off md/command#s3.ls",
    "Boto3/1.34.140 md/Botocore#1.34.140 ua/2.0 os/windows#10 md/arch#amd64 lang/python#3.12.4",
    "google-cloud-sdk gcloud/484.0.0 command/gcloud.storage.ls invocation-id/0 environment/None interactive/True python/3.11.9 term/xterm-256color (Macintosh; Intel Mac OS X 23.5.0)",
    "AZURECLI/2.62.0 (HOMEBREW) azsdk-python-core/1.28.0 Python/3.11.9 (macOS-14.5-arm64-arm-64bit)",
    "azsdk-js-storageblob/12.23.0 core-rest-pipeline/1.16.0 Node/20.15.0 OS/(arm64-Darwin-23.5.0)",
    "VSCode 1.91.1 (Visual Studio Code)",
    "VSCode/1.99.0 (darwin; arm64)",
    "OpenAI/Python 1.35.13",
    "AsyncOpenAI/Python 1.35.13",
    "OpenAI/JS 4.52.7",
    "Anthropic/Python 0.31.0",
    "Anthropic/JS 0.24.3",
    "claude-code/1.0.17 (external, cli)",
    "claude-cli/1.0.44 (external, cli)",
    "Claude-User (claude-code/2.0.14; +https://support.anthropic.com/)",
    "codex_cli_rs/0.21.0 (Mac OS 15.5.0; arm64) Apple_Terminal/455.1",
    "GeminiCLI/0.1.9 (darwin; arm64)",
    "opencode/0.5.1",
    "aider/0.58.0",
    "PostmanRuntime/7.39.0",
    "insomnia/9.3.2",
    "bruno-runtime/1.20.0",
    "HTTPie/3.2.2",
    "xh/0.22.2",
    "Wget/1.24.5",
    "Wget/1.21.4 (darwin23.0.0)",
    "curl/8.7.1",
    "aria2/1.37.0",
    "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.3810",
    "Mozilla/5.0 (Macintosh; Darwin 23.5.0 Darwin Kernel Version 23.5.0: Wed May  1 20:12:58 PDT 2024; en-US) PowerShell/7.4.3",
    "Deno/1.45.2",
    "Bun/1.1.20",
    "node",
    "axios/1.7.2",
    "got (https://github.com/sindresorhus/got)",
    "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
    "python-requests/2.32.3",
    "python-httpx/0.27.0",
    "Python/3.12 aiohttp/3.9.5",
    "Python-urllib/3.12",
    "Dart/3.4 (dart:io)",
    "Java/21.0.3",
    "Apache-HttpClient/4.5.14 (Java/17.0.11)",
    "okhttp/4.12.0",
    "reqwest/0.12.5",
    "ureq/2.10.0",
    "SwiftPackageManager/6.0.0",
    "CocoaPods/1.15.2 cocoapods-downloader/2.1",
    "curl/8.8.0 Nix/2.22.1",
    "Helm/3.15.3",
    "kubectl/v1.30.2 (darwin/arm64) kubernetes/39683505",
    "skopeo/1.15.1",
    "RenovateBot/37.431.4 (https://github.com/renovatebot/renovate)",
    "dependabot-core/0.264.0 excon/0.110.0 ruby/3.3.3 (x86_64-linux) (+https://github.com/dependabot/dependabot-core)",
    "mise/2025.7.1 macos-arm64",
    "rustup/1.27.1 (54dd3d00f 2024-04-24)",
    "Chocolatey Command Line/2.3.0.0 via NuGet Client/6.4.2 (Microsoft Windows NT 10.0.22631.0)",
    "winget-cli WindowsPackageManager/1.8.1911 DesktopAppInstaller/Microsoft.DesktopAppInstaller v1.23.1911.0",
    "scoop/1.0 (+http://scoop.sh/) PowerShell/7.4 (Windows NT 10.0; Win64; x64; Core)",
    "conda/24.5.0 requests/2.32.3 CPython/3.12.4 Darwin/23.5.0 OSX/14.5 solver/libmamba conda-libmamba-solver/24.1.0 libmambapy/1.5.8",
    "mamba/1.5.8",
    "MATLAB R2024a",
    "com.apple.dt.Xcode/22622 CFNetwork/1496.0.7 Darwin/23.5.0",
    "Microsoft-WebDAV-MiniRedir/10.0.22631",
    "rclone/v1.67.0",
    "restic/0.16.4",
    "Git-LFS/3.5.1 (GitHub; darwin arm64; go 1.22.1)",
    "git-lfs/3.5.1 (GitHub; windows amd64; go 1.21.1; git e237bb3a)",
    "lychee/0.15.1",
    "hugo/0.128.2",
    "wrangler/3.63.1",
    "k6/0.52.0 (https://k6.io/)",
    "Apache-HttpClient/UNAVAILABLE (Java/21.0.3)",
    "GuzzleHttp/7",
    "Faraday v2.9.2",
    "Scrapy/2.11.2 (+https://scrapy.org)",
    "Mozilla/5.0 (compatible; mcp-server-fetch; +https://github.com/modelcontextprotocol/servers)",
    "ModelContextProtocol/1.0 (User-Specified; +https://github.com/modelcontextprotocol/servers)",
    "ModelContextProtocol/1.0 (Autonomous; +https://github.com/modelcontextprotocol/servers)",
]

# Browsers and apps of people, of 2025 and 2026.
APPS = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Barcelona 382.0.0.20.99 (iPhone15,3; iOS 18_5; en_US; en; scale=3.00; 1290x2796; 726310412)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 382.0.0.25.83 (iPhone14,5; iOS 18_5; it_IT; it; scale=3.00; 1170x2532; 726310412)",
    "Mozilla/5.0 (Linux; Android 15; SM-S931B Build/AP3A.240905.015; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/136.0.7103.60 Mobile Safari/537.36 musical_ly_2023904040 BytedanceWebview/d8a21c6 trill_390404",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_35.5.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/US isDarkMode/1 WKWebView/1 RevealType/Dialog BytedanceWebview/d8a21c6 FalconTag/7A9C",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.30.3200",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A.240805.005; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/127.0.6533.103 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/476.0.0.49.74;IABMV/1;]",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/370.0.762543316 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1 Ddg/18.4",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15 Ddg/18.4",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.43.51 Chrome/134.0.6998.205 Electron/35.2.1 Safari/537.36 Sonic Slack_SSB/4.43.51",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Teams/24165.1410.2974.6689 Chrome/124.0.6367.243 Electron/30.0.9 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Notion/4.8.0 Chrome/136.0.7103.93 Electron/36.2.1 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) discord/1.0.9190 Chrome/134.0.6998.205 Electron/35.1.5 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) obsidian/1.8.10 Chrome/132.0.6834.210 Electron/34.3.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Code/1.100.2 Chrome/132.0.6834.210 Electron/34.5.1 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Cursor/1.2.4 Chrome/132.0.6834.210 Electron/34.5.1 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Windsurf/1.10.3 Chrome/132.0.6834.210 Electron/34.5.1 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Trae/1.107.1 Chrome/142.0.7444.235 Electron/39.2.7 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Claude/0.10.38 Chrome/136.0.7103.149 Electron/36.4.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/124.0.0.0 (Edition Campaign 34)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 YaBrowser/25.10.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; 23078PND5G Build/UP1A.230905.011; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.6778.200 Mobile Safari/537.36 XWEB/1310035 MMWEBSDK/20241103 MicroMessenger/8.0.55.2780(0x28003737) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari Line/15.0.0",
    "Mozilla/5.0 (Linux; Android 14; SM-A546S Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.86 Mobile Safari/537.36;KAKAOTALK 2411060",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Snapchat/13.20.0.40 (like Safari/8620.1.16.10.11, panda)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Twitter for iPhone/11.3",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Reddit/Version 2025.20.0/Build 618992/iOS Version 18.5 (Build 22F76)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) EdgiOS/139.0.3405.102 Version/18.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16; Pixel 10 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36 HuaweiBrowser/15.0.4.312",
    "Mozilla/5.0 (PlayStation; PlayStation 5/9.40) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Safari/605.1.15",
    "Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/4.0 Chrome/108.0.5359.1 TV Safari/537.36",
    "Mozilla/5.0 (Linux; Android 12; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/36.1.0.2.48 Chrome/132.0.6834.209 VR Safari/537.36",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
]

DIFFICULT_CASES += [(user_agent, AGENT) for user_agent in DEVELOPERS_PROGRAMS]
DIFFICULT_CASES += [(user_agent, PERSON) for user_agent in APPS]


def is_expected(expected, answer):
    """Returns whether the answer for a difficult case is the expected one."""
    if expected in (PERSON, AGENT):
        return answer["kind"] == expected
    if expected.startswith(NOT):
        return answer["agent"] != expected[len(NOT):]
    return answer["agent"] == expected


# ---------------------------------------------------------------------------------------------
# Measurements
# ---------------------------------------------------------------------------------------------


def classify(program, user_agents):
    """Returns the answer of `guestbook classify` for each user agent."""
    distinct = list(dict.fromkeys(user_agents))
    run = subprocess.run([program, "classify", "--format", "json", "-"], input="\n".join(distinct) + "\n",
                         capture_output=True, check=True, encoding="utf-8", timeout=600)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if len(answers) != len(distinct):
        sys.exit(f"error: {len(answers)} answers for {len(distinct)} user agents")
    return dict(zip(distinct, answers))


def all_user_agents(sources):
    """Yields all user agents of the collections and the difficult cases."""
    for collected in sources:
        yield from collected.crawlers
        yield from collected.people
        yield from (label.user_agent for label in collected.ai)
    yield from (user_agent for user_agent, _ in DIFFICULT_CASES)


def describe(answer):
    """Describes an answer in a few words."""
    if answer["kind"] != "agent":
        return f"{answer['kind']} ({answer['rule']})"
    return f"{answer['agent']}, {answer['family']}, {answer['purpose']} ({answer['rule']})"


def percent(part, whole):
    """Returns a share in percent."""
    return 100.0 * part / whole if whole else 0.0


def show(name, part, whole, digits=2):
    """Prints a figure."""
    print(f"  {name:<22}{part:>8} of {whole:>7}  {percent(part, whole):.{digits}f} %")


def measure_recall(sources, answers):
    """Prints how many crawlers are recognised as agents. Returns the share and the errors."""
    print(f"\n1. Crawlers, bots and libraries recognised as agents (target: {RECALL_TARGET} %)")
    for collected in sources:
        if collected.crawlers:
            agents = [u for u in collected.crawlers if answers[u]["kind"] == "agent"]
            show(collected.name, len(agents), len(collected.crawlers))
    crawlers = list(dict.fromkeys(u for c in sources for u in c.crawlers))
    missed = [u for u in crawlers if answers[u]["kind"] != "agent"]
    show("all, deduplicated", len(crawlers) - len(missed), len(crawlers))
    return (percent(len(crawlers) - len(missed), len(crawlers)),
            [Miss("not an agent", u, "agent", describe(answers[u])) for u in missed])


def measure_people(sources, answers):
    """Prints how many browsers are taken for agents. Returns the share of the lists of browsers, and all errors."""
    print(f"\n2. People's browsers taken for agents (target: at most {PEOPLE_TARGET} %)")
    for collected in sources:
        if collected.people:
            show(collected.name, sum(answers[u]["kind"] == "agent" for u in collected.people), len(collected.people), 3)
    browsers = list(dict.fromkeys(u for c in sources if c.name not in BROAD_PEOPLE_LISTS for u in c.people))
    taken = sum(answers[u]["kind"] == "agent" for u in browsers)
    show("lists of browsers", taken, len(browsers), 3)
    people = list(dict.fromkeys(u for c in sources for u in c.people))
    wrong = [u for u in people if answers[u]["kind"] == "agent"]
    show("all, deduplicated", len(wrong), len(people), 3)
    return percent(taken, len(browsers)), [Miss("not a person", u, "person", describe(answers[u])) for u in wrong]


def measure_ai(sources, answers, purposes):
    """Prints how often the name, family and purpose of AI agents are right. Returns the lowest share and the errors."""
    print(f"\n3. AI agents (target: {AI_TARGET} % each)")
    total, misses = collections.Counter(), []
    for collected in sources:
        count = collections.Counter()
        for label in collected.ai:
            score_ai(label, answers[label.user_agent], purposes, count, misses)
        if collected.ai:
            print(f"  {collected.name}")
            show_ai(count)
        total += count
    print("  all")
    show_ai(total)
    shares = [percent(total[what, True], total[what, True] + total[what, False]) for what in AI_PARTS]
    return min(shares), list(dict.fromkeys(misses))


AI_PARTS = ("name", "family", "purpose")


def show_ai(count):
    """Prints the figures for AI agents."""
    for what in AI_PARTS:
        right, wrong = count[what, True], count[what, False]
        if right + wrong:
            show(f"  {what}", right, right + wrong)


def score_ai(label, answer, purposes, count, misses):
    """Counts the right and wrong parts of an AI agent's answer."""
    name = own_name(label.name)
    accepted = purposes[plain(name)] if label.purposes else set()
    right = {
        "name": name_is_right(label, answer),
        "family": family_is_right(label, answer),
        "purpose": answer["purpose"] in accepted if accepted else None,
    }
    for what, is_right in right.items():
        if is_right is not None:
            count[what, is_right] += 1
    wrong = [what for what in AI_PARTS if right[what] is False]
    if wrong:
        expected = f"{name}, {label.operator or '?'}, {'/'.join(sorted(accepted)) or '?'}"
        misses.append(Miss("AI agent's " + "+".join(wrong), label.user_agent, expected, describe(answer)))


def measure_difficult_cases(answers):
    """Prints how many difficult cases are right. Returns the share and the errors."""
    print("\n4. Difficult cases (target: all)")
    misses = [Miss("difficult case", u, expected, describe(answers[u])) for u, expected in DIFFICULT_CASES
              if not is_expected(expected, answers[u])]
    right = len(DIFFICULT_CASES) - len(misses)
    show("difficult cases", right, len(DIFFICULT_CASES))
    return percent(right, len(DIFFICULT_CASES)), misses


def interleave(*lists):
    """Yields the items of several lists alternately, so that all of them are among the first."""
    queues = [collections.deque(items) for items in lists]
    while any(queues):
        for queue in queues:
            if queue:
                yield queue.popleft()


def show_misses(misses):
    """Prints the first errors."""
    print(f"\n5. Errors: user agent | expected | got ({min(len(misses), MISSES_PRINTED)} of {len(misses)})")
    for miss in misses[:MISSES_PRINTED]:
        print(f"{miss.user_agent} | {miss.expected} | {miss.got}")


def write_misses(path, misses):
    """Writes each error as a line of a table: kind, user agent, expected, got."""
    with open(path, "w", encoding="utf-8") as table:
        for miss in misses:
            table.write("\t".join(field.replace("\t", " ") for field in miss) + "\n")


def arguments():
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the path of the guestbook program")
    parser.add_argument("--held-out", action="store_true", help="use the held-out half, and print only figures")
    parser.add_argument("--packages", type=pathlib.Path, help="a folder for the downloads, to reuse them")
    parser.add_argument("--misses", help="a file for all errors of the open part")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a figure misses its target")
    return parser.parse_args()


def evaluate(args, packages_folder):
    """Measures everything. Returns whether every figure meets its target."""
    collected, disputed = without_disputed(collect(packages_folder))
    if not collected:
        sys.exit("error: no package is available")
    chosen = half(collected, args.held_out)
    print(f"{'The held-out half' if args.held_out else 'The open part'}. Left out, since the collections disagree: {disputed}.")
    for name in (c.name for c in chosen):
        package = PACKAGES[name]
        print(f"  {name:<22}{package.name} {package.version} ({package.licence})")
    answers = classify(args.program, all_user_agents(chosen))
    recall, recall_misses = measure_recall(chosen, answers)
    people, people_misses = measure_people(chosen, answers)
    ai, ai_misses = measure_ai(chosen, answers, accepted_purposes(collected))
    cases, case_misses = measure_difficult_cases(answers)
    if not args.held_out:
        misses = case_misses + people_misses + list(interleave(ai_misses, recall_misses))
        show_misses(misses)
        if args.misses:
            write_misses(args.misses, misses)
    return recall >= RECALL_TARGET and people <= PEOPLE_TARGET and ai >= AI_TARGET and cases == 100.0


def main():
    """Runs the evaluation."""
    args = arguments()
    if args.packages:
        all_met = evaluate(args, args.packages)
    else:
        with tempfile.TemporaryDirectory() as folder:
            all_met = evaluate(args, pathlib.Path(folder))
    if args.check and not all_met:
        sys.exit(1)


if __name__ == "__main__":
    main()
