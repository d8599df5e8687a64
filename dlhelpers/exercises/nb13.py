"""Exercises of notebook 13, recurrent networks from scratch."""

import re
from typing import Any

import numpy as np
from scipy.special import expit

from dlhelpers.exercises.core import (
    NotYet,
    array,
    call,
    chosen_letters,
    close,
    exercise,
    grade,
    keras_model,
    number,
)


def _rnn_states(x: Any, U: Any, W: Any, b: Any) -> Any:
    from keras import ops

    h, states = ops.zeros((x.shape[0], W.shape[0])), []
    for t in range(x.shape[1]):
        h = ops.tanh(x[:, t] @ U + h @ W + b)
        states.append(h)
    return ops.stack(states, axis=1)


def _states(x: Any, U: Any, W: Any, b: Any, activation: Any = np.tanh, back: float = 1.0) -> np.ndarray:
    """The same in NumPy, right or with one thing changed; shape (series, steps, units)."""
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        h = activation(x[:, t] @ U + back * h @ W + b)
        states.append(h)
    return np.stack(states, axis=1)


@exercise(
    "13.1",
    "Go through the steps with `for t in range(x.shape[1]):`. The inputs of step t, for all series, are `x[:, t]`.",
    "In the loop: the new h from x[:, t] and the old h, with matrix products `@`; then `states.append(h)`.",
    "h = ops.tanh(x[:, t] @ U + h @ W + b), in the loop; after the loop: return ops.stack(states, axis=1)",
    praise="A recurrent network is one short loop.",
    solution=_rnn_states,
)
def unrolled(function: Any) -> str | None:
    rng = np.random.default_rng(5)
    x, U, W, b = (rng.normal(size=shape).astype("float32") for shape in [(3, 5, 2), (2, 4), (4, 4), (4,)])
    try:
        result = array(call(function, x, U, W, b), finite=False)
    except NotYet as problem:
        told = re.sub(r"\{\{.*?\}\} | \[Op:.*", "", str(problem))  # TensorFlow's names for its own functions
        if any(word in told.lower() for word in ("shape", "dimension", "size", "fit", "incompatible")):
            shapes = "x has shape (series, steps, inputs), so the inputs of step t are `x[:, t]`; h has shape (series, units), so write `h @ W`."
            raise NotYet(f"{told} ({shapes})") from None
        if "index out of range" in told:
            raise NotYet(f"{told}. (Is `states.append(h)` in the loop? Without it the list stays empty.)") from None
        raise
    right = _states(x, U, W, b)
    if message := _wrong_shape(result, right):
        return message
    mistakes = [
        (_states(x, U, W, b, activation=lambda a: a), "The tanh is missing: each new state passes through it."),
        (_states(x, U, W, b, back=0), "The old state has no effect. Is it `h @ W`, and is h replaced by the new state at each step?"),
        (_states(x, U, W, 0 * b), "The bias b is missing."),
        (_states(x, U, W.T, b), "The old state is multiplied by the transpose of W. Write `h @ W`."),
        (_states(x, U, W, b, activation=expit), "This is the sigmoid. The state goes through tanh."),
        (_states(x, U, W, b, activation=lambda a: np.maximum(a, 0)), "This is ReLU. The state goes through tanh."),
        (_states(x, 0 * U, W, b), "The inputs have no effect: add `x[:, t] @ U`."),
        (right[:, ::-1], "Right states in the wrong order: the first step comes first."),
        (_states(x[:, ::-1], U, W, b), "This reads the series from its end. Start with x[:, 0]."),
        (np.cumsum(right, axis=1), "The states are added up. The new state replaces the old one."),
        (_added(x, U, W, b), "The new state is added to the old one. It replaces it: `h = ops.tanh(...)`."),
        (_outside(x @ U, 0 * W, W, b), "Brackets: the old state and the bias belong into the tanh, too."),
        (_outside(x @ U, W, 0 * W, b), "Brackets: the bias belongs into the tanh, too."),
        (np.concatenate([0 * right[:, :1], right[:, :-1]], axis=1), "Each state is appended before it is computed: append the *new* h."),
    ]
    return grade(result, right, mistakes, rtol=1e-3, atol=1e-4) or _off_the_tape(function, x, U, W, b)


