"""Run the solved notebooks under other versions, processors, threads and seeds; renew docs/compatibility.md.

`python -m tools.release.compatibility` runs all settings, with `avx2 seeds-1` only these.
Each setting takes as long as `pytest --nbval notebooks/solutions`. A row of the table is that setting's
last run; other rows stay as they are.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.comparison import switches
from tools.authors.notebooks import ROOT, THREADS, masters, write_text

PAGE = ROOT / "docs" / "compatibility.md"
BUILD = ROOT / "build" / "matrix"
BEGIN, END = "<!-- rows: written by tools/release/compatibility.py -->", "<!-- end of rows -->"
PACKAGES = ("tensorflow", "keras", "tf-keras", "tensorflow-probability", "numpy", "pandas", "matplotlib")
PATIENCE = 1800  # seconds a cell: old processors take several times as long, and only outputs matter here
# What else could be set outside would make a row something other than its name says.
OURS = (*THREADS, "ONEDNN_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS", "NB_TEST_SEED_OFFSET", "NB_TEST_SMOKE")


@dataclass(frozen=True)
class Setting:
    """One row of the table: what differs from a plain `pytest --nbval notebooks/solutions`."""

    title: str
    environment: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    newest: bool = False  # the ranges of pyproject.toml in place of the pins
    python: str = ""  # another Python, such as 3.12, found as python3.12 on the path
    options: tuple[str, ...] = ()  # for pytest


def _threads(number: int) -> dict[str, str]:
    return {name: str(number) for name in THREADS}


def _seeds(offset: int) -> dict[str, str]:
    return {switches.SEED_OFFSET: str(offset)}


# Versions between the oldest and the newest: the code runs, but nothing is trained or claimed.
_SHORT = ("--short-above=0",)

SETTINGS = {
    "default": Setting("as installed"),
    "one-thread": Setting("1 thread", _threads(1)),
    "two-threads": Setting("2 threads", _threads(2)),
    "avx2": Setting("oneDNN limited to AVX2", {"ONEDNN_MAX_CPU_ISA": "AVX2"}),
    "sse41": Setting("oneDNN limited to SSE4.1", {"ONEDNN_MAX_CPU_ISA": "SSE41"}),
    "no-onednn": Setting("without oneDNN", {"TF_ENABLE_ONEDNN_OPTS": "0"}),
    "seeds-1": Setting("all seeds + 1, claims only", _seeds(1)),
    "seeds-2": Setting("all seeds + 2, claims only", _seeds(2)),
    # The versions that hosted notebooks offered for long; tf-keras has the number of its TensorFlow.
    "tf-2.18": Setting(
        "TensorFlow 2.18",
        pins={"tensorflow": "2.18.1", "keras": "3.8.0", "tf-keras": "2.18.0", "numpy": "2.0.2"},
    ),
    "tf-2.19": Setting(
        "TensorFlow 2.19, pandas 2.2; cut short",
        pins={"tensorflow": "2.19.1", "keras": "3.10.0", "tf-keras": "2.19.0", "numpy": "2.1.3", "pandas": "2.2.3"},
        options=_SHORT,
    ),
    "tf-2.20": Setting(
        "TensorFlow 2.20; cut short",
        pins={"tensorflow": "2.20.0", "keras": "3.12.0", "tf-keras": "2.20.1"},
        options=_SHORT,
    ),
    "python-3.12": Setting("Python 3.12; cut short", python="3.12", options=_SHORT),
    "python-3.13": Setting("Python 3.13; cut short", python="3.13", options=_SHORT),
    "newest": Setting("the newest of everything on that day", newest=True),
}


def requirements(text: str, setting: Setting, today: datetime.date) -> str:
    """Return the lines of requirements.txt with the setting's versions, or with none but the day they are asked for."""
    lines = [f"-e {ROOT}" if line == "-e ." else line for line in text.splitlines()]
    if setting.newest:
        return "\n".join([f"# {today}", *(line.partition("==")[0] for line in lines)]) + "\n"
    kept = [line for line in lines if re.split(r"[=;\s]", line)[0] not in setting.pins]
    return "\n".join([*kept, *(f"{name}=={version}" for name, version in setting.pins.items())]) + "\n"


