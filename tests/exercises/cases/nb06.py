import functools

import numpy as np


def momentum(w, v, g, rate, beta):
    v = beta * v - rate * g
    return w + v, v


def momentum_of_gradients(w, v, g, rate, beta):
    """The other usual form: the velocity in units of the gradient."""
    v = beta * v + g
    return w - rate * v, v


def adam(w, m, v, g, t, rate):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    return w - rate * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7), m, v


def adam_of_keras(w, m, v, g, t, rate):
    m, v = m + (g - m) * 0.1, v + (g * g - v) * 0.001
    return w - rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7), m, v


def adam_with(
    correct_m=True, correct_v=True, root=np.sqrt, square=True, sign=-1, shares=(0.1, 0.001), hats=False, use=None
):
    """Adam with something else in one place."""

    def step(w, m, v, g, t, rate):
        m, v = 0.9 * m + shares[0] * g, 0.999 * v + shares[1] * (g**2 if square else g)
        m_hat = m / (1 - 0.9**t) if correct_m else m
        v_hat = v / (1 - 0.999**t) if correct_v else v
        moved = w + sign * rate * (g if use else m_hat) / (root(abs(v_hat)) + 1e-7)
        return (moved, m_hat, v_hat) if hats else (moved, m, v)

    return step


def norm(h, gamma, beta, axis=0, eps=1e-3, outside=0.0, ddof=0, power=0.5):
    mean = h.mean(axis=axis, keepdims=True)
    return gamma * (h - mean) / ((h.var(axis=axis, keepdims=True, ddof=ddof) + eps) ** power + outside) + beta


CAUSES = {"C": 6, "D": 7, "E": 3, "F": 1, "G": 5, "H": 2}

RIGHT = {
    "06.1": [([2 / 6, 1 / 6],), ([0.3333, 0.1667],)],
    "06.2": [(momentum,), (momentum_of_gradients,)],
    "06.3": [(adam,), (adam_of_keras,)],
    "06.4": [(CAUSES,), (dict(reversed(CAUSES.items())),)],
    "06.6": [(norm,), (lambda h, gamma, beta: beta + gamma * (h - np.mean(h, 0)) / np.sqrt(np.var(h, 0) + 0.001),)],
}

