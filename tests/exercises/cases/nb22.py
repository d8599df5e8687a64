import functools

import numpy as np

from dlhelpers import data

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
    "22.5": [([5, 0.1, 20, 1],), (np.array([5.0, 0.1, 20.0, 1.0]),), ({"A": 5, "B": 0.1, "C": 20, "D": 1},)],
}

WRONG = {
    "22.1": [
        ((-1.73236, 0.4507), "first term"),
        ((-1.41236, 0.4507), "not added"),
        ((-1.15098, 0.4507), "never above"),
        ((-4.50306, 2.90139), "sd of the posterior"),
        ((-2.05236, 2.90139), "it is the variance"),
        ((2.05236, 0.4507), "sign"),
        ((-1.60167, 0.0), "posterior stays"),
        ((-1.8177, 0.2160), "turned around"),
        ((-1.92167, 0.32), "log p(x) minus"),
        ((-2.05236, -0.4507), "positive"),
        ((-2.05236, 0.32), "the loss is the KL"),
        ((-2.05236, 0.2160), "second KL"),
        ((-2.05, 0.4507), "correct so far"),
        ((-2.05236, 0.45), "correct so far"),
        ((-3.4713, 0.4507), "subtract log q(z)"),
        ((-2.05236, 1.8696), "with its log q(z)"),
        ((-2.86579, 1.2641), "0.5 for the sd"),
        ((-1.38569, 0.216), "under the posterior"),
        ((-3.01236, 1.41069), "ELBO of the prior"),
        ((-1.94762, 0.34595), "from the table"),
        ((-1.17501, 0.4267), "logarithm of a mean"),
        ((-1026.182, 1024.58), "the factor dz"),
    ],
    "22.2": [
        ((lambda mean, log_var: kl(mean, log_var),), "each single code number"),
        ((lambda mean, log_var: kl(mean, log_var).sum(axis=0),), "over the images"),
        ((lambda mean, log_var: kl(mean, log_var).sum(),), "whole batch"),
        ((lambda mean, log_var: kl(mean, log_var).mean(axis=1),), "not the mean"),
        ((lambda mean, log_var: 2 * kl(mean, log_var).sum(axis=1),), "1/2"),
        ((lambda mean, log_var: -kl(mean, log_var).sum(axis=1),), "never negative"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) ** 2 - 1 - s, axis=1) / 2,), "square"),
        ((lambda m, s: (np.sum(m**2 + np.exp(s) - s, axis=1) - 1) / 2,), "outside"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) - s, axis=1) / 2 - 1,), "its own half"),
        ((lambda m, s: np.sum(m**2 + np.exp(s / 2) - 1 - s, axis=1) / 2,), "is the sd"),
        ((lambda m, s: np.sum(m**2 + s**2 - 1 - np.log(s**2), axis=1) / 2,), "not sigma"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) - s, axis=1) / 2,), "-1"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) - 1 - np.log(s), axis=1) / 2,), "ln sigma^2 already"),
        ((lambda m, s: np.sum(m**2 + s**2 - 1 - s, axis=1) / 2,), "not sigma"),
        ((lambda m, s: np.sum(m**2 / 2 + np.exp(s) - 1 - s, axis=1),), "Brackets"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) - 1 + s, axis=1) / 2,), "not added"),
        ((lambda m, s: np.sum(m + np.exp(s) - 1 - s, axis=1) / 2,), "squared"),
        ((lambda m, s: np.sum(m**2 + np.exp(s) + 1 - s, axis=1) / 2,), "not plus"),
        ((lambda log_var, mean: kl(mean, log_var).sum(axis=1),), "swapped"),
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
        ((draw(lambda tf, m, s, e: tf.exp(s / 2) * e),), "mean is missing"),
        ((draw(lambda tf, m, s, e: m + tf.exp(s / 2) * tf.random.normal(m.shape)),), "draw nothing new"),
        ((draw(lambda tf, m, s, e: m + tf.exp(s / 2) + e),), "not added to it"),
        ((draw(lambda tf, m, s, e: (m + e) * tf.exp(s / 2)),), "Brackets"),
        ((draw(lambda tf, m, s, e: m + tf.exp(s) / 2 * e),), "halves the variance"),
        ((draw(lambda tf, m, s, e: m + tf.sqrt(s) * e),), "nan"),
    ],
    "22.5": [
        (([1, 20, 0.1, 5],), "other way"),
        (([5, 1, 0.1, 20],), "hardly counts"),
        (([20, 0.1, 5, 1],), "says nothing at all"),
        (([5, 1, 20, 0.1],), "63"),
        (([1, 0.1, 20, 5],), "larger KL"),
        (([5, 0.1, 20],), "Four numbers"),
        ((["B", "D", "A", "C"],), "letters of the runs"),
        (([5, 0.1, 20, 2],), "belongs to one run"),
    ],
}


