"""Exercises of notebook 04, softmax regression and a network in plain NumPy."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises import formulas
from dlhelpers.exercises.core import NotYet, array, call, close, exercise, grade, number

Layers = Sequence[tuple[Any, Any]]
TARGET = 0.975  # accuracy on the test digits that exercise 04.6 asks for


def _softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _loss(z: np.ndarray, y: np.ndarray) -> float:
    z = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])


def _gradient(W: np.ndarray, b: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    error = _softmax(x @ W + b)
    error[np.arange(len(y)), y] -= 1
    return x.T @ error / len(x), error.mean(axis=0)


def _one_epoch(W: Any, b: Any, x: Any, y: Any, rate: float, batch: int = 100) -> tuple[np.ndarray, np.ndarray]:
    for start in range(0, len(x), batch):
        dW, db = _gradient(W, b, x[start : start + batch], y[start : start + batch])
        W, b = W - rate * dW, b - rate * db
    return W, b


def _network_gradient(layers: Layers, x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    inputs = [x]
    for W, b in layers[:-1]:
        inputs.append(np.maximum(inputs[-1] @ W + b, 0))
    W, b = layers[-1]
    error = _softmax(inputs[-1] @ W + b)
    error[np.arange(len(y)), y] -= 1
    error /= len(y)
    gradients = []
    for (W, _), h in zip(reversed(layers), reversed(inputs), strict=True):
        gradients.append((h.T @ error, error.sum(axis=0)))
        error = (error @ W.T) * (h > 0)
    return gradients[::-1]


@exercise(
    "04.1",
    "np.exp works on the whole array. Each row needs a sum of its own: axis=1, and keepdims=True keeps it a column.",
    "Softmax does not change when a number is taken off all scores of a row. Take off its largest, z.max(axis=1, keepdims=True).",
    "powers = np.exp(z - z.max(axis=1, keepdims=True)); return powers / powers.sum(axis=1, keepdims=True)",
    praise="It sums to 1 in each row, and scores of 1000 do no harm.",
    solution=_softmax,
)
def stable_softmax(function: Any) -> str | None:
    z = np.random.default_rng(1).normal(0, 1.5, (6, 4))
    powers, right = np.exp(z), _softmax(z)
    with np.errstate(all="ignore"):
        result = array(call(function, z.copy()))
        large, apart = 1000 * np.eye(4) + [[3.0, 2, 1, 0]], z + np.array([[-900, 0, 900, 0, -900, 900]]).T
        safe = [array(call(function, scores.copy()), finite=False) for scores in (large, apart, -large)]
    if result.shape == z.T.shape:
        return "The result is transposed: one row for each image, one column for each class."
    if result.shape != z.shape:
        return f"For scores of shape {z.shape} the result should have the same shape; this one has {result.shape}."
    mistakes = [
        (powers / powers.sum(axis=0), "This divides by the sum of each column. The classes of one image share 1: axis=1."),
        (powers / powers.sum(), "All images share one sum. Each row needs a sum of its own: axis=1, keepdims=True."),
        (powers, powers / np.exp(z.max(axis=1, keepdims=True)), "Divide by the sum of the row, so that it adds up to 1."),
        (z / z.sum(axis=1, keepdims=True), "The exponential is missing: these can be negative."),
        (1 / (1 + np.exp(-z)), "This is the sigmoid of each score. Softmax divides by the sum of the row."),
        (_softmax(-z), "The largest score gets the smallest probability: the sign is turned around."),
        (np.log(right), "This is the logarithm of softmax. Probabilities are asked for."),
        (powers / powers.max(axis=1, keepdims=True), "This divides by the largest. The row should add up to 1: divide by the sum."),
        (2.0**z / (2.0**z).sum(axis=1, keepdims=True), "This uses powers of 2. Softmax uses powers of e: np.exp."),
        (right - z.max(axis=1, keepdims=True), "The maximum comes off the scores, before the exponential, not off the result."),
        (np.eye(4)[z.argmax(axis=1)], "This is the class itself. Softmax gives a probability to each class."),
    ]
    if message := grade(result, right, mistakes):
        return message
    if not all(np.isfinite(one).all() for one in safe):
        if close(safe[0], _softmax(large)):
            return "One maximum for all images is not enough: where a row lies far below it, all powers are 0. Take each row's own."
        return "Right for small scores, but 1000 gives nan: np.exp overflows. Take the largest score off its row first."
    if not all(close(one, _softmax(scores)) for one, scores in zip(safe, (large, apart, -large), strict=True)):
        return "Right for small scores, but wrong for 1000 or -1000. Cutting scores off changes them; subtracting the row's maximum does not."
    return None


@exercise(
    "04.2",
    "The loss of one image is log(sum of exp(z)) - z[true class]. Take the largest score off its row first, as in 04.1.",
    "z[np.arange(len(y)), y] picks the score of the true class from each row.",
    "z = z - z.max(axis=1, keepdims=True); return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])",
    praise="No score can break it, and it is what Keras computes with `from_logits=True`.",
    solution=_loss,
)
def loss_from_scores(function: Any) -> str | None:
    rng = np.random.default_rng(6)
    z, y = rng.normal(0, 1.5, (8, 10)), rng.integers(0, 10, 8)
    with np.errstate(all="ignore"):
        result = array(call(function, z.copy(), y.copy()))
    losses = np.array([_loss(z[[i]], y[[i]]) for i in range(len(y))])
    if result.shape == losses.shape and close(result, losses):
        return "These are the losses of the single images. Take their mean."
    if message := grade(number(result), losses.mean(), formulas.nll_of_logits(z, y, "image")):
        return message
    far, last = np.array([[0.0, -1000.0], [5.0, 5.0]]), np.array([1, 0])
    with np.errstate(all="ignore"):
        overflow = array(call(function, z + 1000, y.copy()), finite=False)
        underflow = array(call(function, far, last), finite=False)
    if not close(overflow.ravel(), [losses.mean()]):
        return "Right for small scores, but 1000 overflows. Take the largest score off its row first."
    if not close(underflow.ravel(), [_loss(far, last)]):
        return (
            "Right for small scores. But for the scores (0, -1000) and the second class the loss is 1000, and yours is "
            f"{underflow.ravel()[0]:.4g}: the probability has become 0 before its logarithm was taken. Write log(sum) - z."
        )
    return None


def _two(result: Any, shapes: tuple, names: str) -> tuple[np.ndarray, np.ndarray]:
    """The two arrays that a function returns."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotYet(f"Return two arrays, separated by a comma: {names}.")
    pair = tuple(array(one, finite=False) for one in result)
    if (pair[0].shape, pair[1].shape) == shapes[::-1]:
        raise NotYet(f"The two are in the wrong order. Return {names}.")
    for one, shape, name in zip(pair, shapes, names.split(", "), strict=True):
        if one.shape != shape:
            turned = " It is transposed." if one.T.shape == shape and one.ndim > 1 else ""
            raise NotYet(f"{name} should have the shape {shape}, and this one has {one.shape}.{turned}")
    return pair