def python_for(name: str, setting: Setting) -> str:
    """Return the interpreter of a setting; one with its own versions gets an environment under build/."""
    if not (setting.pins or setting.newest or setting.python):
        return sys.executable
    if (base := shutil.which(f"python{setting.python}") if setting.python else sys.executable) is None:
        raise SystemExit(f"{name}: there is no python{setting.python} on the path")
    folder = BUILD / name
    python, ready, file = folder / "bin" / "python", folder / ".ready", BUILD / f"{name}.txt"
    wanted = requirements((ROOT / "requirements.txt").read_text(), setting, datetime.date.today())
    if not ready.exists() or ready.read_text() != wanted:
        print(f"{name}: installing {setting.title}", flush=True)
        BUILD.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted)
        subprocess.run([base, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", file], check=True)
        ready.write_text(wanted)
    return str(python)


def run(name: str, setting: Setting, options: list[str]) -> str:
    """Run the solved notebooks in a setting and return its row of the table."""
    python, report = python_for(name, setting), BUILD / f"{name}.xml"
    BUILD.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    environment = {key: value for key, value in os.environ.items() if key not in OURS} | dict(setting.environment)
    command = [python, "-m", "pytest", "-q", "--nbval", "notebooks/solutions", f"--junitxml={report}"]
    command += [f"--nbval-cell-timeout={PATIENCE}", *setting.options, *options]
    begin = time.monotonic()
    with open(BUILD / f"{name}.log", "w") as log:
        subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    if not report.exists():
        raise SystemExit(f"{name}: pytest wrote no report, see {BUILD / name}.log")
    row = [f"`{name}`", setting.title, datetime.date.today().isoformat(), versions(python)]
    row += [f"{(time.monotonic() - begin) / 60:.0f} min", verdict(report.read_text())]
    return f"| {' | '.join(row)} |"


def versions(python: str) -> str:
    """Return the versions of the packages that matter, as that interpreter has them."""
    code = "import importlib.metadata as m, sys; print(*[m.version(name) for name in sys.argv[1:]])"
    found = subprocess.run([python, "-c", code, *PACKAGES], check=True, capture_output=True, text=True).stdout
    return ", ".join(f"{name} {version}" for name, version in zip(PACKAGES, found.split(), strict=True))


def verdict(report: str) -> str:
    """Return in words what a JUnit report says: how many notebooks passed, and which cells did not."""
    bad, notebooks = Counter(), set()
    for case in ElementTree.fromstring(report).iter("testcase"):
        number = re.search(r"(\d\d)_\w+(?:\.ipynb)?$", case.get("classname", ""))
        notebooks.add(number.group(1) if number else case.get("classname", ""))
        if case.find("failure") is not None or case.find("error") is not None:
            bad[number.group(1) if number else case.get("classname", "")] += 1
    failed = ", ".join(f"{name} ({count} {'cell' if count == 1 else 'cells'})" for name, count in sorted(bad.items()))
    return f"{len(notebooks) - len(bad)} of {len(notebooks)} passed" + (f"; not {failed}" if failed else "")


def renewed(page: str, name: str, row: str) -> str:
    """Return the page with this setting's row replaced, or added at its place in the order of SETTINGS."""
    head, begin, rest = page.partition(BEGIN)
    rows, end, tail = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE.name}: the markers {BEGIN} and {END} are missing")
    kept = {re.match(r"\| `([\w.-]+)`", line).group(1): line for line in rows.strip().splitlines()[2:]}
    kept[name] = row
    title = "| setting | what differs | run on | versions | took | notebooks |\n|---|---|---|---|---|---|\n"
    lines = [kept[key] for key in SETTINGS if key in kept]
    return f"{head}{begin}\n{title}" + "\n".join(lines) + f"\n{end}{tail}"


def whole(options: str) -> bool:
    """Return whether pytest runs all notebooks with these options; a part of them makes no row."""
    return re.fullmatch(r"\s*(-n\s*\d+\s*)?", options) is not None


def main(arguments: list[str] | None = None) -> int:
    """Run the settings named on the command line; return 1 if a notebook failed in one of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("settings", nargs="*", metavar="setting", help=f"{', '.join(SETTINGS)} (default: all)")
    parser.add_argument("--pytest", default="", help="further options for pytest, such as '-n 2' or '-k 11_'")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.settings) - set(SETTINGS))
    if unknown:
        parser.error(f"no setting is called {', '.join(unknown)}; there are: {', '.join(SETTINGS)}")
    good = True
    print(f"{len(masters(ROOT))} notebooks, {len(chosen.settings or SETTINGS)} settings", flush=True)
    for name in chosen.settings or SETTINGS:
        row = run(name, SETTINGS[name], shlex.split(chosen.pytest))
        print(row, flush=True)
        good = good and "; not " not in row
        if whole(chosen.pytest):
            write_text(PAGE, renewed(PAGE.read_text(), name, row))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