def _added(x: Any, U: Any, W: Any, b: Any) -> np.ndarray:
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        h = h + np.tanh(x[:, t] @ U + h @ W + b)
        states.append(h)
    return np.stack(states, axis=1)


def _outside(inputs: Any, within: Any, behind: Any, b: Any) -> np.ndarray:
    """The states when the bracket of the tanh closes too early: h times `within` is in it, h times `behind` is not."""
    h, states = np.zeros((len(inputs), len(b))), []
    for t in range(inputs.shape[1]):
        h = np.tanh(inputs[:, t] + h @ within) + h @ behind + b
        states.append(h)
    return np.stack(states, axis=1)


def _wrong_shape(result: np.ndarray, right: np.ndarray) -> str | None:
    n, steps, units = right.shape
    if result.shape == right.shape:
        return None
    if result.shape == (n, units):
        return "This is one state alone. Collect the states of all steps: `states.append(h)` belongs into the loop."
    if result.shape == (steps, n, units):
        return "Right up to the order of the axes: `ops.stack(states, axis=1)` puts the steps second."
    if result.shape in [(n, steps + 1, units), (steps + 1, n, units)]:
        return "There is one state too many. The zeros that you start with are not asked for."
    if result.shape == (n, 1, units):
        return "There is only one step. `return` stands behind the loop, not in it."
    if result.shape == (n, n, units):
        return "There are as many steps as series. The number of steps is `x.shape[1]`, not `x.shape[0]` or `len(x)`."
    return f"The shape should be (series, steps, units) = {right.shape}, and this one is {result.shape}."


def _off_the_tape(function: Any, *arrays: np.ndarray) -> str | None:
    import tensorflow as tf

    x, *weights = arrays[0], *(tf.Variable(w) for w in arrays[1:])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.convert_to_tensor(call(function, x, *weights)))
    if any(slope is None for slope in tape.gradient(loss, weights)):
        return "The states are right, but the tape cannot follow: NumPy's functions hide what they do. Use `ops.tanh` and `ops.stack`."
    return None


LEFT, STEPS = 0.675**20, 12


@exercise(
    "13.2",
    "The slope of tanh where its output is h: 1 - h * h. Multiply it by w: that is the factor of one step.",
    "The factor is 0.9 * 0.75 = 0.675, and 20 steps back it is there 20 times. For the second number try 0.675**k.",
    "answers = [0.675**20, 12], since 0.675**11 = 0.0133 and 0.675**12 = 0.0089",
    praise="Less than a thousandth after 20 steps, although w is close to 1: the slope of tanh does the damage.",
)
def gradient_left(answers: Any) -> str | None:
    values = array(answers).ravel()
    if values.size != 2:
        return f"Two numbers are asked for: what is left after 20 steps, and the number of steps. These are {values.size}."
    left, steps = values
    if close(steps, LEFT, atol=1e-9) and left == STEPS:
        return "Right numbers, wrong order: first what is left after 20 steps."
    if left == 0:
        return "Small, but not 0. Let Python compute it, and give at least three digits that are not 0."
    mistakes = [
        (0.9**20, "This is without the slope of tanh, 1 - h * h = 0.75, which is a factor at each step as well."),
        (0.75**20, "This is the slope of tanh alone. Each step also multiplies by w = 0.9."),
        (0.45**20, "The slope of tanh is 1 minus the *square* of its output: 1 - 0.25."),
        ((0.9 * 0.25) ** 20, "The slope of tanh is 1 - h * h, and h * h = 0.25."),
        ((0.9 * (1 - np.tanh(0.5) ** 2)) ** 20, "The state h = 0.5 is already the output of tanh: the slope is 1 - 0.5 * 0.5."),
        (0.9**20 * 0.75, "The slope of tanh, 0.75, is a factor at each of the 20 steps, and not only once."),
        (100 * LEFT, "This is in per cent. Give the number itself: 0.0386 % is 0.000386."),
        (0.675, "This is the factor of one step. How often does it occur 20 steps back?"),
        (0.675 * 20, "The factors of the steps multiply; they do not add up."),
        (0.0004, 0.00039, "Right, but rounded: give at least four digits, or let Python compute it."),
        (0.675**21, 0.675**19, "Count the steps again: 20 steps back there are 20 factors."),
    ]
    if message := grade(left, LEFT, mistakes, rtol=1e-2, atol=1e-12, other="The first number is not right yet. What is the factor of one step?"):
        return message
    of_steps = {
        44: "The first number is right. The second one leaves out the slope of tanh.",
        11: "The first number is right. After 11 steps it is 0.675**11 = 0.0133, still more than 1 %.",
        13: "The first number is right. But 12 steps are enough: 0.675**12 = 0.0089.",
    }
    if steps == STEPS:
        return None
    if not float(steps).is_integer():
        return "The first number is right. The second is a number of steps, a whole one: the first k with 0.675**k below 0.01."
    return of_steps.get(steps, "The first number is right. For the second find the first k with 0.675**k below 0.01.")


