import numpy as np

from dlhelpers.exercises import nb25
from dlhelpers.exercises.nb25 import SIGMA, SIGNAL


def noising(keep=lambda b: np.sqrt(1 - b), add=np.sqrt):
    return lambda x, beta, noise: keep(beta) * x + add(beta) * noise


def own_noise(x, beta, noise):
    return np.sqrt(1 - beta) * x + np.sqrt(beta) * np.random.default_rng().normal(size=x.shape)


def by_bayes(x, a, sigma, back=lambda p: 2 * p - 1, centre=lambda a: a, two=2):
    """The best guess for a coin, from the two densities, right or with one thing changed."""
    plus, minus = (-((x - end * centre(a)) ** 2) / (two * sigma**2) for end in (1, -1))
    most = np.maximum(plus, minus)
    plus, minus = np.exp(plus - most), np.exp(minus - most)
    return back(plus / (plus + minus))


def stable_sigmoid(x, a, sigma):
    return 2 * np.exp(-np.logaddexp(0, -2 * a * x / sigma**2)) - 1


def back(
    at_t=lambda t: SIGMA[t],
    over=lambda t: SIGNAL[t],
    shrink=lambda s: SIGNAL[s],
    again=lambda s, t: SIGMA[s],
    sign=1,
):
    """A step back, right or with one thing changed."""

    def function(x, noise, t, s):
        clean = (x - at_t(t) * noise) / over(t)
        return shrink(s) * clean + sign * again(s, t) * noise

    return function


def one_formula(x, noise, t, s):
    ratio = SIGNAL[s] / SIGNAL[t]
    return ratio * x + (SIGMA[s] - ratio * SIGMA[t]) * noise


def fresh_noise(x, noise, t, s):
    return back()(x, noise, t, s) + 0.1 * np.random.default_rng().normal(size=x.shape)


