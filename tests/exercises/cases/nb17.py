import keras
import numpy as np
import tensorflow as tf
from keras import ops

from dlhelpers import data, heads
from tests.exercises.cases.shared import GAUSSIAN_NLL, one_by_one

PRESSURE = data.load_blood_pressure()["sbp"].to_numpy()[:300]


def inside(y, low, high):
    return (low <= y) & (y <= high)


def first(outputs):
    return outputs[:, :1]


def second(outputs):
    return outputs[:, 1:]


def head(mean=lambda o: 130 + 20 * first(o), sd=lambda o: 20 * ops.softplus(second(o)), kind=heads.tfd.Normal):
    """The head of 17.2 with its parts replaced."""
    return lambda outputs: kind(mean(outputs), sd(outputs))


def food(slopes=(1.44, 0.69), biases=(0.21, -0.71), activation=None):
    """A network for the households that need not be trained: its optimum on the training households."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(len(biases), activation)])
    model.set_weights([np.array([slopes]), np.array(biases)])
    return model


RIGHT = {
    "17.1": [
        (lambda y, mean, sd: np.mean(one_by_one(y, mean, sd)),),
        (lambda y, m, s: [float(one_by_one(y, m, s).mean())],),
        (lambda y, m, s: ops.mean(ops.log(s) + (y - m) ** 2 / (2 * s**2) + 0.5 * ops.log(2 * np.pi)),),
        (lambda y, m, s: -tf.reduce_mean(heads.tfd.Normal(m, s).log_prob(y)),),
        (lambda y, m, s: np.mean(ops.log(s) + (y - m) ** 2 / (2 * s**2) + tf.constant(np.log(2 * np.pi) / 2)),),
    ],
    "17.2": [
        (head(),),
        (head(sd=lambda o: 20 * heads.positive(second(o))),),
        (lambda o: heads.tfd.Normal(130 + 20 * o[:, 0:1], 20 * tf.math.log(1 + tf.exp(o[:, 1:2]))),),
        (head(mean=lambda o: 130 + 20 * o[:, 0][:, None], sd=lambda o: 20 * tf.nn.softplus(o[..., 1:])),),
    ],
    "17.3": [(PRESSURE[:, None],), (PRESSURE.reshape(-1, 1).astype(float).tolist(),)],
    "17.5": [(lambda y, low, high: np.mean(inside(y, low, high)),), (lambda y, a, b: [float(inside(y, a, b).mean())],)],
    "17.6": [(0.9,), (np.float32(0.9),)],
}

WRONG = {
    "17.1": [*GAUSSIAN_NLL, (lambda y: 0.0, "TypeError")],
    "17.2": [
        ((lambda o: (130 + 20 * first(o), 20 * ops.softplus(second(o))),), "not a pair"),
        ((lambda o: 130 + 20 * first(o),), "distribution"),
        ((head(mean=first),), "own number"),
        ((head(mean=lambda o: 20 * first(o)),), "lacks the 130"),
        ((head(mean=lambda o: 130 + first(o)),), "lacks the unit"),
        ((head(mean=lambda o: 20 * (130 + first(o))),), "First times 20"),
        ((head(lambda o: 130 + 20 * second(o), lambda o: 20 * ops.softplus(first(o))),), "second column"),
        ((head(sd=lambda o: 20 * second(o)),), "negative"),
        ((head(sd=lambda o: 20 * ops.abs(second(o))),), "without a softplus"),
        ((head(sd=lambda o: ops.softplus(second(o))),), "steps of 20"),
        ((head(sd=lambda o: ops.softplus(20 * second(o))),), "First softplus"),
        ((head(sd=lambda o: 130 + 20 * ops.softplus(second(o))),), "no wider"),
        ((head(sd=lambda o: 20 * ops.exp(second(o))),), "uses exp"),
        ((head(sd=lambda o: 20 * ops.relu(second(o))),), "ReLU"),
        ((head(sd=lambda o: 20 * ops.sigmoid(second(o))),), "sigmoid"),
        ((head(sd=lambda o: (20 * ops.softplus(second(o))) ** 2),), "without a square"),
        ((head(lambda o: 130 + 20 * o[:, 0], lambda o: 20 * ops.softplus(o[:, 1])),), "drops an axis"),
        ((head(lambda o: 130 + 20 * o[:, 0]),), "square"),
        ((head(sd=lambda o: 20 * np.logaddexp(0, second(o))),), "no gradient"),
        ((lambda o: heads.normal(130 + 20 * o),), "gone into the softplus"),
        ((head(mean=lambda o: (first(o) - 130) / 20),), "other way"),
        ((head(mean=lambda o: 20 + 130 * first(o)),), "changed places"),
        ((head(sd=lambda o: 20 + ops.softplus(second(o))),), "instead of adding"),
        ((lambda o: heads.Predictive(heads.normal, o),), "not Predictive"),
        ((136.0,), "function"),
    ],
    "17.3": [
        ((PRESSURE,), ".T"),
        ((PRESSURE[None],), "(1, 300)"),
        ((np.tile(PRESSURE, (300, 1)),), "square"),
        ((np.column_stack([PRESSURE, PRESSURE]),), "Two columns"),
        ((PRESSURE[:10, None],), "300 targets"),
        ((np.zeros((300, 1)),), "first 300"),
        ((PRESSURE[:, None, None],), "(300, 1)"),
    ],
    "17.5": [
        ((inside,), "each observation"),
        ((lambda y, low, high: np.sum(inside(y, low, high)),), "how many"),
        ((lambda y, low, high: np.sum(inside(y, low, high)) / 4000,), "len(y)"),
        ((lambda y, low, high: np.sum(inside(y, low, high)) / 533,), "len(y)"),
        ((lambda y, low, high: np.mean(y <= high) - np.mean(y >= low),), "*both*"),
        ((lambda y, low, high: np.mean(y >= low) - np.mean(y <= high),), "*both*"),
        ((lambda y, low, high: np.mean(y >= low) + np.mean(y <= high),), "*both*"),
        ((lambda y, low, high: np.mean(y >= low) * np.mean(y <= high),), "*both*"),
        ((lambda y, low, high: np.mean((low.mean() <= y) & (y <= high.mean())),), "leave out the means"),
        ((lambda y, low, high: np.all(inside(y, low, high)),), "*all*"),
        ((lambda y, low, high: np.any(inside(y, low, high)),), "*one*"),
        ((lambda y, low, high: 0.95,), "promise"),
        ((lambda y, low, high: 100 * np.mean(inside(y, low, high)),), "percent"),
        ((lambda y, low, high: 1 - np.mean(inside(y, low, high)),), "outside"),
        ((lambda y, low, high: np.mean(y <= high),), "upper"),
        ((lambda y, low, high: np.mean(y >= low),), "lower"),
        ((lambda y, low, high: np.mean((y >= low) | (y <= high)),), "not |"),
        ((lambda y, low, high: np.mean((y >= low.min()) & (y <= high.max())),), "own"),
        ((lambda y, low, high: float(low[0] <= y[0] <= high[0]) / len(y),), "first alone"),
        ((lambda y, low, high: np.mean((y < low) & (y > high)),), "both signs"),
        ((lambda y, low, high: np.mean((y.mean() >= low) & (y.mean() <= high)),), "not the mean"),
        ((lambda y, low, high: np.mean(high - low),), "width"),
        ((lambda y, low, high: np.mean(low <= y and y <= high),), "chained"),
        ((lambda y, low, high: np.mean(low <= y & y <= high),), "brackets"),
    ],
    "17.6": [
        ((0.1,), "other way"),
        ((9,), "ratio"),
        ((1 / 9,), "wrong way"),
        ((8 / 9,), "Solve"),
        ((0.8,), "(900 + 100)"),
        ((0.5,), "median"),
        ((90,), "percent"),
        ((0.95,), "costs decide"),
        ((0.99,), "costs decide"),
        ((0.89,), "Solve"),
        ((1,), "always suffices"),
        ((1.2816,), "standard normal"),
    ],
}

MODELS = {
    "17.4": (
        [food, lambda: food((1.5, 0.8), (0.25, -0.6))],
        [
            (lambda: food((1.45, 0.0), (0.3, -0.1)), "same for everyone"),
            (lambda: food((0.0, 0.0), (0.0, 0.0)), "same mean"),
            (lambda: food((-1.5, 0.0), (0.2, 0.1)), "same for everyone"),
            (lambda: food((-1.5, 0.1), (0.2, 0.1)), "no better than"),
            (lambda: food((1.44, 0.69), (0.21, 0.2)), "more epochs"),
            (lambda: food(activation="relu"), "ever negative"),
            (lambda: food((1.4,), (0.2,)), "Two outputs"),
            (lambda: food(biases=(float("nan"), 0.1)), "nan"),
            (lambda: 5.7, "Keras model"),
        ],
    ),
}
