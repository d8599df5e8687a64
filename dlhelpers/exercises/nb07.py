"""Exercises of notebook 07, dense networks on handwritten digits."""

from typing import Any

import numpy as np

from dlhelpers.exercises import formulas
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
    number,
)


@exercise(
    "07.1",
    "When the network is in use, new images come one by one, and nobody knows their mean yet.",
    "`train.mean()` and `train.std()` without an axis are single numbers, over all images and pixels.",
    "return (new - train.mean()) / train.std()",
    praise="The training images set the scale. New ones only use it.",
)
def standardise_by_training(function: Any) -> str | None:
    rng = np.random.default_rng(7)
    train, new = rng.uniform(0, 255, (6, 9)), rng.uniform(40, 200, (4, 9))
    train[:, 0], new[:, 0] = 0, 3  # a border pixel that never had ink, until today
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            result = array(call(function, train, new))
    except NotYet as problem:
        if "nan" not in str(problem):
            raise
        return "One mean and sd for each pixel divide by zero at the border, where no digit has ink. Use one for all pixels."
    if result.shape == train.shape:
        return "These are the training images. Return the new ones."
    if result.shape != new.shape:
        return f"The new images have shape {new.shape}; yours come back as {result.shape}."
    mean, sd, everything = train.mean(), train.std(), np.concatenate([train, new])
    if close(result, (new - mean) / train.std(ddof=1)):
        return None
    pixel_mean, pixel_sd = train.mean(axis=0), train.std(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_pixel = [(new - pixel_mean) / pixel_sd, (new - pixel_mean) / sd, (new - mean) / pixel_sd]
    if any(close(result[:, 1:], one[:, 1:]) for one in by_pixel):
        return "Each pixel has its own mean or sd here. One of each is asked for, for all pixels: leave out the axis."
    mistakes = [
        *formulas.standardised(new, mean, sd),
        ((new - new.mean()) / new.std(), "The new images are scaled by their own mean and sd. The same image would look different in other company."),
        ((new - everything.mean()) / everything.std(), "Mean and sd come from training and new images together. Nobody knows the new ones yet."),
        ((new - mean) / new.std(), (new - new.mean()) / sd, "One of the two numbers comes from the new images. Both belong to the training images."),
        (new / 255, "Dividing by 255 is the other scale. Use mean and standard deviation here."),
    ]
    return grade(result, (new - mean) / sd, mistakes)


@exercise(
    "07.2",
    "For one image: the logarithm of the sum of all exp(z), minus the logit of the true class.",
    "`z[np.arange(len(y)), y]` picks the true logits. Subtract each row's maximum first, so that exp stays finite.",
    "z = z - z.max(axis=1, keepdims=True); then the mean of np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]",
    praise="Logits of 1000 do no harm, and this is what Keras does with from_logits=True.",
)
def nll_of_logits(function: Any) -> str | None:
    rng = np.random.default_rng(31)
    z, y = rng.normal(scale=2, size=(6, 10)), np.array([3, 0, 9, 3, 5, 1])
    prices = np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]
    result = array(call(function, z.copy(), y.copy()))
    if result.shape == prices.shape and close(result, prices):
        return "These are the prices of the single images. Take their mean."
    if message := grade(number(result), prices.mean(), formulas.nll_of_logits(z, y, "image")):
        return message
    large = np.zeros((2, 10))
    large[0, 4], large[1, 2] = 1000, -1000
    with np.errstate(all="ignore"):
        try:
            safe = number(call(function, large.copy(), np.array([4, 2])))
        except NotYet:
            safe = np.nan
    if not close(safe, (1000 + np.log(9)) / 2):
        return "Right for small logits. With 1000 it overflows or loses the price: subtract the row's maximum first, and keep the logarithm of the true class as a difference."
    return None


@exercise(
    "07.3",
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


@exercise(
    "07.4",
    "A dense layer has inputs times units weights, and one bias for each unit.",
    "Three layers: from 784 to 16, from 16 to 16, from 16 to 10. In code: dense_net(16, 16).count_params().",
    "784 * 16 + 16 + 16 * 16 + 16 + 16 * 10 + 10",
    praise="13 002, and all but 442 of them stand in the first layer.",
)
def film_parameters(count: Any) -> str | None:
    mistakes = [
        *formulas.dense_parameters(784, 16, 16, 10),
        (784 * 16 + 16 + 16 * 10 + 10, "The second hidden layer is missing: its inputs are the 16 units before it."),
        (2 * (784 * 16 + 16) + 16 * 10 + 10, "Only the first layer sees the pixels. The second one has 16 inputs."),
        (28 * 16 + 16 + 16 * 16 + 16 + 16 * 10 + 10, "An image has 28 times 28 pixels, not 28."),
    ]
    return grade(number(count), 13002, mistakes, rtol=0)


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