def _lstm_step(x: Any, h: Any, c: Any, K: Any, R: Any, b: Any) -> tuple[Any, Any]:
    i, f, g, o = np.split(x @ K + h @ R + b, 4, axis=-1)
    c = expit(f) * c + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(c), c


@exercise(
    "13.3",
    "i, f and o are still plain sums: pass each through `expit`, and g through `np.tanh`.",
    "The new cell keeps the share f of the old one and adds i times the candidate: c = f * c + i * g.",
    "The state shows the share o of the cell: h = o * np.tanh(c), with the new c. Then return h, c.",
    praise="Four small dense layers and three products.",
    solution=_lstm_step,
)
def lstm_by_hand(function: Any) -> str | None:
    rng = np.random.default_rng(6)
    x, h, c, K, R, b = (rng.normal(size=s) for s in [(2, 3), (2, 4), (2, 4), (3, 16), (4, 16), (16,)])
    result = call(function, x, h, c, K, R, b)
    if not (isinstance(result, (tuple, list)) and len(result) == 2) and np.shape(result) != (2, 2, 4):
        return "Return two things, separated by a comma: the new h, then the new c."
    new_h, new_c = array(result[0], finite=False), array(result[1], finite=False)
    right_h, right_c = _lstm_step(x, h, c, K, R, b)
    i, f, g, o = np.split(x @ K + h @ R + b, 4, axis=-1)
    s, t = expit, np.tanh
    if close(new_h, right_c) and close(new_c, right_h):
        return "Right numbers, wrong order: return h, then c."
    of_c = [
        (s(f) * c + i * t(g), "The input gate is still a plain sum: pass i through `expit`, too."),
        (f * c + s(i) * t(g), "The forget gate is still a plain sum: pass f through `expit`, too."),
        ((1 - s(f)) * c + s(i) * t(g), "f is the share that stays, not the share that goes: f * c."),
        (s(f) * h + s(i) * t(g), "The forget gate keeps a share of the old cell c, not of the state h."),
        (s(i) * c + s(f) * t(g), "The two gates are exchanged: f belongs to the old cell, i to the candidate."),
        (s(f) * c + s(i) * g, "The candidate is not yet squashed: take np.tanh(g)."),
        (s(f) * c + s(i) * s(g), "The candidate g goes through tanh. Only the three gates are sigmoids."),
        (f * c + i * t(g), f * c + i * g, "The gates are still plain sums: pass i, f and o through `expit`."),
        (t(f) * c + t(i) * t(g), "A gate lies between 0 and 1: use `expit`, the sigmoid, for i, f and o."),
        (s(i) * t(g), "The old cell is lost: f * c is missing."),
        (s(f) * c + t(g), "The input gate is missing: the candidate comes in as i * g."),
        (c + s(i) * t(g), "The forget gate is missing: the old cell stays as f * c."),
        (s(f) * c, "The candidate is missing: add i * g."),
        (s(f) * c + (1 - s(f)) * t(g), "This is a variant with coupled gates. In the LSTM the candidate has a gate of its own, i."),
        (t(s(f) * c + s(i) * t(g)), "The cell itself does not go through tanh; only what the state shows of it does."),
        (s(f) * c * s(i) * t(g), "The two parts of the new cell are added."),
        (c, "The cell is unchanged. The new one is f * c + i * g."),
    ]
    if message := grade(new_c, right_c, of_c, other="The new c is not right yet. Compare with the formula: f times the old cell plus i times g."):
        return message
    of_h = [
        (s(o) * right_c, "c is right. The state shows o * tanh(c): the tanh is missing."),
        (s(o) * t(c), "c is right, but h is made from the old cell. Use the new one."),
        (o * t(right_c), "c is right. The output gate is still a plain sum: pass o through `expit`."),
        (t(o) * t(right_c), "c is right. The output gate is a sigmoid: `expit(o)`."),
        (t(s(o) * right_c), "c is right. h is o times tanh(c), and not the tanh of the product."),
        (t(right_c), "c is right. The output gate is missing: h = o * tanh(c)."),
        (h, "c is right, but h is still the old state."),
    ]
    return grade(new_h, right_h, of_h, other="c is right, h is not yet: h = o * tanh(c), with the new c.")


