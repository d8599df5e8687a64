import keras
import numpy as np
from keras import layers, ops
from scipy.special import expit, log_softmax, logsumexp, softmax
from scipy.stats import norm

from dlhelpers.exercises.nb19 import _bend, _uncouple


def parts(y, logits, means, sds):
    return log_softmax(logits, axis=1) + norm.logpdf(y, means, sds)


def mixture(y, logits, means, sds):
    return -np.mean(logsumexp(parts(y, logits, means, sds), axis=1))


def mixture_by_hand(y, logits, means, sds):
    logits = logits - logits.max(axis=1, keepdims=True)
    weights = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    logs = np.log(weights) - 0.5 * ((y - means) / sds) ** 2 - np.log(sds) - 0.5 * np.log(2 * np.pi)
    top = logs.max(axis=1, keepdims=True)
    return -(top[:, 0] + np.log(np.exp(logs - top).sum(axis=1))).mean()


def plain(y, logits, means, sds):
    return -np.log((softmax(logits, axis=1) * norm.pdf(y, means, sds)).sum(axis=1)).mean()


def padded(y, logits, means, sds):
    return -np.log((softmax(logits, axis=1) * norm.pdf(y, means, sds)).sum(axis=1) + 1e-12).mean()


def network(*columns, inputs=1):
    """A network whose outputs are these functions of x, without any training."""
    x = keras.Input((inputs,))
    first = x[:, :1]
    return keras.Model(x, layers.Concatenate()([column(first) for column in columns]))


def root(x):
    return ops.sqrt(ops.relu(1 - x**2) + 1e-6)


def constant(value):
    return lambda x: 0 * x + value


SMALL, EVEN = constant(-2.7), constant(0.0)
TWO_BRANCHES = [EVEN, EVEN, root, lambda x: -root(x), SMALL, SMALL]
THREE_BRANCHES = [EVEN, EVEN, constant(-9.0), root, lambda x: -root(x), EVEN, SMALL, SMALL, SMALL]
NARROWER = [EVEN, EVEN, root, lambda x: -root(x), constant(-1.26), constant(-1.26)]


def spread_bell(x):
    return ops.log(ops.exp(ops.sqrt(ops.relu(1 - x**2) + 0.0025)) - 1)


def bend_with(log_slope):
    def function(x, height, steep, place):
        bent = ops.tanh(steep * (x - place))
        return x + height * bent, log_slope(height, steep, bent)

    return function


def bend_by_numpy(x, height, steep, place):
    bent = np.tanh(steep * (x - place))
    return x + height * bent, np.log(1 + height * steep * (1 - bent**2))


def bend_by_log1p(x, height, steep, place):
    bent = ops.tanh(steep * (x - place))
    return [x + bent * height, ops.log1p(height * steep * (1 - ops.square(bent)))]


def take_apart(z, conditioner, swapped=False):
    kept, new = (z[:, :1], z[:, 1:]) if swapped else (z[:, 1:], z[:, :1])
    return kept, new, *conditioner(kept)


def uncouple_with(rule, order=1):
    def function(z, conditioner):
        kept, new, log_scale, shift = take_apart(z, conditioner)
        return np.hstack([kept, rule(new, log_scale, shift)])[:, ::order]

    return function


def mixed_up(z, conditioner):
    kept, new, log_scale, shift = take_apart(z, conditioner, swapped=True)
    return np.hstack([kept, (new - shift) * np.exp(-log_scale)])


def asked_about_new(z, conditioner):
    new, kept = z[:, :1], z[:, 1:]
    log_scale, shift = conditioner(new)
    return np.hstack([kept, (new - shift) * np.exp(-log_scale)])


def mass(k, middle, scale):
    lower = np.where(k == 0, 0, expit((k - 0.5 - middle) / scale))
    return expit((k + 0.5 - middle) / scale) - lower


def mass_by_edges(k, middle, scale):
    edges = np.where(k > 0, k - 0.5, -np.inf)
    return 1 / (1 + np.exp(-(k + 0.5 - middle) / scale)) - 1 / (1 + np.exp(-(edges - middle) / scale))


def logistic(value, middle, scale):
    return expit((value - middle) / scale)


RIGHT = {
    "19.1": [(mixture,), (mixture_by_hand,), (lambda y, a, m, s: [mixture(y, a, m, s)],)],
    "19.3": [(_bend,), (bend_by_log1p,)],
    "19.4": [(_uncouple,), (uncouple_with(lambda new, a, b: (new - b) / np.exp(a)),)],
    "19.5": [(mass,), (mass_by_edges,)],
}

