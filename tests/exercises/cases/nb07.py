import numpy as np

from tests.exercises.cases.shared import LOGITS_NLL, logs, true


def naive(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


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


def in_place(z, y):
    z -= z.max(axis=1, keepdims=True)
    return -true(logs(z), y).mean()


COUNTS = np.diag([8, 9, 7, 8, 6, 9, 9, 8, 5, 7]) + np.eye(10, k=1, dtype=int) + 2 * np.eye(10, k=-3, dtype=int)
DIAGONAL, ROWS, COLUMNS = np.diag(COUNTS), COUNTS.sum(axis=1), COUNTS.sum(axis=0)

RIGHT = {
    "07.1": [
        (lambda train, new: (new - train.mean()) / train.std(),),
        (lambda train, new: ((new - np.mean(train)) / np.std(train)).tolist(),),
        (lambda train, new: (new - train.mean()) / train.std(ddof=1),),
    ],
    "07.2": [(lambda z, y: -true(logs(z), y).mean(),), (lambda z, y: [float(-true(logs(z), y).mean())],)],
    "07.4": [(13002,), (np.array([13002.0]),)],
    "07.5": [(DIAGONAL / ROWS, COUNTS), ((DIAGONAL / ROWS).round(4).tolist(), COUNTS.tolist())],
}

WRONG = {
    "07.1": [
        ((lambda train, new: (new - new.mean()) / new.std(),), "company"),
        ((lambda train, new: (new - train.mean(axis=0)) / train.std(axis=0),), "each pixel"),
        ((lambda train, new: (new - np.append(train, new).mean()) / np.append(train, new).std(),), "together"),
        ((lambda train, new: (new - train.mean()) / new.std(),), "One of the two"),
        ((lambda train, new: new - train.mean(),), "Divide it"),
        ((lambda train, new: (new - train.mean()) / train.var(),), "variance"),
        ((lambda train, new: new / train.std(),), "Subtract"),
        ((lambda train, new: new / 255,), "other scale"),
        ((lambda train, new: (train - train.mean()) / train.std(),), "Return the new"),
        ((lambda train, new: (new - train.mean(axis=0)) / (train.std(axis=0) + 1e-7),), "leave out the axis"),
        ((lambda train, new: (train.mean() - new) / train.std(),), "sign"),
    ],
    "07.2": [
        *LOGITS_NLL,
        (lambda z, y: -np.log(true(naive(z), y)).mean(), "overflows"),
        (lambda z, y: z - z.max(axis=1), "keepdims=True"),
        (in_place, "copy"),
    ],
    "07.4": [
        ((12960,), "weights only"),
        ((12832,), "output layer"),
        ((12730,), "second hidden"),
        ((784 * 16 + 16 + 784 * 16 + 16 + 170,), "16 inputs"),
        ((906,), "28 times 28"),
        ((784 * 16 * 16 * 10,), "add up"),
        ((826,), "units"),
        ((12963,), "not each layer"),
        ((12992,), "output layer are missing"),
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
    "07.3": (
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
}
