"""Exercises of notebook 05, back-propagation."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import NotYet, array, call, chosen_letters, close, exercise, grade


class _Node:
    """What a tape holds: the notebook's `Value`, without its operators."""

    def __init__(self, data: Any, op: str = "input", parents: tuple = ()):
        self.data, self.op, self.parents, self.name = np.asarray(data, "float64"), op, parents, ""


_RULES = {
    "input": lambda g, out: (),
    "+": lambda g, out, a, b: (g, g),
    "×": lambda g, out, a, b: (g * b, g * a),
    "exp": lambda g, out, a: (g * out,),
}


def _backward(tape: list, rules: dict) -> dict:
    gradients = {value: np.zeros_like(value.data) for value in tape}
    gradients[tape[-1]] = np.ones_like(tape[-1].data)
    for value in reversed(tape):
        parts = rules[value.op](gradients[value], value.data, *[parent.data for parent in value.parents])
        for parent, part in zip(value.parents, parts, strict=True):
            gradients[parent] = gradients[parent] + part
    return gradients


@exercise(
    "05.1",
    "Start at the end: f is a sum, and a sum copies its gradient, 1, to the product and to x.",
    "The product has the factors max(x, y) = 4 and z = -3: each gets the other one. The maximum passes its gradient to x.",
    "x is used twice, so its two gradients add up: -3 through the maximum, and 1 directly.",
    praise="The paths of x add up: -3 through the maximum and 1 directly.",
)
def slopes_by_hand(slopes: Any) -> str | None:
    mistakes = [
        ([-3, 0, 4], "x acts on f along two paths: through the maximum and directly. Its gradients add up."),
        ([1, 0, 4], "x acts on f along two paths; this is the direct one alone. Its gradients add up."),
        ([-3, -3, 4], [-2, -3, 4], "The maximum does not copy: only the larger input gets the gradient."),
        ([0, -3, 4], [1, -3, 4], "The maximum passes the gradient to the larger input, and 4 is larger than 1."),
        ([-2, 0, -3], "A product swaps: z gets the other factor, max(x, y) = 4."),
        ([4, 0, -3], [5, 0, -3], "A product swaps: z gets the other factor, max(x, y), and the maximum gets z."),
        ([-2, 0, 1], "z gets the other factor, max(x, y), and this is the larger of 4 and 1."),
        ([2, 0, 4], [4, 0, 4], "z is -3: mind its sign."),
        ([-2, 1, 4], "The smaller input of a maximum gets nothing: y could change a little and f would stay the same."),
        ([4, 0, -2], "Right numbers in another order: first x, then y, then z."),
        ([4, 1, -3], "These are the values. Asked for are the slopes of f."),
    ]
    return grade(array(slopes, (3,)), [-2, 0, 4], mistakes)


@exercise(
    "05.2",
    "Go through `reversed(tape)`. For each value collect `inputs = [parent.data for parent in value.parents]`.",
    "`parts = rules[value.op](gradients[value], value.data, *inputs)` is one gradient for each parent, in their order.",
    "for parent, part in zip(value.parents, parts): gradients[parent] = gradients[parent] + part. Then return gradients.",
    praise="This is the whole of back-propagation.",
    solution=_backward,
)
def walk_backwards(function: Any) -> str | None:
    chain, fork, deep = _chain(), _fork(), _deep_fork()
    got = _gradients(function, chain)
    right = _backward(chain, _RULES)
    values = [got[value] for value in chain]
    if not close(values, [right[value] for value in chain]):
        return _what_is_wrong_with(values, chain)
    for tape, says in (
        (fork, "a value that is used twice gets two gradients, and they add up. With `=` the second replaces the first."),
        (deep, "go backwards through the tape: a gradient must be complete before it is passed on."),
    ):
        got, right = _gradients(function, tape), _backward(tape, _RULES)
        if not all(close(got[value], right[value]) for value in tape):
            return f"It works for a simple chain. But {says}"
    batch = _batch()
    got, right = _gradients(function, batch), _backward(batch, _RULES)
    if not all(np.shape(got[value]) == value.data.shape and close(got[value], right[value]) for value in batch):
        return "It works for numbers, but not for arrays: each gradient should have the shape of its value's data."
    return None


def _gradients(function: Any, tape: list) -> dict:
    got = call(function, list(tape), dict(_RULES))
    if not isinstance(got, dict):
        raise NotYet(f"`backward` should return the dictionary `gradients`, and this is {type(got).__name__}.")
    if missing := [value for value in tape if value not in got]:
        raise NotYet(f"The dictionary lacks {len(missing)} of the {len(tape)} values of the tape; its keys are the values.")
    return {value: np.asarray(got[value], "float64") for value in tape}