WRONG = {
    "19.1": [
        (lambda y, *p: -mixture(y, *p), "minus sign"),
        (lambda y, *p: len(y) * mixture(y, *p), "sum over"),
        (lambda y, *p: -logsumexp(parts(y, *p), axis=1), "Take their mean"),
        (lambda y, a, m, s: -logsumexp(a + norm.logpdf(y, m, s), axis=1).mean(), "no log-weights"),
        (lambda y, a, m, s: -logsumexp(norm.logpdf(y, m, s), axis=1).mean(), "weights are missing"),
        (lambda y, a, m, s: -logsumexp(softmax(a, axis=1) + norm.logpdf(y, m, s), axis=1).mean(), "Add their log"),
        (lambda y, a, m, s: -(softmax(a, axis=1) * norm.logpdf(y, m, s)).sum(axis=1).mean(), "averages the log"),
        (lambda y, *p: -parts(y, *p).sum(axis=1).mean(), "product"),
        (lambda y, *p: -parts(y, *p).max(axis=1).mean(), "best component"),
        (lambda y, *p: -parts(y, *p).mean(), "not a mean"),
        (lambda y, a, m, s: -logsumexp(log_softmax(a) + norm.logpdf(y, m, s), axis=1).mean(), "sum to 1"),
        (lambda y, *p: -logsumexp(parts(y, *p)), "along axis 1"),
        (lambda y, a, m, s: mixture(y, a, m, s**2), "squared"),
        (lambda y, a, m, s: mixture(y, a, m, np.sqrt(s)), "variance"),
        (plain, "not finite"),
        (padded, "small constant"),
    ],
    "19.3": [
        (lambda *p: _bend(*p)[::-1], "wrong order"),
        (lambda *p: _bend(*p)[0], "two things"),
        (lambda x, h, s, c: (h * ops.tanh(s * (x - c)), _bend(x, h, s, c)[1]), "x itself"),
        (lambda x, h, s, c: (x + ops.tanh(s * (x - c)), _bend(x, h, s, c)[1]), "height"),
        (lambda x, h, s, c: (x + h * ops.tanh(s * x - c), _bend(x, h, s, c)[1]), "brackets"),
        (bend_with(lambda h, s, t: 1 + h * s * (1 - t**2)), "slope itself"),
        (bend_with(lambda h, s, t: -ops.log(1 + h * s * (1 - t**2))), "way back"),
        (bend_with(lambda h, s, t: ops.log(1 + h * (1 - t**2))), "factor `steep`"),
        (bend_with(lambda h, s, t: ops.log(h * s * (1 - t**2))), "x itself is 1"),
        (bend_with(lambda h, s, t: ops.log(1 + h * s * (1 - t))), "square is missing"),
        (bend_with(lambda h, s, t: ops.sum(ops.log(1 + h * s * (1 - t**2)))), "do not add"),
        (bend_with(lambda h, s, t: ops.log(1 + h * s * (1 + t**2))), "minus sign"),
        (bend_by_numpy, "cannot follow NumPy"),
    ],
    "19.4": [
        (lambda z, conditioner: z, "nothing was undone"),
        (lambda z, conditioner: z[:, ::-1], "in order again"),
        (uncouple_with(lambda new, a, b: new * np.exp(-a) - b), "Wrong order"),
        (uncouple_with(lambda new, a, b: (new - b) * np.exp(a)), "divided away"),
        (uncouple_with(lambda new, a, b: (new + b) * np.exp(-a)), "subtract it here"),
        (uncouple_with(lambda new, a, b: (new - b) / a), "not by its logarithm"),
        (uncouple_with(lambda new, a, b: new * np.exp(a) + b), "way there"),
        (uncouple_with(lambda new, a, b: new - b), "divide by exp"),
        (uncouple_with(lambda new, a, b: (new - b) * np.exp(-a), order=-1), "swapped"),
        (mixed_up, "second one"),
        (asked_about_new, "saw the kept one"),
        (lambda z, conditioner: conditioner(z), "kept column, of shape"),
    ],
    "19.5": [
        (lambda k, m, s: logistic(k + 0.5, m, s) - logistic(k - 0.5, m, s), "wasted"),
        (lambda k, m, s: logistic(k + 0.5, m, s), "at most k - 1"),
        (lambda k, m, s: logistic(k, m, s) * (1 - logistic(k, m, s)) / s, "density"),
        (lambda k, m, s: expit(k + 0.5 - m / s) - np.where(k == 0, 0, expit(k - 0.5 - m / s)), "Brackets"),
        (lambda k, m, s: logistic(k + 1, m, s) - np.where(k == 0, 0, logistic(k, m, s)), "centred"),
        (lambda k, m, s: -mass(k, m, s), "upper minus lower"),
        (lambda k, m, s: np.log(mass(k, m, s)), "log-mass"),
        (lambda k, m, s: mass(k, m, s).sum(), "their sum"),
        (lambda k, m, s: np.append(mass(k, m, s)[:1] * 0 + logistic(0.5, m, s), mass(k, m, s)[1:]), "position"),
    ],
}

MODELS = {
    "19.2": (
        [lambda: network(*TWO_BRANCHES), lambda: network(*THREE_BRANCHES)],
        [
            (lambda: network(EVEN, EVEN), "single Gaussian"),
            (lambda: network(EVEN, EVEN, EVEN), "one component"),
            (lambda: network(EVEN, EVEN, EVEN, EVEN), "cannot be split"),
            (lambda: network(*[constant(0.5)] * 6), "ever negative"),
            (lambda: network(*TWO_BRANCHES, inputs=2), "one input"),
            (lambda: network(*[constant(np.nan)] * 6), "NaN"),
            (lambda: network(EVEN, EVEN, constant(5.0), constant(4.0), SMALL, SMALL), "Was the network trained"),
            (lambda: network(EVEN, EVEN, EVEN, EVEN, spread_bell, spread_bell), "twins"),
            (lambda: network(*[EVEN] * 6, spread_bell, spread_bell, spread_bell), "Train longer, and look"),
            (lambda: network(*NARROWER), "found both answers"),
            (lambda: "trained", "Keras model"),
        ],
    )
}
