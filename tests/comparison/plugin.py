"""Run notebooks with nbval and compare their outputs the way this course needs it.

`pytest --nbval notebooks` is all it takes; `-n 2`, `--lf` or one cell's id work too, since a notebook
always runs in one kernel and from its first cell on.

Two kinds of notebooks
    `X/NN.ipynb` beside `X/solutions/NN.ipynb` is a student edition. It runs unsolved and with short training
    (switches.py). An exception fails, outputs are not compared.
    Every other notebook is a master: its fresh outputs must be the saved ones. With NB_TEST_SEED_OFFSET=1 in the
    environment, all seeds of the masters are others: then only exceptions fail, that is, claims that do not hold.
    `--short-above=50` treats each master whose header gives more than 50 s like a student edition: it trains for a few
    steps, an exception fails, and the cells with the tag `claims` are skipped.

What counts as the same output
    Kind and order of the outputs are exact; texts are compared as text.py says, figures by what they show
    (figures.py) and as pictures from afar (pictures.py).
    Widgets are left out; what is printed or drawn inside of an Output widget counts as the cell's own output,
    though notebooks are not saved so: show it beside the widget, as dlhelpers.explore does.

Tags of a cell
    `tol=0.02`      decimals may differ by 2 % of the larger one or by one unit of the last printed digit, curves and
                    other data of a figure by 2 % of their axis (default: 0.01 %, and 0.5 % of the axis).
    `figtol=0.03`   data of a figure may differ by 3 % of their axis (0.1 at most), numbers in a heat map by 3 % of
                    the largest one.
    `raises-exception`, `nbval-ignore-output`: as in nbval. `nbval-skip` is refused, since later cells need
                    the state.
"""

from __future__ import annotations

import json
import os
import queue
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile

from tests.comparison import figures, pictures, switches
from tests.comparison.text import at_most, text_problem
from tools.authors.notebooks import THREADS
from tools.authors.outputs import WIDGET, joined, order_problems, problems

NBVAL_TIMEOUT, TIMEOUT = 2000, 600  # seconds a cell: nbval's default, and ours in its place
TAGS = {"tol": 1.0, "figtol": 0.1}  # and their largest values: a figure that moves more is another one
_PICTURES = ("image/png", "image/jpeg")


class NotebookProblem(Exception):
    """What is wrong with a notebook, ready to be shown."""


# ------------------------------------------------------------------------------------------- outputs


def fold(messages: list[dict[str, Any]]) -> list[NotebookNode]:
    """Return the outputs that the kernel's messages leave on the page, as a front end would show them.

    The last message must be of the cell in question; messages of other cells are passed over.
    """
    cell = messages[-1]["parent_header"].get("msg_id")
    outputs: list[NotebookNode] = []
    shown: dict[str, list[NotebookNode]] = {}
    clear_next = False
    for message in messages:
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != cell:
            continue
        if kind == "clear_output":
            clear_next = content.get("wait", False)
            outputs = outputs if clear_next else []
        elif kind in ("stream", "display_data", "execute_result", "error"):
            outputs = [] if clear_next else outputs
            clear_next = False
            outputs.append(nbformat.v4.output_from_msg(message))
            if name := content.get("transient", {}).get("display_id"):
                shown.setdefault(name, []).append(outputs[-1])
        elif kind == "update_display_data":
            for output in shown.get(content["transient"]["display_id"], []):
                output.data = nbformat.from_dict(content["data"])
    return outputs