def _what_is_wrong_with(values: list, chain: list) -> str:
    if not np.any(values[0]) and not np.any(values[2]):
        return "The gradient stops near the last value. Go through the tape backwards, starting with the last value."
    return (
        "For f = exp(x · y) + c the gradients are other ones. The rule gets the gradient of the value itself, its data, "
        "and then the data of its parents; the results belong to the parents, in their order."
    )


def _chain() -> list:
    x, y, c = _Node(0.5), _Node(2.0), _Node(3.0)
    product = _Node(1.0, "×", (x, y))
    power = _Node(np.e, "exp", (product,))
    return [x, y, product, power, c, _Node(np.e + 3.0, "+", (power, c))]


def _fork() -> list:
    x = _Node(3.0)
    return [x, _Node(9.0, "×", (x, x))]


def _deep_fork() -> list:
    x, two = _Node(3.0), _Node(2.0)
    square = _Node(9.0, "×", (x, x))
    double = _Node(18.0, "×", (square, two))
    return [x, two, square, double, _Node(27.0, "+", (double, square))]


def _batch() -> list:
    a, b = _Node([[1.0, 2.0], [3.0, 4.0]]), _Node([[0.5, -1.0], [2.0, 0.0]])
    return [a, b, _Node(a.data * b.data, "×", (a, b))]


def _parts(result: Any) -> list | None:
    """The gradients that a rule returns for arrays of two axes; None if it is one array and no tuple."""
    if isinstance(result, (tuple, list)):
        return list(result)
    return list(array(result, finite=False)) if np.ndim(result) == 3 else None


@exercise(
    "05.3",
    "Write down the shapes: X is (n, j), W is (j, k), and g, like out, is (n, k). The gradient for X must be (n, j).",
    "(n, k) times (k, j) gives (n, j): g @ W.T. Now find the one for W in the same way.",
    "return g @ W.T, X.T @ g",
    praise="Each gradient has the shape of its array.",
    solution=lambda g, out, X, W: (g @ W.T, X.T @ g),
)
def matmul_rule(function: Any) -> str | None:
    rng = np.random.default_rng(4)
    square = _matmul_problem(function, *(rng.normal(size=(3, 3)) for _ in range(3)))
    other = _matmul_problem(function, rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=(5, 2)))
    return other or square


def _matmul_problem(function: Any, X: np.ndarray, W: np.ndarray, g: np.ndarray) -> str | None:
    parts = _parts(call(function, g, X @ W, X, W))
    if parts is None or len(parts) != 2:
        return "Return two gradients, separated by a comma: first the one for X, then the one for W."
    parts = [array(part, finite=False) for part in parts]
    for name, own, right, got in (("X", X, g @ W.T, parts[0]), ("W", W, X.T @ g, parts[1])):
        if close(got, right):
            continue
        if close(parts[0], X.T @ g) and close(parts[1], g @ W.T):
            return "Right gradients in the wrong order: first the one for X, then the one for W."
        if got.shape != own.shape:
            return f"The gradient for {name} should have the shape of {name}, {own.shape}, and this one has {got.shape}."
        mistakes = [
            (right / len(X), f"The gradient for {name} is divided by the number of rows. That belongs to the mean of the loss."),
            (-right, f"The gradient for {name} has the wrong sign."),
            (np.ones_like(g) @ W.T, X.T @ np.ones_like(g), f"The upstream gradient g is missing from the one for {name}."),
        ]
        return grade(got, right, mistakes, other=f"The gradient for {name} has the right shape and other numbers. A transpose?")
    return None


@exercise(
    "05.4",
    "Copy `forward`, and put a second tanh layer between the first one and the output: W2 is 8 by 8, W3 is 8 by 1.",
    "The loop: loss, backward, and new parameters `Value(value.data - rate * gradients[value])`; a rate of 1 works well.",
    "With a rate of 1.0, about 2500 steps are enough. Start the weights with rng.normal(size=(n, m)) / np.sqrt(n).",
    praise="Trained from scratch, with gradients of your own.",
)
def deep_network(parameters: Any) -> str | None:
    if callable(parameters):
        return "Hand over the trained parameters, not the function."
    if not isinstance(parameters, (list, tuple)) or len(parameters) != 6:
        return "Hand over a list of six parameters: [W1, b1, W2, b2, W3, b3]."
    weights = [array(getattr(value, "data", value), finite=False) for value in parameters]
    shapes = [(2, 8), (8,), (8, 8), (8,), (8, 1), (1,)]
    for name, found, shape in zip(("W1", "b1", "W2", "b2", "W3", "b3"), weights, shapes, strict=True):
        if found.shape != shape:
            return f"{name} should have the shape {shape}, and this one has {found.shape}."
    if not all(np.isfinite(found).all() for found in weights):
        return "Some parameters are nan or infinite: the steps were too large. Try a smaller learning rate."
    x, y = _notes()
    z = _forward(x, weights)[-1]
    nll = float(np.mean(np.logaddexp(0, z) - y * z))
    if all(not np.any(found) for found in weights):
        return "All parameters are 0: then all units of a layer are the same and stay the same. Start with random weights."
    if nll < 0.69 and not np.any(weights[1]) and not np.any(weights[3]):
        return "The biases are still 0: are they among the parameters that the steps change?"
    if np.allclose(weights[2], weights[2][:, :1]) and np.allclose(weights[0], weights[0][:, :1]):
        return "All units of a layer are the same: start with random weights, not with equal ones."
    if nll > 0.69:
        return f"The training NLL is {nll:.3f}, no better than guessing (0.693). Do the steps go *against* the gradient?"
    if nll >= 0.15:
        return f"The training NLL is {nll:.3f}; it should be below 0.15. Take more steps, or larger ones."
    return None


