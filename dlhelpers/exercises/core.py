"""How an exercise is described, judged and shown.

An exercise is a function that looks at the student's answers and returns None when they are right,
or else the sentence that helps:

    @exercise("01.1", hints=["...", "..."], praise="...")
    def logit_by_hand(z):
        z = number(z)
        if close(z, 0.52):
            return "The bias is missing: z = w·x + b."
        return None if close(z, 1.52) else OTHER
"""

from __future__ import annotations

import html
import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

RIGHT, NOT_YET, UNTRIED = "right", "not yet right", "not tried yet"
OTHER = "This is not it yet. Compare it with the text above, or ask for a hint."
ROUNDED = "Right, but rounded: give at least four digits, or let Python compute it."

_COLOURS = {RIGHT: "#009E73", NOT_YET: "#D55E00", UNTRIED: "#0072B2"}
_SIGNS = {RIGHT: "✓", NOT_YET: "✗", UNTRIED: "○"}


class Untried(Exception):
    """The answer is still `...`, or a function that still returns nothing."""


class NotYet(Exception):
    """The answer cannot be right; the message is for the student."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: its judge, its hints from gentle to nearly the solution, and the praise."""

    id: str
    judge: Callable[..., str | None]
    hints: tuple[str, ...]
    praise: str


@dataclass(frozen=True)
class Verdict:
    """What `check` shows: the state of an exercise and one or two sentences."""

    id: str
    state: str
    message: str

    def __repr__(self) -> str:
        return f"{_SIGNS[self.state]} Exercise {self.id}: {self.state}. {self.message}".rstrip()

    def _repr_html_(self) -> str:
        return (
            f'<div style="border-left:6px solid {_COLOURS[self.state]}; padding:0.4em 0.8em">'
            f"<b>{_SIGNS[self.state]} Exercise {self.id}: {self.state}.</b> {_rich(self.message)}</div>"
        )


_registry: dict[str, Exercise] = {}
_hints_given: Counter[str] = Counter()


def exercise(id: str, *, hints: Sequence[str], praise: str = "") -> Callable:
    """Register the decorated function as the judge of exercise `id` ("NN.k")."""
    if not re.fullmatch(r"\d\d\.\d+", id):
        raise ValueError(f"an exercise id looks like '01.2', not {id!r}")
    if id in _registry:
        raise ValueError(f"exercise {id} is registered twice")
    if len(hints) < 2:
        raise ValueError(f"exercise {id} needs at least two hints, from gentle to nearly the solution")

    def register(function: Callable[..., str | None]) -> Callable[..., str | None]:
        _registry[id] = Exercise(id, function, tuple(hints), praise)
        return function

    return register


def ids() -> list[str]:
    """All exercises of all notebooks, in order."""
    for module in pkgutil.iter_modules(importlib.import_module("dlhelpers.exercises").__path__):
        if module.name.startswith("nb"):
            importlib.import_module(f"dlhelpers.exercises.{module.name}")
    return sorted(_registry, key=lambda id: tuple(int(part) for part in id.split(".")))


def judge(id: str, *answers: Any) -> Verdict:
    """The verdict on the answers to exercise `id`.

    Raises
    ------
    KeyError
        If there is no such exercise.
    """
    found = _find(id)
    if any(answer is None or answer is ... for answer in answers) or not answers:
        return _untried(id)
    names = list(inspect.signature(found.judge).parameters)
    if len(answers) != len(names):
        asked = f'check("{id}", {", ".join(names)})'
        return Verdict(id, NOT_YET, f"Write {asked}: {len(names)} answers are asked for, and this is {len(answers)}.")
    try:
        message = found.judge(*answers)
    except Untried:
        return _untried(id)
    except NotYet as problem:
        message = str(problem)
    except Exception as problem:  # an answer of a kind that nobody thought of must not stop a class
        kinds = ", ".join(type(answer).__name__ for answer in answers)
        message = f"This answer ({kinds}) could not be used: {_first_line(problem)}"
    return Verdict(id, RIGHT, found.praise) if message is None else Verdict(id, NOT_YET, message)


