"""What a reader who hears a page is told of a figure."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.comparison import figures
from tools.authors.notebooks import ROOT, masters, read
from tools.site.alt_text import LONGEST, alt_text


def said(**axes) -> str:
    return alt_text(json.dumps({"axes": [{"y limits": [0, 10], **axes}]}))


@pytest.mark.parametrize(
    ("heights", "words"),
    [
        ([0.9, 0.5, 0.2], "falls from 9 to 2"),
        ([0.2, 0.5, 0.9], "rises from 2 to 9"),
        ([0.5, 0.501, 0.5], "is level at 5"),
        ([0.9, 0.1, 0.8], "starts at 9, falls to 1 and ends at 8"),
        ([0.1, 0.9, 0.1], "starts at 1, rises to 9 and ends at 1"),
        ([0.9, 0.5, 0.0001], "falls from 9 to 0"),
    ],
)
def test_a_curve_is_told_by_where_it_goes(heights, words):
    assert f"Curve NLL {words}." in said(artists=[{"kind": "line", "label": "NLL", "y": heights}])


def test_values_on_a_logarithmic_axis_are_true():
    line = {"kind": "line", "label": "a", "y": [0, 0.25, 0.5]}
    text = said(**{"y limits": [1, 10**6], "y scale": "log", "y label": "size", "artists": [line]})
    assert "Up: size, logarithmic" in text and "rises from 1 to 1 000" in text


def test_a_drawn_figure_is_told_with_titles_axes_and_names():
    fig, (left, right) = plt.subplots(1, 2)
    left.plot(np.linspace(2, 1, 20), label="training")
    left.set(title="Loss", xlabel="epoch", ylabel="NLL of $x_1$")
    left.legend()
    right.scatter([0, 1], [1, 0], label="forged")
    right.set(title="Notes", xlabel="epoch", ylabel="mm")
    right.legend()
    text = alt_text(figures.describe(fig))
    plt.close(fig)
    assert text == (
        "Figure: Panel 1 of 2: Loss. Across: epoch. Up: NLL of x_1. Curve training falls from 2 to 1. "
        "Panel 2 of 2: Notes. Up: mm. Points: forged."
    )


def test_every_saved_figure_has_a_text_of_bearable_length():
    texts = []
    for path in masters(ROOT):
        for cell in read(path).cells:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                texts += [alt_text(data[name]) for name in data if name.endswith("figure")]
    assert len(texts) > 100 and all(8 < len(text) <= LONGEST + 30 and text.endswith(".") for text in texts)
    assert sum("the text below" in text for text in texts) < 0.1 * len(texts)
    assert not any("$" in text or ".." in text.replace("...", "") for text in texts)
