"""The student editions: what becomes of a solution, which markers are refused, what is written."""

from __future__ import annotations

import nbformat
import pytest

from tests.tools.sample import code, notebook, rewrite, text, write_course
from tools.authors import make_student
from tools.authors.make_student import without_solutions
from tools.authors.notebooks import NotebookError, read


def solution(*lines: str, indent: str = "") -> str:
    return "\n".join(indent + line for line in ["# BEGIN SOLUTION", *lines, "# END SOLUTION"])


@pytest.mark.parametrize(
    ("region", "after", "left"),
    [
        (["p = 1"], "check('01.1', p)", "p = ..."),
        (["helper = 2", "p = helper"], "check('01.1', p)", "p = ..."),
        (["a, b = 1, 2"], "check('01.1', b, a)", "a = ...\nb = ..."),
        (["(a, [b, *c]) = 1, [2, 3]"], "use(a, b, c)", "a = ...\nb = ...\nc = ..."),
        (["p: float = 1.0"], "print(f'{p:.2f}')", "p = ..."),
        (["def softmax(z):", "    e = z", "    return e"], "use(softmax)\nprint(e)", "softmax = ..."),
        (["class Net:", "    width = 2"], "Net()", "Net = ..."),
        (["for i in range(3):", "    w = [k for k in (i,)]"], "check('01.1', w, k)", "w = ..."),
        (["with open('x') as f:", "    first = f.read()"], "use(first, f)", "f = ...\nfirst = ..."),
        (["if (n := 3) > 2:", "    big = n"], "use(n, big)", "n = ...\nbig = ..."),
        (["w = [0]", "w[0] = 1"], "def later():\n    return w", "w = ..."),
        (["model.fit(x, y)"], "check('01.1', model)", "..."),
        (["p = 1"], "p = 2", "..."),
    ],
)
def test_region_at_the_margin_leaves_the_names_that_the_cell_uses(region, after, left):
    assert without_solutions(f"{solution(*region)}\n{after}") == f"{left}\n{after}"


def test_names_read_only_in_another_region_are_not_left():
    source = f"{solution('a = 1')}\nx = 0\n{solution('b = a')}\ncheck('01.1', b)"
    assert without_solutions(source) == "...\nx = 0\nb = ...\ncheck('01.1', b)"


def test_indented_regions_become_dots_at_their_indentation():
    body = solution("y = x", "return y", indent="    ")
    loop = solution("w = 1", indent="        ")
    source = "def f(x):\n    'Double.'\n{}\n\nfor i in (1, 2):\n    if i:\n{}\nuse(f, w)"
    assert without_solutions(source.format(body, loop)) == source.format("    ...", "        ...")


def test_cells_with_magics_are_converted():
    source = f"%matplotlib inline\n{solution('p = 1')}\nprint(p)"
    assert without_solutions(source) == "%matplotlib inline\np = ...\nprint(p)"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("# BEGIN SOLUTION\np = 1", "without # END"),
        ("p = 1\n# END SOLUTION", "without # BEGIN"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\np = 1\n# END SOLUTION", "inside another region"),
        ("#BEGIN SOLUTION\np = 1\n#END SOLUTION", "line 1 is nearly a marker"),
        ("# begin solution\np = 1\n# END SOLUTION", "line 1 is nearly a marker"),
        ("p = 1  # BEGIN SOLUTION\n# END SOLUTION", "line 1 is nearly a marker"),
        ("# BEGIN SOLUTION\n# only a comment\n# END SOLUTION", "holds no whole statement"),
        ("p = [\n    # BEGIN SOLUTION\n    1,\n    # END SOLUTION\n]", "holds no whole statement"),
        ("# BEGIN SOLUTION\ndef f():\n# END SOLUTION\n    x = 1\n    return x", "holds no whole statement"),
        ("# BEGIN SOLUTION\ny = 1\nif y:\n# END SOLUTION\n    x = 1", "does not parse, let the markers"),
        ("# BEGIN SOLUTION\np = = 1\n# END SOLUTION", "the cell does not parse"),
    ],
)
def test_malformed_solutions_are_refused(source, message):
    with pytest.raises(NotebookError, match=message):
        without_solutions(source)


