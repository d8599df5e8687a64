"""Measure the course: what each notebook costs, how fast each model trains, what the helpers gain.

`python -m tools.release.bench` does all, renews docs/performance.md and the times in README.md and the notebooks;
`... 02 16` only these notebooks, `... helpers` only the comparisons;
parts are printed and renew nothing.
Seconds depend on the machine, so compare ratios; let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.authors.make_student import make
from tools.authors.notebooks import ROOT, masters, read, students, to_text, write_text
from tools.authors.run_notebook import execute
from tools.release.bench_probe import KINDS

PAGE = ROOT / "docs" / "performance.md"
ROUNDS = 7


@dataclass(frozen=True)
class Comparison:
    """Two ways to one result: `ours` and `plain` are called in turn."""

    what: str
    ours: Callable[[], Any]
    plain: Callable[[], Any]


def measure(path: Path, smoke: bool = False) -> dict[str, Any]:
    """Run a notebook with the probe in its kernel; return its report with wall seconds and the cells' ids."""
    notebook = read(path)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        target = Path(folder) / "report.json"
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {"DLHELPERS_BENCH": str(target), "PYTHONPATH": os.pathsep.join(paths)}
        if smoke:
            environment |= {"DLHELPERS_SMOKE": "1"}
        run = execute(notebook, path.parent, environment, ["--IPKernelApp.exec_lines=import tools.release.bench_probe"])
        if run.error:
            raise SystemExit(f"{path.name}: {run.error}")
        report = json.loads(target.read_text())
    cells = [cell.id for cell in notebook.cells if cell.cell_type == "code"]
    for fit in report["fits"]:
        fit["cell"] = cells[fit["cell"] - 1]
    return report | {"name": path.stem, "wall": run.seconds}


def notebook_rows(reports: Sequence[dict[str, Any]]) -> list[str]:
    """Return a table: a notebook a line, with the share of its wall time that each kind of work took."""
    rows = [f"| notebook | wall s | CPU s | peak MB | {' | '.join(KINDS)} | else |"]
    rows.append("|---|" + "---:|" * (len(KINDS) + 4))
    for report in reports:
        shares = [100 * report["seconds"].get(kind, 0) / report["wall"] for kind in KINDS]
        cells = [report["name"], f"{report['wall']:.0f}", f"{report['cpu']:.0f}", f"{report['peak']:.0f}"]
        cells += [f"{share:.0f} %" for share in [*shares, max(0, 100 - sum(shares))]]
        rows.append(f"| {' | '.join(cells)} |")
    total = ["**all**", *(f"{sum(report[key] for report in reports):.0f}" for key in ("wall", "cpu"))]
    return [*rows, f"| {' | '.join(total)} |  |{'  |' * (len(KINDS) + 1)}"]


def model_rows(reports: Sequence[dict[str, Any]], at_least: float = 1.0) -> list[str]:
    """Return a table: a cell that trains a line, if its fits took `at_least` seconds together."""
    rows = ["| notebook | cell | fits | parameters | s | samples a second | at the end |"]
    rows.append("|---|---|---:|---:|---:|---:|---|")
    for report in reports:
        for cell in dict.fromkeys(fit["cell"] for fit in report["fits"]):
            fits = [fit for fit in report["fits"] if fit["cell"] == cell]
            seconds = sum(fit["seconds"] for fit in fits)
            if seconds >= at_least:
                rows.append(f"| {report['name'][:2]} | `{cell}` | {len(fits)} | {_model_cells(fits, seconds)} |")
    return rows


def _model_cells(fits: list[dict[str, Any]], seconds: float) -> str:
    sizes = sorted({fit["parameters"] for fit in fits})
    size = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    known = all(fit["samples"] for fit in fits)
    speed = f"{sum(fit['samples'] for fit in fits) / seconds:.0f}" if known else "(a generator)"
    last = fits[-1]
    end = f"{last['metric']} {last['value']:.4g}" if last["metric"] else ""
    return " | ".join([size, f"{seconds:.1f}", speed, end])


