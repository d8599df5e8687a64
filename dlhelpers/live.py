"""What a person sees while a network trains: a progress bar and a picture that is drawn anew."""

from __future__ import annotations

import sys
from collections.abc import Callable
from numbers import Integral
from typing import Any

import matplotlib.pyplot as plt

from dlhelpers.start import somebody_watches


def watch(draw: Callable[[], Any] | None = None, every: int = 1) -> Any:
    """Return a Keras callback that shows the progress of `fit`, and a picture of what was learnt so far.

    Bar and picture are replaced in place and vanish at the end, so that a saved notebook holds
    nothing of them: `model.fit(x, epochs=8, verbose=0, callbacks=[dlhelpers.watch(draw)])`.

    Parameters
    ----------
    draw : callable, optional
        Draws one matplotlib figure, without arguments. It sees the model through its own variables.
        Let it use fixed noise: random numbers drawn here change those that the training gets.
    every : int
        Draw after each so many epochs, and after the last one.

    Raises
    ------
    ValueError
        If `draw` cannot be called, or `every` is not a whole number of at least 1.
    """
    import keras

    if draw is not None and not callable(draw):
        raise ValueError(f"watch: draw must be a function without arguments, not {type(draw).__name__}")
    if isinstance(every, bool) or not isinstance(every, Integral) or every < 1:
        raise ValueError(f"watch: every must be a whole number of at least 1, not {every!r}")
    if not somebody_watches():
        return keras.callbacks.Callback()

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            from tqdm.auto import tqdm

            self.steps = self.params.get("steps") or 1
            self.bar = tqdm(total=self.params["epochs"] * self.steps, leave=False, unit="step")
            self.picture = None

        def on_epoch_begin(self, epoch, logs=None):
            self.done = epoch * self.steps

        def on_train_batch_end(self, batch, logs=None):
            self.bar.update(min(self.done + batch + 1, self.bar.total) - self.bar.n)

        def on_epoch_end(self, epoch, logs=None):
            self.bar.set_postfix({name: f"{value:.4g}" for name, value in (logs or {}).items()})
            if draw and "ipykernel" in sys.modules and ((epoch + 1) % every == 0 or epoch + 1 == self.params["epochs"]):
                self.show(_figure(draw))

        def show(self, output):
            from IPython.display import display

            if self.picture is None:
                self.picture = display(output, display_id=True)
            else:
                self.picture.update(output)

        def on_train_end(self, logs=None):
            from IPython.display import HTML

            self.bar.close()
            if self.picture is not None:
                self.picture.update(HTML(""))

    return Watch()


def _figure(draw: Callable[[], Any]) -> Any:
    """Return the figure that `draw` makes, or why it cannot; a figure that the cell has open stays as it is."""
    blank = plt.figure()
    try:
        draw()
        return plt.gcf()
    except Exception as problem:  # a picture that fails must not end a long training
        return f"watch: no picture, {type(problem).__name__}: {problem}"
    finally:
        plt.close(plt.gcf())
        plt.close(blank)
