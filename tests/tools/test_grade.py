"""Hand-ins as they come: with any name, broken, twice, hostile; each verdict comes from the judge."""

import csv
import io
import json
import sys
import zipfile

import pytest

from tools.authors.notebooks import ROOT, NotebookError
from tools.release import played_class
from tools.teaching import grade
from tools.teaching.grade import Job, Result

RIGHT = "def least_squares(X, y):\n    return np.linalg.lstsq(X, y)[0]\n"
CHECK = 'check("03.1", least_squares)'


def notebook(*cells: str) -> str:
    code = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module", params=["copy", "process"])
def result(request):
    """What comes of exercise 03.1 in a hand-in: in a copy of a server's process, or where there is none."""
    if request.param == "copy" and sys.platform != "linux":
        pytest.skip("only Linux copies a process that has imported TensorFlow")
    server = grade.Server() if request.param == "copy" else None

    def run(*cells: str, **limits: float) -> Result:
        work = grade.job("03.1", cells)
        return grade.outcome(work, **limits, server=server) if isinstance(work, Job) else work

    yield run
    if server:
        server.close()


# --- what was handed in --------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "student"),
    [
        ("Ada Lovelace_12345_assignsubmission_file_/03.ipynb", "Ada Lovelace"),
        ("all.zip/Ada Lovelace_12345_assignsubmission_file_/03.ipynb", "Ada Lovelace"),
        ("ada/week 3/03_regression_and_classification.ipynb", "ada"),
        ("ada.zip/03.ipynb", "ada"),
        ("Ada_Lovelace-03_regression_and_classification (1).ipynb", "Ada Lovelace"),
        ("03_regression_and_classification_ada.ipynb", "ada"),
        ("03_regression_and_classification.ipynb", "03_regression_and_classification.ipynb"),
    ],
)
def test_whose_it_is(where, student):
    assert grade._student(where) == student


def test_everything_in_a_folder_is_found_and_what_is_no_notebook_is_named(tmp_path):
    (tmp_path / "ada.ipynb").write_text(notebook(CHECK))
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "a.ipynb").write_text("{")
    (tmp_path / "eve.ipynb").write_text(notebook("x = 1"))
    (tmp_path / "broken.zip").write_bytes(b"PK")
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("../../out.ipynb", notebook(CHECK))
        archive.writestr("__MACOSX/._out.ipynb", "x")
    with zipfile.ZipFile(tmp_path / "moodle.zip", "w") as archive:
        archive.writestr("Carl_1_assignsubmission_file_/hand-in.zip", inner.getvalue())
    found = {one.student: one for one in grade.hand_ins(tmp_path)}
    assert sorted(found) == ["Carl", "ada", "bob", "broken", "eve"]
    assert found["ada"].notebook == found["Carl"].notebook == "03" and found["ada"].cells == (CHECK,)
    assert found["bob"].problem == "not a notebook"
    assert found["eve"].problem == "no exercise of this course in it"
    assert found["broken"].problem.startswith("not a zip")
    assert not (tmp_path.parent / "out.ipynb").exists()


def test_notebooks_of_other_editors_are_read(tmp_path):
    lines = {"cell_type": "code", "input": ["x = 1\r\n", CHECK]}
    (tmp_path / "old.ipynb").write_text(json.dumps({"worksheets": [{"cells": [lines]}], "nbformat": 3}), "utf-8-sig")
    [old] = grade.hand_ins(tmp_path)
    assert old.cells == (f"x = 1\n{CHECK}",) and not old.problem


def test_a_folder_without_notebooks_is_refused(tmp_path):
    with pytest.raises(NotebookError, match="holds no notebook"):
        grade.hand_ins(tmp_path)
    with pytest.raises(NotebookError, match="is no folder"):
        grade.hand_ins(tmp_path / "missing")


# --- what has to run -----------------------------------------------------------------


def test_only_what_the_exercise_builds_on_is_run():
    work = grade.job("03.1", (f"{RIGHT}\n{CHECK}",))
    assert work.setup == ("import dlhelpers", "import numpy as np") and work.answers == ("least_squares",)
    assert "check" not in work.cells[0]


def test_keras_starts_as_the_notebook_starts_it():
    cell = "model = keras.Sequential([keras.Input((5,)), layers.Dense(1)])\ncheck('03.5', model)"
    work = grade.job("03.5", (cell,))
    assert any("dlhelpers.setup" in part and "import keras" in part for part in work.setup)


