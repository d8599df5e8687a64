import functools

import keras
import numpy as np
from keras import layers
from scipy.stats import norm

from dlhelpers import data


def slope(h, power=2):
    return (1 - h**2) ** power


@functools.cache
def digits(n):
    (x, _), _ = data.load_mnist()
    return x[:n].reshape(-1, 784).astype("float32") / 255


def dense(code, hidden=256, activation="relu", last="sigmoid", noise=0.0, outputs=784, shape=(784,)):
    """An autoencoder for digits: hidden layers and a code, each of which may be left out."""
    keras.utils.set_random_seed(0)
    parts = [layers.Flatten()] * (len(shape) > 1) + [layers.GaussianNoise(noise)] * (noise > 0)
    for units in (hidden, code and hidden and -code, code and hidden):
        if units:
            parts.append(layers.Dense(abs(units), activation if units > 0 else None))
    if code and not hidden:
        parts.append(layers.Dense(code))
    return keras.Sequential([keras.Input(shape), *parts, layers.Dense(outputs, last)])


def fit(model, n=20000, epochs=4, targets=None, inputs=None, rate=0.003):
    x = digits(n).reshape(-1, *model.input_shape[1:])
    model.compile(keras.optimizers.Adam(rate), "mse")
    inputs, targets = x if inputs is None else inputs, digits(n) if targets is None else targets
    model.fit(inputs, targets, batch_size=100, epochs=epochs, verbose=0)
    return model


def spoilt(model, value):
    model.set_weights([np.full_like(weights, value) for weights in model.get_weights()])
    return model


def in_two_parts():
    """Encoder and decoder are networks of their own."""
    keras.utils.set_random_seed(0)
    encoder = keras.Sequential([keras.Input((784,)), layers.Dense(256, "relu"), layers.Dense(12)])
    decoder = keras.Sequential([keras.Input((12,)), layers.Dense(256, "relu"), layers.Dense(784, "sigmoid")])
    return fit(keras.Sequential([encoder, decoder]), epochs=6)


def relu_code():
    """A ReLU in the bottleneck, too."""
    keras.utils.set_random_seed(0)
    parts = [layers.Dense(units, "relu") for units in (128, 8, 128)]
    return fit(keras.Sequential([keras.Input((784,)), *parts, layers.Dense(784, "sigmoid")]), n=10000, epochs=3)


def trained_on_centred():
    seen = digits(20000) - digits(20000).mean(axis=0)
    return fit(dense(16, last=None), inputs=seen, targets=seen)


def with_a_way_around():
    x = keras.Input((784,))
    return keras.Model(x, layers.Add()([x, layers.Rescaling(0.0)(layers.Dense(784)(layers.Dense(16)(x)))]))


def noisy_digits(n, scale=0.5):
    return digits(n) + scale * np.random.default_rng(0).normal(size=(n, 784)).astype("float32")


def copies_noise():
    seen = noisy_digits(10000)
    return fit(dense(0, hidden=800, last=None), n=10000, inputs=seen, targets=seen, epochs=10)


def linear_denoiser():
    return fit(dense(0, activation=None, last=None, noise=0.5), n=20000, epochs=5, rate=0.001)


def as_loop(errors, usual, rate):
    limit = sorted(usual)[int((1 - rate) * len(usual))]
    return [error > limit for error in errors]


RIGHT = {
    "21.3": [
        (lambda errors, usual, rate: errors > np.quantile(usual, 1 - rate),),
        (lambda errors, usual, rate: (errors >= np.percentile(usual, 100 * (1 - rate))).astype(int),),
        (as_loop,),
        (lambda errors, usual, rate: (usual[None] >= errors[:, None]).mean(axis=1) < rate,),
    ],
    "21.4": [
        (lambda h, W: (slope(h) * (W**2).sum(axis=0)).sum(axis=1),),
        (lambda h, W: slope(h) @ (W**2).sum(axis=0)[:, None],),
    ],
    "21.5": [
        (lambda W, b, D, c: (W / 10, b / 10, 10 * D, c),),
        (lambda W, b, D, c: [(0.1 * W).tolist(), 0.1 * b, D / 0.1, c],),
    ],
}

