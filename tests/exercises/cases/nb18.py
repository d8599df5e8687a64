import functools
import math

import numpy as np
from scipy import stats
from scipy.special import factorial, gammaln, log_expit

RATES = np.array([0.1, 0.5, 2.0, 8.0])

def losses(y, rate):
    return rate - y * np.log(rate) + gammaln(y + 1)


def with_factorial(y, rate):
    return -np.mean([np.log(np.exp(-r) * r**k / math.factorial(int(k))) for k, r in zip(y, rate, strict=True)])


def pi(logit):
    return 1 / (1 + np.exp(-logit))


def interval(low, high):
    return lambda k, mean, sd: stats.norm(mean, sd).cdf(k + high) - stats.norm(mean, sd).cdf(k + low)


@functools.cache
def bicycle_network(
    epochs=10, hidden=32, activation="tanh", outputs=2, bias=5, rate=0.01, shuffled=False, logs=True, gaussian=False,
):  # fmt: skip
    """A network for exercise 18.6, trained or not."""
    import keras
    from keras import layers

    from dlhelpers import data, heads
    from dlhelpers.exercises import nb18

    keras.utils.set_random_seed(1)
    bikes = data.load_bike_share()
    x = nb18._bicycle_features(bikes)
    weeks = np.random.default_rng(0).permutation(53)[:32]
    rows = np.isin((bikes["day"] - 1) // 7, weeks)
    x, y = x[rows], bikes[["bikers"]].to_numpy("float32")[rows]
    if shuffled:
        y = np.random.default_rng(1).permutation(y)
    before = [layers.Dense(hidden, activation)] if hidden else []
    last = layers.Dense(outputs, bias_initializer=keras.initializers.Constant(bias))
    model = keras.Sequential([keras.Input((31,)), *before, last])
    wide = lambda z: heads.tfd.Normal(100 * z[:, :1], 100 * heads.positive(z[:, 1:]))  # noqa: E731
    loss = heads.nll(wide if gaussian else heads.negative_binomial) if logs else "mse"
    model.compile(keras.optimizers.Adam(rate), loss)
    if epochs:
        model.fit(x, y, batch_size=100, epochs=epochs, verbose=0)
    return model


def predictions():
    """What `bike_predictions` of the notebook returns."""
    from dlhelpers import heads

    return heads.Predictive(heads.negative_binomial, [[5.0, 1.0]])


RIGHT = {
    "18.1": [
        (lambda y, rate: np.mean(losses(y, rate)),),
        (lambda y, rate: [-float(stats.poisson(rate).logpmf(y).mean())],),
    ],
    "18.2": [(np.exp(-RATES).mean(),), ([0.4118],)],
    "18.3": [(np.exp(1.2) / 4,), ([0.83003],)],
    "18.4": [
        (lambda z, logit: (1 - pi(logit)) * np.exp(z),),
        (lambda z, logit: [math.exp(a) / (1 + math.exp(b)) for a, b in zip(z, logit, strict=True)],),
    ],
    "18.5": [
        (interval(-0.5, 0.5),),
        (lambda k, mean, sd: list(interval(-0.5, 0.5)(k, mean, sd)),),
    ],
}

WRONG = {
    "18.1": [
        ((lambda y, rate: -np.mean(losses(y, rate)),), "minus"),
        ((lambda y, rate: np.sum(losses(y, rate)),), "sum"),
        ((losses,), "single cases"),
        ((lambda y, rate: np.mean(rate - y * np.log(rate)),), "Keras"),
        ((lambda y, rate: np.mean(rate - y * np.log(rate) - gammaln(y + 1)),), "plus"),
        ((lambda y, rate: np.mean(rate - y * np.log(rate) + gammaln(np.maximum(y, 1e-12))),), "y + 1"),
        ((lambda y, rate: np.mean(np.exp(rate) - y * rate + gammaln(y + 1)),), "no log rate"),
        ((lambda y, rate: np.mean(losses(rate, y)),), "swapped"),
        ((lambda y, rate: np.mean(rate - y * np.log(y) + gammaln(y + 1)),), "that of the rate"),
        ((lambda y, rate: -np.log(np.mean(stats.poisson(rate).pmf(y))),), "First the logarithm"),
        ((lambda y, rate: np.mean(stats.poisson(rate).pmf(y)),), "mean probability"),
        ((lambda y, rate: np.mean(losses(y, rate)) / np.log(2),), "natural"),
        ((lambda y, rate: np.mean((y - rate) ** 2),), "squared"),
        ((lambda y, rate: np.mean(-rate - y * np.log(rate) + gammaln(y + 1)),), "+rate"),
        ((with_factorial,), "overflow"),
        ((lambda y, rate: np.mean(rate - np.log(rate**y) + gammaln(y + 1)),), "rate**y"),
        ((lambda y, rate: -np.mean(np.log(stats.poisson(rate).pmf(y))),), "p(y) itself"),
        ((lambda y, rate: np.mean(-rate + y * np.log(rate) + gammaln(y + 1)),), "all three"),
        ((lambda y, rate: np.mean(rate + y * np.log(rate) + gammaln(y + 1)),), "above the line"),
        ((lambda y, rate: np.mean(-y * np.log(rate) + gammaln(y + 1)),), "missing"),
        ((lambda y, rate: np.mean(rate - np.log(y * rate) + gammaln(y + 1)),), "not log(y * rate)"),
        ((lambda y, rate: np.mean(rate - y * np.log(rate) + gammaln(y)),), "gammaln(y) is"),
        ((lambda y, rate: np.mean(rate - y * np.log(rate) - np.log(y)),), "no logarithm of y"),
        ((lambda y, rate: np.mean(rate - np.log(rate) + gammaln(y + 1)),), "the y is missing"),
        ((lambda y, rate: np.mean(rate - y * np.log10(rate) + gammaln(y + 1)),), "natural"),
        ((lambda y, rate: np.mean(rate - y * np.log(rate) + gammaln(rate + 1)),), "that of the count"),
        ((lambda y, rate: np.mean(rate - y * rate + gammaln(y + 1)),), "the logarithm is missing"),
        ((lambda y, rate: np.mean(np.exp(-rate) - y * np.log(rate) + gammaln(y + 1)),), "the exp is gone"),
        ((lambda y, rate: np.mean(rate - y * np.log(rate) + factorial(y)),), "not y! itself"),
        ((lambda y, rate: np.mean(rate - y * np.log(rate) + math.factorial(y)),), "math.factorial"),
        ((lambda y, rate: np.mean(rate - y * np.log(rate) + np.log(gammaln(y + 1))),), "no further"),
        ((1.71,), "function"),
    ],
    "18.2": [
        ((0.07,), "mean of the rates"),
        ((41,), "per cent"),
        (((np.random.default_rng(0).poisson(RATES, (1000, 4)) == 0).mean(),), "simulated"),
        ((np.exp(-RATES.mean()),), "mean of the rates"),
        ((np.exp(-RATES).sum(),), "Divide by 4"),
        ((np.exp(-RATES),), "four people"),
        ((1 - np.exp(-RATES).mean(),), "at least once"),
        ((np.prod(np.exp(-RATES)),), "all four"),
        ((np.exp(RATES).mean(),), "negative"),
        ((np.mean(RATES * np.exp(-RATES)),), "ones"),
        ((0.41,), "rounded"),
        ((0,), "nine times"),
        ((41.18,), "per cent"),
        ((np.mean(RATES < 1),), "rates below 1"),
    ],
    "18.3": [
        ((np.exp(1.2) / 3,), "third of a year"),
        ((np.exp(1.2) / 12,), "one month"),
        ((np.exp(1.2),), "whole year"),
        ((0.3,), "exp first"),
        ((1.2,), "log rate of a year"),
        ((np.exp(0.3),), "fourth root"),
        ((np.exp(1.45),), "logarithm of the time"),
        ((np.exp(4.2),), "logarithm of the time"),
        ((3 * np.exp(1.2),), "3/12"),
        ((4 * np.exp(1.2),), "fewer"),
        ((np.exp(1.2) + np.log(0.25),), "*before*"),
        ((np.exp(1.2) * 90 / 365,), "three of twelve"),
        ((1.2 + np.log(0.25),), "last step"),
        ((0.8,), "rounded"),
        ((1,), "fraction"),
    ],
    "18.4": [
        ((lambda z, logit: np.exp(z),), "Poisson part"),
        ((lambda z, logit: pi(logit) * np.exp(z),), "1 - π"),
        ((lambda z, logit: (1 - 1 / (1 + np.exp(logit))) * np.exp(z),), "the minus in"),
        ((lambda z, logit: (1 - (1 / 1 + np.exp(-logit))) * np.exp(z),), "Brackets"),
        ((lambda z, logit: np.exp((1 - pi(logit)) * z),), "First exp"),
        ((lambda z, logit: (1 - logit) * np.exp(z),), "no probability yet"),
        ((lambda z, logit: (1 - np.exp(logit)) * np.exp(z),), "odds"),
        ((lambda z, logit: (1 - 1 / (1 - np.exp(-logit))) * np.exp(z),), "has a plus"),
        ((lambda z, logit: (1 - pi(logit)) * z,), "e^(log rate)"),
        ((lambda z, logit: np.exp(z) / (1 - pi(logit)),), "smaller"),
        ((lambda z, logit: pi(logit) + (1 - pi(logit)) * np.exp(-np.exp(z)),), "probability of a zero"),
        ((lambda z, logit: np.exp(z) - pi(logit),), "multiply by 1 - π"),
        ((lambda z, logit: (1 - pi(z)) * np.exp(logit),), "swapped"),
        ((lambda z, logit: np.mean((1 - pi(logit)) * np.exp(z)),), "several means"),
        ((lambda z, logit: pi(logit) + (1 - pi(logit)) * np.exp(z),), "adds 0"),
        ((lambda z, logit: (1 - pi(logit)) * np.exp(z) / (1 - np.exp(-np.exp(z))),), "hurdle"),
        ((lambda z, logit: (1 - log_expit(logit)) * np.exp(z),), "*logarithm*"),
        ((lambda z, logit: log_expit(-logit) * np.exp(z),), "*logarithm*"),
        ((lambda z, logit: 1 - pi(logit) * np.exp(z),), "Brackets"),
        ((lambda z, logit: z + np.log(1 - pi(logit)),), "last step"),
        ((lambda z, logit: (1 - pi(logit)) * np.exp(z) * (1 + pi(logit) * np.exp(z)),), "variance"),
        ((lambda z, logit: ((1 - pi(logit)) * np.exp(z))[:, None],), "means are right"),
        ((lambda z, logit: (1 - pi(logit))[:, None] * np.exp(z),), "(3, 3)"),
    ],
    "18.5": [
        ((lambda k, mean, sd: stats.norm(mean, sd).pdf(k),), "density"),
        ((interval(0.5, -0.5),), "negative"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)(k, 2.24, 6.28),), "arguments"),
        ((interval(0, 1),), "k to k + 1"),
        ((interval(-1, 0),), "k - 1 to k"),
        ((interval(-1, 1),), "2 wide"),
        ((interval(0, 0.5),), "half as wide"),
        ((lambda k, mean, sd: np.diff(stats.norm(mean, sd).logcdf([k - 0.5, k + 0.5]), axis=0)[0],), "ratio"),
        ((lambda k, mean, sd: stats.norm(mean, sd).cdf(k + 0.5),), "at most k"),
        ((lambda k, mean, sd: stats.norm(mean, sd).cdf(k),), "everything below"),
        ((lambda k, mean, sd: -np.log(interval(-0.5, 0.5)(k, mean, sd)),), "This is the loss"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)(k, mean, np.sqrt(sd)),), "square root"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)(k, mean, sd).sum(),), "several masses"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)(k, mean, sd**2),), "variance"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)(k, sd, mean),), "mean first"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)(k, 0, sd),), "mean is missing"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)(k, mean, 1),), "sd is missing"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)((k - mean) / sd, 0, 1),), "*sd* wide"),
        ((lambda k, mean, sd: [stats.norm(mean, sd).cdf(k + half) for half in (-0.5, 0.5)],), "two values"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)(k, mean, sd)[:, None],), "(3, 1)"),
        ((lambda k, mean, sd: stats.norm(mean, sd).cdf(k - 0.5),), "below k - 1/2"),
        ((lambda k, mean, sd: stats.norm(mean, sd).sf(k - 0.5),), "at least k"),
        ((lambda k, mean, sd: interval(np.where(k == 0, -np.inf, -0.5), 0.5)(k, mean, sd),), "k = 0"),
        ((lambda k, mean, sd: interval(-0.5, 0.5)(k, mean, sd) / stats.norm(mean, sd).sf(-0.5),), "Do not divide"),
        ((lambda k, mean, sd: stats.poisson(mean).pmf(k),), "Poisson"),
    ],
}

MODELS = {
    "18.6": (
        [lambda: bicycle_network(15), lambda: bicycle_network(15, activation="relu", hidden=48)],
        [
            (lambda: bicycle_network(0), "no better than one distribution"),
            (lambda: bicycle_network(0, bias=0), "log of 100 bicycles"),
            (lambda: bicycle_network(5, hidden=0), "A linear model gets"),
            (lambda: bicycle_network(5, shuffled=True), "in its order"),
            (lambda: bicycle_network(3, logs=False, hidden=0, rate=1.0), "*log* mean"),
            (lambda: bicycle_network(0, outputs=1), "one output"),
            (lambda: bicycle_network(0, outputs=3), "(1"),
            (lambda: bicycle_network(10, bias=0, gaussian=True), "with heads.negative_binomial"),
            (predictions, "keep `net`"),
            (lambda: 4.7, "Keras model"),
        ],
    )
}
