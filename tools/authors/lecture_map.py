"""Renew docs/lecture_map.md: where each fact of the lectures is computed.

The page itself is the list of the known facts; only its last column is made, from the tags `fact-F081` of the
masters' cells and from the names of the tests in tests/lecture_facts, such as `test_F081_F082_what_it_says`.
A fact that nothing can compute, a convention or a name, has a line of text on the page instead:
`- **F364** (name): ...` below the heading NOTES. The line that counts all of them is made, too.
Slips of the slides, such as M03, have a table of their own, with links to their tests.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tools.authors.notebooks import ROOT, NotebookError, label, masters, read, tags, write_text

FACT_TESTS = "tests/lecture_facts"
_ID = r"(?:F\d{3}|M\d{2})"  # a fact, a slip
_TEST = re.compile(rf"^def test_((?:{_ID}_)+)", re.MULTILINE)
NOTES = "## Facts that nothing computes"
_NOTE = re.compile(r"^- \*\*(F\d{3})\*\* \(\w+\): \S", re.MULTILINE)
_COUNT = re.compile(r"^Of the \d+ facts,.*$", re.MULTILINE)
_ROW = re.compile(rf"^\| ({_ID}) \| (.*) \| [^|]*\|$", re.MULTILINE)
TAG = "fact-"


def page(root: Path) -> Path:
    """Return where the map lies."""
    return root / "docs" / "lecture_map.md"


def known_facts(root: Path) -> list[str]:
    """Return the ids of the facts that the map lists, in its order."""
    return [listed for listed in _listed(root) if listed.startswith("F")]


def _listed(root: Path) -> list[str]:
    return [row[1] for row in _ROW.finditer(page(root).read_text(encoding="utf-8"))]


def noted(root: Path) -> list[str]:
    """Return the ids of the facts that have a line of text on the page, since nothing computes them."""
    _, _, notes = page(root).read_text(encoding="utf-8").partition(f"\n{NOTES}\n")
    return _NOTE.findall(notes)


def homeless(root: Path) -> list[str]:
    """Return the ids of the facts that neither a notebook nor a test computes, and that have no line of text."""
    homes = computed_by(root).keys() | set(noted(root))
    return [fact for fact in known_facts(root) if fact not in homes]


def renewed_map(root: Path) -> str:
    """Return the map with its last column, and its line of counts if it has one, made from tags, tests and notes."""
    homes, notes = computed_by(root), noted(root)

    def row(found: re.Match) -> str:
        links = [_link(path) for path in homes.get(found[1], [])]
        links += [f"[text](#{NOTES[3:].lower().replace(' ', '-')})"] if found[1] in notes else []
        return f"| {found[1]} | {found[2]} | {', '.join(links)} |".replace("|  |", "| |")

    text = _ROW.sub(row, page(root).read_text(encoding="utf-8"))
    return _COUNT.sub(_counts(root), text, count=1)


def _counts(root: Path) -> str:
    """Return the line that says how many facts live where."""
    facts, homes = known_facts(root), computed_by(root)
    notebooks = sum(any(path.suffix == ".ipynb" for path in homes.get(fact, [])) for fact in facts)
    tests = sum({path.suffix for path in homes.get(fact, [])} == {".py"} for fact in facts)
    texts, rest = len(set(noted(root)) - homes.keys()), len(homeless(root))
    return (
        f"Of the {len(facts)} facts, {notebooks} are computed in a notebook and {tests} more in a test; {texts} are a "
        f"convention, a name or an opinion and have a line of text; {rest} have no home yet."
    )


def _link(path: Path) -> str:
    """Return the link to a student edition, for its master, or to a file of tests."""
    if path.suffix == ".py":
        return f"[test](../{FACT_TESTS}/{path.name})"
    return f"[{path.stem[:2]}](../notebooks/{path.name})"


def computed_by(root: Path) -> dict[str, list[Path]]:
    """Return for each fact the masters with a cell that computes it, and the test files with a test of it."""
    found: dict[str, list[Path]] = {}
    for path in masters(root):
        named = {tag for cell in read(path).cells for tag in tags(cell) if tag.startswith(TAG)}
        for tag in named:
            found.setdefault(tag.removeprefix(TAG), []).append(path)
    for path in sorted((root / FACT_TESTS).glob("test_*.py")):
        names = "".join(_TEST.findall(path.read_text(encoding="utf-8")))
        for fact in set(re.findall(_ID, names)):
            found.setdefault(fact, []).append(path)
    return found


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write (or with --check compare) the map; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.authors.lecture_map", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare, exit 1 if it differs")
    options = parser.parse_args(arguments)
    try:
        homes, notes = computed_by(root), noted(root)
        unknown = sorted((homes.keys() | set(notes)) - set(_listed(root)))
        computed = sorted(homes.keys() & set(notes))
        text = renewed_map(root)
    except NotebookError as error:
        print(f"a notebook cannot be read: {error}", file=sys.stderr)
        return 1
    name = label(page(root), root)
    if unknown:
        print(f"{name} does not list {', '.join(unknown)}, which a cell's tag or a test names", file=sys.stderr)
    if computed:
        print(f"{name}: {', '.join(computed)} is computed, so it needs no line of text", file=sys.stderr)
    if options.check and page(root).read_text(encoding="utf-8") != text:
        print(f"{name}: out of step with tags and tests, run make lecture-map", file=sys.stderr)
        return 1
    if not options.check and write_text(page(root), text):
        print("wrote", name)
    return 1 if unknown or computed else 0


if __name__ == "__main__":
    raise SystemExit(main())
