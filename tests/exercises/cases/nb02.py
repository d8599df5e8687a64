import math

import numpy as np

from dlhelpers.exercises import nb02


def nll(y, p):
    return y * np.log(p) + (1 - y) * np.log(1 - p)


def scaled(mean=lambda t, n: t.mean(axis=0), sd=lambda t, n: t.std(axis=0)):
    return lambda train, new: (new - mean(train, new)) / sd(train, new)


def both(train, new):
    return np.concatenate([train, new])


def trained(x, y, *hidden, epochs=30, rate=0.05, last="sigmoid", batch=20):
    """A network with hidden layers as (units, activation)."""
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(units, activation=activation) for units, activation in hidden]
    model = keras.Sequential([keras.Input((x.shape[1],)), *layers, keras.layers.Dense(1, activation=last)])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    if epochs:
        model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
    return model


def notes(*hidden, on="train", **options):
    train, val, mean, sd = nb02._halves()
    x, y = train if on != "val" else val
    return trained(x * sd + mean if on == "mm" else x, y, *hidden, **options)


def spiral(*hidden, turned=False, **options):
    x, y = nb02.points("spiral", 600, seed=0)
    return trained(x, 1 - y if turned else y, *hidden, **options)


def activation_apart():
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8), keras.layers.Activation("tanh")])
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    (x, y), *_ = nb02._halves()
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    model.fit(x, y, batch_size=10, epochs=30, verbose=0)
    return model


RIGHT = {
    "02.1": [
        (lambda train, new: (new - train.mean(axis=0)) / train.std(axis=0),),
        (lambda train, new: ((new - np.mean(train, 0)) / np.std(train, 0)).tolist(),),
        (lambda train, new: (new - train.mean(axis=0)) / train.std(axis=0, ddof=1),),
    ],
    "02.2": [(lambda y, p: -np.mean(nll(y, p)),), (lambda y, p: [-float(np.mean(nll(y, p)))],)],
    "02.4": [("AD",), ("d, a",)],
}

WRONG = {
    "02.1": [
        (scaled(lambda t, n: n.mean(axis=0), lambda t, n: n.std(axis=0)), "company"),
        (scaled(lambda t, n: both(t, n).mean(axis=0), lambda t, n: both(t, n).std(axis=0)), "together"),
        (scaled(sd=lambda t, n: n.std(axis=0)), "One of the two numbers"),
        (scaled(lambda t, n: t.mean(), lambda t, n: t.std()), "share one mean"),
        (scaled(sd=lambda t, n: t.std()), "all columns at once"),
        (scaled(sd=lambda t, n: 1), "Divide it"),
        (scaled(sd=lambda t, n: t.var(axis=0)), "variance"),
        (scaled(lambda t, n: 0), "Subtract"),
        (lambda train, new: (train.mean(axis=0) - new) / train.std(axis=0), "sign"),
        (lambda train, new: (train - train.mean(axis=0)) / train.std(axis=0), "Return the new"),
        ([1.08, 1.02], "function"),
    ],
    "02.2": [
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
    "02.4": [
        ("ABD", "Not B"),
        ("AC", "Not C"),
        ("D", "A is missing"),
        ("A", "D is missing"),
        ("ABCD", "Not B"),
        ("E", "letters"),
    ],
}

MODELS = {
    "02.3": (
        [lambda: notes((8, "tanh"), batch=10), lambda: notes((16, "relu"), batch=10), activation_apart],
        [
            (lambda: notes((8, None)), "still straight"),
            (lambda: notes((8, None), (8, "linear")), "still straight"),
            (lambda: notes(), "single neuron"),
            (lambda: notes((8, "tanh"), epochs=0), "Was the network trained"),
            (lambda: notes((32, "relu"), (32, "relu"), on="val", epochs=150, batch=10), "validation notes much better"),
            (lambda: notes((8, "relu"), epochs=0, last=None), "sigmoid"),
            (lambda: trained(np.zeros((4, 3)), np.zeros(4), (8, "relu"), epochs=0), "two inputs"),
            (lambda: 33, "Keras model"),
        ],
    ),
    "02.5": (
        [lambda: spiral((32, "relu"), (32, "relu"), rate=0.01, epochs=60)],
        [
            (lambda: spiral(epochs=5), "straight line"),
            (lambda: spiral((16, None), epochs=5), "no activation"),
            (lambda: spiral((8, "relu"), epochs=5), "92 %"),
            (lambda: spiral((32, "relu"), (32, "relu"), epochs=0), "92 %"),
            (lambda: spiral((32, "relu"), (32, "relu"), rate=0.01, epochs=60, turned=True), "swapped"),
            (lambda: 0.95, "Keras model"),
        ],
    ),
}
