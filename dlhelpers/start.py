"""The first line of every notebook: a quiet TensorFlow, or none, fixed seeds, readable figures."""

from __future__ import annotations

import contextlib
import os
import random
import sys
from collections.abc import Iterator
from types import ModuleType

from dlhelpers import checks
from dlhelpers.style import style


def setup(seed: int = 1, tensorflow: bool = True) -> None:
    """Start TensorFlow without its messages, seed everything, show figures in the notebook and in our style.

    Parameters
    ----------
    seed : int
        For `keras.utils.set_random_seed`: Python, NumPy and TensorFlow. The same seed gives the
        same numbers on the same machine; other processors differ in the last digits.
    tensorflow : bool
        False for a notebook that needs NumPy only: then TensorFlow is not imported, which saves seconds,
        and the seed is set for Python and NumPy.

    Raises
    ------
    RuntimeError
        If Keras was imported before, with another backend than TensorFlow.
    ValueError
        If `seed` is no whole number from 0 to 2**32 - 1; of Keras, also TypeError.

    Examples
    --------
    >>> import dlhelpers
    >>> dlhelpers.setup(seed=1)
    """
    if tensorflow:
        _start_tensorflow(seed)
    else:
        import numpy as np

        checks.whole(seed, "seed", 0, 2**32 - 1)
        random.seed(seed)
        np.random.seed(seed)
    show_figures()
    style()


def _start_tensorflow(seed: int) -> None:
    with muted_stderr():
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        keras = keras_on_tensorflow()
        import tensorflow as tf

        tf.config.list_physical_devices()  # the device messages come now, while nobody listens
        tf.zeros(1)
    tf.get_logger().setLevel("ERROR")
    keras.utils.set_random_seed(seed)


def keras_on_tensorflow() -> ModuleType:
    """Import Keras with TensorFlow and its own defaults, whatever `KERAS_BACKEND` and `keras.json` say.

    Returns
    -------
    module
        `keras`, computing in float32, with the channels of an image last.

    Raises
    ------
    RuntimeError
        If Keras was imported before, with another backend.

    Examples
    --------
    >>> keras_on_tensorflow().config.floatx()
    'float32'
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"  # Keras reads it when it is imported, and it outdoes keras.json
    if "keras" not in sys.modules:  # what an import that failed has left knows the other backend
        for name in [name for name in sys.modules if name.startswith("keras.")]:
            del sys.modules[name]
    import keras

    backend = keras.config.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"Keras was imported with the backend {backend!r} before dlhelpers.setup(), and this course "
            "needs TensorFlow: restart the kernel and run dlhelpers.setup() before anything else imports Keras."
        )
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")
    return keras


def show_figures() -> None:
    """Let a notebook's kernel show figures.

    They do not appear by themselves where `MPLBACKEND` names a backend that draws into files only, and with
    matplotlib 3.8 the first one comes a cell too late.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is None:
        return
    import matplotlib

    backend = matplotlib.get_backend().lower()
    if "inline" in backend or backend in ("agg", "pdf", "ps", "svg", "cairo", "template"):  # not "widget", say
        shell.run_line_magic("matplotlib", "inline")


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
    """Return True in a notebook or a terminal, where progress is worth showing."""
    return "ipykernel" in sys.modules or sys.stderr.isatty()
