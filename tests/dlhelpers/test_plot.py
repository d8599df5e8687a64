"""Figures: they show what they are given, refuse what they cannot show, and draw in the Axes given."""

import time

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pytest  # noqa: E402
from matplotlib.colors import to_hex  # noqa: E402

from dlhelpers import plot  # noqa: E402

CORNERS = np.array([[-1.0, -2.0], [1.0, 2.0]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def border_of(ax) -> np.ndarray:
    """The vertices of the line where the predicted class changes."""
    lines = [c for c in ax.collections if c.get_linewidth()[0] == 2]
    return np.concatenate([path.vertices for line in lines for path in line.get_paths()])


def labels_of(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


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
    assert np.allclose(border_of(ax)[:, 0], 0, atol=0.02) and labels_of(ax) == ["no", "yes"]


def test_three_classes_get_three_regions():
    def model(x):
        z = np.column_stack([x[:, 0], x[:, 1], -x.sum(axis=1)])
        return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)

    ax = plot.decision_boundary(model, CORNERS * 2, [0, 2])
    assert len(border_of(ax)) > 100


def test_scikit_learn_classifier():
    from sklearn.linear_model import LogisticRegression

    x = np.random.default_rng(0).normal(size=(200, 2))
    ax = plot.decision_boundary(LogisticRegression().fit(x, x[:, 0] > 0), x)
    assert abs(border_of(ax)[:, 0]).max() < 0.3


def test_keras_model_on_a_fine_grid_is_quick():
    import keras

    layers = keras.layers
    model = keras.Sequential([keras.Input((2,)), layers.Dense(16, "relu"), layers.Dense(1, activation="sigmoid")])
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        plot.decision_boundary(model, CORNERS, grid=200)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.3


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: x[:, 0] * 5, "sigmoid or softmax missing"),
        (lambda x: np.full(len(x), np.nan), "sigmoid or softmax missing"),
        (lambda x: np.array(0.5), "one row for each"),
        (lambda x: x[:10, 0], "one row for each"),
    ],
)
def test_answers_that_are_no_probabilities(answer, message):
    with pytest.raises(ValueError, match=message):
        plot.decision_boundary(answer, CORNERS)


@pytest.mark.parametrize("x", [np.zeros((0, 2)), np.zeros(4), np.zeros((4, 3)), [[np.nan, 1.0]]])
def test_bad_points(x):
    with pytest.raises(ValueError, match="^x "):
        plot.scatter(x, np.zeros(len(x)))


@pytest.mark.parametrize("y", [[0], [0.5, 1], [-1, 0], [0, 1, 2]])
def test_bad_classes(y):
    with pytest.raises(ValueError, match="^y must"):
        plot.scatter(CORNERS, y)


