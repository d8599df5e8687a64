import math

import numpy as np

MEAN, SD = np.array([130.098, 9.499]), np.array([0.3707, 1.4690])
NOTE = np.array([130.5, 11.0])


def nll(y, p):
    return y * np.log(p) + (1 - y) * np.log(1 - p)


def network(*hidden, last="sigmoid", scale=1.0, with_input=True):
    """Hidden layers as (units, activation); weights at a scale, with or without a layer for the input."""
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(units, activation=activation) for units, activation in hidden]
    start = [keras.Input((2,))] if with_input else []
    model = keras.Sequential([*start, *layers, keras.layers.Dense(1, activation=last)])
    if with_input:
        model.set_weights([scale * weights for weights in model.get_weights()])
    return model


def activations_apart():
    import keras

    keras.utils.set_random_seed(0)
    first, last = keras.layers.Dense(8), keras.layers.Dense(1)
    return keras.Sequential([keras.Input((2,)), first, keras.layers.ReLU(), last, keras.layers.Activation("sigmoid")])


RIGHT = {
    "02.1": [((NOTE - MEAN) / SD,), ([1.084, 1.022],)],
    "02.2": [(0.6931,), (np.log(2),)],
    "02.3": [(lambda y, p: -np.mean(nll(y, p)),), (lambda y, p: [-float(np.mean(nll(y, p)))],)],
}

WRONG = {
    "02.1": [
        (((NOTE - [130.145, 9.336]) / [0.3477, 1.4077],), "future"),
        (((NOTE - [130.1215, 9.4175]) / [0.3592, 1.43835],), "200"),
        (((MEAN - NOTE) / SD,), "sign"),
        ((NOTE - MEAN,), "Divide"),
        (((NOTE - MEAN) / SD**2,), "variance"),
        ((NOTE / SD,), "Subtract"),
        ((NOTE,), "millimetres"),
        (((NOTE - MEAN)[::-1] / SD[::-1],), "order"),
        ((1.084,), "Two numbers"),
        (([130.5, 11.0],), "scaled already"),
    ],
    "02.2": [
        ((-0.6931,), "minus"),
        ((0.5,), "probability"),
        ((1.0,), "bits"),
        ((69.31,), "sum"),
        ((0.30103,), "base 10"),
        ((0.69,), "rounded"),
        ((0.3466,), "half"),
    ],
    "02.3": [
        ((lambda y, p: np.mean(nll(y, p)),), "minus"),
        ((lambda y, p: -np.sum(nll(y, p)),), "sum"),
        ((lambda y, p: -nll(y, p),), "mean"),
        ((lambda y, p: -np.mean(y * np.log(p)),), "genuine notes"),
        ((lambda y, p: -np.mean(np.log(p)),), "Let y choose"),
        ((lambda y, p: -np.mean(nll(1 - y, p)),), "swapped"),
        ((lambda y, p: -np.mean((1 - y) * np.log(1 - p)),), "forged notes"),
        ((lambda y, p: -np.mean(y * np.log(p) - (1 - y) * np.log(1 - p)),), "plus"),
        ((lambda y, p: -np.mean(nll(p, y)),), "come first"),
        ((lambda y, p: np.mean((y - p) ** 2),), "squared"),
        ((lambda y, p: -np.mean(np.log2(np.where(y == 1, p, 1 - p))),), "natural"),
        ((lambda y, p: -np.mean(y * np.log(p)) + np.mean((1 - y) * np.log(1 - p)),), "opposite signs"),
        ((lambda y, p: -nll(y, p)[0],), "first note alone"),
        ((lambda y, p: -np.log(np.where(y == 1, p, 1 - p).mean()),), "too early"),
        ((lambda y, p: -np.mean(y * np.log(p) + 1 - y * np.log(1 - p)),), "Brackets"),
        ((lambda y, p: -np.log(p) if y == 1 else -np.log(1 - p),), "np.where"),
        ((lambda y, p: -y * math.log(p),), "np.log"),
    ],
}
MODELS = {
    "02.4": (
        [
            lambda: network((8, "relu")),
            lambda: network((8, "tanh"), scale=0.03),
            lambda: network((8, "softplus"), with_input=False),
            activations_apart,
        ],
        [
            (lambda: network((8, None)), "nothing non-linear"),
            (lambda: network((8, "linear"), last="sigmoid"), "nothing non-linear"),
            (lambda: network((8, None), (8, None)), "still one linear layer"),
            (lambda: network(), "no hidden layer"),
            (lambda: network((8, "relu"), last=None), "sigmoid"),
            (lambda: network((8, "relu"), last="relu"), "sigmoid"),
            (lambda: network((8, None), last="hard_sigmoid"), "not behind the last"),
            (lambda: network((8, None), last="relu"), "not behind the last"),
            (lambda: network((8, None), last=None), "keeps its sigmoid"),
            (lambda: network((16, "relu")), "33"),
            (lambda: 33, "Keras model"),
        ],
    ),
}
