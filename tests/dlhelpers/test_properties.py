"""Whatever comes in: the right result, or one line that names the argument, and nothing half drawn.

Each public function of `dlhelpers` is covered here; the last test looks for those that are not.
Damaged data files stand in test_data_faults.py, too.
"""

import importlib
import inspect
import math
import os
import time
import warnings
from itertools import combinations

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from hypothesis.extra import numpy as hnp  # noqa: E402
from matplotlib.colors import to_hex, to_rgb  # noqa: E402

import dlhelpers  # noqa: E402
from dlhelpers import data, heads, plot, start  # noqa: E402
from dlhelpers.exercises import check, hint, ids, judge  # noqa: E402
from dlhelpers.exercises.core import NOT_YET, RIGHT, UNTRIED  # noqa: E402

settings.register_profile("bad input", deadline=None, derandomize=True, database=None)
FEW = settings(settings.get_profile("bad input"), max_examples=12)
MANY = settings(settings.get_profile("bad input"), max_examples=60)

COVERED = set()
NOT_COVERED = {
    "data.DataError": "the error itself",
    "data.Item": "a record of the registry, no user makes one",
    "heads.NLL": "what nll returns",
    "exercises.Verdict": "what judge returns",
}


def covers(*names: str):
    """Note that the decorated test checks these public names."""
    COVERED.update(names)
    return lambda test: test


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def refused(call, *names: str, kinds=(ValueError, TypeError)) -> None:
    """`call` raises one line with the argument's name (the first that is there), and draws nothing."""
    open_before = plt.get_fignums()
    with warnings.catch_warnings(), pytest.raises(kinds) as caught:
        warnings.simplefilter("error")
        call()
    message = str(caught.value)
    assert "\n" not in message and len(message) < 400, message
    assert any(name in message for name in names), f"{names} not in: {message}"
    assert plt.get_fignums() == open_before


def drawn(call):
    """The Axes that `call` draws, in one new figure, rendered without a warning."""
    open_before = plt.get_fignums()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = call()
        ax.figure.canvas.draw()
    assert len(plt.get_fignums()) == len(open_before) + 1
    assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()
    plt.close(ax.figure)
    return ax


def inside(ax, x, y) -> bool:
    """Whether the picture holds all these points."""
    (left, right), (bottom, top) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    return bool(np.all((left <= x) & (x <= right)) and np.all((bottom <= y) & (y <= top)))


def texts_of(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def legend_of(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


# What comes in

FINITE = st.floats(-1e6, 1e6)
NAMES = st.text("abcxyzäß $%0", min_size=1, max_size=8).filter(lambda name: name.count("$") < 2)
NO_NUMBERS = ["abc", None, {}, {1.0}, object(), [[1.0], [1.0, 2.0]], b"1", print, [None], ["1"]]


def spoiled(good, how: str):
    """A good array of numbers, made bad."""
    bad = np.array(good, float)
    if how in ("nan", "inf", "-inf"):
        bad.flat[-1] = float(how)
        return bad
    return {
        "text": bad.astype(str),
        "complex": bad + 1j,
        "dates": np.zeros(bad.shape, "datetime64[s]"),
        "masked": np.ma.masked_array(bad, np.ones(bad.shape, bool)),
        "gaps": [[None] * max(1, bad.size)],
        "empty": np.zeros((0, *bad.shape[1:])),
        "deeper": bad.reshape(1, 1, 1, *bad.shape),
        "longer": np.concatenate([np.atleast_1d(bad)] * 2),
    }[how]


HOW = ["nan", "inf", "-inf", "text", "complex", "dates", "masked", "gaps", "empty", "deeper", "longer"]
POINTS = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 6.0]])
IMAGES = np.arange(24.0).reshape(2, 3, 4)


def half(points):
    return np.full(len(points), 0.5)


GOOD = {
    "scatter": {"x": POINTS, "y": [0, 1, 2]},
    "decision_boundary": {"model": half, "x": POINTS, "y": [0, 1, 0], "limits": (0, 1, 2, 3), "grid": 5},
    "image_grid": {"images": IMAGES, "limits": (0, 1)},
    "kernels": {"weights": IMAGES[..., None]},
    "feature_maps": {"maps": IMAGES},
    "confusion": {"y_true": [0, 1, 2], "y_pred": [0, 1, 1]},
    "predictive_band": {"x": [1, 2, 3], "mean": [1, 2, 3], "sd": [1, 1, 2]},
    "conditional_distribution": {"y": [0.0, 1.0, 2.0], "densities": {"a": [0.2, 0.3, 0.5]}, "observed": {"a": 1.0}},
    "latent_map": {"codes": POINTS, "y": [0, 1, 1]},
    "learning_curves": {"runs": {"a": {"loss": [3.0, 2.0]}}},
    "samples_by_epoch": {"samples": {1: IMAGES, 5: IMAGES}},
    "network_diagram": {"units": [2, 3], "weights": [np.ones((2, 3))], "values": [[1, 2], [1, 2, 3]]},
}
LONGER_IS_FINE = {("image_grid", "images"), ("kernels", "weights"), ("feature_maps", "maps")}
WRITTEN = {("network_diagram", "values")}  # as text, so that "nan" is seen


def ways_to_spoil(name: str):
    """(argument, how, what the function gets) for each array in a good call."""
    for argument, good in GOOD[name].items():
        if callable(good) or argument in ("grid", "units"):
            continue
        for how in HOW:
            if how == "longer" and (name, argument) in LONGER_IS_FINE:
                continue
            if how in ("deeper", "gaps") and (name, argument) in WRITTEN or (argument, how) == ("observed", "deeper"):
                continue
            if how in ("nan", "inf", "-inf") and ((name, argument) in WRITTEN or argument == "runs"):
                continue
            if isinstance(good, dict) and isinstance(next(iter(good.values())), dict):
                if how != "longer":
                    yield argument, how, {"a": {"loss": spoiled([3.0, 2.0], how)}}
            elif isinstance(good, dict):
                key = list(good)[-1]
                yield argument, how, {**good, key: spoiled(good[key], how)}
            elif argument in ("weights", "values") and isinstance(good, list):
                yield argument, how, [spoiled(good[0], how), *good[1:]]
            elif (argument, how) != ("sd", "deeper"):
                yield argument, how, spoiled(good, how)


