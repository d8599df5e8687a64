"""The measuring of the course: exclusive seconds, tables, ratios, and one real kernel."""

from __future__ import annotations

import os
import re
import shutil
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest

from tools.authors.notebooks import ROOT, masters, students, write_text
from tools.release import bench
from tools.release.bench_probe import Clock, describe

FIT = {"cell": "fit-a", "parameters": 10, "epochs": 2, "samples": 600, "seconds": 2.0, "metric": "loss", "value": 0.25}
REPORT = {
    "name": "07_x", "wall": 20.0, "cpu": 30.0, "peak": 900.0,
    "seconds": {"import": 5.0, "training": 10.0}, "fits": [FIT, FIT | {"parameters": 30, "value": 0.125}],
}  # fmt: skip


def test_seconds_of_inner_work_are_not_counted_twice():
    moments = iter([0.0, 1.0, 4.0, 6.0])
    clock = Clock(lambda: next(moments))
    inner = clock.wrap("prediction", lambda: None)
    clock.wrap("plots", inner)()
    assert clock.seconds == {"plots": 3.0, "prediction": 3.0}


def test_an_error_ends_its_seconds():
    clock = Clock()

    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        clock.wrap("data", fail)()
    assert clock.running == [] and clock.seconds["data"] >= 0


def test_graph_calls_count_only_where_nothing_else_runs():
    clock = Clock()
    step = clock.wrap("training", lambda: None, within=False)
    clock.wrap("plots", step)()
    assert "training" not in clock.seconds
    step()
    assert "training" in clock.seconds


def test_a_fit_is_described_with_its_validation_accuracy():
    history = SimpleNamespace(epoch=[0, 1, 2], history={"loss": [3, 2, 1], "val_accuracy": [0.5, 0.6, 0.7]})
    model = SimpleNamespace(weights=[np.zeros((4, 10)), np.zeros(2)])
    told = describe(model, np.zeros((50, 2)), history, 1.5, 4)
    assert told["parameters"] == 42
    assert (told["samples"], told["epochs"], told["metric"], told["value"]) == (150, 3, "val_accuracy", 0.7)
    assert describe(model, iter(()), history, 1.5, 4)["samples"] is None


def test_tables_divide_the_wall_time_and_group_fits_by_cell():
    table = bench.notebook_rows([REPORT])
    assert table[2] == "| 07_x | 20 | 30 | 900 | 25 % | 0 % | 50 % | 0 % | 0 % | 25 % |"
    assert {line.count("|") for line in table} == {11}
    rows = bench.model_rows([REPORT])
    assert rows[2] == "| 07 | `fit-a` | 2 | 10 to 30 | 4.0 | 300 | loss 0.125 |"
    assert bench.model_rows([REPORT], at_least=5) == rows[:2]


def test_ratios_take_both_ways_in_turn():
    calls = []
    comparison = bench.Comparison("x", lambda: calls.append("a"), lambda: calls.append("b"))
    ours, plain, ratio = bench.ratios(comparison, rounds=3)
    assert len(ours) == len(plain) == len(ratio) == 3 and all(value > 0 for value in ratio)
    assert "".join(calls) == "baab" * 2


def test_only_the_marked_lines_are_renewed():
    page = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n"
    assert bench.renewed(page, {"x": ["1", r"\2"]}) == "a\n<!-- x -->\n1\n\\2\n<!-- end of x -->\nb\n"
    with pytest.raises(SystemExit, match="markers <!-- y -->"):
        bench.renewed(page, {"y": []})


def test_the_page_has_all_markers():
    parts = ("date", "solved notebooks", "unsolved notebooks", "models", "helpers")
    bench.renewed(bench.PAGE.read_text(), {name: [] for name in parts})


def test_the_readme_gets_the_measured_times():
    readme = "| no. | notebook | 2 cores |\n|---|---|---|\n| 07 | [Dense](a.ipynb): all | 5 s |\n| 08 | x | 1 s |\n"
    assert bench.with_times(readme, [REPORT]) == readme.replace("5 s", "20 s")
    assert "| 130 s |" in bench.with_times(readme, [REPORT | {"wall": 126.0}])
    with pytest.raises(SystemExit, match="0 rows"):
        bench.with_times(readme, [REPORT | {"name": "99_none"}])


def test_readme_headers_and_the_first_notebook_get_the_measured_times(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    bench.renew_times([REPORT | {"name": path.stem, "wall": 735.0} for path in masters(ROOT)], tmp_path)

    number = len(masters(ROOT))
    first = (tmp_path / "notebooks" / masters(ROOT)[0].name).read_text()
    assert (tmp_path / "README.md").read_text().count("| 740 s |") == number == first.count("| 740 s |")
    for path in [*masters(tmp_path), *students(tmp_path)]:
        before = (ROOT / path.relative_to(tmp_path)).read_text()
        times = rf"\d+ s (?=\||on {os.cpu_count()} CPU cores)"
        assert "about 740 s on" in path.read_text()
        assert re.sub(times, "", path.read_text()) == re.sub(times, "", before), "nothing else changes"


def test_the_memory_is_that_of_the_kernel_alone(tmp_path):
    held = np.ones(200_000_000, dtype=np.uint8)  # here, not in the kernel
    path = tmp_path / "99_small.ipynb"
    write_text(path, nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])))
    assert 20 < bench.measure(path)["peak"] < len(held) / 1e6


def test_a_kernel_reports_where_its_seconds_went(tmp_path):
    fit = "m = keras.Sequential([keras.layers.Dense(1)])\nm.compile(loss='mse')\nm.fit(np.ones((4, 1)), np.ones(4))"
    code = ["from dlhelpers import data", "x = data.load_banknotes()\nimport keras\nimport numpy as np", fit]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in code])
    last = notebook.cells[-1].id
    path = tmp_path / "99_probe.ipynb"
    write_text(path, nbformat.writes(notebook))
    report = bench.measure(path)
    assert report["seconds"]["data"] > 0 and report["seconds"]["import"] > 0
    assert sum(report["seconds"].values()) < report["wall"] and 100 < report["peak"] < 1500
    assert [(fit["cell"], fit["parameters"]) for fit in report["fits"]] == [(last, 2)]
