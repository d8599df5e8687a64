"""The first line of every notebook: a quiet TensorFlow, fixed seeds, readable figures."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

# Okabe and Ito's palette: eight colours that people with any kind of colour vision tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")


def setup(seed: int = 1) -> None:
    """Start TensorFlow without its messages, seed everything, set the style of the figures.

    Parameters
    ----------
    seed : int
        For `keras.utils.set_random_seed`: Python, NumPy and TensorFlow. The same seed gives the
        same numbers on the same machine; other processors differ in the last digits.

    Examples
    --------
    >>> import dlhelpers
    >>> dlhelpers.setup(seed=1)
    """
    with muted_stderr():
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices()  # the device messages come now, while nobody listens
        tf.zeros(1)
    tf.get_logger().setLevel("ERROR")
    keras.utils.set_random_seed(seed)
    style()


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


def style() -> None:
    """Set matplotlib's defaults: colour-blind-safe colours, labels that a projector shows."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "axes.prop_cycle": mpl.cycler(color=PALETTE),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 13,
            "axes.labelsize": 13,
            "xtick.labelsize": 11,
            "ytick.labelsize": 11,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "figure.figsize": (6, 4),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "image.cmap": "gray",
        }
    )
