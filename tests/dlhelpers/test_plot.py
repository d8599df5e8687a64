"""Figures: they show what they are given, in the Axes given, or refuse in one line that names the argument."""

import math
import re
import time
import warnings
from itertools import combinations
from types import SimpleNamespace

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pytest  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from hypothesis.extra import numpy as hnp  # noqa: E402
from matplotlib.colors import to_hex, to_rgb  # noqa: E402

from dlhelpers import plot  # noqa: E402
from tests.dlhelpers.refusals import WHOLE, refused  # noqa: E402

FEW = settings(deadline=None, derandomize=True, database=None, max_examples=12)
CORNERS = np.array([[-1.0, -2.0], [1.0, 2.0]])
POINTS = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 6.0]])
IMAGES = np.arange(24.0).reshape(2, 3, 4)
FINITE = st.floats(-1e6, 1e6)
NAMES = st.text("abcxyzäß $%0", min_size=1, max_size=8).filter(lambda name: name.count("$") < 2)


@pytest.fixture(autouse=True)
def close_figures():
    plt.close("all")  # those of other tests
    yield
    plt.close("all")


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


def border_of(ax) -> np.ndarray:
    """The vertices of the line where the predicted class changes."""
    lines = [c for c in ax.collections if c.get_linewidth()[0] == 2]
    return np.concatenate([path.vertices for line in lines for path in line.get_paths()])


def colour_at(ax, x, y) -> np.ndarray:
    """The colour of the rendered picture at a point, 0 to 1."""
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())
    column, row = ax.transData.transform((x, y)).astype(int)
    return pixels[len(pixels) - 1 - row, column, :3] / 255


def half(points):
    return np.full(len(points), 0.5)


# Refused, and nothing half drawn


GOOD = {
    "scatter": {"x": POINTS, "y": [0, 1, 2]},
    "decision_boundary": {"model": half, "x": POINTS, "y": [0, 1, 0], "limits": (0, 1, 2, 3), "grid": 5},
    "image_grid": {"images": IMAGES, "limits": (0, 1)},
    "kernels": {"weights": IMAGES[..., None]},
    "feature_maps": {"maps": IMAGES},
    "confusion": {"y_true": [0, 1, 2], "y_pred": [0, 1, 1]},
    "predictive_band": {"x": [1, 2, 3], "mean": [1, 2, 3], "sd": [1, 1, 2]},
    "conditional_distribution": {"y": [0.0, 1.0, 2.0], "densities": {"a": [0.2, 0.3, 0.5]}, "observed": {"a": 1.0}},
    "learning_curves": {"runs": {"a": {"loss": [3.0, 2.0]}}},
    "samples_by_epoch": {"samples": {1: IMAGES, 5: IMAGES}},
    "network_diagram": {"units": [2, 3], "weights": [np.ones((2, 3))], "values": [[1, 2], [1, 2, 3]]},
}
LONGER_IS_FINE = {("image_grid", "images"), ("kernels", "weights"), ("feature_maps", "maps")}


def spoiled(name: str, argument: str, good) -> list:
    """What the argument must not be: of another kind, and text, NaN or too much where its array stands."""
    bad = ["abc", object(), [[1.0], [1.0, 2.0]], {1.0}]
    if argument in ("model", "grid", "units"):
        return bad
    if argument == "runs":
        return [*bad, {"a": {"loss": ["3", "2"]}}, {"a": {"loss": [[3, 2]]}}, {"a": {"loss": []}}]
    key = list(good)[-1] if isinstance(good, dict) else 0
    nested = isinstance(good, dict) or argument in ("weights", "values") and name == "network_diagram"
    array = np.array(good[key] if nested else good, float)
    kinds = [array.astype(str), np.zeros((0, *array.shape[1:])), np.concatenate([np.atleast_1d(array)] * 2)]
    if argument != "values":  # they are written as text, so that "nan" is seen
        kinds.append(np.where(array == array.flat[-1], np.nan, array))
    if (name, argument) in LONGER_IS_FINE:
        del kinds[2]
    if nested:
        kinds = [{**good, key: kind} if isinstance(good, dict) else [kind, *good[1:]] for kind in kinds]
    return [*bad, *kinds]


