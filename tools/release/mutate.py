"""Put one small fault after the other into a copy of the checkout and see whether the tests notice.

`python -m tools.release.mutate` tries all faults of tools/release/faults.py and writes docs/mutations.md;
`python -m tools.release.mutate heads 16` only tries those whose file or description contains one of the words.
Each fault runs only the tests or the notebook that it names, and stops at the first failure.
"""

from __future__ import annotations

import argparse
import datetime
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from tools.authors.notebooks import ROOT, write_text
from tools.release.faults import FAULTS, Fault

PAGE = ROOT / "docs" / "mutations.md"
LIMIT = 900  # seconds for the tests of one fault; a fault that hangs counts as caught


class Stale(Exception):
    """A fault's text is not, or not just once, in its file."""


def faulty(path: Path, fault: Fault) -> str:
    """Return the text of the file with the fault in it.

    Raises
    ------
    Stale
        If the text to replace does not occur exactly once in the file (in the code of a notebook).
    """
    if path.suffix != ".ipynb":
        text = path.read_text()
        _once(text.count(fault.old), fault)
        return text.replace(fault.old, fault.new)
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    _once(sum(cell.source.count(fault.old) for cell in cells), fault)
    for cell in cells:
        cell.source = cell.source.replace(fault.old, fault.new)
    return nbformat.writes(notebook)


def _once(count: int, fault: Fault) -> None:
    if count != 1:
        raise Stale(f"{fault.what}: {fault.old!r} stands {count} times in {fault.file}")


def copied(folder: Path) -> Path:
    """Copy the files that git knows or would add, and return the copy."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def caught(folder: Path, fault: Fault) -> bool:
    """Return whether the tests in the copy fail with the fault in it; the copy is good again afterwards."""
    path = folder / fault.file
    good = path.read_bytes()
    path.write_text(faulty(path, fault))
    try:
        return not passes(folder, fault.tests)
    finally:
        path.write_bytes(good)


def passes(folder: Path, tests: str) -> bool:
    """Run the named tests, `notebooks/...` by nbval, in the copy and with its own dlhelpers."""
    nbval = ["--nbval"] if tests.startswith("notebooks/") else []
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "quick_verdict"]
    command += [*nbval, *shlex.split(tests)]
    path = os.pathsep.join([str(folder), str(Path(__file__).parent)])  # the second for the plugin
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            output, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            return False
    if process.returncode > 1:  # not a verdict: no such test, a broken call, an import that fails
        raise SystemExit(f"pytest {tests} ended with {process.returncode}\n{output[-2000:]}")
    return process.returncode == 0


def page(verdicts: dict[Fault, bool]) -> str:
    """Return docs/mutations.md: how many faults were caught, and which were not."""
    survivors = [fault for fault, found in verdicts.items() if not found]
    rows = [f"| {fault.what} | `{fault.file}` | `{fault.tests}` | {fault.why} |" for fault in survivors]
    table = ["", "| not caught | file | tests | why that is no harm |", "|---|---|---|---|", *rows] if rows else []
    return "\n".join([
        "# Faults that were planted",
        "",
        "Written by `make mutate`: each fault of `tools/release/faults.py` alone was put into a copy of the checkout,",
        "and the tests or the notebook that stand beside it there were run. \"Caught\" means that they failed.",
        "",
        f"{datetime.date.today()}: {len(verdicts) - len(survivors)} of {len(verdicts)} faults caught.",
        *table,
        "",
    ])  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Try the chosen faults; return 1 if a fault without a reason survives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="word", help="only faults with one of these words")
    words = parser.parse_args(arguments).words
    chosen = [fault for fault in FAULTS if not words or any(w in f"{fault.file} {fault.what}" for w in words)]
    if not chosen:
        parser.error(f"no fault has one of these words: {', '.join(words)}")
    verdicts: dict[Fault, bool] = {}
    with tempfile.TemporaryDirectory(prefix="mutate-") as name:
        folder = copied(Path(name))
        for number, fault in enumerate(chosen, start=1):
            begin = time.monotonic()
            verdicts[fault] = caught(folder, fault)
            word = "caught  " if verdicts[fault] else "SURVIVED"
            print(f"{number:3d}/{len(chosen)} {word} {time.monotonic() - begin:4.0f} s  {fault.what}", flush=True)
    if not words:
        write_text(PAGE, page(verdicts))
    return 1 if any(not found and not fault.why for fault, found in verdicts.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
