import functools

import numpy as np

from dlhelpers import data


@functools.cache
def net(epochs=10, hidden=128, inputs=(28, 28), outputs=10, spoilt=False):
    """The network of exercise 00.4, trained for some epochs."""
    import keras

    keras.utils.set_random_seed(1)
    (x, y), _ = data.load_mnist()
    chosen = np.random.default_rng(1).permutation(len(x))[:6000]
    parts = [keras.layers.Dense(hidden, activation="relu")] if hidden else []
    model = keras.Sequential(
        [keras.Input(inputs), keras.layers.Flatten(), *parts, keras.layers.Dense(outputs, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    if epochs:
        model.fit(x[chosen].reshape(-1, *inputs).astype("float32") / 255, y[chosen], 50, epochs, verbose=0)
    if spoilt:
        model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    return model


RIGHT = {
    "00.1": [(784,), (784.0,), ([784],)],
    "00.2": [(0.13066,), (33.318421 / 255,)],
    "00.3": [(lambda x: x.astype("float32") / 255,), (lambda x: np.float32(x) * np.float32(1 / 255),)],
}

WRONG = {
    "00.1": [
        ((28,), "height"),
        ((60_000,), "images"),
        ((47_040_000,), "all images"),
        ((7_840_000,), "all images"),
        ((56,), "sides"),
        ((783,), "One too few"),
    ],
    "00.2": [
        ((33.318,), "255"),
        ((33.791 / 255,), "test"),
        ((33.318421 / 256,), "256"),
        ((1567205952,), "sum"),
        ((0.131,), "rounded"),
        ((0.86934,), "paper"),
        ((0.19120,), "any"),
        ((0.13093,), "all images"),
    ],
    "00.3": [
        ((lambda x: x.astype("float32"),), "Divide"),
        ((lambda x: x / 256,), "255, not 256"),
        ((lambda x: x // 255,), "rounds"),
        ((lambda x: (x.astype("float32") - 127.5) / 127.5,), "paper is -1"),
        ((lambda x: x / 255,), "float32"),
        ((lambda x: (x / 255).ravel(),), "shape"),
        ((lambda x: (x / x.max()).astype("float32"),), "one scale"),
        ((lambda x: x.__itruediv__(255),), "in place"),
        ((lambda x: np.zeros((60, 28, 28), "float32"),), "images"),
        ((0.5,), "function"),
    ],
}

MODELS = {
    "00.4": (
        [net, lambda: net(inputs=(28, 28, 1))],
        [
            (lambda: net(epochs=0), "guessing"),
            (lambda: net(epochs=1, hidden=0), "no more than"),
            (lambda: net(epochs=8, hidden=0), "which is better"),
            (lambda: net(epochs=0, inputs=(784,)), "take images"),
            (lambda: net(epochs=0, outputs=1), "ten units"),
            (lambda: net(epochs=0, spoilt=True), "nan"),
            (lambda: 0.93, "Keras model"),
        ],
    ),
}