@exercise(
    "04.3",
    "The error of all images is `p` minus 1 at the true class: p = softmax(x @ W + b), then p[np.arange(len(y)), y] -= 1.",
    "dW has the shape of W, (pixels, classes). Only x.T @ error has it. Both gradients are means over the images.",
    "return x.T @ error / len(x), error.mean(axis=0)",
    praise="Two lines, and all 7850 slopes are there at once.",
    solution=_gradient,
)
def gradient_of_the_loss(function: Any) -> str | None:
    rng = np.random.default_rng(3)
    W, b, x = rng.normal(size=(6, 10)), rng.normal(size=10), rng.normal(size=(8, 6))
    y = np.array([3, 1, 4, 1, 5, 9, 2, 6])
    with np.errstate(all="ignore"):
        dW, db = _two(call(function, W.copy(), b.copy(), x.copy(), y.copy()), (W.shape, b.shape), "dW, db")
    hot, n = np.eye(10)[y], len(x)
    p = _softmax(x @ W + b)
    errors = {
        "The sign is turned around: this is y - p. The loss rises along p - y.": hot - p,
        "The true class is missing: take 1 off its probability.": p,
        "The scores went in without softmax: p - y, not z - y.": x @ W + b - hot,
        "The bias is missing from the scores: softmax(x @ W + b).": _softmax(x @ W) - hot,
        "The factor p (1 - p) belongs to the squared error. Here p - y is all.": (p - hot) * p * (1 - p),
        "This is half or twice the slope, as with a squared error. Here p - y has no factor.": 2 * (p - hot),
        "This takes 1 off all columns that occur in y. Pair rows and classes: p[np.arange(len(y)), y] -= 1.": p - hot.max(axis=0),
    }
    right = p - hot
    table = [(x.T @ wrong / n, x.T @ wrong, says) for says, wrong in errors.items()]
    table += [
        (x.T @ right, "This is the sum over the images. The loss is a mean, so divide by their number, len(x)."),
        (np.outer(x[0], right[0]), "This is the first image alone. x.T @ error adds up all of them."),
        (x.T @ right / right.size, "This divides by the number of entries. Divide by the number of images, len(x)."),
        (x.T @ right / n**2, "This divides by the number of images twice."),
    ]
    if message := grade(dW, x.T @ right / n, table, other="db aside, dW has the right shape and other numbers. Compare it with finite differences."):
        return message
    mistakes = [
        (right.sum(axis=0), "dW is right. db is a sum over the images; take the mean here, too."),
        (right.mean(axis=0) / n, "dW is right. db is divided by the number of images twice."),
        (np.full(10, right.mean()), "dW is right. db is one number for all classes: take the mean along axis 0."),
        (-right.mean(axis=0), "dW is right. db has the wrong sign."),
        (p.mean(axis=0), "dW is right. In db the true classes are missing."),
    ]
    return grade(db, right.mean(axis=0), mistakes, other="dW is right, db is not: it is the mean of p - y over the images.")


