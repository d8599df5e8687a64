import numpy as np

from dlhelpers import data


def digits(
    activation=None,
    from_logits=True,
    loss="SparseCategoricalCrossentropy",
    units=10,
    compiled=True,
    only_positive=False,
):
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(units, activation=activation)])
    model.add(keras.layers.ReLU()) if only_positive else None
    if compiled:
        model.compile("adam", getattr(keras.losses, loss)(from_logits=from_logits))
    return model


def named_loss():
    model = digits("softmax", compiled=False)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def loss_as_function():
    import keras

    model = digits("softmax", compiled=False)
    model.compile("adam", keras.losses.sparse_categorical_crossentropy)
    return model


def lower(loss, low):
    return loss < low


def stopping(start=1, reach=0, better=lower, best_of_all=False, turned=False, value=False, to_end=False):
    """The rule of early stopping with something else in one place."""

    def function(val_losses, patience):
        best = 1
        for epoch, loss in enumerate(val_losses, 1):
            if better(loss, val_losses[best - 1]):
                best = epoch
            if epoch - best == patience + reach and not to_end:
                break
        if best_of_all:
            best = int(np.argmin(val_losses)) + 1
        found = (epoch - 1 + start, val_losses[best - 1] if value else best - 1 + start)
        return found[::-1] if turned else found

    return function


def with_counter(val_losses, patience):
    best, waited = 0, 0
    for k in range(1, len(val_losses)):
        waited = 0 if val_losses[k] < val_losses[best] else waited + 1
        best = k if waited == 0 else best
        if waited >= patience:
            return [k + 1, best + 1]
    return [len(val_losses), best + 1]


def rises(val_losses, patience):
    rose, epoch = 0, 1
    for epoch in range(2, len(val_losses) + 1):
        rose = rose + 1 if val_losses[epoch - 1] > val_losses[epoch - 2] else 0
        if rose == patience:
            break
    return epoch, int(np.argmin(val_losses[:epoch])) + 1


def trained(*units, dropout=0.3, activation="relu", epochs=18, n=10_000, scale=255, outputs=10):
    import keras

    keras.utils.set_random_seed(0)
    (x, y), _ = data.load_mnist()
    net = keras.Sequential([keras.Input((784,))])
    for width in units:
        net.add(keras.layers.Dense(width, activation=activation))
        net.add(keras.layers.Dropout(dropout)) if dropout else None
    net.add(keras.layers.Dense(outputs))
    net.compile(keras.optimizers.Adam(0.001), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    if epochs:
        net.fit(x[:n].reshape(-1, 784).astype("float32") / scale, y[:n], batch_size=100, epochs=epochs, verbose=0)
    return net


def convolution():
    import keras

    layers = [keras.Input((784,)), keras.layers.Reshape((28, 28, 1)), keras.layers.Conv2D(2, 3)]
    return keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(10)])


def in_the_list(weights, order):
    weights[0] = weights[0][order]
    return weights


def first(change):
    return lambda weights, order: [change(weights[0], order), *weights[1:]]


COUNTS = np.diag([8, 9, 7, 8, 6, 9, 9, 8, 5, 7]) + np.eye(10, k=1, dtype=int) + 2 * np.eye(10, k=-3, dtype=int)
DIAGONAL, ROWS, COLUMNS = np.diag(COUNTS), COUNTS.sum(axis=1), COUNTS.sum(axis=0)

RIGHT = {
    "07.2": [(stopping(),), (with_counter,)],
    "07.4": [
        (lambda weights, order: [weights[0][order], *weights[1:]],),
        (lambda weights, order: [np.take(weights[0], order, axis=0)] + list(weights[1:]),),
    ],
    "07.5": [(DIAGONAL / ROWS, COUNTS), ((DIAGONAL / ROWS).round(4).tolist(), COUNTS.tolist())],
}

WRONG = {
    "07.2": [
        (stopping(turned=True), "wrong order"),
        (stopping(start=0), "counted from 0"),
        (stopping(value=True), "best epoch is another one"),
        (stopping(to_end=True), "to the end"),
        (stopping(best_of_all=True), "best epoch is another one"),
        (stopping(reach=1), "too late"),
        (stopping(reach=-1), "too early"),
        (stopping(better=lambda loss, low: loss <= low), "equal loss"),
        (rises, "*rose*"),
        (lambda val_losses, patience: stopping()(val_losses, patience)[0], "two numbers"),
        ([5, 3], "function"),
    ],
    "07.4": [
        (first(lambda W, order: W), "Nothing has changed"),
        (first(lambda W, order: W[:, order]), "columns"),
        (first(lambda W, order: W[np.argsort(order)]), "backwards"),
        (first(lambda W, order: W[order].T), "transposed"),
        (in_the_list, "changes its argument"),
        (lambda weights, order: weights[0][order], "list of 4"),
        (lambda weights, order: [w[order] if len(w) == 6 else w for w in weights], "Only the first"),
        (first(lambda W, order: W[order][:3]), "shapes"),
    ],
    "07.5": [
        ((DIAGONAL / COLUMNS, COUNTS), "precision"),
        ((DIAGONAL, COUNTS), "counts"),
        ((DIAGONAL / COUNTS.sum(), COUNTS), "all images"),
        ((1 - DIAGONAL / ROWS, COUNTS), "missed"),
        ((100 * DIAGONAL / ROWS, COUNTS), "percentages"),
        ((DIAGONAL.sum() / COUNTS.sum(), COUNTS), "own"),
        ((COUNTS / ROWS[:, None], COUNTS), "diagonal"),
        ((DIAGONAL / ROWS, COUNTS / ROWS[:, None]), "as it stands"),
        (((DIAGONAL / ROWS).round(2), COUNTS), "rounded"),
        ((DIAGONAL / ROWS[:, None], COUNTS), "keepdims"),
    ],
}

MODELS = {
    "07.1": (
        [lambda: digits(), lambda: digits("softmax", from_logits=False), named_loss, loss_as_function],
        [
            (lambda: digits("softmax"), "twice"),
            (lambda: digits(from_logits=False), "no softmax"),
            (lambda: digits("sigmoid", from_logits=False), "sigmoids"),
            (lambda: digits("sigmoid"), "any number"),
            (lambda: digits("relu"), "any number"),
            (lambda: digits("tanh"), "any number"),
            (lambda: digits(only_positive=True), "one sign"),
            (lambda: digits(units=1), "Ten outputs"),
            (lambda: digits(loss="CategoricalCrossentropy"), "sparse"),
            (lambda: digits(compiled=False), "compiled"),
            (lambda: 10, "Keras model"),
        ],
    ),
    "07.3": (
        [lambda: trained(200, 100, dropout=0.3, epochs=20)],
        [
            (lambda: trained(200, 100, epochs=0), "guessing"),
            (lambda: trained(256, 128, epochs=0), "parameters"),
            (lambda: trained(epochs=2), "ten templates"),
            (lambda: trained(64, activation=None, dropout=0, epochs=2), "no activation"),
            (lambda: trained(64, dropout=0, epochs=3), "no dropout"),
            (lambda: trained(64, epochs=2), "Wider layers"),
            (lambda: trained(64, dropout=0, epochs=4, scale=1), "0 to 255"),
            (lambda: trained(8, epochs=0, outputs=2), "Ten numbers"),
            (convolution, "Dense layers"),
            (lambda: digits(units=10), "guessing"),
            (lambda: 0.97, "Keras model"),
        ],
    ),
}
