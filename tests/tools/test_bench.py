"""The measuring of the notebooks: one real kernel, the table, and the times that other pages give."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest

from tests.comparison.plugin import seconds
from tools.authors.notebooks import ROOT, masters, students, write_text
from tools.release import bench
from tools.release.bench import Cost

SOLVED = {"07_x": Cost(20.4, 30, 900), "08_y": Cost(126, 2, 800)}


def test_a_kernel_tells_its_seconds_and_its_own_memory(tmp_path: Path) -> None:
    held = np.ones(200_000_000, dtype=np.uint8)  # here, not in the kernel
    path = tmp_path / "99_small.ipynb"
    busy = nbformat.v4.new_code_cell("import time\nwhile time.process_time() < 1.5: pass\ntime.sleep(1)")
    write_text(path, nbformat.writes(nbformat.v4.new_notebook(cells=[busy])))
    cost = bench.measure(path)
    assert 1.5 < cost.cpu < cost.wall - 0.5 and 20 < cost.peak < len(held) / 1e6


def test_the_table_has_both_editions_and_the_sum_of_the_times() -> None:
    text = bench.table(SOLVED, dict.fromkeys(SOLVED, Cost(1, 2, 3)))
    lines = text.splitlines()
    assert lines[2] == "| 07_x | 20 | 30 | 900 | 1 | 2 | 3 |"
    assert lines[4] == "| **all** | 146 | 32 |  | 2 | 4 |  |"
    assert {line.count("|") for line in lines} == {8}


def test_only_the_marked_lines_are_renewed() -> None:
    page = f"a\n{bench.BEGIN}\nold\n{bench.END}\nb\n"
    assert bench.renewed(page, "new") == page.replace("old", "new")
    assert bench.renewed(bench.PAGE.read_text(), "new") != bench.PAGE.read_text()
    with pytest.raises(SystemExit, match="markers"):
        bench.renewed("a", "new")


def test_the_readme_gets_the_measured_times() -> None:
    readme = "| no. | notebook | 2 cores |\n|---|---|---|\n| 07 | [Dense](a.ipynb): all | 5 s |\n| 08 | x | 1 s |\n"
    assert bench.with_times(readme, SOLVED) == readme.replace("5 s", "20 s").replace("1 s", "130 s")
    with pytest.raises(SystemExit, match="0 rows"):
        bench.with_times(readme, {"99_none": Cost(1, 1, 1)})


def test_readme_headers_and_the_first_notebook_get_the_measured_times(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    bench.renew_times({path.stem: Cost(735, 1, 1) for path in masters(ROOT)}, tmp_path)

    number = len(masters(ROOT))
    first = (tmp_path / "notebooks" / masters(ROOT)[0].name).read_text()
    assert (tmp_path / "README.md").read_text().count("| 740 s |") == number == first.count("| 740 s |")
    for path in [*masters(tmp_path), *students(tmp_path)]:
        before = (ROOT / path.relative_to(tmp_path)).read_text()
        times = rf"\d+ s (?=\||on {os.cpu_count()} CPU cores)"
        assert "about 740 s on" in path.read_text()
        assert re.sub(times, "", path.read_text()) == re.sub(times, "", before), "nothing else changes"


@pytest.mark.parametrize("page", ["README.md", f"notebooks/{masters(ROOT)[0].name}"])
def test_pages_give_the_times_of_the_headers(page: str) -> None:
    text = (ROOT / page).read_text().replace('",', "\n").replace("\\n", "\n")
    found = dict(re.findall(r"^\W*\| (\d\d) \|.*\| (\d+) s \|$", text, re.MULTILINE))
    assert found == {path.stem[:2]: str(seconds(path)) for path in masters(ROOT)}
