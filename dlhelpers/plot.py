"""Figures of the course. Each function draws into `ax` (a new Axes if None) and returns it.

Only drawing happens here: no training, no `plt.show()`, no data loading. Colours come from one
colour-blind-safe palette (Okabe and Ito), class 0 blue and class 1 orange throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from dlhelpers.start import PALETTE

MARKERS = "osD^vPX*"
PROBABILITY_MAP = LinearSegmentedColormap.from_list("probability", ["#7CB4D6", "white", "#E9AB7A"])


def scatter(
    x: Any, y: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None, size: float = 30
) -> Axes:
    """Draw the rows of `x` as points, with a colour and a marker for each class.

    Parameters
    ----------
    x : array, shape (n, 2)
        A DataFrame names the axes by its columns.
    y : array of int, shape (n,) or (n, 1)
        Classes 0, 1, ...
    labels : names of the classes, for the legend; no legend if None.
    size : area of a marker in square points.
    """
    ax = _axes(ax)
    points, classes = _points(x), _classes(y, len(x))
    for k in np.unique(classes):
        chosen = points[classes == k]
        ax.scatter(
            *chosen.T, s=size, color=PALETTE[k], marker=MARKERS[k], edgecolor="white", linewidth=0.6,
            label=labels[k] if labels is not None else None, zorder=3,
        )
    if hasattr(x, "columns"):
        ax.set(xlabel=x.columns[0], ylabel=x.columns[1])
    if labels is not None:
        ax.legend()
    return ax


def decision_boundary(
    model: Any,
    x: Any,
    y: Any = None,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    limits: tuple[float, float, float, float] | None = None,
    scale: str | None = None,
    grid: int = 200,
) -> Axes:
    """Colour the plane by the predicted probability and draw the line where classes change.

    Parameters
    ----------
    model : Keras model, scikit-learn classifier or function
        Maps points of shape (n, 2) to probabilities: (n,) or (n, 1) for class 1, or (n, k) with one
        column for each class. It is called once, with all `grid` x `grid` points.
    x : array, shape (n, 2)
        Points that the plane must show; drawn if `y` is given. A DataFrame names the axes.
    y : array of int, shape (n,) or (n, 1), optional
        Their classes.
    limits : (x1 lowest, x1 highest, x2 lowest, x2 highest), in the units of `x`; by default the
        range of `x` and a margin of 8 %.
    scale : what the colours mean, such as "p(forged)", written beside a colour bar; no bar if None.
    """
    ax = _axes(ax)
    points = _points(x)
    left, right, bottom, top = limits if limits is not None else _limits(points)
    across, up = np.meshgrid(np.linspace(left, right, grid), np.linspace(bottom, top, grid))
    p = _probabilities(model, np.column_stack([across.ravel(), up.ravel()]).astype("float32"))
    if p.ndim == 1:
        p = p.reshape(grid, grid)
        colours = ax.contourf(across, up, p, levels=np.linspace(0, 1, 11), cmap=PROBABILITY_MAP)
        if scale is not None:
            ax.figure.colorbar(colours, ax=ax, label=scale, ticks=[0, 0.5, 1])
        if p.min() < 0.5 < p.max():
            ax.contour(across, up, p, levels=[0.5], colors="black", linewidths=2)
    else:
        regions, k = p.argmax(axis=1).reshape(grid, grid), p.shape[1]
        ax.contourf(across, up, regions, levels=np.arange(k + 1) - 0.5, colors=PALETTE[:k], alpha=0.35)
        ax.contour(across, up, regions, levels=np.arange(k - 1) + 0.5, colors="black", linewidths=2)
    if y is not None:
        scatter(x, y, ax, labels=labels)
    elif hasattr(x, "columns"):
        ax.set(xlabel=x.columns[0], ylabel=x.columns[1])
    ax.set(xlim=(left, right), ylim=(bottom, top))
    return ax


def learning_curves(
    runs: Mapping[str, Any], metric: str = "loss", ax: Axes | None = None, *, ylabel: str | None = None
) -> Axes:
    """Draw a metric by epoch for several runs; validation solid, training dotted, one colour a run.

    Parameters
    ----------
    runs : {name: Keras History, or its `history` dictionary}
    metric : a key of the history, such as "loss" or "accuracy".
    """
    ax = _axes(ax)
    for colour, (name, run) in zip(_colours(len(runs)), runs.items(), strict=True):
        history = getattr(run, "history", run)
        if metric not in history:
            raise ValueError(f"learning_curves: run {name!r} has no {metric!r}, only {sorted(history)}")
        epochs = np.arange(1, len(history[metric]) + 1)
        tested = history.get(f"val_{metric}")
        if tested is None:
            ax.plot(epochs, history[metric], color=colour, label=name)
        else:
            ax.plot(epochs, history[metric], ":", color=colour, label=f"{name}, training")
            ax.plot(epochs, tested, color=colour, label=f"{name}, validation")
    ax.set(xlabel="epoch", ylabel=ylabel or metric)
    ax.legend()
    return ax


def image_grid(
    images: Any,
    titles: Sequence[str] | None = None,
    ax: Axes | None = None,
    *,
    columns: int = 10,
    cmap: str = "gray_r",
    limits: tuple[float, float] | None = None,
    row_labels: Sequence[str] | None = None,
    title_colors: Sequence[str] | None = None,
) -> Axes:
    """Draw images side by side in one Axes: digits, photographs, kernels, feature maps, samples.

    Parameters
    ----------
    images : array, shape (n, height, width), (n, height, width, 1) or (n, height, width, 3)
    titles : n short texts, one above each image.
    columns : images in a row.
    limits : values of the darkest and the lightest grey; by default the range of all images
        together, so that they can be compared. Colour images: uint8, or floats in 0 to 1.
    row_labels : a text to the left of each row.
    """
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim not in (3, 4) or len(images) == 0 or (images.ndim == 4 and images.shape[-1] != 3):
        raise ValueError(f"image_grid: images must have shape (n, h, w[, 1 or 3]), not {images.shape}")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    (height, width), gap = images.shape[1:3], 1.3 if titles is not None else 1.08
    if ax is None:
        cell = min(8 / columns, 3)
        _, ax = plt.subplots(figsize=(cell * columns, min(cell * rows * gap * height / width + 0.2, 6)))
    low, high = limits or (float(images.min()), float(images.max()))
    for i, image in enumerate(images):
        left, top = (i % columns) * width * 1.08, (i // columns) * height * gap
        ax.imshow(image, cmap=cmap, vmin=low, vmax=high, extent=(left, left + width, top + height, top))
        if titles is not None:
            colour = title_colors[i] if title_colors is not None else "black"
            ax.text(left + width / 2, top - 0.04 * height, titles[i], ha="center", color=colour, size=11)
    for row, text in enumerate(row_labels or ()):
        ax.text(-0.1 * width, (row * gap + 0.5) * height, text, ha="right", va="center", size=11)
    bottom = ((rows - 1) * gap + 1) * height
    ax.set(xlim=(0, (columns * 1.08 - 0.08) * width), ylim=(bottom, -0.28 * height if titles is not None else 0))
    ax.axis("off")
    return ax


def kernels(weights: Any, ax: Axes | None = None, *, titles: Sequence[str] | None = None, columns: int = 8) -> Axes:
    """Draw convolution kernels as Keras applies them (correlation): blue negative, red positive.

    Parameters
    ----------
    weights : array, shape (height, width, channels, kernels), as a Conv2D layer keeps them.
        Kernels of several channels are shown channel after channel.
    """
    weights = np.asarray(weights)
    if weights.ndim != 4:
        raise ValueError(f"kernels: weights must have shape (h, w, channels, kernels), not {weights.shape}")
    images = np.moveaxis(weights, (2, 3), (1, 0)).reshape(-1, *weights.shape[:2])
    most = float(abs(images).max()) or 1.0
    return image_grid(images, titles, ax, columns=columns, cmap="RdBu_r", limits=(-most, most))


def feature_maps(maps: Any, ax: Axes | None = None, *, titles: Sequence[str] | None = None, columns: int = 8) -> Axes:
    """Draw what a convolution layer answers to one image, one picture a channel, one grey scale.

    Parameters
    ----------
    maps : array, shape (height, width, channels)
    """
    maps = np.asarray(maps)
    if maps.ndim != 3:
        raise ValueError(f"feature_maps: maps must have shape (height, width, channels), not {maps.shape}")
    return image_grid(np.moveaxis(maps, -1, 0), titles, ax, columns=columns, cmap="gray")


def confusion(
    y_true: Any, y_pred: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None, normalize: bool = False
) -> Axes:
    """Draw the confusion matrix: rows are the true classes, columns the predicted ones.

    Parameters
    ----------
    y_true, y_pred : arrays of int, shape (n,)
    normalize : show each row as shares of its class instead of counts.
    """
    from sklearn.metrics import ConfusionMatrixDisplay

    ax = _axes(ax)
    ConfusionMatrixDisplay.from_predictions(
        np.ravel(y_true), np.ravel(y_pred), display_labels=labels, ax=ax, cmap="Blues", colorbar=False,
        normalize="true" if normalize else None, values_format=".2f" if normalize else "d",
        xticks_rotation="vertical" if labels is not None else "horizontal",
    )
    ax.set(xlabel="predicted class", ylabel="true class")
    return ax


def predictive_band(
    x: Any, mean: Any, sd: Any, ax: Axes | None = None, *, widths: Sequence[float] = (1, 2), label: str = "mean"
) -> Axes:
    """Draw a predicted mean over x, with a band for each width (in standard deviations).

    Parameters
    ----------
    x, mean : arrays, shape (n,), in the units of the data.
    sd : array, shape (n,), or one number: predicted standard deviation, in the units of `mean`.
    """
    ax = _axes(ax)
    order = np.argsort(np.ravel(x))
    x, mean = np.ravel(x)[order], np.ravel(mean)[order]
    sd = np.broadcast_to(np.ravel(sd), mean.shape)[order]
    for width in sorted(widths, reverse=True):
        ax.fill_between(
            x, mean - width * sd, mean + width * sd, color=PALETTE[0], alpha=0.22, linewidth=0,
            label=f"±{width:g} sd",
        )
    ax.plot(x, mean, color=PALETTE[0], label=label)
    ax.legend()
    return ax


def conditional_distribution(
    y: Any, densities: Mapping[str, Any], ax: Axes | None = None, *, observed: Mapping[str, float] | None = None
) -> Axes:
    """Draw predicted distributions of y for some named cases; observed values as dots on the axis.

    Parameters
    ----------
    y : array, shape (n,)
        Whole numbers are drawn as stems (counts), others as curves.
    densities : {case: array of shape (n,)}, densities or probabilities at `y`.
    observed : {case: observed y}
    """
    ax = _axes(ax)
    y = np.asarray(y)
    counts = np.issubdtype(y.dtype, np.integer)
    for k, (colour, (name, p)) in enumerate(zip(_colours(len(densities)), densities.items(), strict=True)):
        if counts:
            shift = 0.8 * (k - (len(densities) - 1) / 2) / len(densities)
            ax.bar(y + shift, p, width=0.8 / len(densities), color=colour, label=name)
        else:
            ax.plot(y, p, color=colour, label=name)
            ax.fill_between(y, p, color=colour, alpha=0.15, linewidth=0)
        if observed is not None and name in observed:
            ax.plot(observed[name], 0, "o", color=colour, markeredgecolor="black", ms=9, clip_on=False, zorder=5)
    ax.set(xlabel="y", ylabel="probability" if counts else "density", ylim=(0, None))
    ax.legend()
    return ax


def latent_map(codes: Any, y: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None) -> Axes:
    """Draw 2-D codes as points coloured by class, with each class's name at its centre.

    Parameters
    ----------
    codes : array, shape (n, 2)
    y : array of int, shape (n,)
    """
    ax = _axes(ax)
    codes, classes = _points(codes), _classes(y, len(codes))
    colours = plt.get_cmap("tab10").colors
    for k in np.unique(classes):
        members = codes[classes == k]
        ax.scatter(*members.T, s=5, color=colours[k % 10], alpha=0.5, linewidth=0)
        ax.text(
            *np.median(members, axis=0), labels[k] if labels is not None else str(k), size=14, weight="bold",
            ha="center", va="center", bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "alpha": 0.8, "lw": 0},
        )
    ax.set(xlabel="code 1", ylabel="code 2")
    return ax


def samples_by_epoch(samples: Mapping[int, Any], ax: Axes | None = None) -> Axes:
    """Draw generated images as they change over training: one row for each epoch.

    Parameters
    ----------
    samples : {epoch: images of shape (n, height, width[, 1 or 3])}, the same n in each row.
    """
    counts = {len(images) for images in samples.values()}
    if len(counts) != 1:
        raise ValueError(f"samples_by_epoch: each epoch needs the same number of images, not {sorted(counts)}")
    rows = [f"epoch {epoch}" for epoch in samples]
    images = np.concatenate([np.asarray(group) for group in samples.values()])
    return image_grid(images, ax=ax, columns=counts.pop(), cmap="gray", row_labels=rows)


def network_diagram(
    units: Sequence[int],
    ax: Axes | None = None,
    *,
    names: Sequence[str] | None = None,
    weights: Sequence[Any] | None = None,
    values: Sequence[Any] | None = None,
    most: int = 8,
) -> Axes:
    """Draw a fully connected network, left to right, a circle for each unit.

    Parameters
    ----------
    units : units of each layer, the inputs first, such as (2, 8, 1).
    names : a text under each layer.
    weights : for each pair of layers an array (units, next units): width and colour of the lines
        (orange positive, blue negative).
    values : for each layer an array of the numbers to write into its circles.
    most : layers with more units show this many and three dots.
    """
    if len(units) < 2 or min(units) < 1:
        raise ValueError(f"network_diagram: units must be at least two positive numbers, not {list(units)}")
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 3.5))
    layers = [_circles(count, most) for count in units]
    for k in range(len(units) - 1):
        for i, start in layers[k].items():
            for j, end in layers[k + 1].items():
                look = _line(None if weights is None else weights[k], i, j)
                ax.plot([k, k + 1], [start, end], zorder=1, **look)
    for k, circles in enumerate(layers):
        for i, height in circles.items():
            size = 700 if max(units) <= 5 else 380
            ax.scatter(k, height, s=size, color="white", edgecolor="black", linewidth=1.5, zorder=2)
            if values is not None:
                ax.text(k, height, f"{np.ravel(values[k])[i]:.3g}", ha="center", va="center", size=10, zorder=3)
        if units[k] > most:
            ax.text(k, 0, "⋮", ha="center", va="center", size=18)
        if names is not None:
            ax.text(k, -most / 2 - 0.6, names[k], ha="center", va="top", size=12)
    ax.set(xlim=(-0.4, len(units) - 0.6), ylim=(-most / 2 - (1.8 if names is not None else 0.5), most / 2 + 0.7))
    ax.axis("off")
    return ax


def _axes(ax: Axes | None) -> Axes:
    return plt.subplots()[1] if ax is None else ax


def _points(x: Any) -> np.ndarray:
    points = np.asarray(x, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"x must have shape (n, 2) with n > 0, not {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("x has values that are not finite (NaN or infinity): drop or mend these rows")
    return points


def _classes(y: Any, n: int) -> np.ndarray:
    classes = np.asarray(y)
    if classes.size != n:
        raise ValueError(f"y must have one class for each of the {n} points, not shape {classes.shape}")
    classes = np.ravel(classes).astype(int)
    if classes.min() < 0 or not np.array_equal(classes, np.ravel(np.asarray(y, dtype=float))):
        raise ValueError("y must hold classes 0, 1, 2, ...")
    return classes


def _limits(points: np.ndarray) -> tuple[float, float, float, float]:
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.08 * (high - low), 1.0)
    (left, bottom), (right, top) = low - margin, high + margin
    return left, right, bottom, top


def _probabilities(model: Any, points: np.ndarray) -> np.ndarray:
    """Shape (n,) for the probability of class 1, or (n, k) for k > 2 classes."""
    answer: Callable = model.predict_proba if hasattr(model, "predict_proba") else model
    p = np.asarray(answer(points))
    if p.shape == (len(points), 2):
        p = p[:, 1]
    elif p.shape == (len(points), 1):
        p = p[:, 0]
    if p.shape[:1] != (len(points),) or p.ndim > 2:
        raise ValueError(f"the model must give one row for each of {len(points)} points, not shape {p.shape}")
    if not (np.isfinite(p).all() and p.min() >= -1e-6 and p.max() <= 1 + 1e-6):
        raise ValueError(
            "the model must give probabilities between 0 and 1; "
            f"these go from {np.nanmin(p):.3g} to {np.nanmax(p):.3g}: is the sigmoid or softmax missing?"
        )
    return p.clip(0, 1)


def _colours(n: int) -> list[Any]:
    return list(PALETTE[:n]) if n <= len(PALETTE) else list(plt.get_cmap("viridis")(np.linspace(0, 0.9, n)))


def _circles(count: int, most: int) -> dict[int, float]:
    """Heights of the units that are drawn, by index; in layers too long, the first and last ones."""
    if count <= most:
        return {i: (count - 1) / 2 - i for i in range(count)}
    half = most // 2
    chosen = [*range(half), *range(count - half, count)]
    heights = [*np.linspace(most / 2, 0.8, half), *np.linspace(-0.8, -most / 2, half)]
    return dict(zip(chosen, heights, strict=True))


def _line(weights: Any, i: int, j: int) -> dict[str, Any]:
    if weights is None:
        return {"color": "0.6", "linewidth": 1}
    weights = np.asarray(weights)
    strength = weights[i, j] / (abs(weights).max() or 1)
    return {"color": PALETTE[1 if strength > 0 else 0], "linewidth": 0.3 + 3.5 * abs(strength)}
