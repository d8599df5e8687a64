"""Read the site in build/site as its readers do: every link and anchor, then every page in headless Chromium.

Each page is opened at the width of a desktop and of a phone, without a network: no error in the console,
nothing fetched from elsewhere, nothing wider than the phone, every formula set, every picture there; then the
search is asked for a word. `--no-browser` checks only links and anchors.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import importlib.util
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import ProxyHandler, build_opener

from tools.authors.notebooks import ROOT
from tools.site.build_site import site

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTHS = {"desktop": 1280, "phone": 390}  # pixels
WORD = "softmax"
PATIENCE = 30  # seconds for a page, a search or the browser's start

# Wider than the window and inside nothing that scrolls: the reader would have to push the whole page sideways.
_LOOK = """
(async () => {
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  const scrolls = e => e && e !== document.body &&
    (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const wide = [...document.querySelectorAll("article *")].filter(e => !e.closest("mjx-assistive-mml") &&
    e.getBoundingClientRect().right > WIDTH + 1 && !scrolls(e.parentElement) && !scrolls(e));
  return JSON.stringify({
    width: document.documentElement.scrollWidth,
    wide: wide.slice(0, 3).map(e => `<${e.tagName.toLowerCase()}> ${e.textContent.trim().slice(0, 40)}`),
    formulas: document.querySelectorAll(".math").length,
    set: document.querySelectorAll(".math mjx-container").length,
    wrong: document.querySelectorAll("[data-mjx-error], mjx-merror").length,
    broken: [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.getAttribute("src")),
  });
})()
"""
_RESULTS = "[...document.querySelectorAll('#search-results li a')].map(a => a.getAttribute('href')).join('\\n')"


class SiteError(Exception):
    """The site cannot be checked at all."""


class _Page(HTMLParser):
    """The anchors of a page, and what it refers to."""

    def __init__(self, text: str):
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.anchors |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        elif tag == "link" and found.get("href"):
            self.loaded.append(found["href"])
        elif found.get("src"):
            self.loaded.append(found["src"])


def link_problems(folder: Path) -> list[str]:
    """Return a line for each link, anchor or file of the pages below `folder` that leads nowhere."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in html_files(folder)}
    problems = []
    for path, page in pages.items():
        name = path.relative_to(folder).as_posix()
        for link in dict.fromkeys(page.links + page.loaded):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.loaded and parts.scheme != "data":
                    problems.append(f"{name}: loads {link} from a network")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or not target.is_relative_to(folder.resolve()):
                problems.append(f"{name}: {link} leads to no file of the site")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                problems.append(f"{name}: {link} leads to no place of that page")
    return problems


def html_files(folder: Path) -> list[Path]:
    """Return the pages of the site; raise SiteError if there are none."""
    static = folder.resolve() / "_static"
    found = sorted(path for path in folder.resolve().rglob("*.html") if static not in path.parents)
    if not found:
        raise SiteError(f"no pages in {folder}, run make site first")
    return found


class Browser:
    """A tab of a headless Chromium, spoken to through its DevTools."""

    def __init__(self, address: str):
        import websocket  # only here, so that links can be checked without it

        self._failure = websocket.WebSocketException
        self._socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self._numbers = itertools.count(1)
        self.events: list[dict] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters) -> dict:
        """Send one command and return its result; events that come meanwhile are kept."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := self._received()).get("id") != number:
            self.events.append(message)
        if "error" in message:
            raise SiteError(f"Chromium refuses {method}: {message['error'].get('message')}")
        return message["result"]

    def _received(self) -> dict:
        try:
            return json.loads(self._socket.recv())
        except self._failure as error:
            raise SiteError(f"Chromium does not answer: {error}") from None

    def open(self, url: str, width: int) -> None:
        """Load a page at this width in pixels and wait until all of it is there; drops earlier events."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.events = []
        self.call("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._received())

    def evaluate(self, expression: str) -> str:
        """Return what the JavaScript expression gives as text; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise SiteError(f"the page stops the check: {_exception(answer)}")
        return answer["result"].get("value") or ""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium that reaches this machine only."""
    if importlib.util.find_spec("websocket") is None:
        raise SiteError("websocket-client is not installed in this environment; `make check-site` uses one that has it")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        raise SiteError(
            f"no Chromium found (looked for {', '.join(BROWSERS)}): install one, on Debian with "
            "apt-get install chromium, or check links alone with make check-site ARGS=--no-browser"
        )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        command += ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--disable-gpu", "--no-first-run"]
        command += ["--disable-background-networking", "--hide-scrollbars", "about:blank"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses to start as root with it
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield Browser(_tab(process, Path(profile) / "DevToolsActivePort"))
        finally:
            process.terminate()
            process.wait()


def _tab(process: subprocess.Popen, port_file: Path) -> str:
    """Return the DevTools address of the first tab, as soon as the browser has one."""
    opener = build_opener(ProxyHandler({}))
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if port_file.exists() and (lines := port_file.read_text().split()):
            with opener.open(f"http://127.0.0.1:{lines[0]}/json", timeout=PATIENCE) as answer:
                for tab in json.load(answer):
                    if tab["type"] == "page":
                        return tab["webSocketDebuggerUrl"]
        time.sleep(0.1)
    raise SiteError(f"Chromium ended or did not start within {PATIENCE} s")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the folder on this machine only; give its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def page_problems(browser: Browser, base: str, name: str, width: int) -> list[str]:
    """Return what is wrong with one page at this width in pixels."""
    browser.open(base + name, width)
    seen = json.loads(browser.evaluate(_LOOK.replace("WIDTH", str(width))))
    problems = event_problems(browser.events, base)
    if seen["width"] > width or seen["wide"]:
        problems.append(f"wider than the window: {seen['width']} px, {'; '.join(seen['wide'])}")
    if seen["set"] != seen["formulas"] or seen["wrong"]:
        problems.append(f"{seen['set']} of {seen['formulas']} formulas are set, {seen['wrong']} of them wrongly")
    return problems + [f"the picture {source} does not show" for source in seen["broken"]]


def event_problems(events: list[dict], base: str) -> list[str]:
    """Return what the browser's events tell of errors, and of requests to any place but `base`."""
    problems = []
    for event in events:
        kind, told = event.get("method"), event.get("params", {})
        if kind == "Runtime.exceptionThrown":
            problems.append(f"a script fails: {_exception(told)}")
        elif kind == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert"):
            words = " ".join(str(part.get("value", part.get("description"))) for part in told["args"])
            problems.append(f"console error: {words}")
        elif kind == "Log.entryAdded" and told["entry"]["level"] == "error":
            problems.append(f"console error: {told['entry']['text']} {told['entry'].get('url', '')}".rstrip())
        elif kind == "Network.requestWillBeSent":
            url = told["request"]["url"]
            if not url.startswith((base, "data:", "blob:")):
                problems.append(f"asks for {url}")
    return problems


def _exception(told: dict) -> str:
    details = told["exceptionDetails"]
    return details.get("exception", {}).get("description") or details.get("text", "")


def search_problems(browser: Browser, base: str, word: str) -> list[str]:
    """Return what is wrong with a search for the word."""
    browser.open(f"{base}search.html?q={word}", WIDTHS["desktop"])
    end = time.monotonic() + PATIENCE
    while not (found := browser.evaluate(_RESULTS)) and time.monotonic() < end:
        time.sleep(0.2)
    nothing = [] if "notebooks/" in found else [f"finds no notebook with {word!r}"]
    return [f"search.html: {problem}" for problem in event_problems(browser.events, base) + nothing]


def browser_problems(folder: Path) -> list[str]:
    """Return what is wrong with the pages in a browser."""
    problems = []
    with chromium() as browser, served(folder) as base:
        for path, (device, width) in itertools.product(html_files(folder), WIDTHS.items()):
            name = path.relative_to(folder.resolve()).as_posix()
            problems += [f"{name} ({device}): {problem}" for problem in page_problems(browser, base, name, width)]
        problems += search_problems(browser, base, WORD)
    return problems


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Check the site; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.site.check_site", description=__doc__.split("\n")[0])
    parser.add_argument("--no-browser", action="store_true", help="check only links and anchors")
    options = parser.parse_args(arguments)
    folder = site(root)
    try:
        problems = link_problems(folder)
        if not options.no_browser:
            problems += browser_problems(folder)
    except (SiteError, OSError) as error:
        print(f"the site cannot be checked: {error}", file=sys.stderr)
        return 1
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    how = ", only links were checked" if options.no_browser else ""
    print(f"{len(html_files(folder))} pages, {len(problems)} problems{how}")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
