"""A figure that answers to sliders, with a static picture of itself for whoever only reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt


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
    ValueError
        If a range has no parameter with a default in `draw`, or does not contain that default.
    """
    from IPython.display import display

    start = _start_values(draw, ranges)
    controls = {name: _control(name, start[name], choice) for name, choice in ranges.items()}
    picture = display(_figure(draw, start), display_id=True)
    plt.close("all")

    def redraw(_change: dict) -> None:
        picture.update(_figure(draw, {name: control.value for name, control in controls.items()}))
        plt.close("all")

    for control in controls.values():
        control.observe(redraw, names="value")
    _show(controls)


def _start_values(draw: Callable[..., Any], ranges: dict[str, Sequence]) -> dict[str, Any]:
    parameters = inspect.signature(draw).parameters
    for name, choice in ranges.items():
        if name not in parameters or parameters[name].default is inspect.Parameter.empty:
            raise ValueError(f"explore: {draw.__name__}() needs a parameter {name!r} with a default value")
        value = parameters[name].default
        inside = value in choice if isinstance(choice, list) else choice[0] <= value <= choice[1]
        if not inside:
            raise ValueError(f"explore: the default {name}={value!r} lies outside of {choice!r}")
    return {name: parameters[name].default for name in ranges}


def _control(name: str, value: Any, choice: Sequence) -> Any:
    import ipywidgets as widgets

    label = name.replace("_", " ")
    style = {"description_width": "7em"}
    if isinstance(choice, list):
        return widgets.Dropdown(options=choice, value=value, description=label, style=style)
    lowest, highest, *step = choice
    whole = all(isinstance(number, int) for number in (value, *choice))
    slider = widgets.IntSlider if whole else widgets.FloatSlider
    step = step[0] if step else 1 if whole else (highest - lowest) / 40
    # One redraw when the hand lets go: a drawing that trains a network cannot follow every pixel.
    return slider(
        value=value, min=lowest, max=highest, step=step, description=label, style=style,
        continuous_update=False, layout={"width": "28em"},
    )


def _figure(draw: Callable[..., Any], values: dict[str, Any]) -> Any:
    plt.close("all")
    draw(**values)
    return plt.gcf()


def _show(controls: dict[str, Any]) -> None:
    """Display the controls; a page without a kernel shows one line of text in their place."""
    import ipywidgets as widgets
    from IPython.display import display

    bundle = widgets.VBox(list(controls.values()))._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    names = ", ".join(control.description for control in controls.values())
    display({**bundle, "text/plain": f"[controls of a running notebook: {names}]"}, raw=True)
