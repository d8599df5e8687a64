import functools

import numpy as np

from dlhelpers import data


def binary(indices, n_words):
    row = np.zeros(n_words)
    row[indices] = 1
    return row


def mean(vectors, mask):
    weight = np.asarray(mask, dtype=float)[:, :, None]
    return (vectors * weight).sum(axis=1) / weight.sum(axis=1)


def total(vectors, mask):
    return (vectors * mask[:, :, None]).sum(axis=1)


def first_words(vectors, mask):
    return [v[: m.sum()].mean(axis=0) for v, m in zip(vectors, mask, strict=True)]


RIGHT = {
    "14.5": [([6, 9],), (np.array([[6.0, 9.0]]),), ((6, 9),)],
    "14.1": [
        (lambda indices, n_words: np.bincount(indices, minlength=n_words),),
        (lambda indices, n_words: [indices.count(i) for i in range(n_words)],),
    ],
    "14.2": [
        (mean,),
        (lambda vectors, mask: [v[m].mean(axis=0).tolist() for v, m in zip(vectors, mask, strict=True)],),
    ],
    "14.3": [("BC",), (["C", "B"],), ("b, c",), ({"B", "C"},), ("B and C",)],
    "14.6": [(81_617,), (np.array([81_617.0]),), (5000 * 16 + 2 * 4 * (8 * 24 + 8) + 17,)],
}

WRONG = {
    "14.5": [
        (([9, 12],), "once"),
        (([7, 10],), "the pair `it is`"),
        (([8, 11],), "the words `it` and `is`"),
        (([3, 3],), "shorter runs"),
        (([4, 3],), "each once"),
        (([6, 3],), "3-grams holds"),
        (([9, 6],), "order"),
        (([3, 6],), "single words"),
        (([4, 7],), "single words"),
        (([6, 8],), "first number is right"),
        (([7, 9],), "second number is right"),
        ((6,), "Two numbers"),
    ],
    "14.1": [
        ((binary,), "whether a word occurs"),
        ((lambda indices, n_words: np.bincount(indices),), "largest index"),
        ((lambda indices, n_words: np.eye(n_words)[indices],), "one-hot rows"),
        ((lambda indices, n_words: np.bincount(indices, minlength=n_words) / len(indices),), "shares"),
        ((lambda indices, n_words: np.bincount([i - 1 for i in indices], minlength=n_words),), "too low"),
        ((lambda indices, n_words: np.bincount([i + 1 for i in indices], minlength=n_words),), "too high"),
        ((lambda indices, n_words: np.bincount(indices, weights=indices, minlength=n_words),), "index itself"),
        ((lambda indices, n_words: indices,), "shape (10,)"),
        ((lambda indices, n_words: np.bincount([3, 1, 3, 7, 3], minlength=10),), "not for others"),
        ((lambda indices, n_words: np.eye(n_words)[indices[0]],), "Only one index"),
        ((lambda indices, n_words: np.bincount(range(len(indices)), minlength=n_words),), "places 0 to 4"),
        ((lambda indices, n_words: [np.sum(indices == i) for i in range(n_words)],), "Nothing is counted"),
    ],
    "14.2": [
        ((lambda vectors, mask: vectors.mean(axis=1),), "plain mean"),
        ((lambda vectors, mask: (vectors * mask[:, :, None]).mean(axis=1),), "all 4 places"),
        ((total,), "This is the sum"),
        ((lambda vectors, mask: total(vectors, mask) / len(vectors),), "number of sentences"),
        ((first_words,), "come first"),
        ((lambda vectors, mask: total(vectors, mask) / mask.sum(),), "own number"),
        ((lambda vectors, mask: vectors[mask].mean(axis=0),), "one mean"),
        ((lambda vectors, mask: vectors.mean(axis=2),), "axis 1"),
        ((lambda vectors, mask: vectors.mean(axis=0),), "over the sentences"),
        ((lambda vectors, mask: vectors.mean(),), "shape (3, 2)"),
        ((lambda vectors, mask: total(vectors, ~mask) / np.maximum((~mask).sum(axis=1), 1)[:, None],), "padding"),
        ((lambda vectors, mask: (vectors * mask).sum(axis=1),), "stops with"),
    ],
    "14.3": [
        (("B",), "a choice"),
        (("C",), "counts words"),
        (("BCD",), "D is clean"),
        (("ABC",), "A is clean"),
        (("BE",), "E is clean"),
        (("F",), "A to E"),
        ((2,), "as text"),
    ],
    "14.6": [
        ((80_817,), "one LSTM"),
        ((80_809,), "side by side"),
        ((81_609,), "sees both"),
        ((80_417,), "four"),
        ((81_553,), "biases"),
        ((81_105,), "state to state"),
        ((1_617,), "embedding is missing"),
        ((81_600,), "Dense unit is missing"),
        ((81_616,), "bias of the Dense"),
        ((81_265,), "GRU"),
        ((82_129,), "nothing of each other"),
        ((80_593,), "input to state"),
        ((80_209,), "single SimpleRNN"),
        ((1_600,), "LSTMs alone"),
        ((81_681,), "one bias"),
        ((80_000,), "embedding alone"),
    ],
}


@functools.cache
def sentences():
    from keras import layers

    found = data.load_movie_sentences()
    vectorize = layers.TextVectorization(10_000, standardize="lower", split="whitespace", output_sequence_length=32)
    vectorize.adapt(found.text[:6400].to_numpy())
    return np.asarray(vectorize(found.text.to_numpy())), found.label.to_numpy("float32")


def network(
    numbers=8, epochs=0, rows=slice(6400), outputs=1, activation="sigmoid", turned=False, rate=0.02, body="mean",
    words=10_000,
):
    """A small text network for exercise 14.4, trained or not."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    middle = {"mean": layers.GlobalAveragePooling1D, "max": layers.GlobalMaxPooling1D}[body]()
    embed = layers.Embedding(words, numbers, mask_zero=body == "mean")
    last = layers.Dense(outputs, activation=activation)
    model = keras.Sequential([keras.Input((None,), dtype="int32"), embed, middle, last])
    if epochs:
        ids, y = sentences()
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
        model.fit(ids[rows], 1 - y[rows] if turned else y[rows], batch_size=128, epochs=epochs, verbose=0)
    return model


def broken():
    model = network()
    model.set_weights([weights * np.nan for weights in model.get_weights()])
    return model


def dense(inputs=7, activation=None):
    import keras

    return keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(1, activation=activation)])


MODELS = {
    "14.4": (
        [lambda: network(epochs=2), lambda: network(epochs=3, body="max")],
        [
            (lambda: network(), "guessing"),
            (lambda: network(32), "Shorter word vectors"),
            (lambda: network(epochs=2, turned=True), "opposite"),
            (lambda: network(outputs=2), "One probability"),
            (lambda: network(activation=None), "sigmoid"),
            (lambda: network(epochs=6, rows=slice(6400, 6930)), "suspiciously"),
            (lambda: network(epochs=4, rows=slice(300)), "asked for"),
            (broken, "nan"),
            (dense, "could not read"),
            (lambda: dense(32, "sigmoid"), "names, not amounts"),
            (lambda: network(words=3000), "3000 rows"),
            (lambda: network(activation="softmax"), "single unit"),
            (lambda: 0.75, "Keras model"),
        ],
    )
}
