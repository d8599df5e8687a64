"""Exercises of notebook 07, dense networks on handwritten digits."""

from functools import cache
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import (
    OTHER,
    ROUNDED,
    NotYet,
    array,
    call,
    close,
    exercise,
    grade,
    keras_model,
    last_activation,
)

TARGET, MOST = 0.955, 200_000


@exercise(
    "07.1",
    "`from_logits=True` promises logits. What does the last layer give?",
    "There are two repairs: take the softmax out of the layer, or the promise out of the loss.",
    "layers.Dense(10) without an activation, and the loss as it was.",
    praise="One softmax, and a promise that is kept.",
)
def one_softmax(model: Any) -> str | None:
    model = keras_model(model)
    loss = getattr(model, "loss", None)
    if loss is None:
        return "The model is not compiled. Call compile with the loss as above."
    x = np.random.default_rng(11).uniform(0, 1, (40, 784)).astype("float32")
    y = np.arange(40) % 10
    out = np.asarray(model(x), dtype=float)
    if out.shape != (40, 10):
        return f"Ten outputs for each image are asked for; these have shape {out.shape}."
    is_p = bool(np.allclose(out.sum(axis=1), 1, atol=1e-4) and out.min() >= 0)
    promised = bool(getattr(loss, "from_logits", False))
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    if "categorical_crossentropy" not in str(name):
        return "Keep the loss, SparseCategoricalCrossentropy."
    if "sparse" not in str(name):
        return "The labels are whole numbers 0 to 9, so the loss must be the sparse one."
    if is_p and promised:
        return "The promise is still broken: the layer gives probabilities, and the loss was promised logits. A loss that believes it applies the softmax twice."
    if not is_p and not promised:
        if out.min() >= 0 and out.max() <= 1:
            return "The ten outputs do not sum to 1: sigmoids are not a softmax."
        return "Now there is no softmax at all: logits come out, and the loss expects probabilities."
    if promised and last_activation(model) != "linear":
        return f"Keep the promise: {last_activation(model)} is still on the last layer. A logit may be any number."
    if promised and (out.min() >= 0 or out.max() <= 0):
        return "The logits have only one sign: an activation is still on the last layer. A logit may be any number."
    p = out if is_p else np.exp(out) / np.exp(out).sum(axis=1, keepdims=True)
    if not isinstance(loss, str):
        value = float(np.mean(loss(y, out.astype("float32"))))
        if not close(value, -np.log(p[np.arange(40), y]).mean(), rtol=1e-2):
            return "The loss is not the mean NLL of these outputs. Change only one of the two softmaxes."
    return None


def _stop_and_best(val_losses: Any, patience: int) -> tuple[int, int]:
    best = epoch = 1
    for epoch, loss in enumerate(val_losses, 1):
        if loss < val_losses[best - 1]:
            best = epoch
        if epoch - best == patience:
            break
    return epoch, best


_CURVES = [
    ([0.5, 0.4, 0.3, 0.35, 0.33, 0.36, 0.37, 0.2, 0.1], 2),
    ([0.5, 0.4, 0.45, 0.39, 0.41, 0.42, 0.40, 0.1], 3),
    ([0.9, 0.8, 0.7, 0.6], 2),
    ([0.5, 0.6, 0.7], 1),
    ([0.5, 0.4, 0.4, 0.4, 0.3], 2),
]


@exercise(
    "07.2",
    "Keep the best epoch so far, in a loop over the losses. A new minimum makes the present epoch the best one.",
    "The count of epochs without a new minimum is epoch - best. When it reaches the patience, leave the loop with break.",
    "for epoch, loss in enumerate(val_losses, 1): if loss < val_losses[best - 1]: best = epoch; "
    "if epoch - best == patience: break. Then: return epoch, best",
    praise="It is the rule of keras.callbacks.EarlyStopping.",
    solution=_stop_and_best,
)
def early_stopping(function: Any) -> str | None:
    for losses, patience in _CURVES:
        result = array(call(function, list(losses), patience)).ravel()
        if result.size != 2:
            return "Return two numbers, separated by a comma: the epoch of the stop, and the best epoch."
        if message := _stop_problem(result, losses, patience):
            return f"{message} (Losses {losses}, patience {patience}.)"
    return None


