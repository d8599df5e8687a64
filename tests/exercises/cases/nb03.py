import numpy as np

from dlhelpers.exercises.nb03 import ellipse


def solve(X, y):
    return np.linalg.solve(X.T @ X, X.T @ y)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def descend(p=lambda X, b: sigmoid(X @ b), error=lambda p, y: p - y, divide=True, sign=-1, at_most=None, rate=None):
    """Gradient descent with its parts replaced."""
    fixed = rate

    def function(X, y, rate, steps):
        b = np.zeros(X.shape[1])
        for _ in range(steps if at_most is None else at_most):
            step = X.T @ error(p(X, b), y) / (len(y) if divide else 1)
            b = b + sign * (fixed or rate) * step
        return b

    return function


def from_a_column(X, y, rate, steps):
    b, n = np.full((X.shape[1], 1), 0.01), len(y)
    for _ in range(steps):
        b -= rate * X.T @ (sigmoid(X @ b) - y.reshape(-1, 1)) / n
    return b


def p_outside_of_the_loop(X, y, rate, steps):
    b = np.zeros(X.shape[1])
    p = sigmoid(X @ b)
    for _ in range(steps):
        b = b - rate * X.T @ (p - y) / len(y)
    return b


def last_gradient(X, y, rate, steps):
    b = descend()(X, y, rate, steps)
    return X.T @ (sigmoid(X @ b) - y) / len(y)


def by_counting(y, p, threshold):
    tp = sum(1 for a, b in zip(y, p, strict=True) if a == 1 and b >= threshold)
    fp = sum(1 for a, b in zip(y, p, strict=True) if a == 0 and b >= threshold)
    return tp / sum(y == 1), fp / sum(y == 0)


def rates(recall, fpr):
    """The two as functions of hits, missed, alarms, quiet."""

    def function(y, p, threshold):
        called = p >= threshold
        counts = [np.sum(called & (y == 1)), np.sum(~called & (y == 1)), np.sum(called & (y == 0))]
        counts.append(np.sum(~called & (y == 0)))
        return recall(*counts), fpr(*counts)

    return function


RECALL, FPR = lambda h, m, a, q: h / (h + m), lambda h, m, a, q: a / (a + q)


def residuals(X, y):
    hat = X @ np.linalg.inv(X.T @ X) @ X.T
    return y - hat @ y, np.diag(hat)


def left_out(X, y):
    e, h = residuals(X, y)
    return e / (1 - h)


def by_loop(X, y):
    errors = []
    for i in range(len(y)):
        b = np.linalg.lstsq(np.delete(X, i, axis=0), np.delete(y, i), rcond=None)[0]
        errors.append((y[i] - X[i] @ b) ** 2)
    return np.mean(errors)


def neuron(inputs=5, units=1, activation="sigmoid", hidden=(), scale=1.0, trained=True):
    """A neuron with the weights of scikit-learn's fit, times a scale."""
    import keras
    from sklearn.linear_model import LogisticRegression

    keras.utils.set_random_seed(0)
    body = [keras.layers.Dense(n, activation="relu") for n in hidden]
    last = keras.layers.Dense(units, activation=activation)
    model = keras.Sequential([keras.Input((inputs,)), *body, last])
    columns, inside = ellipse(600, seed=5)
    if trained and hidden:
        model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
        model.fit(columns, inside.astype("float32"), batch_size=100, epochs=100, verbose=0)
    elif trained:
        fit = LogisticRegression(C=100).fit(columns, inside)
        last.set_weights([scale * np.tile(fit.coef_.T[:inputs], (1, units)), np.tile(scale * fit.intercept_, units)])
    return model


RIGHT = {
    "03.1": [
        (solve,),
        (lambda X, y: np.linalg.inv(X.T @ X) @ X.T @ y,),
        (lambda X, y: np.linalg.lstsq(X, y)[0],),
        (lambda X, y: np.linalg.pinv(X) @ y.reshape(-1, 1),),
    ],
    "03.2": [("BC",), ("c, b",)],
    "03.3": [(descend(),), (from_a_column,), (descend(error=lambda p, y: y - p, sign=1),)],
    "03.4": [(lambda y, p, t: ((p >= t)[y == 1].mean(), (p >= t)[y == 0].mean()),), (by_counting,)],
    "03.6": [(lambda X, y: np.mean(left_out(X, y) ** 2),), (by_loop,)],
}

