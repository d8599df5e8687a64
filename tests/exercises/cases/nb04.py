import functools

import numpy as np
from scipy import special

from dlhelpers.exercises import nb04
from tests.exercises.cases.shared import LOGITS_NLL, logs, true


def hot(y):
    return np.eye(10)[y]


def rows(z):
    """Row by row, the way a loop would do it."""
    return [np.exp(row - max(row)) / sum(np.exp(row - max(row))) for row in z]


def naive(z):
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


def in_place(z):
    z -= z.max(axis=1, keepdims=True)
    return naive(z)


def clipped(z):
    return naive(np.clip(z, -500, 500))


def one_maximum(z):
    return naive(z - z.max())


def loss_loop(z, y):
    return sum(special.logsumexp(row) - row[label] for row, label in zip(z, y, strict=True)) / len(y)


def two_steps(z, y):
    return -np.log(true(special.softmax(z, axis=1), y)).mean()


def gradient(error=lambda p, y: p - hot(y), mean=True, mean_b=True, scores=lambda W, b, x: x @ W + b):
    """The gradient of exercise 04.3, right or with one thing changed."""

    def function(W, b, x, y):
        e = error(special.softmax(scores(W, b, x), axis=1), y)
        return x.T @ e / (len(x) if mean else 1), e.mean(axis=0) if mean_b else e.sum(axis=0)

    return function


def gradient_loop(W, b, x, y):
    dW, db = np.zeros_like(W), np.zeros_like(b)
    for image, label in zip(x, y, strict=True):
        p = special.softmax(image @ W + b)
        p[label] -= 1
        dW += np.outer(image, p) / len(x)
        db += p / len(x)
    return [dW, db]


def of_scores(W, b, x, y):
    e = x @ W + b - hot(y)
    return x.T @ e / len(x), e.mean(axis=0)


def all_labels(W, b, x, y):
    p = special.softmax(x @ W + b, axis=1)
    p[:, np.unique(y)] -= 1
    return x.T @ p / len(x), p.mean(axis=0)


