"""The first line of every notebook: a quiet TensorFlow, fixed seeds, readable figures."""

from __future__ import annotations

import ast
import contextlib
import functools
import numbers
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from dlhelpers.style import style

# Under DLHELPERS_SMOKE=1 (the test run of unsolved notebooks) training stops after this much.
SMOKE_EPOCHS, SMOKE_STEPS = 2, 2


def setup(seed: int = 1) -> None:
    """Start TensorFlow without its messages, seed everything, set the style of the figures.

    Parameters
    ----------
    seed : int
        For `keras.utils.set_random_seed`: Python, NumPy and TensorFlow. The same seed gives the
        same numbers on the same machine; other processors differ in the last digits. For tests,
        `DLHELPERS_SEED_OFFSET=1` in the environment shifts this and all later seeds by 1.

    Raises
    ------
    ValueError
        If `DLHELPERS_SEED_OFFSET` is not a whole number.
    """
    offset = _seed_offset()
    with muted_stderr():
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices()  # the device messages come now, while nobody listens
        tf.zeros(1)
    tf.get_logger().setLevel("ERROR")
    if offset:
        _shift_seeds(keras.utils, offset)
    keras.utils.set_random_seed(seed)
    style()
    if os.environ.get("DLHELPERS_SMOKE") == "1":
        _cap_training(keras)
        _drop_assertions()


@contextlib.contextmanager
def muted_stderr() -> Iterator[None]:
    """Silence file descriptor 2: TensorFlow's C++ part writes there, past Python's `sys.stderr`.

    Exceptions still pass through as usual.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def somebody_watches() -> bool:
    """Return True in a notebook or a terminal, unless the tests or the tools run it (`DLHELPERS_QUIET=1`)."""
    if "1" in (os.environ.get("DLHELPERS_QUIET"), os.environ.get("DLHELPERS_SMOKE")):
        return False
    return "ipykernel" in sys.modules or sys.stderr.isatty()


def _seed_offset() -> int:
    text = os.environ.get("DLHELPERS_SEED_OFFSET", "0")
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"setup: DLHELPERS_SEED_OFFSET must be a whole number, not {text!r}") from None


def _shift_seeds(keras_utils: Any, offset: int) -> None:
    """Make every seed of a notebook another one, to see which claims hang on a lucky seed."""
    import numpy as np

    for home, name in ((keras_utils, "set_random_seed"), (np.random, "default_rng")):
        original = getattr(home, name)
        if not hasattr(original, "unshifted"):
            setattr(home, name, _shifted(original, offset))


def _shifted(original: Callable[..., Any], offset: int) -> Callable[..., Any]:
    @functools.wraps(original)
    def shifted(seed: Any = None) -> Any:
        return original(seed + offset if isinstance(seed, numbers.Integral) else seed)

    shifted.unshifted = original
    return shifted


def _cap_training(keras: Any) -> None:
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
        kwargs["epochs"] = min(kwargs.get("epochs", 1), kwargs.get("initial_epoch", 0) + SMOKE_EPOCHS)
        kwargs["steps_per_epoch"] = min(kwargs.get("steps_per_epoch") or SMOKE_STEPS, SMOKE_STEPS)
        if "validation_data" in kwargs or "validation_split" in kwargs:
            kwargs["validation_steps"] = SMOKE_STEPS
        return uncapped(self, *args, **kwargs)

    fit.uncapped = uncapped
    keras.Model.compile, keras.Model.fit = compile, fit


class _NoAssertions(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.Pass:
        return ast.copy_location(ast.Pass(), node)


def _drop_assertions() -> None:
    """Leave out the assertions of later cells: claims about trained networks do not hold after four steps.

    PYTHONOPTIMIZE=1 would do that, too, but Python would compile every module anew: 5 s, in each kernel where
    PYTHONDONTWRITEBYTECODE is set.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell and not any(isinstance(transformer, _NoAssertions) for transformer in shell.ast_transformers):
        shell.ast_transformers.append(_NoAssertions())
