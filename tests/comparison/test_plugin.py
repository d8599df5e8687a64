"""The comparison of notebooks: what must pass passes, what must fail fails and says why."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from matplotlib.figure import Figure

from tests.comparison import figures, switches
from tests.comparison.plugin import (
    NotebookProblem,
    cell_problems,
    fold,
    kinds_problem,
    picture_problem,
    tag_value,
    threads,
    tidy,
)
from tests.comparison.test_figures import png
from tools.authors.outputs import WIDGET, order_problems

ROOT = Path(__file__).resolve().parents[2]
v4 = nbformat.v4

# ------------------------------------------------------------------------------------------- outputs


def message(kind: str, cell: str = "now", **content) -> dict:
    header = {"msg_type": kind}
    return {**header, "header": header, "parent_header": {"msg_id": cell}, "content": content, "metadata": {}}


def display(text: str, name: str | None = None, kind: str = "display_data") -> dict:
    transient = {"display_id": name} if name else {}
    return message(kind, data={"text/plain": text}, metadata={}, transient=transient)


def shown(*messages: dict) -> list[str]:
    outputs = tidy(fold([*messages, message("status", execution_state="idle")]))
    return [output.get("text") or output.data["text/plain"] for output in outputs]


def test_updates_and_clearing_are_folded() -> None:
    stream = message("stream", name="stdout", text="old")
    assert shown(display("a", "id"), display("b", "id", "update_display_data")) == ["b"]
    assert shown(stream, message("clear_output", wait=False)) == []
    assert shown(stream, message("clear_output", wait=True)) == ["old"]
    assert shown(stream, message("clear_output", wait=True), display("new")) == ["new"]
    assert shown(message("stream", cell="before", name="stdout", text="late"), display("a")) == ["a"]


def test_streams_are_joined_and_progress_is_folded() -> None:
    pieces = [message("stream", name="stdout", text=text) for text in ("10%\r", "100%\n", "done\n")]
    assert shown(*pieces) == ["100%\ndone\n"]
    assert shown(pieces[2], display("a"), pieces[2]) == ["done\n", "a", "done\n"]


def test_kind_and_order_of_outputs_are_exact() -> None:
    text, printed = v4.new_output("execute_result", {"text/plain": "1"}), v4.new_output("stream", text="1")
    other = v4.new_output("display_data", {"text/plain": "1"})
    table = v4.new_output("execute_result", {"text/plain": "1", "text/html": "1"})
    for fresh in ([], [printed, text], [text], [other, printed], [table, printed], [text, printed, printed]):
        assert kinds_problem([text, printed], fresh)
    assert kinds_problem([text, printed], [text, printed]) is None


def test_widget_views_are_left_out() -> None:
    bare = v4.new_output("display_data", {WIDGET: {"model_id": "1"}})
    assert tidy([bare]) == []
    seen = v4.new_output("display_data", {WIDGET: {"model_id": "1"}, "text/plain": "x"})
    assert kinds_problem([seen], [v4.new_output("display_data", {"text/plain": "x"})]) is None


def test_a_picture_that_differs_is_left_beside_the_saved_one(tmp_path: Path) -> None:
    left, right = (base64.b64encode(png(figure)).decode() for figure in (curve([1, 2]), Figure(figsize=(4, 3))))
    assert picture_problem(left, left, tmp_path / "a") is None
    assert f"saved: {tmp_path}/new/a-saved.png" in picture_problem(left, right, tmp_path / "new" / "a")
    assert (tmp_path / "new" / "a-fresh.png").exists()
    assert "not a picture" in picture_problem(left, "AAAA", tmp_path / "c")


# -------------------------------------------------------------------------------------------- guards


def cell(source: str = "1", *outputs, tags=(), count: int | None = 1) -> nbformat.NotebookNode:
    return v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)}, execution_count=count)


@pytest.mark.parametrize(
    "tag", ["tol=abc", "tol=-1", "tol=1.1", "tol=0", "tol=", "tol:0.1", "Tol=0.1", "tolerance=0.1"]
)
def test_malformed_tags_are_named(tag: str) -> None:
    with pytest.raises(NotebookProblem, match=re.escape(tag)):
        tag_value(cell(tags=[tag]), "tol")
    assert tag in "".join(cell_problems(cell(tags=[tag]), {}))


def test_tags() -> None:
    assert tag_value(cell(tags=["fact-F001", "tol=0.02", "figtol=.03"]), "tol") == 0.02
    assert tag_value(cell(tags=["tol=0.02", "figtol=.03"]), "figtol") == 0.03
    assert tag_value(cell(), "tol") is None
    with pytest.raises(NotebookProblem, match="at most figtol=0.1"):
        tag_value(cell(tags=["figtol=0.2"]), "figtol")
    with pytest.raises(NotebookProblem, match="once"):
        tag_value(cell(tags=["tol=0.1", "tol=0.2"]), "tol")


def printed(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    return v4.new_output("stream", name=name, text=text)


FAILED = v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
DIVISION = v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (printed("W0000 onednn", "stderr"), "stderr"),
        (FAILED, "an error, ValueError: no"),
        (printed("CPU times: user 3 us"), "running time"),
        (printed("Wall time: 3 us"), "running time"),
        (printed("18/18 - 0s - 12ms/step - loss: 0.5"), "running time"),
        (printed("100%|##########| 5/5 [00:01, 4.2it/s]"), "running time"),
        (printed("3.1 us per loop"), "running time"),
        (printed("1/9 \x08\x08\x08 2/9"), "progress bar"),
        (printed("at 12:30:05"), "date or time"),
        (printed("/home/me/data.csv"), "a path"),
        (printed("UserWarning: old"), "library's warning"),
        (v4.new_output("execute_result", {"text/plain": "<Foo at 0x7f1234>"}), "memory address"),
    ],
)
def test_unstable_outputs_are_refused(output: nbformat.NotebookNode, reason: str) -> None:
    assert reason in "".join(cell_problems(cell("1", output), {}))


def test_stable_outputs_are_not_refused() -> None:
    harmless = printed("8 metres, in 5 steps; the time it took: 3 s\n")
    assert list(cell_problems(cell("1", harmless), {})) == []
    assert list(cell_problems(cell("1", FAILED), {"check_exception": True})) == []
    assert "nbval-skip" in "".join(cell_problems(cell(), {"skip": True}))


def test_order_of_execution() -> None:
    def problems(*counts: int | None) -> list[tuple[int, str]]:
        return list(order_problems([cell(count=count) for count in counts]))

    assert problems(1, 2, 3) == []
    assert list(order_problems([cell(count=1), cell(" ", count=None), cell(count=2)])) == []
    assert problems(1, None, 3) == [(1, "no execution count, so it was not run before saving")]
    assert problems(1, 3, 2) == [(1, "execution count 3 where 2 is due, run from top to bottom")]
    assert len(problems(2, 3, 4)) == 1


# ------------------------------------------------------------------------------------- whole notebooks

GUARDED = """
import os
if not __debug__:
    raise RuntimeError("assertions are off")
