"""Exercises of notebook 11, CIFAR-10 one trick at a time."""

from typing import Any

import numpy as np

from dlhelpers.exercises import formulas
from dlhelpers.exercises.core import OTHER, array, call, close, exercise, grade, number

PHOTO = (32, 32, 3)  # height, width, colours


@exercise(
    "11.1",
    "The formula stands above the exercise: the accuracy is a = 0.6, the photographs that are counted are n = 2000.",
    "First a(1 - a) = 0.24, then divide by n, then take the root.",
    "standard_error = np.sqrt(0.6 * (1 - 0.6) / 2000)",
    praise="About one point. Two networks that differ by one point may well be equally good.",
)
def standard_error_of_accuracy(error: Any) -> str | None:
    spread = np.sqrt(0.24)
    mistakes = [
        (100 * spread / np.sqrt(2000), "This is in percent. As a share, it is a hundredth of that."),
        (2 * spread / np.sqrt(2000), "These are two standard errors. One is asked for."),
        (0.24 / 2000, "This is the variance. The standard error is its root."),
        (spread, "This is the spread of a single photograph, right or wrong. Divide by n = 2000 under the root."),
        (spread / 2000, "Divide by n under the root, and not after it."),
        (spread / np.sqrt(8000), spread / 100, "The accuracy was counted on the 2000 validation photographs. How many were trained on plays no part."),
        (np.sqrt(0.6 / 2000), "The factor 1 - a is missing under the root."),
    ]
    return grade(number(error), spread / np.sqrt(2000), mistakes, rtol=0.01, atol=0)


@exercise(
    "11.2",
    "The test photographs play the future: nobody knows their mean yet.",
    "x_train.mean(axis=(0, 1, 2)) leaves one number for each colour; x_train.std in the same way.",
    "return (x_test - x_train.mean(axis=(0, 1, 2))) / x_train.std(axis=(0, 1, 2))",
    praise="Training and test photographs go through the same scale, and it comes from the training set.",
)
def scaled_with_training_statistics(function: Any) -> str | None:
    rng, colours = np.random.default_rng(3), np.array([1.0, 0.8, 0.5])
    train = (rng.integers(30, 200, (12, *PHOTO)) * colours).astype("uint8")
    test = (rng.integers(90, 256, (7, *PHOTO)) * colours).astype("uint8")
    result = array(call(function, train.copy(), test.copy()))
    if result.shape == train.shape:
        return "These are the training photographs. The scaled test photographs are asked for."
    if result.shape != test.shape:
        return f"The shape {test.shape} of the test photographs should stay; the result has {result.shape}."

    def scaled(source: np.ndarray, axis: Any = (0, 1, 2)) -> np.ndarray:
        return (test - source.mean(axis=axis)) / (source.std(axis=axis) + 1e-12)

    mean, sd = train.mean(axis=(0, 1, 2)), train.std(axis=(0, 1, 2))
    mistakes = [
        (scaled(test), "These are the test photographs' own mean and sd. They play the future: use those of x_train."),
        (scaled(np.concatenate([train, test])), "Mean and sd come from both sets together here. The training set alone decides."),
        (scaled(train, axis=None), "This is one number for all colours. Keep the last axis: axis=(0, 1, 2)."),
        (scaled(train, axis=0), "This is a mean for each pixel. One for each colour is asked for: axis=(0, 1, 2)."),
        *formulas.standardised(test, mean, sd),
        (test / 255, "Dividing by 255 is a scale, too, but the network uses the mean and sd of the training set."),
    ]
    return grade(result, scaled(train), mistakes, atol=2e-3)


@exercise(
    "11.3",
    "Compare it with x_test.shape. What does the first number there count?",
    "A network takes a batch. One photograph is a batch of one.",
    "It is the shape of x_test[:1]: batch, height, width, colours.",
    praise="A batch of one: x_test[:1] or x_test[0][None].",
)
def shape_of_one_photograph(shape: Any) -> str | None:
    if isinstance(shape, tuple | list) and any(size is None for size in shape):
        return "None, as in a model's summary, leaves the number of photographs open. An array has a definite one."
    sizes = array(shape)
    if sizes.size >= 3072:
        return "This is the array itself. Its shape is asked for."
    if (sizes % 1).any():
        return "The numbers of a shape are whole."
    sizes = sizes.ravel()
    mistakes = [
        (PHOTO, "This is the shape of x_test[0]. The batch axis is missing: how many photographs are there?"),
        ((1, 32, 32), (32, 32), (1, 32, 32, 1), (32, 32, 1), "The colour channels are lost: red, green and blue are the last axis."),
        ((32, 32, 3, 1), (32, 32, 1, 3), "The batch axis comes first in Keras, not last."),
        ((1, 3, 32, 32), (3, 32, 32), "Here the channels come first, as in PyTorch. These photographs have them last."),
        ((3072,), (1, 3072), "This is a flat list of pixels, good for a dense net. A convolution needs height and width."),
    ]
    batch = sizes.size == 4 and close(sizes[1:], PHOTO, rtol=0)
    other = f"This holds {int(sizes[0])} photographs. One is asked for." if batch else OTHER
    return grade(sizes, (1, *PHOTO), mistakes, rtol=0, other=other)


