"""Exercises of notebook 03, regression and classification."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import NotYet, array, call, chosen_letters, close, exercise, grade, keras_model, number


def _sample(n: int, columns: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Predictors with a column of ones in front, and targets that no plane fits."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(1, 2, (n, columns))])
    return X, X @ rng.normal(2, 1, columns + 1) + rng.normal(0, 1, n)


def _coefficients(answer: Any, n: int) -> np.ndarray:
    """The coefficients as a flat array; lstsq's four results have a message of their own."""
    if isinstance(answer, tuple) and len(answer) == 4 and np.size(answer[0]) > 1:
        raise NotYet("This is all that `lstsq` returns. The coefficients are the first of the four: [0].")
    b = array(answer)
    if b.shape == (n + 1,):
        raise NotYet("One coefficient too many: X has its column of ones already, do not add another one.")
    if b.shape == (n - 1,):
        raise NotYet("One coefficient too few: the intercept belongs to b as well, it is the first entry.")
    return b.ravel() if b.shape in {(n,), (n, 1)} else b


@exercise(
    "03.1",
    "The text above has the equation. Which two products of X and y does it need?",
    "X.T @ X is a square matrix, and X.T @ y a vector. np.linalg.solve takes both.",
    "return np.linalg.solve(X.T @ X, X.T @ y)",
    praise="This one line fits a plane through any number of predictors.",
)
def least_squares(function: Any) -> str | None:
    X, y = _sample(12, 3, seed=1)
    gram, right = X.T @ X, np.linalg.lstsq(X, y, rcond=None)[0]
    b = _coefficients(call(function, X.copy(), y.copy()), 4)
    if b.shape == y.shape:
        fitted = "These are the predictions X b. Return the coefficients b."
        residuals = "These are the residuals. Return the coefficients b."
        return grade(b, right, [(X @ right, fitted), (y - X @ right, X @ right - y, residuals)])
    if b.shape != right.shape:
        return f"X has 4 columns, so 4 coefficients are asked for; this has shape {b.shape}."
    mistakes = [
        (X.T @ y, "This is X.T @ y, the right-hand side. The equation still has to be solved for b."),
        (gram @ X.T @ y, "This multiplies by X.T @ X. Solve the equation, or multiply by the inverse."),
        ((X.T @ y) / np.diag(gram), "Each predictor on its own: dividing by the diagonal is not the inverse of the matrix."),
        ((1 / gram) @ X.T @ y, gram**-1.0 @ (X.T @ y), "`1 / A` and `A**-1` invert the entries. The inverse of a matrix is np.linalg.inv(A)."),
        (right / len(y), right * len(y), "The number of rows came in. It stands on neither side of the normal equations."),
        (-right, "The sign is turned around."),
        (right[::-1], "The right numbers in the wrong order: b[0] belongs to the first column of X."),
        (np.r_[0, np.linalg.lstsq(X[:, 1:], y, rcond=None)[0]], "This is a plane through the origin: keep the column of ones."),
    ]
    return grade(b, right, mistakes)


@exercise(
    "03.2",
    "For each statement, ask which markets are compared: all of them, or markets that are alike in the rest?",
    "Look at the t of newspaper in both tables. And can a table of coefficients tell cause from coincidence?",
    "One statement belongs to the first table, one to the second, and the other two claim too much.",
    praise="Two true statements about two different comparisons, and neither is about causes.",
)
def what_the_tables_support(letters: Any) -> str | None:
    chosen = chosen_letters(letters, "ABCD")
    if "A" in chosen:
        return "A: the -0.001 has an SE of 0.006 (t = -0.18), so its sign means nothing. And a table of what is does not say what a change would do."
    if "D" in chosen:
        return "D: radio and newspaper go together. That alone does not say which causes which, or whether a third thing causes both."
    if "B" not in chosen:
        return "One is missing: what does newspaper *alone* say (0.055, t = 3.3)?"
    if "C" not in chosen:
        return "One is missing: what does newspaper say *beside* TV and radio?"
    return None


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def _descend(X: np.ndarray, y: np.ndarray, gradient: Any, steps: int, rate: float = 1.0) -> np.ndarray:
    b = np.zeros(X.shape[1])
    for _ in range(steps):
        b = b - rate * gradient(b)
    return b


