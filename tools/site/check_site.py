"""Read the site in build/site as its readers do: every link and anchor, then every page in headless Chromium.

Each page is opened at the width of a desktop and of a phone, without a network: no error in the console,
nothing fetched from elsewhere, nothing wider than the phone, every formula set, every picture there, light and dark;
axe-core looks for what shuts out readers with a keyboard, a screen reader or weak eyes. Then the search is asked for a
word and for terms of the glossary. `--no-browser` checks only links and anchors.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tools.authors.notebooks import ROOT
from tools.site.build_site import site

if TYPE_CHECKING:  # links can be checked without it
    from playwright.sync_api import Browser, Page, Route

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
OPTIONS += ["--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars"]
BASE = "http://site.test/"  # answered from the folder, never by a network
WIDTHS = {"desktop": 1280, "phone": 390}  # pixels
WORD = "softmax"
TERMS = ("overfitting", "receptive field")  # of the glossary
PATIENCE = 30  # seconds for a page or a search

# Wider than the window and inside nothing that scrolls: the reader would have to push the whole page sideways.
_LOOK = """
async width => {
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  const scrolls = e => e && e !== document.body &&
    (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const wide = [...document.querySelectorAll("article *")].filter(e => !e.closest("mjx-assistive-mml") &&
    e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement) && !scrolls(e));
  return {
    width: document.documentElement.scrollWidth,
    wide: wide.slice(0, 3).map(e => `<${e.tagName.toLowerCase()}> ${e.textContent.trim().slice(0, 40)}`),
    formulas: document.querySelectorAll(".math").length,
    set: document.querySelectorAll(".math mjx-container").length,
    wrong: document.querySelectorAll("[data-mjx-error], mjx-merror").length,
    broken: [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.getAttribute("src")),
  };
}
"""

# What WCAG 2.1 asks at level AA; the theme's own small print apart, so that a finding is one of ours to mend.
_AXE = """
async () => {
  const found = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]});
  return found.violations.flatMap(v => v.nodes.slice(0, 3).map(n => `${v.id}: ${n.target.join(" ")}`));
}
"""


class SiteError(Exception):
    """The site cannot be checked at all."""


class _Markup(HTMLParser):
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
    pages = {path: _Markup(path.read_text(encoding="utf-8")) for path in html_files(folder)}
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


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium that reaches no network."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise SiteError("Playwright is not installed here; `make check-site` uses an environment that has it") from None
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        raise SiteError(
            f"no Chromium found (looked for {', '.join(BROWSERS)}): install one, on Debian with "
            "apt-get install chromium, or check links alone with make check-site ARGS=--no-browser"
        )
    try:
        with sync_playwright() as playwright:
            yield playwright.chromium.launch(executable_path=program, args=OPTIONS)
    except Error as error:
        raise SiteError(f"Chromium: {error}") from None


class Tab:
    """A tab of the browser that shows the site in a folder, and what goes wrong in it."""

    def __init__(self, browser: Browser, folder: Path, width: int):
        self.folder, self.width, self.heard = folder.resolve(), width, []
        self.page: Page = browser.new_page(viewport={"width": width, "height": 900})
        self.page.set_default_timeout(1000 * PATIENCE)
        self.page.route("**/*", self._answer)
        self.page.on("pageerror", lambda error: self.heard.append(f"a script fails: {error}"))
        self.page.on("console", self._listen)

    def _answer(self, route: Route) -> None:
        url = route.request.url
        path = self.folder / unquote(urlsplit(url).path).lstrip("/")
        if not url.startswith(BASE):
            self.heard.append(f"asks for {url}")
            route.abort()
        elif path.is_file():
            route.fulfill(path=path)
        else:
            route.fulfill(status=404)

    def _listen(self, message) -> None:
        if message.type in ("error", "assert"):
            self.heard.append(f"console error: {message.text} {message.location.get('url', '')}".rstrip())

    def page_problems(self, name: str) -> list[str]:
        """Return what is wrong with one page of the site."""
        self.heard.clear()
        self.page.goto(BASE + name)
        seen = self.page.evaluate(_LOOK, self.width)
        problems = list(self.heard)
        if seen["width"] > self.width or seen["wide"]:
            problems.append(f"wider than the window: {seen['width']} px, {'; '.join(seen['wide'])}")
        if seen["set"] != seen["formulas"] or seen["wrong"]:
            problems.append(f"{seen['set']} of {seen['formulas']} formulas are set, {seen['wrong']} of them wrongly")
        return problems + [f"the picture {source} does not show" for source in seen["broken"]]

    def barriers(self, name: str) -> list[str]:
        """Return what on a page shuts out some readers, in its light and its dark colours."""
        from axe_playwright_python.base import AXE_SCRIPT

        problems = []
        for colours in ("light", "dark"):
            self.page.emulate_media(color_scheme=colours)
            self.page.goto(BASE + name)
            self.page.evaluate(AXE_SCRIPT)
            problems += [f"{problem} ({colours})" for problem in self.page.evaluate(_AXE)]
        self.page.emulate_media(color_scheme="light")
        return problems

    def search_problems(self, word: str, page: str = "notebooks/") -> list[str]:
        """Return what is wrong with a search for the word: it should lead to this page or folder."""
        from playwright.sync_api import TimeoutError as NothingFound

        self.heard.clear()
        self.page.goto(f"{BASE}search.html?q={word}")
        try:
            self.page.wait_for_selector(f"#search-results li a[href*='{page}']")
        except NothingFound:
            return [*self.heard, f"does not find {word!r} in {page}"]
        return list(self.heard)


def browser_problems(folder: Path) -> list[str]:
    """Return what is wrong with the pages in a browser."""
    problems = []
    names = [path.relative_to(folder.resolve()).as_posix() for path in html_files(folder)]
    with chromium() as browser:
        for device, width in WIDTHS.items():
            tab = Tab(browser, folder, width)
            problems += [f"{name} ({device}): {problem}" for name in names for problem in tab.page_problems(name)]
            problems += [f"search.html ({device}): {problem}" for problem in tab.search_problems(WORD)]
        problems += [f"search.html: {p}" for term in TERMS for p in tab.search_problems(term, "docs/glossary")]
        tab = Tab(browser, folder, WIDTHS["desktop"])
        problems += [f"{name}: {problem}" for name in names for problem in tab.barriers(name)]
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
