"""Renew docs/lecture_map.md: where each fact of the lectures is computed.

The page itself is the list of the known facts; only its last column is made, from the tags `fact-F081` of the
masters' cells and from the names of the tests in tests/lecture_facts, such as `test_F081_F082_what_it_says`.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tools.authors.notebooks import ROOT, NotebookError, label, masters, read, tags, write_text

FACT_TESTS = "tests/lecture_facts"
_TEST = re.compile(r"^def test_((?:F\d{3}_)+)", re.MULTILINE)
_ROW = re.compile(r"^\| (F\d{3}) \| (.*) \| [^|]*\|$", re.MULTILINE)
TAG = "fact-"


def page(root: Path) -> Path:
    """Return where the map lies."""
    return root / "docs" / "lecture_map.md"


def known_facts(root: Path) -> list[str]:
    """Return the ids that the map lists, in its order."""
    return [row[1] for row in _ROW.finditer(page(root).read_text(encoding="utf-8"))]


def renewed_map(root: Path) -> str:
    """Return the map with its last column made from the masters' tags and the names of tests."""
    homes = computed_by(root)

    def row(found: re.Match) -> str:
        links = ", ".join(_link(path) for path in homes.get(found[1], []))
        return f"| {found[1]} | {found[2]} | {links} |".replace("|  |", "| |")

    return _ROW.sub(row, page(root).read_text(encoding="utf-8"))


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
        for fact in set(re.findall(r"F\d{3}", names)):
            found.setdefault(fact, []).append(path)
    return found


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write (or with --check compare) the map; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.authors.lecture_map", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare, exit 1 if it differs")
    options = parser.parse_args(arguments)
    try:
        unknown = sorted(computed_by(root).keys() - set(known_facts(root)))
        text = renewed_map(root)
    except NotebookError as error:
        print(f"a notebook cannot be read: {error}", file=sys.stderr)
        return 1
    name = label(page(root), root)
    if unknown:
        print(f"{name} does not list {', '.join(unknown)}, which a cell's tag or a test names", file=sys.stderr)
    if options.check and page(root).read_text(encoding="utf-8") != text:
        print(f"{name}: out of step with tags and tests, run make lecture-map", file=sys.stderr)
        return 1
    if not options.check and write_text(page(root), text):
        print("wrote", name)
    return 1 if unknown else 0


if __name__ == "__main__":
    raise SystemExit(main())
