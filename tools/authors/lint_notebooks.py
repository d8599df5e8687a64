"""Check what docs/authoring.md asks of a notebook, without running it; ruff looks at the code alone.

Each check is a function that takes one notebook and yields (cell or None, what is wrong and what
to do). Student editions are made by a tool, so most checks look at masters only.
"""

from __future__ import annotations

import argparse
import ast
import base64
import re
import statistics
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from nbformat import NotebookNode

from dlhelpers.exercises import protect
from tests.comparison import switches
from tools.authors import lecture_map, outputs
from tools.authors.make_student import BEGIN, bound_by, student_edition, student_path, without_solutions
from tools.authors.notebooks import (
    ROOT,
    NotebookError,
    is_claims,
    label,
    masters,
    parse,
    read,
    renewed,
    students,
    tags,
    to_text,
)

Finding = tuple[int | None, str]

MAX_LINES, MAX_MEDIAN, MAX_BYTES = 25, 10, 1_000_000
CORE_WORDS, CORE_CELLS = 1500, 20  # what a class can read and run in 50 minutes
MAX_WIDTH, MAX_HEIGHT = 900, 560  # pixels: 8.6 x 4.6 inches at 100 dpi, and some room for labels
LAST_HEADING = "## What you take away"

_TAG = re.compile(
    r"install|claims|raises-exception|nbval-ignore-output|fact-F\d{3}|(fig)?tol=(\d+\.?\d*|\.\d+)(e-?\d+)?"
)
_SECTION = re.compile(  # in the text of a link to a notebook, or behind it
    r"\[(?:[^\]]*sections? ([\d, and]+))?[^\]]*\]\((\d\d)_\w+\.ipynb\)(?:,? \(?sections? ([\d, and]+))?"
)
_NOT_PROSE = re.compile(r"^```.*?^```|\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"""\]\(([^)\s]+)[^)]*\)|<(?:img|a)\b[^>]*(?:src|href)=["']([^"']+)""")
_BEYOND = re.compile(rf"^## .*\(more\)\s*$|^{LAST_HEADING}", re.MULTILINE)
_IMAGE_WITHOUT_ALT = re.compile(r"!\[\s*\]\(|<img(?![^>]*\balt=[\"'][^\"'])[^>]*>")
_EXERCISE = re.compile(r"\*\*Exercise (\d\d\.\d+)\.\*\*")
# Draws from a generator that the lesson goes on using, or moves Keras' own seed.
_DRAWS = re.compile(r"\brng\b|\bset_random_seed\b|\blayers\.[A-Z]|\bkeras\.(Sequential|Model|layers)\b")
_VERDICT = re.compile(r"\A\W*Exercise \d\d\.\d+:")

@dataclass(frozen=True)
class Notebook:
    """One notebook file, read."""

    path: Path
    root: Path
    node: NotebookNode

    @property
    def cells(self) -> list[NotebookNode]:
        return self.node.cells

    @property
    def number(self) -> str:
        return self.path.stem[:2]

    @property
    def code(self) -> list[tuple[int, NotebookNode]]:
        """The code cells with their positions."""
        return [(i, cell) for i, cell in enumerate(self.cells) if cell.cell_type == "code"]

    @property
    def text(self) -> list[tuple[int, str]]:
        """The sources of the text cells with their positions."""
        return [(i, cell.source) for i, cell in enumerate(self.cells) if cell.cell_type == "markdown"]

    @cached_property
    def trees(self) -> list[tuple[int, ast.Module]]:
        """The parsed code cells; those that do not parse are left to ruff."""
        return [(i, tree) for i, cell in self.code if (tree := _tree(cell.source))]

    def finding(self, cell: int | None, message: str) -> str:
        """The line that is printed."""
        return f"{label(self.path, self.root)}{'' if cell is None else f' cell {cell}'}: {message}"


def _tree(source: str) -> ast.Module | None:
    try:
        return parse(source)
    except SyntaxError:
        return None


def _prose(source: str) -> str:
    """Return Markdown without code and formulas, which may look like links and headings."""
    return _NOT_PROSE.sub("", source)


# The head of a notebook


def check_name(book: Notebook) -> Iterator[Finding]:
    """The file is called NN_name."""
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", book.path.stem):
        yield None, "the file's name is not NN_name in small letters, rename it"


def check_header(book: Notebook) -> Iterator[Finding]:
    """Cell 0 holds title, badge, purpose, goals, data, running time and what comes before."""
    if not book.text or book.text[0][0] != 0:
        yield 0, "no header, start with a text cell as docs/authoring.md shows it"
        return
    header = book.cells[0].source
    parts = {
        f"title, write '# {book.number} ...' in the first line": rf"\A# {book.number} \S",
        "Colab badge, write [![Open in Colab](x)](y) and run make student": r"^\[!\[Open in Colab\]\(",
        "line of purpose in italics, write *...*": r"^\*[^*\n].*\*$",
        "**You will be able to**": r"^\*\*You will be able to\*\*$",
        "**Data**: ...": r"^\*\*Data\*\*: \S",
        "**Running time**: ... that names CPU and GPU": r"^\*\*Running time\*\*: .*CPU.*GPU",
        "**Before this**: ...": r"^\*\*Before this\*\*: \S",
    }
    for part, pattern in parts.items():
        if not re.search(pattern, header, re.MULTILINE):
            yield 0, f"the header lacks its {part}"
    goals = len(re.findall(r"^- \S", header, re.MULTILINE))
    if not 3 <= goals <= 5:
        yield 0, f"the header has {goals} goals, write 3 to 5"


def check_form(book: Notebook) -> Iterator[Finding]:
    """Badge, install cell and metadata are as the tools write them."""
    if to_text(renewed(book.node, book.path, book.root)).encode() != book.path.read_bytes():
        yield None, "badge, install cell or metadata are not as the tools write them, run make student"


def check_start(book: Notebook) -> Iterator[Finding]:
    """Cell 1 installs, cell 2 starts the helpers."""
    installing = [i for i, cell in enumerate(book.cells) if "install" in tags(cell)]
    if installing != [1] or book.cells[1].cell_type != "code":
        yield 1, "cell 1, and no other, is a code cell with the tag install: its text comes from make student"
    if len(book.cells) < 3 or not book.cells[2].source.startswith("dlhelpers.setup(seed="):
        yield 2, "cell 2 starts with dlhelpers.setup(seed=...), then come the imports"


def check_imports(book: Notebook) -> Iterator[Finding]:
    """Imports stand in cells 1 and 2."""
    for i, tree in book.trees:
        if i > 2 and any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.walk(tree)):
            yield i, "an import, move it to cell 2"


