"""Every public docstring has an example that runs, and the sections of NumPy's style."""

import doctest
import importlib
import inspect
import re

import matplotlib

matplotlib.use("agg")

import keras  # noqa: E402
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

import dlhelpers  # noqa: E402

MODULES = ("checks", "data", "heads", "interactive", "plot", "pretrained", "style")
# What a reader of an example is taken to have imported.
NAMES = {"dlhelpers": dlhelpers, "keras": keras, "np": np, "plt": plt}
NAMES |= {name: importlib.import_module(f"dlhelpers.{name}") for name in MODULES}
KERAS = {"build", "call", "compute_output_shape", "from_config", "get_config"}


def public(module) -> dict[str, object]:
    """The functions, classes and methods that a module defines under a public name."""
    found = {name: thing for name, thing in vars(module).items() if callable(thing) and not name.startswith("_")}
    found = {name: thing for name, thing in found.items() if getattr(thing, "__module__", "") == module.__name__}
    for name, thing in list(found.items()):
        if inspect.isclass(thing):
            found |= {
                f"{name}.{part}": method
                for part, method in vars(thing).items()
                if inspect.isfunction(method) and not part.startswith("_") and part not in KERAS
            }
    return found


PUBLIC = {f"{name}.{part}": thing for name in MODULES for part, thing in public(NAMES[name]).items()}


@pytest.fixture
def clean():
    with matplotlib.rc_context():
        NAMES["style"].style()
        yield
    plt.close("all")


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_gives_what_it_says(clean, name):
    (test,) = doctest.DocTestFinder(recurse=False).find(PUBLIC[name], name, globs=dict(NAMES))
    assert test.examples, "no example"
    said = []
    doctest.DocTestRunner().run(test, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("name", PUBLIC)
def test_parameters_and_results_are_described_and_typed(name):
    thing, documentation = PUBLIC[name], inspect.getdoc(PUBLIC[name])
    assert not [word for word in ("Args:", "Returns:", "Raises:") if word in documentation]
    if inspect.isfunction(thing):
        hints, parameters = thing.__annotations__, inspect.signature(thing).parameters
        assert set(hints) == {*parameters, "return"} - {"self"}
        head = r"(?m)`{0}`|^[*\w, ]*\b{0}\b[\w, ]*( :.*)?$"
        missing = [word for word in parameters if word != "self" and not re.search(head.format(word), documentation)]
        assert not missing, f"not described: {missing}"
