"""What a figure shows, in a few kilobytes, and whether two figures show the same.

A picture changes with every font, layout engine and release of matplotlib; what it shows does not. So a figure is
described by its axes: their places in the grid, titles, labels, scales, limits, ticks with names, legends, texts,
and for each line, scatter, area, bar, image and so on its kind, colour, label and a coarse sample of its data.

Data are noted in shares of their axes, from 0 (left, bottom) to 1 (right, top): what the eye sees, on linear and
logarithmic axes alike. Numbers that matplotlib chooses itself (automatic ticks, where a legend finds room) are left
out, as they change with its version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from matplotlib import (
    axis,
    category,
    collections,
    colormaps,
    container,
    contour,
    image,
    legend,
    lines,
    patches,
    spines,
    table,
    text,
    ticker,
)
from matplotlib.colors import to_hex, to_rgba_array

from tests.comparison.text import text_problem

LIMIT = 8_000  # bytes of a description
SHARE = 0.005  # of an axis: what two curves may be apart; one sees no less
# Names of our own, as matplotlib's classes change with its version.
_KINDS = {
    "line": lines.Line2D,
    "annotation": text.Annotation,
    "text": text.Text,
    "points": collections.PathCollection,
    "lines": collections.LineCollection,
    "mesh": collections.QuadMesh,
    "contours": contour.ContourSet,
    "area": collections.PolyCollection,
    "image": image.AxesImage,
    "table": table.Table,
    "patch": patches.Patch,
}
_SAMPLES = (9, 6, 4, 2, 0)  # values noted of each artist: as many as fit into the limit


# ------------------------------------------------------------------------------------------- describing


def describe(figure: Any) -> str:
    """Return what a matplotlib figure shows, as a JSON text of at most 8 kB with a line for each of its parts.

    Raises
    ------
    ValueError
        If it has too many parts for that.
    """
    for sample in _SAMPLES:
        found = json.dumps(_figure(figure, sample), ensure_ascii=False, separators=(",", ":"))
        found = re.sub(r'(?=\{"(place|kind|title)":)', "\n", found)
        if len(found.encode()) <= LIMIT:
            return found
    raise ValueError(f"a figure of {len(figure.axes)} axes has too many parts to be compared, draw fewer")


def _figure(figure: Any, sample: int) -> dict[str, Any]:
    parts = {
        "title": figure.get_suptitle() if figure._suptitle else "",
        "texts": [words.get_text() for words in figure.texts if words is not figure._suptitle],
        "legends": [_legend(box) for box in figure.legends],
        "axes": [_axes(ax, sample) for ax in figure.axes if ax.get_visible()],
    }
    return _filled(parts)


def _axes(ax: Any, sample: int) -> dict[str, Any]:
    parts = {"place": _place(ax), "title": ax.get_title(), "left title": ax.get_title(loc="left")}
    if ax.axison:
        for name, axis in ax._axis_map.items():
            parts |= {f"{name} {what}": value for what, value in _axis(axis).items()}
    parts["legend"] = _legend(ax.get_legend()) if ax.get_legend() else {}
    bars = [group for group in ax.containers if isinstance(group, container.BarContainer)]
    alone = set(_artists(ax)).difference(*bars)
    parts["artists"] = [_artist(artist, ax, sample) for artist in _artists(ax) if artist in alone]
    parts["artists"] += [_bars(group, ax, sample) for group in bars]
    return _filled(parts)


def _filled(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value or value == 0}


def _place(ax: Any) -> str:
    """Return rows and columns of the grid that the axes cover; "" for those beside the grid, such as colour bars."""
    spec = ax.get_subplotspec()
    if spec is None:
        return ""
    rows, columns = spec.get_gridspec().get_geometry()
    down = f"{spec.rowspan.start + 1}-{spec.rowspan.stop}" if len(spec.rowspan) > 1 else spec.rowspan.start + 1
    across = f"{spec.colspan.start + 1}-{spec.colspan.stop}" if len(spec.colspan) > 1 else spec.colspan.start + 1
    return f"row {down} of {rows}, column {across} of {columns}"


def _axis(one: axis.Axis) -> dict[str, Any]:
    found = {"label": one.label.get_text(), "limits": [_short(value) for value in one.get_view_interval()]}
    if one.get_inverted():
        found["limits"].reverse()
    if one.get_scale() != "linear":
        found["scale"] = one.get_scale()
    if (ticks := _named_ticks(one)) is not None:
        found["ticks"] = ticks
    return found


def _named_ticks(one: axis.Axis) -> list[str] | None:
    """Return the tick labels that somebody chose; None where matplotlib did."""
    locator = one.get_major_locator()
    if not isinstance(locator, (ticker.FixedLocator, ticker.NullLocator, category.StrCategoryLocator)):
        return None
    low, high = sorted(one.get_view_interval())
    span = 1e-6 * (high - low)
    ticks = zip(one.get_majorticklocs(), one.get_majorticklabels(), strict=False)
    return [label.get_text() for place, label in ticks if low - span <= place <= high + span]


def _legend(box: legend.Legend) -> dict[str, Any]:
    colours = [_colour(handle) for handle in box.legend_handles]
    names = [name.get_text() for name in box.get_texts()]
    return _filled({"title": box.get_title().get_text(), "names": names, "colours": colours})


def _artists(ax: Any) -> Iterator[Any]:
    scaffold = (axis.Axis, spines.Spine, legend.Legend)
    told = (ax.title, ax._left_title, ax._right_title, ax.patch, *ax.child_axes)
    for artist in ax.get_children():
        if artist.get_visible() and artist not in told and not isinstance(artist, scaffold):
            yield artist


def _artist(artist: Any, ax: Any, sample: int) -> dict[str, Any]:
    kind = next((kind for kind, group in _KINDS.items() if isinstance(artist, group)), type(artist).__name__)
    found: dict[str, Any] = {"kind": kind}
    label = str(artist.get_label())
    if not label.startswith("_"):
        found["label"] = label
    if isinstance(artist, text.Text):
        found["text"] = artist.get_text()
        points = [artist.xy if isinstance(artist, text.Annotation) else artist.get_position()]
        found |= _sampled(points, _transform(artist), ax, sample)
    elif isinstance(artist, table.Table):
        found["text"] = [cell.get_text().get_text() for cell in artist.get_celld().values()]
    elif isinstance(artist, image.AxesImage):
        found |= _image(artist, ax, sample)
    else:
        found["colour"] = _colour(artist)
        found |= _points(artist, ax, sample)
    return _filled(found)


def _bars(group: container.BarContainer, ax: Any, sample: int) -> dict[str, Any]:
    """Note the bars of one call together: where they begin, and where they end."""
    label = group.get_label()
    found = {"kind": "bars", "label": "" if label.startswith("_") else label}
    found["colour"] = " ".join(list(dict.fromkeys(map(_colour, group)))[:6])
    boxes = [bar.get_bbox() for bar in group]
    begin = _sampled([box.min for box in boxes], ax.transData, ax, sample)
    end = _sampled([box.max for box in boxes], ax.transData, ax, sample)
    found |= {"n": len(boxes), "left": begin["x"], "bottom": begin["y"], "right": end["x"], "top": end["y"]}
    return _filled(found)


def _transform(artist: Any) -> Any:
    """Return the transform of an artist's points; an annotation's point has one of its own."""
    if isinstance(artist, text.Annotation):
        return artist._get_xy_transform(None, artist.xycoords)
    return artist.get_transform()


def _points(artist: Any, ax: Any, sample: int) -> dict[str, Any]:
    if isinstance(artist, lines.Line2D):
        style = f"{artist.get_linestyle()} {artist.get_marker()}".replace("None", "").strip()
        return {"style": style} | _sampled(artist.get_xydata(), artist.get_transform(), ax, sample)
    if isinstance(artist, collections.PathCollection) and len(artist.get_offsets()):
        found = _sampled(artist.get_offsets(), artist.get_offset_transform(), ax, sample)
    elif isinstance(artist, collections.QuadMesh):
        found = _sampled(artist.get_coordinates().reshape(-1, 2), artist.get_transform(), ax, sample)
    elif hasattr(artist, "get_paths"):
        corners = [path.vertices for path in artist.get_paths() if len(path.vertices)]
        corners = np.concatenate(corners) if corners else np.empty((0, 2))
        found = _spread(corners, artist.get_transform(), ax, sample)  # their order is the drawing library's
        found["parts"] = 0 if isinstance(artist, contour.ContourSet) else len(artist.get_paths())
    elif hasattr(artist, "get_path"):
        found = _spread(artist.get_path().vertices, artist.get_transform(), ax, sample)
    else:
        found = {}
    values = artist.get_array() if hasattr(artist, "get_array") else None
    if values is not None:
        found |= {"colours of": _colour_map(artist), "values": _coarse(np.ravel(artist.norm(values)), sample)}
    return found


def _image(artist: Any, ax: Any, sample: int) -> dict[str, Any]:
    values = np.asarray(np.ma.filled(artist.get_array().astype(float), np.nan))
    coloured = values.ndim == 3
    if coloured:
        shades = values[..., :3] / (255 if np.nanmax(values) > 1 else 1)
    else:
        shades = np.asarray(np.ma.filled(np.ma.asarray(artist.norm(values), float), np.nan))
    left, right, bottom, top = artist.get_extent()
    upright = shades if artist.origin == "upper" else shades[::-1]
    side = max(1, round(sample**0.5))
    blocks = [block for band in np.array_split(upright, side) for block in np.array_split(band, side, axis=1)]
    found = {
        "shape": list(values.shape),
        "shades": [_short(np.nanmean(block)) for block in blocks if np.isfinite(block).any()] if sample else [],
        "spread": _coarse(np.sort(shades, axis=None), min(sample, 5)),
        "colours of": "" if coloured else _colour_map(artist),
    }
    corners = [(left, bottom), (right, top)]
    return found | _sampled(corners, artist.get_transform(), ax, sample)


def _sampled(points: Any, transform: Any, ax: Any, sample: int) -> dict[str, Any]:
    """Note how many points there are, and some of them in their order."""
    shares = _shares(points, transform, ax)
    return {"n": len(shares), "x": _coarse(shares[:, 0], sample), "y": _coarse(shares[:, 1], sample)}


def _spread(points: Any, transform: Any, ax: Any, sample: int) -> dict[str, Any]:
    """Note where points lie, whatever their number and order."""
    shares = np.sort(_shares(points, transform, ax), axis=0)
    return {"x": _coarse(shares[:, 0], sample), "y": _coarse(shares[:, 1], sample)}


def _shares(points: Any, transform: Any, ax: Any) -> np.ndarray:
    """Return points as shares of the axes, (n, 2)."""
    points = np.ma.filled(np.ma.asarray(points, float), np.nan).reshape(-1, 2)
    with np.errstate(all="ignore"):
        return ax.transAxes.inverted().transform(transform.transform(points))


def _coarse(values: Any, sample: int) -> list[float | None]:
    """Return up to `sample` of the values, evenly chosen and with both ends."""
    values = np.ma.filled(np.ma.asarray(values, float), np.nan)
    chosen = np.unique(np.linspace(0, len(values) - 1, sample).round().astype(int)) if len(values) else []
    return [_short(values[i]) for i in chosen]


def _short(value: float) -> float | None:
    """Return a number with five digits; None for nan. Far outside of the axes is far outside."""
    if np.isnan(value):
        return None
    return float(f"{np.clip(value, -1e9, 1e9):.5g}") + 0.0


def _colour_map(artist: Any) -> str:
    """Return the name of matplotlib's own colour map, or else its first, middle and last colour."""
    chosen = artist.get_cmap()
    return chosen.name if chosen.name in colormaps else " ".join(to_hex(chosen(x)) for x in (0.0, 0.5, 1.0))