# Text


def check_headings(book: Notebook) -> Iterator[Finding]:
    """Sections are numbered 1, 2, ... and the last one is what the reader takes away."""
    headings = [
        (i, line)
        for i, source in book.text
        for line in _prose(source).split("\n")
        if line.startswith("## ")
    ]
    if not headings or headings[-1][1].strip() != LAST_HEADING:
        yield None, f"the last section is not '{LAST_HEADING}'"
    for n, (i, line) in enumerate((h for h in headings if h[1].strip() != LAST_HEADING), start=1):
        if not re.match(rf"## {n} \S", line):
            yield i, f"the heading {line!r} should start with '## {n} '"


def check_images(book: Notebook) -> Iterator[Finding]:
    """Each image of a text cell says what it shows."""
    for i, source in book.text:
        if _IMAGE_WITHOUT_ALT.search(_prose(source)):
            yield i, "an image without alternative text, write ![what it shows](file)"


def check_links(book: Notebook) -> Iterator[Finding]:
    """Links to files of the repository lead somewhere."""
    for i, source in book.text:
        for found in _LINK.finditer(_prose(source)):
            target = unquote((found[1] or found[2]).split("#")[0])
            outside = not target or re.match(r"[a-z]+:", target)
            if not outside and not (book.path.parent / target).exists():
                yield i, f"the link to {target} leads nowhere, mend it"