@pytest.mark.parametrize("name", GOOD)
def test_spoiled_arrays_are_refused_before_anything_is_drawn(name):
    function, good = getattr(plot, name), GOOD[name]
    _, ax = plt.subplots()
    held = len(ax.get_children())
    for argument, _, bad in ways_to_spoil(name):
        refused(lambda: function(**{**good, argument: bad}), argument)  # noqa: B023
        refused(lambda: function(**{**good, argument: bad}, ax=ax), argument)  # noqa: B023
    assert len(ax.get_children()) == held
    assert function(**good, ax=ax) is ax and len(ax.get_children()) > held
    assert plt.get_fignums() == [ax.figure.number]


@pytest.mark.parametrize("name", GOOD)
@MANY
@given(st.data())
def test_arguments_of_another_kind_are_refused(name, drawing):
    function, good = getattr(plot, name), GOOD[name]
    argument = drawing.draw(st.sampled_from(list(good)))
    bad = drawing.draw(st.sampled_from(NO_NUMBERS))
    if bad is None and argument in ("y", "limits", "observed", "weights", "values") and name != "kernels":
        bad = "abc"  # None leaves the argument away
    fine = {"observed": {}, "model": print, "weights": [None]}  # no dot, an answer that fails, grey lines
    if argument in fine and bad == fine[argument] and name != "kernels":
        return
    refused(lambda: function(**{**good, argument: bad}), argument)


@pytest.mark.parametrize("name", GOOD)
def test_ax_must_be_one_axes(name):
    figure, axes = plt.subplots(1, 2)
    for wrong in (axes, figure, "ax", 1):
        refused(lambda: getattr(plot, name)(**GOOD[name], ax=wrong), "ax must be one Axes")  # noqa: B023


TEXTS = {
    "scatter": ("labels", 3),
    "decision_boundary": ("labels", 2),
    "image_grid": ("titles", 2),
    "kernels": ("titles", 4),
    "feature_maps": ("titles", 4),
    "confusion": ("labels", 3),
    "latent_map": ("labels", 2),
    "network_diagram": ("names", 2),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_must_be_a_list_that_is_long_enough(name):
    argument, n = TEXTS[name]
    good = {key: value for key, value in GOOD[name].items()}
    for wrong in (["a"] * (n - 1), [], 3, "ab"[: n - 1] if argument == "titles" else "abc", {0: "a"}, {"a", "b"}):
        refused(lambda: getattr(plot, name)(**good, **{argument: wrong}), argument)  # noqa: B023
    drawn(lambda: getattr(plot, name)(**good, **{argument: [f"name {k}" for k in range(n)]}))


@pytest.mark.parametrize("wrong", ["", "_a", "_"])
def test_names_that_a_legend_would_leave_out_are_refused(wrong):
    refused(lambda: plot.scatter(POINTS, [0, 1, 0], labels=["a", wrong]), "labels")
    refused(lambda: plot.learning_curves({wrong: {"loss": [1, 2]}}), "runs")
    refused(lambda: plot.conditional_distribution([0, 1], {wrong: [0.5, 0.5]}), "densities")
    refused(lambda: plot.predictive_band([0, 1], [0, 1], 1, label=wrong), "label")


WHOLE = [0, -1, 1.5, math.nan, math.inf, "3", None, True, [3]]


@pytest.mark.parametrize(
    ("call", "argument", "wrong"),
    [
        (lambda bad: plot.decision_boundary(half, POINTS, grid=bad), "grid", [*WHOLE, 1, 2001, 10**9]),
        (lambda bad: plot.image_grid(IMAGES, columns=bad), "columns", WHOLE),
        (lambda bad: plot.kernels(IMAGES[..., None], columns=bad), "columns", WHOLE),
        (lambda bad: plot.network_diagram((2, 3), most=bad), "most", [*WHOLE, 1, 21]),
        (lambda bad: plot.network_diagram((2, bad)), "units", WHOLE),
        (lambda bad: plot.network_diagram(bad), "units", [(3,), (), 5, "23", [1] * 21, None]),
        (lambda bad: plot.scatter(POINTS, [0, 0, 0], size=bad), "size", [*WHOLE[:2], *WHOLE[3:]]),
        (lambda bad: plot.predictive_band([0, 1], [0, 1], 1, widths=[1, bad]), "widths", [0, -1, math.nan, "1", None]),
        (lambda bad: plot.predictive_band([0, 1], [0, 1], 1, widths=bad), "widths", [2, "12"]),
        (lambda bad: plot.predictive_band([0, 1], [0, 1], bad), "sd", [-1, [1, -1e-9]]),
        (lambda bad: plot.image_grid(IMAGES, limits=bad), "limits", [(1, 0), (1, 1), (1,), (1, 2, 3), 1]),
        (lambda bad: plot.image_grid(IMAGES, row_labels=bad), "row_labels", [["a", "b"], "a", []]),
        (lambda bad: plot.image_grid(IMAGES, "ab", title_colors=bad), "title_colors", [["red"], ["red", "rde"], "kk"]),
        (lambda bad: plot.image_grid(IMAGES, cmap=bad), "cmap", ["grau"]),
        (lambda bad: plot.confusion([0, 1], [0, 1], normalize=bad), "normalize", ["false", None, 2]),
        (lambda bad: plot.confusion([-1, 1], [1, 1], labels=bad), "labels", [["a", "b"]]),
        (lambda bad: plot.decision_boundary(half, POINTS, limits=bad), "limits", [(0, 1, 1, 1), (1, 0, 0, 1), (0, 1)]),
        (lambda bad: plot.decision_boundary(bad, POINTS), "model", [None, "tanh", 3, POINTS]),
        (lambda bad: plot.decision_boundary(lambda x: x, POINTS, scale=bad), "model", ["p"]),
        (lambda bad: plot.decision_boundary(lambda x: np.ones((len(x), 3)) / 3, POINTS, scale=bad), "scale", "p"),
        (lambda bad: plot.learning_curves({"a": {"loss": bad}}), "runs", [3.0, [], [[1, 2]], None, "12", [1, "2"]]),
        (lambda bad: plot.learning_curves({"a": {"loss": [1, 2], "val_loss": bad}}), "runs", [[1], [], "ab", [[1]]]),
        (lambda bad: plot.learning_curves(bad), "runs", [{}, [1, 2], {"a": [3, 2]}, None, {"loss": [1, 2]}]),
        (lambda bad: plot.conditional_distribution([0, 1], bad), "densities", [{}, [0, 1], {"a": [-1, 0]}, {"a": 1}]),
        (lambda bad: plot.conditional_distribution(bad, {"a": [1, 0]}), "y", [[1, 1], [0.5], 1]),
        (lambda bad: plot.conditional_distribution([0, 1], {"a": [1, 0]}, observed=bad), "observed", [{"b": 1}, 1]),
        (lambda bad: plot.conditional_distribution([0, 1], {"a": [1, 0]}, observed={"a": bad}), "observed", [[], "1"]),
        (lambda bad: plot.samples_by_epoch(bad), "samples", [{}, [IMAGES], {1: IMAGES, 2: IMAGES[:1]}]),
        (lambda bad: plot.samples_by_epoch({1: IMAGES, 2: bad}), "samples", [IMAGES[:, :2], IMAGES.astype("uint8")]),
        (lambda bad: plot.scatter(POINTS, bad), "y", [[0, 1, 8], [0, 1, -1], [0, 1, 0.5], [[0, 1, 2]]]),
        (lambda bad: plot.latent_map(POINTS, bad), "y", [[0, 1, 10], [0, 1, -1]]),
    ],
)
def test_single_values_that_do_not_fit_are_refused(call, argument, wrong):
    for bad in wrong:
        refused(lambda: call(bad), argument)  # noqa: B023


# Pictures hold what they are given


@covers("plot.scatter")
@FEW
@given(hnp.arrays(float, st.tuples(st.integers(1, 20), st.just(2)), elements=FINITE), st.data())
def test_scatter_draws_each_point_in_the_colour_of_its_class(x, drawing):
    y = drawing.draw(hnp.arrays(int, len(x), elements=st.integers(0, 7)))
    labels = drawing.draw(st.none() | st.lists(NAMES, min_size=8, max_size=8))
    ax = drawn(lambda: plot.scatter(x, y if len(x) % 2 else y[:, None], labels=labels))
    seen = np.unique(y)
    assert len(ax.collections) == len(seen)
    for k, points in zip(seen, ax.collections, strict=True):
        assert np.array_equal(points.get_offsets(), x[y == k])
        assert to_hex(points.get_facecolor()[0]).upper() == plot.PALETTE[k]
    assert inside(ax, *x.T)
    assert labels is None or legend_of(ax) == [labels[k] for k in seen]


@covers("plot.latent_map")
@FEW
@given(hnp.arrays(float, st.tuples(st.integers(1, 20), st.just(2)), elements=FINITE), st.data())
def test_latent_map_draws_each_code_and_each_name_once(codes, drawing):
    y = drawing.draw(hnp.arrays(int, len(codes), elements=st.integers(0, 9)))
    ax = drawn(lambda: plot.latent_map(codes, y))
    for k, points, text in zip(np.unique(y), ax.collections, ax.texts, strict=True):
        assert np.array_equal(points.get_offsets(), codes[y == k]) and text.get_text() == str(k)
    assert len({to_hex(points.get_facecolor()[0]) for points in ax.collections}) == len(np.unique(y))
    span = np.ptp(codes, axis=0)
    sharp = (span > 1e-6 * abs(codes).max()).all()  # else float64 has no places in between
    span = np.where(span > 0, span, 1)
    names = np.array([text.get_position() for text in ax.texts]) / span
    centres = np.array([np.median(codes[y == k], axis=0) for k in np.unique(y)]) / span
    far = [[np.linalg.norm(a - b) for a, b in combinations(places, 2)] for places in (names, centres)]
    assert not sharp or min(far[0], default=1) > 0.079
    assert not sharp or min(far[1], default=1) < 0.08 or np.allclose(names, centres)
    assert inside(ax, *codes.T)


def colour_at(ax, x, y) -> np.ndarray:
    """The colour of the rendered picture at a point, 0 to 1."""
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())
    column, row = ax.transData.transform((x, y)).astype(int)
    return pixels[len(pixels) - 1 - row, column, :3] / 255


