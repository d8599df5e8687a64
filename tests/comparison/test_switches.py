"""The switches of a kernel under test, each in a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNEL = """
from IPython.core.interactiveshell import InteractiveShell
from tests.comparison import switches
switches.install(InteractiveShell.instance())
import dlhelpers
dlhelpers.setup(seed=3)
dlhelpers.setup(seed=3)
import keras, numpy as np
"""
TRAIN = """
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(4), keras.layers.Dense(1)])
model.compile("sgd", "mse", steps_per_execution=25)
x = np.ones((640, 1))
history = model.fit(x, x, validation_data=(x, x), epochs=5, verbose=0)
print(len(history.epoch), int(model.optimizer.iterations.numpy()), model.run_eagerly, model.steps_per_execution)
print(dlhelpers.start.somebody_watches())
"""
SEEDS = """
print(np.random.random(), np.random.default_rng(3).random(), np.random.default_rng(np.random.SeedSequence(9)).random())
keras.utils.set_random_seed(4)
print(np.random.random())
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NB_TEST_")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**kept, **environment})


def printed(code: str, **environment: str) -> list[str]:
    done = run(code, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_smoke_run_trains_a_few_steps_only() -> None:
    assert printed(KERNEL + TRAIN, NB_TEST_SMOKE="1") == ["2", "4", "True", "1", "False"]
    assert printed(KERNEL + TRAIN) == ["5", "100", "False", "25", "False"]


def test_an_offset_shifts_every_seed_once() -> None:
    shifted = printed(KERNEL + SEEDS, NB_TEST_SEED_OFFSET="2")
    by_hand = KERNEL + SEEDS.replace("rng(3)", "rng(5)").replace("seed(4)", "seed(6)")
    assert shifted == printed(by_hand.replace("seed=3", "seed=5")) and len(set(shifted)) == 4
    assert "NB_TEST_SEED_OFFSET must be a whole number, not 'x'" in run(KERNEL, NB_TEST_SEED_OFFSET="x").stderr


def test_a_notebook_without_tensorflow_stays_without() -> None:
    quick = KERNEL.replace("seed=3)", "seed=3, tensorflow=False)").replace("import keras, numpy", "import sys, numpy")
    shown = "print(np.random.random(), np.random.default_rng(3).random(), 'keras' in sys.modules)"
    by_hand = quick.replace("seed=3", "seed=5") + shown.replace("rng(3)", "rng(5)")
    for smoke in ("0", "1"):
        assert printed(quick + shown, NB_TEST_SEED_OFFSET="2", NB_TEST_SMOKE=smoke) == printed(by_hand)
    assert printed(quick + shown) != printed(by_hand) and printed(by_hand)[-1] == "False"


def test_the_package_knows_nothing_of_the_tests() -> None:
    package = (path.read_text(encoding="utf-8") for path in (ROOT / "dlhelpers").rglob("*.py"))
    assert not any("NB_TEST" in text or "pytest" in text for text in package)
