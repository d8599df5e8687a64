"""What a figure shows, and how it looks from afar: what must agree agrees, what must differ differs."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from PIL import Image

from tests.comparison import pictures
from tests.comparison.figures import LIMIT, describe, problems

X = np.arange(30)
GREY = np.linspace(0, 1, 64).reshape(8, 8)


def draw(
    *,
    title: str = "Training and validation loss",
    xlabel: str = "epoch",
    names: tuple[str, str] = ("train", "validation"),
    colours: tuple[str, str] = ("C0", "C1"),
    noise: float = 0.0,
    bars: str = "abcd",
    best: float = 0.97,
    remark: str = "here they part",
    scale: str = "linear",
    panels: int = 3,
    image: np.ndarray = GREY,
    cmap: str = "gray",
    legend: bool = True,
    swap: bool = False,
) -> Figure:
    """Return a figure with a bit of all that notebooks draw."""
    noisy = 1 + noise * np.random.default_rng(1).normal(size=30)
    figure = Figure(figsize=(9, 3.4), dpi=100)
    axes = figure.subplots(1, panels)
    left, middle = axes[:2][:: -1 if swap else 1]
    left.plot(X, (2 * np.exp(-X / 6) + 0.2) * noisy, colours[0], label=names[0])
    left.plot(X, 2 * np.exp(-X / 7) + 0.4, colours[1], label=names[1])
    left.fill_between(X, 0.1, 0.2, alpha=0.3)
    left.axvline(12, color="black", linestyle=":")
    left.annotate(remark, (12, 0.6), xytext=(10, 10), textcoords="offset points")
    left.set(title=title, xlabel=xlabel, ylabel="loss", yscale=scale)
    if legend:
        left.legend()
    middle.bar(list(bars), np.array([0.91, 0.85, best, 0.6])[: len(bars)])
    middle.set_ylim(0, 1.1)
    if panels > 2:
        axes[2].scatter(*np.random.default_rng(2).normal(size=(2, 50)), c=np.arange(50))
        axes[2].imshow(image, extent=(-2, 2, -2, 2), cmap=cmap)
    return figure


def png(figure: Figure) -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format="png", bbox_inches="tight")
    return target.getvalue()


def picture(figure: Figure) -> Image.Image:
    return pictures.decode(base64.b64encode(png(figure)).decode())


def test_the_same_figure_agrees() -> None:
    assert problems(describe(draw()), describe(draw())) == []
    assert problems(describe(draw()), describe(draw(noise=1e-3))) == []


def test_fonts_and_hinting_make_no_difference() -> None:
    with matplotlib.rc_context({"font.family": "serif", "text.hinting": "none", "font.size": 11}):
        other = draw()
    other.set_layout_engine("constrained")
    png(other)
    assert problems(describe(draw()), describe(other)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": "Test and validation loss"}, "title: 'Training and validation loss' -> 'Test and"),
        ({"xlabel": "step"}, "x label: 'epoch' -> 'step'"),
        ({"remark": "here they meet"}, "text: 'here they part' -> 'here they meet'"),
        ({"names": ("validation", "train")}, "legend, names"),
        ({"colours": ("C1", "C0")}, "(line train), colour: '#1f77b4ff' -> '#ff7f0eff'"),
        ({"noise": 0.05}, "(line train), y:"),
        ({"bars": "abc"}, "(bars), n: 4 -> 3"),
        ({"bars": "abdc"}, "x ticks"),
        ({"best": 0.9}, "(bars), top: "),
        ({"scale": "log"}, "y scale"),
        ({"panels": 2}, "axes: 3"),
        ({"image": GREY[::-1]}, "(image), shades"),
        ({"image": GREY[:7]}, "(image), shape"),
        ({"cmap": "gray_r"}, "colours of: 'gray' -> 'gray_r'"),
        ({"legend": False}, "legend"),
        ({"swap": True}, "title"),
    ],
)
def test_another_figure_differs_and_says_where(change: dict, told: str) -> None:
    for pair in [(draw(), draw(**change)), (draw(**change), draw())]:
        assert problems(*map(describe, pair))
    assert told in "\n".join(problems(describe(draw()), describe(draw(**change))))


def test_swapped_curves_differ() -> None:
    def curves(order: int) -> Figure:
        figure = Figure()
        for label, values in zip(("train", "validation"), [X**2, 900 - X**2][::order], strict=True):
            figure.gca().plot(X, values, label=label)
        return figure

    assert problems(describe(curves(1)), describe(curves(-1)))


def test_colour_maps_of_our_own_are_compared_by_colour() -> None:
    def filled(*colours: str) -> Figure:
        figure = Figure()
        figure.gca().contourf(np.outer(X, X), levels=[0, 400, 900], cmap=ListedColormap(colours))
        return figure

    assert problems(describe(filled("red", "blue")), describe(filled("red", "blue"))) == []
    assert "colours of" in problems(describe(filled("red", "blue")), describe(filled("blue", "red")))[0]


def test_tolerance_is_a_share_of_the_axis() -> None:
    saved, moved = describe(draw()), describe(draw(noise=0.02))
    assert problems(saved, moved)
    assert problems(saved, moved, tolerance=0.05) == problems(saved, moved, share=0.05) == []
    assert problems(saved, describe(draw(xlabel="step", noise=0.02)), share=0.05) == ["axes 1 (Training and "
        "validation loss), x label: 'epoch' -> 'step'"]


def test_numbers_in_words_have_the_tolerance_of_texts() -> None:
    saved, fresh = describe(draw(title="accuracy 0.912")), describe(draw(title="accuracy 0.921"))
    assert problems(saved, fresh) and not problems(saved, fresh, tolerance=0.02)


def heat_map(*numbers: str, title: str = "right") -> str:
    figure = Figure()
    ax = figure.subplots()
    for k, number in enumerate(numbers):
        ax.text(k, 0.5, number)
    ax.set_title(title)
    return describe(figure)


def test_numbers_in_a_heat_map_are_data() -> None:
    """A trained net's confusions change with the processor: by a share of the largest number, and only with a tag."""
    saved = heat_map("0.92", "0.02", "972", "0")
    near, far = heat_map("0.95", "0.04", "950", "7"), heat_map("0.95", "0.04", "950", "60")
    assert problems(saved, near) and not problems(saved, near, share=0.05) and not problems(saved, near, tolerance=0.05)
    assert problems(saved, far, share=0.05) == ["axes 1 (right), artists 4 (text 0), text: '0' -> '60'"]
    assert problems(heat_map("7 of 9", "100"), heat_map("8 of 9", "100"), share=0.1)
    assert problems(heat_map("5", title="5 epochs"), heat_map("5", title="6 epochs"), share=0.1)


