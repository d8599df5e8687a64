from functools import cache

import keras
import numpy as np
from keras import layers, ops
from scipy.special import entr, rel_entr
from scipy.stats import binom
from sklearn.model_selection import train_test_split

from dlhelpers.exercises.nb20 import _kl_to_prior, _mixed_prediction, _split_entropy


def mixed_by_loop(k, n, p, weights):
    return sum(weight * binom.pmf(k, n, one) for one, weight in zip(p, weights, strict=True))


def kl_by_variances(mean, sd, prior_sd):
    ratio = ops.square(sd) / prior_sd**2
    return 0.5 * (ratio + ops.square(mean) / prior_sd**2 - 1 - ops.log(ratio))


def kl_with(log=1.0, square=lambda m, s: s**2 + m**2, factor=0.5, last=-0.5):
    def function(mean, sd, prior_sd):
        return log * ops.log(prior_sd / sd) + factor * square(mean, sd) / prior_sd**2 + last

    return function


def kl_by_numpy(mean, sd, prior_sd):
    return np.log(prior_sd / sd) + (np.square(sd) + np.square(mean)) / (2 * prior_sd**2) - 0.5


def entropy(p, axis=-1):
    return entr(p).sum(axis=axis)


def split_by_divergence(p):
    """The mutual information as the mean KL from the mean of the networks."""
    epistemic = rel_entr(p, p.mean(axis=0)).sum(axis=-1).mean(axis=0)
    aleatoric = entropy(p).mean(axis=0)
    return aleatoric + epistemic, aleatoric, epistemic


def split_with(total=None, aleatoric=None, epistemic=None):
    def function(p):
        parts = _split_entropy(p)
        return [other(p) if other else part for other, part in zip((total, aleatoric, epistemic), parts, strict=True)]

    return function


def split_by_log(p):
    q = p.mean(axis=0)
    total, aleatoric = -(q * np.log(q)).sum(axis=-1), -(p * np.log(p)).sum(axis=-1).mean(axis=0)
    return total, aleatoric, total - aleatoric


def threshold(scores, alpha):
    return np.sort(scores)[int(np.ceil((len(scores) + 1) * (1 - alpha))) - 1]


def threshold_by_quantile(scores, alpha):
    n = len(scores)
    return np.quantile(scores, np.ceil((n + 1) * (1 - alpha)) / n, method="inverted_cdf")


def at(place):
    """The score at a place that depends on n and alpha."""
    return lambda scores, alpha: np.sort(scores)[place(len(scores), alpha)]


RIGHT = {
    "20.1": [(_mixed_prediction,), (mixed_by_loop,), (lambda k, n, p, w: [w @ binom.pmf(k, n, p)],)],
    "20.2": [(_kl_to_prior,), (kl_by_variances,)],
    "20.3": [(_split_entropy,), (split_by_divergence,)],
    "20.5": [(threshold,), (threshold_by_quantile,)],
}

