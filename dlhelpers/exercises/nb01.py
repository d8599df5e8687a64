"""Exercises of notebook 01, a simple forward pass."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import OTHER, ROUNDED, array, call, close, exercise, grade, number, rounded
from dlhelpers.exercises.formulas import dense_parameters

W, B, NOTE = np.array([0.3, 0.1]), 1.0, np.array([1.0, 2.2])
P = 0.820538  # what the neuron says about NOTE


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


@exercise(
    "01.1",
    "Both features are zero, so both products are zero. Which of the three numbers of the neuron is left?",
    "z = b = 1. The answer is not z itself but sigmoid(z).",
    "p_zero = sigmoid(1.0)",
    praise="With both features at zero only the bias speaks: p = sigmoid(1) = 0.7311.",
)
def note_at_the_origin(p: Any) -> str | None:
    p, right = number(p), _sigmoid(1)
    if rounded(p, right):
        return ROUNDED
    mistakes = [
        (1.0, "1 is the logit z. A probability comes out of the sigmoid: sigmoid(z)."),
        (0.5, "0.5 is sigmoid(0): the bias is missing. z = w1*0 + w2*0 + b."),
        (P, "0.8205 is the answer for the note (1, 2.2). Put the features (0, 0) into the sum."),
        (1 - right, "0.2689 is the probability that the note is genuine. The neuron gives that of a forged one."),
        (73.106, "Right in per cent; a probability lies between 0 and 1."),
    ]
    return grade(p, right, mistakes)


@exercise(
    "01.2",
    "Section 2 did it for four notes. Write the same with the function's own arguments.",
    "Two steps: the logits of all rows from one matrix product and the bias, then the squeeze.",
    "return sigmoid(X @ W + b)",
    praise="One line, any number of notes, any number of features.",
)
def forward(function: Any) -> str | None:
    rng = np.random.default_rng(7)
    X, weights, bias = rng.normal(size=(5, 3)), rng.normal(size=(3, 1)), np.array([0.7])
    z = X @ weights
    p, right = array(call(function, X, weights, bias)), _sigmoid(z + bias)
    if p.size == 5 and close(p.ravel(), _sigmoid(X[:, :2] @ weights[:2] + bias)[:, 0]):
        return "Only the first two features are used. The matrix product takes all of them, however many there are."
    if p.size == 1 and close(p.ravel(), right[0]):
        return "This is the answer for the first note alone: `return` inside of a loop ends it. All rows are asked for."
    if p.size == 1:
        return f"One number for {len(X)} notes. Something sums or averages over the rows; X @ W does not."
    mistakes = [
        (z + bias, "These are the logits. The sigmoid is missing."),
        (_sigmoid(z), "The bias is missing: X @ W + b."),
        (_sigmoid(-z - bias), "The sign is turned around: these are the probabilities of a genuine note."),
        (_sigmoid(z + 1.0), "This uses the notebook's `bias`. Use the function's own argument `b`."),
        (_sigmoid(z) + bias, "The bias is added behind the sigmoid. It is a part of the logit."),
        (right[:, 0], "The numbers are right, the shape is not: (n, 1) is asked for, as X @ W + b gives it."),
        (_sigmoid(X * weights[:, 0] + bias), "X * W multiplies entry by entry. The matrix product is X @ W."),
    ]
    other = OTHER
    if p.shape != right.shape:
        other = f"For X of shape (5, 3) and W of shape (3, 1) the result has shape (5, 1), not {p.shape}."
    elif np.ptp(p) < 1e-9:
        other = "Every note gets the same answer. Each row of X must keep its own logit."
    return grade(p, right, mistakes, other=other)


@exercise(
    "01.3",
    "The border is where z = 2*x1 - 4*x2 + 3 = 0. Solve for x2.",
    "Bring the term with x2 to the other side: 4*x2 = 2*x1 + 3.",
    "Divide by 4: slope = 2 / 4 and intercept = 3 / 4. In general they are -w1 / w2 and -b / w2.",
    praise="slope = -w1 / w2 = 0.5 and intercept = -b / w2 = 0.75.",
)
def border(slope: Any, intercept: Any) -> str | None:
    line = number(slope), number(intercept)
    other = OTHER
    if close(line[0], 2) or close(line[0], -2):
        other = "The slope is upside down: w1 belongs above w2."
    elif close(line[0], 0.5):
        other = "The slope is right. The intercept is x2 where x1 = 0: solve 3 - 4*x2 = 0."
    elif close(line[1], 0.75):
        other = "The intercept is right. For the slope, see how x2 changes when x1 grows by 1 and z stays 0."
    mistakes = [
        ((0.75, 0.5), "These are the right two numbers in the wrong order: first the slope, then the intercept."),
        ((2, -4), "These are the weights. Set z = 0 and solve for x2."),
        ((2, 3), (-2, -3), "Divide the equation by the weight of x2."),
        ((-0.5, -0.75), "Both signs are turned around. Mind that the weight of x2 is negative: dividing by -4 turns signs."),
    ]
    return grade(line, (0.5, 0.75), mistakes, other=other)


@exercise(
    "01.4",
    "Only y changes: y = 1 instead of 0. So p - y is now 0.8205 - 1.",
    "p - y = -0.1795. For w: 0.1 * (-0.1795) * (1, 2.2) is subtracted; for b the same without x.",
    "w_step = np.array([0.3, 0.1]) - 0.1 * (0.8205 - 1) * np.array([1, 2.2]), b_step = 1 - 0.1 * (0.8205 - 1)",
    praise="Everything goes up a little, so that p grows: the note was forged, and 82 % was not enough.",
)
def learning_step(w_step: Any, b_step: Any) -> str | None:
    w, b = array(w_step).ravel(), number(b_step)
    if w.shape != (2,):
        return f"There are two weights, so w_step holds two numbers; this one has shape {np.shape(w_step)}."

    def step(error: float, rate: float = 0.1, x: Any = NOTE) -> Any:
        return np.r_[W - rate * error * x, B - rate * error]

    right, moved = step(P - 1), 0.722871  # what the neuron says after the step of section 5
    other = OTHER
    if close(w, -0.1 * (P - 1) * NOTE):
        other = "This is the step alone. Add it to the old weights and the old bias."
    elif close(w, step(P + moved - 1)[:2]) or close(w, step(P + P - 1)[:2]):
        other = "This step starts from the weights that section 5 has moved already. Start from (0.3, 0.1) and 1."
    elif rounded(w, right[:2]) and rounded(b, right[2]):
        other = ROUNDED
    elif close(w, right[:2]) and close(b, B):
        other = "The weights are right. The bias moves too, as if it had a feature that is always 1."
    elif close(w, right[:2]):
        other = "The weights are right, the bias is not. It starts at 1 and takes the same step, without the feature."
    mistakes = [
        (step(P), "This is the step for a genuine note, y = 0. Here y = 1."),
        (step(1 - P), "The step goes uphill: subtract the gradient, whose error is p - y and not y - p."),
        (step(P - 1, rate=1), "The learning rate 0.1 is missing."),
        (step(P - 1, x=np.ones(2)), "Each weight's step is multiplied by its own feature x."),
        (step(1.52 - 1), "The error is p - y with the probability p = 0.8205, not with the logit 1.52."),
        (step(P - 1, rate=0.01), "The learning rate is 0.1, not 0.01."),
    ]
    return grade(np.r_[w, b], right, mistakes, other=other)


@exercise(
    "01.5",
    "The AND gate needs both inputs to get over the bias. For OR one input must be enough.",
    "Keep w = (1, 1). The bias must be negative for (0, 0), and 1 + b must be positive.",
    "Any b between -1 and 0 works with w = (1, 1), for example b = -0.5.",
    praise="One input is enough to cross the line.",
)
def or_gate(w_or: Any, b_or: Any) -> str | None:
    weights, bias = array(w_or), number(b_or)
    if weights.size != 2:
        return f"Two weights are needed, one for each input, not {weights.size}."
    z = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) @ weights.ravel() + bias
    if (abs(z) < 1e-9).any():
        return "At least one corner lies just on the line, where sign gives 0. Move the line a little."
    fires = (z > 0).tolist()
    if fires == [False, False, False, True]:
        return "This is AND: it asks for both inputs."
    if fires == [True, False, False, False]:
        return "This is NOR, the opposite of OR: turn all signs around."
    if all(fires):
        return "It fires at all four corners, also at (0,0), where only the bias speaks: the bias must be negative."
    if not any(fires):
        return "It never fires. One input must be enough: each weight alone must be larger than -b."
    names = ("(0,0)", "(0,1)", "(1,0)", "(1,1)")
    wrong = [names[k] for k, wanted in enumerate((False, True, True, True)) if fires[k] != wanted]
    return None if not wrong else f"It is wrong at {', '.join(wrong)}."


@exercise(
    "01.6",
    "Go layer by layer: a layer from m to n units has m weights for each of its n units, and n biases.",
    "First layer 16 * (6 + 1) = 112. Two more layers follow, the output is one unit.",
    "16 * (6 + 1) + 8 * (16 + 1) + 1 * (8 + 1)",
    praise="112 + 136 + 9 = 257. More than half of them belong to the second hidden layer.",
)
def count_parameters(n: Any) -> str | None:
    n = number(n)
    other = OTHER if n == round(n) else "A count is a whole number."
    return grade(n, 257, dense_parameters(6, 16, 8, 1), rtol=0, other=other)
