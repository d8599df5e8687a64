"""Exercises of notebook 06, gradient descent, and the broken networks of its last core section."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import NotYet, array, call, close, exercise, grade


@exercise(
    "06.1",
    "Differentiate J twice. The second derivative is the curvature; it is not the 3 in front of the bracket.",
    "J'' = 6. The edge is 2 divided by the curvature, and 1 divided by the curvature arrives in one step.",
    "rates = [2 / 6, 1 / 6]",
    praise="The curvature is 6, wherever the minimum lies.",
)
def edge_and_best(rates: Any) -> str | None:
    seen = array(rates)
    if seen.size != 2:
        return f"Two rates are asked for, the edge and the one-step rate; this has shape {seen.shape}."
    seen = seen.ravel()
    mistakes = [
        ([1 / 6, 1 / 3], "Right numbers, wrong order: the edge first."),
        ([2 / 3, 1 / 3], "The curvature is the second derivative of J. The derivative of 3 (w - 2)² is 6 (w - 2)."),
        ([6, 6], [3, 6], [6, 3], [12, 6], "This is the curvature or a multiple. The rates are 2 and 1 *divided by* the curvature."),
        ([1 / 3, 1 / 3], [1 / 6, 1 / 6], "The two rates differ by a factor of 2."),
        ([1 / 3, 2], [2 / 6, 2.0], "The second rate does not depend on where the minimum lies, only on the curvature."),
        ([1 / 6, 1 / 12], "Both rates are half of what they should be. The edge is 2 divided by the curvature, and the curvature is J'' itself."),
        ([1 / 12, 1 / 24], [1, 0.5], "The place of the minimum, 2, does not enter. Only the curvature does."),
    ]
    return grade(seen, [1 / 3, 1 / 6], mistakes, rounding=True)


# Steps of optimisers


def _momentum(w: Any, v: Any, g: Any, rate: float, beta: float) -> tuple[Any, Any]:
    v = beta * v - rate * g
    return w + v, v


def _adam(w: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> tuple[Any, Any, Any]:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return w - rate * m_hat / (np.sqrt(v_hat) + 1e-7), m, v


def _parts(result: Any, names: str, shape: tuple[int, ...]) -> np.ndarray:
    """The arrays that a step returns, stacked."""
    n = len(names.split(", "))
    asked = f"Return {n} things, `{names}`, each of the shape of w."
    try:
        parts = array(result, finite=False)
    except NotYet as problem:
        raise NotYet(f"{asked} {problem}") from problem
    if parts.shape != (n, *shape):
        raise NotYet(f"{asked} This has shape {parts.shape}.")
    if not np.isfinite(parts).all():
        raise NotYet("The step returns nan or infinity: a division by zero, an overflow, or the root of a negative number.")
    return parts


_SCALES = np.array([1.0, 4.0])


def _momentum_path(function: Any, rate: float = 0.1, beta: float = 0.8) -> np.ndarray:
    """The first five places on a quadratic."""
    w, v = np.array([3.0, -1.0]), np.zeros(2)
    path = []
    for _ in range(5):
        w, v = _parts(call(function, w, v, _SCALES * w, rate, beta), "w, v", (2,))
        path.append(w)
    return np.array(path)


_MOMENTUM_SLIPS = [
    (lambda w, v, g, r, b: (w + b * v + r * g, b * v + r * g), "The step goes uphill: v = beta * v - rate * g, and then w + v."),
    (lambda w, v, g, r, b: (w - r * g, b * v - r * g), "w moves by the gradient alone, as without momentum. Move it by the new v."),
    (lambda w, v, g, r, b: (w - r * g, -r * g), "The old velocity is forgotten: v is beta times the old v, minus rate * g."),
    (lambda w, v, g, r, b: (w + v, b * v - r * g), "w moves by the *old* v. Compute the new v first, then move."),
    (lambda w, v, g, r, b: (w + v - r * g, v - r * g), "beta is missing: without friction the ball never comes to rest."),
    (
        lambda w, v, g, r, b: (w + b * v - r * (1 - b) * g, b * v - r * (1 - b) * g),
        "This averages the gradients, with a factor 1 - beta. That is a common variant, but here g counts with the full rate.",
    ),
    (
        lambda w, v, g, r, b: (w + b * (b * v - r * g) - r * g, b * v - r * g),
        "This is Nesterov's variant, a good one. Here w moves by v itself.",
    ),
    (lambda w, v, g, r, b: (w + b * v - g, b * v - g), "The rate is missing in front of g."),
    (lambda w, v, g, r, b: (w + r * (b * v - r * g), b * v - r * g), "The rate is in v already: do not multiply by it again."),
    (lambda w, v, g, r, b: (b * v - r * g, b * v - r * g), "This returns the velocity as the new place. The place is w + v."),
]


@exercise(
    "06.2",
    "Two lines: the new velocity, then the new place. The new velocity keeps a share beta of the old one.",
    "v = beta * v - rate * g, and then w moves by this new v.",
    "v = beta * v - rate * g, then: return w + v, v",
    praise="With beta = 0 it is plain gradient descent.",
    solution=_momentum,
)
def momentum_step(function: Any) -> str | None:
    path = _momentum_path(function)
    if close(path, _momentum_path(_momentum)):
        other = close(_momentum_path(function, 0.05, 0.5), _momentum_path(_momentum, 0.05, 0.5))
        return None if other else "It works for rate 0.1 and beta 0.8 only: use the arguments `rate` and `beta`."
    swapped = _parts(call(function, np.array([3.0, -1.0]), np.zeros(2), np.array([3.0, -4.0]), 0.1, 0.8), "w, v", (2,))
    if close(swapped[::-1], _momentum(np.array([3.0, -1.0]), np.zeros(2), np.array([3.0, -4.0]), 0.1, 0.8)):
        return "Right numbers, wrong order: return the new w first, then the new v."
    mistakes = [(_momentum_path(slip), says) for slip, says in _MOMENTUM_SLIPS]
    other = "The places are other ones. First v = beta * v - rate * g, then w moves by v."
    return grade(path, _momentum_path(_momentum), mistakes, other=other)


_ADAM_GRADIENTS = np.array([[4.0, -0.2], [-2.0, 0.1], [3.0, 0.4]])


def _adam_path(function: Any, rate: float = 0.1) -> np.ndarray:
    """What three steps return: shape (3, 3, 2) for step, (w, m, v), entry."""
    state, path = np.array([[1.0, 5.0], [0.0, 0.0], [0.0, 0.0]]), []
    for t, g in enumerate(_ADAM_GRADIENTS, 1):
        state = _parts(call(function, *state.copy(), g.copy(), t, rate), "w, m, v", (2,))
        path.append(state)
    return np.array(path)


def _adam_slip(
    m_correction: Any = lambda t: 1 - 0.9**t,
    v_correction: Any = lambda t: 1 - 0.999**t,
    square: int = 2,
    root: Any = np.sqrt,
    betas: tuple[float, float] = (0.9, 0.999),
    sign: int = -1,
    shares: Any = None,
    keep_hats: bool = False,
    use_g: bool = False,
    no_rate: bool = False,
) -> Any:
    """Adam with one thing replaced."""

    def step(w: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> tuple[Any, Any, Any]:
        share_m, share_v = shares or (1 - betas[0], 1 - betas[1])
        m, v = betas[0] * m + share_m * g, betas[1] * v + share_v * g**square
        m_hat, v_hat = m / m_correction(t), v / v_correction(t)
        moved = w + sign * (1 if no_rate else rate) * (g if use_g else m_hat) / (root(np.abs(v_hat)) + 1e-7)
        return (moved, m_hat, v_hat) if keep_hats else (moved, m, v)

    return step


def _one(t: int) -> float:
    return 1.0


_ADAM_SLIPS = [
    (_adam_slip(_one, _one), "The bias correction is missing: divide m by 1 - 0.9**t and v by 1 - 0.999**t."),
    (_adam_slip(_one), "m is not corrected: m starts at 0, so divide it by 1 - 0.9**t."),
    (_adam_slip(v_correction=_one), "v is not corrected: v starts at 0, so divide it by 1 - 0.999**t."),
    (_adam_slip(root=lambda v: v), "Divide by the square *root* of the corrected v."),
    (_adam_slip(square=1), "v averages the *squares* of the gradients, g**2."),
    (_adam_slip(sign=1), "The step goes uphill: subtract it."),
    (_adam_slip(shares=(1, 1)), "m and v are averages: the new gradient counts with 1 - 0.9, its square with 1 - 0.999."),
    (_adam_slip(keep_hats=True), "Return the *uncorrected* m and v: the next step goes on with them. The correction is for the step alone."),
    (_adam_slip(use_g=True), "The step uses g. It should use the corrected average, m_hat."),
    (_adam_slip(no_rate=True), "The rate is missing in the step."),
    (_adam_slip(betas=(0.999, 0.9), m_correction=lambda t: 1 - 0.999**t, v_correction=lambda t: 1 - 0.9**t), "0.9 belongs to m and 0.999 to v."),
    (_adam_slip(lambda t: 1 - 0.9, lambda t: 1 - 0.999), "The correction depends on the step: 1 - 0.9**t, with the power t."),
    (_adam_slip(lambda t: 1 - 0.9 ** (t + 1), lambda t: 1 - 0.999 ** (t + 1)), "t counts from 1 here: the first correction is 1 - 0.9**1."),
]


@exercise(
    "06.3",
    "Four lines: the average m of the gradients, the average v of their squares, their corrected versions, and the step.",
    "m = 0.9 * m + 0.1 * g and v = 0.999 * v + 0.001 * g**2; m_hat = m / (1 - 0.9**t), v_hat = v / (1 - 0.999**t).",
    "Then: return w - rate * m_hat / (np.sqrt(v_hat) + 1e-7), m, v",
    praise="This is the optimiser that trains most networks today.",
    solution=_adam,
)
def adam_step(function: Any) -> str | None:
    right = _adam_path(_adam)
    start = np.array([[1.0, 5.0], [0.0, 0.0], [0.0, 0.0]])
    first = _parts(call(function, *start, _ADAM_GRADIENTS[0].copy(), 1, 0.1), "w, m, v", (2,))
    if close(first[0], right[0, 1]) or close(first[0], right[0, 2]):
        return "The order is w, m, v."
    path = _adam_path(function)
    if close(path, right):
        rate = close(_adam_path(function, 0.01), _adam_path(_adam, 0.01))
        return None if rate else "It works for rate 0.1 only: use the argument `rate`."
    mistakes = [(_adam_path(slip), says) for slip, says in _ADAM_SLIPS]
    if close(path[:, 1:], right[:, 1:]):
        other = "m and v are right, and the step is not: w - rate * m_hat / (np.sqrt(v_hat) + 1e-7)."
    else:
        other = "m or v is another one: m = 0.9 * m + 0.1 * g and v = 0.999 * v + 0.001 * g**2."
    return grade(path, right, mistakes, other=other)


# The clinic: eight networks with one fault each

_FAULTS = {"A": 8, "B": 4, "C": 6, "D": 7, "E": 3, "F": 1, "G": 5, "H": 2}


def rings(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points of three noisy rings, one inside the other, and the number of each point's ring.

    Parameters
    ----------
    n : int
        How many points; every third belongs to the same ring.
    seed : int

    Returns
    -------
    x : float32 array, shape (n, 2)
        Scaled to a standard deviation of 1.
    y : int array, shape (n,)
        0 is the inner ring, 2 the outer one.

    Examples
    --------
    >>> x, y = rings(6, seed=0)
    >>> x.shape, y.tolist()
    ((6, 2), [0, 1, 2, 0, 1, 2])
    """
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    radius, angle = y + 0.5 + 0.2 * rng.normal(size=n), rng.uniform(0, 2 * np.pi, n)
    x = (radius * [np.cos(angle), np.sin(angle)]).T
    return (x / 1.25).astype("float32"), y


