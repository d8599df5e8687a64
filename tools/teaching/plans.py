"""Print the lesson plans: build/plans/eight_days.html and its like, one sheet of A4 for each day.

docs/lesson_plans.md holds the courses, whose days name their units, and below them a card for each notebook. A printed
day has its units with their sections and running times, taken from the notebooks' headers, and the cards of its units.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from nbconvert.filters import markdown2html

from tools.authors.notebooks import ROOT, NotebookError, masters, read, write_text

PAGE = Path("docs") / "lesson_plans.md"
LESSONS = "The lessons"
DAY_PARTS, CARD_PARTS = ("Units", "Homework", "Skip"), ("Quiz", "Answer", "Mistakes")


@dataclass
class Day:
    """A day of a course: its title, its aim, the numbers of its notebooks, and "Homework" and "Skip" in Markdown."""

    title: str
    aim: str
    units: list[str]
    parts: dict[str, str]


def courses(text: str) -> dict[str, list[Day]]:
    """Return the days of each course by the course's name, in the order of the page."""
    return {name: [_day(*one) for one in _cut(body, "###")] for name, body in _cut(text, "##") if name != LESSONS}


def cards(text: str) -> dict[str, dict[str, str]]:
    """Return for each number of a notebook its "Quiz", "Answer" and "Mistakes" in Markdown."""
    found = dict(_cut(dict(_cut(text, "##"))[LESSONS], "###"))
    return {number: _parts(number, body, CARD_PARTS) for number, body in found.items()}


def _cut(text: str, mark: str) -> list[tuple[str, str]]:
    pieces = re.split(rf"^{mark} (.+)$", text, flags=re.MULTILINE)
    return [(title.strip(), body.strip()) for title, body in zip(pieces[1::2], pieces[2::2], strict=True)]


def _day(title: str, body: str) -> Day:
    parts = _parts(title, body, DAY_PARTS)
    return Day(title, body.partition("\n\n")[0], re.findall(r"\[(\d\d)\]", parts.pop("Units")), parts)


def _parts(where: str, body: str, names: tuple[str, ...]) -> dict[str, str]:
    pieces = re.split(r"^(?:- )?\*\*(\w+)\.\*\* ?", body, flags=re.MULTILINE)
    found = {name: text.strip() for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}
    if tuple(found) != names:
        raise NotebookError(f"{PAGE}: {where!r} needs {', '.join(names)}, in this order; it has {', '.join(found)}")
    return found


def sheets(text: str, root: Path) -> dict[str, str]:
    """Return for each course the name of its file and the file: HTML without any other file, a sheet for each day.

    Raises
    ------
    NotebookError
        If a part of a day or a card is missing, or a unit has no notebook or no card.
    """
    heads = {path.name[:2]: _head(path) for path in masters(root)}
    known = cards(text)
    style = (root / "docs" / "teaching" / "plans.css").read_text(encoding="utf-8")
    files = {}
    for name, days in courses(text).items():
        for unit in (unit for day in days for unit in day.units):
            if unit not in heads or unit not in known:
                raise NotebookError(f"{PAGE}: {unit} has no {'card' if unit in heads else 'notebook'}")
        body = "\n".join(_sheet(name, day, heads, known) for day in days)
        head = f'<meta charset="utf-8"><title>{html.escape(name)}</title><style>{style}</style>'
        files[f"{name.lower().replace(' ', '_')}.html"] = (
            f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'
        )
    return files


def _head(path: Path) -> tuple[str, str]:
    """The title of a notebook, and its core and running time in a few words."""
    header = read(path).cells[0].source
    core = re.search(r"\*\*Core\*\*: ([^,;]*)", header)
    time = re.search(r"about [\d.]+ (?:s|min)", header)
    words = [core[1] if core else "", f"runs {time[0]}" if time else ""]
    return re.search(r"^# (.+)$", header, re.MULTILINE)[1], ", ".join(filter(None, words))


def _sheet(course: str, day: Day, heads: dict[str, tuple[str, str]], known: dict[str, dict[str, str]]) -> str:
    units = "".join(_unit(*heads[number], known[number]) for number in day.units)
    parts = "".join(f"<h2>{name}</h2>{_html(text)}" for name, text in day.parts.items())
    title = f"<p class='course'>{html.escape(course)}</p><h1>{html.escape(day.title)}</h1>"
    return f"<section>{title}{_html(day.aim)}{units}{parts}</section>"


def _unit(title: str, core: str, card: dict[str, str]) -> str:
    head = f"<h2>{html.escape(title)} <small>{html.escape(core)}</small></h2>"
    quiz = f"**Quiz.** {card['Quiz']} *{card['Answer']}*"
    return f"<div class='unit'>{head}{_html(quiz)}{_html('**Mistakes.** ' + card['Mistakes'])}</div>"


def _html(markdown: str) -> str:
    return markdown2html(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the sheets of all courses; return the exit status."""
    prog, about = "python -m tools.teaching.plans", __doc__.split("\n")[0]
    argparse.ArgumentParser(prog=prog, description=about).parse_args(arguments)
    try:
        for name, text in sheets((root / PAGE).read_text(encoding="utf-8"), root).items():
            write_text(root / "build" / "plans" / name, text)
            print(f"{root / 'build' / 'plans' / name}  ({text.count('<section>')} sheets)")
    except (NotebookError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
