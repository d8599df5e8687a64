"""Right answers, and wrong ones with a word of the message that each must get; see tests/test_exercises.py."""

import numpy as np

MEAN, SD = np.array([130.098, 9.499]), np.array([0.3707, 1.4690])
NOTE = np.array([130.5, 11.0])


def nll(y, p):
    return y * np.log(p) + (1 - y) * np.log(1 - p)


def network(*hidden, last="sigmoid"):
    """Hidden layers as (units, activation)."""
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(units, activation=activation) for units, activation in hidden]
    return keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, activation=last)])


CASES = {
    "02.1": (
        [((NOTE - MEAN) / SD,), ([1.084, 1.022],)],
        [
            (((NOTE - [130.145, 9.336]) / [0.3477, 1.4077],), "future"),
            (((NOTE - [130.1215, 9.4175]) / [0.3592, 1.43835],), "200"),
            (((MEAN - NOTE) / SD,), "sign"),
            ((NOTE - MEAN,), "Divide"),
            (((NOTE - MEAN) / SD**2,), "variance"),
            ((NOTE / SD,), "Subtract"),
            ((1.084,), "Two numbers"),
        ],
    ),
    "02.2": (
        [(0.6931,), (np.log(2),)],
        [((-0.6931,), "minus"), ((0.5,), "probability"), ((1.0,), "bits"), ((69.31,), "sum"), ((0.30103,), "base 10")],
    ),
    "02.3": (
        [(lambda y, p: -np.mean(nll(y, p)),), (lambda y, p: [-float(np.mean(nll(y, p)))],)],
        [
            ((lambda y, p: np.mean(nll(y, p)),), "minus"),
            ((lambda y, p: -np.sum(nll(y, p)),), "sum"),
            ((lambda y, p: -nll(y, p),), "mean"),
            ((lambda y, p: -np.mean(y * np.log(p)),), "genuine notes"),
            ((lambda y, p: -np.mean(np.log(p)),), "Let y choose"),
            ((lambda y, p: -np.mean(nll(1 - y, p)),), "swapped"),
            ((lambda y, p: np.mean((y - p) ** 2),), "squared"),
            ((lambda y, p: -np.mean(np.log2(np.where(y == 1, p, 1 - p))),), "natural"),
        ],
    ),
}
MODELS = {
    "02.4": (
        [lambda: network((8, "relu")), lambda: network((8, "tanh")), lambda: network((8, "softplus"))],
        [
            (lambda: network((8, None)), "nothing non-linear"),
            (lambda: network((8, "linear"), last="sigmoid"), "nothing non-linear"),
            (lambda: network((8, None), (8, None)), "still one linear layer"),
            (lambda: network(), "no hidden layer"),
            (lambda: network((8, "relu"), last=None), "sigmoid"),
            (lambda: network((16, "relu")), "33"),
            (lambda: 33, "Keras model"),
        ],
    ),
}