def nine(epochs=3, islands=nb25.GRID, target="noise", use_t=True, outputs=2, rows=102_400, noise_sd=1.0, wide=96):
    """A network for exercise 25.4, trained or not."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    x, t = keras.Input((2,)), keras.Input((), dtype="int32")
    seen = t if use_t else 0 * t
    h = layers.Concatenate()([x, layers.Embedding(101, 32)(seen)])
    for _ in range(3):
        h = layers.Dense(wide, activation="relu")(h)
    model = keras.Model([x, t], layers.Dense(outputs)(h))
    rng = np.random.default_rng(3)
    clean = islands[rng.integers(0, len(islands), rows)] + rng.normal(0, 0.1, (rows, 2))
    steps, noise = rng.integers(1, 101, rows), rng.normal(size=(rows, 2))
    points = SIGNAL[steps, None] * clean + SIGMA[steps, None] * noise
    if epochs:
        rate = keras.optimizers.schedules.CosineDecay(0.004, epochs * rows // 128)
        model.compile(keras.optimizers.Adam(rate), "mse")
        targets = {"noise": noise, "clean": clean, "minus": -noise}[target]
        model.fit([points, steps], targets, batch_size=128, epochs=epochs, verbose=0)
    return model


def one_input():
    import keras

    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])


def guided(with_class, without, w):
    return w * with_class + (1 - w) * without


RIGHT = {
    "25.1": [(nb25._noising_step,), (noising(),), (noising(lambda b: (1 - b) ** 0.5, lambda b: b**0.5),)],
    "25.2": [(nb25._best_guess_coin,), (by_bayes,), (stable_sigmoid,)],
    "25.3": [(nb25._step_back,), (back(),), (one_formula,)],
    "25.5": [(nb25._guided,), (guided,), (lambda c, u, w: c + (w - 1) * (c - u),)],
}

WRONG = {
    "25.1": [
        (noising(lambda b: 1), "does not shrink"),
        (noising(lambda b: 1 - b, lambda b: b), "*variances*"),
        (noising(lambda b: 1 - b), "That of x needs a square root"),
        (noising(add=lambda b: b), "The factor of x is right"),
        (noising(np.sqrt, lambda b: np.sqrt(1 - b)), "swapped"),
        (noising(add=lambda b: 0), "noise is missing"),
        (noising(lambda b: 0), "x is missing"),
        (noising(add=lambda b: -np.sqrt(b)), "plus sign"),
        (noising(add=lambda b: np.sqrt(b * (1 - b))), "Only x shrinks"),
        (noising(lambda b: np.sqrt(1 - b**2), lambda b: b), "not its sd"),
        (lambda x, beta, noise: np.sqrt(1 - beta) * x + np.sqrt(beta), "multiply the root"),
        (own_noise, "handed over"),
        (noising(lambda b: 0.9, lambda b: np.sqrt(0.19)), "one beta only"),
        (lambda x, beta, noise: x[:2], "shape should be"),
    ],
    "25.2": [
        (lambda x, a, sigma: by_bayes(x, a, sigma, back=lambda p: p), "probability of +1"),
        (lambda x, a, sigma: by_bayes(x, a, sigma, back=lambda p: 1 - p), "probability of -1"),
        (lambda x, a, sigma: -np.tanh(a * x / sigma**2), "sign is turned"),
        (lambda x, a, sigma: np.sign(x), "likelier number"),
        (lambda x, a, sigma: x / a, "ignores the noise"),
        (lambda x, a, sigma: np.clip(x / a, -1, 1), "weigh them"),
        (lambda x, a, sigma: by_bayes(x, a, sigma, centre=lambda a: 1), "signal shrank"),
        (lambda x, a, sigma: np.tanh(a * x / sigma), "*variance*"),
        (lambda x, a, sigma: np.tanh(a * x), "sigma is missing"),
        (lambda x, a, sigma: by_bayes(x, a, sigma, two=1), "Twice too steep"),
        (lambda x, a, sigma: by_bayes(x, a, sigma, two=4), "Half of the exponent"),
        (lambda x, a, sigma: a * np.tanh(a * x / sigma**2), "shrunken"),
        (lambda x, a, sigma: a * x / sigma**2, "log odds"),
        (lambda x, a, sigma: 0 * x, "before x is seen"),
        (lambda x, a, sigma: np.tanh(0.8 * x / 0.36), "one a and sigma only"),
        (lambda x, a, sigma: np.tanh(a * x[0] / sigma**2), "shape should be"),
    ],
    "25.3": [
        (back(shrink=lambda s: 1, again=lambda s, t: 0), "one jump"),
        (back(again=lambda s, t: 0), "Now add the noise"),
        (back(shrink=lambda s: 1), "must shrink"),
        (lambda x, noise, t, s: x + 0, "Nothing has changed"),
        (lambda x, noise, t, s: x - SIGMA[t] * noise, "noise is taken off"),
        (back(over=lambda t: 1), "Divide by signal[t]"),
        (back(at_t=lambda t: 1), "multiplied by sigma[t]"),
        (back(at_t=lambda t: -SIGMA[t]), "minus sign"),
        (back(sign=-1), "plus sign"),
        (back(again=lambda s, t: SIGMA[t]), "noise of step t"),
        (back(again=lambda s, t: SIGMA[s] ** 2), "no square"),
        (lambda x, noise, t, s: back()(x, noise, s, t), "swapped"),
        (lambda x, noise, t, s: back()(x, noise, 60, 35), "one t and s only"),
        (fresh_noise, "draws nothing"),
        (lambda x, noise, t, s: one_formula(x, noise, t, t - 1) + 0 * s, "single small step"),
    ],
    "25.5": [
        (lambda c, u, w: c + w * (c - u), "common convention"),
        (lambda c, u, w: w * c + u, "sum to 1"),
        (lambda c, u, w: u + w * (u - c), "away from the class"),
        (lambda c, u, w: w * (c - u), "where it starts"),
        (lambda c, u, w: (w * c + u) / (1 + w), "never goes beyond"),
        (lambda c, u, w: w * c, "`without` is missing"),
        (lambda c, u, w: c + 0, "Use w"),
        (lambda c, u, w: (c + u) / 2, "w = 1/2"),
        (lambda c, u, w: u + 2.5 * (c - u), "one w only"),
    ],
}

MODELS = {
    "25.4": (
        [nine],
        [
            (lambda: nine(epochs=0), "Was it trained"),
            (lambda: nine(epochs=1, rows=20_000), "85 % are asked for"),
            (lambda: nine(islands=nb25._RING, epochs=1), "knows the ring"),
            (lambda: nine(islands=nb25.GRID[:5], epochs=3), "all of `grid`"),
            (lambda: nine(target="clean", epochs=1, rows=51_200), "clean point"),
            (lambda: nine(target="minus", epochs=1, rows=51_200), "sign turned"),
            (lambda: nine(use_t=False, epochs=1, rows=51_200), "does not look at the step"),
            (lambda: nine(outputs=1, epochs=0), "the noise of each"),
            (one_input, "two inputs"),
            (lambda: 0.95, "Keras model"),
        ],
    )
}
