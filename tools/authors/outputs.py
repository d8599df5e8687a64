"""Rules on the saved outputs of a notebook: their one form, and what must not stand in them.

The linter, the comparison of notebooks and the tool that saves them all use these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import nbformat
from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"

# What differs from run to run or from machine to machine.
_UNSTABLE = {
    "a running time": r"\bWall time\b|\bCPU times\b|\bper loop\b|\bETA\b|(?<![a-zA-Z])it/s\b"
    r"|\d ?[mµun]?s/(?:step|epoch|sample|it)\b|\b\d+(\.\d+)? ?(ms|µs|us|ns)\b|\b\d+\.\d+ ?(s|sec|seconds)(?!\w|\.\w)",
    "a date or time": r"\b\d{1,2}:\d\d:\d\d\b|\b20[2-9]\d-\d\d-\d\d\b",
    "a progress bar (\\b)": "\x08",
    "a path": r"/(home|Users|tmp|root|content|usr|private)/|\b[A-Z]:\\\w"
    r"|(site|dist)-packages|\.venv\b|ipykernel_\d",
    "a memory address": r"\b0x[0-9a-fA-F]{6,}\b",
    "a library's warning": r"\b[A-Z]\w*Warning\b|^WARNING|^[IWE]\d{4} \d\d:|oneDNN|absl::|\w\.cc:\d+\]",
}


def joined(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Return copies, neighbouring pieces of a stream joined and bare widget views left out.

    The kernel cuts a text into pieces as time passes, so the cuts differ from run to run.
    """
    kept: list[NotebookNode] = []
    for output in nbformat.from_dict(list(outputs)):
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
        elif set(output.get("data", "-")) - {WIDGET}:
            kept.append(output)
    return kept


def problems(cell: NotebookNode, may_fail: bool = False) -> Iterator[str]:
    """Yield why the saved outputs of a code cell are not to be trusted; `may_fail` allows an error."""
    for output in cell.outputs:
        if output.output_type == "error" and not may_fail:
            yield f"its saved output is an error, {output.ename}: {output.evalue[:200]}; mend the cell"
        if output.get("name") == "stderr":
            text = output.text.strip()[:200]
            yield f"its saved output holds stderr text, which differs between machines, mend the cause: {text!r}"
        for what, excerpt in _unstable(output):
            yield f"its saved output holds {what} ({excerpt!r}), print something else"


def _unstable(output: NotebookNode) -> Iterator[tuple[str, str]]:
    texts = [text for mime, text in output.get("data", {}).items() if mime.startswith("text/")]
    texts += [output.get("text", ""), *output.get("traceback", [])]
    for what, pattern in _UNSTABLE.items():
        if found := re.search(pattern, "\n".join(texts), re.MULTILINE):
            yield what, found[0]


def order_problems(cells: Sequence[NotebookNode]) -> Iterator[tuple[int, str]]:
    """Yield (position, problem) of the code cells that were not run, and of the first that was run out of order."""
    filled = [(i, cell) for i, cell in enumerate(cells) if cell.cell_type == "code" and cell.source.strip()]
    in_order = True
    for due, (i, cell) in enumerate(filled, start=1):
        if cell.execution_count is None:
            yield i, "no execution count, so it was not run before saving"
        elif cell.execution_count != due and in_order:
            in_order = False
            yield i, f"execution count {cell.execution_count} where {due} is due, run from top to bottom"