def patient(letter: str) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return a network that does not learn, fresh and compiled, and the data that it was given.

    Parameters
    ----------
    letter : str
        "A" to "H". Each has another fault, and the same network at each call.

    Returns
    -------
    model : keras.Sequential
        Three hidden layers of 16 units and an output for three classes.
    x : float32 array, shape (600, 2)
    y : int array, shape (600,)

    Raises
    ------
    ValueError
        If there is no such patient.

    Examples
    --------
    >>> model, x, y = patient("A")
    >>> model.count_params(), x.shape, y.shape
    (643, (600, 2), (600,))
    """
    import keras

    if letter not in _FAULTS:
        raise ValueError(f"the patients are A to H, not {letter!r}")
    fault = _FAULTS[letter]
    x, y = rings(600, seed=0)
    if fault == 5:
        y = np.random.default_rng(3).permutation(y)
    if fault == 6:
        x = 1000 + 200 * x
    layers = [keras.Input((2,))]
    for k in range(3):
        small = keras.initializers.RandomNormal(stddev=0.01, seed=k)
        dense = keras.layers.Dense(
            16,
            activation=None if fault == 3 else "relu",
            kernel_initializer=small if fault == 2 else keras.initializers.HeNormal(seed=10 + k),
            bias_initializer=keras.initializers.Constant(-10.0 if fault == 7 else 0.0),
        )
        dense.trainable = fault != 8
        layers.append(dense)
    last = keras.initializers.GlorotUniform(seed=23 if fault == 4 else 20)
    layers.append(keras.layers.Dense(3, activation=None if fault == 4 else "softmax", kernel_initializer=last))
    model = keras.Sequential(layers)
    rate = 1e-6 if fault == 1 else 0.1
    loss = keras.losses.SparseCategoricalCrossentropy()
    model.compile(keras.optimizers.SGD(rate), loss, metrics=["accuracy"])
    return model, x, y


_EVIDENCE = {
    1: "if the learning rate were the fault, the gradients would be healthy, and still the loss on one batch would not move.",
    2: "weights that are too small give tiny gradients in all layers, but not zeros, and about half of the units are active.",
    3: "without activations the network does not bend, and no unit can be dead.",
    4: "a loss that does not fit the output shows at the start: it is far from log 3, although the inputs are scaled.",
    5: "wrong labels can be memorised for one batch. All tests are passed, and only the full training fails.",
    6: "inputs that are not scaled show in their standard deviation.",
    7: "dead units give 0 for every input, and no gradient passes through them.",
    8: "frozen layers have no gradient in the table, and only a few parameters can be trained.",
}


@exercise(
    "06.4",
    "Begin with the columns that only one fault can explain: the sd of the inputs, `bends`, the dead units.",
    "Three letters are left. One has tiny gradients. One has healthy gradients and does not move. One passes every test.",
    "C: the sd of the inputs is about 200. D: all units are dead. E does not bend. H: the gradients are tiny.",
    praise="Every fault leaves a trace of its own, though the eight learning curves look alike.",
)
def diagnosis(found: Any) -> str | None:
    asked = 'Give a number for each of the letters C to H, as a dictionary: {"C": 1, "D": 2, ...}.'
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        return asked
    found = {key.strip().upper(): value for key, value in found.items()}
    if missing := set("CDEFGH") - set(found):
        return f"{asked} Missing: {', '.join(sorted(missing))}."
    if unknown := set(found) - set(_FAULTS):
        return f"{asked} There is no patient {min(unknown)!r}."
    numbers = {letter: _cause(found[letter]) for letter in sorted(found)}
    for letter, number in numbers.items():
        if number != _FAULTS[letter]:
            told = " A and B have those two." if number in (4, 8) else ""
            return f"Look at {letter} again: {_EVIDENCE[number]}{told}"
    return None


def _cause(value: Any) -> int:
    number = array(value)
    if number.size != 1 or number.reshape(()) not in range(1, 9):
        raise NotYet("The causes have the numbers 1 to 8, one for each letter.")
    return int(number.reshape(()))


_STILL = {
    1: "Is its learning rate still tiny? Compile it anew with a larger one, then train.",
    2: "Does it still start with tiny weights? Build it with \"he_normal\".",
    3: "Do its hidden layers have an activation now?",
    4: "Does its loss fit its output now: softmax, or from_logits=True?",
    5: "Were the labels in the right order? y_train has them.",
    6: "Were the inputs scaled before training?",
    7: "Are its biases still at -10, and its units dead?",
    8: "Set `trainable = True` for its layers, compile it anew, and train.",
}


@exercise(
    "06.5",
    "Each repair changes one thing. After a change of `trainable`, rate or loss, compile anew. Then train with fit.",
    'For A: model, x, y = patient("A"); set layer.trainable = True for its layers; then compile and fit as the healthy network.',
    'Where the start or the activation is the fault, build the network anew: `healthy` shows how. Then mended = {"A": ..., "C": ...}.',
    praise="Four of eight mended, and you know what each of them had.",
)
def mended(models: Any) -> str | None:
    from dlhelpers.exercises.core import keras_model

    if not isinstance(models, dict) or not all(isinstance(key, str) for key in models):
        return 'Hand over a dictionary of letters and trained networks: {"A": model_a, ...}.'
    if unknown := [key for key in models if key not in _FAULTS]:
        return f"There is no patient {unknown[0]!r}: the letters go from A to H."
    networks = {letter: keras_model(model) for letter, model in models.items()}
    if len({id(model) for model in networks.values()}) < len(networks):
        return "Two of these are one and the same network. Mend each patient itself."
    for letter, model in networks.items():
        if message := _is_ill(letter, model):
            return message
    if len(networks) < 4:
        return f"Well done so far: {', '.join(networks)}. Four mended networks are asked for."
    return None


def _is_ill(letter: str, model: Any) -> str | None:
    x, y = rings(600, seed=77)
    if model.count_params() != 643:
        return f"{letter} has {model.count_params()} parameters now. Keep its layers, 2-16-16-16-3, with 643 parameters."
    fault = _FAULTS[letter]
    inputs = [x, 1000 + 200 * x] if fault == 6 else [x]
    outputs = [np.asarray(model(points)) for points in inputs]
    if outputs[0].shape != (600, 3):
        return f"{letter} should give three numbers for each point; for 600 points it gives shape {outputs[0].shape}."
    best = max((one.argmax(axis=1) == y).mean() for one in outputs)
    if best > 0.93:
        return None
    untouched = patient(letter)[0].get_weights()
    weights = model.get_weights()
    moved = max(abs(a - b).max() if a.shape == b.shape else 1.0 for a, b in zip(weights, untouched, strict=False))
    if moved < 1e-7:
        return f"{letter} has not been trained: its weights are those of the patient."
    return f"{letter} gets {best:.0%} of fresh points right; above 93 % it counts as mended. {_STILL[fault]}"


# Batch normalisation


def _batch_norm(h: Any, gamma: Any, beta: Any) -> Any:
    return gamma * (h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-3) + beta


@exercise(
    "06.6",
    "Each column of h is one unit: take the mean and the variance over the rows, axis=0.",
    "Subtract the mean, divide by np.sqrt(variance + 1e-3). Then multiply by gamma and add beta.",
    "return gamma * (h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-3) + beta",
    praise="It works for any batch with more than one row.",
    solution=_batch_norm,
)
def batch_norm(function: Any) -> str | None:
    rng = np.random.default_rng(4)
    h = rng.normal(size=(6, 3)) * [1.0, 0.05, 20.0] + [0.0, 2.0, -3.0]
    gamma, beta = np.array([1.0, 2.0, 0.5]), np.array([0.0, 1.0, -4.0])
    result = array(call(function, h, gamma, beta), finite=False)
    mean, var, plain = h.mean(axis=0), h.var(axis=0), (h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-3)
    rows = h - h.mean(axis=1, keepdims=True)
    mistakes = [
        (plain, "Standardised correctly. Now multiply by gamma and add beta."),
        (gamma * plain, "beta is missing."),
        (plain + beta, "gamma is missing."),
        (gamma * (plain + beta), "Brackets: gamma multiplies the standardised values alone, and beta is added last."),
        (gamma * (h - mean) / np.sqrt(var) + beta, "The 0.001 is missing inside the root. In a column with a small variance it matters."),
        (gamma * (h - mean) / (np.sqrt(var) + 1e-3) + beta, "The 0.001 belongs inside the root."),
        (gamma * (h - mean) / (var + 1e-3) + beta, "Divide by the root of the variance, not by the variance."),
        (gamma * (h - mean) / np.sqrt(h.var(axis=0, ddof=1) + 1e-3) + beta, "Divide by the number of rows in the variance, not by one less."),
        (gamma * rows / np.sqrt(h.var(axis=1, keepdims=True) + 1e-3) + beta, "This normalises each row, axis 1, which is called layer normalisation. Take axis 0."),
        (gamma * (h - h.mean()) / np.sqrt(h.var() + 1e-3) + beta, "This takes one mean for the whole array. Each column has its own: axis=0."),
        (beta * plain + gamma, "gamma and beta are exchanged."),
        (gamma * h / np.sqrt(var + 1e-3) + beta, "Subtract the mean of each column."),
        (gamma * (h - mean) + beta, "Divide by the standard deviation of each column."),
    ]
    if close(result, gamma * plain + beta, rtol=1e-4):
        return None
    return grade(result, gamma * plain + beta, mistakes, rtol=1e-4)