WRONG = {
    "03.1": [
        (lambda X, y: X.T @ y, "right-hand side"),
        (lambda X, y: X.T @ X @ X.T @ y, "multiplies"),
        (lambda X, y: (1 / (X.T @ X)) @ X.T @ y, "invert the entries"),
        (lambda X, y: (X.T @ y) / np.diag(X.T @ X), "on its own"),
        (lambda X, y: X @ solve(X, y), "predictions"),
        (lambda X, y: y - X @ solve(X, y), "residuals"),
        (lambda X, y: np.linalg.lstsq(X, y, rcond=None), "first of the four"),
        (lambda X, y: solve(X, y)[1:], "too few"),
        (lambda X, y: np.r_[0, solve(X[:, 1:], y)], "origin"),
        (lambda X, y: np.linalg.pinv(np.c_[np.ones(len(y)), X]) @ y, "column of ones"),
        (lambda X, y: solve(X, y) / len(y), "number of rows"),
        (lambda X, y: np.linalg.solve(X @ X.T, X @ y), "shapes do not fit"),
        (lambda X, y: -solve(X, y), "sign"),
    ],
    "03.2": [
        ("ABC", "A: "),
        ("BCD", "D: "),
        ("B", "beside"),
        ("C", "alone"),
        ("A", "t = -0.18"),
        ("D", "causes"),
        ("42", "letters"),
    ],
    "03.3": [
        (descend(at_most=1), "inside of the loop"),
        (descend(sign=1), "uphill"),
        (descend(divide=False), "len(y)"),
        (descend(p=lambda X, b: X @ b), "sigmoid is missing"),
        (descend(p=lambda X, b: 1 / (1 + np.exp(X @ b))), "exponent"),
        (lambda X, y, r, s: descend(error=lambda p, t: (p - t) * p * (1 - p))(X, y, r, s), "squared error"),
        (p_outside_of_the_loop, "before the loop"),
        (descend(at_most=0), "no step"),
        (last_gradient, "Return b"),
        (descend(rate=0.01), "rate"),
        (lambda X, y, r, s: sigmoid(X @ descend()(X, y, r, s)), "one for each column"),
        (lambda X, y, r, s: descend()(X, y, r, s)[1:], "intercept"),
        (descend(at_most=5), "is possible"),
    ],
    "03.4": [
        (rates(FPR, RECALL), "order"),
        (lambda y, p, t: ((p > t)[y == 1].mean(), (p > t)[y == 0].mean()), "exactly"),
        (rates(lambda h, m, a, q: h, lambda h, m, a, q: a), "counts"),
        (rates(lambda h, m, a, q: h / 12, lambda h, m, a, q: a / 12), "everyone"),
        (rates(lambda h, m, a, q: h / (h + a), FPR), "precision"),
        (rates(RECALL, lambda h, m, a, q: a / (h + a)), "those called"),
        (rates(RECALL, lambda h, m, a, q: q / (a + q)), "specificity"),
        (rates(lambda h, m, a, q: m / (h + m), FPR), "turned around"),
        (rates(lambda h, m, a, q: (h + q) / 12, FPR), "accuracy"),
        (rates(RECALL, RECALL), "same class"),
        (lambda y, p, t: (p >= t)[y == 1].mean(), "Two rates"),
    ],
    "03.6": [
        (lambda X, y: np.mean(residuals(X, y)[0] ** 2), "training error"),
        (lambda X, y: np.mean(left_out(X, y) * residuals(X, y)[0]), "squared with"),
        (lambda X, y: np.mean((residuals(X, y)[0] / residuals(X, y)[1]) ** 2), "not by h"),
        (lambda X, y: np.mean(np.prod([residuals(X, y)[0], 1 - residuals(X, y)[1]], axis=0) ** 2), "misses by more"),
        (lambda X, y: np.sum(left_out(X, y) ** 2), "sum"),
        (lambda X, y: left_out(X, y) ** 2, "single rows"),
        (lambda X, y: np.mean(abs(left_out(X, y))), "not squared"),
        (lambda X, y: np.mean(left_out(X, y) ** 2) ** 0.5, "root"),
        (lambda X, y: left_out(X, y)[-1] ** 2, "one row"),
        (lambda X, y: np.sum(residuals(X, y)[0] ** 2) / (len(y) - X.shape[1]), "noise"),
        (lambda X, y: np.var(y), "plane is missing"),
    ],
}
MODELS = {
    "03.5": (
        [neuron, lambda: neuron(scale=5.0), lambda: neuron(hidden=(8,))],
        [
            (lambda: neuron(inputs=2, trained=False), "two coordinates"),
            (lambda: neuron(trained=False), "trained on"),
            (lambda: neuron(activation=None), "sigmoid is missing"),
            (lambda: neuron(activation="softmax"), "softmax"),
            (lambda: neuron(units=2), "shape"),
            (lambda: neuron(scale=float("nan")), "nan"),
            (lambda: neuron(scale=-1.0), "trained on"),
            (lambda: 0.97, "Keras model"),
        ],
    ),
}
