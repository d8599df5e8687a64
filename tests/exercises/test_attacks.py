"""Every exercise is attacked: right answers in every sensible type, and wrong ones of every kind.

All comes from the answers in tests/exercises/cases, so a new exercise is covered as soon as it has cases:

    forms(value)     (name, the same answer in another type); all of them must be right
    damaged(value)   (name, an answer that is wrong); none may be accepted, stop the notebook or take long

What a damage leaves as it was, such as the negation of 0 or the transpose of a list, is not wrong and is left out.

A judge that trains a network takes a second or more, so each test tries its answers in an order of its own and stops
after some seconds; over all exercises, every kind is tried many times. ALL_ANSWERS=1 tries every one of them.
"""

import collections
import functools
import itertools
import re
import time
import types

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from dlhelpers.exercises import check, hint, ids, judge, progress
from dlhelpers.exercises.core import NOT_YET, RIGHT, UNTRIED
from tests.exercises.test_exercises import CASES, MODELS, in_time

SECONDS = 2.5  # of processor time for each test

pytestmark = pytest.mark.filterwarnings("ignore")  # nan and infinity are handed in on purpose

# The type itself is a part of these answers, so only these other types are right.
FLOAT32 = ("float32", "tensor32")
ONLY_AS = {
    "00.3": FLOAT32,
    "09.1": FLOAT32,
    "13.1": (),  # a gradient must pass through the result, and any conversion cuts it off
    "16.1": (),  # likewise
    "22.3": (),  # likewise
    "23.1": (),  # likewise
    "23.2": (),  # the loss of a step, which Keras keeps
}

# Endlessly many answers are right here: a damaged answer that passes this test of its own is not wrong.
ALSO_RIGHT = {"01.5": lambda w, b: ((np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) @ w > -b) == [0, 1, 1, 1]).all()}


@functools.cache
def right_answers(id):
    """All right answers, as tuples of arguments."""
    return CASES[id][0] if id in CASES else [(make(),) for make in MODELS[id][0]]


def wrong_answers(id):
    """Those that words and letters are taken from; networks have none, and training them takes long."""
    return [answers for answers, _ in CASES[id][1]] if id in CASES else []


def replaced(answers, place, value):
    return (*answers[:place], value, *answers[place + 1 :])


# --- what kind of answer it is -----------------------------------------------------


def is_numbers(value):
    try:
        return np.asarray(value).dtype.kind in "buif"
    except (TypeError, ValueError):
        return False


def is_model(value):
    return callable(value) and hasattr(value, "layers")


def words(value):
    """The texts of a text or of a collection of texts, else nothing."""
    value = np.ravel(value) if isinstance(value, np.ndarray) else value
    parts = [value] if isinstance(value, str) else value if isinstance(value, list | tuple | set | np.ndarray) else []
    return [str(part) for part in parts] if all(isinstance(part, str) for part in parts) else []


def is_letters(value):
    return bool(re.fullmatch("[A-H]+", letters_of(value)))


def letters_of(value):
    return re.sub(r"\bAND\b|[\W_]", "", " ".join(words(value)).upper())


def same(a, b):
    """Whether two arrays hold the same numbers in the same order; axes of length 1 do not count."""
    if not (is_numbers(a) and is_numbers(b)):
        return False
    a, b = np.squeeze(np.asarray(a, dtype=float)), np.squeeze(np.asarray(b, dtype=float))
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-6)


# --- right answers in other types --------------------------------------------------


def forms(value):
    if is_numbers(value):
        return {name: make() for name, make in number_makers(value).items()}
    if is_letters(value):
        return letter_forms(sorted(set(letters_of(value))))
    if words(value):
        return word_forms(value)
    if isinstance(value, dict):
        return {"ordered": collections.OrderedDict(value), "other order": dict(reversed(value.items()))}
    if is_model(value):
        return functional(value)
    return function_forms(value) if callable(value) else {}


