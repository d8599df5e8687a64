"""How an exercise is described, judged and shown.

An exercise is a function that looks at the student's answers and returns None when they are right,
or else the sentence that helps:

    @exercise("01.1", "a gentle hint", "nearly the solution", praise="...")
    def logit_by_hand(z):
        mistakes = [(0.52, "The bias is missing: z = w·x + b."), (-1.52, "The sign is turned around.")]
        return grade(number(z), 1.52, mistakes)
"""

import html
import importlib.util
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, ValuesView
from dataclasses import dataclass
from typing import Any

import numpy as np

RIGHT, NOT_YET, UNTRIED = "right", "not yet right", "not tried yet"
OTHER = "This is not it yet. Compare it with the text above, or ask for a hint."
ROUNDED = "Right, but rounded: give at least four digits, or let Python compute it."

_COLOURS = {RIGHT: "#009E73", NOT_YET: "#D55E00", UNTRIED: "#0072B2"}
_SIGNS = {RIGHT: "✓", NOT_YET: "✗", UNTRIED: "○"}
_DONE = {RIGHT: "solved", NOT_YET: "tried", UNTRIED: "open"}


class Untried(Exception):
    """The answer is still `...`, or a function that still returns nothing."""


class NotYet(Exception):
    """The answer cannot be right; the message is for the student."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: its judge, its hints from gentle to nearly the solution, the praise, and what `fallback` gives."""

    id: str
    judge: Callable[..., str | None]
    hints: tuple[str, ...]
    praise: str
    solution: Any = None


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


