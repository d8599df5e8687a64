import numpy as np

STEP = 0.1 * (0.820538 - 1)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(change=lambda p: p, act=sigmoid, b=1.0):
    return lambda X, W, bias: change(act(X @ W + b * bias))


RIGHT = {
    "01.1": [(0.7311,), (sigmoid(1),)],
    "01.2": [(forward(),)],
    "01.3": [(0.5, 0.75), ([0.5], [0.75])],
    "01.4": [(np.array([0.3 - STEP, 0.1 - 2.2 * STEP]), 1 - STEP), ([[0.31795], [0.13948]], 1.01795)],
    "01.5": [([1, 1], -0.5), ((2, 3), -1), ([[5], [5]], -0.1)],
    "01.6": [(257,), (np.int64(257),)],
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
        ((lambda X, W, b: sigmoid(X @ W) + b,), "behind the sigmoid"),
        ((lambda X, W, b: sigmoid(X * W + b),), "matrix product is"),
    ],
    "01.3": [
        ((0.75, 0.5), "order"),
        ((2, 3), "Divide"),
        ((-0.5, -0.75), "signs"),
        ((2, 0.75), "upside down"),
        ((2, -4), "weights"),
        ((0.5,), "2 answers"),
        ((0.5, 3), "slope is right"),
        ((-0.5, 0.75), "intercept is right"),
    ],
    "01.4": [
        (([0.217946, -0.080518], 0.917946), "genuine"),
        (([0.3 + STEP, 0.1 + 2.2 * STEP], 1 + STEP), "uphill"),
        (([0.3 - 10 * STEP, 0.1 - 22 * STEP], 1 - 10 * STEP), "rate"),
        (([0.3 - STEP, 0.1 - STEP], 1 - STEP), "own feature"),
        (([0.3 - STEP, 0.1 - 2.2 * STEP], 1.0), "bias moves"),
        (([0.31795], 1.01795), "shape"),
        (([0.318, 0.139], 1.018), "rounded"),
        (([-STEP, -2.2 * STEP], -STEP), "step alone"),
        (([0.3 - STEP / 10, 0.1 - 0.22 * STEP], 1 - STEP / 10), "0.01"),
        (([0.24566, -0.01955], 0.94566), "moved already"),
        (([0.3 - STEP, 0.1 - 2.2 * STEP], 1 + STEP), "the bias is not"),
        (([0.217946 - STEP, -0.080518 - 2.2 * STEP], 0.917946 - STEP), "moved already"),
    ],
    "01.5": [
        (([1, 1], -1.5), "AND"),
        (([-1, -1], 0.5), "NOR"),
        (([1, 1], 0.5), "must be negative"),
        (([-1, -1], -0.5), "never fires"),
        (([1, 1], 0), "just on the line"),
        (([1, -1], -0.5), "wrong at"),
        (([1], -0.5), "Two weights"),
        (([1, 1], -1), "At least one corner"),
    ],
    "01.6": [
        ((232,), "weights only"),
        ((248,), "output"),
        ((262,), "bias belongs"),
        ((256,), "missing"),
        ((235,), "own"),
        ((31,), "units"),
        ((768,), "add"),
    ],
}
