"""Measure what each notebook costs, solved and as students open it: wall time, CPU time, peak memory. Linux only.

`python -m tools.release.bench` runs them all and renews docs/performance.md and the times in README.md and the
notebooks; `... 02 16` runs only these, prints their rows and renews nothing. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

from nbformat.v4 import new_code_cell

from tests.comparison import switches
from tools.authors.make_student import make
from tools.authors.notebooks import ROOT, masters, read, students, to_text, write_text
from tools.authors.run_notebook import execute

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- table: written by tools/release/bench.py -->", "<!-- end of table -->"
UNITS = ("wall s", "CPU s", "peak MB")
# Added to the notebook as its last cell. What `resource` says of memory includes the process that started the kernel.
PROBE = """
import re, time
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]
print(time.process_time(), int(peak) * 1024 / 1e6)
"""


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds of wall and CPU time, and the highest memory of the kernel in MB."""

    wall: float
    cpu: float
    peak: float


def measure(path: Path, short: bool = False) -> Cost:
    """Run a notebook in a new kernel; with `short` as the tests run student editions."""
    notebook = read(path)
    notebook.cells.append(new_code_cell(PROBE))
    run = execute(notebook, path.parent, switches.environment(smoke=short))
    if run.error:
        raise SystemExit(f"{path.name}: {run.error}")
    return Cost(run.seconds, *map(float, notebook.cells[-1].outputs[0].text.split()))


def table(solved: Mapping[str, Cost], unsolved: Mapping[str, Cost]) -> str:
    """Return the costs of the notebooks, by name, as a table with the sums of the times."""
    editions = {"solved": solved, "unsolved": unsolved}
    lines = [["notebook", *(f"{edition}: {unit}" for edition in editions for unit in UNITS)]]
    lines += [["---", *["---:"] * 2 * len(UNITS)]]
    lines += [[name, *(f"{x:.0f}" for costs in editions.values() for x in astuple(costs[name]))] for name in solved]
    sums = [(sum(c.wall for c in costs.values()), sum(c.cpu for c in costs.values())) for costs in editions.values()]
    lines += [["**all**", *(text for wall, cpu in sums for text in (f"{wall:.0f}", f"{cpu:.0f}", ""))]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def renewed(page: str, text: str, begin: str = BEGIN, end: str = END) -> str:
    """Return the page with the lines between these two markers replaced by the text."""
    head, _, rest = page.partition(begin)
    _, found, tail = rest.partition(end)
    if not found:
        raise SystemExit(f"{PAGE.name}: the markers {begin} and {end} are missing")
    return f"{head}{begin}\n{text}\n{end}{tail}"


def shown(seconds: float) -> int:
    """Return a wall time as pages give it: to 5 s, to 10 s from a minute on."""
    step = 5 if seconds < 60 else 10
    return max(step, step * round(seconds / step))


def with_times(page: str, solved: Mapping[str, Cost]) -> str:
    """Return the page with the last column of its table of notebooks, seconds of a solved run, renewed."""
    for name, cost in solved.items():
        pattern = re.compile(rf"^(\| {name[:2]} \|.*\| )[^|]*( \|)$", re.MULTILINE)
        page, changed = pattern.subn(rf"\g<1>{shown(cost.wall)} s\2", page)
        if changed != 1:
            raise SystemExit(f"{changed} rows of the table of notebooks are of {name}, not 1")
    return page


def with_time(header: str, name: str, cost: Cost) -> str:
    """Return a notebook's header with the seconds of a solved run renewed."""
    line = f"**Running time**: about {shown(cost.wall)} s on {os.cpu_count()} CPU cores"
    header, changed = re.subn(r"\*\*Running time\*\*: about \d+ s on \d+ CPU cores", line, header)
    if changed != 1:
        raise SystemExit(f"{name}: {changed} lines of the header give the running time on a CPU, not 1")
    return header


def renew_times(solved: Mapping[str, Cost], root: Path = ROOT) -> None:
    """Write the times into README.md, the header of each notebook, and the table of the first one."""
    write_text(root / "README.md", with_times((root / "README.md").read_text(), solved))
    for path in masters(root):
        notebook = read(path)
        header, *others = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
        header.source = with_time(header.source, path.stem, solved[path.stem])
        for cell in others:
            if path == masters(root)[0] and cell.source.count("\n| ") >= len(solved):
                cell.source = with_times(cell.source, solved)
        write_text(path, to_text(notebook))
        make(path, root)


def main(arguments: list[str] | None = None) -> int:
    """Measure the notebooks that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", metavar="NN", help="only these notebooks")
    chosen = parser.parse_args(arguments).notebooks

    def measured(paths: list[Path], short: bool) -> dict[str, Cost]:
        costs = {}
        for path in paths:
            if not chosen or path.stem[:2] in chosen:
                costs[path.stem] = measure(path, short)
                print(f"{path.relative_to(ROOT)}  {costs[path.stem].wall:.0f} s", flush=True)
        return costs

    solved, unsolved = measured(masters(ROOT), short=False), measured(students(ROOT), short=True)
    lines = f"Measured on {datetime.date.today()}, {os.cpu_count()} cores.\n\n{table(solved, unsolved)}"
    print(lines)
    if not chosen:
        write_text(PAGE, renewed(PAGE.read_text(), lines))
        renew_times(solved)
    return 0


if __name__ == "__main__":
    sys.exit(main())