def ratios(comparison: Comparison, rounds: int = ROUNDS) -> tuple[list[float], list[float], list[float]]:
    """Return the seconds of both ways and their ratio for each round; a first round warms up and is dropped."""
    ours, plain = [], []
    for number in range(rounds + 1):
        # Each way is the first one in every second round: caches and clocks favour neither.
        order = [(comparison.ours, ours), (comparison.plain, plain)]
        for way, kept in order if number % 2 else reversed(order):
            begin = time.perf_counter()
            way()
            kept.append(time.perf_counter() - begin)
    return ours[1:], plain[1:], [a / b for a, b in zip(ours[1:], plain[1:], strict=True)]


def helper_rows(comparisons: Sequence[Comparison], rounds: int = ROUNDS) -> list[str]:
    """Return a table: a comparison a line, the ratio with its spread over the rounds."""
    rows = ["| ours against plain | ours s | plain s | ratio | lowest to highest |", "|---|---:|---:|---:|---:|"]
    for comparison in comparisons:
        ours, plain, ratio = ratios(comparison, rounds)
        cells = [comparison.what, f"{statistics.median(ours):.3f}", f"{statistics.median(plain):.3f}"]
        cells += [f"{statistics.median(ratio):.2g}", f"{min(ratio):.2g} to {max(ratio):.2g}"]
        rows.append(f"| {' | '.join(cells)} |")
        print(rows[-1], flush=True)
    return rows


def comparisons(folder: Path) -> list[Comparison]:
    """Return what is compared; `folder` takes the files that plain Keras would have downloaded."""
    import matplotlib

    matplotlib.use("agg")
    import dlhelpers

    dlhelpers.setup(seed=1)
    return [*_loading(folder), *_training(), *_drawing()]


def _loading(folder: Path) -> list[Comparison]:
    from unittest.mock import patch

    import keras
    import numpy as np

    from dlhelpers import data

    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    file = folder / "mnist.npz"
    np.savez_compressed(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)

    def plain() -> Any:
        with patch("keras.src.datasets.mnist.get_file", return_value=str(file)):
            return keras.datasets.mnist.load_data()

    what = "`data.load_mnist()` / `keras.datasets.mnist.load_data()`, downloaded before"
    return [Comparison(what, data.load_mnist, plain)]


def _training() -> list[Comparison]:
    import keras

    from dlhelpers import data, heads

    (x, y), _ = data.load_mnist()
    x, y = x[:20_000].reshape(-1, 784) / 255.0, y[:20_000]
    plain_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def fit(loss: Any = plain_loss, steps: int = 1, **settings: Any) -> None:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(100, "relu"), keras.layers.Dense(10)])
        model.compile("adam", loss, steps_per_execution=steps)
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            model.fit(x, y, **settings)

    ours = {"batch_size": 100, "verbose": 0}
    return [
        Comparison("`fit(batch_size=100, verbose=0)` / `fit()`, an epoch of 20 000 digits", lambda: fit(**ours), fit),
        Comparison(
            "`compile(steps_per_execution=20)` / without, the same",
            lambda: fit(steps=20, **ours),
            lambda: fit(**ours),
        ),
        Comparison(
            "`heads.nll(heads.categorical)` / Keras' own cross-entropy of logits, the same",
            lambda: fit(heads.nll(heads.categorical), **ours),
            lambda: fit(**ours),
        ),
    ]


def _drawing() -> list[Comparison]:
    import keras
    import matplotlib.pyplot as plt
    import numpy as np

    from dlhelpers import data, plot

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1, "sigmoid")])
    points = np.random.default_rng(1).normal(size=(100, 2))
    labels = (points[:, 0] > 0).astype(int)
    images = data.load_mnist()[0][0][:100]

    def boundary() -> None:
        plot.decision_boundary(model, points, labels)
        plt.close("all")

    def boundary_by_rows() -> None:
        across, up = np.linspace(-3, 3, 200), np.linspace(-3, 3, 200)
        p = np.stack([model.predict(np.column_stack([across, np.full(200, v)]), verbose=0)[:, 0] for v in up])
        figure, ax = plt.subplots()
        ax.contourf(across, up, p)
        ax.scatter(*points.T, c=labels)
        plt.close(figure)

    def grid() -> None:
        plot.image_grid(images, columns=10).figure.canvas.draw()
        plt.close("all")

    def grid_of_axes() -> None:
        figure, axes = plt.subplots(10, 10)
        for ax, image in zip(axes.ravel(), images, strict=True):
            ax.imshow(image, cmap="gray")
            ax.axis("off")
        figure.canvas.draw()
        plt.close(figure)

    return [
        Comparison(
            "`plot.decision_boundary` / a loop of 200 `predict` calls, a row of the grid each",
            boundary,
            boundary_by_rows,
        ),
        Comparison("`plot.image_grid` of 100 digits / 100 axes with `imshow`", grid, grid_of_axes),
    ]


