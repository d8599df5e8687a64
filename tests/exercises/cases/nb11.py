import numpy as np

from tests.exercises.cases.shared import LOGITS_NLL, logs, true

COLOURS = (0, 1, 2)


def scaled(train, test, axis=COLOURS):
    return (test - train.mean(axis=axis)) / train.std(axis=axis)


def own_softmax(z, y):
    """The stable way, in one step."""
    z = z - z.max(axis=1, keepdims=True)
    return [float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]))]


RIGHT = {
    "11.1": [(np.sqrt(0.6 * 0.4 / 2000),), (0.011,), ([0.01095],)],
    "11.2": [(scaled,), (lambda a, b: scaled(a.astype("float32"), b.astype("float32")),)],
    "11.3": [((1, 32, 32, 3),), ([1, 32, 32, 3],), (np.array([1, 32, 32, 3]),)],
    "11.4": [(1.461,), (np.float32(1.4612),), (np.log(1 + 9 / np.e),)],
    "11.5": [
        (lambda x: x[:, :, ::-1],),
        (lambda x: np.flip(x, axis=2).astype(float),),
        (lambda x: np.array([np.fliplr(a) for a in x]),),
    ],
    "11.6": [(lambda z, y: -true(logs(z), y).mean(),), (own_softmax,)],
}

WRONG = {
    "11.1": [
        ((0.24 / 2000,), "variance"),
        ((np.sqrt(0.24),), "single photograph"),
        ((np.sqrt(0.24) / 2000,), "under the root"),
        ((1.095,), "percent"),
        ((2 * 0.010954,), "two standard errors"),
        ((np.sqrt(0.24 / 8000),), "validation"),
        ((np.sqrt(0.6 / 2000),), "1 - a"),
        ((np.float64("nan"),), "negative number"),
    ],
    "11.2": [
        ((lambda a, b: scaled(b, b),), "future"),
        ((lambda a, b: scaled(np.concatenate([a, b]), b),), "both sets"),
        ((lambda a, b: scaled(a, b, axis=None),), "all colours"),
        ((lambda a, b: scaled(a, b, axis=0),), "each pixel"),
        ((lambda a, b: b - a.mean(axis=COLOURS),), "Divide"),
        ((lambda a, b: (b - a.mean(axis=COLOURS)) / a.var(axis=COLOURS),), "variance"),
        ((lambda a, b: b - a.mean(axis=COLOURS) / a.std(axis=COLOURS),), "Brackets"),
        ((lambda a, b: b / 255,), "255"),
        ((lambda a, b: scaled(a, a),), "training photographs"),
        ((lambda a, b: a.mean(axis=COLOURS),), "shape"),
    ],
    "11.3": [
        (((32, 32, 3),), "batch axis is missing"),
        (((1, 32, 32),), "colour channels"),
        (((1, 32, 32, 1),), "colour channels"),
        (((32, 32, 3, 1),), "first in Keras"),
        (((1, 3, 32, 32),), "PyTorch"),
        (((1, 3072),), "flat"),
        (((2000, 32, 32, 3),), "2000 photographs"),
        ((np.zeros((1, 32, 32, 3)),), "array itself"),
        (((1.5, 32, 32, 3),), "whole"),
        (((None, 32, 32, 3),), "definite"),
    ],
    "11.4": [
        ((0,), "one softmax"),
        ((0.232,), "price"),
        ((-1.4612,), "minus"),
        ((2.3026,), "knowing nothing"),
        ((0.6346,), "natural"),
        ((-np.log(np.e / (np.e + 10)),), "nine"),
        ((1.3026,), "e + 9"),
    ],
    "11.5": [
        ((lambda x: x[:, ::-1],), "heads"),
        ((lambda x: x[..., ::-1],), "red and blue"),
        ((lambda x: x[::-1],), "reverse order"),
        ((lambda x: x[:, ::-1, ::-1],), "half turn"),
        ((lambda x: x,), "unchanged"),
        ((lambda x: np.swapaxes(x, 1, 2),), "swapped"),
        ((lambda x: x[0],), "shape"),
    ],
    "11.6": [*LOGITS_NLL, (lambda z, y: -np.log(z[np.arange(len(y)), y]).mean(), "negative number")],
}
