"""Figures that move: one that answers to sliders, and one that is drawn anew while a network trains.

`explore` leaves a static picture of itself for those who only read; `watch` leaves nothing in a saved notebook.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt

from dlhelpers import checks
from dlhelpers.start import somebody_watches

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure


def explore(draw: Callable[..., Any], **ranges: Sequence) -> None:
    """Show the figure that `draw` makes, and one control for each of its parameters.

    The picture for the start values is an ordinary output: it is saved with the notebook, and
    pages and tests see it. In a running notebook, moving a control draws it anew in place.

    Parameters
    ----------
    draw : callable
        Draws one matplotlib figure from its keyword arguments. Their defaults are the start values.
    **ranges
        For each parameter `(lowest, highest)` or `(lowest, highest, step)` for a slider, or a list
        of values for a menu. Whole numbers give a slider of whole numbers.

    Raises
    ------
    ValueError, TypeError
        If a range has no parameter with a default in `draw`, does not contain that default or is
        no range, or if `draw` is no function or draws nothing.

    Examples
    --------
    >>> def line(slope=1.0, kind="solid"):
    ...     _, ax = plt.subplots()
    ...     ax.plot([0, 1], [0, slope], linestyle=kind)
    >>> dlhelpers.explore(line, slope=(-2, 2), kind=["solid", "dotted"])  # doctest: +ELLIPSIS
    Figure(600x400)...
    """
    from IPython.display import display

    start = _start_values(draw, ranges)
    controls = {name: _control(name, start[name], choice) for name, choice in ranges.items()}
    picture = display(_explored(draw, start), display_id=True)

    def redraw(_change: dict) -> None:
        picture.update(_explored(draw, {name: control.value for name, control in controls.items()}))

    for control in controls.values():
        control.observe(redraw, names="value")
    _show(controls)


def watch(draw: Callable[[], Any] | None = None, every: int = 1) -> keras.callbacks.Callback:
    """Return a Keras callback that shows the progress of `fit`, and a picture of what was learnt so far.

    Bar and picture are replaced in place and vanish at the end, so that a saved notebook holds
    nothing of them.

    Parameters
    ----------
    draw : callable, optional
        Draws one matplotlib figure, without arguments. It sees the model through its own variables.
        Let it use fixed noise: random numbers drawn here change those that the training gets.
    every : int
        Draw after each so many epochs, and after the last one.

    Returns
    -------
    keras.callbacks.Callback
        One that does nothing where nobody watches.

    Raises
    ------
    ValueError
        If `draw` cannot be called, or `every` is not a whole number of at least 1.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.zeros((4, 1)), np.ones(4), verbose=0, callbacks=[dlhelpers.watch(every=2)])
    """
    import keras

    if draw is not None and not callable(draw):
        raise ValueError(f"watch: draw must be a function without arguments, not {type(draw).__name__}")
    checks.whole(every, "watch: every", 1)
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
                try:
                    self.show(_figure(draw))
                except Exception as problem:  # a picture that fails must not end a long training
                    self.show(f"watch: no picture, {type(problem).__name__}: {problem}")

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


def _figure(draw: Callable[..., Any], **values: Any) -> Figure:
    """Return the figure that `draw` makes; figures that the cell has open stay as they are."""
    before = plt.get_fignums()
    plt.figure()  # for a draw that opens none
    try:
        draw(**values)
        return plt.gcf()
    finally:
        for number in set(plt.get_fignums()) - set(before):
            plt.close(number)


def _explored(draw: Callable[..., Any], values: dict[str, Any]) -> Figure:
    figure = _figure(draw, **values)
    if len(figure.get_children()) == 1:  # its background
        raise ValueError("explore: draw made no figure")
    return figure


def _start_values(draw: Callable[..., Any], ranges: dict[str, Sequence]) -> dict[str, Any]:
    if not callable(draw):
        raise TypeError(f"explore: draw must be a function, not {type(draw).__name__}")
    parameters = inspect.signature(draw).parameters
    for name, choice in ranges.items():
        if name not in parameters or parameters[name].default is inspect.Parameter.empty:
            function = getattr(draw, "__name__", "draw")
            raise ValueError(f"explore: {function}() needs a parameter {name!r} with a default value")
        value = parameters[name].default
        _refuse_no_range(name, value, choice)
        inside = value in choice if isinstance(choice, list) else choice[0] <= value <= choice[1]
        if not inside:
            raise ValueError(f"explore: the default {name}={value!r} lies outside of {checks.said(choice)}")
    return {name: parameters[name].default for name in ranges}


def _refuse_no_range(name: str, value: Any, choice: Any) -> None:
    if isinstance(choice, list):
        return
    if not isinstance(choice, tuple) or len(choice) not in (2, 3):
        raise TypeError(f"explore: {name} needs (lowest, highest[, step]) or a list, not {checks.said(choice)}")
    for number in (value, *choice):
        if isinstance(number, bool) or not isinstance(number, Real) or not math.isfinite(number):
            raise ValueError(f"explore: {name} needs finite numbers or a list of values, not {checks.said(number)}")
    if not (choice[0] < choice[1] and (len(choice) == 2 or choice[2] > 0)):
        raise ValueError(f"explore: {name} needs lowest < highest and a positive step, not {checks.said(choice)}")


def _control(name: str, value: Any, choice: Sequence) -> Any:
    import ipywidgets as widgets

    label = name.replace("_", " ")
    style = {"description_width": "7em"}
    if isinstance(choice, list):
        return widgets.Dropdown(options=choice, value=value, description=label, style=style)
    lowest, highest, *step = choice
    whole = all(isinstance(number, Integral) for number in (value, *choice))
    slider = widgets.IntSlider if whole else widgets.FloatSlider
    step = step[0] if step else 1 if whole else (highest - lowest) / 40
    # One redraw when the hand lets go: a drawing that trains a network cannot follow every pixel.
    return slider(
        value=value, min=lowest, max=highest, step=step, description=label, style=style,
        continuous_update=False, layout={"width": "28em"},
    )


def _show(controls: dict[str, Any]) -> None:
    """Display the controls; a page without a kernel shows one line of text in their place."""
    import ipywidgets as widgets
    from IPython.display import display

    # Written out, since ipywidgets 7 (Colab) and 8 have no common call that returns it.
    view = {"version_major": 2, "version_minor": 0, "model_id": widgets.VBox(list(controls.values())).model_id}
    names = ", ".join(control.description for control in controls.values())
    text = f"[controls of a running notebook: {names}]"
    display({"application/vnd.jupyter.widget-view+json": view, "text/plain": text}, raw=True)