@pytest.mark.parametrize("name", GOOD)
def test_bad_numbers_are_refused_before_anything_is_drawn(name):
    function, good = getattr(plot, name), GOOD[name]
    _, ax = plt.subplots()
    held = len(ax.get_children())
    for argument, value in good.items():
        for bad in spoiled(name, argument, value):
            refused(lambda: function(**{**good, argument: bad}), argument)  # noqa: B023
            refused(lambda: function(**{**good, argument: bad}, ax=ax), argument)  # noqa: B023
    assert len(ax.get_children()) == held
    assert function(**good, ax=ax) is ax and len(ax.get_children()) > held
    assert plt.get_fignums() == [ax.figure.number]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plot.decision_boundary(lambda x: x[:, 0] * 5, CORNERS), "is the sigmoid or softmax missing?"),
        (lambda: plot.decision_boundary(lambda x: np.full(len(x), np.nan), CORNERS), "sigmoid or softmax missing"),
        (lambda: plot.decision_boundary(lambda x: x[:10, 0], CORNERS), "the model must give one row for each"),
        (lambda: plot.scatter(np.zeros((4, 3)), np.zeros(4)), "x must have shape (n, 2) with n > 0, not (4, 3)"),
        (lambda: plot.scatter([[np.nan, 1.0]], [0]), "x has 1 values that are NaN or infinite: drop or mend them"),
        (lambda: plot.scatter(CORNERS, [0]), "y must have as many values as x, 2, not 1"),
        (lambda: plot.scatter(CORNERS, [-1, 0]), "y must hold classes from 0 to 7, which have a colour, not -1"),
        (lambda: plot.learning_curves({"b": {"loss": [1]}}, "accuracy"), "run 'b' has no 'accuracy', only ['loss']"),
        (lambda: plot.image_grid(np.zeros((4, 4))), "images must have shape (n, h, w[, 1 or 3]), not (4, 4)"),
        (lambda: plot.kernels(np.zeros((3, 2, 4))), "must have shape (h, w, channels, kernels), not (3, 2, 4)"),
        (lambda: plot.feature_maps(np.zeros((5, 6))), "must have shape (height, width, channels), not (5, 6)"),
        (lambda: plot.samples_by_epoch({1: IMAGES, 2: IMAGES[:1]}), "each epoch needs the same number of images"),
        (lambda: plot.conditional_distribution([0, 1], {"a": [-1.0, -2.0]}), "from -2 to -1: is it a logarithm?"),
        (lambda: plot.network_diagram((3,)), "units must be 2 to 20 numbers, one for each layer, not [3]"),
    ],
)
def test_messages_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


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


@pytest.mark.parametrize(
    ("call", "argument", "wrong"),
    [
        (lambda bad: plot.decision_boundary(half, POINTS, grid=bad), "grid", [*WHOLE, 1, 2001, 10**9]),
        (lambda bad: plot.image_grid(IMAGES, columns=bad), "columns", WHOLE),
        (lambda bad: plot.network_diagram((2, 3), most=bad), "most", [*WHOLE, 1, 21]),
        (lambda bad: plot.network_diagram(bad), "units", [(), 5, "23", [1] * 21, None, (2, 0), (2, 1.5), (2, True)]),
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
        (lambda bad: plot.decision_boundary(lambda x: x, POINTS, scale=bad), "model", ["p"]),
        (lambda bad: plot.decision_boundary(lambda x: np.ones((len(x), 3)) / 3, POINTS, scale=bad), "scale", "p"),
        (lambda bad: plot.learning_curves({"a": {"loss": [1, 2], "val_loss": bad}}), "runs", [[1], [], "ab", [[1]]]),
        (lambda bad: plot.learning_curves(bad), "runs", [{}, [1, 2], {"a": [3, 2]}, None, {"loss": [1, 2]}]),
        (lambda bad: plot.conditional_distribution([0, 1], bad), "densities", [{}, [0, 1], {"a": [-1, 0]}, {"a": 1}]),
        (lambda bad: plot.conditional_distribution(bad, {"a": [1, 0]}), "y", [[1, 1], [0.5], 1]),
        (lambda bad: plot.conditional_distribution([0, 1], {"a": [1, 0]}, observed=bad), "observed", [{"b": 1}, 1]),
        (lambda bad: plot.samples_by_epoch(bad), "samples", [{}, [IMAGES], {1: IMAGES, 2: IMAGES[:1]}]),
        (lambda bad: plot.samples_by_epoch({1: IMAGES, 2: bad}), "samples", [IMAGES[:, :2], IMAGES.astype("uint8")]),
        (lambda bad: plot.scatter(POINTS, bad), "y", [[0, 1, 8], [0, 1, -1], [0, 1, 0.5], [[0, 1, 2]]]),
    ],
)
def test_single_values_that_do_not_fit_are_refused(call, argument, wrong):
    for bad in wrong:
        refused(lambda: call(bad), argument)  # noqa: B023


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