@pytest.mark.parametrize("bad", [code("bad", "# BEGIN SOLUTION\np = 1"), text("bad", "# BEGIN SOLUTION")])
def test_an_error_names_file_and_cell_and_leaves_the_old_edition(tmp_path, capsys, bad):
    path = write_course(tmp_path)
    student = make_student.student_path(path)
    before = student.read_bytes()
    master = notebook()
    master.cells.insert(4, bad)
    rewrite(path, master, tmp_path)
    capsys.readouterr()
    assert make_student.main([], tmp_path) == 1
    message = capsys.readouterr().err
    assert "notebooks/solutions/01_sample.ipynb cell 4:" in message and "(cell id bad)" in message
    assert student.read_bytes() == before


def test_student_edition_is_cleared_and_its_links_are_true(tmp_path):
    path = write_course(tmp_path)
    master, student = read(path), read(make_student.student_path(path))
    nbformat.validate(student)
    kept = [cell.id for cell in master.cells if cell.id != "claims"]
    assert [cell.id for cell in student.cells] == [*kept, "your-progress"]
    assert master.cells[12].metadata == {"tags": ["claims"], "jupyter": {"source_hidden": True}}
    code_cells = [cell for cell in student.cells if cell.cell_type == "code"]
    assert all(cell.execution_count is None and not cell.outputs for cell in code_cells)
    assert "/blob/main/notebooks/01_sample.ipynb" in student.cells[0].source
    assert "/blob/main/notebooks/solutions/01_sample.ipynb" in master.cells[0].source
    assert "(../README.md)" in student.cells[0].source and "(../../README.md)" in master.cells[0].source
    assert master.cells[4].outputs and "BEGIN" not in str(student)


def test_check_names_what_is_out_of_step_and_writes_nothing(tmp_path, capsys):
    path = write_course(tmp_path)
    assert make_student.main(["--check"], tmp_path) == 0
    student = make_student.student_path(path)
    student.write_text(student.read_text().replace("It is two.", "It is three."))
    capsys.readouterr()
    assert make_student.main(["--check"], tmp_path) == 1
    message = "notebooks/01_sample.ipynb: out of step with its master, run make student\n"
    assert capsys.readouterr().err == message
    assert "three" in student.read_text()
    make_student.main([], tmp_path)
    assert make_student.main(["--check"], tmp_path) == 0


def test_a_student_edition_without_master_is_an_error(tmp_path, capsys):
    path = write_course(tmp_path)
    path.rename(path.with_name("02_other.ipynb"))
    assert make_student.main([], tmp_path) == 1
    assert "notebooks/01_sample.ipynb: has no master" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a notebook"),
        ('{"nbformat": 4, "nbformat_minor": 4, "cells": []}', "older than notebook format 4.5"),
        ('{"nbformat": 4, "nbformat_minor": 5, "cells": [{"id": 1}, {"id": 1}]}', "a cell id is missing or"),
    ],
)
def test_files_that_are_no_proper_notebooks_are_named(tmp_path, capsys, content, message):
    write_course(tmp_path).write_text(content)
    assert make_student.main([], tmp_path) == 1
    assert f"notebooks/solutions/01_sample.ipynb: {message}" in capsys.readouterr().err


def test_the_last_cell_shows_what_is_solved_where_there_are_exercises(tmp_path):
    path = write_course(tmp_path)
    assert read(make_student.student_path(path)).cells[-1].source.endswith('\n\nprogress("01")')
    master = read(path)
    master.cells = [cell for cell in master.cells if "check(" not in cell.source]
    assert make_student.student_edition(master, path, tmp_path).cells[-1].id == "end"