@dataclass(frozen=True)
class Progress:
    """What `progress` shows: of each exercise its id, its state, and how many of its hints were shown."""

    notebook: str
    rows: tuple[tuple[str, str, str], ...]

    def __repr__(self) -> str:
        return "\n".join([self._summary(), *(f"{_SIGNS[s]} {id}  {_DONE[s]:<6}  {hints}" for id, s, hints in self.rows)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="border-left:6px solid {_COLOURS[state]}">{_SIGNS[state]} {id}</td>'
            f"<td>{_DONE[state]}</td><td>{hints}</td></tr>"
            for id, state, hints in self.rows
        )
        return f"<b>{self._summary()}</b><table>{rows}</table>"

    def _summary(self) -> str:
        solved = sum(state == RIGHT for _, state, _ in self.rows)
        return f"Notebook {self.notebook}: {solved} of {len(self.rows)} solved"


_registry: dict[str, Exercise] = {}
_hints_given: Counter[str] = Counter()
_best: dict[str, str] = {}  # the best state of each exercise in this kernel; the one in use last stands last


def exercise(id: str, *hints: str, praise: str = "", solution: Any = None) -> Callable:
    """Register the decorated function as the judge of an exercise.

    Parameters
    ----------
    id : str
        "NN.k", exercise k of notebook NN.
    *hints : str
        At least two, from gentle to nearly the solution.
    praise : str, optional
        What is said of a right answer.
    solution : optional
        A right answer, for exercises on which later cells build; see `fallback`.

    Raises
    ------
    ValueError
        If the id is malformed or taken, or if there are fewer than two hints.

    Examples
    --------
    >>> @exercise("99.1", "Think of a number.", "It lies between 41 and 43.")
    ... def the_answer(n):
    ...     return grade(number(n), 42, [(54, "Six by seven, not six by nine.")])
    >>> judge("99.1", 54)
    ✗ Exercise 99.1: not yet right. Six by seven, not six by nine.
    """
    if not re.fullmatch(r"\d\d\.\d+", id):
        raise ValueError(f"an exercise id looks like '01.2', not {id!r}")
    if id in _registry:
        raise ValueError(f"exercise {id} is registered twice")
    if len(hints) < 2:
        raise ValueError(f"exercise {id} needs at least two hints, from gentle to nearly the solution")

    def register(function: Callable[..., str | None]) -> Callable[..., str | None]:
        _registry[id] = Exercise(id, function, hints, praise, solution)
        return function

    return register


def ids() -> list[str]:
    """Return the ids of all exercises of all notebooks, in order.

    Examples
    --------
    >>> ids()[:3]
    ['00.1', '00.2', '00.3']
    """
    modules = pkgutil.iter_modules(importlib.import_module("dlhelpers.exercises").__path__)
    return [id for module in modules if module.name.startswith("nb") for id in _ids_of(module.name[2:])]


def judge(id: str, *answers: Any) -> Verdict:
    """Return the verdict on the answers to an exercise; `check` shows it.

    Parameters
    ----------
    id : str
        Such as "01.2".
    *answers
        As for `check`.

    Returns
    -------
    Verdict
        Its `state` is "right", "not yet right" or "not tried yet", its `message` is for the student.

    Raises
    ------
    KeyError
        If there is no such exercise.

    Examples
    --------
    >>> judge("00.1", 784).state
    'right'
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
    if message is None:
        return Verdict(id, RIGHT, found.praise)
    coarse = " And bfloat16 keeps only two digits: use float32." if any(map(_coarse, answers)) else ""
    return Verdict(id, NOT_YET, message + coarse)


def check(id: str, *answers: Any) -> None:
    """Show whether the answers to an exercise are right; it never stops a notebook.

    Parameters
    ----------
    id : str
        Such as "01.2", as it stands in the notebook.
    *answers
        Values of any type that holds them: float, list, NumPy array, Tensor; or a function or model.

    Examples
    --------
    >>> check("00.1", 28)
    ✗ Exercise 00.1: not yet right. 28 is the height of an image in pixels. How many pixels are there in all its rows?
    >>> check("00.1", ...)
    ○ Exercise 00.1: not tried yet. Replace the ... and run the cell again; hint("00.1") helps.
    """
    try:
        found = judge(id, *answers)
    except KeyError as problem:
        print(problem.args[0])
        return
    _note(id, found.state)
    _show(found)


def fallback(id: str, answer: Any) -> Any:
    """Return the answer to an exercise if it is right, and the course's own if it is not, so that later cells can run.

    Parameters
    ----------
    id : str
        Such as "05.2", of an exercise on which later cells build.
    answer
        What was handed to `check`.

    Returns
    -------
    object
        The answer itself, or the course's own; then a line is printed that says so.

    Raises
    ------
    KeyError
        If there is no such exercise, or nothing builds on it.

    Examples
    --------
    >>> @exercise("99.2", "Double it.", "return 2 * x", solution=lambda x: 2 * x)
    ... def twice(function):
    ...     return grade(call(function, 3), 6, [])
    >>> fallback("99.2", ...)(21)
    Exercise 99.2 is still open: what follows uses the course's own answer.
    42
    >>> fallback("99.2", lambda x: x + x)(21)
    42
    """
    found = _find(id)
    if found.solution is None:
        raise KeyError(f"Nothing builds on exercise {id}: use its answer itself.")
    if judge(id, answer).state == RIGHT:
        return answer
    print(f"Exercise {id} is still open: what follows uses the course's own answer.")
    return found.solution


def hint(id: str) -> None:
    """Show one more hint for an exercise at each call; the last one is nearly the solution.

    Parameters
    ----------
    id : str
        Such as "01.2".

    Examples
    --------
    >>> hint("00.1")
    Hint 1 of 3: Look at the shapes that section 2 printed. Which numbers belong to one image?
    """
    try:
        hints = _find(id).hints
    except KeyError as problem:
        print(problem.args[0])
        return
    _note(id)
    _hints_given[id] += 1
    n = min(_hints_given[id], len(hints))
    last = " (the last one)" if n == len(hints) else ""
    print(f"Hint {n} of {len(hints)}{last}: {hints[n - 1]}")


def progress(notebook: str | None = None) -> None:
    """Show which exercises of a notebook are solved, tried or still open, and how many hints were shown.

    What was right once stays solved until the kernel restarts: running the untouched cell again, or trying out
    a wrong answer, takes nothing away. All of it stays in this kernel. It never stops a notebook.

    Parameters
    ----------
    notebook : str, optional
        Its number, such as "07"; otherwise the notebook of the exercise that was checked or hinted last.

    Examples
    --------
    >>> hint("00.3")
    Hint 1 of 3: Two things happen: the type changes, and the values are divided by 255.
    >>> progress("00")
    Notebook 00: 0 of 4 solved
    ○ 00.1  open    0 of 3 hints
    ○ 00.2  open    0 of 3 hints
    ○ 00.3  open    1 of 3 hints
    ○ 00.4  open    0 of 3 hints
    """
    if notebook is None and not _best:
        print('No exercise was checked yet: run a cell with check(...), or name a notebook, as in progress("07").')
        return
    book = next(reversed(_best))[:2] if notebook is None else str(notebook).zfill(2)
    found = [_registry[id] for id in _ids_of(book)]
    if not found:
        print(f'There are no exercises of a notebook {book!r}. Its number has two digits, as in progress("07").')
        return
    shown = [f"{min(_hints_given[one.id], len(one.hints))} of {len(one.hints)} hints" for one in found]
    rows = [(one.id, _best.get(one.id, UNTRIED), hints) for one, hints in zip(found, shown, strict=True)]
    _show(Progress(book, tuple(rows)))


# What the judges of the exercises use


def number(answer: Any) -> float:
    """Return the answer as one number.

    Parameters
    ----------
    answer
        A float, int, Tensor, array or list that holds just one.

    Raises
    ------
    NotYet
        If it is no number, or not one; the message is for the student.

    Examples
    --------
    >>> number([[0.5]])
    0.5
    """
    if type(answer) is tuple and list(map(type, answer)) == [int, int] and answer[1] >= 0:
        whole, rest = answer
        raise NotYet(f"Python reads {whole},{rest} as two numbers. Write a decimal point: {whole}.{rest}")
    values = array(answer)
    if values.size == 1 and np.asarray(_opened(answer)).dtype == bool:
        raise NotYet(f"{bool(values)} is a truth value. A number is asked for.")
    if values.size != 1:
        raise NotYet(f"One number is asked for; this has shape {values.shape}.")
    return float(values.reshape(()))


def array(answer: Any, shape: tuple[int, ...] | None = None, finite: bool = True) -> np.ndarray:
    """Return the answer as a float array.

    Parameters
    ----------
    answer
        Numbers in any type that holds them.
    shape : tuple of int, optional
        The shape that it must have.
    finite : bool, optional
        Whether nan and infinity are refused.

    Raises
    ------
    NotYet
        If these are no such numbers; the message is for the student.

    Examples
    --------
    >>> array([[1, 2]])
    array([[1., 2.]])
    """
    if isinstance(answer, str):
        comma = " and write a decimal point" if re.fullmatch(r"\s*[+-]?\d+,\d+\s*", answer) else ""
        raise NotYet(f"{answer!r} is text. Leave out the quotation marks{comma}.")
    if isinstance(answer, Iterator):
        raise NotYet(f"A {type(answer).__name__} gives its numbers only when it is asked. Write list(...) around it.")
    if isinstance(answer, np.ma.MaskedArray) and np.ma.getmaskarray(answer).any():
        raise NotYet("Some of the numbers are masked, and all are asked for. Give an array without a mask.")
    try:
        given = np.asarray(_opened(answer))
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


def _coarse(answer: Any) -> bool:
    return "bfloat16" in str(getattr(type(answer), "dtype", "") and answer.dtype)


def _opened(answer: Any) -> Any:
    """What holds numbers but is no array for NumPy: `dict.values()`, SciPy's sparse matrices, bfloat16."""
    if _coarse(answer):
        return np.asarray(answer.numpy() if hasattr(answer, "numpy") else answer, dtype=float)
    if isinstance(answer, ValuesView):
        return list(answer)
    return answer.toarray() if type(answer).__module__.startswith("scipy.sparse") else answer


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
    """Return whether two arrays have the same shape and numbers, to the three digits that a student types.

    Parameters
    ----------
    a, b : array_like
        The numbers to compare.
    rtol, atol : float, optional
        The differences that do not count, relative to `b` and absolute.

    Examples
    --------
    >>> close(0.693, np.log(2)), close(0.69, np.log(2)), close([1, 2], [[1, 2]])
    (True, False, False)
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=rtol, atol=atol))


def rounded(a: Any, b: Any) -> bool:
    """Return whether `a` is the right answer `b`, rounded to one, two or three decimals.

    Examples
    --------
    >>> rounded(0.69, np.log(2)), rounded(0.68, np.log(2))
    (True, False)
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape == b.shape and any(np.allclose(a, b.round(places), atol=1e-9) for places in (1, 2, 3))


def grade(
    value: Any,
    right: Any,
    mistakes: Iterable[tuple[Any, ...]],
    *,
    rtol: float = 1e-3,
    atol: float = 1e-6,
    rounding: bool = False,
    other: str = OTHER,
) -> str | None:
    """Judge one value: right, the right one rounded, a mistake that has a name, or something else.

    Parameters
    ----------
    value : array_like
        The student's number or array.
    right : array_like
        The right one.
    mistakes : iterable of tuple
        One wrong value or several, and at the end their message; the first tuple that fits counts.
    rtol, atol : float, optional
        As for `close`; rtol=0 for counts, where 256 is not 257.
    rounding : bool, optional
        Whether a rounded answer is told so: for numbers that are typed in, not for what a function returns.
    other : str, optional
        What is said of any other value.

    Returns
    -------
    str or None
        None if the value is right, else the message.

    Examples
    --------
    >>> mistakes = [(np.log10(0.5), "Use the natural logarithm."), (0.5, "Take its logarithm.")]
    >>> grade(-0.6931, np.log(0.5), mistakes)
    >>> grade(0.5, np.log(0.5), mistakes)
    'Take its logarithm.'
    >>> grade(-0.69, np.log(0.5), mistakes, rounding=True)
    'Right, but rounded: give at least four digits, or let Python compute it.'
    """
    if close(value, right, rtol, atol):
        return None
    if rounding and rounded(value, right):
        return ROUNDED
    return next((says for *wrong, says in mistakes if any(close(value, one, rtol, atol) for one in wrong)), other)


def chosen_letters(answer: Any, choices: str) -> set[str]:
    """Return which of the letters `choices` the answer names.

    Parameters
    ----------
    answer
        A text such as "A, C", a collection of texts, or a truth value for each of the choices.
    choices : str
        All letters that there are.

    Raises
    ------
    NotYet
        If it names other letters or none; the message is for the student.

    Examples
    --------
    >>> sorted(chosen_letters("a and C", "ABCD"))
    ['A', 'C']
    """
    parts = list(answer) if isinstance(answer, set | frozenset) else np.ravel(np.asarray(answer, dtype=object))
    if len(parts) == len(choices) and all(isinstance(part, bool | np.bool_) for part in parts):
        parts = [letter for letter, holds in zip(choices, parts, strict=True) if holds]
    text = " ".join(parts) if all(isinstance(part, str) for part in parts) else ""
    chosen = set(re.sub(r"\b(AND|UND|ONLY|NUR|JUST|BOTH)\b|[\W_]", "", text.upper()))
    if not chosen or not chosen <= set(choices):
        raise NotYet(f'Give letters from {choices[0]} to {choices[-1]} as text, such as "AC".')
    return chosen


def keras_model(answer: Any) -> Any:
    """Return the answer, if it is a Keras model.

    Raises
    ------
    NotYet
        If it is something else; the message is for the student.

    Examples
    --------
    >>> keras_model(33)
    Traceback (most recent call last):
    dlhelpers.exercises.core.NotYet: A Keras model is asked for, not int.
    """
    if isinstance(answer, type):
        raise NotYet(f"A Keras model is asked for; {answer.__name__} alone is the plan for making one.")
    if not (callable(answer) and hasattr(answer, "layers")):
        raise NotYet(f"A Keras model is asked for, not {type(answer).__name__}.")
    return answer


def last_activation(model: Any) -> str:
    """Return the name of the activation at the end of a Keras model, "linear" if there is none.

    Examples
    --------
    >>> import keras
    >>> last_activation(keras.Sequential([keras.layers.Dense(1, activation="sigmoid")]))
    'sigmoid'
    """
    return getattr(getattr(model.layers[-1], "activation", None), "__name__", "linear")


_SAID_BY_NUMPY = {
    "core dimension": "The shapes do not fit: in A @ B the rows of A must be as long as the columns of B.",
    "truth value of an array": "Your function stops: Python's `if`, `and`, `max()` and `min()` need single numbers and "
    "got an array. `np.where(condition, a, b)` chooses for each entry; `np.max` and `np.min` look through an array.",
    "converted to Python scalars": "Your function stops: `math.log`, `float()` and the like need a single number and "
    "got an array. NumPy's functions, such as `np.log`, take arrays.",
}


def call(function: Any, *arguments: Any) -> Any:
    """Return what the student's function returns for the arguments.

    Raises
    ------
    NotYet
        If it is no function, if it stops, or if it changes its arguments: a second run would find other data.
    Untried
        If it still returns nothing.

    Examples
    --------
    >>> call(max, 1, 2)
    2
    >>> call(lambda x: x / 0, 1)
    Traceback (most recent call last):
    dlhelpers.exercises.core.NotYet: Your function stops with ZeroDivisionError: division by zero
    """
    if not callable(function):
        raise NotYet(f"A function is asked for; this is a value of type {type(function).__name__}. Leave out the ().")
    named = _named_only(function)
    if named:
        raise NotYet(f"Your function takes {named} by name only. Leave out the * before it in the brackets of `def`.")
    before = _contents(arguments)
    try:
        result = function(*arguments)
        if _is_layer(function) and function.weights:
            raise NotYet(_LAYER)
    except SystemExit as problem:
        raise NotYet("Your function ends Python. Leave out exit(), and return the result.") from problem
    except NotYet:
        raise
    except Exception as problem:
        if _is_layer(function):
            raise NotYet(_LAYER) from problem
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
            f"Your function changes its argument number {changed[0]} itself, so its caller has other data "
            "afterwards. Work on a copy: `x = x - 1` makes a new array, `x -= 1` and `x[0] = 1` change the old one."
        )
    if result is None or result is ...:
        raise Untried("Your function returns nothing: replace the ..., and end with `return` (print only shows)")
    return result


