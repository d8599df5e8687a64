"""Exercises of notebook 02, a network for banknotes."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import array, call, close, exercise, grade, keras_model, number
from dlhelpers.exercises.formulas import standardised

NOTE = np.array([130.5, 11.0])  # Left and Bottom of the new note, mm
# Mean and standard deviation (mm) of the two halves of the notebook's split, random_state=0.
TRAIN_MEAN, TRAIN_SD = np.array([130.098, 9.499]), np.array([0.3707, 1.4690])
TEST_MEAN, TEST_SD = np.array([130.145, 9.336]), np.array([0.3477, 1.4077])


@exercise(
    "02.1",
    "The network sees each feature as the training notes were prepared: minus the mean, divided by the sd.",
    "`mean` and `sd` of the training notes are arrays of two numbers; NumPy works on both features at once.",
    "new_note = (np.array([130.5, 11.0]) - mean) / sd",
    praise="Taller than the average note and with a wider margin, both in standard deviations.",
)
def standardised_note(note: Any) -> str | None:
    seen = array(note)
    if seen.size != 2:
        return f"Two numbers are asked for, Left and Bottom; this has shape {seen.shape}."
    seen, right = seen.ravel(), (NOTE - TRAIN_MEAN) / TRAIN_SD
    scaled = (
        "These are millimetres. The network sees them minus `mean`, divided by `sd`, which were kept above. "
        "(x_train itself is scaled already: its mean is 0 now, and its sd 1.)"
    )
    future = "These are the test half's mean and sd. The test half plays the future: use the training half's."
    mistakes = [
        (NOTE, scaled),
        (right[::-1], "Right numbers, wrong order: first Left, then Bottom."),
        ((NOTE - TEST_MEAN) / TEST_SD, future),
        ((2 * NOTE - TRAIN_MEAN - TEST_MEAN) / (TRAIN_SD + TEST_SD), "This uses all 200 notes. The scale comes from the training half alone."),
        *standardised(NOTE, TRAIN_MEAN, TRAIN_SD),
    ]
    return grade(seen, right, mistakes, rtol=7e-3, rounding=True)


@exercise(
    "02.2",
    "Each note costs -log of the probability that was given to the truth. Here this is always the same number.",
    "Whether forged or genuine, the truth got 0.5. The mean of equal prices is this price.",
    "baseline = -np.log(0.5)",
    praise="log 2 = 0.693: the price of knowing nothing about two equally frequent classes.",
)
def coin_toss(nll: Any) -> str | None:
    price = np.log(2)
    mistakes = [
        (price / 2, "Only half of the price. The truth is either 0 or 1, so one term counts, and it counts whole."),
        (-price, "The minus sign is missing: the negative log-likelihood is positive."),
        (0.5, "0.5 is the probability. Its price is -log(0.5)."),
        (1.0, "This is the logarithm to base 2, the price in bits. The course uses the natural logarithm, np.log."),
        (np.log10(2), "This is the logarithm to base 10. Use the natural one, np.log."),
        (100 * price, 200 * price, "This is the sum over the notes. The NLL of a data set is the mean."),
        (2 * price, "A note is either forged or genuine: only one of the two terms counts."),
    ]
    return grade(number(nll), price, mistakes, rounding=True)


@exercise(
    "02.3",
    "For a forged note (y = 1) the price is -log(p), for a genuine one (y = 0) it is -log(1 - p).",
    "y * log(p) + (1 - y) * log(1 - p) picks the right one of the two for each note.",
    "return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))",
    praise="This one line is the loss of the whole notebook.",
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
        return "These are the prices of the single notes. Take their mean."
    mistakes = [
        (logs.mean(), "The minus sign is missing."),
        (-logs.sum(), "This is the sum. With twice as many notes it would double; take the mean."),
        (-logs.sum() / 100, "Divide by the number of notes that come in, len(y), not by 100."),
        (-np.mean(y * np.log(p)), "The genuine notes are missing: they cost -log(1 - p)."),
        (-np.mean((1 - y) * np.log(1 - p)), "The forged notes are missing: they cost -log(p)."),
        (
            -np.mean(y * np.log(p) - (1 - y) * np.log(1 - p)),
            "The two terms have opposite signs, but both are prices: a minus before each, or one before (... + ...), a plus inside.",
        ),
        (-logs[0], "This is the price of the first note alone: `return` inside of a loop ends it."),
        (-np.log(np.exp(logs).mean()), "The mean is taken too early: first the logarithm for each note, then the mean."),
        (-np.mean(y * np.log(p) + 1 - y * np.log(1 - p)), "Brackets are missing around 1 - y: the product comes first."),
        (-np.mean(np.log(p)), "A genuine note is charged for its 1 - p, a forged one for its p. Let y choose."),
        (-np.mean(y * np.log(1 - p) + (1 - y) * np.log(p)), "The labels are swapped: y = 1 goes with log(p)."),
        (np.mean((y - p) ** 2), "This is the squared error. The NLL takes the logarithm of the truth's probability."),
        (-logs.mean() / np.log(2), -logs.mean() / np.log(10), "Use the natural logarithm, np.log."),
    ]
    return grade(number(result), -logs.mean(), mistakes)


@exercise(
    "02.4",
    "Notebook 01, section 7: what are two linear layers in a row?",
    "Something non-linear must stand between the two Dense layers.",
    'Give the first layer an activation: layers.Dense(8, activation="relu").',
    praise="One activation between the layers, and the border can bend. The parameters are still 33.",
)
def bent_network(model: Any) -> str | None:
    model = keras_model(model)
    points = np.random.default_rng(5).normal(size=(200, 2)).astype("float32")
    p = np.asarray(model(points))
    if p.shape != (200, 1):
        return f"The network should give one probability for each note; for 200 notes it gives shape {p.shape}."
    if not getattr(model, "inputs", None):
        return "This network does not show its layers one after the other. Build it as above, with keras.Sequential."
    dense = [layer for layer in model.layers if hasattr(layer, "kernel")]
    if len(dense) < 2:
        return "There is no hidden layer any more. Keep both Dense layers."
    bend, is_sigmoid = _with_fresh_weights(model, dense[-1], points)
    if not bend and len(dense) > 2:
        return "More linear layers are still one linear layer: the border stays straight."
    if not bend and not is_sigmoid:
        return "The border is still straight: an activation belongs between the two layers, not behind the last one, which keeps its sigmoid."
    if not bend:
        return "The border is still straight: nothing non-linear stands between the two layers."
    if not is_sigmoid:
        return "It bends, but the output is no probability any more: keep the sigmoid of the last layer."
    if model.count_params() != 33:
        return f"It bends, but it has {model.count_params()} parameters instead of 33: change one thing only."
    return None


def _with_fresh_weights(model: Any, last: Any, points: np.ndarray) -> tuple[bool, bool]:
    """Whether the logit bends, and whether the output is its sigmoid, whatever the weights are now."""
    import keras

    kept, rng = model.get_weights(), np.random.default_rng(3)
    features = keras.Model(model.inputs[0], last.input)
    try:
        model.set_weights([rng.normal(size=weights.shape) for weights in kept])
        z = np.asarray(features(points)) @ np.asarray(last.kernel) + np.asarray(last.bias)
        p = np.asarray(model(points))
    finally:
        model.set_weights(kept)
    design = np.column_stack([points, np.ones(len(points))])
    curved = z - design @ np.linalg.lstsq(design, z, rcond=None)[0]
    return bool(abs(curved).max() > 0.01 * abs(z).max()), bool(np.allclose(p, 1 / (1 + np.exp(-z)), atol=1e-4))
