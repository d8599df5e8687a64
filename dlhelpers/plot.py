"""Figures of the course. Each function draws into `ax` (a new Axes if None) and returns it.

Only drawing happens here: no training, no `plt.show()`, no data loading. Colours come from one
colour-blind-safe palette (Okabe and Ito), class 0 blue and class 1 orange throughout.

Arguments are looked at before anything is drawn: NaN, infinity, text, a wrong shape or more than a
picture can show is an error that names the argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, is_color_like
from matplotlib.ticker import MaxNLocator

from dlhelpers import checks
from dlhelpers.style import PALETTE

MARKERS = "osD^vPX*"
# In one picture; beyond them matplotlib draws for more than a few seconds, and nobody sees anything.
MOST_IMAGES, MOST_CURVES, MOST_CLASSES, MOST_BARS, MOST_FILLED, MOST_NODES = 1000, 100, 100, 2000, 20_000, 40
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
        Classes 0 to 7.
    ax : Axes, optional
        Drawn into; a new figure if None.
    labels : list of str, optional
        Names of the classes, for the legend; no legend if None.
    size : float
        Area of a marker in square points.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.scatter([[0, 1], [2, 3]], [0, 1], labels=["genuine", "forged"])
    >>> len(ax.collections)
    2
    """
    points = _points(x)
    classes = _classes(y, len(points), len(PALETTE))
    labels = _legend_names(labels, classes.max() + 1)
    checks.positive(size, "size", 1e5)
    ax = _axes(ax)
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
        column for each of up to 8 classes. It is called once, with all `grid` x `grid` points.
    x : array, shape (n, 2)
        Points that the plane must show; drawn if `y` is given. A DataFrame names the axes.
    y : array of int, shape (n,) or (n, 1), optional
        Their classes.
    ax : Axes, optional
        Drawn into; a new figure if None.
    labels : list of str, optional
        Names of the classes, for the legend.
    limits : (x1 lowest, x1 highest, x2 lowest, x2 highest), optional
        In the units of `x`; by default the range of `x` and a margin of 8 %.
    scale : str, optional
        What the colours mean, such as "p(forged)", written beside a colour bar; no bar if None.
        For two classes only.
    grid : int
        Points in each direction, at most 2000.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.decision_boundary(lambda x: 1 / (1 + np.exp(-x[:, 0])), [[-1, -1], [1, 1]], grid=20)
    >>> [round(float(edge), 2) for edge in ax.get_xlim()]
    [-1.16, 1.16]
    """
    points = _points(x)
    if y is not None:
        _legend_names(labels, _classes(y, len(points), len(PALETTE)).max() + 1)
    checks.whole(grid, "grid", 2, 2000)
    left, right, bottom, top = _plane(points, limits, grid)
    across, up = np.meshgrid(np.linspace(left, right, grid), np.linspace(bottom, top, grid))
    p = _probabilities(model, np.column_stack([across.ravel(), up.ravel()]).astype("float32"))
    if scale is not None and p.ndim == 2:
        raise ValueError(f"scale belongs to two classes, and the model has {p.shape[1]}: leave it away")
    ax = _axes(ax)
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
        if regions.min() < regions.max():
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
    runs : dict of {str: History or dict}
        By name, what `fit` returns or its `history` dictionary.
    metric : str
        A key of the history, such as "loss" or "accuracy". Epochs where it is NaN or infinite leave
        a gap, and the legend counts them.
    ax : Axes, optional
        Drawn into; a new figure if None.
    ylabel : str, optional
        Label of the vertical axis; the metric by default.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.learning_curves({"Adam": {"loss": [0.9, 0.4], "val_loss": [0.8, 0.5]}}, ylabel="NLL")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Adam, training', 'Adam, validation']
    """
    names = _case_names(runs, "runs")
    curves = [_curves(name, run, metric) for name, run in runs.items()]
    ax = _axes(ax)
    for colour, name, (trained, tested) in zip(_colours(len(runs)), names, curves, strict=True):
        if tested is None:
            _curve(ax, trained, "-", colour, name)
        else:
            _curve(ax, trained, ":", colour, f"{name}, training")
            _curve(ax, tested, "-", colour, f"{name}, validation")
    ax.set(xlabel="epoch", ylabel=ylabel or metric)
    ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
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
        Up to 1000 images. Colour images: uint8, or floats in 0 to 1.
    titles : list of str, optional
        n short texts, one above each image.
    ax : Axes, optional
        Drawn into; a new figure if None.
    columns : int
        Images in a row.
    cmap : str
        Colour map of grey images.
    limits : (lowest, highest), optional
        Values at the two ends of the colour map; by default the range of all images together, so
        that they can be compared.
    row_labels : list of str, optional
        A text to the left of each row.
    title_colors : list of str, optional
        n colours of the titles.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.image_grid(np.eye(4).reshape(4, 2, 2), titles=["a", "b", "c", "d"], columns=2)
    >>> len(ax.images)
    4
    """
    images = _images(images, "images")
    checks.whole(columns, "columns", 1)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    titles = checks.texts(list(titles) if isinstance(titles, str) else titles, "titles", len(images))
    row_labels = checks.texts(row_labels, "row_labels", rows)
    title_colors = checks.texts(title_colors, "title_colors", len(images))
    for colour in title_colors or ():
        if not is_color_like(colour):
            raise ValueError(f"title_colors: {checks.said(colour)} is no colour")
    low, high = (float(images.min()), float(images.max())) if limits is None else _pair(limits)
    if not isinstance(cmap, Colormap) and cmap not in list(colormaps):
        raise ValueError(f"cmap: matplotlib has no colour map {checks.said(cmap)}")
    (height, width), gap = images.shape[1:3], 1.3 if titles is not None else 1.08
    cell = min(8 / columns, 3)
    ax = _axes(ax, figsize=(cell * columns, min(cell * rows * gap * height / width + 0.2, 6)))
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
    weights : array, shape (height, width, channels, kernels)
        As a Conv2D layer keeps them. Kernels of several channels are shown channel after channel.
    ax : Axes, optional
        Drawn into; a new figure if None.
    titles : list of str, optional
        A text above each picture.
    columns : int
        Pictures in a row.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> edges = np.array([[1.0, 0.0, -1.0]] * 3)
    >>> plot.kernels(edges[..., None, None]).images[0].get_clim()
    (-1.0, 1.0)
    """
    checks.numbers(weights, "weights")
    weights = np.asarray(weights)
    if weights.ndim != 4 or weights.size == 0:
        raise ValueError(f"kernels: weights must have shape (h, w, channels, kernels), not {weights.shape}")
    images = _images(np.moveaxis(weights, (2, 3), (1, 0)).reshape(-1, *weights.shape[:2]), "weights")
    most = float(abs(images).max()) or 1.0
    return image_grid(images, titles, ax, columns=columns, cmap="RdBu_r", limits=(-most, most))