@covers("plot.decision_boundary")
@FEW
@given(st.integers(3, 8), st.data())
def test_regions_have_the_colours_of_their_classes(k, drawing):
    order = np.array(drawing.draw(st.permutations(range(k)))[: drawing.draw(st.integers(1, k))])
    centre, width = drawing.draw(FINITE), drawing.draw(st.floats(1e4, 1e8))
    cuts = np.linspace(centre - width, centre + width, len(order) + 1)
    corners = np.array([[cuts[0], -1.0], [cuts[-1], 1.0]])

    def model(points):  # stripes from left to right
        assert points.dtype == "float32" and np.isfinite(points).all()
        return np.eye(k)[order[np.searchsorted(cuts[1:-1], points[:, 0])]]

    ax = drawn(lambda: plot.decision_boundary(model, corners, grid=100, limits=(*cuts[[0, -1]], -1, 1)))
    for stripe, middle in zip(order, (cuts[:-1] + cuts[1:]) / 2, strict=True):
        expected = 0.35 * np.array(to_rgb(plot.PALETTE[stripe])) + 0.65
        assert np.allclose(colour_at(ax, middle, 0.5), expected, atol=0.02)


@FEW
@given(st.floats(-0.9, 0.9), st.floats(0, 1), st.floats(0, 1))
def test_probabilities_change_colour_where_the_model_does(where, left, right):
    ax = drawn(lambda: plot.decision_boundary(lambda x: np.where(x[:, 0] < where, left, right), [[-1, -1], [1, 1]]))
    middle = ax.collections[0].levels[:-1] + 0.05
    for p, x in ((left, -1.05), (right, 1.05)):
        nearest = middle[np.argmin(abs(middle - p))]
        shown = min(middle, key=lambda level: abs(plot.PROBABILITY_MAP(level)[:3] - colour_at(ax, x, 0)).sum())
        assert abs(shown - nearest) < 0.101
    border = [c for c in ax.collections if c.get_linewidth()[0] == 2]
    assert bool(border) == (min(left, right) < 0.5 < max(left, right))
    if border:
        (path,) = border[0].get_paths()
        assert np.allclose(path.vertices[:, 0], where, atol=2 * 2.16 / 199)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1, 1.1])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_single_answer_that_is_no_probability_is_seen(bad, k):
    def model(points):
        answer = np.full((len(points), k), 0.4)
        answer[-1] = bad
        return answer

    refused(lambda: plot.decision_boundary(model, POINTS), "the model")


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: None,
        lambda x: "0.5",
        lambda x: 0.5,
        lambda x: x[:, 0].astype(str),
        lambda x: x[:, 0] + 1j,
        lambda x: x[:-1, 0],
        lambda x: np.zeros((len(x), 0)),
        lambda x: np.zeros((len(x), 1, 1)),
        lambda x: np.zeros((len(x), 9)),
        lambda x: [[0.5]] * (len(x) - 1) + [[0.5, 0.5]],
    ],
)
def test_answers_of_another_shape_or_kind_are_refused(answer):
    refused(lambda: plot.decision_boundary(answer, POINTS, grid=5), "model")