@functools.cache
def digits(n=6000):
    return (data.load_mnist()[0][0][:n].reshape(-1, 784) > 127).astype("float32")


def vae(
    epochs=0, k=16, beta=1.0, kernels=True, activation=None, flatten=True, stop=False, draw=True, width=784,
    units=32, dense_units=256,
):  # fmt: skip
    """A variational autoencoder as students would build it, trained on 6000 digits."""
    import keras
    from keras import layers, ops

    class Draw(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed = keras.random.SeedGenerator(1)

        def call(self, inputs):
            mean, log_var = ops.split(inputs, 2, axis=1)
            self.add_loss(beta * ops.mean(ops.sum(mean**2 + ops.exp(log_var) - 1 - log_var, axis=1)) / 2)
            code = mean + ops.exp(log_var / 2) * keras.random.normal(ops.shape(mean), seed=self.seed)
            return ops.stop_gradient(code) if stop else code

    keras.utils.set_random_seed(1)
    double = {"kernel_size": 4, "strides": 2, "padding": "same"}
    stamps = [
        layers.Dense(7 * 7 * units, activation="relu"), layers.Reshape((7, 7, units)),
        layers.Conv2DTranspose(units, activation="relu", **double),
        layers.Conv2DTranspose(1, activation=activation, **double), *([layers.Flatten()] if flatten else []),
    ]  # fmt: skip
    dense = [layers.Dense(dense_units, activation="relu"), layers.Dense(784)]
    hidden, outputs = layers.Dense(256, activation="relu"), layers.Dense(2 * k if draw else k)
    encoder = keras.Sequential([keras.Input((width,)), hidden, outputs])
    decoder = keras.Sequential([keras.Input((k,)), *(stamps if kernels else dense)])
    model = keras.Sequential([encoder, *([Draw()] if draw else []), decoder])
    if epochs:
        def reconstruction(x, logits):
            return ops.sum(ops.binary_crossentropy(x, logits, from_logits=True), axis=1)

        model.compile(keras.optimizers.Adam(0.003), loss=reconstruction)
        model.fit(digits(), digits(), batch_size=100, epochs=epochs, verbose=0)
    return model


MODELS = {
    "22.4": (
        [lambda: vae(epochs=12)],
        [
            (lambda: vae(), "Was the network trained"),
            (lambda: vae(kernels=False), "at most 60000"),
            (lambda: vae(k=8), "16 means"),
            (lambda: vae(draw=False), "no `Draw()`"),
            (lambda: vae(flatten=False), "Flatten"),
            (lambda: vae(activation="sigmoid"), "no sigmoid"),
            (lambda: vae(width=28), "(n, 784)"),
            (lambda: vae(epochs=1), "more epochs"),
            (lambda: vae(epochs=3, kernels=False, dense_units=64), "Use Conv2DTranspose"),
            (lambda: vae(epochs=2, stop=True), "says nothing"),
            (lambda: vae(epochs=3, beta=0.01), "hardly counted"),
            (lambda: "vae", "Keras model"),
        ],
    )
}