@exercise(
    "03.3",
    "Four things happen: b starts at zeros; then, steps times, the logits, the probabilities and a new b.",
    "p = 1 / (1 + np.exp(-X @ b)), and the gradient is X.T @ (p - y) / len(y). Downhill means: subtract.",
    "b = np.zeros(X.shape[1]); for _ in range(steps): p = 1 / (1 + np.exp(-X @ b)); b = b - rate * X.T @ (p - y) / len(y); after the loop, return b",
    praise="You have written a training loop. Larger networks change the line with p, and how the gradient is found.",
)
def fit_logistic(function: Any) -> str | None:
    X, y = _sample(40, 1, seed=6)
    X = np.column_stack([X, np.random.default_rng(8).normal(size=40)])
    y, n, steps = (y + 3 * np.random.default_rng(9).normal(size=40) > y.mean()).astype(float), 40, 400

    def slope(b: np.ndarray) -> np.ndarray:
        return X.T @ (_sigmoid(X @ b) - y) / n

    with np.errstate(all="ignore"):
        answer = array(call(function, X.copy(), y.copy(), 1.0, steps), finite=False)
        right = _descend(X, y, slope, steps)
        if answer.shape == y.shape:
            return "These are 40 values, one for each row. Return the coefficients b, one for each column of X."
        b = _coefficients(answer, 3)
        if b.shape != right.shape:
            return f"X has 3 columns, so 3 coefficients are asked for; this has shape {b.shape}."
        if close(b, right, rtol=0.01):
            return None
        wrong = {
            "The first step is right, and then the function ends: `return` stands inside of the loop.": _descend(X, y, slope, 1),
            "This goes uphill: subtract the gradient, or turn p - y around.": _descend(X, y, slope, steps, -1.0),
            "The sigmoid is missing: p is 1 / (1 + exp(-X b)).": _descend(X, y, lambda b: X.T @ (X @ b - y) / n, steps),
            "The sign in the exponent is turned around: the sigmoid has exp(-z).": _descend(X, y, lambda b: X.T @ (_sigmoid(-X @ b) - y) / n, steps),
            "This is the gradient of the squared error, with p (1 - p) in it. The cross-entropy has p - y alone.": _descend(
                X, y, lambda b: X.T @ ((_sigmoid(X @ b) - y) * _sigmoid(X @ b) * _sigmoid(-X @ b)) / n, steps
            ),
            "p is computed once, before the loop. It has to follow b in each step.": steps * _descend(X, y, slope, 1),
            "These are the b from which you started: no step is taken.": np.zeros(3),
            "This is the gradient after the last step, nearly zero. Return b.": slope(right),
            "The rate is missing or too small here: these steps have not arrived. Take `rate` times the gradient.": _descend(X, y, slope, steps, 0.01),
        }
        for message, value in wrong.items():
            if close(b, value, rtol=0.01, atol=1e-3 if "gradient after" in message else 1e-6):
                return message
        first = array(call(function, X.copy(), y.copy(), 0.001, 1), finite=False)
    if close(first.ravel(), -0.001 * n * slope(np.zeros(3)), rtol=0.01):
        return "This is the gradient of the sum, so each step is 40 times too long. Divide by the number of rows, len(y)."
    if not np.isfinite(b).all():
        return "The numbers run away to infinity or nan: is the gradient divided by len(y), and subtracted?"
    loss = [-np.mean(np.log(_sigmoid((2 * y - 1) * (X @ one)))) for one in (b, right)]
    return f"On fresh data the mean NLL comes to {loss[0]:.4f}, and {loss[1]:.4f} is possible. Compare each line with the formulas above."


@exercise(
    "03.4",
    "First call everyone: `called = p >= threshold` is an array of True and False, and its mean is a share.",
    "Recall looks only at those with y == 1, the false positive rate only at those with y == 0.",
    "called = p >= threshold; return called[y == 1].mean(), called[y == 0].mean()",
    praise="Each rate looks at one class only, so it does not matter how rare defaults are.",
)
def recall_and_fpr(function: Any) -> str | None:
    y = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], dtype=float)
    p = np.array([0.9, 0.8, 0.3, 0.25, 0.1, 0.7, 0.3, 0.35, 0.2, 0.15, 0.1, 0.05])
    result = array(call(function, y.copy(), p.copy(), 0.3))
    if result.size != 2:
        return f"Two rates are asked for, recall and FPR; this has shape {result.shape}."
    hits, missed, alarms, quiet = 3, 2, 3, 4
    right = [hits / 5, alarms / 7]
    mistakes = [
        (right[::-1], "The two are in the wrong order: recall first."),
        ([2 / 5, 2 / 7], "Someone with p exactly at the threshold is called 1: use >=, not >."),
        ([hits / 5, hits / 5], [alarms / 7, alarms / 7], "Both numbers come from the same class. Recall needs y == 1, the FPR y == 0."),
        ([hits, alarms], "These are counts. Divide each by the size of its class."),
        ([hits / 12, alarms / 12], "Divide by the size of the class, not by everyone: the mean over y == 1, and over y == 0."),
        ([hits / (hits + alarms), alarms / 7], "The first one is the precision, a share of those called. Recall is a share of the defaulters."),
        ([hits / 5, alarms / (hits + alarms)], "The second one is a share of those called. The FPR is a share of those with y == 0."),
        ([hits / 5, quiet / 7], "The second one is the specificity, 1 - FPR."),
        ([missed / 5, alarms / 7], [missed / 5, quiet / 7], "The comparison is turned around, or the wrong ones are counted: p >= threshold is called 1."),
        ([7 / 12, alarms / 7], [7 / 12, 5 / 12], "The first one is the accuracy. Recall looks at y == 1 only."),
    ]
    return grade(result.ravel(), right, mistakes)