def _marked_series(n: int, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fresh series of the notebook's task: inputs, targets, and the steps since the latest mark."""
    rng = np.random.default_rng(seed)
    values, marks = rng.uniform(-1, 1, (n, steps)), rng.random((n, steps)) < 0.05
    marks[:, 0] = True
    latest = np.maximum.accumulate(np.where(marks, np.arange(steps), 0), axis=1)
    x = np.stack([values, marks], axis=-1).astype("float32")
    return x, np.take_along_axis(values, latest, axis=1), np.arange(steps) - latest


GOAL = 0.01


@exercise(
    "13.4",
    "The model: an Input of shape (None, 2), a recurrent layer, and a Dense(1) that reads off the answer at each step.",
    "layers.LSTM(8, return_sequences=True) or a GRU works. Train it as above, with more units or a few more epochs.",
    "model = keras.Sequential([keras.Input((None, 2)), layers.GRU(16, return_sequences=True), layers.Dense(1)]); compile with "
    "Adam(0.01, global_clipnorm=1) and mse; fit for 30 epochs with batch_size=100.",
    praise="It holds a number while fresh ones keep arriving.",
)
def a_network_that_remembers(model: Any) -> str | None:
    if isinstance(model, tuple):
        return "This is a tuple: `trained` returns the model and its history. Keep the first: `memory_net, _ = trained(...)`."
    model = keras_model(model)
    x, y, age = _marked_series(400, 50, 77)
    if not model.layers or not getattr(model, "built", True):
        return "The model has no weights yet: start it with keras.Input((None, 2)), and train it."
    try:
        answers = np.asarray(model(x))
    except Exception as problem:
        raise NotYet(
            "The model could not read series of 50 steps with 2 numbers each: start with keras.Input((None, 2)). "
            f"It stops with {type(problem).__name__}."
        ) from problem
    if answers.shape == (400, 1):
        return "There is one answer for a whole series. The recurrent layer needs return_sequences=True: an answer at each step."
    if answers.shape != (400, 50, 1):
        return f"For 400 series of 50 steps the output should have shape (400, 50, 1), and this one has {answers.shape}."
    errors = (answers[..., 0] - y) ** 2
    mse = float(errors.mean())
    if not np.isfinite(mse):
        return "The answers are nan: the training went off. Try a smaller learning rate, or clipnorm=1."
    if mse < GOAL:
        return None
    if not _looks_back(model, x[:1]):
        return "No answer depends on earlier steps: the model needs a recurrent layer, such as LSTM or GRU."
    if mse > 0.3:
        return f"The MSE on fresh series is {mse:.3f}, no better than always answering 0. Has it been trained?"
    old, fresh = errors[age >= 10].mean(), errors[age < 3].mean()
    where = "It forgets: " if old > 2 * fresh else ""
    return (
        f"The MSE on fresh series is {mse:.4f}; it should be below {GOAL}. {where}the error is {fresh:.4f} within 3 steps of "
        f"a mark and {old:.4f} after 10 or more. Try a gated layer, more units or more epochs."
    )


def _looks_back(model: Any, x: np.ndarray) -> bool:
    other = x.copy()
    other[:, 0] *= -1
    return bool(np.any(abs(np.asarray(model(x)) - np.asarray(model(other)))[:, 1:] > 1e-7))


@exercise(
    "13.5",
    "Go through the four and ask: did a value from the test years touch anything before the test?",
    "A: neighbours of a test window share most of its values. B: what went into the mean? C: what is left over?",
    'D makes the choice fit the test years. So leaks = "ABD".',
    praise="Windows, scales and choices: all three must stay in the past. C does.",
)
def leaking_splits(leaks: Any) -> str | None:
    chosen = chosen_letters(leaks, "ABCD")
    if chosen == set("ABD"):
        return None
    if "C" in chosen and chosen != set("ABCD"):
        return "C is sound: all that is forecast in the test lies after all that was used in training. Inputs may reach back over the boundary: a forecaster knows its past."
    if chosen == set("ABCD"):
        return "One of the four is sound: which one keeps all of the test years out of sight?"
    if "A" not in chosen:
        return "Look at A again: windows overlap, so a random test window has its near twins in the training set."
    if "B" not in chosen:
        return "Look at B again: the mean and the sd know the height of the cycles to come."
    return "Look at D again: a choice made by the test error has used the test set."


STACKS = [(2, [1, 1, 1, 1]), (2, [1, 2, 4, 8]), (5, [1, 5, 25]), (3, [1]), (4, [2, 6]), (1, [1, 2])]


@exercise(
    "13.6",
    "One layer: a kernel of k weights with dilation d reaches d * (k - 1) steps back. And the present?",
    "Each layer adds its own reach to that of the layers below: 1 for the present, plus all the reaches.",
    "return 1 + (kernel_size - 1) * sum(dilations)",
    praise="(k - 1) d steps more with each layer. Test it on the networks below.",
)
def receptive_field(function: Any) -> str | None:
    got = np.array([number(call(function, k, list(dilations))) for k, dilations in STACKS])
    k = np.array([case[0] for case in STACKS])
    total = np.array([sum(case[1]) for case in STACKS])
    depth = np.array([len(case[1]) for case in STACKS])
    product = np.array([np.prod(case[1]) for case in STACKS])
    top = np.array([max(case[1]) for case in STACKS])
    mistakes = [
        ((k - 1) * total, "The present is missing: one more."),
        (k * total, 1 + k * total, "A kernel of k weights has k - 1 gaps: it reaches (k - 1) * d steps back."),
        (1 + (k - 1) * depth, "This is without dilation. A gap is d steps wide, with another d in each layer."),
        (k**depth, "This holds only if the dilations grow as 1, k, k * k. Add up what each layer reaches."),
        (1 + (k - 1) * product, k * product, "The layers stand on each other: their reaches add up, they do not multiply."),
        (1 + (k - 1) * top, k * top, "This is the widest layer alone. The others reach back, too."),
        (k + (k - 1) * total, "The first kernel is counted twice. It is 1 for the present, and then what each layer reaches back."),
        (depth + (k - 1) * total, "The present counts once, not once for each layer."),
        ([np.prod([1 + (n - 1) * d for d in ds]) for n, ds in STACKS], "What the layers reach back adds up; it does not multiply."),
        (1 + total, "This is for kernels of 2 weights. A kernel of k weights has k - 1 gaps."),
        (depth * k, "The layers share inputs, and the dilation is missing. Count how far back each layer reaches."),
    ]
    return grade(got, 1 + (k - 1) * total, mistakes)
