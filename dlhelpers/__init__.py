"""Helpers of the deep-learning notebooks: data, plots, exercise checks and the start of a notebook.

Importing this package is quick and loads no TensorFlow; each part is loaded when it is first used:

    import dlhelpers
    dlhelpers.setup(seed=1)
    from dlhelpers import data, plot
    from dlhelpers.exercises import check, hint
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {"setup": "dlhelpers.start", "explore": "dlhelpers.interactive", "watch": "dlhelpers.interactive"}
_MODULES = ("data", "exercises", "heads", "plot", "pretrained")
__all__ = [*_HOME, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"dlhelpers.{name}")
    raise AttributeError(f"dlhelpers has no {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