def _named_only(function: Any) -> str | None:
    """The first parameter without a default that stands behind a `*`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have none
        return None
    return next((one.name for one in parameters if one.kind == one.KEYWORD_ONLY and one.default is one.empty), None)


_LAYER = "This is a Keras layer, and its weights start at random. A function is asked for: write it with `def`."


def _is_layer(function: Any) -> bool:
    return all(hasattr(type(function), name) for name in ("add_weight", "build", "call"))


def _contents(arguments: Sequence[Any]) -> list[Any]:
    """What a function could change in place."""
    arrays = [(a.shape, a.tobytes()) if isinstance(a, np.ndarray) else None for a in arguments]
    return [repr(a) if isinstance(a, list) else kept for a, kept in zip(arguments, arrays, strict=True)]


def _ids_of(notebook: str) -> list[str]:
    """The ids of one notebook's exercises, in order; no other notebook's module is imported."""
    module = f"dlhelpers.exercises.nb{notebook}"
    if re.fullmatch("[0-9]{2}", notebook) and importlib.util.find_spec(module):
        importlib.import_module(module)
    return sorted((id for id in _registry if id.startswith(f"{notebook}.")), key=lambda id: int(id.partition(".")[2]))


def _find(id: str) -> Exercise:
    if not isinstance(id, str) or id not in _ids_of(id[:2]):  # an array would be compared number by number
        raise KeyError(f"There is no exercise {id!r}. The notebook's text says which number it has.")
    return _registry[id]


def _note(id: str, state: str = UNTRIED) -> None:
    best = _best.pop(id, UNTRIED)
    _best[id] = best if best == RIGHT or state == UNTRIED else state


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


def _show(shown: Verdict | Progress) -> None:
    try:
        get_ipython()  # type: ignore[name-defined]  # exists inside of a notebook only
    except NameError:
        print(shown)
    else:
        from IPython.display import display

        display(shown)