WRONG = {
    "20.1": [
        (lambda k, n, p, w: binom.pmf(k, n, p), "single p"),
        (lambda k, n, p, w: w * binom.pmf(k, n, p), "sum is the answer"),
        (lambda k, n, p, w: np.mean(w * binom.pmf(k, n, p)), "not their mean"),
        (lambda k, n, p, w: np.mean(binom.pmf(k, n, p)), "all p alike"),
        (lambda k, n, p, w: binom.pmf(k, n, np.sum(w * p)), "mean of p"),
        (lambda k, n, p, w: binom.pmf(k, n, p[w.argmax()]), "most plausible"),
        (lambda k, n, p, w: np.sum(binom.pmf(k, n, w * p)), "not to p"),
        (lambda k, n, p, w: np.sum(w * p**k * (1 - p) ** (n - k)), "particular order"),
        (lambda k, n, p, w: np.sum(w * p**k), "tails are missing"),
        (lambda k, n, p, w: np.sum(w * binom.cdf(k, n, p)), "at most"),
        (lambda k, n, p, w: np.log(_mixed_prediction(k, n, p, w)), "not its logarithm"),
    ],
    "20.2": [
        (lambda *a: ops.sum(_kl_to_prior(*a)), "added up already"),
        (lambda *a: ops.mean(_kl_to_prior(*a)), "mean of all"),
        (lambda *a: -_kl_to_prior(*a), "never negative"),
        (lambda m, s, t: ops.log(s / t) + (t**2 + m**2) / (2 * s**2) - 0.5, "other way round"),
        (kl_with(log=-1.0), "upside down"),
        (kl_with(last=0), "1/2 is missing"),
        (kl_with(last=0.5), "last term"),
        (kl_with(log=0), "logarithm is missing"),
        (kl_with(square=lambda m, s: s**2), "mean is missing"),
        (kl_with(square=lambda m, s: m**2), "sd is missing"),
        (kl_with(square=lambda m, s: (s + m) ** 2), "First square"),
        (kl_with(square=lambda m, s: s + m**2), "sd is squared"),
        (kl_with(factor=1.0), "2 in the denominator"),
        (lambda m, s, t: ops.log(t / s) + (s**2 + m**2) / 2 * t**2 - 0.5, "brackets"),
        (kl_by_numpy, "cannot follow NumPy"),
    ],
    "20.3": [
        (split_by_log, "0 · log 0"),
        (lambda p: _split_entropy(p)[:2], "these are 2"),
        (lambda p: [_split_entropy(p)[n] for n in (1, 0, 2)], "first two"),
        (lambda p: [_split_entropy(p)[n] for n in (0, 2, 1)], "last two"),
        (lambda p: [part / np.log(2) for part in _split_entropy(p)], "natural"),
        (lambda p: [-part for part in _split_entropy(p)], "sign"),
        (split_with(total=lambda p: entr(p.mean(axis=0))), "Add up over the classes"),
        (split_with(total=lambda p: entropy(p)), "average over axis 0 first"),
        (split_with(total=lambda p: entropy(p.mean(axis=1))), "not over the examples"),
        (split_with(aleatoric=entropy), "Average the entropies"),
        (split_with(aleatoric=lambda p: entropy(p).sum(axis=0)), "not a sum"),
        (split_with(aleatoric=lambda p: entropy(p.mean(axis=0))), "first two are the same"),
        (split_with(epistemic=lambda p: -_split_entropy(p)[2]), "wrong sign"),
        (split_with(epistemic=lambda p: sum(_split_entropy(p)[:2])), "difference"),
        (split_with(epistemic=lambda p: p.var(axis=0).sum(axis=-1)), "not a variance"),
    ],
    "20.5": [
        (at(lambda n, alpha: int(np.ceil((n + 1) * (1 - alpha)))), "too far"),
        (at(lambda n, alpha: int(n * (1 - alpha)) - 1), "too early"),
        (at(lambda n, alpha: int(np.ceil(n * (1 - alpha))) - 1), "n + 1"),
        (at(lambda n, alpha: -1), "includes everyone"),
        (lambda scores, alpha: np.quantile(scores, 1 - alpha), "interpolates"),
        (lambda scores, alpha: np.quantile(scores, alpha), "lower end"),
        (lambda scores, alpha: scores[int(np.ceil((len(scores) + 1) * (1 - alpha))) - 1], "Sort the scores"),
        (lambda scores, alpha: int(np.ceil((len(scores) + 1) * (1 - alpha))), "This is the place"),
        (lambda scores, alpha: 1 - alpha, "This is the share"),
    ],
}


def digit_net(units=200, dropout=0.0, outputs=10, inputs=784, activation=None):
    model = keras.Sequential([keras.Input((inputs,))])
    for _ in range(2):
        model.add(layers.Dense(units, activation="relu"))
        model.add(layers.Dropout(dropout))
    model.add(layers.Dense(outputs, activation=activation))
    return model


@cache
def trained(dropout, epochs, seed):
    """A network trained on 1000 digits; the same one at each call."""
    from dlhelpers import data

    (images, labels), _ = data.load_mnist()
    known = labels != 9
    images, labels = images[known].reshape(-1, 784).astype("float32") / 255, labels[known]
    x, _, y, _ = train_test_split(images, labels, train_size=1000, test_size=1000, stratify=labels, random_state=0)
    keras.utils.set_random_seed(seed)
    model = digit_net(dropout=dropout)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, batch_size=50, epochs=epochs, verbose=0)
    return model


def noisy_twins():
    """Three networks that differ by so little that their mean gains nothing."""
    first = trained(0.5, 20, 1)
    twins = [first]
    for n in (1, 2):
        twin = keras.models.clone_model(first)
        twin.set_weights([weight * (1 + 0.01 * n) for weight in first.get_weights()])
        twins.append(twin)
    return twins


def copies():
    return [first := trained(0.5, 20, 1), *(with_weights_of(first) for _ in range(2))]


def with_weights_of(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


MODELS = {
    "20.4": (
        [
            lambda: [trained(0.5, 20, seed) for seed in (1, 2, 3)],
            lambda: tuple(trained(0.5, 20, seed) for seed in range(1, 5)),
        ],
        [
            (lambda: trained(0.5, 20, 1), "one network"),
            (lambda: [trained(0.5, 20, seed) for seed in (1, 2)], "at least three"),
            (lambda: [trained(0.5, 20, 1)] * 3, "more than once"),
            (copies, "say the same"),
            (noisy_twins, "too small"),
            (lambda: [digit_net() for _ in range(3)], "close to guessing"),
            (lambda: [digit_net(activation="softmax") for _ in range(3)], "leave out the softmax"),
            (lambda: [digit_net(inputs=28) for _ in range(3)], "784 pixels"),
            (lambda: [digit_net(outputs=1) for _ in range(3)], "ten logits"),
            (lambda: [trained(0.0, 40, seed) for seed in (1, 2, 3)], "overfit"),
            (lambda: ["net", "net", "net"], "Keras model"),
            (lambda: 3, "list of networks"),
        ],
    )
}