@pytest.mark.parametrize("scale", [255.0, -1.0, 1.01])
def test_colours_out_of_range_are_not_cut_silently(scale):
    images = np.ones((2, 3, 3, 3)) * scale
    refused(lambda: plot.image_grid(images), "images")
    refused(lambda: plot.image_grid((images * 300).astype(int)), "images")
    refused(lambda: plot.samples_by_epoch({1: images}), "samples")


MANY_CLASSES = np.arange(5000)
MILLION = np.random.default_rng(0).normal(size=(10**6, 2))


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: plot.image_grid(np.zeros((60_000, 28, 28), "uint8")), "images"),
        (lambda: plot.kernels(np.zeros((1, 1, 512, 512))), "weights"),
        (lambda: plot.feature_maps(np.zeros((2, 2, 5000))), "maps"),
        (lambda: plot.samples_by_epoch({epoch: IMAGES for epoch in range(600)}), "samples"),
        (lambda: plot.confusion(MANY_CLASSES, MANY_CLASSES), "y_true"),
        (lambda: plot.decision_boundary(lambda x: np.ones((len(x), 1000)) / 1000, POINTS, grid=20), "model"),
        (lambda: plot.learning_curves({str(k): {"loss": [1, 2]} for k in range(1000)}), "runs"),
        (lambda: plot.conditional_distribution(np.arange(10**6), {"a": np.zeros(10**6)}), "y"),
        (lambda: plot.conditional_distribution([0, 1], {str(k): [0, 1] for k in range(1000)}), "densities"),
        (lambda: plot.conditional_distribution(MILLION[:, 0], {"a": abs(MILLION[:, 1])}), "y"),
        (lambda: plot.predictive_band(MILLION[:, 0], MILLION[:, 1], 1), "x"),
    ],
)
def test_what_no_picture_can_show_is_refused_at_once(call, argument):
    begin = time.process_time()
    refused(call, argument)
    assert time.process_time() - begin < 6, "half on a quick machine"


# Pictures hold what they are given


def test_border_lies_where_the_probability_is_one_half():
    calls = []

    def model(x):
        calls.append(len(x))
        return 1 / (1 + np.exp(-(1 + 2 * x[:, 0] + 0.5 * x[:, 1])))

    ax = plot.decision_boundary(model, CORNERS * 3)
    x1, x2 = border_of(ax).T
    assert np.allclose(x2, -2 - 4 * x1, atol=0.05) and calls == [200 * 200]


@pytest.mark.parametrize("shape", [lambda p: p, lambda p: p[:, None], lambda p: np.column_stack([1 - p, p])])
def test_all_shapes_of_binary_answers(shape):
    ax = plot.decision_boundary(lambda x: shape((x[:, 0] > 0) * 0.9), CORNERS, [0, 1], labels=["no", "yes"])
    assert np.allclose(border_of(ax)[:, 0], 0, atol=0.02) and legend_of(ax) == ["no", "yes"]


def test_scikit_learn_classifier():
    from sklearn.linear_model import LogisticRegression

    x = np.random.default_rng(0).normal(size=(200, 2))
    ax = plot.decision_boundary(LogisticRegression().fit(x, x[:, 0] > 0), x)
    assert abs(border_of(ax)[:, 0]).max() < 0.3


