"""Say in words what a saved figure shows, for readers who hear the page: made from its saved description.

The description is that of tests/comparison/figures.py: axes with titles, labels and limits, and for each curve a coarse
sample, in shares of its axes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

LONGEST = 700  # characters: a screen reader cannot skip within an alternative text
_MARKS = {"points": "points", "lines": "lines", "area": "areas", "mesh": "a coloured grid", "contours": "contours"}
_TEX = re.compile(r"\\(?:mathrm|mathbf|text)\{([^}]*)\}|[$\\{}]")


def alt_text(description: str) -> str:
    """Return the alternative text of a figure.

    Parameters
    ----------
    description : str
        The JSON text saved beside the figure.

    Examples
    --------
    >>> curve = '{"kind":"line","label":"training","y":[0.9,0.3,0.1]}'
    >>> axes = '{"title":"Loss","x label":"epoch","y label":"NLL","y limits":[0,2],"artists":[%s]}' % curve
    >>> alt_text('{"axes":[%s]}' % axes)
    'Figure: Loss. Across: epoch. Up: NLL. Curve training falls from 1.8 to 0.2.'
    """
    figure = json.loads(description)
    axes = [ax for ax in figure.get("axes", []) if ax.get("place") or len(figure["axes"]) == 1]
    told = [_words(figure["title"])] if figure.get("title") else []
    alike = _shared(axes)
    for number, ax in enumerate(axes, 1):
        said = _axes(ax, {} if number == 1 else alike)
        if said:
            told.append((f"Panel {number} of {len(axes)}: " if len(axes) > 1 else "") + said)
    text = "Figure: " + ". ".join(told or ["the text below says what it shows"]) + "."
    text = re.sub(r"([?!:])\.|(?<!\.)(\.)\.(?!\.)", r"\1\2", text)
    if len(text) <= LONGEST:
        return text
    return text[: text.rfind(". ", 0, LONGEST) + 1] + " And more of the kind."


def _shared(axes: list[dict[str, Any]]) -> dict[str, Any]:
    """What all panels have in common is said once, with the first."""
    first = axes[0] if axes else {}
    names = ("x label", "y label", "x scale", "y scale")
    return {name: first.get(name) for name in names if all(ax.get(name) == first.get(name) for ax in axes)}


def _axes(ax: dict[str, Any], known: dict[str, Any]) -> str:
    told = [_words(ax[name]) for name in ("title", "left title") if ax.get(name)]
    for way, axis in (("Across", "x"), ("Up", "y")):
        label, scale = ax.get(f"{axis} label"), ax.get(f"{axis} scale")
        if label and f"{axis} label" not in known:
            told.append(f"{way}: {_words(label)}" + (", logarithmic" if scale == "log" else ""))
    return ". ".join(told + _artists(ax))


def _artists(ax: dict[str, Any]) -> list[str]:
    """What is drawn: named curves one by one, the rest in numbers."""
    artists = ax.get("artists", [])
    told = [_curve(one, ax) for one in artists if one["kind"] == "line" and _named(one)]
    for kind, word in _MARKS.items():
        names = dict.fromkeys(_words(one["label"]) for one in artists if one["kind"] == kind and _named(one))
        if names:
            told.append(f"{word.capitalize()}: {', '.join(names)}")
    for one in artists:
        if "heights" in one or one["kind"] == "bars":
            told.append("Bars" + (f": {_words(one['label'])}" if _named(one) else ""))
    images = sum(one["kind"] == "image" for one in artists)
    if images:
        told.append("An image" if images == 1 else f"{images} images")
        words = [_words(one.get("text", "")) for one in artists if one["kind"] == "text"]
        short = list(dict.fromkeys(word for word in words if word and len(word) < 30))
        if short:
            told[-1] += f", marked {', '.join(short[:12])}" + (" and so on" if len(short) > 12 else "")
    return list(dict.fromkeys(told))


def _named(artist: dict[str, Any]) -> bool:
    return bool(artist.get("label")) and not artist["label"].startswith("_")


def _curve(line: dict[str, Any], ax: dict[str, Any]) -> str:
    """A curve's name, and where it begins and ends."""
    name = f"Curve {_words(line['label'])}"
    heights = [height for height in line.get("y", []) if height is not None]  # gaps in the curve
    limits = ax.get("y limits")
    if len(heights) < 2 or not limits or "o" in line.get("style", "") or ax.get("y scale", "linear") not in _SCALES:
        return name
    low, high, first, last = min(heights), max(heights), heights[0], heights[-1]
    said = {share: _number(_SCALES[ax.get("y scale", "linear")], share, limits) for share in heights}
    if high - low < 0.02:
        return f"{name} is level at {said[first]}"
    dip, peak = min(first, last) - low, high - max(first, last)
    if max(dip, peak) > max(0.1, abs(last - first)):
        turn = f"falls to {said[low]}" if dip > peak else f"rises to {said[high]}"
        return f"{name} starts at {said[first]}, {turn} and ends at {said[last]}"
    return f"{name} {'rises' if last > first else 'falls'} from {said[first]} to {said[last]}"


_SCALES = {
    "linear": lambda share, low, high: low + share * (high - low),
    "log": lambda share, low, high: low * (high / low) ** share,
}


def _number(scale: Callable[..., float], share: float, limits: list[float]) -> str:
    """The value at this share of an axis, to two digits: more cannot be seen."""
    value = scale(share, *limits)
    if scale is _SCALES["linear"] and abs(value) < 0.004 * abs(limits[1] - limits[0]):
        return "0"
    short = float(f"{value:.2g}")
    return f"{short:,.0f}".replace(",", " ") if abs(short) >= 100 else f"{short:g}"


def _words(text: str) -> str:
    """A label without the marks of formulas and line ends."""
    return " ".join(_TEX.sub(lambda found: found[1] or "", text).replace("^", " to the ").split())
