"""Grade a folder of notebooks that students handed in: `make grade DIR=handed-in`.

Writes grades.csv and grades.html into that folder. A verdict never comes from what a file says: each exercise's cells
run again, in a process of their own, after the cells of the course's own edition that they build on, and the
course's judge looks at what they made. The notebooks are only read.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import csv
import html
import io
import json
import os
import re
import secrets
import socket
import subprocess
import symtable
import sys
import tempfile
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from subprocess import Popen
from typing import Any

import psutil
from IPython.core.inputtransformer2 import TransformerManager

from dlhelpers import exercises
from tools.authors.make_student import BEGIN, END, without_solutions
from tools.authors.notebooks import ROOT, THREADS, NotebookError, is_claims, masters, parse, read, write_text

SECONDS, SETUP_SECONDS, MEGABYTES = 120, 900, 4000  # of an exercise: the student's part, the course's part, memory
SIZE = 30_000_000  # bytes of a file
_GRADE_ONE = (sys.executable, str(Path(__file__).with_name("grade_one.py")))
# From best to worst: of several hand-ins of one notebook, the best counts.
ORDER = ("solved", "wrong", "cell failed", "time-out", "too much memory", "tampered", "set-up failed")
ORDER += ("not tried", "missing")
_COLOURS = {"solved": "#009E73", "wrong": "#D55E00", "not tried": "#767676", "missing": "#767676"}
_MOODLE = re.compile(r"^(.+?)_\d+_assignsubmission_file")
_PEEKS = re.compile(r"\b(_registry|exercises\.(nb\d\d|core|formulas)|exercises import .*\b(nb\d\d|core|formulas)\b)")
EXERCISE = re.compile(r"""\bcheck\(\s*["'](\d\d\.\d+)["']""")


@dataclass(frozen=True)
class HandIn:
    """One notebook of one student; `problem` says why it cannot be graded, if it cannot."""

    student: str
    file: str
    notebook: str = ""
    cells: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Result:
    """What came of one exercise of one hand-in."""

    outcome: str
    message: str = ""


@dataclass(frozen=True)
class Job:
    """An exercise to run: the course's cells it builds on, the student's, and what was handed to `check`."""

    exercise: str
    setup: tuple[str, ...]
    cells: tuple[str, ...]
    answers: tuple[str, ...]


# --- what was handed in ------------------------------------------------------------


def hand_ins(folder: Path) -> list[HandIn]:
    """Return all notebooks in a folder and in its zips, with their students' names.

    A name is that of Moodle's folder or zip ("Ada Lovelace_1234_assignsubmission_file_"), else of the folder in which a
    file lies, else of the file, without the name of the notebook.

    Raises
    ------
    NotebookError
        If the folder does not exist or holds no notebook and no zip.
    """
    if not folder.is_dir():
        raise NotebookError(f"{folder} is no folder. Give the folder with the hand-ins: make grade DIR=handed-in")
    found = [HandIn(_student(where), where, **_content(data)) for where, data in _files(folder)]
    if not found:
        raise NotebookError(f"{folder} holds no notebook (.ipynb) and no zip")
    return sorted(found, key=lambda one: (one.student.casefold(), one.notebook, one.file))


def _files(folder: Path) -> Iterator[tuple[str, bytes | str]]:
    """Each notebook's place and bytes, or why it has none."""
    for path in sorted(folder.rglob("*")):
        where = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or any(part.startswith(".") for part in where.parts):
            continue
        if path.suffix == ".ipynb":
            yield str(where), path.read_bytes() if path.stat().st_size <= SIZE else "larger than 30 MB"
        elif path.suffix == ".zip":
            yield from _in_zip(path.read_bytes(), str(where))


def _in_zip(data: bytes, where: str, depth: int = 1) -> Iterator[tuple[str, bytes | str]]:
    """The notebooks in a zip, read in memory: nothing is unpacked, so names with ../ do no harm."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist()[:5000]:
                name = f"{where}/{member.filename}"
                parts = set(PurePosixPath(member.filename).parts) - {".", ".."}
                hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
                if hidden or not member.filename.endswith((".ipynb", ".zip")):
                    continue
                if member.file_size > SIZE:
                    yield name, "larger than 30 MB"
                elif member.filename.endswith(".ipynb"):
                    yield name, archive.read(member)
                elif depth:
                    yield from _in_zip(archive.read(member), name, depth - 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as problem:
        yield where, f"not a zip that can be read ({problem})"


def _student(where: str) -> str:
    parts = where.replace(".zip/", "/").split("/")
    for part in parts:
        if found := _MOODLE.match(part):
            return found[1]
    if len(parts) > 1:
        return parts[0].removesuffix(".zip")
    stem = parts[0].removesuffix(".zip").removesuffix(".ipynb")
    for name in (path.stem for path in masters(ROOT)):
        stem = re.sub(rf"(?i){name}|\b{name[:2]}\b", "", stem)
    stem = re.sub(r"\(\d+\)|-checkpoint|[Cc]opy\d*", "", stem)
    return " ".join(re.split(r"[\s_]+", stem.strip(" _-."))).strip() or parts[0]


def _content(data: bytes | str) -> dict:
    """The notebook's number and code cells, or the problem with it."""
    if isinstance(data, str):
        return {"problem": data}
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        sources = [cell.get("source", cell.get("input", "")) for cell in cells if cell["cell_type"] == "code"]
        codes = tuple("".join(source).replace("\r\n", "\n") for source in sources)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return {"problem": "not a notebook"}
    numbers = [id[:2] for id in EXERCISE.findall("\n".join(codes))]
    known = [number for number in numbers if number in course()]
    if not known:
        return {"problem": "no exercise of this course in it"}
    return {"notebook": max(set(known), key=known.count), "cells": codes}


# --- what an exercise builds on ----------------------------------------------------


@cache
def course() -> dict[str, tuple[str, ...]]:
    """Return the code cells of the course's solved notebooks, by number."""
    notebooks = {path.name[:2]: read(path) for path in masters(ROOT)}
    code = {
        number: tuple(c.source for c in notebook.cells if c.cell_type == "code" and not is_claims(c))
        for number, notebook in notebooks.items()
    }
    return {number: cells for number, cells in code.items() if EXERCISE.search("\n".join(cells))}


def job(exercise: str, cells: tuple[str, ...]) -> Job | Result:
    """Return what has to run for one exercise of a hand-in, or the result if nothing has to.

    Parameters
    ----------
    exercise : str
        Such as "05.2".
    cells : tuple of str
        All code cells of the hand-in.
    """
    asks = [number for number, cell in enumerate(cells) if exercise in EXERCISE.findall(cell)]
    if not asks:
        return Result("missing")
    ours = course()[exercise[:2]]
    place = next(number for number, cell in enumerate(ours) if exercise in EXERCISE.findall(cell))
    untouched = _plain(without_solutions(ours[place]))
    tried = [number for number in asks if _plain(cells[number]) != untouched]
    if not tried:
        return Result("not tried")
    here = tried[-1]
    try:
        source, answers = _without_check(_python(cells[here]), exercise)
    except SyntaxError as problem:
        return Result("cell failed", f"SyntaxError: {problem.msg}, line {problem.lineno}")
    before = [cell for cell in ours[:place] if "import dlhelpers\n" not in cell or "try:" not in cell]
    known = set().union(*(_bound(cell) for cell in before), vars(builtins))
    needed = _used(source) | _used("\n".join(answers))
    own = []
    for number in range(here - 1, -1, -1):  # helpers that a student has defined in cells of their own
        text = _python(cells[number])
        new = _bound(text) - known
        if new & needed:
            own.insert(0, _without_check(text, None)[0])
            needed |= _used(text)
    if peeks := _PEEKS.search("\n".join([*own, source, *answers])):
        return Result("tampered", f"The hand-in reaches for the course's own answers: {peeks[0]}.")
    return Job(exercise, ("import dlhelpers", *_setup(before, needed)), (*own, source), tuple(answers))


def _plain(source: str) -> str:
    """A cell without what an editor changes: blank lines, comments, spaces."""
    try:
        return ast.unparse(ast.parse(source))
    except SyntaxError:
        return source.strip()


def _python(source: str) -> str:
    """A cell with magics turned into Python."""
    return TransformerManager().transform_cell(source)


def _without_check(source: str, exercise: str | None) -> tuple[str, list[str]]:
    """The cell up to its last `check` of the exercise, without calls that only show; and what was handed to that check.

    What stands behind it is for later cells: `fallback` would put the course's answer in the place of the student's.
    """
    statements, answers = _NoFallback(exercise).visit(ast.parse(source)).body, []
    last = max((n for n, one in enumerate(statements) if _called(one) == ("check", exercise)), default=None)
    if last is not None:
        answers = [ast.unparse(argument) for argument in statements[last].value.args[1:]]
    kept = [one for one in statements[:last] if _called(one)[0] not in ("check", "hint", "progress")]
    return "\n".join(ast.unparse(one) for one in kept), answers


def _called(statement: ast.stmt) -> tuple[str, str]:
    """The name of the function that a statement only calls, and its first argument."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return "", ""
    first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
    return getattr(call.func, "id", ""), first


class _NoFallback(ast.NodeTransformer):
    """Puts the answer itself in the place of `fallback(exercise, answer)`."""

    def __init__(self, exercise: str | None):
        self.exercise = exercise

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if getattr(node.func, "id", "") == "fallback" and len(node.args) == 2:
            if isinstance(node.args[0], ast.Constant) and node.args[0].value == self.exercise:
                return node.args[1]
        return node


def _setup(cells: list[str], needed: set[str]) -> list[str]:
    """Of the cells before an exercise, in the course's own words, those that make what is needed."""
    chosen: list[str] = []
    for cell in reversed(cells):
        statements = parse(cell).body
        if any(map(_starts, statements)) or all(isinstance(one, ast.Import | ast.ImportFrom) for one in statements):
            wanted = []
            for one in reversed(statements):
                if not _starts(one) and _bound(ast.unparse(one)) & needed:
                    wanted.append(one)
                    needed = needed | _used(ast.unparse(one))
            with_keras = any(re.search("import.*(keras|tensorflow)|from keras", ast.unparse(one)) for one in wanted)
            parts = [ast.unparse(one) for one in statements if one in wanted or (_starts(one) and with_keras)]
            if parts:
                chosen.insert(0, "\n".join(parts))
        elif (_bound(cell) | _changed(cell)) & needed:
            chosen.insert(0, _without_check(_python(cell), None)[0])
            needed = needed | _used(cell)
    return chosen


def _starts(statement: ast.stmt) -> bool:
    return ast.unparse(statement).startswith("dlhelpers.setup(")


@cache
def _names(source: str) -> symtable.SymbolTable | None:
    """What Python itself knows of the names in a cell, if it is Python."""
    try:
        return symtable.symtable(ast.unparse(parse(source)), "cell", "exec")
    except SyntaxError:
        return None


@cache
def _bound(source: str) -> frozenset[str]:
    """The names that a cell binds for the cells after it, not those inside its functions."""
    table = _names(source)
    symbols = table.get_symbols() if table else []
    return frozenset(one.get_name() for one in symbols if one.is_assigned() or one.is_imported())


@cache
def _changed(source: str) -> frozenset[str]:
    """The names whose values a cell may change in place: x[0] = 1, x += 1, x.fit(...)."""
    nodes = ast.walk(parse(source))
    targets = [n.value for n in nodes if isinstance(n, ast.Subscript | ast.Attribute) and isinstance(n.ctx, ast.Store)]
    targets += [n.func.value for n in ast.walk(parse(source)) if isinstance(n, ast.Call) and hasattr(n.func, "value")]
    return frozenset(node.id for node in targets if isinstance(node, ast.Name)) - _modules()


@cache
def _modules() -> frozenset[str]:
    """The names of modules in all notebooks: `plt.plot()` does not change `plt`."""
    cells = [cell for cells in course().values() for cell in cells]
    nodes = [node for cell in cells for node in ast.walk(parse(cell)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return frozenset((one.asname or one.name).partition(".")[0] for node in nodes for one in node.names)


@cache
def _used(source: str) -> frozenset[str]:
    """The names of the notebook that a cell reads, not those that belong to its functions alone."""
    found: set[str] = set()
    tables = [_names(source)]
    while table := tables.pop() if tables else None:
        outside = table.get_type() == "module"
        found |= {one.get_name() for one in table.get_symbols() if one.is_referenced() and (outside or one.is_global())}
        tables += table.get_children()
    return frozenset(found)


# --- running -----------------------------------------------------------------------


def outcome(work: Job, seconds: float = SECONDS, megabytes: float = MEGABYTES, server: Server | None = None) -> Result:
    """Run one exercise in a process of its own, in a temporary folder, within limits of time and memory."""
    key = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        receive, send = os.pipe()
        order = {
            "exercise": work.exercise, "setup": work.setup, "cells": work.cells, "answers": work.answers,
            "folder": folder, "solutions": str(ROOT / "notebooks" / "solutions"), "descriptor": send, "key": key,
        }  # fmt: skip
        told: list[str] = []
        reader = threading.Thread(target=lambda: told.extend(os.fdopen(receive, errors="replace")), daemon=True)
        reader.start()
        process = (server.start if server else _start)(json.dumps(order), send, folder)
        stopped = _watch(process, lambda: _said(told, key, "ready"), seconds, megabytes)
        reader.join(5)
    if verdict := _said(told, key, "verdict"):
        return Result(*verdict)
    return stopped or Result("cell failed", "The hand-in ended Python before the judge could look at it.")


def _command(folder: str) -> dict[str, Any]:
    """How `grade_one.py` is started: with few settings of the teacher's, one thread, everything in the folder."""
    settings = dict.fromkeys((*THREADS, "OPENBLAS_NUM_THREADS"), "1") | {"MPLBACKEND": "agg", "HOME": folder}
    settings |= {"IPYTHONDIR": folder, "MPLCONFIGDIR": folder, "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}
    settings |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "PYTHONPATH") if name in os.environ}
    nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return {"cwd": folder, "env": kept | settings, "start_new_session": True, **nowhere}


def _start(order: str, send: int, folder: str) -> Popen:
    """Start a process for one exercise, and give it the order; `send` is closed here."""
    process = Popen(_GRADE_ONE, stdin=subprocess.PIPE, pass_fds=[send], text=True, **_command(folder))
    os.close(send)
    _hand_over(order, process.stdin)
    return process


def _hand_over(order: str, pipe: Any) -> None:
    try:
        pipe.write(order)
        pipe.close()
    except BrokenPipeError:
        pass


class Server:
    """A process that has imported TensorFlow and does exercises in copies of itself, one at a time; Linux only."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="grade-")
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = Popen(
                [*_GRADE_ONE, str(theirs.fileno())], pass_fds=[theirs.fileno()], **_command(self._folder.name)
            )
        self._answers = self._connection.makefile()

    def start(self, order: str, send: int, folder: str) -> Copy:
        """Let a copy do one exercise; `send` is closed here."""
        read, write = os.pipe()
        socket.send_fds(self._connection, [b"x"], [read, send])
        os.close(read)
        os.close(send)
        copy = Copy(int(self._answers.readline()), self._answers)
        _hand_over(order, os.fdopen(write, "w"))
        return copy

    def close(self) -> None:
        """End the process, which waits for no further exercise."""
        self._answers.close()
        self._connection.close()
        self._process.wait()
        self._folder.cleanup()


class Copy:
    """One copy of the server's process, with as much of a `Popen` as is needed to watch it."""

    def __init__(self, pid: int, answers: io.TextIOBase) -> None:
        self.pid = pid
        self._end = threading.Thread(target=answers.readline, daemon=True)
        self._end.start()

    def poll(self) -> int | None:
        """Return None while it runs."""
        return None if self._end.is_alive() else 0

    def wait(self) -> None:
        """Wait until it has ended."""
        self._end.join()


def _said(told: list[str], key: str, what: str) -> Any:
    """Return what the process said under this name, if anything; a line without its key is not its own."""
    for line in told:
        try:
            found = json.loads(line)
            if found["key"] == key and what in found:
                return found[what]
        except (ValueError, TypeError, KeyError):
            continue
    return None


def _watch(process: Popen | Copy, ready: Callable[[], Any], seconds: float, megabytes: float) -> Result | None:
    """Wait for the process; end it when it takes too long or too much, and say so."""
    started, stopped = time.monotonic(), None
    began = None  # when the set-up was done
    while process.poll() is None and stopped is None:
        time.sleep(0.1)
        now = time.monotonic()
        if began is None and ready():
            began = now
        if began is not None and now > began + seconds:
            stopped = Result("time-out", f"It did not end within {seconds:g} s.")
        elif began is None and now > started + SETUP_SECONDS:
            stopped = Result("set-up failed", f"The course's own cells did not end within {SETUP_SECONDS} s.")
        elif _megabytes(process.pid) > megabytes:
            stopped = Result("too much memory", f"It took more than {megabytes / 1000:g} GB.")
    if stopped:
        for one in _family(process.pid):
            one.kill()
    process.wait()
    return stopped


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []


def _megabytes(pid: int) -> float:
    total = 0
    for one in _family(pid):
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    return total / 1e6


# --- the table ---------------------------------------------------------------------


@dataclass
class Grades:
    """All results: by student and exercise the best of what was handed in, and what could not be graded."""

    results: dict[tuple[str, str], Result] = field(default_factory=dict)
    notes: list[tuple[str, str, str]] = field(default_factory=list)

    def students(self) -> list[str]:
        """Return the students, in order."""
        everybody = {student for student, _ in self.results} | {student for student, _, _ in self.notes}
        return sorted(everybody, key=str.casefold)

    def exercises(self) -> list[str]:
        """Return the exercises of all notebooks that were handed in."""
        return sorted({exercise for _, exercise in self.results}, key=lambda id: (id[:2], int(id[3:])))

    def add(self, student: str, exercise: str, result: Result) -> None:
        """Keep a result if it is better than what this student has."""
        had = self.results.get((student, exercise))
        if had is None or ORDER.index(result.outcome) < ORDER.index(had.outcome):
            self.results[student, exercise] = result


def grade(folder: Path, workers: int | None = None) -> Grades:
    """Grade all hand-ins in a folder."""
    found, grades, todo = hand_ins(folder), Grades(), []
    times: dict[tuple[str, str], int] = {}
    for one in found:
        if one.problem:
            grades.notes.append((one.student, one.file, one.problem))
            continue
        times[one.student, one.notebook] = times.get((one.student, one.notebook), 0) + 1
        for exercise in (id for id in exercises.ids() if id.startswith(f"{one.notebook}.")):
            work = job(exercise, one.cells)
            if isinstance(work, Job):
                todo.append((one, work))
            else:
                grades.add(one.student, exercise, work)
        unknown = sorted(set(EXERCISE.findall("\n".join(one.cells))) - set(exercises.ids()))
        if unknown:
            grades.notes.append((one.student, one.file, f"not in this edition of the course: {', '.join(unknown)}"))
    for (student, notebook), number in times.items():
        if number > 1:
            said = f"handed in {number} times; the best of each exercise counts"
            grades.notes.append((student, f"notebook {notebook}", said))
    for (one, work), result in zip(todo, _outcomes([work for _, work in todo], workers), strict=True):
        grades.add(one.student, work.exercise, result)
    return grades


def _outcomes(todo: list[Job], workers: int | None) -> list[Result]:
    """Run exercises side by side, each worker with a server of its own where there can be one."""
    servers, mine = [], threading.local()

    def begin() -> None:
        mine.server = Server() if sys.platform == "linux" else None
        servers.append(mine.server)

    try:
        with ThreadPoolExecutor(workers or os.cpu_count(), initializer=begin) as pool:
            return list(pool.map(lambda work: outcome(work, server=mine.server), todo))
    finally:
        for server in filter(None, servers):
            server.close()


@cache
def asks_for_code(exercise: str) -> bool:
    """Return whether a function, a class or a trained model is asked for, which is more than a number to copy."""
    cell = next(cell for cell in course()[exercise[:2]] if exercise in EXERCISE.findall(cell))
    solution = cell.partition(BEGIN)[2].partition(END)[0]
    nodes = list(ast.walk(parse(textwrap.dedent(solution))))
    loops = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While)
    built = any(getattr(node, "attr", "") in ("Sequential", "Model", "fit") for node in nodes)
    indented = re.search(rf"^\s+{BEGIN}", cell, re.MULTILINE)  # the body of a function
    return built or bool(indented) or any(isinstance(node, loops) for node in nodes)


def as_csv(grades: Grades) -> str:
    """Return the table as CSV: a row a student, a column an exercise, and how many are solved."""
    text, columns = io.StringIO(), grades.exercises()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["student", *columns, "solved", "solved of those that ask for code"])
    for student in grades.students():
        row = [grades.results.get((student, id), Result("")) for id in columns]
        solved = [id for id, result in zip(columns, row, strict=True) if result.outcome == "solved"]
        counts = len(solved), sum(map(asks_for_code, solved))
        rows.writerow([_safe(student), *(one.outcome for one in row), *counts])
    return text.getvalue()


def _safe(name: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{name}" if name[:1] in "=+-@\t" else name


def as_html(grades: Grades) -> str:
    """Return the page: the table, what was wrong in words, and what could not be graded."""
    columns = grades.exercises()
    head = "".join(f"<th>{id}{' ★' if asks_for_code(id) else ''}</th>" for id in columns)
    body = "".join(
        f"<tr><th>{html.escape(student)}</th>"
        + "".join(_cell(grades.results.get((student, id))) for id in columns)
        + "</tr>\n"
        for student in grades.students()
    )
    details = _rows(
        (student, id, result.outcome, result.message)
        for (student, id), result in sorted(grades.results.items())
        if result.message
    )
    notes = _rows(sorted(grades.notes))
    return _PAGE.format(head=head, body=body, details=details, notes=notes or "<tr><td>nothing</td></tr>")


def _cell(result: Result | None) -> str:
    if result is None:
        return "<td></td>"
    colour = _COLOURS.get(result.outcome, "#B00020")
    return f'<td style="color:{colour}" title="{html.escape(result.message)}">{result.outcome}</td>'


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join("<tr>" + "".join(f"<td>{html.escape(one)}</td>" for one in row) + "</tr>" for row in rows)


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Grades</title><style>
body {{ font: 16px sans-serif; margin: 2em; max-width: 75em }}
table {{ border-collapse: collapse; margin: 1em 0 2em }}
td, th {{ border: 1px solid #ccc; padding: 0.3em 0.6em; text-align: left }}
</style></head><body>
<h1>Grades</h1>
<p>Each exercise was run again, and judged by what its code does. Count those with a <b>★</b>: they ask for a function,
a layer or a model. The others ask for a number or for letters, which can be copied from the solutions. Hints are not
counted against anybody. Point at a word to read what was said.</p>
<table><tr><th>student</th>{head}</tr>
{body}</table>
<h2>What was wrong</h2>
<table>{details}</table>
<h2>What could not be graded, and what else to know</h2>
<table>{notes}</table>
<p><b>tampered</b>: the notebook replaces functions that the judge works with. <b>set-up failed</b>: the course's own
cells did not run; this is not the student's fault.</p>
</body></html>
"""


def main() -> None:
    """Grade the folder that the command line names, and write grades.csv and grades.html into it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="the hand-ins: notebooks, folders, zips")
    parser.add_argument("--workers", type=int, help="how many exercises run at a time; as many as there are processors")
    options = parser.parse_args()
    if not options.folder:  # make grade without DIR
        sys.exit("Which folder? Give the one with the hand-ins: make grade DIR=handed-in")
    folder, begin = Path(options.folder), time.monotonic()
    try:
        grades = grade(folder, options.workers)
    except NotebookError as problem:
        sys.exit(str(problem))
    write_text(folder / "grades.csv", as_csv(grades))
    write_text(folder / "grades.html", as_html(grades))
    took = time.monotonic() - begin
    counts = f"{len(grades.students())} students, {len(grades.results)} exercises"
    print(f"{counts}, {took:.0f} s: {folder / 'grades.html'}")


if __name__ == "__main__":
    main()
