"""Loaded into a notebook's kernel by tools/release/bench.py: where do the seconds go, and what was trained?

Seconds are exclusive: a prediction inside a plot counts as prediction, an import inside a fit as import.
What no kind claims (NumPy, scikit-learn, checks) is left over. The file named in DLHELPERS_BENCH is
written anew after each cell, so that it is there whatever ends the kernel.
"""

from __future__ import annotations

import builtins
import functools
import json
import math
import os
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import dlhelpers.start

KINDS = ("import", "data", "training", "prediction", "plots")


class Clock:
    """Exclusive seconds by kind of work, in the main thread."""

    def __init__(self, now: Callable[[], float] = time.perf_counter):
        self.now, self.seconds, self.running, self.since = now, Counter(), [], 0.0

    def begin(self, kind: str) -> None:
        """Start a piece of work; the one around it waits."""
        self._charge()
        self.running.append(kind)

    def end(self) -> None:
        """End the innermost piece of work."""
        self._charge()
        self.running.pop()

    def _charge(self) -> None:
        moment = self.now()
        if self.running:
            self.seconds[self.running[-1]] += moment - self.since
        self.since = moment

    def wrap(self, kind: str, function: Callable[..., Any], within: bool = True) -> Callable[..., Any]:
        """Return the function, its time charged to `kind`; with within=False only where no other kind runs."""

        @functools.wraps(function)
        def charged(*args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is not threading.main_thread() or (self.running and not within):
                return function(*args, **kwargs)
            self.begin(kind)
            try:
                return function(*args, **kwargs)
            finally:
                self.end()

        charged.charged = True
        return charged


CLOCK = Clock()
FITS: list[dict[str, Any]] = []


def describe(model: Any, data: Any, history: Any, seconds: float, cell: int) -> dict[str, Any]:
    """Return what the table says of one `fit`; samples are None where the data does not tell."""
    logs = {name: values[-1] for name, values in history.history.items() if len(values)}
    shown = next((name for name in ("val_accuracy", "accuracy", "val_loss", "loss") if name in logs), "")
    first = next(iter(data.values())) if isinstance(data, dict) else data
    first = first[0] if isinstance(first, (list, tuple)) and first else first
    return {
        "cell": cell,
        "parameters": sum(math.prod(weight.shape) for weight in model.weights),
        "epochs": len(history.epoch),
        "samples": len(first) * len(history.epoch) if getattr(first, "shape", None) else None,
        "seconds": seconds,
        "metric": shown,
        "value": float(logs[shown]) if shown else None,
    }


def recorded(fit: Callable[..., Any], cell: Callable[[], int]) -> Callable[..., Any]:
    """Return Keras' `fit`, which also notes what it trained."""

    @functools.wraps(fit)
    def noting(model: Any, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        begin = time.perf_counter()
        history = fit(model, x, *args, **kwargs)
        FITS.append(describe(model, x, history, time.perf_counter() - begin, cell()))
        return history

    noting.charged = True
    return noting


def patch(cell: Callable[[], int]) -> None:
    """Wrap what has been imported since the last call."""
    if data := _loaded("dlhelpers.data"):
        _wrap_public(data, "data", "load_")
    if plot := _loaded("dlhelpers.plot"):
        _wrap_public(plot, "plots", "")
    if backends := _loaded("matplotlib.backend_bases"):
        _wrap(backends.FigureCanvasBase, "print_figure", "plots")
    keras = _loaded("keras")
    if keras and not hasattr(keras.Model.fit, "charged"):
        for name in ("predict", "evaluate"):
            _wrap(keras.Model, name, "prediction")
        keras.Model.fit = recorded(CLOCK.wrap("training", keras.Model.fit), cell)
        from tensorflow.python.eager.polymorphic_function.polymorphic_function import Function

        Function.__call__ = CLOCK.wrap("training", Function.__call__, within=False)  # a notebook's own loops


def _loaded(name: str) -> Any:
    """Return the module if its import has ended."""
    module = sys.modules.get(name)
    return None if module is None or getattr(module.__spec__, "_initializing", False) else module


def _wrap_public(module: Any, kind: str, prefix: str) -> None:
    for name, value in list(vars(module).items()):
        ours = getattr(value, "__module__", "") == module.__name__ and not isinstance(value, type)
        if ours and callable(value) and name.startswith(prefix) and not name.startswith("_"):
            _wrap(module, name, kind)


def _wrap(home: Any, name: str, kind: str) -> None:
    if not hasattr(getattr(home, name), "charged"):
        setattr(home, name, CLOCK.wrap(kind, getattr(home, name)))


def report() -> dict[str, Any]:
    """Return seconds by kind, CPU-seconds, the peak of the memory in MB and the fits so far."""
    return {"seconds": dict(CLOCK.seconds), "cpu": time.process_time(), "peak": peak_memory() / 1e6, "fits": FITS}


def peak_memory() -> float:
    """Return the most bytes that this process has held."""
    if sys.platform.startswith("linux"):  # what `resource` says there includes the process that started this one
        with open("/proc/self/status") as lines:
            return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


def start(shell: Any, target: str) -> None:
    """Begin to watch the kernel of `shell`; write to the file `target` after each cell."""

    ran = [0]  # cells so far; IPython's own count moves on before a cell has ended

    def cell() -> int:
        return ran[0]

    def begin(info: Any) -> None:
        ran[0] += bool(info.store_history)
        patch(cell)

    def write(_: Any) -> None:
        with open(target, "w") as file:
            json.dump(report(), file)

    _wrap(dlhelpers.start, "setup", "import")
    original = builtins.__import__
    charged = CLOCK.wrap("import", original)

    def importing(name: str, *args: Any, **kwargs: Any) -> Any:
        if CLOCK.running and CLOCK.running[-1] == "import":
            return original(name, *args, **kwargs)
        before = len(sys.modules)
        module = charged(name, *args, **kwargs)
        if len(sys.modules) != before and not CLOCK.running:
            patch(cell)
        return module

    builtins.__import__ = importing
    shell.events.register("pre_run_cell", begin)
    shell.events.register("post_run_cell", write)


if "DLHELPERS_BENCH" in os.environ:
    from IPython import get_ipython

    start(get_ipython(), os.environ["DLHELPERS_BENCH"])
