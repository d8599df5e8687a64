"""Sliders, and the progress bar and the picture of a training in a real kernel, as a person has them."""

import math
import os
import sys
from copy import deepcopy

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
import nbformat  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from nbclient import NotebookClient  # noqa: E402

import dlhelpers  # noqa: E402
from tests.comparison import switches
from tests.dlhelpers.refusals import WHOLE, refused  # noqa: E402

BEGIN = """
import dlhelpers, sys, os
dlhelpers.setup(seed=1)
import keras, numpy as np, matplotlib.pyplot as plt
x = np.arange(8.0)[:, None]
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
drawn = []
def draw():
    drawn.append(int(model.optimizer.iterations) // 4)  # epochs of 4 batches
    plt.subplots()[1].set_title("so far")
"""
FIT = """
mine, _ = plt.subplots()
history = model.fit(x, x, epochs=5, batch_size=2, verbose=0, callbacks=[dlhelpers.watch(draw, every=2)])
print(drawn, plt.get_fignums() == [mine.number], len(history.history["loss"]))
plt.close(mine)
"""


def outputs(**environment):
    """Run the training in a kernel; return its outputs and all messages that the page got."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (BEGIN, FIT)])
    client, messages = NotebookClient(notebook, kernel_name="python3"), []
    client.create_kernel_manager()
    # The interpreter that runs the tests, not whichever environment registered "python3" last.
    client.km.kernel_spec.argv[0] = sys.executable
    process = client.process_message
    client.process_message = lambda message, *rest: (messages.append(deepcopy(message)), process(message, *rest))[1]
    client.execute(env={**os.environ, **environment})
    return notebook.cells[1].outputs, messages


def test_a_person_sees_bar_and_pictures_and_a_saved_page_keeps_none():
    saved, messages = outputs()
    text = "".join(output.get("text", "") for output in saved)
    assert "[2, 4, 5] True 5" in text  # the epochs; the open figure of the cell stays
    pictures = [m for m in messages if "image/png" in m["content"].get("data", {})]
    assert [m["header"]["msg_type"] for m in pictures] == ["display_data", "update_display_data", "update_display_data"]
    assert not any("image/png" in output.get("data", {}) for output in saved)
    bars = [m for m in messages if m["header"]["msg_type"] == "comm_msg"]
    assert any("loss" in str(m["content"]) for m in bars)


def test_tests_and_tools_see_nothing_of_it():
    saved, messages = outputs(**switches.environment())
    assert [output.output_type for output in saved] == ["stream"]
    assert saved[0].text == "[] True 5\n"
    assert not [m for m in messages if m["header"]["msg_type"] in ("comm_open", "update_display_data")]


# Sliders


@pytest.fixture
def shown(monkeypatch):
    """What `explore` displays, and what it updates afterwards."""
    import IPython.display

    records = []

    class Handle:
        def update(self, figure):
            records.append(("update", figure.axes[0].get_title()))

    def display(thing, raw=False, display_id=None):
        records.append(("display", thing if raw else thing.axes[0].get_title()))
        return Handle()

    monkeypatch.setattr(IPython.display, "display", display)
    yield records
    plt.close("all")


def draw(slope=1.0, units=3, kind="a"):
    plt.subplots()[1].set_title(f"{slope} {units} {kind}")


def test_sliders_show_a_picture_first_and_answer_to_moves(shown):
    from ipywidgets import FloatSlider, IntSlider

    mine = plt.figure()
    dlhelpers.explore(draw, slope=(-2, 2, 0.5), units=(1, 9), kind=["a", "b"])
    assert plt.get_fignums() == [mine.number]
    (_, title), (_, controls) = shown
    assert title == "1.0 3 a"
    assert controls["text/plain"] == "[controls of a running notebook: slope, units, kind]"
    view = controls["application/vnd.jupyter.widget-view+json"]["model_id"]
    from ipywidgets.widgets.widget import _instances

    slope, units, kind = _instances[view].children
    assert isinstance(slope, FloatSlider) and (slope.min, slope.value, slope.max, slope.step) == (-2, 1, 2, 0.5)
    assert isinstance(units, IntSlider) and (units.min, units.value, units.max, units.step) == (1, 3, 9, 1)
    kind.value = "b"
    slope.value = -1.5
    assert shown[2:] == [("update", "1.0 3 b"), ("update", "-1.5 3 b")]


@pytest.mark.parametrize(
    "bad",
    [(), (1,), (1, 2, 3, 4), 3, None, "19", {1, 9}, {1: 9}, range(1, 9), np.arange(1, 9), (9, 1), (3, 3), (4, 9), []]
    + [(math.nan, 9), (1, math.nan), (1, math.inf), (-math.inf, 9), (1, 9, 0), (1, 9, -1), (1, 9, math.nan)]
    + [("a", "z"), (False, True), [1, 2], [[3]], (1 + 0j, 9)],
)
def test_ranges_that_are_none_are_refused(shown, bad):
    refused(lambda: dlhelpers.explore(draw, units=bad), "units")
    assert not shown


def test_what_explore_cannot_draw_is_refused(shown):
    for bad in (None, "draw", 3):
        refused(lambda: dlhelpers.explore(bad, units=(1, 9)), "draw must be a function")  # noqa: B023
    refused(lambda: dlhelpers.explore(lambda units=3: None, units=(1, 9)), "draw made no figure")
    refused(lambda: dlhelpers.explore(draw, slop=(0, 1)), "needs a parameter 'slop'")
    refused(lambda: dlhelpers.explore(draw, slope=(2, 3)), "default slope=1.0 lies outside")
    refused(lambda: dlhelpers.explore(draw, kind=["x", "y"]), "default kind='a' lies outside")
    assert not shown


@pytest.mark.parametrize("watched", [False, True])
def test_watch_names_what_it_cannot_use(monkeypatch, watched):
    import keras

    monkeypatch.setattr("dlhelpers.interactive.somebody_watches", lambda: watched)
    for bad in WHOLE:
        refused(lambda: dlhelpers.watch(every=bad), "every must be a whole number")  # noqa: B023
    for bad in (3, "draw", [], plt.figure()):
        refused(lambda: dlhelpers.watch(bad), "draw must be a function")  # noqa: B023
    for every in (1, np.int64(2)):
        assert isinstance(dlhelpers.watch(draw, every), keras.callbacks.Callback)
