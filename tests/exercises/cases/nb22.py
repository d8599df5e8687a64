import numpy as np

LOG_P, ELBO = -1.6016676, -2.0523649


def kl(mean, log_var):
    return (mean**2 + np.exp(log_var) - 1 - log_var) / 2


def draw(change=None):
    """A function that draws a code; `change` gets TensorFlow, mean, log_var and noise."""

    def draw_code(mean, log_var, noise):
        import tensorflow as tf

        if change is None:
            return mean + tf.exp(log_var / 2) * noise
        return change(tf, mean, log_var, noise)

    return draw_code


RIGHT = {
    "22.1": [(ELBO, LOG_P - ELBO), (np.float32(-2.05236), 0.4507)],
    "22.2": [
        (lambda mean, log_var: kl(mean, log_var).sum(axis=1),),
        (lambda mean, log_var: [float(sum(row)) for row in kl(mean, log_var)],),
        (lambda m, s: -0.5 * np.sum(1 + s - np.square(m) - np.exp(s), axis=-1),),
    ],
    "22.3": [
        (draw(),),
        (draw(lambda tf, mean, log_var, noise: noise * tf.sqrt(tf.exp(log_var)) + mean),),
        (draw(lambda tf, mean, log_var, noise: mean + tf.exp(0.5 * log_var) * tf.stop_gradient(noise)),),
    ],
    "22.4": [([5, 0.1, 20, 1],), (np.array([5.0, 0.1, 20.0, 1.0]),), ({"A": 5, "B": 0.1, "C": 20, "D": 1},)],
    "22.5": [(113.55,), (np.float32(113.55),)],
}

WRONG = {
    "22.1": [
        ((-1.73236, 0.4507), "first term"),
        ((-1.41236, 0.4507), "price"),
        ((2.05236, 0.4507), "sign"),
        ((-1.60167, 0.0), "posterior stays"),
        ((-1.8177, 0.2160), "turned around"),
        ((-1.92167, 0.32), "log p(x) minus"),
        ((-2.05236, -0.4507), "positive"),
        ((-2.05236, 0.32), "the loss is the KL"),
        ((-2.05236, 0.2160), "second KL"),
        ((-2.05, 0.4507), "rounded"),
    ],
    "22.2": [
        ((lambda mean, log_var: kl(mean, log_var),), "single code numbers"),
        ((lambda mean, log_var: kl(mean, log_var).sum(axis=0),), "over the pictures"),
        ((lambda mean, log_var: kl(mean, log_var).sum(),), "whole batch"),
        ((lambda mean, log_var: kl(mean, log_var).mean(axis=1),), "not the mean"),
        ((lambda mean, log_var: 2 * kl(mean, log_var).sum(axis=1),), "1/2"),
        ((lambda mean, log_var: -kl(mean, log_var).sum(axis=1),), "never negative"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) ** 2 - 1 - s, axis=1) / 2,), "square"),
        ((lambda m, s: np.sum(m**2 + np.exp(s / 2) - 1 - s, axis=1) / 2,), "is the sd"),
        ((lambda m, s: np.sum(m**2 + s**2 - 1 - np.log(s**2), axis=1) / 2,), "not sigma"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) - s, axis=1) / 2,), "-1"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) - 1 - np.log(s), axis=1) / 2,), "ln sigma^2 already"),
        ((lambda m, s: np.sum(m**2 + s**2 - 1 - s, axis=1) / 2,), "not sigma"),
        ((lambda m, s: np.sum(m**2 / 2 + np.exp(s) - 1 - s, axis=1),), "Brackets"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) - 1 + s, axis=1) / 2,), "not added"),
        ((lambda m, s: np.sum(m + np.exp(s) - 1 - s, axis=1) / 2,), "squared"),
    ],
    "22.3": [
        ((draw(lambda tf, m, s, e: tf.stop_gradient(m + tf.exp(s) * e)),), "is the variance"),
        ((draw(lambda tf, m, s, e: m + tf.exp(s) * e),), "is the variance"),
        ((draw(lambda tf, m, s, e: tf.stop_gradient(m + tf.exp(s / 2) * e)),), "take the stop_gradient away"),
        ((draw(lambda tf, m, s, e: m + tf.stop_gradient(tf.exp(s / 2) * e)),), "reaches log_var"),
        ((draw(lambda tf, m, s, e: tf.stop_gradient(m) + tf.exp(s / 2) * e),), "reaches mean"),
        ((lambda m, s, e: np.asarray(m) + np.exp(np.asarray(s) / 2) * e.numpy(),), "NumPy"),
        ((draw(lambda tf, m, s, e: m + s * e),), "logarithm"),
        ((draw(lambda tf, m, s, e: m + tf.exp(s / 2)),), "noise is missing"),
        ((draw(lambda tf, m, s, e: m + tf.exp(s / 2) * tf.random.normal(m.shape)),), "draw nothing new"),
        ((draw(lambda tf, m, s, e: (m + e) * tf.exp(s / 2)),), "Brackets"),
        ((draw(lambda tf, m, s, e: m + tf.exp(s) / 2 * e),), "halves the variance"),
        ((draw(lambda tf, m, s, e: m + tf.sqrt(s) * e),), "nan"),
    ],
    "22.4": [
        (([1, 20, 0.1, 5],), "other way"),
        (([5, 1, 0.1, 20],), "costs nothing"),
        (([20, 0.1, 5, 1],), "stop buying"),
        (([5, 1, 20, 0.1],), "63"),
        (([1, 0.1, 20, 5],), "larger KL"),
        (([5, 0.1, 20],), "Four numbers"),
        (([5, 0.1, 20, 2],), "belongs to one run"),
    ],
    "22.5": [
        ((127.94,), "twice"),
        ((99.16,), "alone"),
        ((-113.55,), "sign"),
        ((63.97,), "Only the KL"),
        ((142.33,), "already"),
        ((114,), "rounded"),
        ((113.5,), "two decimals"),
    ],
}