def check(id: str, *answers: Any) -> None:
    """Show whether the answers to exercise `id` are right; it never stops a notebook.

    Parameters
    ----------
    id : str
        Such as "01.2", as it stands in the notebook.
    *answers
        Values of any type that holds them: float, list, NumPy array, Tensor; or a function or model.
    """
    try:
        _show(judge(id, *answers))
    except KeyError as problem:
        print(problem.args[0])


def hint(id: str) -> None:
    """Show one more hint for exercise `id` at each call; the last one is nearly the solution."""
    try:
        hints = _find(id).hints
    except KeyError as problem:
        print(problem.args[0])
        return
    _hints_given[id] += 1
    n = min(_hints_given[id], len(hints))
    last = " (the last one)" if n == len(hints) else ""
    print(f"Hint {n} of {len(hints)}{last}: {hints[n - 1]}")


# What the judges of the exercises use


def number(answer: Any) -> float:
    """The answer as one number: float, int, Tensor, array or list that holds just one."""
    values = array(answer)
    if values.size != 1:
        raise NotYet(f"One number is asked for; this has shape {values.shape}.")
    return float(values.reshape(()))


def array(answer: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """The answer as a float array; with `shape`, of just this shape."""
    if isinstance(answer, str):
        raise NotYet(f"{answer!r} is text. Leave the quotation marks away.")
    try:
        values = np.asarray(answer, dtype=float)
    except (TypeError, ValueError) as problem:
        raise NotYet(f"A number or an array is asked for, not {type(answer).__name__}.") from problem
    if not np.isfinite(values).all():
        raise NotYet("The answer holds nan or infinity: something was divided by zero or overflowed.")
    if shape is not None and values.shape != shape:
        transposed = " It is transposed." if values.T.shape == shape else ""
        raise NotYet(f"The shape should be {shape}, and this one is {values.shape}.{transposed}")
    return values


def close(a: Any, b: Any, rtol: float = 1e-3, atol: float = 1e-6) -> bool:
    """Same shape and the same numbers, to the three digits that a student types."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=rtol, atol=atol))


def rounded(a: Any, b: Any) -> bool:
    """Whether `a` is the right answer `b`, rounded to one, two or three decimals."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape == b.shape and any(np.allclose(a, b.round(places), atol=1e-9) for places in (1, 2, 3))


def named_mistake(value: Any, mistakes: Sequence[tuple[Any, str]]) -> str:
    """The message of the first wrong value that `value` is close to, else `OTHER`."""
    return next((message for wrong, message in mistakes if close(value, wrong)), OTHER)


def keras_model(answer: Any) -> Any:
    """The answer, if it is a Keras model."""
    if not (callable(answer) and hasattr(answer, "layers")):
        raise NotYet(f"A Keras model is asked for, not {type(answer).__name__}.")
    return answer


def call(function: Any, *arguments: Any) -> Any:
    """What the student's function returns; still empty functions count as untried."""
    if not callable(function):
        raise NotYet(f"A function is asked for; this is a value of type {type(function).__name__}. Leave the () away.")
    try:
        result = function(*arguments)
    except Exception as problem:
        if "core dimension" in str(problem):
            message = "The shapes do not fit: in A @ B the rows of A must be as long as the columns of B."
            raise NotYet(message) from problem
        raise NotYet(f"Your function stops with {type(problem).__name__}: {_first_line(problem)}") from problem
    if result is None or result is ...:
        raise Untried
    return result


def _find(id: str) -> Exercise:
    if id not in ids():
        raise KeyError(f"There is no exercise {id!r}. The notebook's text says which number it has.")
    return _registry[id]


def _untried(id: str) -> Verdict:
    return Verdict(id, UNTRIED, f'Replace the ... and run the cell again; hint("{id}") helps.')


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]


def _rich(text: str) -> str:
    """Plain text as HTML, `code` in its own font."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def _show(verdict: Verdict) -> None:
    try:
        get_ipython()  # type: ignore[name-defined]  # exists inside of a notebook only
    except NameError:
        print(verdict)
    else:
        from IPython.display import display

        display(verdict)