def tidy(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return copies in the one form that is compared: streams joined, of a progress bar what \\r leaves on the line."""
    kept = joined(outputs)
    for output in kept:
        if output.output_type == "stream":
            output.text = re.sub(r"^.*\r(?!\n|$)", "", output.text, flags=re.MULTILINE)
    return kept


def kind(output: NotebookNode) -> str:
    """Return what an output is, without its content: `stream stdout`, `display_data: image/png`."""
    if output.output_type == "stream":
        return f"stream {output.name}"
    if output.output_type == "error":
        return f"error {output.ename}"
    return f"{output.output_type}: {', '.join(sorted(set(output.data) - {WIDGET, switches.FIGURE}))}"


def kinds_problem(saved: list[NotebookNode], fresh: list[NotebookNode]) -> str | None:
    """Say how number, order or kinds of outputs differ; None if they agree."""
    if [kind(output) for output in saved] == [kind(output) for output in fresh]:
        return None
    parts = ["other outputs, or another order"]
    for name, outputs in (("saved", saved), ("fresh", fresh)):
        parts.append(f"{name}:" + ("" if outputs else " none"))
        parts += [f"  {kind(output)}{_preview(output)}" for output in outputs]
    return "\n".join(parts)


def _preview(output: NotebookNode) -> str:
    text = output.get("text") or output.get("evalue") or output.get("data", {}).get("text/plain", "")
    return f"  {text.strip()[:200]!r}"


def contents(saved: NotebookNode, fresh: NotebookNode) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, saved and fresh content of each part of two outputs of one kind."""
    if saved.output_type == "stream":
        yield saved.name, saved.text, fresh.text
    elif saved.output_type == "error":
        yield "error", saved.evalue, fresh.evalue
    else:
        widget = WIDGET in saved.data or WIDGET in fresh.data
        # A widget's text is its Python repr, which changes with ipywidgets.
        left_out = {WIDGET, switches.FIGURE} | ({"text/plain"} if widget else set())
        for mime in sorted(set(saved.data) - left_out):
            yield mime, saved.data[mime], fresh.data[mime]


# ------------------------------------------------------------------------------------------- figures


def picture_problem(saved: str, fresh: str, target: Path) -> str | None:
    """Say how two pictures differ and leave both beside `target`; None if they agree."""
    try:
        left, right = pictures.decode(saved), pictures.decode(fresh)
    except (OSError, ValueError) as error:
        return f"not a picture: {error}"
    problem = pictures.problem(left, right)
    if problem:
        target.parent.mkdir(parents=True, exist_ok=True)
        for name, picture in (("saved", left), ("fresh", right)):
            path = Path(f"{target}-{name}.png")
            picture.save(path)
            problem += f"\n{name}: {path}"
    return problem


# -------------------------------------------------------------------------------------------- guards

def tag_value(cell: NotebookNode, name: str) -> float | None:
    """Return the number of the tag `name=number`; None without such a tag.

    Raises
    ------
    NotebookProblem
        If the tag is malformed or there twice.
    """
    tags = [tag for tag in cell.metadata.get("tags", []) if re.match(rf"{name}(erance)?\b", tag, re.IGNORECASE)]
    if not tags:
        return None
    found = re.fullmatch(rf"{name}=(\d*\.?\d+)", tags[0])
    if len(tags) > 1 or not found or not 0 < float(found.group(1)) <= TAGS[name]:
        raise NotebookProblem(f"tag {', '.join(tags)}: write {name}=0.02 once, at most {name}={TAGS[name]}")
    return float(found.group(1))


def cell_problems(cell: NotebookNode, options: Mapping[str, bool]) -> Iterator[str]:
    """Yield why the saved outputs of a cell are not to be trusted; `options` are nbval's markers."""
    for name in TAGS:
        try:
            tag_value(cell, name)
        except NotebookProblem as problem:
            yield str(problem)
    if options.get("skip"):
        yield "nbval-skip would leave out a cell that later cells need: use nbval-ignore-output"
    if options.get("check", True):
        yield from problems(cell, may_fail=bool(options.get("check_exception")))


# --------------------------------------------------------------------------------------------- pytest


def threads(environment: Mapping[str, str], cores: int) -> dict[str, str]:
    """Return the settings that share the cores among the workers; alone, a kernel has the choice."""
    workers = int(environment.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return {name: str(max(1, cores // workers)) for name in THREADS} if workers > 1 else {}


class Notebook(IPyNbFile):
    """A notebook with a kernel of its own, whose cells run once each and in order."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.student = (self.path.parent / "solutions" / self.path.name).exists()
        self.short = self.student or seconds(self.path) > self.config.getoption("short_above")
        self.compared = not self.short and switches.seed_offset() == 0
        self.in_order: list[pytest.Item] = []
        self.due = 0
        self.messages: list[dict[str, Any]] = []

    def collect(self) -> list[pytest.Item]:
        """Return the check of the saved outputs (masters only), then the code cells."""
        if not self.in_order:
            cells = [self._cell(found) for found in super().collect()]
            check = [] if self.student else [SavedOutputs.from_parent(self, name="saved outputs")]
            self.in_order = [*check, *cells]
        return self.in_order

    def _cell(self, found: IPyNbCell) -> Cell:
        options = {**found.options, "check": found.options["check"] and self.compared}
        if not self.compared:
            found.cell.outputs = []
        return Cell.from_parent(
            self,
            name=found.name,
            cell_num=found.cell_num,
            cell=found.cell,
            options=defaultdict(bool, options),
        )

    def setup(self) -> None:
        """Start the kernel, once: a plugin that reruns a cell may set its notebook up again."""
        if self.kernel is not None:
            return
        with patch.dict(os.environ):
            # Assertions must count, and without MPLBACKEND figures are drawn into the notebook.
            for name in (switches.SMOKE, "PYTHONOPTIMIZE", "MPLBACKEND"):
                os.environ.pop(name, None)
            os.environ.update(switches.environment(smoke=self.short))
            for name, number in threads(os.environ, os.cpu_count()).items():
                os.environ.setdefault(name, number)
            super().setup()
        self.kernel.execute_cell_input = self._execute
        self.kernel.await_reply = partial(self._await_reply, self.kernel.await_reply)

    def _execute(self, source: str, allow_stdin: bool = False) -> str:
        # nbval runs cells outside of IPython's history; then a closing `;` does not hide a value.
        return self.kernel.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False)

    def _await_reply(self, await_reply: Callable[..., None], msg_id: str, timeout: float) -> None:
        # nbval waits until the time is out even if the kernel is dead.
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            try:
                return await_reply(msg_id, timeout=min(1.0, left))
            except queue.Empty:
                if not self.kernel.is_alive():
                    raise NotebookProblem("the kernel died: a crash, or out of memory") from None
        raise queue.Empty

    def get_kernel_message(self, timeout: float | None = None, stream: str = "iopub") -> dict[str, Any]:
        """Return the kernel's next message and remember it for `fold`."""
        message = super().get_kernel_message(timeout, stream)
        self.messages.append(message)
        return message


class Cell(IPyNbCell):
    """A code cell."""

    failure: Exception | None = None

    def runtest(self) -> None:
        """Run the cell and compare its outputs."""
        if self.failure:  # a plugin tries once more, but the kernel's state has moved on
            raise self.failure
        try:
            self._run_in_turn()
        except Exception as failure:
            self.failure = failure
            raise

    def _run_in_turn(self) -> None:
        notebook = self.parent
        if notebook.timed_out:
            raise NotebookProblem("not run: an earlier cell timed out")
        if self.cell_num != notebook.due:
            raise NotebookProblem(
                f"out of turn: {self._where()}, where cell {notebook.due} is due. Each cell runs once, after"
                " those above it; a plugin that repeats, reorders or distributes single tests breaks that."
            )
        notebook.due += 1
        if notebook.short and "claims" in self.cell.metadata.get("tags", []):
            pytest.skip("training was cut short, so nothing is claimed")
        notebook.messages.clear()
        self.options["skip"] = False
        super().runtest()

    def compare_outputs(self, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        """Return True if the cell's fresh outputs are the saved ones, else raise NotebookProblem."""
        saved, fresh = tidy(self.cell.outputs), tidy(fold(self.parent.messages))
        problem = kinds_problem(saved, fresh) or "\n\n".join(self._problems(saved, fresh))
        if problem:
            lines = self.cell.source.splitlines()
            source = at_most([f"    {line}" for line in lines], 10)
            raise NotebookProblem(f"outputs differ: {self._where()}\n\n{source}\n\n{problem}\n")
        return True

    def _problems(self, saved: list[NotebookNode], fresh: list[NotebookNode]) -> Iterator[str]:
        tolerance = tag_value(self.cell, "tol")
        for number, pair in enumerate(zip(saved, fresh, strict=True), start=1):
            for name, left, right in contents(*pair):
                if name in _PICTURES:
                    problem = self._figure_problem(*pair) or picture_problem(left, right, self._picture(number))
                else:
                    texts = (self.sanitize(_as_text(side)) for side in (left, right))
                    problem = text_problem(*texts, None if tolerance is None else Decimal(str(tolerance)))
                    problem = problem and f"{problem}\ntolerance: {tolerance or '1e-4 (no tag tol)'}"
                if problem:
                    yield f"output {number}, {name}\n{problem}"

    def _figure_problem(self, saved: NotebookNode, fresh: NotebookNode) -> str | None:
        left, right = saved.data.get(switches.FIGURE), fresh.data.get(switches.FIGURE)
        if right is None:  # a picture that matplotlib did not draw
            return None if left is None else "saved as a figure of matplotlib, which the fresh picture is not"
        if left is None:
            return "saved without what the figure shows, save the notebook again with make save"
        found = figures.problems(left, right, tag_value(self.cell, "tol"), tag_value(self.cell, "figtol"))
        return at_most(found, 8) if found else None

    def _where(self) -> str:
        return f"cell {self.cell_num} of {self.nodeid.partition('::')[0]}"

    def _picture(self, number: int) -> Path:
        notebook = re.sub(r"[^\w.-]+", "-", self.nodeid.partition(".ipynb")[0])
        return self.config.rootpath / "build" / "nb-failures" / f"{notebook}-cell{self.cell_num}-output{number}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo) -> str:
        """Return the failure as it is shown."""
        if isinstance(excinfo.value, NotebookProblem):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def _as_text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content, indent=1, sort_keys=True)


class SavedOutputs(pytest.Item):
    """The check that a master was run from top to bottom and holds nothing that differs from run to run."""

    def runtest(self) -> None:
        """Raise NotebookProblem with all that is wrong."""
        cells = [item for item in self.parent.in_order if isinstance(item, Cell)]
        found = [(item.cell_num, problem) for item in cells for problem in cell_problems(item.cell, item.options)]
        found += [(cells[i].cell_num, problem) for i, problem in order_problems([item.cell for item in cells])]
        if found:
            lines = [f"cell {number}: {problem}" for number, problem in found]
            raise NotebookProblem("\n".join([f"{len(lines)} in {self.nodeid.partition('::')[0]}", *lines]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo) -> str:
        """Return the failure as it is shown."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return what pytest prints as the heading."""
        return self.path, None, self.nodeid


class WholeNotebooks:
    """Brings the cells of a notebook back into order, and with a chosen cell all cells above it."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Iterator[None]:
        """Act after every plugin that chooses, deselects or shuffles."""
        yield
        notebooks: dict[Notebook, int] = {}
        for item in items:
            if isinstance(item.parent, Notebook):
                place = item.parent.in_order.index(item)
                notebooks[item.parent] = max(place, notebooks.get(item.parent, 0))
        others = [item for item in items if not isinstance(item.parent, Notebook)]
        # The longest first: then no worker waits long for the other at the end.
        order = sorted(notebooks, key=lambda notebook: (notebook.student, -seconds(notebook.path)))
        cells = [item for notebook in order for item in notebook.in_order[: notebooks[notebook] + 1]]
        items[:] = others + cells


def seconds(path: Path) -> int:
    """Return the running time on a CPU that the header of a notebook gives; 0 without one."""
    found = re.search(r"\*\*Running time\*\*: about (\d+) s on", path.read_text(encoding="utf-8"))
    return int(found[1]) if found else 0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever is in a hurry cut the long notebooks short."""
    parser.addoption(
        "--short-above",
        type=float,
        default=float("inf"),
        metavar="SECONDS",
        help="with --nbval: solved notebooks that take longer, by their header, train for a few steps only",
    )


def _is_on(config: pytest.Config) -> bool:
    return bool(config.getoption("nbval", False) or config.getoption("nbval_lax", False))


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set our defaults for nbval's options."""
    if not _is_on(config):
        return
    if config.option.nbval_cell_timeout == NBVAL_TIMEOUT:
        config.option.nbval_cell_timeout = TIMEOUT
    # The interpreter that runs pytest, not whichever environment registered "python3" last.
    config.option.nbval_current_env = not config.option.nbval_kernel_name
    # Registered this late it acts after --lf, which pytest itself registers late.
    config.pluginmanager.register(WholeNotebooks(), "whole-notebooks")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out copies that are no notebooks of the course."""
    return True if collection_path.name in (".ipynb_checkpoints", "build") else None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Iterator[None]:
    """Put our collector in the place of nbval's."""
    collectors = yield
    return [
        Notebook.from_parent(parent, path=file_path) if isinstance(found, IPyNbFile) else found for found in collectors
    ]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each notebook to one worker, whatever the distribution asked for."""
    if not _is_on(config) or config.getvalue("dist") == "each":
        return None
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # in our order, not by the number of cells
    return LoadFileScheduling(config, log)
