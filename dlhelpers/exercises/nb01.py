"""Exercises of notebook 01, a simple forward pass."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import OTHER, ROUNDED, array, call, close, exercise, grade, keras_model, number, rounded

P = 0.820538  # the neuron's probability for the note (1, 2.2)
CORNERS, XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


@exercise(
    "01.1",
    "Both features are zero, so both products are zero. Which of the neuron's three numbers is left?",
    "z = b = 1. The answer is not z itself but sigmoid(z).",
    "p_zero = sigmoid(1.0)",
    praise="With both features at zero, only the bias counts: p = sigmoid(1) = 0.7311.",
)
def note_at_the_origin(p: Any) -> str | None:
    p, right = number(p), _sigmoid(1)
    if rounded(p, right):
        return ROUNDED
    mistakes = [
        (1.0, "1 is the logit z. To get a probability, put it through the sigmoid: sigmoid(z)."),
        (0.5, "0.5 is sigmoid(0): the bias is missing. z = w1*0 + w2*0 + b."),
        (P, "0.8205 is the result for the note (1, 2.2). Put the features (0, 0) into the sum."),
        (1 - right, "0.2689 is the probability that the note is genuine. The neuron gives that of a forged one."),
        (73.106, "Right in per cent, but a probability lies between 0 and 1."),
    ]
    return grade(p, right, mistakes)


@exercise(
    "01.2",
    "Section 2 did this for four notes. Write the same with the function's own arguments.",
    "Two steps: one matrix product and the bias give the logits of all rows, then the sigmoid.",
    "return sigmoid(X @ W + b)",
    praise="One line, for any number of notes and any number of features.",
)
def forward(function: Any) -> str | None:
    rng = np.random.default_rng(7)
    X, weights, bias = rng.normal(size=(5, 3)), rng.normal(size=(3, 1)), np.array([0.7])
    z = X @ weights
    p, right = array(call(function, X, weights, bias)), _sigmoid(z + bias)
    if p.size == 5 and close(p.ravel(), _sigmoid(X[:, :2] @ weights[:2] + bias)[:, 0]):
        return "Only the first two features are used. The matrix product takes all of them, however many there are."
    if p.size == 1 and close(p.ravel(), right[0]):
        return "This is the result for the first note alone: a `return` inside a loop ends it. All rows are needed."
    if p.size == 1:
        return f"One number for {len(X)} notes: something sums or averages over the rows. X @ W does not."
    mistakes = [
        (z + bias, "These are the logits. The sigmoid is missing."),
        (_sigmoid(z), "The bias is missing: X @ W + b."),
        (_sigmoid(-z - bias), "The sign is wrong: these are the probabilities of a genuine note."),
        (_sigmoid(z + 1.0), "This uses the notebook's `bias`. Use the function's own argument `b`."),
        (_sigmoid(z) + bias, "The bias is added after the sigmoid. It is part of the logit."),
        (right[:, 0], "The numbers are right, but the shape is not: it should be (n, 1), as X @ W + b gives it."),
        (_sigmoid(X * weights[:, 0] + bias), "X * W multiplies entry by entry. The matrix product is X @ W."),
    ]
    other = OTHER
    if p.shape != right.shape:
        other = f"For X of shape (5, 3) and W of shape (3, 1) the result has shape (5, 1), not {p.shape}."
    elif np.ptp(p) < 1e-9:
        other = "Every note gets the same result. Each row of X must keep its own logit."
    return grade(p, right, mistakes, other=other)


@exercise(
    "01.3",
    "On the boundary w1*x1 + w2*x2 + b = 0. Bring everything but the term with x2 to the other side.",
    "w2*x2 = -w1*x1 - b. Now divide by w2.",
    "return -w[0] / w[1], -b / w[1]",
    praise="The weights alone decide the slope, -w1 / w2. The bias decides the intercept, -b / w2.",
)
def boundary(function: Any) -> str | None:
    for w, b in ((np.array([2.0, -4.0]), 3.0), (np.array([0.5, 0.2]), -1.5)):
        line = array(call(function, w.copy(), b)).ravel()
        if line.shape != (2,):
            return f"Return two numbers, the slope and the intercept; this is {line.size}."
        slope, intercept = -w[0] / w[1], -b / w[1]
        other = OTHER
        if close(line[0], slope):
            other = "The slope is right. The intercept is x2 where x1 = 0: solve w2*x2 + b = 0."
        elif close(line[1], intercept):
            other = "The intercept is right. For the slope, see how x2 changes when x1 grows by 1 and z stays 0."
        mistakes = [
            ([intercept, slope], "Right numbers in the wrong order: first the slope, then the intercept."),
            ([-slope, -intercept], "Both signs are wrong: the terms change sign when they move to the other side."),
            ([-w[0], -b], [w[0], b], "Divide the equation by the weight of x2."),
            ([-w[1] / w[0], -b / w[0]], "This is solved for x1. On the vertical axis is x2: divide by w2."),
            ([-w[1] / w[0], intercept], "The slope is upside down: w1 belongs above w2."),
            (w, "These are the weights. Set z = 0 and solve for x2."),
            ([-2 / -4, -3 / -4], [-3, -10], "The same line for every neuron: use the arguments w and b."),
        ]
        if message := grade(line, [slope, intercept], mistakes, other=other):
            return message
    return None


def _step(w: Any, b: Any, x: Any, y: Any, rate: Any) -> tuple[Any, Any]:
    p = _sigmoid(x @ w + b)
    return w - rate * (p - y) * x, b - rate * (p - y)


@exercise(
    "01.4",
    "First compute p for this note: the sigmoid of x @ w + b. The error is p - y.",
    "The step for w is rate * (p - y) * x, and the step for b is the same without x. Subtract both.",
    "p = sigmoid(x @ w + b), and then: return w - rate * (p - y) * x, b - rate * (p - y)",
    praise="This line, repeated many times, is what `fit` does.",
    solution=_step,
)
def learning_step(function: Any) -> str | None:
    rng = np.random.default_rng(5)
    for y, size in ((0, 2), (1, 2), (1, 3)):
        w, b, x, rate = rng.normal(size=size), 0.4, rng.normal(size=size), 0.3
        result = call(function, w.copy(), b, x.copy(), y, rate)
        if message := _step_problem(result, w, b, x, y, rate):
            return message
    return None


def _step_problem(result: Any, w: Any, b: float, x: Any, y: int, rate: float) -> str | None:
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return "Return two things, separated by a comma: the new weights and the new bias."
    got_w, got_b = array(result[0]).ravel(), number(result[1])
    if got_w.shape != w.shape:
        return f"For {w.size} weights there should be {w.size} new ones, and this has shape {np.shape(result[0])}."
    p = _sigmoid(x @ w + b)

    def step(error: Any, rate: float = rate, x: Any = x) -> Any:
        return np.r_[w - rate * error * x, b - rate * error]

    right, got = step(p - y), np.r_[got_w, got_b]
    other = OTHER
    if close(got_w, right[:-1]) and close(got_b, b):
        other = "The weights are right. The bias has to move too, as if it had a feature that is always 1."
    elif close(got_w, right[:-1]):
        other = "The weights are right, the bias is not. It takes the same step, without the feature."
    elif close(got_b, right[-1]):
        other = "The bias is right, the weights are not. Their step is rate * (p - y) * x."
    mistakes = [
        (np.r_[-rate * (p - y) * x, -rate * (p - y)], "This is the step alone. Add it to the old weights and the old bias."),
        (np.r_[(p - y) * x, p - y], "These are the slopes. Multiply them by the rate and subtract them from w and b."),
        (step(y - p), "The step goes uphill: subtract the slope, and the error is p - y."),
        (step(p - y, rate=1), "The learning rate is missing."),
        (step(p - y, rate=0.1), "This uses a rate of 0.1. Use the function's own argument `rate`."),
        (step(p - y, x=np.ones_like(x)), "The step for each weight is multiplied by its own feature x."),
        (step(x @ w + b - y), "The error is p - y with the probability p, not with the logit: the sigmoid is missing."),
        (step(_sigmoid(x @ w) - y), "The bias is missing in p: the logit is x @ w + b."),
        (step(P - y), "This uses the notebook's `p`. Compute p from the function's own w, b and x."),
        (step(p), "The label y is missing: the error is p - y."),
        (step(p - y, x=w), "Multiply by the features x, not by the weights."),
    ]
    return grade(got, right, mistakes, other=other)


@exercise(
    "01.5",
    "The AND gate needs both inputs to outweigh the bias. For OR, one input must be enough.",
    "Keep w = (1, 1). The bias must be negative because of (0, 0), and 1 + b must be positive.",
    "Any b between -1 and 0 works with w = (1, 1), for example b = -0.5.",
    praise="One input is enough to cross the line.",
)
def or_gate(w_or: Any, b_or: Any) -> str | None:
    weights, bias = array(w_or), number(b_or)
    if weights.size != 2:
        return f"Two weights are needed, one for each input, not {weights.size}."
    z = CORNERS @ weights.ravel() + bias
    if (abs(z) < 1e-9).any():
        return "At least one corner lies exactly on the line, where z = 0. Move the line a little."
    fires = (z > 0).tolist()
    if fires == [False, False, False, True]:
        return "This is AND: it needs both inputs."
    if fires == [True, False, False, False]:
        return "This is NOR, the opposite of OR: change all signs."
    if all(fires):
        return "It fires at all four corners, even at (0,0), where only the bias counts: the bias must be negative."
    if not any(fires):
        return "It never fires. One input must be enough: each weight alone must be larger than -b."
    names = ("(0,0)", "(0,1)", "(1,0)", "(1,1)")
    wrong = [names[k] for k, wanted in enumerate((False, True, True, True)) if fires[k] != wanted]
    return None if not wrong else f"It is wrong at {', '.join(wrong)}."


@exercise(
    "01.6",
    "Three parts in keras.Sequential: keras.Input((2,)), a Dense layer of 8 units, and a Dense layer of one unit.",
    'layers.Dense(8, activation="tanh") and layers.Dense(1, activation="sigmoid"). Then compile, then fit.',
    'xor_net.compile(optimizer=keras.optimizers.Adam(0.1), loss="binary_crossentropy") and then '
    "xor_net.fit(corners, xor, epochs=100, verbose=0)",
    praise="A hidden layer has learned what no single neuron can do.",
)
def xor_network(model: Any) -> str | None:
    model = keras_model(model)
    shape = tuple(getattr(model, "input_shape", None) or ())
    if shape[1:] != (2,):
        return f"The network should take two inputs, keras.Input((2,)), and this one takes {shape[1:] or 'none yet'}."
    p = np.asarray(model(CORNERS.astype("float32")), dtype=float)
    if p.shape != (4, 1):
        return f"One output is enough; for the four corners the shape should be (4, 1), and it is {p.shape}."
    p = p[:, 0]
    if not np.isfinite(p).all():
        return "The outputs are nan: training has gone wrong. Take a smaller learning rate."
    if p.min() < 0 or p.max() > 1:
        return "The outputs are not between 0 and 1: the sigmoid at the end is missing."
    nll = -np.mean(np.log(np.where(XOR, p, 1 - p) + 1e-7))
    if nll < 0.1:
        return None
    if len([layer for layer in model.layers if layer.count_params()]) == 1:
        return f"This is a single neuron, and it cannot do XOR: NLL {nll:.3f}. Put a hidden layer in front of it."
    bends = [getattr(layer, "activation", layer) for layer in model.layers[:-1]]
    if all(getattr(bend, "__name__", "") == "linear" for bend in bends):
        return f"The hidden layer has no activation, so the network is a single neuron in disguise: NLL {nll:.3f}."
    if close((p > 0.5).astype(float), XOR):
        return f"All four corners are right, but the NLL is {nll:.3f} and should be below 0.1. Train for more epochs."
    return f"The NLL is {nll:.3f} and should be below 0.1. Was it trained? If it is stuck, build it again and repeat."