def _stop_problem(got: np.ndarray, losses: list, patience: int) -> str | None:
    stop, best = right = _stop_and_best(losses, patience)
    if close(got, right, rtol=0):
        return None
    last, lowest = len(losses), int(np.argmin(losses)) + 1
    in_a_row = next((k for k in range(patience, last) if all(losses[j] > losses[j - 1] for j in range(k - patience + 1, k + 1))), last - 1) + 1
    mistakes = [
        ([best, stop], "Right numbers, wrong order: first the stop, then the best epoch."),
        ([stop - 1, best - 1], "The epochs are counted from 0 here. The first epoch is 1."),
        ([stop, losses[best - 1]], "The second number is the best loss. The *epoch* of the best loss is asked for."),
        ([last, lowest], "This looks at all losses, to the end. Training stops before, when the patience is used up."),
        ([stop, lowest], "The second number is the best of all epochs. When training stops, the later ones have not been seen."),
        ([stop + 1, best], "This stops one epoch too late: it stops as soon as the count *reaches* the patience."),
        ([stop - 1, best], "This stops one epoch too early, or counts the epochs from 0."),
        ([stop, stop], "The second number is the epoch of the stop. The best one came before it."),
        (
            [in_a_row, int(np.argmin(losses[:in_a_row])) + 1],
            "This counts how often the loss *rose*. Count the epochs since the best one: a small improvement over the epoch before is no new minimum.",
        ),
    ]
    if best > 1 and got.size == 2 and got[0] > stop and losses.count(min(losses[:stop])) > 1:
        return "An equal loss is no new minimum: the count goes on, and the first of the two stays the best."
    if got.size == 2 and got[0] == stop:
        return "The stop is right, and the best epoch is another one."
    return grade(got, right, mistakes, rtol=0, other=f"It should stop after epoch {stop}, with {best} as the best one.")


@cache
def _fresh_digits() -> tuple[np.ndarray, np.ndarray]:
    _, (x, y) = data.load_mnist()
    return x.reshape(-1, 784).astype("float32") / 255, y.astype(int)


@exercise(
    "07.3",
    "Begin with dense_net(150, 75, dropout=0.2), watch the validation accuracy over 15 epochs or more, and count its parameters.",
    "The first layer has 785 parameters a unit, so it can have up to about 220 units. Let the second be half as wide, drop 0.3, and train for 20 epochs.",
    "mine = dense_net(200, 100, dropout=0.3), then mine.fit(x_few, y_few, epochs=20, verbose=0, **options)",
    praise="With 10 000 digits that is a good result for dense layers.",
)
def trained_digits(model: Any) -> str | None:
    model = keras_model(model)
    shape = tuple(getattr(model, "input_shape", None) or ())
    if shape[1:] != (784,):
        return f"The network should take 784 pixels, keras.Input((784,)), and this one takes {shape[1:] or 'nothing yet'}."
    if any("Conv" in type(layer).__name__ for layer in model.layers):
        return "Dense layers are asked for. Convolutions come in notebooks 08 and 09."
    if (size := model.count_params()) > MOST:
        return f"This network has {size} parameters, and 200 000 are the most. A narrower first layer saves 785 a unit."
    x, y = _fresh_digits()
    right = _share(model, x, y)
    says = f"{100 * right:.1f} % of fresh digits are right, and 95.5 are asked for."
    if right > TARGET:
        return None
    if right < 0.7 and _share(model, 255 * x[:2000], y[:2000]) > 0.6:
        return f"{says} The network was trained on pixels from 0 to 255. Those of x_few go from 0 to 1, and so do the fresh ones."
    if right < 0.2:
        return f"{says} That is guessing. Was the network compiled and trained?"
    widths = [layer.units for layer in model.layers if hasattr(layer, "units")]
    if len(widths) < 2:
        return f"{says} Without a hidden layer these are ten templates, as in section 2."
    if all(getattr(getattr(layer, "activation", None), "__name__", "linear") == "linear" for layer in model.layers[:-1]):
        return f"{says} The hidden layers have no activation function, so they are no more than ten templates."
    if not any("Dropout" in type(layer).__name__ for layer in model.layers):
        return f"{says} There is no dropout in it yet."
    return f"{says} Wider layers, another share of dropout, or more epochs?"


