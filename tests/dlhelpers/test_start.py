"""The start of a notebook, in a fresh interpreter or a fresh shell."""

import math
import os
import random
import subprocess
import sys
import types

import matplotlib
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat import v4

import dlhelpers
from dlhelpers import start
from tests.dlhelpers.refusals import refused

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


def test_setup_without_tensorflow_seeds_python_and_numpy():
    code = "import dlhelpers, random, sys\ndlhelpers.setup(seed=3, tensorflow=False)\nimport numpy as np\n"
    code += "print(random.random(), np.random.random(), {'tensorflow', 'keras'} & set(sys.modules))"
    first, second = run(code), run(code)
    assert first.stdout == second.stdout and first.stdout.endswith(" set()\n") and first.stderr == ""
    random.seed(3)
    assert first.stdout.startswith(f"{random.random()} {np.random.RandomState(3).random()}")
    for bad in (1.5, math.nan, "1", [1], -1, 2**32):
        refused(lambda: dlhelpers.setup(bad, tensorflow=False), "seed", "Seed", kinds=(ValueError, TypeError))  # noqa: B023


def test_errors_pass_through_the_silence():
    begin = "import os\nfrom dlhelpers.start import muted_stderr\nwith muted_stderr():\n"
    assert "RuntimeError: seen" in run(begin + "    raise RuntimeError('seen')").stderr
    assert run(begin + "    os.write(2, b'hidden')\nos.write(2, b'shown')").stderr == "shown"


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


def test_a_muted_block_gives_everything_on(capfd):
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), start.muted_stderr(), start.muted_stderr():
            os.write(2, b"hidden")
            raise error
    os.write(2, b"shown")
    assert capfd.readouterr().err == "shown"


def test_progress_is_worth_showing_in_a_terminal(monkeypatch):
    for terminal in (True, False):
        monkeypatch.setattr("sys.stderr.isatty", lambda terminal=terminal: terminal, raising=False)
        assert start.somebody_watches() is (terminal or "ipykernel" in sys.modules)


OTHER_SETTINGS = """
import sys
sys.modules["torch"] = None  # not installed
try:
    import keras
except ImportError:
    print("fails", end=" ")
import dlhelpers
dlhelpers.setup()
import keras
def settings():
    of, dtype = keras.config, keras.layers.Dense(1).dtype_policy.name
    return of.backend(), of.floatx(), of.image_data_format(), of.epsilon(), dtype
print(settings(), end=" ")
keras.config.set_dtype_policy("mixed_float16")
dlhelpers.setup()
print(settings()[-1])
"""


def test_keras_runs_on_tensorflow_whatever_the_settings_say(tmp_path):
    """`KERAS_BACKEND`, keras.json, a policy of mixed precision, and an import that has failed before."""
    text = '{"backend": "jax", "floatx": "float16", "image_data_format": "channels_first", "epsilon": 0.1}'
    (tmp_path / "keras.json").write_text(text)
    done = run(OTHER_SETTINGS, KERAS_BACKEND="torch", KERAS_HOME=str(tmp_path))
    told = "('tensorflow', 'float32', 'channels_last', 1e-07, 'float32')"
    assert done.stdout.strip() == f"fails {told} float32", done.stderr
    assert (tmp_path / "keras.json").read_text() == text


def test_keras_with_another_backend_is_told_in_one_sentence(monkeypatch):
    for backend in ("jax", "torch", "numpy"):
        other = types.SimpleNamespace(config=types.SimpleNamespace(backend=lambda backend=backend: backend))
        monkeypatch.setitem(sys.modules, "keras", other)
        monkeypatch.setenv("KERAS_BACKEND", backend)
        with pytest.raises(RuntimeError, match=f"'{backend}' before dlhelpers.setup.*restart the kernel"):
            start.keras_on_tensorflow()


def test_figures_appear_whatever_the_environment_says(tmp_path):
    cells = ["import dlhelpers, matplotlib.pyplot as plt\ndlhelpers.setup(seed=1)", "plt.plot([1, 2]);"]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in cells])
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env={**os.environ, "MPLBACKEND": "agg"})
    assert ["image/png" in output.data for output in notebook.cells[1].outputs] == [True]
