"""Every exercise: right answers in every type, the untouched cell, and the mistakes that it names."""

import re

import numpy as np
import pytest

from dlhelpers.exercises import check, hint, ids, judge
from dlhelpers.exercises.core import NOT_YET, OTHER, RIGHT, UNTRIED, exercise


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(change=lambda p: p, act=sigmoid, b=1.0):
    return lambda X, W, bias: change(act(X @ W + b * bias))


def nll(y, p):
    return y * np.log(p) + (1 - y) * np.log(1 - p)


def network(*hidden, last="sigmoid"):
    """Hidden layers as (units, activation)."""
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(units, activation=activation) for units, activation in hidden]
    return keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, activation=last)])


MEAN, SD = np.array([130.098, 9.499]), np.array([0.3707, 1.4690])
NOTE = np.array([130.5, 11.0])
STEP = 0.1 * (0.820538 - 1)

# id: (right answers, [(wrong answer, a word of its own message)]); answers are tuples of arguments
CASES = {
    "00.1": (
        [(784,), (784.0,), ([784],)],
        [((28,), "height"), ((60_000,), "images"), ((47_040_000,), "all images"), ((56,), "sides")],
    ),
    "00.2": (
        [(0.13066,), (33.318421 / 255,)],
        [((33.318,), "255"), ((33.791 / 255,), "test"), ((33.318421 / 256,), "256"), ((1567205952,), "sum")],
    ),
    "00.3": (
        [(lambda x: x.astype("float32") / 255,), (lambda x: np.float32(x) * np.float32(1 / 255),)],
        [
            ((lambda x: x.astype("float32"),), "Divide"),
            ((lambda x: x / 256,), "255, not 256"),
            ((lambda x: x // 255,), "rounds"),
            ((lambda x: x / 255,), "float32"),
            ((lambda x: (x / 255).ravel(),), "shape"),
            ((0.5,), "function"),
        ],
    ),
    "01.1": (
        [(0.7311,), (sigmoid(1),)],
        [((1.0,), "logit"), ((0.5,), "bias"), ((0.8205,), "(1, 2.2)"), ((0.2689,), "genuine"), ((73.1059,), "cent")],
    ),
    "01.2": (
        [(forward(),)],
        [
            ((forward(act=lambda z: z),), "sigmoid is missing"),
            ((forward(b=0),), "bias"),
            ((forward(np.mean),), "One number"),
            ((forward(np.ravel),), "shape"),
            ((lambda X, W, b: sigmoid(X * W[:, 0] + b),), "X @ W"),
            ((lambda X, W, b: sigmoid(W @ X + b),), "stops with ValueError"),
            ((lambda X, W, b: 1 - sigmoid(X @ W + b),), "sign"),
            ((lambda X, W, b: sigmoid((X @ W).mean() + b) * np.ones((5, 1)),), "own logit"),
        ],
    ),
    "01.3": (
        [(0.5, 0.75), ([0.5], [0.75])],
        [
            ((0.75, 0.5), "order"),
            ((2, 3), "Divide"),
            ((-0.5, -0.75), "signs"),
            ((2, 0.75), "upside down"),
            ((0.5, 3), "slope is right"),
            ((-0.5, 0.75), "intercept is right"),
        ],
    ),
    "01.4": (
        [(np.array([0.3 - STEP, 0.1 - 2.2 * STEP]), 1 - STEP), ([0.31795, 0.13948], 1.01795)],
        [
            (([0.217946, -0.080518], 0.917946), "genuine"),
            (([0.3 + STEP, 0.1 + 2.2 * STEP], 1 + STEP), "uphill"),
            (([0.3 - 10 * STEP, 0.1 - 22 * STEP], 1 - 10 * STEP), "rate"),
            (([0.3 - STEP, 0.1 - STEP], 1 - STEP), "own feature"),
            (([0.3 - STEP, 0.1 - 2.2 * STEP], 1.0), "bias moves"),
            (([0.31795], 1.01795), "shape"),
        ],
    ),
    "01.5": (
        [([1, 1], -0.5), ((2, 3), -1), ([[5], [5]], -0.1)],
        [
            (([1, 1], -1.5), "AND"),
            (([-1, -1], 0.5), "NOR"),
            (([1, 1], 0.5), "same answer"),
            (([1, 1], 0), "just on the line"),
            (([1, -1], -0.5), "wrong at"),
            (([1], -0.5), "Two weights"),
        ],
    ),
    "01.6": (
        [(257,), (np.int64(257),)],
        [((232,), "weights only"), ((248,), "output"), ((262,), "bias belongs"), ((31,), "units"), ((768,), "add")],
    ),
    "02.1": (
        [((NOTE - MEAN) / SD,), ([1.084, 1.022],)],
        [
            (((NOTE - [130.145, 9.336]) / [0.3477, 1.4077],), "future"),
            (((NOTE - [130.1215, 9.4175]) / [0.3592, 1.43835],), "200"),
            (((MEAN - NOTE) / SD,), "sign"),
            ((NOTE - MEAN,), "Divide"),
            (((NOTE - MEAN) / SD**2,), "variance"),
            ((NOTE / SD,), "Subtract"),
            ((1.084,), "Two numbers"),
        ],
    ),
    "02.2": (
        [(0.6931,), (np.log(2),)],
        [((-0.6931,), "minus"), ((0.5,), "probability"), ((1.0,), "bits"), ((69.31,), "sum"), ((0.30103,), "base 10")],
    ),
    "02.3": (
        [(lambda y, p: -np.mean(nll(y, p)),), (lambda y, p: [-float(np.mean(nll(y, p)))],)],
        [
            ((lambda y, p: np.mean(nll(y, p)),), "minus"),
            ((lambda y, p: -np.sum(nll(y, p)),), "sum"),
            ((lambda y, p: -nll(y, p),), "mean"),
            ((lambda y, p: -np.mean(y * np.log(p)),), "genuine notes"),
            ((lambda y, p: -np.mean(np.log(p)),), "Let y choose"),
            ((lambda y, p: -np.mean(nll(1 - y, p)),), "swapped"),
            ((lambda y, p: np.mean((y - p) ** 2),), "squared"),
            ((lambda y, p: -np.mean(np.log2(np.where(y == 1, p, 1 - p))),), "natural"),
        ],
    ),
}
NETWORKS = {
    "02.4": (
        [lambda: network((8, "relu")), lambda: network((8, "tanh")), lambda: network((8, "softplus"))],
        [
            (lambda: network((8, None)), "nothing non-linear"),
            (lambda: network((8, "linear"), last="sigmoid"), "nothing non-linear"),
            (lambda: network((8, None), (8, None)), "still one linear layer"),
            (lambda: network(), "no hidden layer"),
            (lambda: network((8, "relu"), last=None), "sigmoid"),
            (lambda: network((16, "relu")), "33"),
            (lambda: 33, "Keras model"),
        ],
    ),
}
ALL_WRONG = [(id, answers, word) for id, (_, wrong) in CASES.items() for answers, word in wrong]


def test_every_exercise_has_cases():
    assert ids() == sorted({**CASES, **NETWORKS})
    for id, (right, wrong) in {**CASES, **NETWORKS}.items():
        assert right and len({word for _, word in wrong}) >= 2, id


@pytest.mark.parametrize("id", CASES)
def test_right_answers(id):
    for answers in CASES[id][0]:
        verdict = judge(id, *answers)
        assert verdict.state == RIGHT, verdict


@pytest.mark.parametrize(("id", "answers", "word"), ALL_WRONG)
def test_named_mistakes(id, answers, word):
    verdict = judge(id, *answers)
    assert verdict.state == NOT_YET and word in verdict.message and verdict.message != OTHER, verdict


@pytest.mark.parametrize("id", NETWORKS)
def test_networks(id):
    right, wrong = NETWORKS[id]
    for make in right:
        assert judge(id, make()).state == RIGHT
    for make, word in wrong:
        verdict = judge(id, make())
        assert verdict.state == NOT_YET and word in verdict.message, verdict


@pytest.mark.parametrize("id", [*CASES, *NETWORKS])
def test_untouched_cell(id):
    answers = {**CASES, **NETWORKS}[id][0][0]
    n = len(answers) if isinstance(answers, tuple) else 1
    assert judge(id, *[...] * n).state == UNTRIED
    assert judge(id).state == UNTRIED
    assert hint.__doc__ and f'hint("{id}")' in judge(id, ...).message


@pytest.mark.parametrize("id", [id for id, (right, _) in CASES.items() if callable(right[0][0])])
def test_function_that_is_still_empty(id):
    assert judge(id, lambda *arguments: ...).state == UNTRIED
    assert judge(id, lambda *arguments: None).state == UNTRIED


@pytest.mark.parametrize("id", [*CASES, *NETWORKS])
@pytest.mark.parametrize("answer", ["0.5", [], {}, object(), float("nan"), np.inf, 1j, np.zeros((3, 4, 5)), print, -1e300])
def test_strange_answers_stop_nothing(id, answer):
    verdict = judge(id, answer)
    assert verdict.state == NOT_YET or (verdict.state == UNTRIED and answer is print)
    assert verdict.message


def test_values_count_and_not_types():
    import tensorflow as tf

    for answer in (0.6931472, np.float32(0.6931472), np.array([[0.6931472]]), tf.constant(0.6931472), [0.6931472]):
        assert judge("02.2", answer).state == RIGHT
    assert judge("02.1", tf.constant([1.0844, 1.0218])).state == RIGHT


def test_check_shows_the_verdict_and_raises_nothing(capsys):
    check("00.1", 28)
    check("00.1", 784)
    check("77.7", 1)
    shown = capsys.readouterr().out
    assert "not yet right" in shown and "right. 28 rows" in shown and "no exercise '77.7'" in shown


def test_hints_come_one_by_one(capsys):
    for _ in range(4):
        hint("01.6")
    lines = capsys.readouterr().out.splitlines()
    assert [line[:11] for line in lines] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert "(the last one)" in lines[2] and "257" not in "".join(lines)
    hint("77.7")
    assert "no exercise" in capsys.readouterr().out


def test_verdict_as_html_is_safe():
    page = judge("00.1", "<script>")._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "<code>.astype" not in page and re.search(r"border-left:6px solid #\w{6}", page)


def test_malformed_registrations_are_refused():
    with pytest.raises(ValueError, match="looks like"):
        exercise("1.2", hints=["a", "b"])
    with pytest.raises(ValueError, match="twice"):
        exercise(ids()[0], hints=["a", "b"])
    with pytest.raises(ValueError, match="two hints"):
        exercise("99.1", hints=["a"])