assert not {"NB_TEST_SMOKE", "PYTHONOPTIMIZE", "start", "sys"} & {*os.environ, *globals()}
assert os.environ["MPLBACKEND"] != "agg" and os.path.basename(os.getcwd()) == "solutions"
"""

STUDENT = """
import os
assert os.environ["NB_TEST_SMOKE"] == "1" and "PYTHONOPTIMIZE" not in os.environ
"""

PLOT = "import matplotlib.pyplot as plt\nplt.figure(figsize=(4, 3)).subplots().plot([1, 2])\n3;"

UPDATE = """
from IPython.display import clear_output, display
print("gone"); clear_output()
shown = display("first", display_id=True)
shown.update("second")
"""

WIDGETS = """
from IPython.display import display
view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
display({**view, "text/plain": "Slider(new)"}, raw=True)
print("beside")
"""


def result(text: str, kind: str = "execute_result") -> nbformat.NotebookNode:
    return v4.new_output(kind, {"text/plain": text})


def curve(values: list[float]) -> Figure:
    figure = Figure(figsize=(4, 3))
    figure.subplots().plot(values)
    return figure


def plot_output(values: list[float]) -> nbformat.NotebookNode:
    picture = base64.b64encode(png(curve(values))).decode()
    data = {"image/png": picture, "text/plain": "<Figure size 400x300 with 1 Axes>"}
    return v4.new_output("display_data", data | {switches.FIGURE: figures.describe(curve(values))})


def write(path: Path, *cells: tuple, counted: bool = True) -> None:
    """Write a notebook; a cell is its source, its outputs and perhaps its tags."""
    made = [
        cell(source, *outputs, tags=tags[0] if tags else (), count=i if counted else None)
        for i, (source, outputs, *tags) in enumerate(cells, start=1)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=made), path)


def run(folder: Path, *options: str, **environment: str) -> str:
    """Run pytest there as a user does, and return what it prints."""
    command = [sys.executable, "-m", "pytest", "-rA", "--color=no", "--nbval", *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    environment = {**clean, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", **environment}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    return done.stdout + done.stderr


def outcomes(report: str) -> dict[str, str]:
    """Return the outcome of each test by its id."""
    found = re.findall(r"^(PASSED|FAILED|ERROR|XFAIL|XPASS|SKIPPED) (.*?)(?: - .*)?$", report, re.MULTILINE)
    return {name.removeprefix("notebooks/"): outcome for outcome, name in found}


def course(folder: Path) -> None:
    """Lay out a folder as a checkout: pytest's settings, this plugin and an unfriendly one."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.comparison.plugin"]\n')
    (folder / "shuffle.py").write_text(
        "def pytest_collection_modifyitems(items):\n    items.reverse()\n\n\n"
        "def pytest_report_header(config):\n    return f'limit {config.option.nbval_cell_timeout}'\n"
    )
    # What such plugins do: the same cell once more in the same kernel.
    (folder / "rerun.py").write_text(
        "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_call(item):\n"
        "    try:\n        yield\n    except Exception:\n        item.runtest()\n"
        "    if 'twice' in item.nodeid:\n        item.runtest()\n"
    )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A course in which all is well, run by two workers and in an environment that disturbs."""
    folder = tmp_path_factory.mktemp("good")
    course(folder)
    notebooks = folder / "notebooks"
    write(
        notebooks / "solutions" / "01_a.ipynb",
        (GUARDED, []),
        ("x = 0.82\nprint(f'{x:.2f}', 3)", [printed("0.83 3\n")]),
        ("print(f'{x:.3f}')", [printed("0.829\n")], ["tol=0.02"]),
        (PLOT, [plot_output([1, 2])]),
        (UPDATE, [result("'second'", "display_data")]),
        (WIDGETS, [result("Slider(old)", "display_data"), printed("beside\n")]),
        ("1 / 0", [DIVISION], ["raises-exception"]),
        ("x", [result("0.1")], ["nbval-ignore-output"]),
        ("_ + 1", [result("1.82")]),
    )
    write(notebooks / "01_a.ipynb", (STUDENT, []), ("print(1.5)", [printed("2.5\n")]), counted=False)
    write(
        notebooks / "solutions" / "02_b.ipynb",
        (GUARDED, []),
        *[(f"y = {i}\ny", [result(str(i))]) for i in range(9)],
    )
    write(notebooks / "02_b.ipynb", (STUDENT, []), counted=False)
    for unseen in (notebooks / ".ipynb_checkpoints", folder / "notebooks" / "build"):
        write(unseen / "03.ipynb", ("raise RuntimeError", []))
    disturbing = {"NB_TEST_SMOKE": "1", "PYTHONOPTIMIZE": "1", "MPLBACKEND": "agg"}
    return folder, run(folder, "notebooks", "-n2", "--dist=worksteal", "-p", "shuffle", **disturbing)


def test_good_notebooks_pass_in_parallel_and_shuffled(good: tuple[Path, str]) -> None:
    report = good[1]
    assert set(outcomes(report).values()) == {"PASSED"}, report
    assert len(outcomes(report)) == 1 + 9 + 2 + 1 + 10 + 1
    assert "limit 600" in report


def test_a_notebook_is_not_split_between_workers(good: tuple[Path, str]) -> None:
    workers: dict[str, set[str]] = {}
    report = run(good[0], "notebooks/solutions/02_b.ipynb", "notebooks/01_a.ipynb", "-n2", "-v")
    for worker, name in re.findall(r"^\[(gw\d)\].*PASSED (\S+)::", report, re.MULTILINE):
        workers.setdefault(name, set()).add(worker)
    assert [len(names) for names in workers.values()] == [1, 1], report


def test_the_short_notebooks_of_students_come_last(good: tuple[Path, str]) -> None:
    listed = run(good[0], "notebooks", "--collect-only", "-q").splitlines()
    order = list(dict.fromkeys(line.partition("::")[0] for line in listed if "::" in line))
    students = ["notebooks/01_a.ipynb", "notebooks/02_b.ipynb"]
    assert sorted(order[-2:]) == students and len(order) == 4, order


def test_workers_share_the_cores() -> None:
    assert threads({}, 4) == {}
    assert set(threads({"PYTEST_XDIST_WORKER_COUNT": "2"}, 5).values()) == {"2"}
    assert set(threads({"PYTEST_XDIST_WORKER_COUNT": "8"}, 2).values()) == {"1"}


def test_a_chosen_cell_brings_those_above_it(good: tuple[Path, str]) -> None:
    report = run(good[0], "notebooks/solutions/01_a.ipynb::Cell 2", "--nbval-cell-timeout=77", "-p", "shuffle")
    assert list(outcomes(report)) == [f"solutions/01_a.ipynb::{name}" for name in ("saved outputs", *CELLS[:3])]
    assert "limit 77" in report


CELLS = [f"Cell {i}" for i in range(9)]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A course in which much is wrong."""
    folder = tmp_path_factory.mktemp("bad")
    course(folder)
    notebooks = folder / "notebooks"
    write(
        notebooks / "solutions" / "01.ipynb",
        ("x = 0.8305\nprint(f'p = {x}')", [printed("p = 0.8205\n")]),
        (PLOT, [plot_output([2, 1])]),
        ("print(2)\n1", [printed("2\n")]),
        ("raise KeyError('x')", []),
        ("print(x)", [printed("0.5\n")], ["tol=abc"]),
        ("import sys; print('late news', file=sys.stderr)\nprint(7);", [printed("7\n")]),
        ("print('as saved')  # NBVAL_SKIP\n# NBVAL_SKIP", [printed("not as saved\n")]),
    )
    write(notebooks / "01.ipynb", ("x = 1\nprint(nothing)", []), ("print(x)", []), counted=False)
    write(notebooks / "solutions" / "02.ipynb", ("1;", []), ("2;", [printed("a", "stderr")]), counted=False)
    return folder, run(folder, "notebooks")