@exercise(
    "11.4",
    "The second softmax takes the numbers 1, 0, 0, ... 0 for logits. Which probability does the right class get?",
    "Exponentials: e for the right class, 1 for each of the nine others. The loss is -log of the right one's share.",
    "loss_of_perfect = -np.log(np.exp(1) / (np.exp(1) + 9))",
    praise="A loss that never falls below 1.46 with ten classes: look for a second softmax.",
)
def loss_after_two_softmaxes(loss: Any) -> str | None:
    loss, share = number(loss), np.e / (np.e + 9)
    if close(loss, 0, atol=1e-3):
        return "That would be the loss after one softmax. The second one takes the 1 and the 0s for logits."
    if close(loss, share, rtol=5e-3):
        return "This is the probability of the right class after the second softmax. Its price is -log of it."
    mistakes = [
        (np.log(share), "The minus sign is missing."),
        (np.log(10), "That is the price of knowing nothing. The right class still gets more than the others: e against 1."),
        (-np.log10(share), -np.log2(share), "Use the natural logarithm, np.log."),
        (-np.log(np.e / (np.e + 10)), "There are nine other classes, not ten."),
        (np.log(10) - 1, "The sum below has e for the right class: e + 9, not 10."),
    ]
    return grade(loss, -np.log(share), mistakes, rtol=3e-3)


@exercise(
    "11.5",
    "The axes are photograph, height, width, colour. Left and right are the ends of the width.",
    "[::-1] turns an axis around. Put a : for each axis that stays.",
    "return x[:, :, ::-1]",
    praise="Only the width is turned around.",
)
def mirrored_photographs(function: Any) -> str | None:
    x = np.random.default_rng(4).integers(0, 256, (4, 6, 5, 3)).astype("uint8")
    result = array(call(function, x.copy()))
    mistakes = [
        (x[:, ::-1], "The photographs stand on their heads. Turn the width around (axis 2), not the height."),
        (x[..., ::-1], "The photographs kept their form, but red and blue have changed places: this was the colour axis."),
        (x[::-1], "This is the list of photographs in reverse order. Each photograph itself must change."),
        (x[:, ::-1, ::-1], "This is a half turn: left and right changed places, but top and bottom did, too."),
        (x, "The photographs came back unchanged."),
        (np.swapaxes(x, 1, 2), "Height and width were swapped: that turns the photographs on their side."),
    ]
    other = OTHER if result.shape == x.shape else f"The shape {x.shape} should stay; the result has {result.shape}."
    return grade(result, x[:, :, ::-1], mistakes, other=other)


@exercise(
    "11.6",
    "In the softmax, the ten classes of one photograph share 1 among them: sum along axis 1, with keepdims=True.",
    "p[np.arange(len(y)), y] picks the probability of the true class in each row.",
    "p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)\nreturn -np.mean(np.log(p[np.arange(len(y)), y]))",
    praise="This is what SparseCategoricalCrossentropy(from_logits=True) computes.",
)
def nll_of_logits(function: Any) -> str | None:
    rng = np.random.default_rng(6)
    z, y = rng.normal(scale=2, size=(6, 10)), np.array([3, 0, 9, 3, 7, 1])
    prices = np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]
    with np.errstate(all="ignore"):
        result = array(call(function, z.copy(), y.copy()), finite=False)
    if np.isnan(result).any():
        return "This takes the logarithm of a negative number. Logits may be negative: first the softmax, with np.exp."
    if result.shape == prices.shape and close(result, prices):
        return "These are the prices of the single photographs. Take their mean."
    return grade(number(result), prices.mean(), formulas.nll_of_logits(z, y, "photograph"))