@exercise(
    "04.4",
    "`for start in range(0, len(x), batch)` goes from batch to batch; x[start:start + batch] is one of them.",
    "For each batch: its gradient at the *present* W and b, then a step against it, W = W - rate * dW, and b likewise.",
    "dW, db = gradient(W, b, x[start:start + batch], y[start:start + batch]); W, b = W - rate * dW, b - rate * db. "
    "After the loop: return W, b",
    praise="This loop is what `fit` does.",
    solution=_one_epoch,
)
def mini_batches(function: Any) -> str | None:
    rng = np.random.default_rng(8)
    W, b, x = rng.normal(size=(6, 10)), rng.normal(size=10), rng.normal(size=(250, 6))
    y, rate, batch = rng.integers(0, 10, 250), 0.5, 20
    runs = []
    for _ in range(2):
        with np.errstate(all="ignore"):
            result = call(function, W.copy(), b.copy(), x.copy(), y.copy(), rate, batch)
        runs.append(_two(result, (W.shape, b.shape), "W, b"))
    if not all(map(close, *runs)):
        return "Two runs give two results. Go through the images in the order in which they come; the order is mixed outside."
    got = np.vstack(runs[0])
    for says, wrong in _epochs_gone_wrong(W, b, x, y, rate, batch):
        if close(got, np.vstack(wrong)):
            return says
    if close(got, np.vstack(_one_epoch(W, b, x, y, rate, batch))):
        return None
    return "The shapes are right, the numbers are not. For each batch: its gradient at the present W and b, then one step."