def check_unfinished(book: Notebook) -> Iterator[Finding]:
    """No cell is empty or marked as unfinished."""
    for i, cell in enumerate(book.cells):
        if not cell.source.strip():
            yield i, "an empty cell, delete it"
        if found := re.search(r"\b(TODO|FIXME|XXX)\b", cell.source):
            yield i, f"{found[0]}, finish it or take it out"


# Code


def check_length(book: Notebook) -> Iterator[Finding]:
    """Cells are short: one idea each."""
    lesson = [(i, cell) for i, cell in book.code if not is_claims(cell)]
    for i, cell in lesson:
        lines = len(cell.source.strip().split("\n"))
        if lines > MAX_LINES:
            yield i, f"{lines} lines of code, split the cell so that none has more than {MAX_LINES}"
    median = statistics.median([_code_lines(cell.source) for _, cell in lesson] or [0])
    if median > MAX_MEDIAN:
        yield None, f"the median cell has {median:g} lines of code, split cells until it has {MAX_MEDIAN}"


def check_core(book: Notebook) -> Iterator[Finding]:
    """The sections before the first with "(more)" in its title are one lesson."""
    ends = [i for i, source in book.text if _BEYOND.search(source)]
    core = range(1, min(ends, default=len(book.cells)))
    prose = "\n".join(_prose(source) for i, source in book.text if i in core)
    lines = [line for line in prose.split("\n") if not line.startswith("|")]
    words = len(re.sub(r"\]\([^)]*\)", "]", "\n".join(lines)).split())
    cells = sum(i in core and i > 2 and not is_claims(cell) for i, cell in book.code)
    if words > CORE_WORDS or cells > CORE_CELLS:
        yield None, (
            f"the core has {words} words and {cells} code cells, a lesson has at most {CORE_WORDS} and {CORE_CELLS}: "
            'cut, or put "(more)" behind the title of the first section that can wait'
        )


def _code_lines(source: str) -> int:
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in source.split("\n"))