def _colour(artist: Any) -> str:
    """Return the colours of an artist, up to six, as hexadecimal numbers."""
    if getattr(artist, "get_array", lambda: None)() is not None:
        return ""
    if hasattr(artist, "get_color"):
        given = artist.get_color()
    elif hasattr(artist, "get_facecolor"):
        given = artist.get_facecolor()
        if not len(given) or not np.any(np.atleast_2d(given)[:, 3]):  # only an outline
            given = artist.get_edgecolor()
    else:
        return ""
    each = [to_hex(colour, keep_alpha=True) for colour in to_rgba_array(given)]
    return " ".join(list(dict.fromkeys(each))[:6])


# ------------------------------------------------------------------------------------------- comparing


def problems(saved: str, fresh: str, tolerance: float | None = None, share: float | None = None) -> list[str]:
    """Return how two descriptions differ, a line each.

    Parameters
    ----------
    saved, fresh : str
        As `describe` returns them.
    tolerance : float, optional
        What decimals in texts may differ by (see `text_problem`), and data as a share of their axis.
    share : float, optional
        What data may differ by, as a share of their axis, if that is more; half a per cent is always free.
        Texts that are nothing but a number are data, too: the cells of a heat map may differ by this share of the
        largest one.
    """
    parts = json.loads(saved), json.loads(fresh)
    return list(_differences(*parts, "", tolerance, max(SHARE, tolerance or 0.0, share or 0.0)))