WRONG = {
    "21.3": [
        ((lambda errors, usual, rate: errors > np.quantile(usual, rate),), "Take 1 - rate"),
        ((lambda errors, usual, rate: errors > np.quantile(errors, 1 - rate),), "however strange"),
        ((lambda errors, usual, rate: errors > np.quantile(np.concatenate([usual, errors]), 1 - rate),), "together"),
        ((lambda errors, usual, rate: errors < np.quantile(usual, 1 - rate),), "Turned around"),
        ((lambda errors, usual, rate: usual > np.quantile(usual, 1 - rate),), "judges the usual"),
        ((lambda errors, usual, rate: np.quantile(usual, 1 - rate),), "one value"),
        ((lambda errors, usual, rate: (errors > np.quantile(usual, 1 - rate)).mean(),), "one value"),
        ((lambda errors, usual, rate: errors[errors > np.quantile(usual, 1 - rate)],), "shape of `errors`"),
        ((lambda errors, usual, rate: np.flatnonzero(errors > np.quantile(usual, 1 - rate)),), "shape of `errors`"),
        ((lambda errors, usual, rate: errors > np.quantile(usual, 0.9),), "fixed number"),
        ((lambda errors, usual, rate: errors > usual.mean() + norm.ppf(1 - rate) * usual.std(),), "no Gaussian"),
        ((lambda errors, usual, rate: errors > np.percentile(usual, 1 - rate),), "0 to 100"),
        ((lambda errors, usual, rate: errors > usual.max(),), "largest usual"),
        ((lambda errors, usual, rate: errors > usual.mean() + 2 * usual.std(),), "false alarm"),
        ((lambda errors, usual, rate: errors > usual.mean(),), "false alarm"),
        ((lambda errors, usual, rate: errors > rate,), "for every image"),
        ((lambda errors, usual, rate: errors - np.quantile(usual, 1 - rate),), "not a number"),
        ((lambda errors, usual, rate: (errors > np.quantile(usual, 1 - rate), usual.max()),), "2 results"),
    ],
    "21.4": [
        ((lambda h, W: ((h * (1 - h)) ** 2 * (W**2).sum(axis=0)).sum(axis=1),), "sigmoid"),
        ((lambda h, W: (slope(h, 1) * (W**2).sum(axis=0)).sum(axis=1),), "slope must be squared"),
        ((lambda h, W: (slope(np.tanh(h)) * (W**2).sum(axis=0)).sum(axis=1),), "already"),
        ((lambda h, W: (slope(h) * W.sum(axis=0) ** 2).sum(axis=1),), "Square each weight"),
        ((lambda h, W: (slope(h) * W.sum(axis=0)).sum(axis=1),), "weights must be squared"),
        ((lambda h, W: (slope(h) * (W**2).sum(axis=0)).sum(),), "one number for all"),
        ((lambda h, W: slope(h) * (W**2).sum(axis=0),), "single units"),
        ((lambda h, W: np.sqrt((slope(h) * (W**2).sum(axis=0)).sum(axis=1)),), "square is asked"),
        ((lambda h, W: (slope(h) * (W**2).sum(axis=0)).sum(axis=0),), "over the rows"),
        ((lambda h, W: (slope(h) * (W**2).mean(axis=0)).sum(axis=1),), "over the pixels"),
        ((lambda h, W: (h**2 * slope(h) * (W**2).sum(axis=0)).sum(axis=1),), "factor h"),
        ((lambda h, W: ((1 + h**2) ** 2 * (W**2).sum(axis=0)).sum(axis=1),), "with a minus"),
        ((lambda h, W: (h**2 * (W**2).sum(axis=0)).sum(axis=1),), "code itself"),
        ((lambda h, W: slope(h).sum(axis=1),), "weights are missing"),
        ((lambda h, W: (W**2).sum(),), "slope of tanh is missing"),
        ((lambda h, W: np.full(len(h), (W**2).sum()),), "slope of tanh is missing"),
        ((lambda h, W: (slope(h) * (W**2).sum(axis=0)).mean(axis=1),), "mean over the units"),
        ((lambda h, W: slope(h).sum(axis=1) * (W**2).sum(),), "before you sum"),
        ((lambda h, W: np.linalg.norm(slope(h, 1)[:, None, :] * W),), "each of the 7 rows"),
        ((lambda h, W: (slope(h, 1) * W.sum(axis=0)).sum(axis=1),), "derivatives themselves"),
        ((lambda h, W: ((slope(h, 1) @ W.T) ** 2).sum(axis=1),), "before the square"),
        ((lambda h, W: ((1 - h) ** 4 * (W**2).sum(axis=0)).sum(axis=1),), "not (1 - h)²"),
    ],
    "21.5": [
        ((lambda W, b, D, c: (W / 10, b, 10 * D, c),), "bias b"),
        ((lambda W, b, D, c: (W / 10, b / 10, D, c),), "make up"),
        ((lambda W, b, D, c: (W / 10, b / 10, D / 10, c),), "ten times larger"),
        ((lambda W, b, D, c: (W / 10, b / 10, 10 * D, 10 * c),), "after the decoder"),
        ((lambda W, b, D, c: (W / 10, b / 10, 10 * D, c / 10),), "after the decoder"),
        ((lambda W, b, D, c: (W / 10, 10 * b, 10 * D, c),), "bias b"),
        ((lambda W, b, D, c: (10 * W, 10 * b, D / 10, c),), "grown"),
        ((lambda W, b, D, c: (W / 2, b / 2, 2 * D, c),), "0.5"),
        ((lambda W, b, D, c: (W, b, D / 10, c),), "as large as before"),
        ((lambda W, b, D, c: (W, b / 10, 10 * D, c),), "weights W are divided"),
        ((lambda W, b, D, c: (W, b, D, c),), "Nothing has changed"),
        ((lambda W, b, D, c: (W / 10, b / 10),), "four arrays"),
    ],
}

