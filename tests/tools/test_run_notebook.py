"""Running and saving notebooks; the sample's cells are replaced, so that kernels start in a second."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.comparison import switches
from tests.tools.sample import code, notebook, rewrite, text, write_course
from tools.authors import lecture_map, run_notebook
from tools.authors.make_student import student_path
from tools.authors.notebooks import read
from tools.authors.outputs import WIDGET


def course_of(root: Path, *sources: str) -> Path:
    """Write a course whose only notebook has a header and these code cells."""
    master = notebook()
    cells = [code(f"c{i}", source, ("fact-F002",)) for i, source in enumerate(sources)]
    master.cells = [text("header", master.cells[0].source), *cells]
    return write_course(root, master)


def test_save_runs_normalises_and_renews_what_hangs_on_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NB_TEST_SMOKE", "1")
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    path = course_of(
        tmp_path,
        "import os\nprint('one', flush=True)\nprint('two')\n'NB_TEST_SMOKE' in os.environ, __debug__",
        "from ipywidgets import IntSlider\nIntSlider()",
        "import time\nfrom pathlib import Path\ntime.sleep(2)\nPath().resolve().name",
        "from matplotlib.figure import Figure\nfigure = Figure()\nfigure.subplots().plot([1, 2])\nfigure",
    )
    student_path(path).unlink()
    assert run_notebook.main(["--save", "01"], tmp_path) == 0

    _, first, second, third, fourth = read(path).cells
    assert [cell.execution_count for cell in (first, second, third)] == [1, 2, 3]
    assert [output.output_type for output in first.outputs] == ["stream", "execute_result"]
    assert first.outputs[0].text == "one\ntwo\n"
    assert first.outputs[1].data["text/plain"] == "(False, True)"
    assert WIDGET not in str(second) and "widgets" not in read(path).metadata
    assert third.outputs[0].data["text/plain"] == "'solutions'"
    assert '{"kind":"line",' in fourth.outputs[0].data[switches.FIGURE]
    assert first.metadata == {"tags": ["fact-F002"]}
    assert student_path(path).exists()
    assert "01_sample.ipynb" in lecture_map.page(tmp_path).read_text()
    report = capsys.readouterr().out
    assert "saved notebooks/solutions/01_sample.ipynb" in report and " kB, cell " in report

    before = path.read_bytes()
    run_notebook.main(["--save"], tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "not saved, cell 1 (id c0) failed"),
        ("import sys\nprint('careful', file=sys.stderr)", "cell 1: not saved, its saved output holds stderr text"),
        ("print('at 12:30:05')", "cell 1: not saved, its saved output holds a date or time"),
        ("import os\nos._exit(1)", "not saved, cell 1 (id c0) failed"),
    ],
)
def test_save_refuses_a_run_that_failed_or_wrote_to_stderr(tmp_path, capsys, source, message):
    path = course_of(tmp_path, source)
    before = path.read_bytes(), student_path(path).read_bytes()
    assert run_notebook.main(["--save", "solutions/01_sample.ipynb"], tmp_path) == 1
    assert message in capsys.readouterr().err
    assert (path.read_bytes(), student_path(path).read_bytes()) == before


def test_save_leaves_a_file_alone_that_was_edited_meanwhile(tmp_path, capsys):
    path = tmp_path / "notebooks" / "solutions" / "01_sample.ipynb"
    course_of(tmp_path, f"with open({str(path)!r}, 'a') as file:\n    n = file.write(' ')")
    assert run_notebook.main(["--save", "01"], tmp_path) == 1
    assert "the file changed while it ran" in capsys.readouterr().err
    assert path.read_text().endswith(" ")


def test_markers_are_refused_before_the_run(tmp_path, capsys, monkeypatch):
    course_of(tmp_path, "# BEGIN SOLUTION")
    monkeypatch.setattr(run_notebook, "execute", lambda *_: pytest.fail("it ran"))
    assert run_notebook.main(["--save", "01"], tmp_path) == 1
    assert "cell 1: # BEGIN SOLUTION at line 1 without # END SOLUTION" in capsys.readouterr().err


def test_run_writes_a_page_and_leaves_the_notebook_alone(tmp_path, capsys):
    path = course_of(tmp_path, "print('first' + ' output')")
    before = path.read_bytes(), student_path(path).read_bytes()
    assert run_notebook.main(["01"], tmp_path) == 0
    page = tmp_path / "build" / "01_sample.html"
    assert "first output" in page.read_text() and str(page) in capsys.readouterr().out
    assert (path.read_bytes(), student_path(path).read_bytes()) == before


def test_a_failing_run_names_the_cell_and_still_writes_the_page(tmp_path, capsys):
    course_of(tmp_path, "x = 1", "raise ValueError('too ' + 'bad')", "print('never' + ' reached')")
    assert run_notebook.main(["solutions/01"], tmp_path) == 1
    out, err = capsys.readouterr()
    assert "notebooks/solutions/01_sample.ipynb cell 2 (id c1) failed" in err and "ValueError" in err
    page = (tmp_path / "build" / "solutions-01_sample.html").read_text()
    assert "too bad" in page and "never reached" not in page and "the page shows the error" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "which notebook? Write NB=01; there are: 01_sample, 01_twin, solutions/01_sample,"),
        (["7"], "no notebook is called '7'; there are: 01_sample,"),
        (["01"], "2 notebooks are called '01'; there are: 01_sample,"),
        (["--save", "7"], "no notebook is called '7'; there are: solutions/01_sample, solutions/01_twin"),
    ],
)
def test_unknown_and_ambiguous_names_list_what_exists(tmp_path, capsys, arguments, message):
    path = write_course(tmp_path)
    rewrite(path.with_name("01_twin.ipynb"), notebook(), tmp_path)
    capsys.readouterr()
    assert run_notebook.main(arguments, tmp_path) == 1
    assert capsys.readouterr().err.startswith(message)


@pytest.mark.parametrize("name", ["01", "01_sample", "01_sample.ipynb", "notebooks/01_sample.ipynb"])
def test_find_takes_the_names_that_people_write(tmp_path, name):
    path = write_course(tmp_path)
    assert run_notebook.find(name, tmp_path) == student_path(path)
    assert run_notebook.find(name, tmp_path, only_masters=True) == path
    assert run_notebook.find(f"solutions/{name.removeprefix('notebooks/')}", tmp_path) == path