def test_a_plane_that_float32_cannot_resolve_is_refused():
    refused(lambda: plot.decision_boundary(half, [[1e10, 0], [1e10 + 1, 1]]), "x: float32")


@covers("plot.learning_curves")
@FEW
@given(
    st.dictionaries(
        NAMES,
        st.integers(1, 6).flatmap(
            lambda n: st.tuples(
                st.lists(FINITE | st.sampled_from([math.nan, math.inf, -math.inf]), min_size=n, max_size=n),
                st.none() | st.lists(FINITE | st.just(math.nan), min_size=n, max_size=n),
            )
        ),
        min_size=1,
        max_size=10,
    )
)
def test_curves_show_each_epoch_and_the_legend_counts_the_gaps(runs):
    given = {name: {"loss": a, **({} if b is None else {"val_loss": b})} for name, (a, b) in runs.items()}
    ax = drawn(lambda: plot.learning_curves(given))
    expected = [values for pair in runs.values() for values in pair if values is not None]
    assert len(ax.lines) == len(expected) == len(legend_of(ax))
    for line, values, text in zip(ax.lines, expected, legend_of(ax), strict=True):
        x, y = line.get_data()
        finite = np.isfinite(values)
        assert np.array_equal(y, values, equal_nan=True) and x.tolist() == list(range(1, len(values) + 1))
        assert ("not finite in" in text) == (not finite.all())
        alone = any(
            good and not any(finite[max(0, i - 1) : i]) and not any(finite[i + 1 : i + 2])
            for i, good in enumerate(finite)
        )
        assert (line.get_marker() == "o") == alone, "a point without a neighbour would not be seen"
        assert inside(ax, x[finite], y[finite])
    assert len({to_hex(line.get_color()) for line in ax.lines}) == len(runs)


@covers("plot.image_grid")
@FEW
@given(
    st.sampled_from(["uint8", "int64", "float16", "float32", "float64", "bool"]),
    st.sampled_from([(), (1,), (3,)]),
    st.integers(1, 7),
    st.integers(1, 9),
    st.data(),
)
def test_image_grid_draws_each_image_once_in_its_place(dtype, channels, n, columns, drawing):
    if (dtype, channels) == ("bool", (3,)):
        dtype = "uint8"
    top = 255 if np.dtype(dtype).kind in "ui" else 1
    numbers = st.floats(0, 1, width=16) if np.dtype(dtype).kind == "f" else st.integers(0, top)
    numbers = st.booleans() if dtype == "bool" else numbers
    images = drawing.draw(hnp.arrays(dtype, (n, 2, 3, *channels), elements=numbers))
    titles = [f"title {i}" for i in range(n)]
    ax = drawn(lambda: plot.image_grid(images, titles, columns=columns))
    assert texts_of(ax) == titles and len(ax.images) == n
    for i, (shown, image, text) in enumerate(zip(ax.images, images, ax.texts, strict=True)):
        assert np.array_equal(shown.get_array(), image[..., 0] if channels == (1,) else image)
        left, right, bottom, upper = shown.get_extent()
        assert left < text.get_position()[0] < right and text.get_position()[1] < upper < bottom
        assert (round(left / (3 * 1.08)), round(upper / (2 * 1.3))) == (i % min(columns, n), i // min(columns, n))
        assert inside(ax, [left, right], [bottom, upper])
    if channels != (3,):
        assert {shown.get_clim() for shown in ax.images} == {(float(images.min()), float(images.max()))}


@FEW
@given(hnp.arrays(float, (2, 3, 3), elements=FINITE))
def test_the_darkest_pixel_is_the_largest_number(images):
    if np.ptp(images) <= 1e-6 * abs(images).max():
        return
    ax = drawn(lambda: plot.image_grid(images, columns=2))
    place = np.argmax(images), np.argmin(images)
    shades = []
    for image, row, column in (np.unravel_index(i, images.shape) for i in place):
        shades.append(colour_at(ax, image * 3 * 1.08 + column + 0.5, row + 0.5).mean())
    assert shades[0] < 0.02 and shades[1] > 0.98


@pytest.mark.parametrize("scale", [255.0, -1.0, 1.01])
def test_colours_out_of_range_are_not_cut_silently(scale):
    images = np.ones((2, 3, 3, 3)) * scale
    refused(lambda: plot.image_grid(images), "images")
    refused(lambda: plot.image_grid((images * 300).astype(int)), "images")
    refused(lambda: plot.samples_by_epoch({1: images}), "samples")


@covers("plot.kernels", "plot.feature_maps")
@FEW
@given(hnp.arrays("float32", (2, 3, 2, 2), elements=st.floats(-1024, 1024, width=32)))
def test_kernels_and_maps_show_each_number_on_one_scale(weights):
    ax = drawn(lambda: plot.kernels(weights))
    order = [weights[:, :, channel, kernel] for kernel in range(2) for channel in range(2)]
    assert all(np.array_equal(shown.get_array(), one) for shown, one in zip(ax.images, order, strict=True))
    most = float(abs(weights).max()) or 1.0
    assert {shown.get_clim() for shown in ax.images} == {(-most, most)}
    ax = drawn(lambda: plot.feature_maps(weights[..., 0]))
    assert all(np.array_equal(shown.get_array(), weights[..., c, 0]) for c, shown in enumerate(ax.images))
    assert len({shown.get_clim() for shown in ax.images}) == 1


@covers("plot.confusion")
@FEW
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30),
    st.booleans(),
    st.integers(5, 7) | st.none(),
)
def test_confusion_counts_each_case_in_its_row_and_column(cases, normalize, named):
    truth, guess = np.array(cases).T
    labels = None if named is None else [f"name {k}" for k in range(named)]
    ax = drawn(lambda: plot.confusion(truth, guess[:, None], labels=labels, normalize=normalize))
    shown = np.unique(cases) if named is None else np.arange(named)
    ticks = [str(k) for k in shown] if labels is None else labels
    assert [t.get_text() for t in ax.get_xticklabels()] == [t.get_text() for t in ax.get_yticklabels()] == ticks
    table = np.array([[np.sum((truth == row) & (guess == column)) for column in shown] for row in shown])
    if normalize:
        table = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        assert texts_of(ax) == [f"{share:.2f}" for share in table.ravel()]
    else:
        assert texts_of(ax) == [str(count) for count in table.ravel()]