def test_bad_cells_fail(bad: tuple[Path, str]) -> None:
    found = outcomes(bad[1])
    assert found.pop("01.ipynb::Cell 0") == "FAILED"
    assert found.pop("01.ipynb::Cell 1") == "PASSED"
    assert [found.pop(f"solutions/02.ipynb::{name}") for name in ("Cell 0", "saved outputs")] == [
        "PASSED",
        "FAILED",
    ]
    assert set(found.values()) == {"FAILED"}, bad[1]


@pytest.mark.parametrize(
    "text",
    [
        "outputs differ: cell 0 of notebooks/solutions/01.ipynb\n\n    x = 0.8305",
        "0.8205 -> 0.8305, differs by 0.0100, allowed 0.0001\ntolerance: 1e-4",
        "output 1, image/png\naxes 1, artists 1 (line), y: [",
        "fresh:\n  stream stdout  '2'\n  execute_result: text/plain  '1'",
        "KeyError: 'x'",
        "cell 4: tag tol=abc: write tol=0.02",
        "stream stderr  'late news'",
        "cell 6: nbval-skip would leave out a cell",
        "name 'nothing' is not defined",
        "cell 0: no execution count",
        "cell 1: its saved output holds stderr text",
    ],
)
def test_bad_cells_say_why(bad: tuple[Path, str], text: str) -> None:
    assert text in re.sub(r"\x1b\[[\d;]*m", "", bad[1])


