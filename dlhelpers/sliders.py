"""A figure that answers to sliders, with a static picture of itself for whoever only reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import matplotlib.pyplot as plt

from dlhelpers.plot import _said


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
    """
    from IPython.display import display

    start = _start_values(draw, ranges)
    controls = {name: _control(name, start[name], choice) for name, choice in ranges.items()}
    picture = display(_figure(draw, start), display_id=True)

    def redraw(_change: dict) -> None:
        picture.update(_figure(draw, {name: control.value for name, control in controls.items()}))

    for control in controls.values():
        control.observe(redraw, names="value")
    _show(controls)


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
            raise ValueError(f"explore: the default {name}={value!r} lies outside of {_said(choice)}")
    return {name: parameters[name].default for name in ranges}


def _refuse_no_range(name: str, value: Any, choice: Any) -> None:
    if isinstance(choice, list):
        return
    if not isinstance(choice, tuple) or len(choice) not in (2, 3):
        raise TypeError(f"explore: {name} needs (lowest, highest[, step]) or a list, not {_said(choice)}")
    for number in (value, *choice):
        if isinstance(number, bool) or not isinstance(number, Real) or not abs(number) <= 1e300:
            raise ValueError(f"explore: {name} needs finite numbers or a list of values, not {_said(number)}")
    if not (choice[0] < choice[1] and (len(choice) == 2 or choice[2] > 0)):
        raise ValueError(f"explore: {name} needs lowest < highest and a positive step, not {_said(choice)}")


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


def _figure(draw: Callable[..., Any], values: dict[str, Any]) -> Any:
    """Return the figure that `draw` makes; figures that the cell has open stay as they are."""
    before = plt.get_fignums()
    plt.figure()  # for a draw that opens none
    try:
        draw(**values)
        figure = plt.gcf()
        if len(figure.get_children()) == 1:  # its background
            raise ValueError("explore: draw made no figure")
        return figure
    finally:
        for number in set(plt.get_fignums()) - set(before):
            plt.close(number)


def _show(controls: dict[str, Any]) -> None:
    """Display the controls; a page without a kernel shows one line of text in their place."""
    import ipywidgets as widgets
    from IPython.display import display

    # Written out, since ipywidgets 7 (Colab) and 8 have no common call that returns it.
    view = {"version_major": 2, "version_minor": 0, "model_id": widgets.VBox(list(controls.values())).model_id}
    names = ", ".join(control.description for control in controls.values())
    text = f"[controls of a running notebook: {names}]"
    display({"application/vnd.jupyter.widget-view+json": view, "text/plain": text}, raw=True)