def _differences(saved: Any, fresh: Any, where: str, tolerance: float | None, share: float) -> Iterator[str]:
    if isinstance(saved, dict) and isinstance(fresh, dict):
        for name in dict.fromkeys([*saved, *fresh]):
            at = f"{where}, {name}" if where else name
            yield from _differences(saved.get(name, ""), fresh.get(name, ""), at, tolerance, share)
    elif isinstance(saved, list) and isinstance(fresh, list) and len(saved) != len(fresh):
        yield f"{where}: {_count(saved)} -> {_count(fresh)}"
    elif isinstance(saved, list) and isinstance(fresh, list) and _all_numbers([*saved, *fresh]):
        near = next((check for part, check in _NEAR.items() if where.endswith(part)), _near_shares)
        if where.endswith("shape") and saved != fresh or not near(saved, fresh, share):
            yield f"{where}: {saved} -> {fresh}, may differ by {share:.2g} of the axis"
    elif isinstance(saved, list) and isinstance(fresh, list):
        if where.endswith("artists") and share > SHARE:
            saved, fresh = _without_near_numbers(saved, fresh, share)
        for number, pair in enumerate(zip(saved, fresh, strict=True), start=1):
            yield from _differences(*pair, f"{where} {number}{_name(pair[0])}", tolerance, share)
    elif isinstance(saved, str) and isinstance(fresh, str):
        if text_problem(saved, fresh, None if tolerance is None else Decimal(str(tolerance))):
            yield f"{where}: {saved!r} -> {fresh!r}"
    elif isinstance(saved, int) and isinstance(fresh, int):  # how many points: of a trained net's errors, say
        if saved != fresh and (share == SHARE or abs(saved - fresh) > share * max(saved, fresh)):
            yield f"{where}: {saved} -> {fresh}"
    elif saved != fresh:
        yield f"{where}: {saved!r} -> {fresh!r}"