@pytest.mark.parametrize("normalize", [False, True])
def test_confusion_is_that_of_scikit_learn(normalize):
    from sklearn.metrics import confusion_matrix

    truth, guess = np.random.default_rng(0).integers(0, 5, (2, 300)) * 3
    ax = plot.confusion(truth, guess, normalize=normalize)
    expected = confusion_matrix(truth, guess, normalize="true" if normalize else None)
    assert np.array_equal(ax.images[0].get_array(), expected)


@covers("plot.predictive_band")
@FEW
@given(
    st.lists(st.tuples(FINITE, FINITE, st.floats(0, 1e6)), min_size=2, max_size=12),
    st.lists(st.floats(0.01, 5), max_size=3),
    st.booleans(),
)
def test_the_band_surrounds_the_mean_at_each_x(cases, widths, column):
    x, mean, sd = np.array(cases).T
    shaped = x[:, None] if column else x
    ax = drawn(lambda: plot.predictive_band(shaped, mean, sd, widths=widths))
    order = np.argsort(x)
    assert np.array_equal(ax.lines[0].get_data(), (x[order], mean[order]))
    assert len(ax.collections) == len(widths) and len(legend_of(ax)) == len(widths) + 1
    for band, width in zip(ax.collections, sorted(widths, reverse=True), strict=True):
        corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
        assert corners >= {*zip(x, mean - width * sd, strict=True), *zip(x, mean + width * sd, strict=True)}
        assert inside(ax, x, mean - width * sd) and inside(ax, x, mean + width * sd)


@covers("plot.conditional_distribution")
@FEW
@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=12, unique=True),
    st.dictionaries(NAMES, st.integers(0, 10**6), min_size=1, max_size=9),
    st.booleans(),
    FINITE,
)
def test_each_probability_stands_at_its_y(y, cases, counts, seen):
    y = np.array(y) if counts else np.array(y) / 7
    densities = {name: np.random.default_rng(seed).uniform(size=len(y)) for name, seed in cases.items()}
    name = list(densities)[-1]
    ax = drawn(lambda: plot.conditional_distribution(y, densities, observed={name: seen}))
    assert legend_of(ax) == list(densities) and ax.get_ylim()[0] == 0
    (dot,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert dot.get_xdata()[0] == seen and inside(ax, np.array([seen]), np.array([0]))
    curves = [line for line in ax.lines if line is not dot]
    for k, p in enumerate(densities.values()):
        if counts:
            bars = ax.containers[k].patches
            heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in bars}
        else:
            assert np.all(np.diff(curves[k].get_xdata()) > 0)
            heights = dict(zip(*curves[k].get_data(), strict=True))
        assert heights == dict(zip(y, p, strict=True))


@covers("plot.samples_by_epoch")
@FEW
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=4, unique=True), st.integers(1, 4), st.booleans())
def test_each_epoch_has_its_row(epochs, n, colour):
    samples = {e: np.random.default_rng(e).uniform(size=(n, 2, 2, *[3] * colour)) for e in epochs}
    ax = drawn(lambda: plot.samples_by_epoch(samples))
    assert texts_of(ax) == [f"epoch {e}" for e in epochs]
    every = np.concatenate(list(samples.values()))
    assert all(np.array_equal(shown.get_array(), image) for shown, image in zip(ax.images, every, strict=True))
    for i, shown in enumerate(ax.images):
        assert shown.get_extent()[3] == pytest.approx((i // n) * 2 * 1.08)


@covers("plot.network_diagram")
@FEW
@given(st.lists(st.integers(1, 30), min_size=2, max_size=4), st.integers(2, 7))
def test_networks_have_a_line_for_each_weight_and_no_more_circles_than_asked(units, most):
    shapes = zip(units[:-1], units[1:], strict=True)
    weights = [np.random.default_rng(k).normal(size=shape) for k, shape in enumerate(shapes)]
    values = [np.arange(count) + 100 * k for k, count in enumerate(units)]
    values[0] = np.where(values[0] == 0, np.nan, values[0])
    ax = drawn(lambda: plot.network_diagram(units, weights=weights, values=values, most=most))
    shown = [min(count, most) for count in units]
    assert len(ax.lines) == sum(np.multiply(shown[:-1], shown[1:]))
    assert len(ax.collections) == sum(shown)
    texts = texts_of(ax)
    assert texts.count("⋮") == sum(count > most for count in units) and "nan" in texts
    assert all(f"{values[k][-1]:.3g}" in texts for k in range(1, len(units)))
    places = np.array([circle.get_offsets()[0] for circle in ax.collections])
    assert len(np.unique(places, axis=0)) == sum(shown) and inside(ax, *places.T)


# Huge


def cpu_seconds(call) -> float:
    begin = time.process_time()
    call()
    return time.process_time() - begin


MILLION = np.random.default_rng(0).normal(size=(10**6, 2))
MANY_CLASSES = np.arange(5000)


@pytest.mark.parametrize(
    "call",
    [
        lambda: plot.scatter(MILLION, (MILLION[:, 0] > 0).astype(int)),
        lambda: plot.latent_map(MILLION, np.arange(10**6) % 10),
        lambda: plot.confusion(np.arange(10**6) % 5, np.arange(10**6) % 3),
        lambda: plot.learning_curves({"a": {"loss": MILLION[:, 0]}}),
        lambda: plot.decision_boundary(half, MILLION),
        lambda: plot.predictive_band(np.arange(20_000), MILLION[:20_000, 0], 1),
        lambda: plot.network_diagram((10**9, 10**9)),
    ],
)
def test_much_data_is_drawn_within_seconds(call):
    assert cpu_seconds(lambda: drawn(call)) < 8


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: plot.image_grid(np.zeros((60_000, 28, 28), "uint8")), "images"),
        (lambda: plot.kernels(np.zeros((1, 1, 512, 512))), "weights"),
        (lambda: plot.feature_maps(np.zeros((2, 2, 5000))), "maps"),
        (lambda: plot.samples_by_epoch({epoch: IMAGES for epoch in range(600)}), "samples"),
        (lambda: plot.confusion(MANY_CLASSES, MANY_CLASSES), "y_true"),
        (lambda: plot.scatter(np.zeros((5000, 2)), MANY_CLASSES), "y"),
        (lambda: plot.latent_map(np.zeros((5000, 2)), MANY_CLASSES), "y"),
        (lambda: plot.decision_boundary(lambda x: np.ones((len(x), 1000)) / 1000, POINTS, grid=20), "model"),
        (lambda: plot.learning_curves({str(k): {"loss": [1, 2]} for k in range(1000)}), "runs"),
        (lambda: plot.conditional_distribution(np.arange(10**6), {"a": np.zeros(10**6)}), "y"),
        (lambda: plot.conditional_distribution([0, 1], {str(k): [0, 1] for k in range(1000)}), "densities"),
        (lambda: plot.conditional_distribution(MILLION[:, 0], {"a": abs(MILLION[:, 1])}), "y"),
        (lambda: plot.predictive_band(MILLION[:, 0], MILLION[:, 1], 1), "x"),
        (lambda: plot.network_diagram([1] * 1000), "units"),
    ],
)
def test_what_no_picture_can_show_is_refused_at_once(call, argument):
    assert cpu_seconds(lambda: refused(call, argument)) < 3