def number_makers(value):
    """How each form is made: large arrays in all forms at once take long.

    float32 keeps seven digits, and no exercise asks for more than six: it is always sensible.
    """
    import tensorflow as tf

    a = np.asarray(value, dtype=float)
    found = {"float64": a.copy, "float32": lambda: a.astype("float32"), "variable": lambda: tf.Variable(a)}
    found |= {"tensor": lambda: tf.constant(a), "tensor32": lambda: tf.constant(a, "float32")}
    found |= {"list": a.tolist, "tuple": lambda: nested_tuple(a.tolist())}
    if np.isfinite(a).all() and (a == a.round()).all():
        found |= {"int64": lambda: a.astype("int64"), "list of int": lambda: a.astype(int).tolist()}
    if np.array_equal(tf.cast(tf.cast(a, "bfloat16"), "float64"), a):
        found["bfloat16"] = lambda: tf.constant(a, "bfloat16")
    found["unmasked"] = lambda: np.ma.masked_array(a)
    if a.ndim == 1:
        found["values"] = lambda: dict(enumerate(a.tolist())).values()
        found["series"] = lambda: pd.Series(a, index=range(7, 7 + len(a)))
    if a.ndim == 2:
        found["sparse"] = lambda: scipy.sparse.csr_matrix(a)
        found["frame"] = lambda: pd.DataFrame(a)
    return found | (single_makers(a.item()) if a.size == 1 else {})


def single_makers(x):
    kinds = {"float": float, "float64 scalar": np.float64, "float32 scalar": np.float32, "0-d": np.array}
    kinds |= {"int": int, "int scalar": np.int64} if np.isfinite(x) and x == round(x) else {}
    found = {name: functools.partial(kind, x) for name, kind in kinds.items()}
    found |= {"in a list": lambda: [x], "in a tuple": lambda: (x,), "1 x 1": lambda: np.array([[x]])}
    found |= {"of arrays": lambda: [np.array([x])], "one in a series": lambda: pd.Series([x])}
    return found | {"frame": lambda: pd.DataFrame({"x": [x]})}


def nested_tuple(values):
    return tuple(map(nested_tuple, values)) if isinstance(values, list) else values


def letter_forms(letters):
    together = "".join(letters)
    found = {"text": together, "small": together.lower(), "numpy text": np.str_(together), "turned": together[::-1]}
    found |= {"commas": ", ".join(letters), "and": " and ".join(letters), "blanks": " ".join(letters)}
    found |= {"und": " und ".join(letters), "only": "only " + " and ".join(letters)}
    found |= {"list": letters, "tuple": tuple(letters), "set": set(letters), "frozenset": frozenset(letters)}
    found |= {"array": np.array(letters), "series": pd.Series(letters)}
    return found | {"objects": np.array(letters, dtype=object)}


def word_forms(value):
    if isinstance(value, str):
        return {"numpy text": np.str_(value), "capital": value.capitalize(), "blanks": f" {value} "}
    parts = words(value)
    found = {"list": parts, "tuple": tuple(parts), "array": np.array(parts), "series": pd.Series(parts)}
    return found | {"objects": np.array(parts, dtype=object), "capitals": [part.upper() for part in parts]}


def functional(model):
    """The same network as a keras.Model of inputs and outputs, if it knows its inputs."""
    import keras

    if not (isinstance(model, keras.Model) and getattr(model, "inputs", None)):
        return {}
    wrapped = keras.Model(model.inputs, model.outputs)
    if getattr(model, "loss", None) is not None:
        wrapped.compile("adam", model.loss)
    return {"functional": wrapped}


def function_forms(function):
    found = {"lambda": lambda *arguments: function(*arguments), "partial": functools.partial(function)}
    found["method"] = types.MethodType(lambda self, *arguments: function(*arguments), found)
    for name in {**number_makers([[1.0, 2.0]]), **number_makers([1, 2]), **number_makers(1)}:
        found[f"gives {name}"] = functools.partial(in_form, function, name)
    return found


def in_form(function, name, *arguments):
    """The function's result in this form, or as it is if the form does not fit it."""
    result = function(*arguments)
    makers = number_makers(result) if is_numbers(result) else {}
    return makers[name]() if name in makers else result


def allowed_forms(value, names):
    if callable(value):
        allowed = {f"gives {name}" for name in names}
        return {name: form for name, form in function_forms(value).items() if name[:6] != "gives " or name in allowed}
    return {name: number_makers(value)[name]() for name in names}


# --- wrong answers -----------------------------------------------------------------


def damaged(value, pool):
    """Wrong answers; `pool` holds what stands in the place of `value` in all cases of the exercise."""
    found = other_kinds(value)
    if is_numbers(value):
        found |= damaged_numbers(value) | as_text(value)
    elif is_letters(value):
        found |= other_letters(value, pool)
    elif words(value):
        found |= other_words(value, pool)
    elif isinstance(value, dict):
        found |= other_entries(value, pool)
    elif is_model(value):
        found |= no_models(value)
    elif callable(value):
        found |= damaged_functions(value)
    return found