WRONG = {
    "06.1": [
        ([1 / 6, 1 / 3], "order"),
        ([2 / 3, 1 / 3], "second derivative"),
        ([6, 6], "divided by"),
        ([12, 6], "divided by"),
        ([1 / 3, 1 / 3], "factor of 2"),
        ([1 / 3, 2], "where the minimum lies"),
        ([1 / 6, 1 / 12], "half of what"),
        (1 / 3, "Two rates"),
        ([0.33, 0.17], "rounded"),
    ],
    "06.2": [
        (lambda w, v, g, rate, beta: (w + beta * v + rate * g, beta * v + rate * g), "uphill"),
        (lambda w, v, g, rate, beta: (w - beta * v + rate * g, beta * v - rate * g), "uphill"),
        (lambda w, v, g, rate, beta: (w - rate * g, beta * v - rate * g), "gradient alone"),
        (lambda w, v, g, rate, beta: (w + v, beta * v - rate * g), "old"),
        (lambda w, v, g, rate, beta: (w + v - rate * g, v - rate * g), "friction"),
        (lambda w, v, g, rate, beta: momentum(w, v, (1 - beta) * g, rate, beta), "variant"),
        (lambda w, v, g, rate, beta: (w + beta * (beta * v - rate * g) - rate * g, beta * v - rate * g), "Nesterov"),
        (lambda w, v, g, rate, beta: momentum(w, v, g, 1, beta), "rate is missing"),
        (lambda w, v, g, rate, beta: momentum(w, v, g, rate, beta)[::-1], "order"),
        (lambda w, v, g, rate, beta: momentum(w, v, g, rate, beta)[0], "2 things"),
        (lambda w, v, g, rate, beta: momentum(w, v, g, 0.1, 0.8), "use the arguments"),
        (lambda w, v, g, rate, beta: momentum(w, v, 2 * g, rate, beta), "other ones"),
        (lambda w, v, g: w, "positional"),
    ],
    "06.3": [
        (adam_with(correct_m=False, correct_v=False), "bias correction"),
        (adam_with(correct_m=False), "m is not corrected"),
        (adam_with(correct_v=False), "v is not corrected"),
        (adam_with(root=lambda v: v), "root"),
        (adam_with(square=False), "squares"),
        (adam_with(sign=1), "uphill"),
        (adam_with(shares=(1, 1)), "averages"),
        (adam_with(hats=True), "uncorrected"),
        (adam_with(use=True), "m_hat"),
        (lambda w, m, v, g, t, rate: adam(w, m, v, g, t, 1.0), "rate is missing"),
        (lambda w, m, v, g, t, rate: adam(w, m, v, g, t, 0.1), "use the argument"),
        (lambda w, m, v, g, t, rate: adam(w, m, v, g, t + 1, rate), "counts from 1"),
        (lambda w, m, v, g, t, rate: adam(w, m, v, g, 1, rate), "with the power t"),
        (lambda w, m, v, g, t, rate: adam(w, m, v, g, t, rate)[0], "3 things"),
        (lambda w, m, v, g, t, rate: adam(w, m, v, g, t, rate)[::-1], "order"),
        (lambda w, m, v, g, t, rate: np.roll(adam(w, m, v, g, t, rate), -1, axis=0), "w, m, v"),
    ],
    "06.4": [
        ({**CAUSES, "G": 1, "F": 5}, "full training"),
        ({**CAUSES, "D": 2, "H": 7}, "about half"),
        ({**CAUSES, "E": 7, "D": 3}, "no unit can be dead"),
        ({**CAUSES, "C": 4}, "A and B"),
        ({**CAUSES, "H": 1, "F": 2}, "not zeros"),
        ({**CAUSES, "F": 6, "C": 1}, "gradients would be healthy"),
        ({"C": 6, "D": 7}, "Missing"),
        ([6, 7, 3, 1, 5, 2], "dictionary"),
        ({**CAUSES, "C": 9}, "1 to 8"),
        ({**CAUSES, "K": 1}, "no patient"),
    ],
    "06.6": [
        (lambda h, gamma, beta: norm(h, 1, 0), "multiply by gamma"),
        (lambda h, gamma, beta: norm(h, gamma, 0), "beta is missing"),
        (lambda h, gamma, beta: norm(h, 1, beta), "gamma is missing"),
        (lambda h, gamma, beta: gamma * norm(h, 1, beta), "last"),
        (functools.partial(norm, eps=0), "0.001 is missing"),
        (functools.partial(norm, eps=0, outside=1e-3), "inside the root"),
        (functools.partial(norm, power=1), "not by the variance"),
        (functools.partial(norm, ddof=1), "one less"),
        (functools.partial(norm, axis=1), "layer normalisation"),
        (functools.partial(norm, axis=None), "whole array"),
        (lambda h, gamma, beta: norm(h, beta, gamma), "exchanged"),
        (lambda h, gamma, beta: gamma * h / np.sqrt(h.var(axis=0) + 1e-3) + beta, "Subtract"),
        (lambda h, gamma, beta: gamma * (h - h.mean(axis=0)) + beta, "Divide by the standard"),
    ],
}


def trained(letter, mend=True, epochs=20, units=16, activation="relu", order=False):
    """The patient's network, mended if asked, after training; or one built anew."""
    import keras

    from dlhelpers.exercises.nb06 import patient, rings

    keras.utils.set_random_seed(0)
    model, x, y = patient(letter)
    if mend and letter not in "ACF" or units != 16:
        hidden = [keras.layers.Dense(units, activation=activation, kernel_initializer="he_normal") for _ in range(3)]
        model = keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dense(3, activation="softmax")])
    if mend:
        (x, y) = rings(600, seed=0) if not order else (rings(600, seed=0)[0], y)
        for layer in model.layers:
            layer.trainable = True
        loss = keras.losses.SparseCategoricalCrossentropy()
        model.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    if epochs:
        model.fit(x, y, batch_size=30, epochs=epochs, verbose=0)
    return model


@functools.cache
def well(letters):
    return {letter: trained(letter) for letter in letters}


def one_ill(letter, **how):
    return {**well("ACFE"), letter: trained(letter, **how)}


def twice():
    four = well("ACFE")
    return {**four, "G": four["A"]}


MODELS = {
    "06.5": (
        [lambda: well("ACFE"), lambda: well("BDGH")],
        [
            (lambda: {letter: well("ACFE")[letter] for letter in "ACF"}, "Four"),
            (twice, "same network"),
            (lambda: one_ill("B", epochs=0, mend=False), "not been trained"),
            (lambda: one_ill("A", mend=False), "trainable"),
            (lambda: one_ill("D", mend=False), "dead"),
            (lambda: one_ill("H", mend=False), "he_normal"),
            (lambda: one_ill("E", activation=None), "activation"),
            (lambda: one_ill("G", order=True), "right order"),
            (lambda: one_ill("G", units=8), "643"),
            (lambda: list(well("ACFE").values()), "dictionary"),
            (lambda: {**well("ACFE"), "K": 1}, "no patient"),
            (lambda: {**well("ACFE"), "B": 1}, "Keras model"),
        ],
    )
}