def epoch(size=None, sign=-1, gradient_at=None, only=None, bias=True, rate_used=True, stop=None, stride=None):
    """One epoch of exercise 04.4, right or with one thing changed."""

    def function(W, b, x, y, rate, batch=100):
        first, step = (W, b), size or batch
        for start in range(0, (len(x) // batch * batch) if stop else len(x), stride or step):
            part = slice(start, start + step)
            dW, db = nb04._gradient(*(first if gradient_at else (W, b)), x[part], y[part])
            r = rate if rate_used else 1
            W, b = W + sign * r * dW, b + sign * r * db * bias
            if only:
                break
        return W, b

    return function


def by_array_split(W, b, x, y, rate, batch=100):
    parts = range(batch, len(x), batch)
    for part, labels in zip(np.array_split(x, parts), np.array_split(y, parts), strict=True):
        dW, db = gradient()(W, b, part, labels)
        W, b = W - rate * dW, b - rate * db
    return [W, b]


def shuffled(W, b, x, y, rate, batch=100):
    order = np.random.permutation(len(x))
    return nb04._one_epoch(W, b, x[order], y[order], rate, batch)


def changes_weights(W, b, x, y, rate, batch=100):
    W -= rate * gradient()(W, b, x, y)[0]
    return W, b


def relu_back(e, W, h):
    return (e @ W.T) * (h > 0)


def network(back=relu_back, start=lambda p, y: (p - hot(y)) / len(y), turn=True, mean_b=False):
    """The gradients of exercise 04.5, right or with one thing changed."""

    def function(layers, x, y):
        inputs = [x]
        for W, b in layers[:-1]:
            inputs.append(np.maximum(inputs[-1] @ W + b, 0))
        e = start(special.softmax(inputs[-1] @ layers[-1][0] + layers[-1][1], axis=1), y)
        found = []
        for k in reversed(range(len(layers))):
            found.append((inputs[k].T @ e, e.mean(axis=0) if mean_b else e.sum(axis=0)))
            if k:
                e = back(e, layers[k][0], inputs[k])
        return found[::-1] if turn else found

    return function


def by_recursion(layers, x, y):
    def walk(h, rest):
        W, z = rest[0][0], h @ rest[0][0] + rest[0][1]
        if len(rest) == 1:
            e, later = special.softmax(z, axis=1) - np.eye(z.shape[1])[y], []
            e = e / len(y)
        else:
            e, later = walk(np.where(z > 0, z, 0), rest[1:])
            e = e * (z > 0)
        return e @ W.T, [[h.T @ e, np.sum(e, 0)], *later]

    return walk(x, list(layers))[1]


def two_layers(layers, x, y):
    (W1, b1), (W2, b2) = layers
    h = np.maximum(x @ W1 + b1, 0)
    e = (special.softmax(h @ W2 + b2, axis=1) - hot(y)) / len(y)
    d = (e @ W2.T) * (h > 0)
    return [(x.T @ d, d.sum(axis=0)), (h.T @ e, e.sum(axis=0))]


def untransposed(e, W, h):
    return (e @ W.T if W.shape[0] != W.shape[1] else e @ W) * (h > 0)


def stepping(layers, x, y):
    for W, _ in layers:
        W -= 0.1
    return nb04._network_gradient(layers, x, y)


@functools.cache
def known_digits():
    return {image.tobytes(): label for image, label in zip(*nb04._test_digits(), strict=True)}


def classifier(accuracy, change=lambda labels: labels):
    """Knows the test digits, and is right about this share of them."""

    def classify(x):
        labels = np.array([known_digits()[np.asarray(image, "float32").tobytes()] for image in x])
        labels[int(accuracy * len(x)) :] = (labels[int(accuracy * len(x)) :] + 3) % 10
        return change(labels)

    return classify


RIGHT = {
    "04.1": [(nb04._softmax,), (rows,), (lambda z: special.softmax(z, axis=1),), (lambda z: np.exp(logs(z)),)],
    "04.2": [
        (nb04._loss,),
        (loss_loop,),
        (lambda z, y: -true(logs(z), y).mean(),),
        (lambda z, y: -np.sum(np.eye(z.shape[1])[y] * logs(z)) / len(z),),
    ],
    "04.3": [(nb04._gradient,), (gradient(),), (gradient_loop,)],
    "04.4": [(nb04._one_epoch,), (epoch(),), (by_array_split,)],
    "04.5": [(nb04._network_gradient,), (network(),), (by_recursion,)],
    "04.6": [
        (classifier(0.98),),
        (classifier(0.976, lambda labels: labels.astype(float)),),
        (classifier(0.98, lambda labels: labels[:, None]),),
    ],
}

WRONG = {
    "04.1": [
        (naive, "overflows"),
        (in_place, "changes its argument"),
        (clipped, "Cutting"),
        (one_maximum, "each row's own"),
        (lambda z: special.softmax(z, axis=0), "column"),
        (lambda z: special.softmax(z), "All images"),
        (np.exp, "adds up to 1"),
        (lambda z: z / z.sum(axis=1, keepdims=True), "exponential is missing"),
        (special.expit, "sigmoid"),
        (lambda z: special.softmax(-z, axis=1), "smallest"),
        (logs, "logarithm"),
        (lambda z: np.exp(z) / np.exp(z).sum(axis=1), "keepdims"),
        (lambda z: special.softmax(z, axis=1).T, "transposed"),
        (lambda z: special.softmax(z, axis=1)[0], "same shape"),
        (lambda z: np.eye(z.shape[1])[z.argmax(axis=1)], "class itself"),
    ],
    "04.2": [
        *LOGITS_NLL,
        (lambda z, y: np.mean(np.log(np.exp(z).sum(axis=1)) - true(z, y)), "overflows"),
        (two_steps, "become 0"),
        (lambda z, y: -np.mean(np.log(true(special.softmax(z, axis=1), y) + 1e-12)), "become 0"),
    ],
    "04.3": [
        (gradient(lambda p, y: hot(y) - p), "y - p"),
        (gradient(lambda p, y: p), "true class is missing"),
        (gradient(mean=False), "sum over the images"),
        (gradient(mean_b=False), "db is a sum"),
        (gradient(scores=lambda W, b, x: x @ W), "bias"),
        (gradient(lambda p, y: (p - hot(y)) * p * (1 - p)), "squared error"),
        (gradient(lambda p, y: 2 * (p - hot(y))), "no factor"),
        (of_scores, "without softmax"),
        (all_labels, "all columns"),
        (lambda W, b, x, y: gradient()(W, b, x, y)[0], "two arrays"),
        (lambda W, b, x, y: gradient()(W, b, x, y)[::-1], "wrong order"),
        (lambda W, b, x, y: (gradient()(W, b, x, y)[0].T, 0 * b), "transposed"),
        (lambda W, b, x, y: (gradient()(W, b, x, y)[0], 0.1), "db should have the shape"),
        (lambda W, b, x, y: gradient()(W, b, x[:1], y[:1]), "first image alone"),
        (lambda W, b, x, y: (gradient()(W, b, x, y)[0], 0 * b), "dW is right"),
    ],
    "04.4": [
        (epoch(size=1000), "one step with all"),
        (epoch(stop=True), "left out"),
        (epoch(only=True), "first batch alone"),
        (epoch(gradient_at=True), "present ones"),
        (epoch(sign=1), "uphill"),
        (epoch(bias=False), "b never changes"),
        (epoch(rate_used=False), "rate is missing"),
        (epoch(size=100), "always 100"),
        (epoch(size=1), "step for each image"),
        (shuffled, "Two runs"),
        (changes_weights, "changes its argument"),
        (lambda W, b, x, y, rate, batch=100: (W, b), "Nothing has changed"),
        (lambda W, b, x, y, rate, batch=100: epoch()(W, b, x, y, rate, batch)[0], "two arrays"),
        (lambda W, b, x, y: (W, b), "stops"),
    ],
    "04.5": [
        (network(back=lambda e, W, h: e @ W.T), "gate"),
        (network(back=lambda e, W, h: e @ W.T * h), "h itself"),
        (network(back=lambda e, W, h: e @ W.T * (1 - h**2)), "tanh"),
        (network(back=untransposed), "not transposed"),
        (network(start=lambda p, y: (hot(y) - p) / len(y)), "sign"),
        (network(start=lambda p, y: p - hot(y)), "sums over the images"),
        (network(start=lambda p, y: p / len(y)), "true class"),
        (network(turn=False), "Turn the list"),
        (network(mean_b=True), "means"),
        (two_layers, "not for 3"),
        (stepping, "changes its argument"),
        (lambda layers, x, y: network()(layers, x, y)[-1], "one pair"),
        (network(back=lambda e, W, h: e @ W), "fit"),
    ],
    "04.6": [
        (classifier(0.95), "95.00 %"),
        (classifier(0.7), "softmax regression"),
        (lambda x: np.zeros(len(x)), "guessing"),
        (lambda x: nb04._test_digits()[1][::-1], "guessing"),
        (classifier(0.98, hot), "ten numbers"),
        (classifier(0.98, lambda labels: hot(labels).argmax(axis=0)), "over the images"),
        (classifier(0.98, lambda labels: labels + 1), "too large by 1"),
        (classifier(0.98, lambda labels: labels[:100]), "this has shape"),
        (classifier(0.98, lambda labels: labels / 10), "Whole numbers"),
        (0.98, "function is asked for"),
    ],
}