def test_repeated_late_and_dead_cells_fail(tmp_path: Path) -> None:
    course(tmp_path)
    notebooks = tmp_path / "notebooks"
    write(notebooks / "rerun.ipynb", ("n = globals().get('n', 0) + 1\nassert n == 2", []))
    write(notebooks / "late.ipynb", ("import time; time.sleep(60)", []), ("2;", []))
    write(notebooks / "dead.ipynb", ("import os; os._exit(1)", []), ("2;", []))
    write(notebooks / "twice.ipynb", ("2;", []))
    report = run(tmp_path, "notebooks", "-p", "rerun", "--nbval-cell-timeout=2")
    found = outcomes(report)
    failed = {f"{name}.ipynb::Cell 0" for name in ("rerun", "twice", "late", "dead")} | {"dead.ipynb::Cell 1"}
    assert {name for name, outcome in found.items() if outcome == "FAILED"} == failed, report
    assert found["late.ipynb::Cell 1"] == "XFAIL"
    assert "out of turn: cell 0 of notebooks/twice.ipynb, where cell 1 is due" in report
    assert "AssertionError" in report and "the kernel died" in report


def test_other_seeds_are_held_to_the_claims_only(tmp_path: Path) -> None:
    course(tmp_path)
    write(tmp_path / "notebooks" / "x.ipynb", ("print(0.7)", [printed("0.5\n")]), ("assert 1 > 2", []))
    found = outcomes(run(tmp_path, "notebooks", NB_TEST_SEED_OFFSET="1"))
    assert found == {"x.ipynb::saved outputs": "PASSED", "x.ipynb::Cell 0": "PASSED", "x.ipynb::Cell 1": "FAILED"}


def test_long_notebooks_are_cut_short_on_demand(tmp_path: Path) -> None:
    course(tmp_path)
    path = tmp_path / "notebooks" / "x.ipynb"
    write(path, ("print(0.7)", [printed("0.5\n")]), ("assert 1 > 2", [], ["claims"]), ("1 / 0", []))
    notebook = nbformat.read(path, 4)
    notebook.cells.insert(0, v4.new_markdown_cell("**Running time**: about 61 s on 2 CPU cores"))
    nbformat.write(notebook, path)
    short = run(tmp_path, "notebooks", "--short-above=60")
    cells = [f"x.ipynb::Cell {number}" for number in range(3)]
    assert [outcomes(short).get(name) for name in cells] == ["PASSED", None, "FAILED"] and "1 skipped" in short, short
    whole = run(tmp_path, "notebooks", "--short-above=61")
    assert [outcomes(whole)[name] for name in cells] == ["FAILED"] * 3, whole
