import functools

import numpy as np

from dlhelpers.exercises import nb10


def solve(A, b):
    return np.linalg.lstsq(A, b, rcond=None)[0]


def ridge(rows_H=True, rows_c=True, diagonal=lambda alpha, k: alpha * np.eye(k)):
    """The ridge solution with its factors replaced."""

    def function(X, Y, alpha):
        n = len(X)
        return solve(
            X.T @ X / (n if rows_H else 1) + diagonal(alpha, X.shape[1]), X.T @ Y / (n if rows_c else 1)
        )

    return function


def by_more_rows(X, Y, alpha):
    """Ridge as least squares with additional rows of data."""
    k = X.shape[1]
    more = np.vstack([X, np.sqrt(alpha * len(X)) * np.eye(k)])
    return solve(more, np.vstack([Y, np.zeros((k, Y.shape[1]))]))


def with_counter(losses, patience):
    best_loss, best_epoch, waited = np.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < best_loss:
            best_loss, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
        if waited >= patience:
            return best_epoch
    return best_epoch


def by_index(losses, patience):
    for epoch in range(len(losses)):
        best = int(np.argmin(losses[: epoch + 1]))
        if epoch - best >= patience:
            return best
    return int(np.argmin(losses))


def stop(kind):
    return nb10._epoch_slip(kind)


def drop(draw=lambda shape, rng: rng.random(shape), keep=lambda u, rate: u >= rate, scale=lambda rate: 1 / (1 - rate)):
    return lambda h, rate, rng: h * keep(draw(h.shape, rng), rate) * scale(rate)


def same_seed(h, rate, rng):
    return h * (np.random.default_rng(0).random(h.shape) >= rate) / (1 - rate)


def noisy(h, rate, rng):
    return h * (rng.random(h.shape) >= rate) * rng.uniform(1, 3, h.shape)


def p(models, x):
    return np.array([model.predict(x, verbose=0) for model in models])


def geometric(models, x):
    product = np.exp(np.log(p(models, x)).mean(axis=0))
    return product / product.sum(axis=1, keepdims=True)


def three(models, x):
    return sum(model.predict(x) for model in models) / 3


def by_columns(X, Y, alpha):
    k = X.shape[1]
    return np.linalg.solve(X.T @ X / k + alpha * np.eye(k), X.T @ Y / k)