def _share(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    out = np.asarray(model(x), dtype=float)
    if out.shape != (len(x), 10):
        raise NotYet(f"Ten numbers for each image are asked for; for {len(x)} images the shape is {out.shape}.")
    if not np.isfinite(out).all():
        raise NotYet("The outputs are nan: training has gone wrong. Take a smaller learning rate.")
    return float(np.mean(out.argmax(axis=1) == y))


def _twin_weights(weights: list, order: Any) -> list:
    return [weights[0][order], *weights[1:]]


@exercise(
    "07.4",
    "Pixel k of the shuffled image is pixel order[k] of the original. Which weights should meet it?",
    "Only the first matrix sees the pixels. Its rows belong to the pixels, so its rows are put into the new order.",
    "return [weights[0][order], *weights[1:]]",
    praise="Put the rows of the first matrix into the same order, and nothing else changes.",
    solution=_twin_weights,
)
def shuffled_twin(function: Any) -> str | None:
    rng = np.random.default_rng(8)
    shapes = [(6, 6), (6,), (6, 3), (3,)]
    weights, order = [rng.normal(size=shape) for shape in shapes], np.array([2, 0, 3, 1, 5, 4])
    result = call(function, weights, order.copy())
    if not isinstance(result, (list, tuple)) or len(result) != len(weights):
        return f"Return a list of {len(weights)} arrays, as get_weights() does: the first one changed, the others as they were."
    got = [array(one) for one in result]
    if [one.shape for one in got] != shapes:
        return f"The shapes should stay {shapes}, and these are {[one.shape for one in got]}."
    if not all(close(one, b) for one, b in zip(got[1:], weights[1:], strict=True)):
        return "Only the first matrix meets the pixels. The other arrays stay as they are."
    W = weights[0]
    mistakes = [
        (W, "Nothing has changed. The rows of the first matrix belong to the pixels."),
        (W[:, order], "This reorders the columns, which belong to the hidden units. The rows belong to the pixels."),
        (W[np.argsort(order)], "This is the permutation backwards. x[:, order] puts pixel order[0] first, so the row order[0] has to be first."),
        (W.T[order], W[order].T, "The matrix is transposed. Each row belongs to a pixel."),
        (np.sort(W, axis=0), "The rows are sorted by value. Put them into the order `order`."),
    ]
    return grade(got[0], W[order], mistakes)


@exercise(
    "07.5",
    "Take all images of a 4, wherever the network put them: how many are on the diagonal?",
    "The true digits are the rows, so add up along a row: counts.sum(axis=1).",
    "recall = np.diag(counts) / counts.sum(axis=1)",
    praise="The lowest of the ten is the digit that the network finds hardest.",
)
def recall_of_digits(recall: Any, counts: Any) -> str | None:
    counts = array(counts)
    if counts.shape != (10, 10) or (counts < 0).any() or (counts % 1).any():
        return "The second answer is the table `counts` from above, 10 x 10 whole numbers, as it stands."
    recall, right = array(recall), np.diag(counts)
    if recall.size == 1:
        return "This is one number. Each of the ten digits has a recall of its own."
    if recall.shape == counts.shape and close(recall, right / counts.sum(axis=1, keepdims=True)):
        return "Ten numbers divided by a column make a table. Leave out keepdims, so that both are rows of ten."
    if recall.shape == counts.shape:
        return "This is the whole table. The recall needs its diagonal alone: np.diag(counts)."
    recall = recall.ravel()
    with np.errstate(all="ignore"):
        wanted = right / counts.sum(axis=1)
        precision = right / counts.sum(axis=0)
    if np.array_equal(recall, right):
        return "These are counts. Divide by the number of images of each digit."
    mistakes = [
        (precision, "This is the precision: columns hold the network's answers. Divide by the sums of the rows."),
        (right / counts.sum(), "This divides by all images. Divide by those of the digit."),
        (1 - wanted, "These are the shares that are missed. The recall counts those that are recognised."),
        (100 * wanted, "These are percentages. A share lies between 0 and 1."),
        (counts.sum(axis=1) / counts.sum(), "These are the shares of the digits among all images."),
    ]
    short = any(np.allclose(recall, wanted.round(places), rtol=0, atol=1e-9) for places in (2, 3))
    return grade(recall, wanted, mistakes, rtol=2e-4, other=ROUNDED if short else OTHER)