def feature_maps(maps: Any, ax: Axes | None = None, *, titles: Sequence[str] | None = None, columns: int = 8) -> Axes:
    """Draw what a convolution layer answers to one image, one picture a channel, one grey scale.

    Parameters
    ----------
    maps : array, shape (height, width, channels)
    ax : Axes, optional
        Drawn into; a new figure if None.
    titles : list of str, optional
        A text above each picture.
    columns : int
        Pictures in a row.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> len(plot.feature_maps(np.zeros((5, 6, 3))).images)
    3
    """
    checks.numbers(maps, "maps")
    maps = np.asarray(maps)
    if maps.ndim != 3 or maps.size == 0:
        raise ValueError(f"feature_maps: maps must have shape (height, width, channels), not {maps.shape}")
    return image_grid(_images(np.moveaxis(maps, -1, 0), "maps"), titles, ax, columns=columns, cmap="gray")


def confusion(
    y_true: Any, y_pred: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None, normalize: bool = False
) -> Axes:
    """Draw the confusion matrix: rows are the true classes, columns the predicted ones.

    Parameters
    ----------
    y_true, y_pred : arrays of int, shape (n,)
    ax : Axes, optional
        Drawn into; a new figure if None.
    labels : list of str, optional
        Names of the classes 0, 1, ...; all of them are shown, seen or not. By default, the classes seen.
    normalize : bool
        Show each row as shares of its class instead of counts; zeros if the class was not seen.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.confusion([0, 0, 1], [0, 1, 1], labels=["cat", "dog"])
    >>> [text.get_text() for text in ax.texts]
    ['1', '1', '0', '1']
    """
    from sklearn.metrics import ConfusionMatrixDisplay

    truth = checks.whole_numbers(y_true, "y_true")
    guess = checks.whole_numbers(y_pred, "y_pred", len(truth), "y_true")
    if not isinstance(normalize, (bool, np.bool_)):
        raise ValueError(f"normalize must be True or False, not {checks.said(normalize)}")
    shown = np.union1d(truth, guess)
    if labels is not None:
        labels = checks.texts(labels, "labels", least=shown[-1] + 1)
        if shown[0] < 0:
            raise ValueError(f"labels name the classes 0, 1, ..., but y_true or y_pred holds {shown[0]}")
        shown = np.arange(len(labels))
    if len(shown) > MOST_CLASSES:
        raise ValueError(f"y_true, y_pred: {len(shown)} classes are too many for a picture of at most {MOST_CLASSES}")
    table = np.zeros((len(shown), len(shown)), int)
    np.add.at(table, (np.searchsorted(shown, truth), np.searchsorted(shown, guess)), 1)
    if normalize:
        table = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    ax = _axes(ax)
    ConfusionMatrixDisplay(table, display_labels=shown if labels is None else labels).plot(
        ax=ax, cmap="Blues", colorbar=False, values_format=".2f" if normalize else "d",
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
    x, mean : arrays, shape (n,) with n > 1
        In the units of the data.
    sd : array, shape (n,), or float
        Predicted standard deviation, in the units of `mean`.
    ax : Axes, optional
        Drawn into; a new figure if None.
    widths : list of float
        Half the width of each band, in standard deviations.
    label : str
        Name of the mean in the legend.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.predictive_band([0, 1, 2], [5, 6, 8], 0.5)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['±2 sd', '±1 sd', 'mean']
    """
    x = checks.row(x, "x", least=2, most=MOST_FILLED)
    mean = checks.row(mean, "mean", len(x), "x")
    sd = checks.numbers(sd, "sd")
    sd = np.full(len(x), sd.item()) if sd.size == 1 else checks.row(sd, "sd", len(x), "x")
    if sd.min() < 0:
        raise ValueError(f"sd must not be negative, and it goes down to {sd.min():.3g}")
    widths = checks.texts(widths, "widths")
    for width in widths or ():
        checks.positive(width, "widths")
    (label,) = _legend_names([label], 1, "label")
    order = np.argsort(x)
    x, mean, sd = x[order], mean[order], sd[order]
    ax = _axes(ax)
    for width in sorted(widths or (), reverse=True):
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
        An array of int is drawn as stems (counts), one of float as curves.
    densities : dict of {str: array of shape (n,)}
        By case, densities or probabilities at `y`.
    ax : Axes, optional
        Drawn into; a new figure if None.
    observed : dict of {str: float}, optional
        By case, the observed y.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.conditional_distribution([0, 1, 2], {"rain": [0.7, 0.2, 0.1]}, observed={"rain": 1})
    >>> ax.get_ylabel()
    'probability'
    """
    counts = np.asarray(y).dtype.kind in "biu"
    names = _case_names(densities, "densities")
    y = checks.row(y, "y", least=1 if counts else 2, most=MOST_FILLED)
    rows = [checks.row(p, f"densities[{name!r}]", len(y), "y") for name, p in densities.items()]
    for name, p in zip(names, rows, strict=True):
        if p.min() < 0 or (counts and p.max() > 1 + 1e-6):
            raise ValueError(f"densities[{name!r}] goes from {p.min():.3g} to {p.max():.3g}: is it a logarithm?")
    if counts and (len(np.unique(y)) < len(y) or abs(y).max() > 1e9 or len(y) * len(rows) > MOST_BARS):
        raise ValueError(f"y must be different counts up to 1e9, and for all cases together at most {MOST_BARS}")
    observed = _mapping(observed, "observed")
    seen = {str(name): checks.number(value, f"observed[{name!r}]") for name, value in observed.items()}
    if not set(seen) <= set(names):
        raise ValueError(f"observed has the case {checks.said(*set(seen) - set(names))}, which densities has not")
    order = np.argsort(y, kind="stable")
    y, rows = y[order], [p[order] for p in rows]
    ax = _axes(ax)
    for k, (colour, name, p) in enumerate(zip(_colours(len(rows)), names, rows, strict=True)):
        if counts:
            shift = 0.8 * (k - (len(densities) - 1) / 2) / len(densities)
            ax.bar(y + shift, p, width=0.8 / len(densities), color=colour, label=name)
        else:
            ax.plot(y, p, color=colour, label=name)
            ax.fill_between(y, p, color=colour, alpha=0.15, linewidth=0)
        if name in seen:
            ax.plot(seen[name], 0, "o", color=colour, markeredgecolor="black", ms=9, clip_on=False, zorder=5)
    ax.set(xlabel="y", ylabel="probability" if counts else "density", ylim=(0, None))
    ax.legend()
    return ax


def samples_by_epoch(samples: Mapping[int, Any], ax: Axes | None = None) -> Axes:
    """Draw generated images as they change over training: one row for each epoch.

    Parameters
    ----------
    samples : dict of {int: array of shape (n, height, width[, 1 or 3])}
        Images by epoch, the same n in each row.
    ax : Axes, optional
        Drawn into; a new figure if None.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.samples_by_epoch({1: np.zeros((3, 2, 2)), 5: np.ones((3, 2, 2))})
    >>> [text.get_text() for text in ax.texts]
    ['epoch 1', 'epoch 5']
    """
    if not isinstance(samples, Mapping) or not samples:
        raise ValueError(f"samples must be a dictionary of images by epoch, not {checks.said(samples)}")
    groups = [_images(group, f"samples[{epoch!r}]") for epoch, group in samples.items()]
    counts = {len(group) for group in groups}
    if len(counts) != 1:
        raise ValueError(f"samples: each epoch needs the same number of images, not {sorted(counts)}")
    looks = {(group.shape[1:], group.dtype.kind) for group in groups}
    if len(looks) != 1:
        raise ValueError(f"samples: each epoch needs images of the same shape and type, not {sorted(looks)}")
    rows = [f"epoch {epoch}" for epoch in samples]
    images = _images(np.concatenate(groups), "samples")
    return image_grid(images, ax=ax, columns=counts.pop(), row_labels=rows)


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
    units : list of int
        Units of each layer, the inputs first, such as (2, 8, 1).
    ax : Axes, optional
        Drawn into; a new figure if None.
    names : list of str, optional
        A text under each layer.
    weights : list of arrays, optional
        For each pair of layers an array (units, next units): width and colour of the lines
        (orange positive, blue negative); a weight of 0 has no line.
    values : list of arrays, optional
        For each layer the numbers to write into its circles.
    most : int
        Layers with more units show this many, 2 to 20, and three dots.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.network_diagram((2, 3, 1), names=["input", "hidden", "output"])
    >>> len(ax.lines)  # weights
    9
    """
    units = _units(units)
    names = checks.texts(names, "names", len(units))
    weights = _layers(weights, "weights", list(zip(units[:-1], units[1:], strict=True)))
    values = _layers(values, "values", [(count,) for count in units])
    checks.whole(most, "most", 2, 20)
    layers = [_circles(count, most) for count in units]
    ax = _axes(ax, figsize=(6, 3.5))
    for k in range(len(units) - 1):
        for i, start in layers[k].items():
            for j, end in layers[k + 1].items():
                if weights is not None and weights[k][i, j] == 0:
                    continue
                look = _line(None if weights is None else weights[k], i, j)
                ax.plot([k, k + 1], [start, end], zorder=1, **look)
    for k, circles in enumerate(layers):
        for i, height in circles.items():
            size = 700 if max(units) <= 5 else 380
            ax.scatter(k, height, s=size, color="white", edgecolor="black", linewidth=1.5, zorder=2)
            if values is not None:
                ax.text(k, height, f"{values[k][i]:.3g}", ha="center", va="center", size=10, zorder=3)
        if units[k] > most:
            ax.text(k, 0, "⋮", ha="center", va="center", size=18)
        if names is not None:
            ax.text(k, -most / 2 - 0.6, names[k], ha="center", va="top", size=12)
    ax.set(xlim=(-0.4, len(units) - 0.6), ylim=(-most / 2 - (1.8 if names is not None else 0.5), most / 2 + 0.7))
    ax.axis("off")
    return ax


def unrolled_network(steps: int = 3, ax: Axes | None = None) -> Axes:
    """Draw a recurrent network, on the left as a loop and on the right unrolled, with the same weights at each step.

    Parameters
    ----------
    steps : int
        Steps that are drawn, 2 to 6.
    ax : Axes, optional
        Drawn into; a new figure if None.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.unrolled_network(2)
    >>> [text.get_text() for text in ax.texts if "h" in text.get_text()]
    ['$h_t$', '$h_0$', '$h_1$', '$h_2$']
    """
    checks.whole(steps, "steps", 2, 6)
    ax = _axes(ax, figsize=(8.4, 2.9))
    for k in range(-1, steps + 1):
        x, name = (0.0, "t") if k < 0 else (2.6 + 1.7 * k, str(k))
        _unit_circle(ax, x, 1.2, f"$h_{name}$", fill="0.93" if name == "0" else "white")
        if k:
            ax.text(x, -0.35, f"$x_{name}$", ha="center", va="center", size=14)
            ax.text(x, 2.75, f"$y_{name}$", ha="center", va="center", size=14)
            _arrow(ax, (x, -0.05), (x, 0.78), "U", (x + 0.12, 0.3), PALETTE[0])
            _arrow(ax, (x, 1.62), (x, 2.45), "V", (x + 0.12, 2.03), PALETTE[2])
        if k > 0:
            _arrow(ax, (x - 1.42, 1.2), (x - 0.28, 1.2), "W", (x - 0.92, 1.42), PALETTE[1])
    loop = dict(arrowstyle="-|>", color=PALETTE[1], linewidth=1.8, connectionstyle="arc3,rad=2.4", shrinkA=0, shrinkB=0)
    ax.annotate("", (-0.2, 0.9), (-0.2, 1.5), arrowprops=loop)
    ax.text(-0.95, 1.2, "W", ha="right", va="center", size=13, color=PALETTE[1])
    ax.text(1.55, 1.2, "=", ha="center", va="center", size=22, color="0.4")
    ax.set(xlim=(-1.2, 3.0 + 1.7 * steps), ylim=(-0.6, 3.0))
    ax.axis("off")
    return ax


def lstm_cell(ax: Axes | None = None) -> Axes:
    """Draw one step of an LSTM: the cell along the top, below it three gates and the candidate.

    Parameters
    ----------
    ax : Axes, optional
        Drawn into; a new figure if None.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `ax` is not one Axes.

    Examples
    --------
    >>> ax = plot.lstm_cell()
    >>> [text.get_text() for text in ax.texts if "gate" in text.get_text()]
    ['forget\\ngate f', 'input\\ngate i', 'output\\ngate o']
    """
    ax = _axes(ax, figsize=(8.4, 4.2))
    ax.add_patch(plt.Rectangle((0.75, 0.05), 7.7, 4.35, facecolor="0.96", edgecolor="0.8", zorder=0))
    _arrow(ax, (0, 3.8), (9.1, 3.8), colour=PALETTE[1], width=3.5)  # the cell
    _arrow(ax, (0, 0.5), (7.5, 0.5), head=False)  # what all four read
    _arrow(ax, (1.1, -0.35), (1.1, 0.5), head=False)
    boxes = [
        (1.9, "forget\ngate f", "σ", 0), (3.4, "input\ngate i", "σ", 0),
        (5.3, "candi-\ndate g", "tanh", 2), (7.5, "output\ngate o", "σ", 0),
    ]
    for x, name, function, colour in boxes:
        _arrow(ax, (x, 0.5), (x, 0.86))
        _box(ax, x, 1.2, function, PALETTE[colour], size=13, pad=0.3)
        beside = x - (0.6 if function == "tanh" else 0.36)
        ax.text(beside, 1.2, name, ha="right", va="center", size=11, color=PALETTE[colour])
    _arrow(ax, (1.9, 1.54), (1.9, 3.56))
    _arrow(ax, (3.4, 1.54), (3.4, 2.5), head=False)
    _arrow(ax, (3.4, 2.5), (5.06, 2.5))
    _arrow(ax, (5.3, 1.54), (5.3, 2.26))
    _arrow(ax, (5.3, 2.74), (5.3, 3.56))
    _arrow(ax, (6.5, 3.8), (6.5, 2.5), head=False)
    _arrow(ax, (6.5, 2.5), (7.26, 2.5))
    _arrow(ax, (7.5, 1.54), (7.5, 2.26))
    _arrow(ax, (7.74, 2.5), (9.1, 2.5), colour=PALETTE[3], width=2.5)
    _box(ax, 6.5, 3.15, "tanh", "0.35", size=11, pad=0.25, width=1.5)
    for x, y, sign in [(1.9, 3.8, "×"), (5.3, 2.5, "×"), (5.3, 3.8, "+"), (7.5, 2.5, "×")]:
        _unit_circle(ax, x, y, sign, size=300)
    ax.text(3.4, 4.08, "the cell", ha="center", va="center", size=12, color=PALETTE[1])
    for x, y, text, side in [
        (-0.08, 3.8, "$c_{t-1}$", "right"), (9.18, 3.8, "$c_t$", "left"), (-0.08, 0.5, "$h_{t-1}$", "right"),
        (9.18, 2.5, "$h_t$", "left"), (1.1, -0.6, "$x_t$", "center"),
    ]:
        ax.text(x, y, text, ha=side, va="center", size=15)
    ax.set(xlim=(-0.8, 9.7), ylim=(-0.85, 4.5))
    ax.axis("off")
    return ax


def vae(ax: Axes | None = None) -> Axes:
    """Draw a variational autoencoder: encoder, the draw of the code with noise from outside, decoder, and both costs.

    Parameters
    ----------
    ax : Axes, optional
        Drawn into; a new figure if None.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `ax` is not one Axes.

    Examples
    --------
    >>> ax = plot.vae()
    >>> [text.get_text() for text in ax.texts if "coder" in text.get_text()]
    ['encoder', 'decoder']
    """
    ax = _axes(ax, figsize=(8.6, 3.2))
    for start, end in [
        ((0.25, 2), (1.0, 2)), ((2.4, 2.15), (3.05, 2.6)), ((2.4, 1.85), (3.05, 1.4)), ((3.55, 2.6), (5.4, 2.1)),
        ((3.55, 1.4), (4.22, 1.4)), ((4.4, 0.55), (4.4, 1.2)), ((4.58, 1.46), (5.4, 1.9)), ((5.75, 2), (6.3, 2)),
        ((6.55, 2), (7.0, 2)), ((8.4, 2), (8.95, 2)),
    ]:
        _arrow(ax, start, end)
    for x, name in [(1.7, "encoder"), (7.7, "decoder")]:
        _box(ax, x, 2, name, PALETTE[0], size=13, pad=0.5)
    names = [(0.1, 2, "$x$"), (3.3, 2.6, "$\\mu$"), (3.3, 1.4, "$\\sigma$"), (6.42, 2, "$z$"), (9.5, 2, "$p(x|z)$")]
    for x, y, text in names:
        ax.text(x, y, text, ha="center", va="center", size=15)
    for x, y, sign in [(4.4, 1.4, "×"), (5.57, 2, "+")]:
        _unit_circle(ax, x, y, sign, size=300)
    ax.text(4.4, 0.3, "noise ε", ha="center", va="center", size=12)
    for x, y, text in [(3.3, 3.35, "KL to the prior"), (9.5, 3.35, "reconstruction")]:
        ax.text(x, y, text, ha="center", va="center", size=12, color=PALETTE[1])
    _arrow(ax, (3.3, 2.85), (3.3, 3.15), colour=PALETTE[1])
    _arrow(ax, (9.5, 2.3), (9.5, 3.15), colour=PALETTE[1])
    ax.set(xlim=(-0.3, 10.6), ylim=(0, 3.65))
    ax.axis("off")
    return ax


def computational_graph(output: Any, gradients: Mapping[Any, Any] | None = None, ax: Axes | None = None) -> Axes:
    """Draw how a value was computed, left to right: values above the edges, gradients below them.

    Parameters
    ----------
    output : object
        The last node. A node has the attributes `data` (number or array), `op` (the text in its circle), `parents`
        (the nodes that it was computed from) and `name` (shown in place of `op` where there are no parents).
    gradients : dict, optional
        For each node, as the key, the gradient of the output. Arrays of more than six numbers show their shape.
    ax : Axes, optional
        Drawn into; a new figure if None.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> from types import SimpleNamespace as Node
    >>> x = Node(data=3.0, op="", parents=(), name="x")
    >>> square = Node(data=9.0, op="^2", parents=(x,), name="")
    >>> ax = plot.computational_graph(square)
    >>> [text.get_text() for text in ax.texts]
    ['x', '3', '^2', '9']
    """
    nodes = _in_order(output)
    for node in nodes if gradients is not None else ():
        if not isinstance(gradients, Mapping) or node not in gradients:
            raise ValueError(f"gradients must hold one for each node, and has none for {_circle_text(node)!r}")
    places = _graph_places(nodes)
    last = max(column for column, _ in places.values())
    heights = [height for _, height in places.values()]
    ax = _axes(ax, figsize=(min(9, 1.5 + 1.7 * last), min(5.6, 1.2 + 0.9 * (max(heights) - min(heights) + 1))))
    for node in nodes:
        x, y = places[id(node)]
        consumers = [(child, k) for child in nodes for k, parent in enumerate(child.parents) if parent is node]
        for child, k in consumers:
            twice = sum(parent is node for parent in child.parents) > 1
            end = places[id(child)][1] + (0.18 * (-1) ** k if twice else 0)
            ax.plot([x, x + 0.62, places[id(child)][0]], [y, y, end], color="0.45", linewidth=1.5, zorder=1)
        if not consumers:
            ax.plot([x, x + 0.62], [y, y], color="0.45", linewidth=1.5, zorder=1)
        ax.scatter(x, y, s=620, color="white", edgecolor="black" if node.parents else "0.7", linewidth=1.5, zorder=2)
        name = _circle_text(node)
        size = 13 if len(name) < 3 or "$" in name else 10
        ax.text(x, y, name, ha="center", va="center", size=size, zorder=3)
        ax.text(x + 0.23, y + 0.07, _in_short(node.data), color=PALETTE[2], ha="left", va="bottom", size=12, zorder=3)
        if gradients is not None:
            shown = _in_short(gradients[node])
            ax.text(x + 0.23, y - 0.07, shown, color=PALETTE[1], ha="left", va="top", size=12, zorder=3)
    ax.set(xlim=(-0.3, last + 0.85), ylim=(min(heights) - 0.6, max(heights) + 0.6))
    ax.axis("off")
    return ax


def convolution(image: Any, kernel: Any, place: tuple[int, int] = (0, 0), ax: Axes | None = None) -> Axes:
    """Draw one step of a convolution layer: the window of the image, the kernel, and the feature map.

    Parameters
    ----------
    image : array, shape (rows, columns)
        Up to 12 x 12 numbers; they are written into their cells.
    kernel : array, shape (height, width)
        As Keras applies it (correlation); it must fit into the image.
    place : (row, column)
        Of the number that is framed in the feature map, and of the upper left corner of its window.
    ax : Axes, optional
        Drawn into; a new figure if None.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> ax = plot.convolution([[0, 0, 4], [0, 0, 4]], [[-1, 1]], place=(1, 1))
    >>> [text.get_text() for text in ax.texts if len(text.get_text()) > 3]
    ['image', 'kernel', 'feature map']
    """
    image, kernel = checks.numbers(image, "image"), checks.numbers(kernel, "kernel")
    if image.ndim != 2 or image.size == 0 or max(image.shape) > 12:
        raise ValueError(f"image must have shape (rows, columns), at most (12, 12), not {image.shape}")
    if kernel.ndim != 2 or kernel.size == 0 or (np.array(kernel.shape) > image.shape).any():
        raise ValueError(f"kernel must be 2-D and fit into the image, and has shape {kernel.shape}")
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    answers = (windows * kernel).sum(axis=(2, 3))
    row, column = _place(place, answers.shape)
    ax = _axes(ax, figsize=(8, 0.36 * len(image) + 0.8))
    starts = np.cumsum([0, image.shape[1] + 1.6, kernel.shape[1] + 1.6])
    tops = [0, (len(image) - len(kernel)) / 2, (len(image) - len(answers)) / 2]
    framed = [(row, column, *kernel.shape), (0, 0, *kernel.shape), (row, column, 1, 1)]
    for name, numbers, left, top, frame in zip(
        ("image", "kernel", "feature map"), (image, kernel, answers), starts, tops, framed, strict=True
    ):
        _number_grid(ax, numbers, left, top, frame, signed=name == "kernel")
        ax.text(left + numbers.shape[1] / 2, top - 0.35, name, ha="center", size=12)
    for sign, left in zip("∗=", starts[1:], strict=True):
        ax.text(left - 0.8, len(image) / 2, sign, ha="center", va="center", size=16)
    ax.set(xlim=(-0.1, starts[2] + answers.shape[1] + 0.1), ylim=(len(image) + 0.1, min(tops) - 1.1), aspect="equal")
    ax.axis("off")
    return ax


def _place(place: Any, shape: tuple[int, int]) -> tuple[int, int]:
    try:
        row, column = place
    except (TypeError, ValueError):
        raise ValueError(f"place must be (row, column), not {checks.said(place)}") from None
    for index, count in zip((row, column), shape, strict=True):
        checks.whole(index, "place", 0, count - 1)
    return int(row), int(column)


def _number_grid(ax: Axes, numbers: np.ndarray, left: float, top: float, frame: tuple[int, ...], signed: bool) -> None:
    """Numbers in cells, shaded by their size: grey, or blue and red for the signs of a kernel; one part framed."""
    most, rows, columns = float(abs(numbers).max()) or 1.0, *numbers.shape
    shade = 0.55 * numbers / most if signed else 0.45 * np.maximum(numbers, 0) / most
    extent = (left, left + columns, top + rows, top)
    ax.imshow(shade, cmap="RdBu_r" if signed else "gray_r", vmin=-1 if signed else 0, vmax=1, extent=extent)
    for i, j in np.ndindex(rows, columns):
        ax.text(left + j + 0.5, top + i + 0.5, f"{numbers[i, j]:.3g}", ha="center", va="center", size=11)
    lines = {"color": "0.7", "linewidth": 0.8}
    ax.vlines(left + np.arange(columns + 1), top, top + rows, **lines)
    ax.hlines(top + np.arange(rows + 1), left, left + columns, **lines)
    i, j, height, width = frame
    across, down = left + j + width * np.array([0, 1, 1, 0, 0]), top + i + height * np.array([0, 0, 1, 1, 0])
    ax.plot(across, down, color=PALETTE[1], linewidth=3, solid_joinstyle="miter")


def layer_shapes(model: Any, ax: Axes | None = None) -> Axes:
    """Draw the shapes that travel through a Keras model: stacks of maps, then columns of numbers.

    Parameters
    ----------
    model : keras.Sequential
        Built, with 1 to 16 layers; its outputs are maps (rows, columns, channels) or rows of numbers. Layers
        that change no shape, such as dropout, are left out.
    ax : Axes, optional
        Drawn into; a new figure if None.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> import keras
    >>> net = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(4, 5), keras.layers.Flatten()])
    >>> ax = plot.layer_shapes(net)
    >>> [text.get_text() for text in ax.texts if text.get_text()]
    ['28 x 28 x 1', 'Conv2D', '24 x 24 x 4', 'Flatten', '2304']
    """
    steps = _layer_steps(model)
    most = max(max(shape[:2]) for _, shape in steps if len(shape) == 3) if len(steps[0][1]) == 3 else 1
    ax, left = _axes(ax, figsize=(min(8.8, 1.2 + 1.15 * len(steps)), 2.9)), 0.0
    for k, (name, shape) in enumerate(steps):
        if k:
            ax.annotate("", (left + 0.82, 0), (left + 0.12, 0), arrowprops={"arrowstyle": "->", "color": "0.4"})
            ax.text(left + 0.45, 1.62 if k % 2 else 1.3, name, ha="center", size=11, color=PALETTE[0])
            left += 0.95
        width = _solid(ax, left, shape, most)
        ax.text(left + width / 2, -1.25 if k % 2 == 0 else -1.57, " x ".join(map(str, shape)), ha="center", size=11)
        left += width
    ax.set(xlim=(-0.35, left + 0.35), ylim=(-1.7, 1.9))
    ax.axis("off")
    return ax


def _solid(ax: Axes, left: float, shape: tuple[int, ...], most: int) -> float:
    """A stack of maps or a column of numbers; returns its width."""
    if len(shape) == 1:
        height = 0.35 + 0.3 * np.log10(shape[0])
        ax.fill([left, left + 0.16, left + 0.16, left], np.array([-1, -1, 1, 1]) * height, fc="#FBE3D0", ec=PALETTE[1])
        return 0.16
    rows, columns, channels = shape
    height, width = 1.1 * max(rows / most, 0.12), 1.1 * max(columns / most, 0.12)
    sheets = 1 if channels == 1 else min(7, 2 + int(np.log2(channels)))
    for k in reversed(range(sheets)):
        x, y = left + 0.06 * k, 0.06 * (k - (sheets - 1) / 2)
        box = np.array([-1, -1, 1, 1]) * height / 2 + y
        ax.fill([x, x + width, x + width, x], box, fc="#DCEBF5", ec=PALETTE[0], linewidth=1)
    return width + 0.06 * (sheets - 1)


def _layer_steps(model: Any) -> list[tuple[str, tuple[int, ...]]]:
    """The input's shape and each new one, with the name of the layer's class, without the batch axis."""
    try:
        shapes = [tuple(model.input_shape), *(tuple(layer.output.shape) for layer in model.layers)]
        names = ["input", *(type(layer).__name__ for layer in model.layers)]
    except (AttributeError, TypeError, ValueError):
        raise TypeError(f"model must be a built keras.Sequential, not {checks.said(model)}") from None
    steps = [(name, shape[1:]) for name, shape in zip(names, shapes, strict=True)]
    changed = [step for k, step in enumerate(steps) if k == 0 or step[1] != steps[k - 1][1]]
    if len(changed) > 17 or any(len(shape) not in (1, 3) or None in shape for _, shape in changed):
        raise ValueError("model must have at most 16 layers, and outputs of shape (rows, columns, channels) or (n,)")
    return changed


def transformer_block(ax: Axes | None = None) -> Axes:
    """Draw one block of a Transformer, left to right: two parts, each on a side road, each added to what was there.

    Parameters
    ----------
    ax : Axes, optional
        Drawn into; a new figure if None.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `ax` is not one Axes.

    Examples
    --------
    >>> ax = plot.transformer_block()
    >>> sum(text.get_text() == "+" for text in ax.texts)
    2
    """
    ax = _axes(ax, figsize=(8.6, 2.3))
    arrow = dict(arrowstyle="-|>", color="0.35", linewidth=1.8, shrinkA=0, shrinkB=0)
    ax.text(0, 0, "x", ha="right", va="center", size=14)
    ax.annotate("", (11.9, 0), (0.15, 0), arrowprops=arrow)
    for start, name, k in ((0.7, "attention\n(between places)", 0), (6.2, "dense, dense\n(at each place)", 2)):
        ax.plot([start, start, start + 0.4], [0, 1.4, 1.4], color="0.35", linewidth=1.8)
        ax.annotate("", (start + 4.7, 0.22), (start + 4.7, 1.4), arrowprops=arrow)
        ax.plot([start + 0.4, start + 4.7], [1.4, 1.4], color="0.35", linewidth=1.8, zorder=1)
        for place, text, colour in ((start + 0.95, "norm", 4), (start + 3.0, name, k)):
            _box(ax, place, 1.4, text, PALETTE[colour], pad=0.4)
        ax.scatter(start + 4.7, 0, s=330, color="white", edgecolor="0.35", linewidth=1.8, zorder=3)
        ax.text(start + 4.7, 0, "+", ha="center", va="center", size=15, zorder=4)
    ax.text(5.8, -0.25, "h", ha="center", va="top", size=13)
    ax.text(12, 0, "out", ha="left", va="center", size=13)
    ax.set(xlim=(-0.5, 12.8), ylim=(-0.8, 2.1))
    ax.axis("off")
    return ax


def residual_block(ax: Axes | None = None) -> Axes:
    """Draw the block of a residual network, left to right: two convolutions, and a shortcut around both.

    Parameters
    ----------
    ax : Axes, optional
        Drawn into; a new figure if None.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `ax` is not one Axes.

    Examples
    --------
    >>> ax = plot.residual_block()
    >>> [text.get_text() for text in ax.texts][-3:]
    ['+', 'ReLU', 'new z']
    """
    ax = _axes(ax, figsize=(8.6, 2.2))
    ax.text(0, 0, "z", ha="right", va="center", size=14)
    _arrow(ax, (0.2, 0), (13.2, 0))
    ax.plot([0.8, 0.8, 11.2], [0, 1.3, 1.3], color="0.35", linewidth=1.8, zorder=1)
    _arrow(ax, (11.2, 1.3), (11.2, 0.24))
    ax.text(6, 1.42, "shortcut: z as it is", ha="center", va="bottom", size=12)
    ax.text(6, -0.62, "F(z)", ha="center", va="top", size=13)
    ax.plot([1.3, 1.3, 10.6, 10.6], [-0.45, -0.58, -0.58, -0.45], color="0.6", linewidth=1)
    steps = [(2.2, "conv", 0), (4.1, "batch norm", 4), (6.1, "ReLU", 2), (7.5, "conv", 0), (9.4, "batch norm", 4)]
    for place, text, colour in steps:
        _box(ax, place, 0, text, PALETTE[colour])
    ax.scatter(11.2, 0, s=330, color="white", edgecolor="0.35", linewidth=1.8, zorder=3)
    ax.text(11.2, 0, "+", ha="center", va="center", size=15, zorder=4)
    _box(ax, 12.25, 0, "ReLU", PALETTE[2])
    ax.text(13.3, 0, "new z", ha="left", va="center", size=13)
    ax.set(xlim=(-0.5, 14.3), ylim=(-1.2, 1.9))
    ax.axis("off")
    return ax


def _axes(ax: Axes | None, **look: Any) -> Axes:
    """Open a new figure last of all, when nothing can go wrong any more."""
    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(f"ax must be one Axes, such as axes[0], not {type(ax).__name__}")
    return plt.subplots(**look)[1] if ax is None else ax


# What the arguments must be


def _points(x: Any, name: str = "x") -> np.ndarray:
    points = checks.numbers(x, name)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"{name} must have shape (n, 2) with n > 0, not {points.shape}")
    return points


def _classes(y: Any, n: int, colours: int, other: str = "x") -> np.ndarray:
    classes = checks.whole_numbers(y, "y", n, other)
    if classes.min() < 0 or classes.max() >= colours:
        wrong = classes.min() if classes.min() < 0 else classes.max()
        raise ValueError(f"y must hold classes from 0 to {colours - 1}, which have a colour, not {wrong}")
    return classes


def _pair(limits: Any) -> tuple[float, float]:
    pair = checks.numbers(limits, "limits")
    if pair.shape != (2,) or not pair[0] < pair[1]:
        raise ValueError(f"limits must be two numbers, the lower one first, not {checks.said(limits)}")
    return float(pair[0]), float(pair[1])


def _legend_names(names: Any, least: int, argument: str = "labels") -> list[str] | None:
    """Names that matplotlib shows: it leaves out those that are empty or begin with an underscore."""
    if names is None:
        return None
    names = [str(name) for name in checks.texts(names, argument, least=least)]
    for name in names:
        if not name or name.startswith("_"):
            raise ValueError(f"{argument}: a legend leaves out {name!r}: give it a name that begins with a letter")
    return names


def _case_names(cases: Any, argument: str) -> list[str]:
    if not isinstance(cases, Mapping) or not 0 < len(cases) <= MOST_CURVES:
        held = f"{len(cases)} of them" if isinstance(cases, Mapping) else checks.said(cases)
        raise ValueError(f"{argument} must be a dictionary with 1 to {MOST_CURVES} named cases, not {held}")
    return _legend_names(list(cases), 0, argument)


def _mapping(cases: Any, argument: str) -> Mapping:
    if cases is not None and not isinstance(cases, Mapping):
        raise ValueError(f"{argument} must be a dictionary, not {checks.said(cases)}")
    return cases or {}


def _curves(name: str, run: Any, metric: str) -> list[np.ndarray | None]:
    """The training and the validation values of a run, None for a validation that it does not have."""
    history = getattr(run, "history", run)
    if not isinstance(history, Mapping):
        raise ValueError(f"runs: {name!r} must be a Keras History or its dictionary, not {checks.said(run)}")
    if metric not in history:
        raise ValueError(f"learning_curves: run {name!r} has no {metric!r}, only {sorted(history)}")
    curves = [history[metric], history.get(f"val_{metric}")]
    curves = [None if curve is None else checks.numbers(curve, f"runs[{name!r}]", finite=False) for curve in curves]
    shapes = {curve.shape for curve in curves if curve is not None}
    if len(shapes) != 1 or len(curves[0].shape) != 1 or curves[0].size == 0:
        raise ValueError(f"runs: {name!r} must have one {metric!r} for each epoch, not shape {checks.said(*shapes)}")
    return curves


def _curve(ax: Axes, values: np.ndarray, line: str, colour: Any, label: str) -> None:
    finite = np.isfinite(values)
    if not finite.all():
        label += f" (not finite in {np.sum(~finite)} of {len(values)} epochs)"
    beside = np.pad(finite, 1)
    alone = finite & ~beside[:-2] & ~beside[2:]  # a line does not show a point without a neighbour
    marker = "o" if alone.any() else None
    ax.plot(np.arange(1, len(values) + 1), values, line, color=colour, label=label, marker=marker)


def _images(images: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(images)
    except ValueError:
        raise ValueError(f"{name} must be images of one shape") from None
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim not in (3, 4) or array.size == 0 or (array.ndim == 4 and array.shape[-1] != 3):
        raise ValueError(f"{name} must have shape (n, h, w[, 1 or 3]), not {array.shape}")
    if len(array) > MOST_IMAGES:
        raise ValueError(f"{name}: {len(array)} pictures are too many for one figure, draw at most {MOST_IMAGES}")
    if array.dtype.kind not in "biu":
        numbers = checks.numbers(images, name).reshape(array.shape)
        array = array if array.dtype in ("float32", "float64") else numbers  # matplotlib draws no other floats
    if array.ndim == 4:
        array = _colour_images(array, name)
    return array


def _colour_images(array: np.ndarray, name: str) -> np.ndarray:
    """Matplotlib would cut values that are no colours, and take True for the darkest grey but black."""
    most = 1 if array.dtype.kind == "f" else 255
    if array.dtype.kind == "b" or array.min() < -1e-6 or array.max() > most + 1e-6:
        raise ValueError(
            f"{name} go from {array.min():.3g} to {array.max():.3g}: colours need floats in 0 to 1 or uint8 in 0 to 255"
        )
    return array.clip(0, 1) if most == 1 else array


def _units(units: Any) -> list[int]:
    units = checks.texts(units, "units")
    if units is None or not 2 <= len(units) <= 20:
        raise ValueError(f"units must be 2 to 20 numbers, one for each layer, not {checks.said(units)}")
    for count in units:
        checks.whole(count, "units must be at least two positive numbers: each", 1)
    return units


def _layers(arrays: Any, name: str, shapes: list[tuple[int, ...]]) -> list[np.ndarray | None] | None:
    """One array of the given shape for each layer; numbers that are only written may be NaN."""
    arrays = checks.texts(arrays, name, len(shapes))
    for k, shape in enumerate(shapes if arrays is not None else ()):
        if arrays[k] is None and name == "weights":
            continue
        arrays[k] = checks.numbers(arrays[k], f"{name}[{k}]", finite=name == "weights")
        flat = len(shape) == 1
        if (arrays[k].size,) != shape if flat else arrays[k].shape != shape:
            raise ValueError(f"{name}[{k}] must have shape {shape}, not {arrays[k].shape}")
        arrays[k] = arrays[k].ravel() if flat else arrays[k]
    return arrays


def _plane(points: np.ndarray, limits: Any, grid: int) -> tuple[float, float, float, float]:
    """The limits of the plane, if float32, which models compute in, tells the points of its grid apart."""
    name = "x" if limits is None else "limits"
    plane = np.array(_limits(points)) if limits is None else checks.numbers(limits, name)
    if plane.shape != (4,) or not (plane[0] < plane[1] and plane[2] < plane[3]):
        raise ValueError(f"limits must be (x1 lowest, x1 highest, x2 lowest, x2 highest), not {checks.said(limits)}")
    steps = np.diff(np.linspace(plane[::2], plane[1::2], grid).astype("float32"), axis=0)
    if not (steps > 0).all():
        raise ValueError(f"{name}: float32, which models compute in, cannot tell these points apart: scale them")
    return tuple(plane)


def _limits(points: np.ndarray) -> tuple[float, float, float, float]:
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.08 * (high - low), 1.0)
    (left, bottom), (right, top) = low - margin, high + margin
    return left, right, bottom, top


def _probabilities(model: Any, points: np.ndarray) -> np.ndarray:
    """Shape (n,) for the probability of class 1, or (n, k) for k > 2 classes."""
    answer: Callable = model.predict_proba if hasattr(model, "predict_proba") else model
    if not callable(answer):
        raise TypeError(f"model must be a function, a Keras model or a classifier, not {checks.said(model)}")
    p = checks.numbers(answer(points), "the answer of the model", finite=False)
    if p.shape == (len(points), 2):
        p = p[:, 1]
    elif p.shape == (len(points), 1):
        p = p[:, 0]
    if p.shape[:1] != (len(points),) or p.ndim > 2 or p.size == 0:
        raise ValueError(f"the model must give one row for each of {len(points)} points, not shape {p.shape}")
    if p.ndim == 2 and p.shape[1] > len(PALETTE):
        raise ValueError(f"the model has {p.shape[1]} classes, and there are colours for {len(PALETTE)}")
    if not (np.isfinite(p).all() and p.min() >= -1e-6 and p.max() <= 1 + 1e-6):
        raise ValueError(
            "the model must give probabilities between 0 and 1; "
            f"these go from {p.min():.3g} to {p.max():.3g}: is the sigmoid or softmax missing?"
        )
    return p.clip(0, 1)


def _colours(n: int) -> list[Any]:
    return list(PALETTE[:n]) if n <= len(PALETTE) else list(plt.get_cmap("viridis")(np.linspace(0, 0.9, n)))


def _in_order(output: Any) -> list[Any]:
    """The nodes of a computation, each behind those that it was computed from."""
    order: dict[int, Any] = {}
    waiting = [output]
    while waiting:
        node = waiting[-1]
        if missing := [name for name in ("data", "op", "parents", "name") if not hasattr(node, name)]:
            raise TypeError(f"output: each node needs data, op, parents, name; {checks.said(node)} has no {missing[0]}")
        new = [parent for parent in node.parents if id(parent) not in order]
        if len(waiting) > MOST_NODES:
            raise ValueError(f"output has more than {MOST_NODES} nodes, or goes round in a circle: draw a part of it")
        waiting += reversed(new)
        if not new:
            order.setdefault(id(waiting.pop()), node)
    if len(order) > MOST_NODES:
        raise ValueError(f"output has more than {MOST_NODES} nodes: draw a part of it")
    return list(order.values())


def _graph_places(nodes: list[Any]) -> dict[int, tuple[int, float]]:
    """Column and height of each node: inputs on the left, one below the other; a result between its inputs."""
    places: dict[int, tuple[int, float]] = {}
    inputs = 0
    for node in nodes:
        before = [places[id(parent)] for parent in node.parents]
        column = 1 + max(column for column, _ in before) if before else 0
        height = float(np.mean([height for _, height in before])) if before else -float(inputs)
        inputs += not before
        while any(column == c and abs(height - h) < 0.9 for c, h in places.values()):
            height -= 0.5
        places[id(node)] = column, height
    return places


def _circle_text(node: Any) -> str:
    return str(node.op if node.parents else node.name)


def _in_short(values: Any) -> str:
    array = checks.numbers(values, "a node's data or gradient", finite=False)
    if array.size > 6 or array.ndim > 2:
        return "×".join(map(str, array.shape))
    rows = np.atleast_2d(array) if array.ndim != 1 else array[:, None]
    return "\n".join("  ".join(f"{value:.3g}".replace("-", "−") for value in row) for row in rows)


def _circles(count: int, most: int) -> dict[int, float]:
    """Heights of the units that are drawn, by index; in layers too long, the first and last ones."""
    if count <= most:
        return {i: (count - 1) / 2 - i for i in range(count)}
    half = most // 2
    chosen = [*range(most - half), *range(count - half, count)]
    heights = [*np.linspace(most / 2, 0.8, most - half), *np.linspace(-0.8, -most / 2, half)]
    return dict(zip(chosen, heights, strict=True))


def _arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], text: str = "", at: tuple[float, float] = (0, 0),
    colour: str = "0.35", width: float = 1.8, head: bool = True,
) -> None:
    look = dict(arrowstyle="-|>" if head else "-", color=colour, linewidth=width, shrinkA=0, shrinkB=0)
    ax.annotate("", end, start, arrowprops=look, zorder=1)
    if text:
        ax.text(*at, text, ha="center" if at[1] == start[1] + 0.22 else "left", va="center", size=13, color=colour)


def _box(
    ax: Axes, x: float, y: float, text: str, colour: Any, size: float = 12, pad: float = 0.35, width: float = 2
) -> None:
    look = dict(boxstyle=f"round,pad={pad}", facecolor="white", edgecolor=colour, linewidth=width)
    ax.text(x, y, text, ha="center", va="center", size=size, bbox=look, zorder=3)


def _unit_circle(ax: Axes, x: float, y: float, text: str, size: float = 900, fill: str = "white") -> None:
    ax.scatter(x, y, s=size, color=fill, edgecolor="black", linewidth=1.5, zorder=2)
    ax.text(x, y, text, ha="center", va="center", size=14, zorder=3)


def _line(weights: Any, i: int, j: int) -> dict[str, Any]:
    if weights is None:
        return {"color": "0.6", "linewidth": 1}
    strength = weights[i, j] / (abs(weights).max() or 1)
    return {"color": PALETTE[1 if strength > 0 else 0], "linewidth": 0.3 + 3.5 * abs(strength)}