def test_data_frames_name_the_axes_and_classes_keep_their_colours():
    frame = pd.DataFrame(CORNERS, columns=["Left (mm)", "Bottom (mm)"])
    ax = plot.scatter(frame, [[1], [0]], labels=["genuine", "forged"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Left (mm)", "Bottom (mm)")
    colours = {to_hex(c.get_facecolor()[0]).upper(): c.get_offsets().data.tolist() for c in ax.collections}
    assert colours == {plot.PALETTE[0]: [CORNERS[1].tolist()], plot.PALETTE[1]: [CORNERS[0].tolist()]}


def test_classes_differ_without_colour():
    first, second = plot.scatter(CORNERS, [0, 1]).collections
    assert not np.array_equal(first.get_paths()[0].vertices, second.get_paths()[0].vertices)


def test_axes_that_are_given_are_used():
    _, ax = plt.subplots()
    assert plot.scatter(CORNERS, [0, 1], ax=ax) is ax
    assert plot.image_grid(np.zeros((3, 4, 4)), ax=ax) is ax
    assert plot.network_diagram((2, 1), ax) is ax
    assert plt.get_fignums() == [ax.figure.number]


def test_learning_curves_of_several_runs():
    runs = {"a": {"loss": [3, 2], "val_loss": [3, 2.5]}, "b": {"loss": [1, 0.5, 0.2]}}
    ax = plot.learning_curves(runs, ylabel="NLL")
    assert labels_of(ax) == ["a, training", "a, validation", "b"]
    assert ax.lines[2].get_xdata().tolist() == [1, 2, 3] and ax.get_ylabel() == "NLL"
    assert ax.lines[0].get_color() == ax.lines[1].get_color() != ax.lines[2].get_color()
    with pytest.raises(ValueError, match="run 'b' has no 'accuracy', only .'loss'."):
        plot.learning_curves({"b": runs["b"]}, "accuracy")


def test_image_grid_keeps_order_and_one_scale():
    images = np.arange(5 * 2 * 3).reshape(5, 2, 3)
    ax = plot.image_grid(images, titles="abcde", columns=2)
    assert [text.get_text() for text in ax.texts] == list("abcde")
    assert all(np.array_equal(shown.get_array(), image) for shown, image in zip(ax.images, images, strict=True))
    assert {shown.get_clim() for shown in ax.images} == {(0.0, 29.0)}
    left, right, bottom, top = ax.images[1].get_extent()
    assert left > ax.images[0].get_extent()[1] and bottom > top
    assert len(plot.image_grid(np.zeros((2, 4, 4, 3))).images) == 2
    for bad in (np.zeros((4, 4)), np.zeros((0, 4, 4)), np.zeros((2, 4, 4, 2))):
        with pytest.raises(ValueError, match="shape"):
            plot.image_grid(bad)


def test_kernels_are_drawn_as_keras_keeps_them():
    weights = np.random.default_rng(0).normal(size=(3, 3, 2, 4))
    ax = plot.kernels(weights)
    assert len(ax.images) == 8
    assert np.array_equal(ax.images[3].get_array(), weights[:, :, 1, 1])
    low, high = ax.images[0].get_clim()
    assert low == -high == -abs(weights).max()
    with pytest.raises(ValueError, match="channels, kernels"):
        plot.kernels(weights[0])


def test_feature_maps_show_each_channel():
    maps = np.random.default_rng(0).normal(size=(5, 6, 3))
    ax = plot.feature_maps(maps)
    assert all(np.array_equal(shown.get_array(), maps[..., c]) for c, shown in enumerate(ax.images))
    with pytest.raises(ValueError, match="height, width, channels"):
        plot.feature_maps(maps[0])


def test_confusion_has_true_classes_as_rows():
    ax = plot.confusion([0, 0, 1, 1, 1], [0, 1, 1, 1, 1], labels=["cat", "dog"])
    assert [text.get_text() for text in ax.texts] == ["1", "1", "0", "3"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    shares = plot.confusion([0, 0, 1, 1, 1], [0, 1, 1, 1, 1], normalize=True)
    assert [text.get_text() for text in shares.texts] == ["0.50", "0.50", "0.00", "1.00"]


def test_predictive_band_sorts_and_widens():
    ax = plot.predictive_band([2, 0, 1], [20, 0, 10], 1.5)
    assert ax.lines[0].get_xdata().tolist() == [0, 1, 2] and ax.lines[0].get_ydata().tolist() == [0, 10, 20]
    heights = [np.ptp(band.get_paths()[0].vertices[:, 1]) for band in ax.collections]
    assert np.allclose(heights, [20 + 2 * 2 * 1.5, 20 + 2 * 1.5])
    assert labels_of(ax) == ["±2 sd", "±1 sd", "mean"]


def test_conditional_distribution_of_counts_and_of_densities():
    counts = plot.conditional_distribution(np.arange(3), {"a": [0.2, 0.3, 0.5], "b": [1, 0, 0]}, observed={"a": 2})
    assert len(counts.patches) == 6 and counts.get_ylabel() == "probability"
    assert counts.lines[0].get_xdata().tolist() == [2]
    density = plot.conditional_distribution(np.linspace(0, 1, 5), {"a": np.ones(5)})
    assert density.lines[0].get_ydata().tolist() == [1] * 5 and density.get_ylabel() == "density"


def test_latent_map_names_each_class_at_its_centre():
    codes = np.array([[0.0, 0], [0, 2], [10, 10], [12, 10]])
    ax = plot.latent_map(codes, [0, 0, 1, 1], labels=["zero", "one"])
    assert {t.get_text(): t.get_position() for t in ax.texts} == {"zero": (0, 1), "one": (11, 10)}


def test_samples_by_epoch_has_one_row_an_epoch():
    ax = plot.samples_by_epoch({1: np.zeros((4, 2, 2)), 5: np.ones((4, 2, 2))})
    assert [text.get_text() for text in ax.texts] == ["epoch 1", "epoch 5"]
    assert [shown.get_array()[0, 0] for shown in ax.images] == [0] * 4 + [1] * 4
    with pytest.raises(ValueError, match="same number"):
        plot.samples_by_epoch({1: np.zeros((4, 2, 2)), 5: np.ones((3, 2, 2))})


def test_network_diagram_draws_each_weight():
    W = np.array([[1.0, -2.0], [0.5, 0.0]])
    ax = plot.network_diagram((2, 2), weights=[W], values=[[1, 2], [3, 4]], names=["in", "out"])
    assert [line.get_color() for line in ax.lines] == [plot.PALETTE[i] for i in (1, 0, 1, 0)]
    assert np.argmax([line.get_linewidth() for line in ax.lines]) == 1
    assert {text.get_text() for text in ax.texts} == {"1", "2", "3", "4", "in", "out"}
    long = plot.network_diagram((2, 100, 1))
    assert "⋮" in {text.get_text() for text in long.texts} and len(long.lines) == 2 * 8 + 8
    with pytest.raises(ValueError, match="units must be"):
        plot.network_diagram((3,))