def other_kinds(value):
    found = {"a text": "no idea", "bytes": b"no idea", "empty": [], "dict": {}, "object": object(), "complex": 1j}
    found |= {"class": dict, "generator": (i for i in ()), "ragged": [[1, 2], [3]], "empty frame": pd.DataFrame()}
    found |= {"date": np.datetime64("2024-01-01"), "half done": [..., 1], "exception": ValueError("?"), "module": np}
    found |= {"broken array": BrokenArray(), "list of None": [None, None], "many axes": np.ones((1,) * 9 + (2,))}
    found |= {"number as text": "0.5", "nan": np.nan, "inf": np.inf, "cube": np.zeros((3, 4, 5)), "far away": -1e300}
    return found if callable(value) else found | {"function": lambda *arguments: value, "built-in": print}


class BrokenArray:
    layers = property(lambda self: 1 / 0)

    def __array__(self, *arguments, **options):
        raise Unspeakable


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def damaged_numbers(value):
    a = np.asarray(value)
    a = a if a.dtype.kind == "f" else a.astype(float)
    found = {"negated": -a, "plus 1": a + 1, "ten per cent": a * a.dtype.type(1.1)}
    found |= {"transposed": a.T, "flat": a.ravel()}
    found |= {"backwards": np.flip(a), "one more": np.append(a, a.dtype.type(0)), "doubled": np.stack([a, a])}
    found |= {name: spoilt(a, bad) for name, bad in (("nan", np.nan), ("inf", np.inf), ("-inf", -np.inf))}
    found["huge"] = spoilt(a, 1e30)
    found["masked"] = np.ma.masked_array(spoilt(a, 7.25), mask=spoilt(np.zeros(a.shape, bool), True))
    return {name: wrong for name, wrong in found.items() if not same(wrong, a)}


def spoilt(a, bad):
    copy = a.copy()
    copy.reshape(-1)[-1:] = bad
    return copy


def as_text(value):
    """The right numbers as text, and with an imaginary part that a conversion to float would drop."""
    a = np.asarray(value, dtype=float)
    texts = a.astype(str) if a.size < 10_000 else np.array("0.5")  # nobody types so many, and they take seconds
    return {"text": str(value), "list of texts": texts.tolist(), "array of texts": texts, "imaginary": a + 1j}


def other_letters(value, pool):
    right = set(letters_of(value))
    letters = sorted(right.union("E", *(letters_of(entry) for entry in pool if is_letters(entry))))
    choices = itertools.chain(*(itertools.combinations(letters, n) for n in range(1, len(letters) + 1)))
    return {"".join(choice): "".join(choice) for choice in choices if set(choice) != right}


def other_words(value, pool):
    """Each word replaced by each other one, and a word missing."""
    parts = words(value)
    others = sorted({word for entry in pool for word in words(entry)} | {"nonsense", ""})
    if isinstance(value, str):
        return {word: word for word in others}
    changed = {f"{place}: {word}": list(replaced(parts, place, word)) for place in range(len(parts)) for word in others}
    return changed | {"one missing": parts[:-1], "turned": parts[::-1], "in a text": " ".join(parts)}


def other_entries(value, pool):
    values = [other for entry in pool if isinstance(entry, dict) for other in entry.values()]
    others = [*sorted({text for text in values if isinstance(text, str)}), "nonsense", 1, ["list"], np.ones(2)]
    changed = {f"{key}: {other}": value | {key: other} for key in value for other in others}
    changed |= {f"without {key}": {k: v for k, v in value.items() if k != key} for key in value}
    return changed | {"keys": list(value), "values": list(value.values()), "numbers": dict.fromkeys(value, 0.5)}


def no_models(model):
    import keras

    other = keras.Sequential([keras.Input((7,)), keras.layers.Dense(3)])
    found = {"class": keras.Sequential, "no layers": keras.Sequential(), "layer": keras.layers.Dense(1)}
    found |= {"layers": list(model.layers), "weights": model.get_weights(), "method": model.summary}
    return found | {"other shapes": other, "function": lambda x: x, "input": keras.Input((2,)), "text": "relu"}


class Damaged:
    """A function whose result is damaged; `differs` tells whether any of its results became another one."""

    def __init__(self, function, damage):
        self.function, self.damage, self.differs = function, damage, False

    def __call__(self, *arguments):
        right = self.function(*arguments)
        result = self.damage(right, arguments)
        self.differs |= not agree(result, right)
        return result