def test_keras_model():
    import keras

    layers = keras.layers
    model = keras.Sequential([keras.Input((2,)), layers.Dense(16, "relu"), layers.Dense(1, activation="sigmoid")])
    x1, x2 = border_of(plot.decision_boundary(model, CORNERS)).T
    points = np.column_stack([x1, x2]).astype("float32")
    assert np.allclose(model(points), 0.5, atol=0.02)


def test_data_frames_name_the_axes_and_classes_keep_their_colours():
    frame = pd.DataFrame(CORNERS, columns=["Left (mm)", "Bottom (mm)"])
    ax = plot.scatter(frame, [[1], [0]], labels=["genuine", "forged"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Left (mm)", "Bottom (mm)")
    colours = {to_hex(c.get_facecolor()[0]).upper(): c.get_offsets().data.tolist() for c in ax.collections}
    assert colours == {plot.PALETTE[0]: [CORNERS[1].tolist()], plot.PALETTE[1]: [CORNERS[0].tolist()]}


def test_classes_differ_without_colour():
    first, second = plot.scatter(CORNERS, [0, 1]).collections
    assert not np.array_equal(first.get_paths()[0].vertices, second.get_paths()[0].vertices)


def test_learning_curves_of_several_runs():
    runs = {"a": {"loss": [3, 2], "val_loss": [3, 2.5]}, "b": {"loss": [1, 0.5, 0.2]}}
    ax = plot.learning_curves(runs, ylabel="NLL")
    assert legend_of(ax) == ["a, training", "a, validation", "b"]
    assert ax.lines[2].get_xdata().tolist() == [1, 2, 3] and ax.get_ylabel() == "NLL"
    assert ax.lines[0].get_color() == ax.lines[1].get_color() != ax.lines[2].get_color()


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


def test_network_diagram_draws_each_weight():
    W = np.array([[1.0, -2.0], [0.5, 0.0]])
    ax = plot.network_diagram((2, 2), weights=[W], values=[[1, 2], [3, 4]], names=["in", "out"])
    assert [line.get_color() for line in ax.lines] == [plot.PALETTE[i] for i in (1, 0, 1)]  # none for the 0
    assert np.argmax([line.get_linewidth() for line in ax.lines]) == 1
    assert {text.get_text() for text in ax.texts} == {"1", "2", "3", "4", "in", "out"}


# Computational graphs


class Node:
    """What a tape of one's own would hold."""

    def __init__(self, data, op="input", parents=(), name=""):
        self.data, self.op, self.parents, self.name = np.asarray(data, float), op, parents, name


def product_of_sums():
    x, y, z = Node(-2, name="x"), Node(5, name="y"), Node([[1.0, 2.0]], name="z")
    q = Node(3, "+", (x, y))
    return x, y, z, q, Node(np.ones((20, 3)), "×", (q, z))


def test_a_computational_graph_shows_values_above_gradients():
    x, y, z, q, f = product_of_sums()
    ax = drawn(lambda: plot.computational_graph(f, {x: -4, y: -4.25, z: 3, q: 0.123456, f: np.ones((20, 3))}))
    places = {text.get_text(): text.get_position() for text in ax.texts if text.get_text() not in ("20×3", "−4")}
    assert {"x", "y", "z", "+", "×", "−2", "5", "1  2", "3", "−4.25", "0.123"} <= set(places)
    assert texts_of(ax).count("20×3") == 2 and texts_of(ax).count("−4") == 1
    assert places["5"][1] > places["y"][1] > places["−4.25"][1]
    assert places["x"][0] == places["y"][0] == places["z"][0] < places["+"][0] < places["×"][0]
    assert len(ax.lines) == 5 and inside(ax, *np.array(list(places.values())).T)


def test_a_transformer_block_adds_each_of_its_two_parts():
    ax = drawn(plot.transformer_block)
    names = texts_of(ax)
    assert names.count("norm") == names.count("+") == 2 and len(ax.collections) == 2
    places = {text.get_text().split("\n")[0]: text.get_position() for text in ax.texts}
    assert places["x"][0] < places["attention"][0] < places["h"][0] < places["dense, dense"][0] < places["out"][0]
    assert inside(ax, *np.array(list(places.values())).T)
    refused(lambda: plot.transformer_block(3), "ax must be one Axes")


def test_a_residual_block_adds_its_input_before_the_last_relu():
    ax = drawn(plot.residual_block)
    names = texts_of(ax)
    assert names.count("conv") == names.count("batch norm") == names.count("ReLU") == 2
    inside_boxes = [text for text in ax.texts if text.get_text() and text.get_position()[1] == 0]
    along = sorted(inside_boxes, key=lambda text: text.get_position()[0])
    steps = ["z", "conv", "batch norm", "ReLU", "conv", "batch norm", "+", "ReLU", "new z"]
    assert [text.get_text() for text in along] == steps
    assert inside(ax, *np.array([text.get_position() for text in ax.texts]).T)
    refused(lambda: plot.residual_block(3), "ax must be one Axes")


def test_the_noise_of_a_vae_comes_from_outside():
    ax = drawn(plot.vae)
    places = {text.get_text(): text.get_position() for text in ax.texts if text.get_text()}
    assert places["encoder"][0] < places["×"][0] < places["+"][0] < places["decoder"][0]
    assert places["$\\sigma$"][1] == places["×"][1] < places["$\\mu$"][1]  # sd times noise, then the mean is added
    assert places["noise ε"][1] < places["×"][1] and {"KL to the prior", "reconstruction"} < set(places)
    assert inside(ax, *np.array(list(places.values())).T)
    refused(lambda: plot.vae(3), "ax must be one Axes")


def test_a_value_that_is_used_twice_has_two_edges():
    x = Node(3, name="x")
    ax = drawn(lambda: plot.computational_graph(Node(9, "×", (x, x))))
    ends = [tuple(line.get_xydata()[-1]) for line in ax.lines]
    assert len(ax.collections) == 2 and len(ends) == len(set(ends)) == 3


def test_no_two_nodes_of_a_graph_cover_each_other():
    a, b = Node(1, name="a"), Node(2, name="b")
    top = Node(3, "+", (Node(2, "×", (a, b)), Node(2, "max", (a, b))))
    ax = drawn(lambda: plot.computational_graph(top))
    places = [circle.get_offsets()[0] for circle in ax.collections]
    assert all(np.abs(p - q).max() >= 0.45 for p, q in combinations(places, 2))


def test_graphs_that_cannot_be_drawn_are_refused():
    x, _, _, _, f = product_of_sums()
    refused(lambda: plot.computational_graph(3.0), "output: each node needs data")
    child_of_a_number = SimpleNamespace(data=1, op="+", parents=[3], name="")
    refused(lambda: plot.computational_graph(child_of_a_number), "output: each node")
    refused(lambda: plot.computational_graph(f, {x: 1}), "gradients")
    refused(lambda: plot.computational_graph(f, [1, 2]), "gradients")
    refused(lambda: plot.computational_graph(f, ax="ax"), "ax must be one Axes")
    refused(lambda: plot.computational_graph(Node(1, "+", (Node(1),)), {}), "gradients")
    long = Node(1)
    for _ in range(plot.MOST_NODES):
        long = Node(1, "+", (long,))
    refused(lambda: plot.computational_graph(long), "output has more than 40 nodes")
    long.parents = (long,)
    refused(lambda: plot.computational_graph(long), "output has more than 40 nodes")
    assert plt.get_fignums() == []


def test_a_step_of_a_convolution_shows_three_grids_of_numbers():
    ax = drawn(lambda: plot.convolution([[1, 2, 3], [4, 5, 6]], [[-1, 1]], place=(1, 0)))
    assert texts_of(ax) == [*"123456", "image", "-1", "1", "kernel", *"1111", "feature map", "∗", "="]
    window, kernel, answer = (line.get_xydata() for line in ax.lines)
    assert np.allclose(window.min(axis=0), (0, 1)) and np.allclose(window.max(axis=0), (2, 2))
    assert np.allclose(np.ptp(kernel, axis=0), (2, 1)) and np.allclose(np.ptp(answer, axis=0), (1, 1))
    shades = [image.get_array() for image in ax.images]
    assert shades[0].argmax() == 5 and shades[1].tolist() == [[-0.55, 0.55]]


def test_a_convolution_that_cannot_be_drawn_is_refused():
    refused(lambda: plot.convolution(np.zeros((13, 3)), [[1]]), "image must have shape")
    refused(lambda: plot.convolution([1, 2], [[1]]), "image must have shape")
    refused(lambda: plot.convolution(np.zeros((3, 3)), np.ones((4, 1))), "kernel must")
    refused(lambda: plot.convolution(np.zeros((3, 3)), [1, 2]), "kernel must")
    for bad in ((2, 0), (-1, 0), 1, (1, 1, 1), (0.5, 0), None):
        refused(lambda bad=bad: plot.convolution(np.zeros((3, 3)), np.ones((2, 2)), bad), "place")
    refused(lambda: plot.convolution([["a"]], [[1]]), "image")
    refused(lambda: plot.convolution([[1]], [[1]], ax="ax"), "ax must be one Axes")


class Shaped:
    """A layer or a model, as far as the picture of shapes looks at it."""

    def __init__(self, *shape, **more):
        self.output = np.empty((1, *shape))
        vars(self).update(more)


class Wide(Shaped):
    pass


def test_layer_shapes_leaves_out_what_changes_no_shape():
    layers = [Shaped(8, 8, 1), Shaped(4, 4, 16), Wide(256), Wide(10)]
    model = Shaped(10, input_shape=(None, 8, 8, 1), layers=layers)
    ax = drawn(lambda: plot.layer_shapes(model))
    named = [text for text in texts_of(ax) if text]
    assert named == ["8 x 8 x 1", "Shaped", "4 x 4 x 16", "Wide", "256", "Wide", "10"]
    assert len(ax.patches) == 1 + 6 + 1 + 1
    for bad in (3, None, Shaped(1), Shaped(1, input_shape=(None, 8, 8, 1), layers=[3])):
        refused(lambda bad=bad: plot.layer_shapes(bad), "model must be a built")
    refused(lambda: plot.layer_shapes(Shaped(1, input_shape=(None, 8, 8), layers=[])), "model must have")
    refused(lambda: plot.layer_shapes(model, ax=3), "ax must be one Axes")


def test_an_unrolled_network_uses_its_weights_at_each_step():
    ax = drawn(lambda: plot.unrolled_network(4))
    assert texts_of(ax).count("W") == texts_of(ax).count("U") == 1 + 4  # the loop, and four steps
    assert {"$h_t$", "$h_0$", "$h_4$", "$x_4$", "$y_4$"} <= set(texts_of(ax)) and "$x_0$" not in texts_of(ax)
    for bad in [*WHOLE, 1, 7]:
        refused(lambda bad=bad: plot.unrolled_network(bad), "steps")
    refused(lambda: plot.unrolled_network(ax="ax"), "ax must be one Axes")


def arrows_of(ax):
    """Start and end of each arrow."""
    return [(text.xyann, text.xy) for text in ax.texts if getattr(text, "arrowprops", None)]


def test_an_lstm_cell_has_three_gates_and_a_candidate():
    ax = drawn(plot.lstm_cell)
    words = texts_of(ax)
    assert words.count("σ") == 3 and words.count("tanh") == 2 and words.count("×") == 3 and words.count("+") == 1
    assert {"$c_{t-1}$", "$c_t$", "$h_{t-1}$", "$h_t$", "$x_t$"} <= set(words)
    forget, times = [next(t.get_position() for t in ax.texts if t.get_text() == word) for word in ("σ", "×")]
    upwards = [(x, x1) for (x, y), (x1, y1) in arrows_of(ax) if y > forget[1] and y1 - y > 1.5]
    assert forget[0] == times[0] and (forget[0], times[0]) in upwards  # the first gate multiplies the old cell
    assert all(inside(ax, *text.get_position()) for text in ax.texts)
    refused(lambda: plot.lstm_cell("ax"), "ax must be one Axes")
