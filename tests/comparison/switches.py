"""What differs in a kernel under test; the package that students import knows nothing of it.

In every such kernel nobody watches: no progress bars, no pictures that are drawn anew. Beside each figure stands what
it shows (figures.py). The environment switches on:

`NB_TEST_SMOKE=1`
    Training stops after a few steps, as for students' notebooks, whose exercises are unsolved.
`NB_TEST_SEED_OFFSET=1`
    Every seed is another one, to see which claims hang on a lucky seed.
"""

from __future__ import annotations

import functools
import importlib
import numbers
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FIGURE = "application/vnd.dl-notebooks.figure"  # the MIME type of what a figure shows
SMOKE, SEED_OFFSET = "NB_TEST_SMOKE", "NB_TEST_SEED_OFFSET"
EPOCHS, STEPS = 2, 2  # of a training under NB_TEST_SMOKE


def environment(smoke: bool = False) -> dict[str, str]:
    """Return the variables with which a kernel starts under these switches.

    NumPy's BLAS gets one thread: its threads wait for each other by spinning, and where two kernels share two cores,
    small matrix products take ten times as long.
    """
    start = {"PYTHONSTARTUP": str(Path(__file__).with_name("startup.py")), "OPENBLAS_NUM_THREADS": "1"}
    return start | ({SMOKE: "1"} if smoke else {})


def seed_offset(variables: Mapping[str, str] = os.environ) -> int:
    """Return by how much seeds are to be shifted.

    Raises
    ------
    ValueError
        If the variable holds no whole number.
    """
    text = variables.get(SEED_OFFSET, "0")
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{SEED_OFFSET} must be a whole number, not {text!r}") from None


def install(shell: Any) -> None:
    """Put the switches that the environment names into the kernel of `shell`."""
    smoke = os.environ.get(SMOKE) == "1"
    if not smoke:
        shell.display_formatter.mimebundle_formatter.for_type_by_name("matplotlib.figure", "Figure", _described)
    try:
        start = importlib.import_module("dlhelpers.start")
    except ModuleNotFoundError:  # a notebook about something else
        return
    start.somebody_watches = lambda: False
    start.setup = _switched(start.setup, smoke, seed_offset())


def _described(figure: Any) -> dict[str, Any]:
    from tests.comparison import figures  # now, as it imports matplotlib

    return {FIGURE: figures.describe(figure)}


def _switched(setup: Callable[..., None], smoke: bool, offset: int) -> Callable[..., None]:
    @functools.wraps(setup)
    def switched(seed: int = 1, tensorflow: bool = True) -> None:
        setup(seed, tensorflow)
        if offset:
            shift_seeds(offset, tensorflow)
            setup(seed if tensorflow else seed + offset, tensorflow)
        if smoke and tensorflow:
            import keras

            cap_training(keras)

    return switched


def shift_seeds(offset: int, tensorflow: bool = True) -> None:
    """Add `offset` to each seed that a notebook sets from now on; a second call changes nothing."""
    import numpy as np

    homes: list[tuple[Any, str]] = [(np.random, "default_rng")]
    if tensorflow:
        import keras

        homes.append((keras.utils, "set_random_seed"))
    for home, name in homes:
        original = getattr(home, name)
        if not hasattr(original, "unshifted"):
            setattr(home, name, _shifted(original, offset))


def _shifted(original: Callable[..., Any], offset: int) -> Callable[..., Any]:
    @functools.wraps(original)
    def shifted(seed: Any = None) -> Any:
        return original(seed + offset if isinstance(seed, numbers.Integral) else seed)

    shifted.unshifted = original
    return shifted


def cap_training(keras: Any) -> None:
    """Let each `fit` stop after a few steps; a second call changes nothing."""
    if hasattr(keras.Model.fit, "uncapped"):
        return
    compile_as_told, uncapped = keras.Model.compile, keras.Model.fit
    recurrent = (keras.layers.RNN, keras.layers.Bidirectional)

    # A graph is traced in half a second and would run four steps: without it, a fit is five times as quick.
    # Nets that step through a sequence are the exception.
    def compile(self, *args, **kwargs):
        eagerly = not any(isinstance(layer, recurrent) for layer in self.layers)
        return compile_as_told(self, *args, **{**kwargs, "run_eagerly": eagerly, "steps_per_execution": 1})

    def fit(self, *args, **kwargs):
        kwargs["epochs"] = min(kwargs.get("epochs", 1), kwargs.get("initial_epoch", 0) + EPOCHS)
        kwargs["steps_per_epoch"] = min(kwargs.get("steps_per_epoch") or STEPS, STEPS)
        if "validation_data" in kwargs or "validation_split" in kwargs:
            kwargs["validation_steps"] = STEPS
        return uncapped(self, *args, **kwargs)

    fit.uncapped = uncapped
    keras.Model.compile, keras.Model.fit = compile, fit
