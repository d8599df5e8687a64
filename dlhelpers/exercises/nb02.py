"""Exercises of notebook 02, a network for banknotes, and the four shapes of its playground."""

from functools import cache
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import NotYet, array, call, chosen_letters, close, exercise, grade, keras_model, number
from dlhelpers.exercises.formulas import standardised

NLL_TARGET, SPIRAL_TARGET = 0.24, 0.92


def points(kind: str, n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy points of two classes in the plane.

    Parameters
    ----------
    kind : str
        "circle" (a disc inside a ring), "xor", "two clouds" or "spiral".
    n : int
        How many points.
    seed : int

    Returns
    -------
    x : float32 array, shape (n, 2)
    y : int array, shape (n,)
        Classes 0 and 1.

    Raises
    ------
    ValueError
        If there is no such shape.

    Examples
    --------
    >>> x, y = points("spiral", 5)
    >>> x.shape, y.shape
    ((5, 2), (5,))
    """
    if kind not in ("circle", "xor", "two clouds", "spiral"):
        raise ValueError(f'kind must be "circle", "xor", "two clouds" or "spiral", not {kind!r}')
    rng = np.random.default_rng(seed)
    y, t = rng.integers(0, 2, n), rng.uniform(0, 1, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    if kind == "xor":
        x = rng.uniform(-1, 1, (n, 2))
        y = (x[:, 0] * x[:, 1] > 0).astype(int)
    elif kind == "two clouds":
        x = rng.normal(scale=0.4, size=(n, 2)) + 0.4 * (2 * y[:, None] - 1)
    else:
        radius = t if kind == "spiral" else np.where(y, 0.6 * t, 0.8 + 0.4 * t)
        angle = (3.5 * t + y) * np.pi if kind == "spiral" else angle
        x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return (x + rng.normal(scale=0.05, size=(n, 2))).astype("float32"), y


def _standardise(train: Any, new: Any) -> Any:
    return (new - train.mean(axis=0)) / train.std(axis=0)


@exercise(
    "02.1",
    "Each feature has a mean and an sd of its own: take them over the rows, axis=0.",
    "Whose mean? New notes come one by one, and their mean is not known. The training notes have one.",
    "return (new - train.mean(axis=0)) / train.std(axis=0)",
    praise="The training notes set the scale. New notes only use it.",
    solution=_standardise,
)
def standardise_by_training(function: Any) -> str | None:
    rng = np.random.default_rng(7)
    for columns in (2, 3):
        scale, shift = np.array([0.4, 1.5, 7.0])[:columns], np.array([130.0, 9.0, 40.0])[:columns]
        train, new = (shift + scale * rng.normal(size=(n, columns)) + k for n, k in ((6, 0.0), (4, 0.7)))
        if message := _scale_problem(function, train, new):
            return message
    return None


def _scale_problem(function: Any, train: np.ndarray, new: np.ndarray) -> str | None:
    result = array(call(function, train, new))
    if result.shape == train.shape:
        return "These are the training notes. Return the new ones."
    if result.shape != new.shape:
        return f"The new notes have shape {new.shape}; yours come back as {result.shape}."
    mean, sd, everything = train.mean(axis=0), train.std(axis=0), np.concatenate([train, new])
    if close(result, (new - mean) / train.std(axis=0, ddof=1)):
        return None
    own = (new - new.mean(axis=0)) / new.std(axis=0)
    mistakes = [
        *standardised(new, mean, sd),
        (own, "The new notes are scaled by their own mean and sd. The same note would look different in other company."),
        ((new - everything.mean(axis=0)) / everything.std(axis=0), "Mean and sd come from training and new notes together. The new ones are not known yet."),
        ((new - mean) / new.std(axis=0), (new - new.mean(axis=0)) / sd, "One of the two numbers comes from the new notes. Both belong to the training notes."),
        ((new - train.mean()) / train.std(), "Here all columns share one mean and one sd. Each feature has its own: axis=0."),
        ((new - mean) / train.std(), (new - train.mean()) / sd, "One of the two is taken over all columns at once. Each feature has its own mean and sd: axis=0."),
    ]
    return grade(result, (new - mean) / sd, mistakes)


def _mean_nll(y: Any, p: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


@exercise(
    "02.2",
    "For a forged note (y = 1) the loss is -log(p), for a genuine one (y = 0) it is -log(1 - p).",
    "y * log(p) + (1 - y) * log(1 - p) picks the right one of the two for each note.",
    "return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))",
    praise="This one line is the loss of the whole notebook.",
    solution=_mean_nll,
)
def mean_nll(function: Any) -> str | None:
    y, p = np.array([1.0, 0.0, 1.0, 0.0, 0.0]), np.array([0.9, 0.2, 0.4, 0.7, 0.05])
    logs = y * np.log(p) + (1 - y) * np.log(1 - p)
    with np.errstate(all="ignore"):
        result = array(call(function, y, p), finite=False)
        swapped = not np.isfinite(result).all() and np.isfinite(array(call(function, p, y), finite=False)).all()
    if swapped:
        return "The arguments are swapped: the labels y come first, and their logarithm is never taken."
    if result.shape == y.shape and close(result, -logs):
        return "These are the losses of the single notes. Take their mean."
    mistakes = [
        (logs.mean(), "The minus sign is missing."),
        (-logs.sum(), "This is the sum. With twice as many notes it would double; take the mean."),
        (-logs.sum() / 100, "Divide by the number of notes that come in, len(y), not by 100."),
        (-np.mean(y * np.log(p)), "The genuine notes are missing: they cost -log(1 - p)."),
        (-np.mean((1 - y) * np.log(1 - p)), "The forged notes are missing: they cost -log(p)."),
        (
            -np.mean(y * np.log(p) - (1 - y) * np.log(1 - p)),
            "The two terms have opposite signs, but both are losses: a minus before each, or one before (... + ...), a plus inside.",
        ),
        (-logs[0], "This is the loss of the first note alone: `return` inside of a loop ends it."),
        (-np.log(np.exp(logs).mean()), "The mean is taken too early: first the logarithm for each note, then the mean."),
        (-np.mean(y * np.log(p) + 1 - y * np.log(1 - p)), "Brackets are missing around 1 - y: the product comes first."),
        (-np.mean(np.log(p)), "A genuine note costs -log(1 - p), a forged one -log(p). Let y choose."),
        (-np.mean(y * np.log(1 - p) + (1 - y) * np.log(p)), "The labels are swapped: y = 1 goes with log(p)."),
        (np.mean((y - p) ** 2), "This is the squared error. The NLL takes the logarithm of the truth's probability."),
        (-logs.mean() / np.log(2), -logs.mean() / np.log(10), "Use the natural logarithm, np.log."),
    ]
    return grade(number(result), -logs.mean(), mistakes)


@cache
def _halves() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
    """The training and the validation notes of the notebook's split, standardised, and the scale in mm."""
    from sklearn.model_selection import train_test_split

    notes = data.load_banknotes()
    x, y = notes[["Left", "Bottom"]].to_numpy("float32"), (notes["Status"] == "counterfeit").to_numpy().astype("float32")
    train, rest, y_train, y_rest = train_test_split(x, y, test_size=100, stratify=y, random_state=0)
    val, _, y_val, _ = train_test_split(rest, y_rest, test_size=50, stratify=y_rest, random_state=0)
    mean, sd = train.mean(axis=0), train.std(axis=0)
    return ((train - mean) / sd, y_train), ((val - mean) / sd, y_val), mean, sd


def _p_of_class_1(model: Any, x: np.ndarray) -> np.ndarray:
    """What a model with two inputs and one sigmoid says."""
    shape = tuple(getattr(model, "input_shape", None) or ())
    if shape[1:] != (2,):
        raise NotYet(f"The network should take two inputs, keras.Input((2,)), and this one takes {shape[1:] or 'none yet'}.")
    p = np.asarray(model(x.astype("float32")), dtype=float)
    if p.shape != (len(x), 1):
        raise NotYet(f"One probability for each point is asked for; for {len(x)} points the shape is {p.shape}.")
    if not np.isfinite(p).all():
        raise NotYet("The outputs are nan: training has gone wrong. Take a smaller learning rate.")
    if p.min() < 0 or p.max() > 1:
        raise NotYet("The outputs are not between 0 and 1: the sigmoid at the end is missing.")
    return p[:, 0]


def _loss(y: np.ndarray, p: np.ndarray) -> float:
    return float(_mean_nll(y, np.clip(p, 1e-7, 1 - 1e-7)))


def _bends(model: Any) -> bool:
    """Whether the logit is no linear function on the plane of the standardised notes."""
    grid = np.stack(np.meshgrid(np.linspace(-2, 2, 15), np.linspace(-2, 2, 15)), axis=-1).reshape(-1, 2)
    p = np.clip(_p_of_class_1(model, grid), 1e-5, 1 - 1e-5)
    z, inside = np.log(p / (1 - p)), (p > 1e-4) & (p < 1 - 1e-4)
    if inside.sum() < 10:
        return True
    design = np.column_stack([grid, np.ones(len(grid))])[inside]
    off = z[inside] - design @ np.linalg.lstsq(design, z[inside], rcond=None)[0]
    return bool(abs(off).max() > 0.02 * np.ptp(z[inside]))


@exercise(
    "02.3",
    'Take the network above, and write activation="relu" or "tanh" into the hidden layer. Then compile and fit.',
    "If the validation NLL is too high, train for 60 epochs with keras.optimizers.Adam(0.05); if it grew again, stop earlier.",
    'bent = keras.Sequential([keras.Input((2,)), layers.Dense(8, activation="tanh"), layers.Dense(1, activation="sigmoid")]), '
    'then bent.compile(keras.optimizers.Adam(0.05), "binary_crossentropy") and bent.fit(x_train, y_train, batch_size=20, epochs=60, verbose=0)',
    praise="One activation function between the layers, and the boundary bends.",
)
def bent_network(model: Any) -> str | None:
    model = keras_model(model)
    (train, y_train), (val, y_val), mean, sd = _halves()
    p = _p_of_class_1(model, val)
    dense = [layer for layer in model.layers if getattr(layer, "weights", [])]
    found, on_train = _loss(y_val, p), _loss(y_train, _p_of_class_1(model, train))
    if len(dense) < 2:
        return f"This is a single neuron, with a straight boundary: validation NLL {found:.3f}. Put a hidden layer in front of it."
    if abs(p - p[0]).max() > 1e-6 and not _bends(model):
        return "The boundary is still straight: something non-linear has to stand between the layers, not only behind the last one."
    if found < NLL_TARGET and on_train > found + 0.15:
        return "This network knows the validation notes much better than the training notes. Train it on x_train and y_train alone."
    if found < NLL_TARGET:
        return None
    if _loss(y_val, _p_of_class_1(model, val * sd + mean)) < 0.3:
        return "This network was trained on millimetres. Train it on the standardised x_train."
    if found > 0.5:
        return f"The validation NLL is {found:.3f}, and 0.24 is asked for. Was the network trained? Compile it, then fit."
    if on_train < found - 0.15:
        return f"The validation NLL is {found:.3f}, but the training NLL {on_train:.3f}: it memorises. Use fewer units or fewer epochs."
    return f"The boundary bends, but the validation NLL is {found:.3f}, and 0.24 is asked for. More epochs, or a larger learning rate?"


@exercise(
    "02.4",
    "Look at the share of the splits, and at the two median accuracies.",
    "Some points lie above the line. And the points differ more along the line than across it.",
    "A and D.",
    praise="A real gain, a small one, and visible only because both networks met the same notes.",
)
def what_splits_support(letters: Any) -> str | None:
    chosen = chosen_letters(letters, "ABCD")
    if "B" in chosen:
        return "Not B: the two median accuracies are nearly the same. The gain is in how sure the networks are."
    if "C" in chosen:
        return "Not C: on some of the fifty splits the neuron has the lower NLL, so it may win the next one."
    if "A" not in chosen:
        return "A is missing: the hidden layer has the lower NLL on about three quarters of the splits."
    if "D" not in chosen:
        return "D is missing: one split differs from another by more than the two networks differ."
    return None


@exercise(
    "02.5",
    "Eight kinks are too few. Take more units, and a second hidden layer.",
    "Two hidden layers of 32 ReLU units, Adam with a rate of 0.01, batches of 20, and 60 epochs.",
    'layers.Dense(32, activation="relu") twice, then layers.Dense(1, activation="sigmoid"); '
    'snail.compile(keras.optimizers.Adam(0.01), "binary_crossentropy"), snail.fit(x_spiral, y_spiral, batch_size=20, epochs=60, verbose=0)',
    praise="The second layer bends what the first one has bent already.",
)
def spiral_network(model: Any) -> str | None:
    model = keras_model(model)
    x, y = points("spiral", 2000, seed=55)
    right = float(np.mean((_p_of_class_1(model, x) > 0.5) == y))
    if right >= SPIRAL_TARGET:
        return None
    if right < 0.15:
        return "Nearly all points are wrong, so the labels are swapped: train on y_spiral as it is."
    says = f"{right:.0%} of fresh points are right, and 92 % are asked for."
    dense = [layer for layer in model.layers if getattr(layer, "weights", [])]
    if len(dense) < 2:
        return f"{says} A single neuron draws a straight line. Add hidden layers."
    if all(getattr(getattr(layer, "activation", None), "__name__", "") == "linear" for layer in dense[:-1]):
        return f"{says} The hidden layers have no activation function, so the boundary is straight."
    if right < 0.6:
        return f"{says} Was it trained? Compile it, then fit it to x_spiral and y_spiral."
    return f"{says} More units, a second hidden layer, or more epochs?"