# Heads


PARAMS = {
    "normal": [[0.0, 1.0], [5.0, -1.0]],
    "poisson": [[0.0], [1.0]],
    "negative_binomial": [[0.0, 1.0], [2.0, -1.0]],
    "zero_inflated_poisson": [[0.0, 1.0], [2.0, -1.0]],
    "bernoulli": [[0.0], [-2.0]],
    "categorical": [[0.0, 1.0, 2.0], [1.0, 0.0, 0.0]],
}
METHODS = ("mean", "sd", "quantile", "interval", "cdf", "log_prob", "nll", "density", "sample")


@covers("heads.normal", "heads.poisson", "heads.negative_binomial", "heads.zero_inflated_poisson")
@covers("heads.bernoulli", "heads.categorical", "heads.Predictive")
@pytest.mark.parametrize("name", PARAMS)
def test_heads_and_predictions_name_outputs_that_they_cannot_use(name):
    head, good = getattr(heads, name), np.array(PARAMS[name])
    wrong = ["text", None, {}, object(), [[1.0], [1.0, 2.0]], good.astype(str), good + 1j, good[:, 0], 3.0]
    for bad in wrong:
        refused(lambda: head(bad), "params", name)  # noqa: B023
        refused(lambda: heads.Predictive(head, bad), "params", name)  # noqa: B023
    for how in ("nan", "inf", "-inf", "masked", "empty"):
        refused(lambda: heads.Predictive(head, spoiled(good, how)), "params")  # noqa: B023
    for bad in (None, "normal", 3, tuple()):
        refused(lambda: heads.Predictive(bad, good), "make_distribution")  # noqa: B023
    assert heads.Predictive(head, good.astype("float16")).sample(2).shape == (2, 2)


def test_one_class_is_no_choice():
    refused(lambda: heads.categorical([[1.0], [2.0]]), "params")


@covers("heads.positive")
@FEW
@given(st.sampled_from(["float32", "float64", "int64"]), st.lists(st.integers(-(10**6), 10**6), max_size=5))
def test_positive_takes_any_number(dtype, numbers):
    raw = np.array(numbers, dtype)
    result = heads.positive(raw).numpy()
    assert result.shape == raw.shape and np.all(result > 0)
    assert np.allclose(result, np.logaddexp(0, raw.astype(float)) + 1e-7, rtol=1e-5)


def test_positive_keeps_nan_and_refuses_what_is_no_number():
    assert np.isnan(heads.positive(np.nan)) and np.isposinf(heads.positive(np.inf))
    for bad in ("1", None, 1j, ["a"], [[1], [1, 2]], object()):
        refused(lambda: heads.positive(bad), "raw")  # noqa: B023


@MANY
@given(st.sampled_from([name for name in PARAMS if name != "categorical"]), st.data())
def test_predictions_are_finite_and_ordered_for_all_finite_outputs(name, drawing):
    width = len(PARAMS[name][0])
    params = drawing.draw(hnp.arrays(float, (3, width), elements=st.floats(-1000, 1000) | st.floats(-30, 30)))
    try:
        predicted = heads.Predictive(getattr(heads, name), params)
    except ValueError as error:
        assert "overflows: a log rate is too large" in str(error) and params[:, 0].max() > 300
        return
    try:
        low, middle, high = predicted.quantile([0.1, 0.5, 0.9])
    except ValueError as error:
        assert "is NaN, its numbers are too large" in str(error) and params[:, 0].max() > 30
        return
    assert np.all((low <= middle) & (middle <= high)) and np.isfinite([low, high]).all()
    for result in (predicted.mean(), predicted.sd(), predicted.cdf(middle), predicted.sample(2)):
        assert np.isfinite(result).all()
    assert np.all(predicted.cdf([-np.inf] * 3) == 0) and np.all(predicted.cdf([np.inf] * 3) == 1)
    assert np.all(predicted.density([-np.inf, np.inf]) == 0)


@covers(*(f"heads.Predictive.{method}" for method in METHODS))
@pytest.mark.parametrize(
    ("argument", "ask", "wrong"),
    [
        ("q", lambda p, bad: p.quantile(bad), [0, 1, -1, math.nan, "0.5", None, [[0.5]], [], [0.5] * 1001, 1j]),
        ("level", lambda p, bad: p.interval(bad), [0, 1, -0.5, math.nan, math.inf, "0.9", None]),
        ("y", lambda p, bad: p.cdf(bad), [[math.nan, 1], 1, [1], "ab", ["a", "b"], None, [1, 1j], [[1, 2]], [None, 1]]),
        ("y", lambda p, bad: p.log_prob(bad), [[math.nan, 1], [math.inf, 1], 1, ["a", "b"], [[1, 2]], [-1, 0]]),
        ("y", lambda p, bad: p.nll(bad), [[math.nan, 1], [1], ["1", "2"], {}]),
        ("values", lambda p, bad: p.density(bad), [[math.nan], 1, ["1"], [[1]], None, [1j], {1}]),
        ("size", lambda p, bad: p.sample(bad), WHOLE),
        ("seed", lambda p, bad: p.sample(1, seed=bad), [1.5, math.nan, "1", None, 2**40]),
    ],
)
def test_questions_that_have_no_answer_name_the_argument(argument, ask, wrong):
    predicted = heads.Predictive(heads.poisson, PARAMS["poisson"])
    for bad in wrong:
        refused(lambda: ask(predicted, bad), f"{argument}:", f"{argument} ")  # noqa: B023