MODELS = {
    "21.1": (
        [
            lambda: fit(dense(16), epochs=6),
            in_two_parts,
            lambda: fit(dense(16, shape=(28, 28, 1)), epochs=6),
        ],
        [
            (lambda: fit(dense(16, hidden=0, last=None), epochs=8, rate=0.002), "same as PCA"),
            (lambda: dense(100), "narrowest"),
            (lambda: fit(dense(3), n=5000, epochs=3), "Hidden layers"),
            (relu_code, "ReLU in the bottleneck"),
            (trained_on_centred, "trained on `centred`"),
            (with_a_way_around, "way around"),
            (lambda: spoilt(dense(16), 0), "same picture"),
            (lambda: dense(16), "mean digit"),
            (lambda: dense(0, outputs=16), "encoder"),
            (lambda: dense(0, outputs=10), "784 pixels"),
            (lambda: spoilt(dense(16), np.nan), "nan"),
            (lambda: keras.Sequential([keras.Input((32, 32, 1)), layers.Flatten()]), "rows of 784"),
            (lambda: 0.01, "Keras model"),
        ],
    ),
    "21.2": (
        [
            lambda: fit(dense(0, noise=0.5), n=40000, epochs=5, rate=0.002),
            lambda: fit(dense(64, hidden=300, noise=0.5, shape=(28, 28)), n=40000, epochs=6),
        ],
        [
            (lambda: fit(dense(0)), "clean ones well"),
            (copies_noise, "much of the noise"),
            (linear_denoiser, "network is linear"),
            (lambda: fit(dense(8, noise=0.5), epochs=2), "this one has 8 numbers"),
            (lambda: dense(0), "mean digit for every input"),
            (lambda: spoilt(dense(0), 0), "same picture"),
            (lambda: dense(0, outputs=10), "784 pixels"),
            (lambda: np.zeros((10, 784)), "Keras model"),
        ],
    ),
}
