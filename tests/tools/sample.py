"""A course of one small notebook without findings, for the tests of the tools."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.authors import lecture_map, make_student
from tools.authors.notebooks import to_text

ADDRESS = "https://github.com/YOUR_ORG/dl-notebooks"
IDS = ["01.1", "01.2", "01.3"]
HEADER = """\
# 01 A sample

[![Open in Colab](x)](y)

*One line of purpose.*

**You will be able to**

- add
- print
- assert

**Data**: none, see [the list](../../README.md)
**Running time**: about 1 s on 2 CPU cores, the same on a GPU
**Before this**: nothing"""
MAP = """\
# Lecture map

| fact | what | notebook |
|---|---|---|
| F001 | one and \\| or one | |
| F002 | two | |
"""


def text(cell_id: str, source: str) -> nbformat.NotebookNode:
    return new_markdown_cell(source, id=cell_id)


def code(cell_id: str, source: str, tags: tuple[str, ...] = (), printed: str = "") -> nbformat.NotebookNode:
    cell = new_code_cell(source, id=cell_id, metadata={"tags": list(tags)} if tags else {})
    if printed:
        cell.outputs = [new_output("stream", name="stdout", text=printed)]
    return cell


def exercise(k: int) -> list[nbformat.NotebookNode]:
    solution = f"# BEGIN SOLUTION\nanswer = {k} + 1\n# END SOLUTION"
    source = f'# Exercise 01.{k}: a sum\n{solution}\n\ncheck("01.{k}", answer)'
    return [text(f"ask{k}", f"**Exercise 01.{k}.** Add."), code(f"answer{k}", source)]


def notebook() -> nbformat.NotebookNode:
    """The master of the sample; `check` stands in for that of dlhelpers, so no kernel needs TensorFlow."""
    cells = [
        text("header", HEADER),
        code("install", "", ("install",)),
        code("start", "dlhelpers.setup(seed=1)\n\nimport math"),
        text("section", "## 1 What is one and one?"),
        code("sum", "total = 1 + 1\nprint(total)", ("fact-F001",), printed="2\n"),
        text("read", "It is two."),
        *exercise(1),
        *exercise(2),
        *exercise(3),
        code("claims", "assert total == 2", ("claims",)),
        text("end", "**Explore.** Why?\n\n## What you take away\n\n- Sums."),
    ]
    for count, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), start=1):
        cell.execution_count = count
    return new_notebook(cells=cells)


def write_course(root: Path, master: nbformat.NotebookNode | None = None) -> Path:
    """Write a course of this one notebook, in step, below `root`; return the path of the master."""
    (root / "docs").mkdir(parents=True)
    (root / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{ADDRESS}"\n')
    (root / "README.md").write_text(f"Clone {ADDRESS}.git, see nbviewer.org/github/YOUR_ORG/dl-notebooks\n")
    lecture_map.page(root).write_text(MAP)
    path = root / "notebooks" / "solutions" / "01_sample.ipynb"
    path.parent.mkdir(parents=True)
    rewrite(path, master or notebook(), root)
    return path


def rewrite(path: Path, master: nbformat.NotebookNode, root: Path) -> None:
    """Write a master and, as far as it can be made, what hangs on it."""
    path.write_text(to_text(master))
    make_student.main([], root)
    lecture_map.main([], root)