def _all_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, (int, float)) or value is None for value in values)


def _near_limits(saved: Sequence[float], fresh: Sequence[float], share: float) -> bool:
    return np.allclose(saved, fresh, rtol=0, atol=share * abs(saved[1] - saved[0]))


def _near_shares(saved: Sequence[float | None], fresh: Sequence[float | None], share: float) -> bool:
    """Compare what lies inside of the axes: what is outside, perhaps far on a logarithmic scale, is not seen."""
    left, right = (np.clip(np.array(values, float), -1, 2) for values in (saved, fresh))
    return np.allclose(left, right, rtol=0, atol=share, equal_nan=True)


def _near_spread(saved: Sequence[float], fresh: Sequence[float], share: float) -> bool:
    """Compare sorted shades; the two ends are single pixels, which change more than all others."""
    return _near_shares(saved[1:-1], fresh[1:-1], share) and _near_shares(saved, fresh, 2 * share)


_NEAR = {"limits": _near_limits, "spread": _near_spread}


def _without_near_numbers(saved: list[Any], fresh: list[Any], share: float) -> tuple[list[Any], list[Any]]:
    """Return the artists with the fresh numbers in place of the saved ones, where these are near."""
    found = [(_number(old), _number(new)) for old, new in zip(saved, fresh, strict=True)]
    most = max((max(abs(old), abs(new)) for old, new in found if None not in (old, new)), default=0.0)
    near = [None not in pair and abs(pair[0] - pair[1]) <= share * most for pair in found]
    put = [old | {"text": new["text"]} if ok else old for old, new, ok in zip(saved, fresh, near, strict=True)]
    return put, fresh


def _number(artist: Any) -> float | None:
    """Return the number that is all of an artist's text; None if it has words, or none."""
    try:
        return float(artist["text"].replace("\N{MINUS SIGN}", "-")) if artist["kind"] == "text" else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _name(part: Any) -> str:
    """Return what a message calls a part: its kind and its label or title."""
    if not isinstance(part, dict):
        return ""
    words = [part.get("kind"), part.get("label") or part.get("text") or part.get("title")]
    return f" ({' '.join(str(word) for word in words if word)})" if any(words) else ""


def _count(parts: list[Any]) -> str:
    kinds = [part.get("kind", "part") if isinstance(part, dict) else repr(part) for part in parts]
    return f"{len(parts)} ({', '.join(kinds[:12])})"