def check_claims(book: Notebook) -> Iterator[Finding]:
    """What the text claims is asserted, in cells that hold nothing else, and that nothing depends on."""
    claims = [(i, tree) for i, tree in book.trees if is_claims(book.cells[i])]
    if not claims:
        yield None, "no cell with the tag claims, assert there what the text claims"
    lesson = [(i, tree) for i, tree in book.trees if not is_claims(book.cells[i])]
    names = {node.id for _, tree in lesson for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for i, tree in lesson:
        if any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
            yield i, "an assert, move it to a cell with the tag claims behind it"
    for i, tree in claims:
        if not any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
            yield i, "no assert, take the tag claims away"
        if not all(map(_is_claim, tree.body)):
            yield i, "more than assertions and names for them, move the rest to the lesson"
        for name in sorted(names.intersection(*[bound_by(tree)])):
            yield i, f"{name} is also a name of the lesson, which students run without this cell: name it otherwise"
        if _DRAWS.search(book.cells[i].source):
            yield i, "it draws random numbers or makes a layer, so students' later numbers would be others"


def _is_claim(node: ast.stmt) -> bool:
    """Return whether a statement asserts, or names what the next one asserts."""
    if isinstance(node, (ast.For, ast.If, ast.With)):
        return all(map(_is_claim, [*node.body, *getattr(node, "orelse", [])]))
    return isinstance(node, (ast.Assert, ast.Assign))


def check_tags(book: Notebook) -> Iterator[Finding]:
    """Tags are those that a tool reads, on code cells, with facts that the lecture map lists."""
    facts = set(lecture_map.known_facts(book.root))
    for i, cell in enumerate(book.cells):
        for tag in tags(cell):
            if not _TAG.fullmatch(tag):
                yield i, f"no tool reads the tag {tag!r}, see docs/authoring.md for those that there are"
            elif cell.cell_type != "code":
                yield i, f"the tag {tag!r} is on a text cell, put it on the code cell"
            elif tag.startswith(lecture_map.TAG) and tag.removeprefix(lecture_map.TAG) not in facts:
                yield i, f"docs/lecture_map.md does not list the fact of the tag {tag!r}"


# Saved outputs


def check_run(book: Notebook) -> Iterator[Finding]:
    """All cells were run, in order."""
    if any(outputs.order_problems(book.cells)):
        yield None, f"its cells were not run in order in a new kernel, run make save NB={book.number}"


def check_read(book: Notebook) -> Iterator[Finding]:
    """After each output comes a text that reads it; a verdict of check() speaks for itself."""
    for i, cell in book.code:
        unread = [output for output in cell.outputs if not _VERDICT.match(_plain(output))]
        after = next((cell for cell in book.cells[i + 1 :] if not is_claims(cell)), None)
        followed = after is not None and after.cell_type == "markdown"
        if unread and not followed:
            yield i, "nothing reads its output, add a text cell after it"


def _plain(output: NotebookNode) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def check_outputs(book: Notebook) -> Iterator[Finding]:
    """Outputs hold nothing that the next run or another machine would print differently."""
    for i, cell in book.code:
        yield from ((i, problem) for problem in outputs.problems(cell, "raises-exception" in tags(cell)))
        if is_claims(cell) and cell.outputs:
            yield i, "a cell of claims with an output, assert only"
        for output in cell.outputs:
            for mime in output.get("data", {}):
                if "widget" in mime or "svg" in mime:
                    yield i, f"its saved output holds {mime}, which cannot be compared, show a PNG"


def check_figures(book: Notebook) -> Iterator[Finding]:
    """Figures fit on a projector beside the code, and are saved with what they show."""
    for i, cell in book.code:
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data and data.get("text/plain", "").startswith("<Figure") and switches.FIGURE not in data:
                yield i, f"a figure without what it shows, run make save NB={book.number}"
            if png := output.get("data", {}).get("image/png"):
                width, height = struct.unpack(">II", base64.b64decode(png[:32])[16:24])
                if width > MAX_WIDTH or height > MAX_HEIGHT:
                    yield i, f"a figure of {width} x {height} pixels, allowed are {MAX_WIDTH} x {MAX_HEIGHT}"


def check_size(book: Notebook) -> Iterator[Finding]:
    """The file stays small enough for GitHub's viewer and for git."""
    size = book.path.stat().st_size
    if size > MAX_BYTES:
        yield None, f"{size / 1e6:.1f} MB, make or drop figures until it is below {MAX_BYTES / 1e6:g} MB"


# Exercises


def check_exercises(book: Notebook) -> Iterator[Finding]:
    """Exercises are numbered NN.1, NN.2, ..., at least three, and one text explores."""
    ids = _exercise_ids(book)
    if ids != [f"{book.number}.{k}" for k in range(1, len(ids) + 1)]:
        yield None, f"its exercises are {', '.join(ids)}, number them in order from {book.number}.1 on"
    if len(ids) < 3:
        yield None, f"{len(ids)} exercises, write at least three"
    if not any("**Explore.**" in source for _, source in book.text):
        yield None, "no text with **Explore.**, add a question without a single right answer"


def _exercise_ids(book: Notebook) -> list[str]:
    return [id for _, source in book.text for id in _EXERCISE.findall(source)]


def check_exercise_texts(book: Notebook) -> Iterator[Finding]:
    """The text of an exercise comes directly before its cell."""
    for i, source in book.text:
        ids = _EXERCISE.findall(source)
        if source.count("**Exercise") > len(ids):
            yield i, f"write the name of an exercise as **Exercise {book.number}.1.**"
        if len(ids) > 1:
            yield i, "two exercises in one text cell, split it"
        following = book.cells[i + 1].source if i + 1 < len(book.cells) else ""
        if len(ids) == 1 and not following.startswith(f"# Exercise {ids[0]}: "):
            yield i, f"after it comes no code cell that starts with '# Exercise {ids[0]}: short title'"


def check_exercise_cells(book: Notebook) -> Iterator[Finding]:
    """The cell of an exercise has a text before it, a solution region and a call of check()."""
    for i, cell in book.code:
        named = re.match(r"# Exercise (\d\d\.\d+): \S", cell.source)
        if named and named[1] not in _EXERCISE.findall(book.cells[i - 1].source):
            yield i, f"before it comes no text cell with **Exercise {named[1]}.**"
        if named and BEGIN not in cell.source:
            yield i, f"no solution region, put the answer between {BEGIN!r} and '# END SOLUTION'"
        if named and _checked_ids(cell.source) != [named[1]]:
            yield i, f'call check("{named[1]}", ...) once, outside of the solution region'


def check_exercise_names(book: Notebook) -> Iterator[Finding]:
    """An exercise cell takes no name from before: a kernel would put its old value back and say so."""
    yield from overwritten(book.node)


def overwritten(notebook: NotebookNode) -> list[Finding]:
    """Return the exercise cells that bind a name from before which is no answer of theirs."""
    before: set[str] = set()
    found: list[Finding] = []
    for i, cell in enumerate(notebook.cells):
        tree = _tree(cell.source) if cell.cell_type == "code" and not is_claims(cell) else None
        if tree is None:
            continue
        names, own = set(bound_by(tree)), protect.answers(tree)
        if own is not None:
            found += [
                (i, f"{name!r} stands for something else before this exercise, choose another name")
                for name in sorted(names & before - own)
                if name[:1] != "_"
            ]
        before |= names
    return found


def check_verdicts(book: Notebook) -> Iterator[Finding]:
    """The solution of an exercise is right: its saved verdict says so."""
    for i, cell in book.code:
        shown = [_plain(output) for output in cell.outputs]
        if BEGIN in cell.source and any(_VERDICT.match(text) and ": right." not in text for text in shown):
            yield i, "its saved verdict is not 'right', mend the solution or the judge, then make save"


def _checked_ids(source: str) -> list[str]:
    """Return the ids that check() gets outside of solution regions."""
    try:
        tree = _tree(without_solutions(source))
    except NotebookError:  # check_solutions reports it
        return []
    calls = [node for node in ast.walk(tree or ast.Module([], [])) if isinstance(node, ast.Call)]
    return [
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "check"
        if call.args and isinstance(call.args[0], ast.Constant)
    ]


def check_solutions(book: Notebook) -> Iterator[Finding]:
    """The markers of the solutions are well formed."""
    try:
        student_edition(book.node, book.path, book.root)
    except NotebookError as error:
        yield error.cell, str(error)


MASTER_CHECKS = (
    check_name,
    check_header,
    check_form,
    check_start,
    check_imports,
    check_headings,
    check_images,
    check_links,
    check_unfinished,
    check_length,
    check_core,
    check_claims,
    check_tags,
    check_run,
    check_read,
    check_outputs,
    check_figures,
    check_size,
    check_exercises,
    check_exercise_texts,
    check_exercise_cells,
    check_exercise_names,
    check_verdicts,
    check_solutions,
)


def check_in_step(book: Notebook) -> Iterator[Finding]:
    """The student edition is what the tool makes from its master."""
    path = book.path.parent / "solutions" / book.path.name
    if not path.exists():
        yield None, "has no master in notebooks/solutions, add one or delete it"
        return
    try:
        text = to_text(student_edition(read(path), path, book.root))
    except NotebookError:  # reported for the master
        return
    if text.encode() != book.path.read_bytes():
        yield None, "out of step with its master, edit only the master and run make student"


STUDENT_CHECKS = (check_in_step, check_links)


# The collection


def check_editions(books: list[Notebook]) -> Iterator[str]:
    """Each master has a student edition and a number of its own."""
    for n, book in enumerate(books):
        if not student_path(book.path).exists():
            yield book.finding(None, "has no student edition, run make student")
        if book.number in [other.number for other in books[:n]]:
            yield book.finding(None, f"another notebook has the number {book.number}, too")


def check_definitions(books: list[Notebook]) -> Iterator[str]:
    """No function or class is defined twice."""
    places: dict[str, str] = {}
    for book in books:
        for i, tree in book.trees:
            for node in tree.body:
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                    if place := places.get(node.name):
                        message = f"{node.name} is defined in {place} already, share it in dlhelpers"
                        yield book.finding(i, message)
                    places.setdefault(node.name, f"{book.path.stem} cell {i}")


def check_sections(books: list[Notebook]) -> Iterator[str]:
    """The sections that are named with a link to a notebook exist there."""
    sections = {
        book.number: {n for _, source in book.text for n in re.findall(r"^## (\d+) ", source, re.MULTILINE)}
        for book in books
    }
    for book in books:
        for i, source in book.text:
            for inside, number, behind in _SECTION.findall(source):
                for section in re.findall(r"\d+", inside or behind):
                    if section not in sections.get(number, {section}):
                        yield book.finding(i, f"notebook {number} has no section {section}, mend the link")


def check_registry(books: list[Notebook], registered: list[str]) -> Iterator[str]:
    """The exercises of a notebook are those that dlhelpers.exercises knows."""
    for book in books:
        there, known = set(_exercise_ids(book)), {id for id in registered if id.startswith(f"{book.number}.")}
        for id in sorted(there - known):
            yield book.finding(None, f"dlhelpers.exercises does not know exercise {id}, add it there")
        for id in sorted(known - there):
            yield book.finding(None, f"dlhelpers.exercises has exercise {id}, which the notebook lacks")


def check_map(root: Path) -> Iterator[str]:
    """The lecture map is in step with the tags."""
    try:
        page = lecture_map.page(root)
        if page.read_text(encoding="utf-8") != lecture_map.renewed_map(root):
            yield f"{label(page, root)}: out of step with the notebooks' tags, run make lecture-map"
    except NotebookError:  # reported for the notebook
        pass


def registered_ids() -> list[str]:
    """Return the ids of all exercises of dlhelpers.

    Raises
    ------
    NotebookError
        If the exercises cannot be imported.
    """
    try:
        from dlhelpers import exercises

        return exercises.ids()
    except Exception as error:
        raise NotebookError(f"dlhelpers.exercises: cannot be imported, mend it: {error!r}") from error


def lint(root: Path = ROOT, registered: list[str] | None = None) -> list[str]:
    """Return all findings, a line each; `registered` replaces the exercises of dlhelpers in tests."""
    solved, findings = _read_all(masters(root), root)
    unsolved, unreadable = _read_all(students(root), root)
    findings += unreadable
    for books, checks in ((solved, MASTER_CHECKS), (unsolved, STUDENT_CHECKS)):
        findings += [book.finding(*found) for book in books for check in checks for found in check(book)]
    findings += [*check_editions(solved), *check_definitions(solved), *check_sections(solved), *check_map(root)]
    try:
        findings += check_registry(solved, registered_ids() if registered is None else registered)
    except NotebookError as error:
        findings.append(str(error))
    return findings


def _read_all(paths: list[Path], root: Path) -> tuple[list[Notebook], list[str]]:
    books, findings = [], []
    for path in paths:
        try:
            books.append(Notebook(path, root, read(path)))
        except NotebookError as error:
            findings.append(f"{label(path, root)}: {error}")
    return books, findings


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Print all findings; return 1 if there are any."""
    argparse.ArgumentParser(prog="python -m tools.authors.lint_notebooks", description=__doc__).parse_args(arguments)
    findings = lint(root)
    print(*findings, sep="\n", end="\n" if findings else "", file=sys.stderr)
    if not findings:
        print(f"{len(masters(root))} notebooks, no findings")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