@pytest.mark.parametrize("mean", [1.0, 1e3, 1e6, 1e9, 1e12])
def test_large_counts_have_the_cdf_of_scipy(mean):
    from scipy import stats

    y = np.floor(mean + np.array([-2, -0.5, 0, 1, 3]) * np.sqrt(mean)).clip(0)
    ones, total = np.ones((5, 1)), np.logaddexp(0, 2.0) + heads.SMALLEST_SCALE
    poisson = heads.Predictive(heads.poisson, ones * np.log(mean))
    inflated = heads.Predictive(heads.zero_inflated_poisson, np.hstack([ones * np.log(mean), 0 * ones]))
    spread = heads.Predictive(heads.negative_binomial, np.hstack([ones * np.log(mean), 2 * ones]))
    by_scipy = stats.poisson(mean), stats.nbinom(total, total / (total + mean))
    assert np.allclose(poisson.cdf(y), by_scipy[0].cdf(y), atol=1e-6)
    assert np.allclose(inflated.cdf(y), 0.5 + 0.5 * by_scipy[0].cdf(y), atol=1e-6)
    assert np.allclose(spread.cdf(y), by_scipy[1].cdf(y), atol=1e-6)
    assert np.allclose(poisson.quantile(0.9), by_scipy[0].ppf(0.9), atol=1e-4 * np.sqrt(mean), rtol=0)


def test_a_mean_that_is_not_finite_has_no_quantile_by_search():
    def cauchy_pair(params):
        import tensorflow as tf

        both = heads.tfd.Cauchy(tf.stack([params, params], axis=-1), tf.constant(1.0, tf.float64))
        return heads.tfd.MixtureSameFamily(heads.tfd.Categorical(logits=tf.zeros(2, tf.float64)), both)

    refused(lambda: heads.Predictive(cauchy_pair, np.zeros((2, 1))).quantile(0.3), "params")


@covers("heads.nll")
@pytest.mark.parametrize("bad", [None, "normal", 3, []])
def test_a_loss_needs_a_head(bad):
    refused(lambda: heads.nll(bad), "make_distribution")


@FEW
@given(st.sampled_from([math.nan, math.inf, -math.inf]), st.integers(0, 1), st.booleans())
def test_a_loss_of_nan_or_infinity_is_never_returned(bad, place, in_targets):
    import tensorflow as tf

    y, params = np.array([[0.0], [1.0]]), np.array(PARAMS["normal"])
    (y if in_targets else params)[place, 0] = bad
    with pytest.raises(tf.errors.InvalidArgumentError, match="targets are impossible" if in_targets else "outputs of"):
        heads.nll(heads.normal)(y, params)


@covers("heads.AppendConstant")
def test_constants_name_what_they_cannot_use():
    for bad in WHOLE:
        refused(lambda: heads.AppendConstant(bad), "count")  # noqa: B023
    for bad in (math.nan, math.inf, "0", None, [1.0]):
        refused(lambda: heads.AppendConstant(initial=bad), "initial")  # noqa: B023
    for shape in ((3,), (2, 3, 4)):
        refused(lambda: heads.AppendConstant().build(shape), "inputs")  # noqa: B023
    result = heads.AppendConstant(2, initial=-1e38)(np.array([[np.nan], [1.0]], "float32")).numpy()
    assert np.isnan(result[0, 0]) and np.all(result[:, 1:] == np.float32(-1e38))


# The start, sliders and the progress of a training


@covers("start.setup", "style.style")
def test_seeds_are_repeatable_or_refused():
    with matplotlib.rc_context():
        for seed in (0, 1, 2**32 - 1):
            draws = []
            for _ in range(2):
                dlhelpers.setup(seed)
                draws.append(np.random.random())
            assert draws[0] == draws[1]
        assert matplotlib.rcParams["figure.figsize"] == [6, 4]
        for bad in (1.5, math.nan, "1", None, [1], -1, 2**32):
            refused(lambda: dlhelpers.setup(bad), "seed", "Seed", kinds=(ValueError, TypeError, OverflowError))  # noqa: B023


@covers("start.muted_stderr")
def test_a_muted_block_gives_everything_on(capfd):
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), start.muted_stderr(), start.muted_stderr():
            os.write(2, b"hidden")
            raise error
    os.write(2, b"shown")
    assert capfd.readouterr().err == "shown"


@covers("start.somebody_watches")
@pytest.mark.parametrize("value", ["0", "", "yes", "1"])
def test_only_a_1_makes_it_quiet(monkeypatch, value):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.delenv("DLHELPERS_SMOKE", raising=False)
    monkeypatch.setenv("DLHELPERS_QUIET", value)
    assert start.somebody_watches() == (value != "1")


@pytest.fixture(scope="module")
def shown():
    """What `explore` displays."""
    records = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda thing, **_: records.append(thing))
        yield records


def draw_value(value=3):
    plt.subplots()[1].set_title(repr(value))


def drawing_of(default):
    def draw(value=default):
        draw_value(value)

    return draw


@covers("interactive.explore")
@FEW
@given(st.data())
def test_sliders_reach_from_end_to_end_and_keep_the_type(shown, drawing):
    whole = drawing.draw(st.booleans())
    numbers = st.integers(-(10**6), 10**6) if whole else FINITE
    low, default, high = sorted(drawing.draw(st.lists(numbers, min_size=3, max_size=3, unique=True)))
    kind = drawing.draw(st.sampled_from([int, np.int64] if whole else [float, np.float64]))
    mine = plt.figure()
    shown.clear()
    dlhelpers.explore(drawing_of(kind(default)), value=(kind(low), kind(high)))
    picture, controls = shown
    assert picture.axes[0].get_title() == repr(kind(default)) and plt.get_fignums() == [mine.number]
    from ipywidgets.widgets.widget import _instances

    (slider,) = _instances[controls["application/vnd.jupyter.widget-view+json"]["model_id"]].children
    assert (slider.min, slider.value, slider.max) == (low, default, high)
    assert type(slider).__name__ == ("IntSlider" if whole else "FloatSlider") and slider.step > 0
    plt.close(mine)