def stops_or_nothing(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best == patience:
            return best
    return None


def on_the_right(X, Y, alpha):
    return np.linalg.solve(X.T @ X / len(X) + alpha * np.eye(X.shape[1]), X.T @ Y / len(X) + alpha)


def below_the_line(X, Y, alpha):
    return np.linalg.solve(X.T @ X / (len(X) + alpha * np.eye(X.shape[1])), X.T @ Y / len(X))


def divided_by(count):
    def solve(X, Y, alpha):
        n = count(X, Y)
        return np.linalg.solve(X.T @ X / n + alpha * np.eye(X.shape[1]), X.T @ Y / n)

    return solve


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def counts_the_first(losses, patience):
    best = waited = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                break
    return best


RIGHT = {
    "10.1": [
        (ridge(),),
        (by_more_rows,),
        (lambda X, Y, alpha: np.linalg.inv(X.T @ X / len(X) + alpha * np.identity(X.shape[1])) @ (X.T @ Y) / len(X),),
        (lambda X, Y, alpha: np.linalg.solve(X.T @ X + len(X) * alpha * np.eye(X.shape[1]), X.T @ Y),),
    ],
    "10.2": [(with_counter,), (by_index,), (nb10._best_epoch,)],
    "10.3": [
        (drop(),),
        (drop(keep=lambda u, rate: u < 1 - rate),),
        (drop(draw=lambda shape, rng: rng.uniform(size=shape), keep=lambda u, rate: u > rate),),
        (lambda h, rate, rng: h * rng.binomial(1, 1 - rate, h.shape) / (1 - rate),),
        (lambda h, rate, rng: np.where(rng.random(h.shape) < rate, 0, h / (1 - rate)),),
    ],
    "10.4": [
        (nb10._ensemble,),
        (lambda models, x: p(models, x).mean(axis=0),),
        (lambda models, x: sum(np.asarray(model(x, training=False)) for model in models) / len(models),),
    ],
}

WRONG = {
    "10.1": [
        (ridge(diagonal=lambda alpha, k: 0), "without a penalty"),
        (ridge(diagonal=lambda alpha, k: alpha), "every"),
        (ridge(rows_H=False, rows_c=False), "mean"),
        (ridge(rows_c=False), "X.T @ Y is to be divided"),
        (by_columns, "number of columns"),
        (ridge(rows_H=False), "X.T @ X is to be divided"),
        (ridge(diagonal=lambda alpha, k: -alpha * np.eye(k)), "sign"),
        (ridge(diagonal=lambda alpha, k: 2 * alpha * np.eye(k)), "twice"),
        (ridge(diagonal=lambda alpha, k: alpha / 2 * np.eye(k)), "halved"),
        (ridge(diagonal=lambda alpha, k: alpha**2 * np.eye(k)), "square"),
        (lambda X, Y, alpha: ridge()(X, Y, 0) - alpha, "subtracted"),
        (lambda X, Y, alpha: ridge()(X, Y, np.sqrt(alpha)), "not its root"),
        (on_the_right, "left only"),
        (below_the_line, "Brackets"),
        (divided_by(lambda X, Y: X.size), "all entries"),
        (divided_by(lambda X, Y: len(X) - 1), "n - 1"),
        (divided_by(lambda X, Y: Y.shape[1]), "columns of Y"),
        (lambda X, Y, alpha: np.linalg.solve(X @ X.T + alpha * np.eye(len(X)), X.T @ Y), "X @ X.T has"),
        (lambda X, Y, alpha: ridge()(X, Y, 0) / (1 + alpha), "curvature"),
        (lambda X, Y, alpha: ridge()(X, Y, alpha).T, "transposed"),
        (lambda X, Y, alpha: ridge()(X, Y, alpha)[:, 0], "shape"),
        (lambda X, Y, alpha: np.linalg.solve(X.T @ X / len(X) + alpha * np.eye(len(X)), X.T @ Y), "broadcast"),
    ],
    "10.2": [
        (stops_or_nothing, "returns nothing"),
        (lambda losses, patience: int(np.argmin(losses)), "whole list"),
        (lambda losses, patience: with_counter(losses, patience) + 1, "number 0"),
        (lambda losses, patience: min(losses), "number* of the epoch"),
        (lambda losses, patience: len(losses) - 1, "last epoch of the list"),
        (stop("last"), "stops"),
        (stop("no reset"), "starts again"),
        (stop("previous"), "best* loss so far"),
        (stop("lowest, previous"), "best* loss so far"),
        (stop("one more"), "too long"),
        (stop("ties"), "not with <="),
        (stop("from the start"), "Epoch 0 already"),
        (counts_the_first, "Epoch 0 already"),
        (stop("one less"), "too early"),
        (lambda losses, patience: 0, "epoch to restore is"),
    ],
    "10.3": [
        (drop(scale=lambda rate: 1), "divide what is left"),
        (drop(scale=lambda rate: 1 - rate), "smaller still"),
        (drop(scale=lambda rate: 1 / rate), "not by the rate"),
        (drop(scale=lambda rate: 2), "rate 0.5 only"),
        (drop(scale=lambda rate: 1 + rate), "not enough"),
        (drop(scale=lambda rate: 3), "scaled by"),
        (lambda h, rate, rng: h * (rng.random(h.shape) >= rate) / 1 - rate, "Brackets"),
        (drop(keep=lambda u, rate: u < rate), "kept*"),
        (drop(keep=lambda u, rate: u < 0.5), "whatever the rate"),
        (drop(keep=lambda u, rate: u < 0.9), "should be 0.80"),
        (drop(draw=lambda shape, rng: rng.random(shape[1])), "All rows"),
        (drop(draw=lambda shape, rng: rng.random((shape[0], 1))), "Whole rows"),
        (drop(keep=lambda u, rate: u >= 0), "No entry"),
        (drop(keep=lambda u, rate: u > 2), "Everything"),
        (lambda h, rate, rng: h, "Nothing is dropped"),
        (lambda h, rate, rng: h * (np.random.random(h.shape) >= rate) / (1 - rate), "Equal generators"),
        (same_seed, "same units"),
        (noisy, "same factor"),
        (lambda h, rate, rng: h[:, rng.random(h.shape[1]) >= rate], "shape of h"),
    ],
    "10.4": [
        (lambda models, x: np.eye(4)[p(models, x).argmax(axis=2)].mean(axis=0), "votes"),
        (lambda models, x: p(models, x).mean(axis=0).argmax(axis=1), "labels"),
        (lambda models, x: p(models, x).sum(axis=0), "sum"),
        (lambda models, x: p(models, x), "single networks"),
        (lambda models, x: p(models, x)[0], "alone"),
        (lambda models, x: np.mean([model(x) for model in models], axis=0), "stay on"),
        (geometric, "geometric"),
        (lambda models, x: np.log(p(models, x)).mean(axis=0), "logarithms"),
        (lambda models, x: np.median(p(models, x), axis=0), "median"),
        (lambda models, x: p(models, x).max(axis=0), "largest"),
        (lambda models, x: p(models, x).mean(axis=1), "wrong axis"),
        (three, "three networks only"),
        (lambda models, x: p(models, x)[0] + p(models, x)[1] + p(models, x)[2] / 3, "Brackets"),
        (lambda models, x: p(models, x)[:2].mean(axis=0), "is missing"),
        (lambda models, x: ((p(models, x)[0] + p(models, x)[1]) / 2 + p(models, x)[2]) / 2, "count more"),
        (lambda models, x: softmax(p(models, x).mean(axis=0)), "softmax at the end"),
        (lambda models, x: np.mean([softmax(each) for each in p(models, x)], axis=0), "softmax before the mean"),
        (lambda models, x: p(models, x).mean(), "(15, 4)"),
    ],
}


@functools.cache
def digits(n):
    from dlhelpers import data

    (x, y), _ = data.load_mnist()
    return x[:n].reshape(-1, 784).astype("float32") / 255, y[:n]


@functools.cache
def network(units=100, n=8000, epochs=3, classes=10, augment=True, activation="softmax", image=False):
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    shift = [layers.Reshape((28, 28, 1)), layers.RandomTranslation(0.02, 0.02, fill_mode="constant")] if augment else []
    inputs = keras.Input((28, 28, 1) if image else (784,))
    last = layers.Dense(classes, activation=activation)
    model = keras.Sequential([inputs, *shift, layers.Flatten(), layers.Dense(units, "relu"), last])
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    if epochs:
        x, y = digits(n)
        model.fit(x.reshape(-1, *model.input_shape[1:]), y, batch_size=100, epochs=epochs, verbose=0)
    return model


MODELS = {
    "10.5": (
        [lambda: network(), lambda: network(augment=False), lambda: network(augment=False, image=True)],
        [
            (lambda: network(epochs=0), "trained"),
            (lambda: network(n=500, augment=False, epochs=10), "none inside"),
            (lambda: network(n=500, epochs=4), "longer"),
            (lambda: network(units=1000, epochs=0), "parameters"),
            (lambda: network(classes=5, epochs=0), "Ten outputs"),
            (lambda: network, "Keras model"),
        ],
    )
}
