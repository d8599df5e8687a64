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
    except Untried as still:
        return _untried(id, str(still))
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


def array(answer: Any, shape: tuple[int, ...] | None = None, finite: bool = True) -> np.ndarray:
    """The answer as a float array; with `shape`, of just this shape; nan and infinity only without `finite`."""
    if isinstance(answer, str):
        raise NotYet(f"{answer!r} is text. Leave out the quotation marks.")
    try:
        given = np.asarray(answer)
        _refuse_what_float_would_bend(given)
        values = np.asarray(given, dtype=float)
    except (TypeError, ValueError) as problem:
        raise NotYet(f"A number or an array is asked for, not {type(answer).__name__}.") from problem
    if finite and not np.isfinite(values).all():
        raise NotYet(
            "The answer holds nan or infinity: a division by zero, an overflow, log(0), "
            "or the root or logarithm of a negative number."
        )
    if shape is not None and values.shape != shape:
        transposed = " It is transposed." if values.T.shape == shape else ""
        raise NotYet(f"The shape should be {shape}, and this one is {values.shape}.{transposed}")
    return values


def _refuse_what_float_would_bend(given: np.ndarray) -> None:
    """NumPy reads "784" as a number, a date as its nanoseconds, and forgets imaginary parts."""
    loose = list(given.flat) if given.dtype.kind == "O" else []
    kinds = {given.dtype.kind, *(np.asarray(one).dtype.kind for one in loose)}
    if any(one is ... for one in loose):
        raise Untried
    if kinds & set("UST"):
        raise NotYet("There is text among the numbers. Leave out the quotation marks.")
    if "c" in kinds:
        raise NotYet("These are complex numbers. Real ones are asked for.")
    if kinds & set("Mm"):
        raise NotYet("These are dates or times. Numbers are asked for.")


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


def chosen_letters(answer: Any, choices: str) -> set[str]:
    """Which of the letters `choices` are named, by a text such as "A, C" or by a collection of texts."""
    parts = list(answer) if isinstance(answer, set | frozenset) else np.ravel(np.asarray(answer, dtype=object))
    text = " ".join(parts) if all(isinstance(part, str) for part in parts) else ""
    chosen = set(re.sub(r"\bAND\b|[\W_]", "", text.upper()))
    if not chosen or not chosen <= set(choices):
        raise NotYet(f'Give letters from {choices[0]} to {choices[-1]} as text, such as "AC".')
    return chosen


def keras_model(answer: Any) -> Any:
    """The answer, if it is a Keras model."""
    if isinstance(answer, type):
        raise NotYet(f"A Keras model is asked for; {answer.__name__} alone is the plan for making one.")
    if not (callable(answer) and hasattr(answer, "layers")):
        raise NotYet(f"A Keras model is asked for, not {type(answer).__name__}.")
    return answer


def last_activation(model: Any) -> str:
    """The name of the activation at the end of a Keras model, "linear" if there is none."""
    return getattr(getattr(model.layers[-1], "activation", None), "__name__", "linear")


_SAID_BY_NUMPY = {
    "core dimension": "The shapes do not fit: in A @ B the rows of A must be as long as the columns of B.",
    "truth value of an array": "Your function stops: Python's `if`, `and`, `max()` and `min()` need single numbers and "
    "got an array. `np.where(condition, a, b)` chooses for each entry; `np.max` and `np.min` look through an array.",
    "converted to Python scalars": "Your function stops: `math.log`, `float()` and the like need a single number and "
    "got an array. NumPy's functions, such as `np.log`, take arrays.",
}


def call(function: Any, *arguments: Any) -> Any:
    """What the student's function returns; still empty functions count as untried.

    A function that works in place is refused: its second run would find other data.
    """
    if not callable(function):
        raise NotYet(f"A function is asked for; this is a value of type {type(function).__name__}. Leave out the ().")
    before = _contents(arguments)
    try:
        result = function(*arguments)
    except SystemExit as problem:
        raise NotYet("Your function ends Python. Leave out exit(), and return the result.") from problem
    except Exception as problem:
        reason = _first_line(problem)
        told = f"Your function stops with {type(problem).__name__}: {reason}"
        if "could not be broadcast" in reason:
            told += (
                ". With `*`, `+` and `-` shapes must fit entry by entry. The matrix product is `@`; and a sum, mean or "
                "maximum along axis=1 stays a column with `keepdims=True`."
            )
        raise NotYet(next((help for part, help in _SAID_BY_NUMPY.items() if part in reason), told)) from problem
    changed = [n for n, (was, now) in enumerate(zip(before, _contents(arguments), strict=True), 1) if was != now]
    if changed:
        raise NotYet(
            f"Your function changes its argument number {changed[0]} itself, and whoever calls it has other data "
            "afterwards. Work on a copy: `x = x - 1` makes a new array, `x -= 1` and `x[0] = 1` change the old one."
        )
    if result is None or result is ...:
        raise Untried("Your function returns nothing: replace the ..., and end with `return` (print only shows)")
    return result


def _contents(arguments: Sequence[Any]) -> list[Any]:
    """What a function could change in place."""
    arrays = [(a.shape, a.tobytes()) if isinstance(a, np.ndarray) else None for a in arguments]
    return [repr(a) if isinstance(a, list) else kept for a, kept in zip(arguments, arrays, strict=True)]


def _find(id: str) -> Exercise:
    if not isinstance(id, str) or id not in ids():  # an array would be compared number by number
        raise KeyError(f"There is no exercise {id!r}. The notebook's text says which number it has.")
    return _registry[id]


def _untried(id: str, what: str = "") -> Verdict:
    return Verdict(id, UNTRIED, f'{what or "Replace the ... and run the cell again"}; hint("{id}") helps.')


def _first_line(problem: Exception) -> str:
    """The line that says what is wrong: in Keras the second one, and without its bold print."""
    try:
        text = str(problem)
    except Exception:
        text = ""
    lines = [line for line in re.sub(r"\x1b\[\d*m", "", text).splitlines() if line.strip()] or [type(problem).__name__]
    return lines[1 if lines[0].startswith("Exception encountered") and len(lines) > 1 else 0].strip()


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