def test_how_many_points_a_trained_curve_has_may_change_with_a_tag() -> None:
    def steps(n: int) -> str:
        figure = Figure()
        figure.subplots().plot(np.linspace(0, 1, n), np.linspace(0, 1, n))
        return describe(figure)

    assert problems(steps(1000), steps(975)) and not problems(steps(1000), steps(975), share=0.03)
    assert problems(steps(1000), steps(900), share=0.05)


def test_single_pixels_may_change_twice_as_much_as_the_rest() -> None:
    def picture(brightest: float) -> str:
        figure, grey = Figure(), 0.5 * GREY
        grey[-1, -1] = brightest
        figure.subplots().imshow(grey, vmin=0, vmax=1)
        return describe(figure)

    assert problems(picture(1.0), picture(0.9), share=0.04) and not problems(picture(1.0), picture(0.9), share=0.06)


@pytest.mark.parametrize(
    "fill",
    [
        lambda axes: axes.contourf(np.outer(X, X)),
        lambda axes: axes.contour(np.outer(X, X), levels=[100, 400]),
        lambda axes: axes.pcolormesh(GREY),
        lambda axes: axes.hist(np.sin(X), bins=7),
        lambda axes: axes.errorbar(X, X, yerr=2),
        lambda axes: axes.boxplot([X, X**2]),
        lambda axes: axes.stem(X, np.sin(X)),
        lambda axes: axes.quiver([0, 1], [0, 1], [1, 2], [2, 1]),
        lambda axes: axes.table([["a", "b"], ["c", "d"]]),
        lambda axes: axes.imshow(np.dstack([GREY] * 3)),
        lambda axes: axes.plot([np.nan, 1, np.inf, 2]),
        lambda axes: axes.axis("off"),
    ],
)
def test_whatever_notebooks_draw_can_be_describe(fill: Callable) -> None:
    figure = Figure()
    fill(figure.subplots())
    assert problems(describe(figure), describe(figure)) == []


def test_a_large_figure_stays_small_in_words() -> None:
    figure = Figure()
    for axes in figure.subplots(6, 6).ravel():
        axes.plot(X, np.sin(X), label="sine")
    assert len(describe(figure).encode()) <= LIMIT
    for _ in range(400):
        figure.axes[0].plot(X, X)
    with pytest.raises(ValueError, match="too many parts"):
        describe(figure)


BASE = picture(draw())


@pytest.mark.parametrize(
    "fresh",
    [
        BASE,
        picture(draw(noise=0.02)),
        picture(draw(title="Loss")),
        BASE.resize((BASE.width + 6, BASE.height - 5)),
        BASE.transform(BASE.size, Image.Transform.AFFINE, (1, 0, 5, 0, 1, 4), fillcolor="white"),
    ],
    ids=["same", "noise", "title", "size", "shift"],
)
def test_pictures_that_look_alike(fresh: Image.Image) -> None:
    assert pictures.problem(BASE, fresh) is None


@pytest.mark.parametrize(
    "fresh",
    [
        Image.new("RGB", BASE.size, "white"),
        Image.new("RGB", BASE.size, "black"),
        picture(draw(swap=True)),
        picture(draw(panels=2)),
        BASE.resize((BASE.width, round(0.8 * BASE.height))),
        BASE.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        BASE.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    ],
    ids=["blank", "black", "swapped", "missing", "aspect", "mirrored", "upside down"],
)
def test_pictures_that_do_not(fresh: Image.Image) -> None:
    assert pictures.problem(BASE, fresh)
    assert pictures.problem(fresh, BASE)