def renewed(page: str, parts: dict[str, list[str]]) -> str:
    """Return the page with the lines between `<!-- name -->` and `<!-- end of name -->` replaced for each part."""
    for name, lines in parts.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        if not pattern.search(page):
            raise SystemExit(f"{PAGE.name}: the markers <!-- {name} --> and <!-- end of {name} --> are missing")
        text = "\n".join(lines)
        page = pattern.sub(lambda found, text=text: f"{found[1]}{text}\n{found[2]}", page)
    return page


def shown(seconds: float) -> int:
    """Return a wall time as pages give it: to 5 s, to 10 s from a minute on."""
    step = 5 if seconds < 60 else 10
    return max(step, step * round(seconds / step))


def with_times(page: str, reports: Sequence[dict[str, Any]]) -> str:
    """Return the page with the last column of its table of notebooks, seconds of a solved run, renewed."""
    for report in reports:
        pattern = re.compile(rf"^(\| {report['name'][:2]} \|.*\| )[^|]*( \|)$", re.MULTILINE)
        page, changed = pattern.subn(rf"\g<1>{shown(report['wall'])} s\2", page)
        if changed != 1:
            raise SystemExit(f"{changed} rows of the table of notebooks are of {report['name']}, not 1")
    return page


def with_time(header: str, report: dict[str, Any], cores: int) -> str:
    """Return a notebook's header with the seconds of a solved run renewed."""
    line = f"**Running time**: about {shown(report['wall'])} s on {cores} CPU cores"
    header, changed = re.subn(r"\*\*Running time\*\*: about \d+ s on \d+ CPU cores", line, header)
    if changed != 1:
        raise SystemExit(f"{report['name']}: {changed} lines of the header give the running time on a CPU, not 1")
    return header


def renew_times(reports: Sequence[dict[str, Any]], root: Path = ROOT) -> None:
    """Write the times into README.md, the header of each notebook, and the table of the first one."""
    write_text(root / "README.md", with_times((root / "README.md").read_text(), reports))
    for path, report in zip(masters(root), reports, strict=True):
        notebook = read(path)
        header, *others = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
        header.source = with_time(header.source, report, os.cpu_count())
        for cell in others:
            if path == masters(root)[0] and cell.source.count("\n| ") >= len(reports):
                cell.source = with_times(cell.source, reports)
        write_text(path, to_text(notebook))
        make(path, root)


def main(arguments: list[str] | None = None) -> int:
    """Measure what the command line names, or everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="NN|helpers", help="only these notebooks, or the comparisons")
    chosen = parser.parse_args(arguments).parts

    def keep(parts: dict[str, list[str]]) -> None:
        if chosen:
            print("\n\n".join("\n".join(lines) for lines in parts.values()), flush=True)
        else:  # at once: a run that is broken off has not been for nothing
            write_text(PAGE, renewed(PAGE.read_text(), parts))

    keep({"date": [f"Measured on {datetime.date.today().isoformat()}, {os.cpu_count()} cores."]})
    if not chosen or "helpers" in chosen:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            keep({"helpers": helper_rows(comparisons(Path(folder)))})
    for name, paths in (("solved", masters(ROOT)), ("unsolved", students(ROOT))):
        reports = []
        for path in paths:
            if not chosen or path.stem[:2] in chosen:
                reports.append(measure(path, smoke=name == "unsolved"))
                print(f"{name} {path.stem}  {reports[-1]['wall']:.0f} s", flush=True)
        keep({f"{name} notebooks": notebook_rows(reports)})
        if name == "solved":
            keep({"models": model_rows(reports)})
            if not chosen:
                renew_times(reports)
    return 0


if __name__ == "__main__":
    sys.exit(main())
