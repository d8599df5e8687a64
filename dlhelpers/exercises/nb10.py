"""Exercises of notebook 10, regularisation."""

from functools import cache
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import NotYet, Untried, array, call, close, exercise, grade, keras_model, number

# Ridge


def _ridge(X: Any, Y: Any, alpha: float) -> Any:
    return np.linalg.solve(X.T @ X / len(X) + alpha * np.eye(X.shape[1]), X.T @ Y / len(X))


def _ridge_slips(X: np.ndarray, Y: np.ndarray, alpha: float) -> list[tuple[Any, ...]]:
    n = len(X)
    H, c, eye = X.T @ X / n, X.T @ Y / n, np.eye(X.shape[1])

    def solve(A: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(A, b, rcond=None)[0]

    return [
        (solve(H, c), "This is the solution without a penalty: alpha is missing."),
        (
            solve(H + alpha, c),
            "`H + alpha` adds alpha to *every* entry of the matrix. The penalty belongs on the diagonal: alpha * np.eye(k).",
        ),
        (
            solve(n * H + alpha * eye, n * c),
            "The squared error is a *mean* here, so both X.T @ X and X.T @ Y are divided by the number of rows.",
        ),
        (solve((n * H) / len(eye) + alpha * eye, n * c / len(eye)), "n is the number of rows, len(X). This divides by the number of columns."),
        (solve(H + alpha * eye, n * c), "X.T @ Y is to be divided by the number of rows, too."),
        (solve(n * H + alpha * eye, c), "X.T @ X is to be divided by the number of rows, too."),
        (solve(H + n * alpha * eye, c), "alpha is multiplied by the number of rows. The mean takes care of it."),
        (solve(H - alpha * eye, c), "The sign of alpha is turned round: it is added to the diagonal."),
        (solve(H + 2 * alpha * eye, c), "alpha is twice too large: the penalty is alpha/2 times the sum of squares."),
        (solve(H + alpha / 2 * eye, c), "alpha is halved. The derivative of alpha/2 w² is alpha w."),
        (solve(H + alpha**2 * eye, c), "alpha itself is added, not its square."),
        (solve(H + np.sqrt(alpha) * eye, c), "alpha itself is added, not its root."),
        (solve(H + alpha * eye, c + alpha), "alpha stands on the left only. The right-hand side is X.T @ Y / n."),
        (solve(n * H / (n + alpha * eye), c), "Brackets: alpha is added to X.T @ X / n, not to the n below the line."),
        (solve(n * H / X.size + alpha * eye, n * c / X.size), "n is the number of rows, len(X). `X.size` counts all entries."),
        (solve(n * H / (n - 1) + alpha * eye, n * c / (n - 1)), "Divide by n, not by n - 1."),
        (solve(n * H / Y.shape[1] + alpha * eye, n * c / Y.shape[1]), "n is the number of rows, len(X). This divides by the number of columns of Y."),
        (solve(H, c) - alpha, "alpha is subtracted at the end. It belongs in the equation, on the diagonal."),
        (solve(H, c) / (1 + alpha), "Dividing by 1 + alpha is right only where every curvature is 1. Solve the equation."),
    ]


@exercise(
    "10.1",
    "Without a penalty it is `np.linalg.solve(X.T @ X / n, X.T @ Y / n)` with n = len(X). What does alpha change?",
    "alpha goes on the diagonal of the matrix: add `alpha * np.eye(X.shape[1])`.",
    "return np.linalg.solve(X.T @ X / len(X) + alpha * np.eye(X.shape[1]), X.T @ Y / len(X))",
    praise="With alpha > 0 there is always exactly one solution.",
    solution=_ridge,
)
def ridge_solution(function: Any) -> str | None:
    rng = np.random.default_rng(21)
    for n, k, m, alpha in ((12, 3, 2, 0.3), (5, 8, 4, 0.05)):
        X, Y = rng.normal(size=(n, k)) * np.linspace(0.5, 2, k), rng.normal(size=(n, m))
        try:
            got, right = array(call(function, X, Y, alpha), finite=False), _ridge(X, Y, alpha)
        except NotYet as problem:
            if "must be as long as" not in str(problem):
                raise
            raise NotYet(f"The shapes do not fit. X has {X.shape}, so X.T @ X has {(k, k)}, X @ X.T has {(n, n)}, and X.T @ Y has {(k, m)}.") from problem
        if got.shape == right.T.shape and got.shape != right.shape and close(got, right.T):
            return "Right, but transposed: one row for each input, one column for each output."
        if got.shape != right.shape:
            return f"For X of shape {X.shape} and Y of shape {Y.shape} the weights have shape {right.shape}; these have {got.shape}."
        if not np.isfinite(got).all():
            return "The weights are nan or infinite. With alpha on the diagonal the matrix can be inverted."
        if message := grade(got, right, _ridge_slips(X, Y, alpha)):
            return message
    return None


# Early stopping


def _best_epoch(losses: Any, patience: int) -> int:
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        elif epoch - best == patience:
            break
    return best


def _epoch_slip(kind: str) -> Any:
    """Early stopping with one thing changed."""

    def rule(losses: Any, patience: int) -> int:
        best, waited = 0, int(kind == "from the start")
        if waited == patience:
            return 0
        for epoch in range(1, len(losses)):
            if kind == "ties" and losses[epoch] == losses[best]:
                best, waited = epoch, 0
            elif losses[epoch] < losses[epoch - 1 if "previous" in kind else best]:
                best = epoch if kind == "previous" or losses[epoch] < losses[best] else best
                waited = waited if kind == "no reset" else 0
            else:
                waited += 1
                if waited == patience + {"one more": 1, "one less": -1}.get(kind, 0):
                    return epoch if kind == "last" else best
        return len(losses) - 1 if kind == "last" else best

    return rule


_STOPS = (
    ([0.9, 0.5, 0.6, 0.7, 0.8, 0.4], 2),
    ([2.0, 1.0, 1.2, 0.8, 0.9, 0.95, 0.7, 0.75, 0.6, 0.65, 0.66, 0.67], 3),
    ([1.0, 0.9, 0.8, 0.7], 2),
    ([1.0, 0.8, 0.9, 0.7, 0.75, 0.6, 0.65, 0.5, 0.55, 0.4], 2),
    ([1.0, 0.9, 0.95, 0.93, 0.91, 0.2], 3),
    ([0.5, 0.6, 0.4], 1),
    ([1.0, 0.8, 0.9, 0.95, 0.3], 3),
    ([0.5, 0.6, 0.4, 0.7], 2),  # epoch 0 is no waiting
    ([1.0, 0.8, 0.9], 2),  # ends before it stops
    ([1.0, 0.8, 0.8, 0.8, 0.5], 2),  # as good as the best is no improvement
)


@exercise(
    "10.2",
    "Keep the best epoch so far, at first 0. Go through the losses; a lower one makes its epoch the best.",
    "Stop when the current epoch is `patience` epochs after the best one: `if epoch - best == patience: break`.",
    "best = 0; for epoch, loss in enumerate(losses): if loss < losses[best]: best = epoch, elif epoch - best == patience: break. "
    "At the end: return best",
    praise="Patience forgives small bumps and ends the waiting.",
    solution=_best_epoch,
)
def epoch_to_restore(function: Any) -> str | None:
    got = []
    for losses, patience in _STOPS:
        try:
            found = number(call(function, list(losses), patience))
        except Untried:
            if not got:
                raise
            return f"For the losses {losses} and patience {patience} your function returns nothing. What does it return there?"
        if found != round(found):
            return "Return the *number* of the epoch, not its loss: 0 for the first one."
        got.append(int(found))
    right = [_best_epoch(*case) for case in _STOPS]
    if got == right:
        return None
    if got == [epoch + 1 for epoch in right]:
        return "One too many each time: the first epoch has the number 0, as in the list."
    mistakes = [
        (lambda losses, patience: int(np.argmin(losses)), "This is the lowest loss of the whole list. Training may have ended before it: use `patience`."),
        (_epoch_slip("last"), "This is the epoch where training *stops*. Return the one with the lowest loss until then."),
        (lambda losses, patience: len(losses) - 1, "This is the last epoch of the list. Return the one with the lowest loss until training stops."),
        (_epoch_slip("no reset"), "After each new best epoch the waiting starts again from 0. Here the bad epochs of the whole training are counted."),
        *[(_epoch_slip(kind), "Compare with the *best* loss so far, not with the one of the epoch before.") for kind in ("previous", "lowest, previous")],
        (_epoch_slip("ties"), "A loss that only equals the best is no improvement: compare with <, not with <=."),
        (_epoch_slip("from the start"), "Epoch 0 already counts as one without improvement here. Begin to wait after it: it is the first best epoch."),
        (_epoch_slip("one more"), "It waits one epoch too long: with patience 2, two epochs in a row without a new best one end the training."),
        (_epoch_slip("one less"), "It gives up one epoch too early: with patience 2, two epochs in a row without a new best one end the training."),
        (lambda losses, patience: max(0, _epoch_slip("last")(losses, patience) - patience), "Nearly: go back from the stop to the best epoch. Without a stop, the best one may be the last."),
    ]
    for rule, says in mistakes:
        if got == [rule(*case) for case in _STOPS]:
            return says
    losses, patience, yours, best = next((*case, a, b) for case, a, b in zip(_STOPS, got, right, strict=True) if a != b)
    return f"For the losses {losses} and patience {patience} the epoch to restore is {best}; yours is {yours}."


# Dropout


def _dropout(h: Any, rate: float, rng: Any) -> Any:
    return h * (rng.random(h.shape) >= rate) / (1 - rate)


@exercise(
    "10.3",
    "Draw one uniform number for each entry, `rng.random(h.shape)`. How do you keep an entry with probability 1 - rate?",
    "`keep = rng.random(h.shape) >= rate` is True with probability 1 - rate. Multiply h by it.",
    "keep = rng.random(h.shape) >= rate, then: return h * keep / (1 - rate)",
    praise="On average it changes nothing, and each draw is another network.",
    solution=_dropout,
)
def inverted_dropout(function: Any) -> str | None:
    h = np.random.default_rng(8).uniform(1, 2, size=(200, 50))
    found = {}
    for rate in (0.5, 0.2):
        generator = np.random.default_rng(3)
        first, second = (array(call(function, h.copy(), rate, generator)) for _ in range(2))
        if first.shape != h.shape:
            return f"The result should have the shape of h, {h.shape}, and this one has {first.shape}."
        if close(first, h) and close(second, h):
            return "Nothing is dropped: h comes back as it was."
        if close(first.min(), -rate):
            return "Brackets: `/ 1 - rate` divides by 1 and subtracts the rate. Write / (1 - rate)."
        kept = first != 0
        if not kept.any():
            return "Everything is dropped at once. Draw a number for each entry: rng.random(h.shape)."
        if message := _shared(kept, rate):
            return message
        if np.array_equal(kept, second != 0):
            return "Each call drops the same units. Draw from the generator `rng` that you are given, and do not make a new one."
        again = array(call(function, h.copy(), rate, np.random.default_rng(3)))
        if not np.array_equal(kept, again != 0):
            return "Equal generators should drop equal units. Draw from the generator `rng` that you are given."
        found[rate] = kept.mean(), _factors(first, h, kept)
    message = _dropout_message(found)
    if message is None and not close(array(call(function, h.copy(), 0.0, np.random.default_rng(1))), h):
        return "With rate 0 nothing should change."
    return message


def _shared(kept: np.ndarray, rate: float) -> str | None:
    if kept.all():
        return "No entry is 0: dropped units should give 0."
    if (kept == kept[:1]).all():
        return "All rows lose the same units. Draw a number for each entry: rng.random(h.shape)."
    if (kept == kept[:, :1]).all():
        return "Whole rows are dropped. Draw a number for each entry: rng.random(h.shape)."
    return None


def _factors(result: np.ndarray, h: np.ndarray, kept: np.ndarray) -> float:
    factors = result[kept] / h[kept]
    if np.ptp(factors) > 1e-3:
        raise NotYet("The kept entries are not all scaled by the same factor. Multiply h by a mask of 0 and 1, then divide by 1 - rate.")
    return float(factors.mean())


def _dropout_message(found: dict[float, tuple[float, float]]) -> str | None:
    """Judge the share that was kept and the scale of what was kept, at the rates 0.5 and 0.2."""
    shares, scales = ([found[rate][i] for rate in (0.5, 0.2)] for i in (0, 1))
    if close(shares, [0.5, 0.2], atol=0.02):
        return "At rate 0.2 only 20 % of the units are *kept*. The rate is the share that is dropped."
    if close(shares, [0.5, 0.5], atol=0.02):
        return "Half of the units are dropped, whatever the rate: use the argument `rate`."
    if not close(shares, [0.5, 0.8], atol=0.02):
        return f"At rate 0.2 a share of {shares[1]:.2f} is kept, and it should be 0.80 on average."
    mistakes = [
        ([1, 1], "The right units are dropped. Now divide what is left by 1 - rate, so that the mean stays the same."),
        ([0.5, 0.8], "Multiplying by 1 - rate makes the sum smaller still. *Divide* by it."),
        ([2, 5], "Divide by 1 - rate, the share that is kept, not by the rate."),
        ([2, 2], "Dividing by 0.5 is right for rate 0.5 only: divide by 1 - rate."),
        ([1.5, 1.2], "Multiplying by 1 + rate is not enough: divide by 1 - rate."),
    ]
    return grade(scales, [2, 1.25], mistakes, other=f"At rate 0.2 the kept entries are scaled by {scales[1]:.3f}; divide by 1 - rate, which is 0.8.")


# Ensembles


class _Fixed:
    """A stand-in for a trained network: its probabilities depend on the pictures."""

    layers = ()

    def __init__(self, seed: int, classes: int = 4):
        self.weights = 2 * np.random.default_rng(seed).normal(size=(6, classes))

    def predict(self, x: Any, *arguments: Any, **options: Any) -> np.ndarray:
        z = np.asarray(x, dtype=float) @ self.weights
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return (e / e.sum(axis=1, keepdims=True)).astype("float32")

    def predict_on_batch(self, x: Any) -> np.ndarray:
        return self.predict(x)

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """Like a network with augmentation in it, which changes the images unless it is told not to."""
        import tensorflow as tf

        return tf.constant(self.predict(x if training is False else np.asarray(x)[:, ::-1]))


def _ensemble(models: Any, x: Any) -> np.ndarray:
    return np.mean([model.predict(x, verbose=0) for model in models], axis=0)


@exercise(
    "10.4",
    "Ask each network for its probabilities, `net.predict(x, verbose=0)`, and collect them in a list.",
    "The list has the shape (networks, images, classes). Average over the first axis.",
    "return np.mean([net.predict(x, verbose=0) for net in nets], axis=0)",
    praise="An average of probabilities is a probability again.",
    solution=_ensemble,
)
def averaged_networks(function: Any) -> str | None:
    models = [_Fixed(seed) for seed in (5, 6, 7)]
    x = np.random.default_rng(9).normal(size=(15, 6)).astype("float32")
    p = np.array([model.predict(x) for model in models], dtype=float)
    got, right = array(call(function, models, x), finite=False), p.mean(axis=0)
    if got.shape == p.shape:
        return "These are the answers of the single networks. Average them over the first axis, axis=0."
    if got.shape == (15,):
        return "One number for each image: these are labels or the like. Return the averaged probabilities, one column for each class."
    if got.shape in ((3, 4), (3, 15)):
        return "The average runs over the wrong axis. The networks are axis 0."
    if got.shape != right.shape:
        return f"The result should have one row for each image and one column for each class, (15, 4), and this has {got.shape}."
    votes = np.eye(4)[p.argmax(axis=2)].mean(axis=0)
    softened = np.exp(right) / np.exp(right).sum(axis=1, keepdims=True)
    each_softened = (np.exp(p) / np.exp(p).sum(axis=2, keepdims=True)).mean(axis=0)
    geometric = np.exp(np.log(p).mean(axis=0))
    changed = np.mean([model(x) for model in models], axis=0)
    mistakes = [
        (changed, "Augmentation layers stay on in `net(x)`. Write `net(x, training=False)` or `net.predict(x, verbose=0)`."),
        (votes, "These are shares of *votes*. A network that is sure should count more than one that wavers: average the probabilities."),
        (p.sum(axis=0), "This is the sum: the rows add up to the number of networks. Take the mean."),
        (p[0], p[-1], "This is the answer of one network alone."),
        (np.log(p).mean(axis=0), "These are averaged logarithms. Average the probabilities themselves."),
        (geometric, geometric / geometric.sum(axis=1, keepdims=True), "This is the geometric mean. Average the probabilities themselves."),
        (p[0] + p[1] + p[2] / 3, "Brackets: add all of them first, then divide."),
        (p[:-1].mean(axis=0), p[1:].mean(axis=0), "One network is missing in the mean."),
        ((p[0] + p[1] + 2 * p[2]) / 4, "The later networks count more here. Add all of them first, and divide once."),
        (each_softened, "There is a softmax before the mean, but the networks give probabilities already."),
        (softened, "There is a softmax at the end, but the networks give probabilities already."),
        (np.median(p, axis=0), "This is the median, whose rows need not add up to 1. Take the mean."),
        (p.max(axis=0), "This is the largest of the probabilities. Take the mean."),
    ]
    if close(got, right, rtol=1e-3, atol=1e-5):
        two = _Fixed(11), _Fixed(12)
        other = array(call(function, list(two), x))
        if not close(other, np.mean([model.predict(x) for model in two], axis=0), atol=1e-5):
            return "It works for three networks only: average over as many as there are."
        return None
    return grade(got, right, mistakes, atol=1e-5)


# A network from 500 digits

TARGET, LIMIT = 0.92, 400_000


@cache
def _fresh_digits() -> tuple[np.ndarray, np.ndarray]:
    """2000 digits of the test file: no notebook trains on them."""
    _, (x, y) = data.load_mnist()
    chosen = np.random.default_rng(12).permutation(len(x))[:2000]
    return x[chosen].reshape(-1, 784).astype("float32") / 255, y[chosen]


@exercise(
    "10.5",
    "Look at the table: which single method has the highest accuracy? Start with it.",
    "`regular_net(augment=True)` and more epochs. Watch the validation accuracy: is it still rising?",
    "best = regular_net(augment=True), then fit_regular(best, epochs=160).",
    praise="From 500 labels.",
)
def few_labels(model: Any) -> str | None:
    model = keras_model(model)
    if model.count_params() > LIMIT:
        return f"{model.count_params():,} parameters; at most {LIMIT:,} are allowed."
    x, y = _fresh_digits()
    shape = tuple(model.input_shape[1:])
    if shape not in ((784,), (28, 28), (28, 28, 1)):
        return f"The network should take digits of 784 pixels, as x_train has them; this one takes {shape}."
    p = array(model.predict(x.reshape(-1, *shape), batch_size=500, verbose=0), finite=False)
    if p.shape != (2000, 10):
        return f"Ten outputs for each digit are asked for; for 2000 digits this has shape {p.shape}."
    if not np.isfinite(p).all():
        return "The outputs are nan or infinite: train again with a smaller learning rate."
    accuracy = (p.argmax(axis=1) == y).mean()
    if accuracy >= TARGET:
        return None
    told = f"{accuracy:.1%} of fresh digits are right; {TARGET:.0%} are asked for."
    if accuracy < 0.3:
        return f"{told} That is close to guessing: was it trained, and on pixels from 0 to 1?"
    if not any("Random" in type(layer).__name__ for layer in _all_layers(model)):
        return f"{told} Augmentation gains most in the table; this network has none inside."
    return f"{told} Train longer first; then try some dropout, or stronger augmentation."


def _all_layers(model: Any) -> list[Any]:
    return [inner for layer in model.layers for inner in (_all_layers(layer) if hasattr(layer, "layers") else [layer])]
