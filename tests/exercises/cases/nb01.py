import functools

import numpy as np

from dlhelpers.exercises.nb01 import CORNERS, XOR


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(change=lambda p: p, act=sigmoid, b=1.0):
    return lambda X, W, bias: change(act(X @ W + b * bias))


def step(sign=1, act=sigmoid, use_x=True, use_rate=True, bias=True, old=True, truth=1):
    """`learning_step` of exercise 01.4, right or with one thing changed."""

    def function(w, b, x, y, rate):
        error = sign * (act(x @ w + b) - truth * y) * (rate if use_rate else 1)
        return old * w - error * (x if use_x else 1), old * b - bias * error

    return function


@functools.cache
def net(hidden=8, activation="tanh", last="sigmoid", epochs=100, inputs=2, outputs=1):
    """The network of exercise 01.6, trained for some epochs."""
    import keras

    keras.utils.set_random_seed(1)
    parts = [keras.layers.Dense(hidden, activation=activation)] if hidden else []
    model = keras.Sequential([keras.Input((inputs,)), *parts, keras.layers.Dense(outputs, activation=last)])
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss="binary_crossentropy")
    if epochs:
        model.fit(CORNERS, XOR, epochs=epochs, verbose=0)
    return model


@functools.cache
def by_hand(certain):
    """XOR with weights found by thinking; the output is as certain as asked."""
    model = net(hidden=2, activation="relu", epochs=0)
    weights = np.array([[certain], [-2 * certain]])
    model.set_weights([np.ones((2, 2)), np.array([0.0, -1.0]), weights, np.array([-certain / 2])])
    return model


RIGHT = {
    "01.1": [(0.7311,), (sigmoid(1),)],
    "01.2": [(forward(),)],
    "01.3": [(lambda w, b: (-w[0] / w[1], -b / w[1]),), (lambda w, b: [-w[0] / w[1], -b / w[1]],)],
    "01.4": [(step(),), (lambda w, b, x, y, rate: list(step()(w, b, x, y, rate)),)],
    "01.5": [([1, 1], -0.5), ((2, 3), -1), ([[5], [5]], -0.1)],
}

WRONG = {
    "01.1": [
        ((1.0,), "logit"),
        ((0.5,), "bias"),
        ((0.8205,), "(1, 2.2)"),
        ((0.2689,), "genuine"),
        ((73.1059,), "cent"),
        ((0.73,), "rounded"),
    ],
    "01.2": [
        ((forward(act=lambda z: z),), "sigmoid is missing"),
        ((forward(b=0),), "bias"),
        ((forward(np.mean),), "One number"),
        ((forward(np.ravel),), "shape"),
        ((lambda X, W, b: sigmoid(X * W[:, 0] + b),), "X @ W"),
        ((lambda X, W, b: sigmoid(W @ X + b),), "shapes do not fit"),
        ((lambda X, W, b: sigmoid(X @ W + 1.0),), "own argument"),
        ((lambda X, W, b: sigmoid(X),), "result has shape"),
        ((lambda X, W, b: undefined,), "stops with NameError"),  # noqa: F821
        ((lambda X, W, b: 1 - sigmoid(X @ W + b),), "sign"),
        ((lambda X, W, b: sigmoid((X @ W).mean() + b) * np.ones((5, 1)),), "own logit"),
        ((lambda X, W, b: [sigmoid(x @ W + b) for x in X][0],), "first note alone"),
        ((lambda X, W, b: sigmoid(W[0] * X[:, 0] + W[1] * X[:, 1] + b),), "first two features"),
        ((lambda X, W, b: sigmoid(X @ W) + b,), "after the sigmoid"),
        ((lambda X, W, b: sigmoid(X * W + b),), "matrix product is"),
    ],
    "01.3": [
        (lambda w, b: (-b / w[1], -w[0] / w[1]), "order"),
        (lambda w, b: (-w[0], -b), "Divide"),
        (lambda w, b: (w[0] / w[1], b / w[1]), "signs"),
        (lambda w, b: (-w[1] / w[0], -b / w[1]), "upside down"),
        (lambda w, b: (-w[1] / w[0], -b / w[0]), "solved for x1"),
        (lambda w, b: w, "weights"),
        (lambda w, b: (-w[0] / w[1], -b), "slope is right"),
        (lambda w, b: (w[0] / w[1], -b / w[1]), "intercept is right"),
        (lambda w, b: -w[0] / w[1], "two numbers"),
        (lambda w, b: (0.5, 0.75), "every neuron"),
        ((0.5, 0.75), "1 answers"),
        (0.5, "function"),
    ],
    "01.4": [
        (step(sign=-1), "uphill"),
        (step(use_rate=False), "rate is missing"),
        (step(use_x=False), "own feature"),
        (step(bias=False), "bias has to move"),
        (step(bias=-1), "the bias is not"),
        (step(old=0), "step alone"),
        (step(act=lambda z: z), "sigmoid is missing"),
        (lambda w, b, x, y, rate: step()(w, 0, x, y, rate)[0], "two things"),
        (lambda w, b, x, y, rate: step()(w, b, x, y, 0.1), "own argument `rate`"),
        (lambda w, b, x, y, rate: (w - rate * (0.820538 - y) * x, b - rate * (0.820538 - y)), "notebook's `p`"),
        (lambda w, b, x, y, rate: (step()(w, b, x, y, rate)[0][:1], b), "new ones"),
        (lambda w, b, x, y, rate: step()(w, b, x, 0, rate), "label y is missing"),
        (lambda w, b, x, y, rate: ((sigmoid(x @ w + b) - y) * x, sigmoid(x @ w + b) - y), "slopes"),
        ([0.2, -0.1], "function"),
    ],
    "01.5": [
        (([1, 1], -1.5), "AND"),
        (([-1, -1], 0.5), "NOR"),
        (([1, 1], 0.5), "must be negative"),
        (([-1, -1], -0.5), "never fires"),
        (([1, 1], 0), "exactly on the line"),
        (([1, -1], -0.5), "wrong at"),
        (([1], -0.5), "Two weights"),
        (([1, 1], -1), "At least one corner"),
    ],
}

MODELS = {
    "01.6": (
        [net, lambda: net(activation="relu"), lambda: by_hand(20.0)],
        [
            (lambda: net(hidden=0), "single neuron, and"),
            (lambda: net(activation=None), "in disguise"),
            (lambda: net(epochs=0), "Was it trained"),
            (lambda: by_hand(2.0), "All four corners"),
            (lambda: net(last=None), "sigmoid at the end"),
            (lambda: net(inputs=4, epochs=0), "two inputs"),
            (lambda: net(outputs=2, epochs=0), "One output"),
            (lambda: 0.05, "Keras model"),
        ],
    ),
}