def damaged_functions(function):
    damages = {name: functools.partial(damage_result, name) for name in damaged_numbers([[1.0, 2.0], [3.0, 5.0]])}
    damages |= {f"gives {name}": functools.partial(text_result, name) for name in as_text(1.0)}
    damages |= {f"gives {name}": lambda *_, other=other: other for name, other in other_kinds(1.0).items()}
    damages["gives its argument"] = lambda right, arguments: arguments[0]
    found = {name: Damaged(function, damage) for name, damage in damages.items()}
    found |= {"changes its input": ChangesInput(function), "None": lambda *_: None, "arguments": lambda: 0}
    return found | {problem.__name__: raising(problem) for problem in (ZeroDivisionError, SystemExit, Unspeakable)}


def damage_result(name, right, arguments):
    return damaged_numbers(right).get(name, right) if is_numbers(right) else right


def text_result(name, right, arguments):
    return as_text(right)[name] if is_numbers(right) else str(right)


class ChangesInput(Damaged):
    """The right result, but an array or list that came in holds something else afterwards."""

    def __init__(self, function):
        super().__init__(function, lambda right, arguments: right)

    def __call__(self, *arguments):
        result = super().__call__(*arguments)
        for argument in arguments:
            if isinstance(argument, np.ndarray) and argument.dtype.kind in "buif":
                argument[...] = 1 - argument
                self.differs = True
            elif isinstance(argument, list):
                argument.reverse()
                argument.append(0)
                self.differs = True
        return result


def raising(problem):
    def function(*arguments):
        raise problem

    return function


# --- the attacks -------------------------------------------------------------------


def right_in_other_types(id):
    for answers in right_answers(id):
        yield "as it is", answers
        for place, value in enumerate(answers):
            found = allowed_forms(value, ONLY_AS[id]) if id in ONLY_AS else forms(value)
            for name, form in found.items():
                yield f"answer {place + 1} as {name}", replaced(answers, place, form)


def attacks(id):
    """Wrong answers; those of the cases themselves are tried in test_exercises.py."""
    rights, wrongs = right_answers(id), wrong_answers(id)
    yield "one more", (*rights[0], 0)
    yield "one less", rights[0][:-1]
    yield "other order", rights[0][::-1]
    for answers in rights:
        for place, value in enumerate(answers):
            pool = [other[place] for other in rights + wrongs if len(other) > place]
            for name, wrong in damaged(value, pool).items():
                yield f"answer {place + 1}: {name}", replaced(answers, place, wrong)


def is_right_after_all(id, answers):
    """Whether this damage made another right answer, or none at all."""
    if id in ALSO_RIGHT and all(map(is_numbers, answers)) and np.size(answers[0]) == 2:
        return ALSO_RIGHT[id](np.ravel(answers[0]), answers[1])
    if any(isinstance(answer, Damaged) and not answer.differs for answer in answers):
        return True
    return any(len(answers) == len(right) and all(map(agree, answers, right)) for right in right_answers(id))


def agree(a, b):
    if words(a) and words(b):
        return [word.strip().lower() for word in words(a)] == [word.strip().lower() for word in words(b)]
    return a is b or same(a, b) or (isinstance(a, dict) and str(a) == str(b))


@pytest.mark.parametrize("id", ids())
def test_right_answers_of_every_type(id):
    found = [(name, judge(id, *answers)) for name, answers in in_time(id, list(right_in_other_types(id)), SECONDS)]
    assert [(name, verdict) for name, verdict in found if verdict.state != RIGHT] == []


@pytest.mark.parametrize("id", ids())
def test_wrong_answers_of_every_kind(id):
    problems, tried = [], 0
    for name, answers in in_time(id, list(attacks(id)), SECONDS):
        start = time.process_time()
        verdict = judge(id, *answers)
        seconds = time.process_time() - start
        if verdict.state == RIGHT and is_right_after_all(id, answers):
            continue
        tried += 1
        slow = seconds > 6  # 2 on a quick machine
        if verdict.state not in (NOT_YET, UNTRIED) or not verdict.message.strip() or slow:
            problems.append((name, verdict, seconds))
    assert problems == [] and tried >= 3


def test_check_hint_and_progress_stop_at_no_id(capsys):
    """`check(answer)` without the id is a common slip."""
    nothing = (np.ones(2), 0.5, -1, ..., [], {}, pd.DataFrame({"x": [1, 2]}), "1.2", ("01", "2"), print, "../x", "77")
    for id in (*nothing, "\u0660\u0661"):  # digits, but not these
        check(id)
        check(id, 1)
        hint(id)
        progress(id)
    said = capsys.readouterr().out
    assert said.count("There is no exercise") == 39 and said.count("There are no exercises of a notebook") == 13
