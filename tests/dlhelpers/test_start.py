"""The start of a notebook and its sliders, each in a fresh interpreter or a fresh shell."""

import os
import subprocess
import sys

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
import pytest  # noqa: E402

TRAIN = """
import numpy as np, dlhelpers
dlhelpers.setup(seed=3)
import keras
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(4), keras.layers.Dense(1)])
model.compile("sgd", "mse")
x = np.random.normal(size=(640, 1))
history = model.fit(x, x, validation_data=(x, x), epochs=5, verbose=0)
print(len(history.epoch), int(model.optimizer.iterations.numpy()), float(history.history["loss"][-1]))
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess:
    env = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**env, **environment})


def test_setup_is_silent_and_repeatable():
    first, second = run(TRAIN), run(TRAIN)
    assert first.returncode == 0 and first.stderr == "", first.stderr
    assert first.stdout == second.stdout
    assert first.stdout.split()[:2] == ["5", str(5 * 640 // 32)]


def test_errors_pass_through_the_silence():
    begin = "import os\nfrom dlhelpers.start import muted_stderr\nwith muted_stderr():\n"
    assert "RuntimeError: seen" in run(begin + "    raise RuntimeError('seen')").stderr
    assert run(begin + "    os.write(2, b'hidden')\nos.write(2, b'shown')").stderr == "shown"


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
    from ipywidgets import FloatSlider, Widget

    import dlhelpers

    dlhelpers.explore(draw, slope=(-2, 2), units=(1, 9), kind=["a", "b"])
    (_, title), (_, controls) = shown
    assert title == "1.0 3 a"
    assert controls["text/plain"] == "[controls of a running notebook: slope, units, kind]"
    view = controls["application/vnd.jupyter.widget-view+json"]["model_id"]
    from ipywidgets.widgets.widget import _instances

    slope, units, kind = _instances[view].children
    assert isinstance(slope, FloatSlider) and isinstance(slope, Widget) and units.step == 1
    kind.value = "b"
    slope.value = -1.5
    assert shown[2:] == [("update", "1.0 3 b"), ("update", "-1.5 3 b")]


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({"slop": (0, 1)}, "needs a parameter 'slop'"),
        ({"slope": (2, 3)}, "default slope=1.0 lies outside"),
        ({"kind": ["x", "y"]}, "default kind='a' lies outside"),
    ],
)
def test_sliders_that_do_not_fit_are_refused(ranges, message):
    import dlhelpers

    with pytest.raises(ValueError, match=message):
        dlhelpers.explore(draw, **ranges)
