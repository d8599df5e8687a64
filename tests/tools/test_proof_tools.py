"""The tools that prove the collection: their faults apply, their tables and environments are right."""

import datetime
import re
import sys
from pathlib import Path

import pytest

from tools.authors.notebooks import ROOT, masters, read
from tools.release import compatibility, mutate
from tools.release.faults import FAULTS, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_fault_applies(fault: Fault) -> None:
    text = mutate.faulty(ROOT / fault.file, fault)
    if fault.file.endswith(".py"):
        compile(text, fault.file, "exec")  # caught by a test, not by the parser
    files = fault.tests.partition(" -k ")[0].split()
    assert files and all((ROOT / name).exists() for name in files)


def test_faults_are_many_and_different() -> None:
    assert len(FAULTS) >= 120
    assert len({fault.what for fault in FAULTS}) == len({(f.file, f.old, f.new) for f in FAULTS}) == len(FAULTS)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "double.py").write_text("def double(x):\n    return 2 * x\n")
    (tmp_path / "test_double.py").write_text("from double import double\n\ndef test():\n    assert double(2) == 4\n")
    return tmp_path


def fault(old: str, new: str) -> Fault:
    return Fault("a fault", "double.py", old, new, "test_double.py")


def test_faults_are_caught_or_survive_and_leave_the_copy_whole(course: Path) -> None:
    before = (course / "double.py").read_text()
    assert mutate.caught(course, fault("2 * x", "3 * x"))
    assert not mutate.caught(course, fault("2 * x", "x**2"))
    assert (course / "double.py").read_text() == before


def test_a_stale_fault_is_named(course: Path) -> None:
    with pytest.raises(mutate.Stale, match="a fault: '5' stands 0 times in double.py"):
        mutate.faulty(course / "double.py", fault("5", "6"))


def test_no_verdict_without_tests(course: Path) -> None:
    with pytest.raises(SystemExit, match="ended with"):
        mutate.passes(course, "test_nothing.py")


def test_page_lists_survivors_with_their_reason() -> None:
    lost = Fault("a b", "x.py", "1", "2", "notebooks/solutions/01_a.ipynb", why="harmless")
    text = mutate.page({fault("2", "3"): True, lost: False})
    assert "1 of 2 faults caught" in text and "| `notebooks/solutions/01_a.ipynb` | harmless |" in text
    assert "|" not in mutate.page({fault("2", "3"): True})


DAY = datetime.date(2026, 12, 24)


def asked_for(setting: compatibility.Setting) -> list[str]:
    return compatibility.requirements((ROOT / "requirements.txt").read_text(), setting, DAY).splitlines()


def test_pins_replace_and_keep() -> None:
    lines = asked_for(compatibility.Setting("", pins={"keras": "3.8.0", "numpy": "2.0.2"}))
    assert [line for line in lines if line.startswith(("keras", "numpy"))] == ["keras==3.8.0", "numpy==2.0.2"]
    assert any(line.startswith("tf-keras==") for line in lines) and f"-e {ROOT}" in lines


def test_newest_has_no_pins_and_is_asked_for_anew_each_day() -> None:
    lines = asked_for(compatibility.SETTINGS["newest"])
    assert lines[0] == f"# {DAY}" and {"keras", "pytest", "nbval", f"-e {ROOT}"} < set(lines)
    assert not [line for line in lines if re.match(r"[^#]*[=;]", line)]


def test_only_a_setting_with_its_own_versions_gets_an_environment(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    commands = []
    monkeypatch.setattr(compatibility, "BUILD", tmp_path)
    monkeypatch.setattr(compatibility.subprocess, "run", lambda command, check: commands.append(command))
    assert compatibility.python_for("avx2", compatibility.SETTINGS["avx2"]) == sys.executable and not commands
    (tmp_path / "newest").mkdir()
    for _ in range(2):
        python = compatibility.python_for("newest", compatibility.SETTINGS["newest"])
    assert python == str(tmp_path / "newest" / "bin" / "python")
    assert len(commands) == 2 and commands[1][-1].read_text() == (tmp_path / "newest" / ".ready").read_text()


def test_another_python_makes_the_environment_or_is_missed(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    commands, found = [], {"python3.12": "/somewhere/python3.12"}
    monkeypatch.setattr(compatibility, "BUILD", tmp_path)
    monkeypatch.setattr(compatibility.subprocess, "run", lambda command, check: commands.append(command))
    monkeypatch.setattr(compatibility.shutil, "which", found.get)
    (tmp_path / "python-3.12").mkdir()
    compatibility.python_for("python-3.12", compatibility.SETTINGS["python-3.12"])
    assert commands[0][0] == "/somewhere/python3.12"
    with pytest.raises(SystemExit, match="python-3.13: there is no python3.13 on the path"):
        compatibility.python_for("python-3.13", compatibility.SETTINGS["python-3.13"])


def test_seeds_are_shifted_by_the_setting_alone() -> None:
    environments = {name: setting.environment for name, setting in compatibility.SETTINGS.items()}
    assert [environments[f"seeds-{n}"] for n in (1, 2)] == [{"NB_TEST_SEED_OFFSET": str(n)} for n in (1, 2)]
    assert {variable for environment in environments.values() for variable in environment} < set(compatibility.OURS)


def report(*cases: tuple[str, bool]) -> str:
    inner = [
        f'<testcase classname="notebooks.solutions.{name}.ipynb" name="1">{"" if good else "<failure/>"}</testcase>'
        for name, good in cases
    ]
    return f"<testsuites><testsuite>{''.join(inner)}</testsuite></testsuites>"


def test_verdict_names_notebooks_and_counts_cells() -> None:
    assert compatibility.verdict(report(("01_a", True), ("02_b", True))) == "2 of 2 passed"
    bad = report(("01_a", True), ("02_b", False), ("02_b", False), ("07_c", False))
    assert compatibility.verdict(bad) == "1 of 3 passed; not 02 (2 cells), 07 (1 cell)"


def test_a_part_of_the_notebooks_makes_no_row() -> None:
    assert [compatibility.whole(options) for options in ("", "-n 2", " -n4 ")] == [True] * 3
    assert not any(compatibility.whole(options) for options in ("-k 02_", "-n 1 -k 02_", "-k 02_ -n 1"))


def test_rows_are_replaced_in_order_and_the_text_stays() -> None:
    page = f"before\n{compatibility.BEGIN}\n{compatibility.END}\nafter\n"
    page = compatibility.renewed(page, "avx2", "| `avx2` | one |")
    page = compatibility.renewed(page, "default", "| `default` | two |")
    page = compatibility.renewed(page, "avx2", "| `avx2` | three |")
    assert page.startswith("before\n") and page.endswith("\nafter\n") and "one" not in page
    assert page.index("| `default` | two |") < page.index("| `avx2` | three |")
    with pytest.raises(SystemExit, match="markers"):
        compatibility.renewed("no markers", "avx2", "| `avx2` |")


def test_the_page_has_its_markers() -> None:
    assert compatibility.BEGIN in compatibility.PAGE.read_text()


def test_the_page_names_cells_that_exist() -> None:
    notebooks = {path.stem[:2]: {cell.id for cell in read(path).cells} for path in masters(ROOT)}
    rows = re.findall(r"^\| (\d\d) \| ([^|]+) \|", compatibility.PAGE.read_text(), re.MULTILINE)
    named = [(number, cell) for number, cells in rows for cell in re.findall(r"`([^`]+)`", cells)]
    assert named and [pair for pair in named if pair[1] not in notebooks[pair[0]]] == []