@pytest.mark.parametrize(
    "bad",
    [(), (1,), (1, 2, 3, 4), 3, None, "19", {1, 9}, {1: 9}, range(1, 9), np.arange(1, 9), (9, 1), (3, 3), (4, 9), []]
    + [(math.nan, 9), (1, math.nan), (1, math.inf), (-math.inf, 9), (1, 9, 0), (1, 9, -1), (1, 9, math.nan)]
    + [("a", "z"), (False, True), [1, 2], [[3]], (1 + 0j, 9)],
)
def test_ranges_that_are_none_are_refused(shown, bad):
    shown.clear()
    refused(lambda: dlhelpers.explore(draw_value, value=bad), "value")
    assert not shown


def test_what_explore_cannot_draw_is_refused(shown):
    shown.clear()
    for bad in (None, "draw", 3, lambda value=3: None):
        refused(lambda: dlhelpers.explore(bad, value=(1, 9)), "draw")  # noqa: B023
    refused(lambda: dlhelpers.explore(draw_value, other=(1, 9)), "other")
    assert not shown


@covers("interactive.watch")
@pytest.mark.parametrize("watched", [False, True])
def test_watch_names_what_it_cannot_use(monkeypatch, watched):
    import keras

    monkeypatch.setattr("dlhelpers.interactive.somebody_watches", lambda: watched)
    for bad in WHOLE:
        refused(lambda: dlhelpers.watch(every=bad), "every")  # noqa: B023
    for bad in (3, "draw", [], plt.figure()):
        refused(lambda: dlhelpers.watch(bad), "draw")  # noqa: B023
    for every in (1, np.int64(2)):
        assert isinstance(dlhelpers.watch(draw_value, every), keras.callbacks.Callback)


# Exercises


ANSWERS = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.complex_numbers(),
    st.sampled_from([math.nan, math.inf, -math.inf, ..., object(), len]),
    hnp.arrays(st.sampled_from(["float64", "int8", "bool", "U3", "complex64", "M8[s]"]), hnp.array_shapes(min_side=0)),
    st.recursive(st.floats() | st.text(max_size=2) | st.none(), lambda part: st.lists(part, max_size=3), max_leaves=6),
    st.dictionaries(st.text(max_size=3), st.floats(), max_size=2),
)


@covers("exercises.judge", "exercises.ids")
@MANY
@given(st.sampled_from(ids()), st.lists(ANSWERS, min_size=0, max_size=4))
def test_any_answer_gets_a_verdict_of_one_line(id, answers):
    verdict = judge(id, *answers)
    assert verdict.state in (NOT_YET, UNTRIED) or verdict.state == RIGHT and any(np.size(a) for a in answers)
    assert verdict.state == RIGHT or (verdict.message and "\n" not in verdict.message)
    assert verdict._repr_html_().count("<div") == 1


@covers("exercises.check", "exercises.hint")
@MANY
@given(st.sampled_from(ids()) | st.text(max_size=5) | ANSWERS, ANSWERS)
def test_check_and_hint_print_and_raise_nothing(id, answer):
    import contextlib
    import io

    for call in (lambda: check(id, answer), lambda: hint(id)):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            call()
        assert printed.getvalue().strip()


# Data


LOADERS = sorted(name for name in dir(data) if name.startswith("load_"))


def no_network(item):
    raise data.DataError(f"{item.url}: no network")


@covers(*(f"data.{name}" for name in LOADERS))
@pytest.mark.parametrize("name", LOADERS)
@settings(FEW, max_examples=6)
@given(content=st.binary(max_size=200), times=st.sampled_from([1, 10, 1000]))
def test_files_with_other_bytes_are_refused(tmp_path_factory, name, content, times):
    item = data.REGISTRY["cifar10_train" if name == "load_cifar10" else name.removeprefix("load_")]
    folder = tmp_path_factory.mktemp("data")
    (folder / item.file).write_bytes(content * times)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "bundled_folder", lambda: folder)
        patch.setattr(data, "_download", no_network)
        patch.setenv("DLHELPERS_CACHE", str(folder))
        with pytest.raises(data.DataError, match="damaged") as caught:
            getattr(data, name)()
    assert str(folder / item.file) in str(caught.value)


@pytest.mark.parametrize("bad", ["no", None, 2, math.nan, [True], np.array([True, False])])
def test_full_is_true_or_false(bad):
    refused(lambda: data.load_cifar10(bad), "full")


@covers("data.cache_folder", "data.bundled_folder")
def test_folders_are_folders_or_refused(monkeypatch, tmp_path):
    assert data.bundled_folder().is_dir()
    for good in (str(tmp_path), "relative", "with space/ä", "a" * 200):
        monkeypatch.setenv("DLHELPERS_CACHE", good)
        assert str(data.cache_folder()) == good
    monkeypatch.setenv("DLHELPERS_CACHE", "")
    assert data.cache_folder().name == "dlhelpers"
    monkeypatch.setenv("DLHELPERS_CACHE", "~nobody-of-this-name/cache")
    refused(data.cache_folder, "DLHELPERS_CACHE", kinds=data.DataError)


# Nothing is forgotten


def public_names() -> set[str]:
    names = {f"exercises.{name}" for name in importlib.import_module("dlhelpers.exercises").__all__}
    for part in ("data", "heads", "interactive", "plot", "start", "style"):
        module = importlib.import_module(f"dlhelpers.{part}")
        names |= {
            f"{part}.{name}"
            for name, thing in vars(module).items()
            if callable(thing) and getattr(thing, "__module__", "") == module.__name__ and not name.startswith("_")
        }
    methods = inspect.getmembers(heads.Predictive, inspect.isfunction)
    return names | {f"heads.Predictive.{name}" for name, _ in methods if not name.startswith("_")}


def test_every_public_function_is_here():
    assert public_names() == COVERED | set(NOT_COVERED)
    assert not COVERED & set(NOT_COVERED)
    assert COVERED >= {f"plot.{name}" for name in GOOD} and {f"plot.{name}" for name in GOOD} <= public_names()
