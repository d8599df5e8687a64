import keras
import numpy as np
import tensorflow as tf
from keras import ops
from scipy import special

from dlhelpers import data


def gumbel(y, outputs, terms=lambda t, s: t + ops.exp(-t) + ops.log(s), scale=ops.softplus, mean=ops.mean):
    """The loss of a Gumbel head, with its parts replaced."""
    s = scale(outputs[:, 1:])
    return mean(terms((y - outputs[:, :1]) / s, s))


def crossed(y, outputs):
    t = (y - outputs[:, 0]) / ops.softplus(outputs[:, 1])
    return ops.mean(t + ops.exp(-t) + ops.log(ops.softplus(outputs[:, 1])))


def in_numpy(y, outputs):
    s = np.logaddexp(0, outputs[:, 1:])
    t = (y - outputs[:, :1]) / s
    return np.mean(t + np.exp(-t) + np.log(s))


def with_terms(terms):
    return lambda y, outputs: gumbel(y, outputs, terms)


def in_tensorflow(y, outputs):
    s = tf.nn.softplus(outputs[:, 1:])
    t = (y - outputs[:, :1]) / s
    return tf.reduce_mean(t + tf.exp(-t) + tf.math.log(s))


def head(slopes=(0.316, 0.202), biases=(-0.464, 0.082), activation=None):
    """A network with a Gumbel head that need not be trained: its optimum on the training people."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(len(biases), activation)])
    model.set_weights([np.array([slopes]), np.array(biases)])
    return model


def digits(units=256, dropout=0.5, epochs=20, outputs=10, activation=None, inputs=784, spoilt=False, n=1000):
    """A network for digits, trained on n of them."""
    (x, y), _ = data.load_mnist()
    chosen = np.random.default_rng(0).permutation(len(x))[:n]
    keras.utils.set_random_seed(0)
    parts = [keras.Input((inputs,))]
    for _ in range(2):
        parts += [keras.layers.Dense(units, activation="relu"), keras.layers.Dropout(dropout)]
    model = keras.Sequential([*parts, keras.layers.Dense(outputs, activation)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=activation is None))
    if epochs:
        model.fit(x[chosen].reshape(-1, 784).astype("float32") / 255, y[chosen], 50, epochs, verbose=0)
    if spoilt:
        model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    return model


def log_mean(a, shift=None, axis=0):
    """Log-mean-exp with the maximum taken over `shift`, or without any."""
    most = 0.0 if shift is None else a.max(axis=shift, keepdims=True)
    return np.squeeze(np.log(np.exp(a - most).mean(axis=axis, keepdims=True)) + most)


def chance(score=lambda gaps, days: np.average(abs(gaps), weights=days), draw=None):
    """The ECE of a calibrated service, with its parts replaced."""

    def function(said, days, rng):
        share = rng.binomial(days, said) / days if draw is None else draw(said, days, rng)
        return score(said - share, days)

    return function


def day_by_day(said, days, rng):
    total = 0.0
    for q, n in zip(said, days, strict=True):
        rainy = sum(rng.random() < q for _ in range(n))
        total += n * abs(rainy / n - q)
    return total / sum(days)


def many_services(said, days, rng):
    share = rng.binomial(days, said, size=(200, len(days))) / days
    return np.average(abs(said - share), weights=days, axis=1).mean()


def weighted_by_said(said, days, rng):
    return np.average(abs(said - rng.binomial(days, said) / days), weights=said)


def weighted_by_share(said, days, rng):
    share = rng.binomial(days, said) / days
    return np.average(abs(said - share), weights=share)


OTHER_CLASS = 0.2 / 9
FLOOR = -0.8 * np.log(0.8) - 0.2 * np.log(OTHER_CLASS)

RIGHT = {
    "16.1": [(gumbel,), (in_tensorflow,)],
    "16.3": [(FLOOR,), (0.93985,), ([0.9398],)],
    "16.5": [
        (lambda a: special.logsumexp(a, axis=0) - np.log(len(a)),),
        (lambda a: list(log_mean(a, shift=0)),),
        (lambda a: special.logsumexp(a, axis=0, b=1 / len(a), keepdims=True),),
    ],
    "16.6": [(chance(),), (day_by_day,)],
}

WRONG = {
    "16.1": [
        ((lambda y, outputs: -gumbel(y, outputs),), "sign"),
        ((with_terms(lambda t, s: t + ops.exp(-t)),), "log(scale) is missing"),
        ((with_terms(lambda t, s: t + ops.exp(-t) - ops.log(s)),), "fraction line"),
        ((with_terms(lambda t, s: ops.exp(-t) + ops.log(s)),), "t itself"),
        ((with_terms(lambda t, s: t + ops.log(s)),), "exp(-t)"),
        ((with_terms(lambda t, s: t + ops.exp(t) + ops.log(s)),), "minus sign"),
        ((with_terms(lambda t, s: t - ops.exp(-t) + ops.log(s)),), "come out with a plus"),
        ((with_terms(lambda t, s: -t + ops.exp(t) + ops.log(s)),), "turned around"),
        ((with_terms(lambda t, s: ops.exp(-(t + ops.exp(-t))) / s),), "density"),
        ((with_terms(lambda t, s: t**2 / 2 + ops.log(s) + np.log(2 * np.pi) / 2),), "normal distribution"),
        ((lambda y, outputs: gumbel(y, outputs, scale=ops.exp),), "not exp"),
        ((lambda y, outputs: gumbel(y, outputs, scale=ops.abs),), "softplus of the second"),
        ((lambda y, outputs: gumbel(y, outputs, mean=ops.sum),), "sum over the"),
        ((lambda y, outputs: gumbel(y, outputs, mean=lambda x: x),), "Take their mean"),
        ((lambda y, outputs: gumbel(y, outputs[:, ::-1]),), "swapped"),
        ((crossed,), "everyone with everyone"),
        ((with_terms(lambda t, s: t * s + ops.exp(-t * s) + ops.log(s)),), "not divided by the scale"),
        ((with_terms(lambda t, s: t * s + ops.exp(-t * s)),), "not used"),
        ((with_terms(lambda t, s: (t + ops.exp(-t)) / s),), "stay a factor"),
        ((with_terms(lambda t, s: (t + ops.exp(-t)) * ops.log(s)),), "product"),
        ((lambda y, outputs: gumbel(y, ops.hstack([ops.softplus(outputs[:, :1]), outputs[:, 1:]])),), "scale only"),
        ((lambda y, outputs: gumbel(y, ops.hstack([-outputs[:, :1], outputs[:, 1:]])),), "Subtract"),
        ((lambda y, outputs: gumbel(y, outputs, scale=lambda raw: 1 / ops.softplus(raw)),), "softplus itself"),
        ((lambda y, outputs: gumbel(y, outputs, scale=lambda raw: ops.softplus(raw[:, 0])),), "Slice outputs[:, 1:]"),
        ((lambda y, outputs: gumbel(y, outputs, scale=lambda raw: raw),), "has the second column gone"),
        ((with_terms(lambda t, s: -t - ops.exp(-t) + ops.log(s)),), "come out with a plus"),
        ((with_terms(lambda t, s: t + ops.exp(-t) + 1 / s),), "its logarithm is missing"),
        ((with_terms(lambda t, s: t + ops.exp(-t) + s),), "its logarithm is missing"),
        ((in_numpy,), "no gradient"),
        ((0.5,), "function"),
    ],
    "16.3": [
        ((0,), "known for sure"),
        ((-np.log(0.8),), "label is right"),
        ((-0.8 * np.log(0.8),), "first of ten"),
        ((FLOOR / 10,), "their sum"),
        ((-np.log(OTHER_CLASS),), "label is wrong"),
        ((-0.2 * np.log(OTHER_CLASS),), "has a loss too"),
        ((-np.log(0.8) - np.log(OTHER_CLASS),), "Weight"),
        ((-0.8 * np.log(0.8) - 0.2 * np.log(0.2),), "shared by nine"),
        ((-0.8 * np.log(0.8) - OTHER_CLASS * np.log(OTHER_CLASS),), "nine times"),
        ((-0.8 * np.log(0.8) - 0.2 * np.log(0.02),), "not of ten"),
        ((-np.log(0.8) - 9 * np.log(OTHER_CLASS),), "Weight"),
        ((np.log(10),), "ceiling"),
        ((-FLOOR,), "sign"),
        ((FLOOR / np.log(2),), "bits"),
        ((0.2,), "error rate"),
        ((0.9,), "rounded"),
    ],
    "16.5": [
        ((lambda a: a.mean(axis=0),), "mean of the logs"),
        ((lambda a: np.log(a.mean(axis=0)),), "logarithms already"),
        ((lambda a: np.log(np.exp(a - a.max(axis=0)).sum(axis=0)),), "Two things"),
        ((lambda a: special.logsumexp(a, axis=0),), "log of the sum"),
        ((lambda a: special.logsumexp(a, axis=0) / len(a),), "inside"),
        ((lambda a: special.logsumexp(a, axis=0) / np.log(len(a)),), "no division"),
        ((lambda a: special.logsumexp(a, axis=0) - len(a),), "not minus n"),
        ((lambda a: special.logsumexp(np.exp(a), axis=0) - np.log(len(a)),), "as they are"),
        ((lambda a: special.logsumexp(a, axis=0) + np.log(len(a)),), "wrong sign"),
        ((lambda a: special.logsumexp(a, axis=0) - np.log(a.shape[1]),), "not of examples"),
        ((lambda a: log_mean(a),), "-1000"),
        ((lambda a: log_mean(a, shift=(0, 1)),), "in each column"),
        ((lambda a: a.min(axis=0) + log_mean(a - a.min(axis=0)),), "no other value"),
        ((lambda a: log_mean(a, shift=0) - a.max(axis=0),), "Add it again"),
        ((lambda a: log_mean(a, shift=1, axis=1),), "for each network"),
        ((lambda a: special.logsumexp(a) - np.log(a.size),), "One number"),
        ((lambda a: np.exp(a).mean(axis=0),), "itself"),
        ((lambda a: -log_mean(a, shift=0),), "sign"),
        ((lambda a: a.max(axis=0),), "best network"),
    ],
    "16.6": [
        ((chance(lambda gaps, days: abs(gaps).mean()),), "counts the same"),
        ((chance(lambda gaps, days: np.average(gaps, weights=days)),), "cancel"),
        ((chance(lambda gaps, days: (days * abs(gaps)).sum()),), "over all days"),
        ((chance(lambda gaps, days: abs(gaps).sum()),), "sum of the distances"),
        ((chance(lambda gaps, days: (days * abs(gaps)).mean()),), "number of probabilities"),
        ((chance(draw=lambda said, days, rng: rng.binomial(days, said) / sum(days)),), "its own days[i]"),
        ((chance(draw=lambda said, days, rng: rng.binomial(said, days) / days),), "number of days first"),
        ((weighted_by_share,), "not with the shares"),
        ((chance(lambda gaps, days: np.average(gaps**2, weights=days)),), "squared"),
        ((chance(lambda gaps, days: abs(gaps).max()),), "largest"),
        ((chance(lambda gaps, days: 100 * np.average(abs(gaps), weights=days)),), "per cent"),
        ((chance(draw=lambda said, days, rng: rng.binomial(days, said)),), "Divide the rainy days"),
        ((chance(draw=lambda said, days, rng: said),), "same number"),
        ((chance(draw=lambda said, days, rng: rng.random(len(said)) < said),), "On days[i] days"),
        ((chance(lambda gaps, days: abs(gaps)),), "One number"),
        ((many_services,), "*one*"),
        ((chance(lambda gaps, days: abs(np.average(gaps, weights=days))),), "absolute distances first"),
        ((chance(lambda gaps, days: np.average(gaps**2, weights=days) ** 0.5),), "squared"),
        ((weighted_by_said,), "not with `said`"),
        ((0.047,), "function"),
    ],
}

MODELS = {
    "16.2": (
        [head, lambda: head((0.33, 0.18), (-0.45, 0.1))],
        [
            (lambda: head((0.373, 0.206), (-0.057, 0.32)), "normal head"),
            (lambda: head((0.0, 0.0)), "same mode"),
            (lambda: head((0.5, -0.3), (0.0, 0.0)), "trained"),
            (lambda: head((0.316, 0.3), (-0.7, 0.3)), "more epochs"),
            (lambda: head((0.3,), (-0.4,)), "Two outputs"),
            (lambda: head(biases=(float("nan"), 0.1)), "nan"),
            (lambda: 1.22, "Keras model"),
        ],
    ),
    "16.4": (
        [lambda: digits(n=1500)],
        [
            (lambda: digits(epochs=0), "guessing"),
            (lambda: digits(units=100, dropout=0.0, epochs=30), "sure"),
            (lambda: digits(epochs=2, units=20, dropout=0.0), "longer"),
            (lambda: digits(epochs=1, activation="softmax"), "softmax"),
            (lambda: digits(epochs=0, outputs=1), "Ten logits"),
            (lambda: digits(epochs=0, inputs=28), "784"),
            (lambda: digits(epochs=0, spoilt=True), "nan"),
            (lambda: 0.34, "Keras model"),
        ],
    ),
}