def ellipse(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The points of notebook 03, section 7: their five quadratic columns, and who is inside."""
    points = np.random.default_rng(seed).uniform(-2, 2, (n, 2))
    a, b = points.T
    inside = ((a + b - 0.6) / 2.4) ** 2 + ((a - b) / 1.2) ** 2 < 1
    return np.column_stack([a, b, a**2, a * b, b**2]).astype("float32"), inside


@exercise(
    "03.5",
    "It is the neuron of section 4 with five inputs: define, compile, fit on `columns_ellipse` and `y_ellipse`.",
    'keras.Sequential([keras.Input((5,)), layers.Dense(1, activation="sigmoid")]), and the loss is "binary_crossentropy".',
    'curved.compile(keras.optimizers.Adam(0.3), loss="binary_crossentropy"); curved.fit(columns_ellipse, y_ellipse, batch_size=100, epochs=50, verbose=0)',
    praise="Six parameters, and the boundary is an ellipse.",
)
def curved_neuron(model: Any) -> str | None:
    model = keras_model(model)
    columns, inside = ellipse(2000, seed=11)
    if not model.layers or tuple(getattr(model, "input_shape", None) or ())[1:] == (2,):
        return "This model takes the two coordinates. Give it the five columns: keras.Input((5,)), and fit it on columns_ellipse."
    p = array(model(columns), finite=False)
    if p.shape != (2000, 1):
        return f"One probability for each point is asked for; for 2000 points this gives shape {p.shape}."
    if not np.isfinite(p).all():
        return "Some outputs are nan: a smaller learning rate, or the loss binary_crossentropy, helps."
    if p.min() < 0 or p.max() > 1 + 1e-5:
        return f"The output goes from {p.min():.1f} to {p.max():.1f}, which is no probability: the sigmoid is missing."
    if p.min() > 1 - 1e-5:  # not always 1 to the last bit
        return "Every output is 1: a softmax over a single unit always is. Use a sigmoid."
    accuracy, majority = float(np.mean((p[:, 0] > 0.5) == inside)), float(1 - inside.mean())
    if accuracy >= 0.97:
        return None
    if accuracy < majority + 0.02:
        return f"Right for {accuracy:.1%} of fresh points, and always saying 'outside' gives {majority:.1%}. Was it trained on columns_ellipse?"
    return f"Right for {accuracy:.1%} of fresh points; 97 % is asked for. Train for more epochs, or with a larger rate."


@exercise(
    "03.6",
    "The plan: for each row i, fit on the others (np.delete(X, i, axis=0)), predict row i, and square the error.",
    "The shortcut needs one fit: residuals e, leverages h = np.diag(X @ np.linalg.inv(X.T @ X) @ X.T), errors e / (1 - h).",
    "return np.mean(((y - X @ b) / (1 - h)) ** 2), with b from the normal equations",
    praise="One fit in place of n. Nothing so cheap is known for networks, which use k-fold.",
)
def leave_one_out(function: Any) -> str | None:
    X, y = _sample(10, 2, seed=3)
    hat = X @ np.linalg.inv(X.T @ X) @ X.T
    e, h = y - hat @ y, np.diag(hat)
    errors = e / (1 - h)
    result = array(call(function, X.copy(), y.copy()))
    if result.shape == y.shape:
        return "These are the values of the single rows. Square the leave-one-out errors, and take their mean."
    mistakes = [
        (np.mean(e**2), "This is the training error: each row is still in the fit that predicts it."),
        (np.mean(e**2 / (1 - h)), "The 1 - h must be squared with the residual: ((y - X b) / (1 - h)) ** 2."),
        (np.mean(((1 - h) * e) ** 2), "Divide by 1 - h: without its own row, the plane misses by more."),
        (np.mean((e / h) ** 2), "Divide by 1 - h, not by h."),
        (np.sum(errors**2), "This is the sum over the rows. Take the mean."),
        (np.mean(errors), np.mean(abs(errors)), "The errors are not squared."),
        (np.mean(errors) ** 2, "First square each error, then take the mean."),
        (np.sqrt(np.mean(errors**2)), "This is the root. The mean squared error is asked for."),
        (np.mean((e / (1 + h)) ** 2), "The sign is turned around: 1 - h."),
        (np.sum(e**2) / (len(y) - 3), "This is RSS / (n - p), an estimate of the noise. Leave each row out in turn."),
        (errors[0] ** 2, errors[-1] ** 2, "This is one row alone. Take the mean over all rows, after the loop."),
        (np.mean((y - y.mean()) ** 2), "This is the variance of y: the plane is missing."),
    ]
    return grade(number(result), np.mean(errors**2), mistakes)
