"""Write the student editions: notebooks/NN_name.ipynb from notebooks/solutions/NN_name.ipynb.

The answer of an exercise stands between `# BEGIN SOLUTION` and `# END SOLUTION`. In the student
edition a region at the left margin becomes `name = ...` for each name that the rest of the cell
uses, an indented region becomes `...`. Cells with the tag `claims` are left out, outputs cleared, links and
the badge made true; a last cell shows which exercises are solved.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

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
    to_text,
    write_text,
)

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
PROGRESS = """# Which exercises have you solved? (This stays in your notebook.)
from dlhelpers.exercises import progress

progress("{}")"""
_CHECK = re.compile(r"^check\(\"(\d\d)\.", re.MULTILINE)
_NEARLY_MARKER = re.compile(r"#\s*(begin|end)\W*sol", re.IGNORECASE)
LINK_UPWARDS = re.compile(r"""(\]\(|(?:src|href)=["'])\.\./""")
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def student_path(master: Path) -> Path:
    """Return where the student edition of a master lies."""
    return master.parent.parent / master.name


def student_edition(master: NotebookNode, path: Path, root: Path) -> NotebookNode:
    """Return the student edition of the master that lies at `path`.

    Raises
    ------
    NotebookError
        If markers are malformed or what is left of a cell does not parse; it names the cell.
    """
    student = renewed(master, student_path(path), root)
    for number, cell in enumerate(student.cells):
        try:
            if cell.cell_type == "code":
                cell.source = without_solutions(cell.source)
                cell.outputs, cell.execution_count = [], None
            elif _NEARLY_MARKER.search(cell.source):
                raise NotebookError("a solution marker in a text cell, put the answer into a code cell")
            else:
                cell.source = LINK_UPWARDS.sub(r"\1", cell.source)
        except NotebookError as error:
            raise NotebookError(f"{error} (cell id {cell.id})", number) from None
    student.cells = [cell for cell in student.cells if not is_claims(cell)] + _progress_cell(student)
    return student


def _progress_cell(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cell that tells a student what is solved, none for a notebook without exercises."""
    found = (_CHECK.search(cell.source) for cell in notebook.cells if cell.cell_type == "code")
    number = next((match[1] for match in found if match), None)
    return [] if number is None else [new_code_cell(PROGRESS.format(number), id="your-progress")]


def without_solutions(source: str) -> str:
    """Return the source of a code cell with `...` in place of its solution regions."""
    lines = source.split("\n")
    regions = solution_regions(lines)
    if not regions:
        return source
    tree = _parsed(source, "the cell does not parse")
    used = _names_used(tree, regions)
    for begin, end in reversed(regions):
        indent = lines[begin][: -len(lines[begin].lstrip())]
        assigned = [] if indent else _names_assigned(tree, begin, end)
        left = [f"{name} = ..." for name in assigned if used.get(name, 0) > end]
        lines[begin : end + 1] = left or [f"{indent}..."]
        if not _statements(tree, begin, end):
            raise NotebookError(f"the solution region at line {begin + 1} holds no whole statement")
    left = "\n".join(lines)
    _parsed(left, "without its solution the cell does not parse, let the markers enclose whole statements")
    return left


def solution_regions(lines: list[str]) -> list[tuple[int, int]]:
    """Return (line of BEGIN, line of END) of each region, counted from 0."""
    regions, begin = [], None
    for number, line in enumerate(lines):
        if line.strip() == BEGIN:
            if begin is not None:
                raise NotebookError(f"{BEGIN} at line {number + 1} inside another region")
            begin = number
        elif line.strip() == END:
            if begin is None:
                raise NotebookError(f"{END} at line {number + 1} without {BEGIN}")
            regions.append((begin, number))
            begin = None
        elif _NEARLY_MARKER.search(line):
            raise NotebookError(f"line {number + 1} is nearly a marker, write {BEGIN} or {END} alone")
    if begin is not None:
        raise NotebookError(f"{BEGIN} at line {begin + 1} without {END}")
    return regions


def _parsed(source: str, complaint: str) -> ast.Module:
    try:
        return parse(source)
    except SyntaxError as error:
        raise NotebookError(f"{complaint}: {error.msg} at line {error.lineno}") from None


def _statements(tree: ast.Module, begin: int, end: int) -> list[ast.stmt]:
    """Return the statements, of any depth, that lie wholly between the two marker lines."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno > begin + 1 and node.end_lineno < end + 1
    ]


def _names_used(tree: ast.Module, regions: list[tuple[int, int]]) -> dict[str, int]:
    """Return for each name the last line (counted from 0) that reads it outside of all regions."""
    last: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            line = node.lineno - 1
            if not any(begin < line < end for begin, end in regions):
                last[node.id] = max(line, last.get(node.id, 0))
    return last


def _names_assigned(tree: ast.Module, begin: int, end: int) -> list[str]:
    """Return the names that the cell's own statements in the region bind, in order, each once."""
    names = [
        name
        for statement in tree.body
        if begin + 1 < statement.lineno <= end
        for name in bound_by(statement)
    ]
    return list(dict.fromkeys(names))


def bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that a piece of code binds in its own scope."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    elif isinstance(node, _OWN_SCOPE):
        yield from [node.name] if hasattr(node, "name") else []
    elif not isinstance(node, _COMPREHENSION):
        for child in ast.iter_child_nodes(node):
            yield from bound_by(child)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write (or with --check compare) all editions; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.authors.make_student", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare, exit 1 if they differ")
    check = parser.parse_args(arguments).check
    problems = [
        f"{label(path, root)}: has no master in notebooks/solutions, add one or delete it"
        for path in students(root)
        if not (path.parent / "solutions" / path.name).exists()
    ]
    for path in masters(root):
        try:
            problems += make(path, root, check)
        except NotebookError as error:
            problems.append(describe(error, path, root))
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


def make(path: Path, root: Path, check: bool = False) -> list[str]:
    """Write the master at `path` with true badge and install cell, and its student edition.

    With `check` nothing is written; return a line for each of the two files that differs.
    """
    master = renewed(read(path), path, root)
    texts = {path: to_text(master), student_path(path): to_text(student_edition(master, path, root))}
    problems = []
    for file, text in texts.items():
        if check:
            same = file.exists() and file.read_bytes() == text.encode()
            if not same:
                problems.append(f"{label(file, root)}: out of step with its master, run make student")
        elif write_text(file, text):
            print("wrote", label(file, root))
    return problems


def describe(error: NotebookError, path: Path, root: Path) -> str:
    """Return the line that reports an error: file, cell, what is wrong."""
    cell = "" if error.cell is None else f" cell {error.cell}"
    return f"{label(path, root)}{cell}: {error}"


if __name__ == "__main__":
    raise SystemExit(main())