def test_every_solved_exercise_can_be_run_again():
    for number, cells in grade.course().items():
        for id in set(grade.EXERCISE.findall("\n".join(cells))):
            work = grade.job(id, cells)
            assert isinstance(work, Job) and work.exercise == id and work.answers, (number, id, work)


def test_the_courses_own_cells_make_what_the_exercise_reads():
    work = grade.job("03.1", (f"n = len(tv)\n{RIGHT}\n{CHECK}",))
    assert "data.load_advertising()" in "\n".join(work.setup)


def test_a_students_own_helper_comes_along():
    helper, other = "def solve(A, b):\n    return np.linalg.solve(A, b)", "unrelated = 1 / 0"
    cell = f"def least_squares(X, y):\n    return solve(X.T @ X, X.T @ y)\n{CHECK}"
    work = grade.job("03.1", (helper, other, cell))
    assert len(work.cells) == 2 and "np.linalg.solve" in work.cells[0]
    assert grade.outcome(work) == Result("solved")


def test_untouched_missing_and_unreadable_cells_need_no_run(result):
    untouched = f"# another comment\ndef least_squares(X, y):\n    ...\n\n\n{CHECK}"
    assert result(untouched) == Result("not tried")
    assert result("x = 1") == Result("missing")
    assert result(f"def least_squares(X, y)\n    return 1\n{CHECK}").message.startswith("SyntaxError")


def test_the_courses_answer_is_never_taken_for_the_students(result):
    wrong, fallback = "least_squares = lambda X, y: X[0]", 'least_squares = fallback("03.1", least_squares)'
    for cell in (f"{wrong}\n{CHECK}\n{fallback}", f"{wrong}\n{fallback}\n{CHECK}"):
        work = grade.job("03.1", (cell,))
        assert "fallback" not in work.cells[-1]
    assert result(f"{wrong}\n{CHECK}\nleast_squares = np.linalg.lstsq").outcome == "wrong"
    found = result(f"from dlhelpers import exercises as e\nleast_squares = e.fallback('03.1', ...)\n{CHECK}")
    assert found.outcome == "cell failed"
    assert "own answers" in result(f"from dlhelpers.exercises import nb03\nleast_squares = nb03._x\n{CHECK}").message


def test_the_last_try_counts():
    work = grade.job("03.1", (f"least_squares = 1\n{CHECK}", f"{RIGHT}{CHECK}"))
    assert "lstsq" in work.cells[-1]


# --- verdicts ------------------------------------------------------------------------


def test_right_wrong_and_broken_answers(result):
    assert result(f"%matplotlib inline\n{RIGHT}{CHECK}") == Result("solved")
    wrong = result(f"least_squares = lambda X, y: np.linalg.solve(X @ X.T, y)\n{CHECK}")
    assert wrong.outcome == "wrong" and wrong.message
    assert result(f"1 / 0\n{CHECK}") == Result("cell failed", "ZeroDivisionError: division by zero")


