"""Run notebooks in a clean kernel: one as an HTML page in build/, or (--save) masters with saved outputs."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from tests.comparison import switches
from tools.authors import lecture_map, outputs
from tools.authors.make_student import describe, make, student_edition
from tools.authors.notebooks import (
    ROOT,
    NotebookError,
    label,
    masters,
    read,
    renewed,
    students,
    tags,
    to_text,
    write_text,
)

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# A page or a saved output must never come from a run without assertions, with short training or other seeds.
_NOT_FOR_US = (switches.SMOKE, switches.SEED_OFFSET, "PYTHONOPTIMIZE", "MPLBACKEND")


@dataclass
class Run:
    """What came of running a notebook."""

    seconds: float
    longest: str
    error: str | None


def find(name: str, root: Path, only_masters: bool = False) -> Path:
    """Return the notebook that `01`, `01_simple_forward_pass` or `solutions/01` means.

    Raises
    ------
    NotebookError
        If no notebook or more than one has this name; the message lists what exists.
    """
    wanted = name.removeprefix("notebooks/").removesuffix(".ipynb")
    solved = only_masters or wanted.startswith("solutions/")
    wanted = wanted.removeprefix("solutions/")
    found = [
        path
        for path in (masters(root) if solved else students(root))
        if path.stem == wanted or path.stem.startswith(f"{wanted}_")
    ]
    if wanted and len(found) == 1:
        return found[0]
    problem = f"{len(found)} notebooks are called" if found else "no notebook is called"
    raise NotebookError(f"{problem} {name!r}; there are: {_listing(root, only_masters)}")


def _listing(root: Path, only_masters: bool) -> str:
    names = [] if only_masters else [path.stem for path in students(root)]
    return ", ".join(names + [f"solutions/{path.stem}" for path in masters(root)]) or "none yet"


def execute(notebook: NotebookNode, folder: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run the notebook in place, in a new kernel that starts in `folder`; stop at the first failing cell.

    `environment` adds variables to the kernel's own.
    """
    started: dict[int, float] = {}
    seconds: dict[int, float] = {}
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=lambda cell, cell_index: started.update({cell_index: time.monotonic()}),
        on_cell_executed=lambda cell, cell_index, execute_reply: seconds.update(
            {cell_index: time.monotonic() - started[cell_index]}
        ),
    )
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_US}
    begin, error = time.monotonic(), None
    try:
        client.execute(env={**kept, **switches.environment(), **(environment or {})})
    except (CellExecutionError, DeadKernelError) as failure:
        number = max(started, default=0)
        error = f"cell {number} (id {notebook.cells[number].id}) failed\n{_COLOUR.sub('', str(failure))}"
    normalise(notebook)
    longest = max(seconds, key=seconds.get, default=0)
    return Run(time.monotonic() - begin, f"cell {longest} took {seconds.get(longest, 0):.1f} s", error)


def normalise(notebook: NotebookNode) -> None:
    """Bring the outputs of a run into the one form that is saved, in place."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if cell.execution_count is not None:
            count += 1
            cell.execution_count = count
        cell.outputs = outputs.joined(cell.outputs)
        for output in cell.outputs:
            output.get("data", {}).pop(outputs.WIDGET, None)
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count


def run_page(path: Path, root: Path) -> int:
    """Run one notebook and write its HTML page into build/; return the exit status."""
    from nbconvert import HTMLExporter

    notebook = read(path)
    run = execute(notebook, path.parent)
    name = f"solutions-{path.stem}" if path.parent.name == "solutions" else path.stem
    page, _ = HTMLExporter().from_notebook_node(notebook, resources={"metadata": {"name": name}})
    target = root / "build" / f"{name}.html"
    write_text(target, page)
    if run.error:
        print(f"{label(path, root)} {run.error}", file=sys.stderr)
    print(f"{target}  {run.seconds:.0f} s{', failed: the page shows the error' if run.error else ''}")
    return 1 if run.error else 0


def save(path: Path, root: Path) -> None:
    """Run a master, save its outputs, renew its student edition.

    Raises
    ------
    NotebookError
        If a cell fails, an output is not to be trusted, or the file changed meanwhile. Then nothing is written.
    """
    before = path.read_bytes()
    notebook = renewed(read(path), path, root)
    student_edition(notebook, path, root)  # malformed markers show now, not after the run
    run = execute(notebook, path.parent)
    if run.error:
        raise NotebookError(f"not saved, {run.error}")
    refuse_unstable(notebook)
    if path.read_bytes() != before:
        raise NotebookError("not saved, the file changed while it ran: run make save again")
    text = to_text(notebook)
    write_text(path, text)
    make(path, root)
    size = f"{len(text) / 1000:.0f} kB"
    print(f"saved {label(path, root)}  {run.seconds:.0f} s, {size}, {run.longest}", flush=True)


def refuse_unstable(notebook: NotebookNode) -> None:
    """Raise NotebookError if an output holds what another run or machine would print differently."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and "nbval-ignore-output" not in tags(cell):
            for problem in outputs.problems(cell, may_fail="raises-exception" in tags(cell)):
                raise NotebookError(f"not saved, {problem}", number)


def save_all(names: list[str], root: Path) -> int:
    """Save the named masters (none or `all`: every one) and renew the lecture map; return the exit status."""
    every = names in ([], ["all"])
    paths = masters(root) if every else [find(name, root, only_masters=True) for name in names]
    failed = 0
    for path in paths:
        try:
            save(path, root)
        except NotebookError as error:
            failed += 1
            print(describe(error, path, root), file=sys.stderr)
    return max(lecture_map.main([], root), 1 if failed else 0)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.authors.run_notebook", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NB", help="01, 01_simple_forward_pass or solutions/01")
    parser.add_argument("--save", action="store_true", help="run masters and save their outputs (no NB: all)")
    options = parser.parse_args(arguments)
    try:
        if options.save:
            return save_all(options.names, root)
        if not options.names:
            raise NotebookError(f"which notebook? Write NB=01; there are: {_listing(root, False)}")
        return max(run_page(path, root) for path in [find(name, root) for name in options.names])
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