def _epochs_gone_wrong(W: Any, b: Any, x: Any, y: Any, rate: float, batch: int) -> list[tuple[str, tuple]]:
    whole, n = len(x) // batch * batch, len(x)
    frozen, biases, shifted = (W, b), (W, b), (W, b)
    for start in range(0, n, batch):
        dW, db = _gradient(W, b, x[start : start + batch], y[start : start + batch])
        frozen = frozen[0] - rate * dW, frozen[1] - rate * db
        dW, db = _gradient(*biases, x[start : start + batch], y[start : start + batch])
        biases = biases[0] - rate * dW, biases[1]
    for k in range(n // batch):
        shifted = _one_epoch(*shifted, x[k : k + batch], y[k : k + batch], rate, batch)
    return [
        ("Nothing has changed: W = W - rate * dW in each step, and return them after the loop.", (W, b)),
        ("This is one step with all images. Take a step after each batch.", _one_epoch(W, b, x, y, rate, n)),
        ("The last batch, which is shorter, is left out. Let the loop run up to len(x).", _one_epoch(W, b, x[:whole], y[:whole], rate, batch)),
        ("This is the first batch alone: `return` inside of the loop ends it.", _one_epoch(W, b, x[:batch], y[:batch], rate, batch)),
        ("All gradients are taken at the first W and b. Each batch needs the gradient at the present ones.", frozen),
        ("The steps go uphill: subtract the gradient.", _one_epoch(W, b, x, y, -rate, batch)),
        ("b never changes: it takes a step, too.", biases),
        ("The rate is missing: W - rate * dW.", _one_epoch(W, b, x, y, 1.0, batch)),
        ("The size of the batch is always 100. Use `batch`, which comes in.", _one_epoch(W, b, x, y, rate, 100)),
        ("This takes a step for each image. Take one for each batch.", _one_epoch(W, b, x, y, rate, 1)),
        ("Each batch begins one image after the one before. It should begin `batch` images later.", shifted),
        ("This goes over the images twice. An epoch is once.", _one_epoch(*_one_epoch(W, b, x, y, rate, batch), x, y, rate, batch)),
    ]


@exercise(
    "04.5",
    "On the way forward keep what each layer gets: [x, h1, h2, ...]. The last layer is softmax regression on the last of them.",
    "On the way back, for each layer: dW = h.T @ error and db = the sum of error, where h is what the layer got. Then the error "
    "moves one layer down: error = (error @ W.T) * (h > 0).",
    "error = (softmax(scores) - one_hot) / len(y); for (W, b), h in zip(layers[::-1], inputs[::-1]): "
    "gradients.append((h.T @ error, error.sum(axis=0))); error = (error @ W.T) * (h > 0). Return gradients[::-1].",
    praise="It works for any number of layers. Notebook 05 shows why it works for any network at all.",
    solution=_network_gradient,
)
def gradients_of_a_network(function: Any) -> str | None:
    rng = np.random.default_rng(5)
    for sizes in ([5, 5, 10], [5, 5, 5, 10], [4, 6, 7, 5, 10], [4, 10]):
        layers = [(rng.normal(size=(m, n)), rng.normal(size=n)) for m, n in zip(sizes, sizes[1:], strict=False)]
        x, y = rng.normal(size=(8, sizes[0])), rng.integers(0, 10, 8)
        try:
            message = _network_problem(function, layers, x, y)
        except NotYet as problem:
            message = str(problem)
        if message:
            return message if len(sizes) == 3 else f"Right for two layers, but not for {len(layers)}. {message}"
    return None


def _network_problem(function: Any, layers: list, x: np.ndarray, y: np.ndarray) -> str | None:
    given = [(W.copy(), b.copy()) for W, b in layers]
    with np.errstate(all="ignore"):
        result = call(function, given, x.copy(), y.copy())
    pairs = isinstance(result, tuple | list) and all(isinstance(pair, tuple | list) for pair in result)
    if not pairs or len(result) != len(layers):
        return f"Return a list with one pair (dW, db) for each of the {len(layers)} layers."
    right = _network_gradient(layers, x, y)
    shapes = [tuple(np.shape(one) for one in pair) for pair in result]
    if len(layers) > 1 and shapes == [tuple(one.shape for one in pair) for pair in right[::-1]]:
        return "The gradients come in the order of the way back. Turn the list around: the first layer comes first."
    got = [_two(pair, (W.shape, b.shape), "dW, db") for pair, (W, b) in zip(result, layers, strict=True)]
    for says, wrong in _networks_gone_wrong(layers, x, y):
        if _agree(got, wrong) and not _agree(right, wrong):
            return says
    for k in reversed(range(len(layers))):
        if not _agree(got[k : k + 1], right[k : k + 1]):
            place = "" if k == len(layers) - 1 else " Those of the layers after it are right: look at how the error moves down."
            return f"The gradients of layer {k + 1} have the right shapes and other numbers.{place}"
    return None


def _agree(one: list, other: list) -> bool:
    return all(close(a, b) for mine, theirs in zip(one, other, strict=True) for a, b in zip(mine, theirs, strict=True))


def _networks_gone_wrong(layers: list, x: np.ndarray, y: np.ndarray) -> list[tuple[str, list]]:
    def walk(back: Any = lambda error, W, h: (error @ W.T) * (h > 0), first: Any = None, scale: float = 1) -> list:
        inputs = [x]
        for W, b in layers[:-1]:
            inputs.append(np.maximum(inputs[-1] @ W + b, 0))
        W, b = layers[-1]
        p, hot = _softmax(inputs[-1] @ W + b), np.eye(10)[y]
        error = (p - hot if first is None else first(p, hot)) * scale / len(y)
        found = []
        for (W, _), h in zip(reversed(layers), reversed(inputs), strict=True):
            found.append((h.T @ error, error.sum(axis=0)))
            if W is not layers[0][0]:
                error = back(error, W, h)
        return found[::-1]

    square = all(W.shape[0] == W.shape[1] for W, _ in layers[1:-1])
    table = [
        ("The gate of ReLU is missing on the way back: multiply the error by (h > 0).", walk(lambda e, W, h: e @ W.T)),
        ("The way back multiplies by h itself. The slope of ReLU is 1 or 0: (h > 0).", walk(lambda e, W, h: e @ W.T * h)),
        ("This gate lets through what ReLU held back: (h > 0), not (h <= 0).", walk(lambda e, W, h: e @ W.T * (h <= 0))),
        ("This is the slope of tanh, 1 - h². The slope of ReLU is (h > 0).", walk(lambda e, W, h: e @ W.T * (1 - h**2))),
        ("The sign is turned around: the error starts as p - y.", walk(scale=-1)),
        ("These are sums over the images. The loss is a mean: divide by len(y).", walk(scale=len(y))),
        ("This divides by the number of images twice.", walk(scale=1 / len(y))),
        ("The true class is missing: the error starts as p - y.", walk(first=lambda p, hot: p)),
    ]
    if square and len(layers) > 2:
        turned = walk(lambda e, W, h: (e @ W.T if W.shape[1] == 10 else e @ W) * (h > 0))
        table.append(("The way back goes through W.T; here W is not transposed.", turned))
    right = walk()
    table.append(("The biases' gradients are means, the weights' are sums over the same error: add up, once.", [(dW, db / len(y)) for dW, db in right]))
    return table


@cache
def _test_digits() -> tuple[np.ndarray, np.ndarray]:
    """The test digits, mixed, so that labels that were computed before do not fit."""
    _, (x, y) = data.load_mnist()
    order = np.random.default_rng(4).permutation(len(y))
    return x[order].reshape(-1, 784).astype("float32") / 255, y[order].astype(int)


@exercise(
    "04.6",
    "A loop over epochs, in it a loop over batches, in it one step: each W and b minus rate times its gradient from 04.5.",
    "128 hidden units, batches of 100 and a rate of 0.3 come close in ten epochs. Let the rate fall towards the end, "
    "such as 0.5 * (1 - epoch / 10), and watch the validation digits.",
    "for epoch in range(10): mix the order; for each batch: net = [(W - rate * dW, b - rate * db) for (W, b), (dW, db) in "
    "zip(net, network_gradient(net, x_batch, y_batch))]. Then classify returns scores(net, x).argmax(axis=1).",
    praise="More than 97.5 % of the test digits, by a network that is yours down to the last line.",
)
def trained_network(classify: Any) -> str | None:
    if hasattr(classify, "layers"):
        return "Hand in the function `classify`, which returns one digit for each image, with your own network inside."
    x, y = _test_digits()
    with np.errstate(all="ignore"):
        result = array(call(classify, x.copy()))
    if result.shape == (len(x), 10):
        return "These are ten numbers for each image. Return the class with the largest: .argmax(axis=1)."
    if result.shape == (10,):
        return "argmax runs over the images here. Each image has a largest score of its own: .argmax(axis=1)."
    if result.size != len(x) or result.ndim > 2:
        return f"For {len(x)} images {len(x)} digits are asked for; this has shape {result.shape}."
    labels = result.ravel()
    if not np.isin(labels, np.arange(11)).all():
        return "Whole numbers from 0 to 9 are asked for, one digit for each image."
    right = np.mean(labels == y)
    if right >= TARGET:
        return None
    if np.mean(labels == y + 1) > 0.8:
        return "All digits are too large by 1: the classes begin with 0."
    if right < 0.15:
        return (
            f"{100 * right:.1f} % of the test digits are right, no more than by guessing. Does `classify` look at the x that "
            "comes in, and at the *trained* weights? If these are nan, the rate was too large."
        )
    if right < 0.9:
        return f"{100 * right:.1f} % of the test digits are right: less than softmax regression reaches. Is the network trained long enough?"
    return f"{100 * right:.2f} % of the test digits are right; 97.5 are asked for. More epochs, more units, or a rate that falls? Let the validation digits decide."