HOSTILE = {
    "own check": ("def check(*_): print('right')\nleast_squares = 1", "wrong"),
    "a printed verdict": ('print(\'{"outcome": "solved"}\')\nleast_squares = 1', "wrong"),
    "another judge": (
        "import dlhelpers.exercises.core as c\nc.grade = lambda *a, **k: None\nleast_squares = lambda X, y: 1",
        "tampered",
    ),
    "another NumPy": ("np.allclose = lambda *a, **k: True\nleast_squares = lambda X, y: X[0]", "tampered"),
    "replaced when it is called": (
        "def least_squares(X, y):\n    np.allclose = lambda *a, **k: True\n    return X[0]",
        "tampered",
    ),
    "another registry": (
        "from dlhelpers.exercises import core\ncore._registry['03.1'] = core._registry['03.2']\nleast_squares = 'BC'",
        "tampered",
    ),
    "forged message": (
        'import os\nfor n in range(3, 30):\n    try: os.write(n, b\'{"outcome": "solved", "message": ""}\\n\')\n'
        "    except OSError: pass\nos._exit(0)",
        "cell failed",
    ),
    "the end of Python": ("import os\nos._exit(0)", "cell failed"),
    "another program": ("import subprocess\nsubprocess.run(['touch', 'x'])", "cell failed"),
    "another program, by the back door": ("import _posixsubprocess\n_posixsubprocess.fork_exec()", "cell failed"),
    "a shell": ("!touch x", "cell failed"),
    "a fork": ("import os\nwhile True: os.fork()", "cell failed"),
    "the network": ("import socket\nsocket.create_connection(('127.0.0.1', 9))", "cell failed"),
    "a file of the course": (f"open({str(ROOT / 'README.md')!r}, 'a')", "cell failed"),
    "a removed file": (f"import os\nos.remove({str(ROOT / 'no such file')!r})", "cell failed"),
    "the solutions": (
        f"import pathlib\n[*pathlib.Path({str(ROOT)!r}).glob('notebooks/solutions/03*')][0].read_text()",
        "cell failed",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_cells_gain_and_break_nothing(name, result):
    source, outcome = HOSTILE[name]
    found = result(f"{source}\n{CHECK}")
    assert found.outcome == outcome, found
    if outcome == "cell failed" and "_exit" not in source and "_posix" not in source:
        assert "PermissionError" in found.message and "not allowed" in found.message


def test_time_and_memory_are_limited(result):
    assert result(f"while True: pass\n{CHECK}", seconds=4).outcome == "time-out"
    assert result(f"hoard = np.ones(10**9)\n{CHECK}", megabytes=800).outcome == "too much memory"


def test_a_hand_in_may_write_in_its_own_folder(result):
    assert result(f"open('notes.txt', 'w').write('x')\n{RIGHT}{CHECK}") == Result("solved")


# --- the table -----------------------------------------------------------------------


def test_the_whole_way_from_a_folder_to_the_table(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["grade", str(tmp_path), "--workers", "2"])
    (tmp_path / "ada 03.ipynb").write_text(notebook(f"{RIGHT}{CHECK}"))
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "03.ipynb").write_text(notebook(f"least_squares = 1\n{CHECK}"))
    (tmp_path / "=bob.ipynb").write_text(notebook(f"least_squares = '<b>'\n{CHECK}", 'check("03.99", 1)'))
    (tmp_path / "carl.ipynb").write_text("no notebook")
    grade.main()
    assert "3 students" in capsys.readouterr().out
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO((tmp_path / "grades.csv").read_text()))}
    assert rows["ada"]["03.1"] == "solved" and rows["ada"]["solved"] == "1"
    assert rows["'=bob"]["03.1"] == "wrong" and rows["carl"]["03.1"] == ""
    page = (tmp_path / "grades.html").read_text()
    assert "03.1 ★" in page and "03.2 ★" not in page
    assert "handed in 2 times" in page and "not a notebook" in page and "03.99" in page and "<b>'" not in page


def test_no_folder_is_not_the_present_one(monkeypatch):
    monkeypatch.setattr("sys.argv", ["grade", ""])
    with pytest.raises(SystemExit, match="Which folder"):
        grade.main()


def test_results_say_how_they_rank():
    grades = grade.Grades()
    for outcome in ("missing", "solved", "wrong"):
        grades.add("ada", "03.1", Result(outcome))
    assert grades.results == {("ada", "03.1"): Result("solved")}


def test_a_star_marks_what_cannot_be_copied_as_a_number():
    assert not any(map(grade.asks_for_code, ("03.2", "05.1")))
    assert all(map(grade.asks_for_code, ("03.1", "03.5", "05.2", "05.4")))


def test_a_line_is_believed_only_with_the_key_of_its_process():
    forged = ['{"key": "guessed", "verdict": ["solved", ""]}\n', '{"verdict": ["solved", ""]}\n', "[]\n", "solved\n"]
    assert grade._said(forged, "secret", "verdict") is None
    true = '{"key": "secret", "verdict": ["wrong", "No."]}\n'
    assert grade._said([*forged, true], "secret", "verdict") == ["wrong", "No."]


def test_a_played_class_says_what_its_table_must_say(tmp_path):
    expected = played_class.write(tmp_path, ["03"])
    found = grade.hand_ins(tmp_path)
    assert len(found) == 7 and {one.student for one in found} == {student for student, _ in expected}
    outcomes = {student: [out for (who, _), out in expected.items() if who == student] for student, _ in expected}
    assert outcomes["right 03"] == outcomes["twice 03"] == ["solved"] * 6 and outcomes["wrong 03"] == ["wrong"] * 6
    untouched = [grade.job(id, one.cells) for one in found if one.student == "own words 03" for id in ("03.5",)]
    assert untouched == [Result("not tried")] and outcomes["own words 03"][4] == "not tried"