def _notes() -> tuple[np.ndarray, np.ndarray]:
    """The training half of the banknotes, as the notebook prepares them."""
    from sklearn.model_selection import train_test_split

    notes = data.load_banknotes()
    x, y = notes[["Left", "Bottom"]].to_numpy(), (notes["Status"] == "counterfeit").to_numpy()[:, None].astype(float)
    x_train, _, y_train, _ = train_test_split(x, y, test_size=0.5, stratify=y, random_state=0)
    return (x_train - x_train.mean(axis=0)) / x_train.std(axis=0), y_train


# The line-up of exercise 05.5. Each suspect takes x, y and the six weights, and returns six gradients.
_CULPRITS = {"slope": "C", "transpose": "A", "twice": "D", "sign": "B"}


def _forward(x: np.ndarray, weights: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    W1, b1, W2, b2, W3, b3 = weights
    h1 = np.tanh(x @ W1 + b1)
    h2 = np.tanh(h1 @ W2 + b2)
    return h1, h2, h2 @ W3 + b3


def _suspect(mistake: str) -> Callable[[np.ndarray, np.ndarray, list], list[np.ndarray]]:
    def gradients(x: np.ndarray, y: np.ndarray, weights: list) -> list[np.ndarray]:
        W2, W3 = weights[2], weights[4]
        h1, h2, z = _forward(x, weights)
        p = 0.5 * (1 + np.tanh(z / 2))
        d3 = ((y - p) if mistake == "sign" else (p - y)) / len(x)
        slope2 = 1 if mistake == "slope" else 1 - h2**2
        d2 = (d3 @ W3.T) * slope2
        d1 = (d2 @ (W2 if mistake == "transpose" else W2.T)) * (1 - h1**2)
        bias = np.mean if mistake == "twice" else np.sum
        return [x.T @ d1, bias(d1, axis=0), h1.T @ d2, bias(d2, axis=0), h2.T @ d3, bias(d3, axis=0)]

    return gradients


suspects = {
    letter: _suspect(next((mistake for mistake, culprit in _CULPRITS.items() if culprit == letter), "none"))
    for letter in "ABCDE"
}


@exercise(
    "05.5",
    "Find the row without errors first: this one is innocent. Then ask for each mistake which gradients it can spoil.",
    "A wrong sign turns all gradients round, an error of 2. Averaging twice touches biases only.",
    "The missing slope was in the second hidden layer and spoils it and what lies in front of it. The missing transpose stands "
    "between the hidden layers and spoils the first one alone.",
    praise="E is innocent. The first wrong gradient shows where the bug enters the backward pass.",
)
def line_up(culprits: Any) -> str | None:
    if not isinstance(culprits, dict) or set(culprits) != {1, 2, 3, 4}:
        return 'Give a letter for each of the mistakes, as a dictionary: {1: "A", 2: "B", 3: "C", 4: "D"}.'
    given = ["".join(chosen_letters(culprits[mistake], "ABCDE")) for mistake in (1, 2, 3, 4)]
    right = list(_CULPRITS.values())
    if given == right:
        return None
    if "E" in given:
        return "E has no errors at all, so it made none of the mistakes."
    if len(set(given)) < 4 or any(len(letter) != 1 for letter in given):
        return "Each mistake was made by one suspect, and each suspect made one: four different letters."
    if given[3] != right[3]:
        return "Look for the wrong sign first: if a gradient g comes out as -g, the relative error is exactly 2."
    if given[2] != right[2]:
        return "Averaging twice spoils the gradients of the biases and leaves those of the weights right. Which row is that?"
    return "Two are exchanged. A missing transpose between the hidden layers leaves W2 and b2 right; a missing slope there does not."
