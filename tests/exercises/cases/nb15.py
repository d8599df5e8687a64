import functools

import numpy as np

from dlhelpers.exercises import nb15


def softmax(z):
    p = np.exp(z - np.max(z))
    return p / p.sum()


def cut(z, k, strict=False, shift=0):
    """Probabilities of the k likeliest logits; or of one fewer or `shift` more."""
    limit = np.sort(z)[-k - shift]
    return softmax(np.where(z > limit if strict else z >= limit, z, -np.inf))


def smooth(own=lambda n, N, K: n, other=lambda n, N, K: K, below=lambda n, N, K: N + K, empty=None):
    """The formula of exercise 15.3, right or with one thing changed."""

    def function(followers, c, p_shorter):
        n, N, K = followers[c], sum(followers.values()), len(followers)
        if not followers and empty is None:
            return p_shorter
        if not followers:
            return empty(p_shorter)
        return (own(n, N, K) + other(n, N, K) * p_shorter) / below(n, N, K)

    return function


def no_brackets(followers, c, p_shorter):
    N, K = sum(followers.values()), len(followers)
    return followers[c] + K * p_shorter / (N + K) if followers else p_shorter


def no_brackets_at_all(followers, c, p_shorter):
    N, K = sum(followers.values()), len(followers)
    return followers[c] + K * p_shorter / N + K if followers else p_shorter


def fails_when_empty(followers, c, p_shorter):
    N, K = sum(followers.values()), len(followers)
    return (followers[c] + K * p_shorter) / (N + K)


def only_known(followers, c, p_shorter):
    if c not in followers:
        return p_shorter
    return smooth()(followers, c, p_shorter)


def by_weight(followers, c, p_shorter):
    N, K = sum(followers.values()), len(followers)
    w = N / (N + K) if N else 0
    share = followers[c] / N if N else 0
    return w * share + (1 - w) * p_shorter


@functools.cache
def language_model(
    kind="LSTM", units=64, epochs=1, rate=0.01, pieces=5120, sequences=True, ahead=False, later=1,
    outputs=73, rows=73,
):  # fmt: skip
    """A network for exercise 15.6, trained or not."""
    import keras
    from keras import layers

    from dlhelpers import data

    keras.utils.set_random_seed(1)
    inputs = keras.Input((None,))
    x = layers.Embedding(rows, 32)(inputs)
    if kind:
        memory = getattr(layers, kind)(units, return_sequences=sequences)
        x = layers.Bidirectional(memory)(x) if ahead else memory(x)
    model = keras.Model(inputs, layers.Dense(outputs)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    if epochs:
        _, codes = np.unique(list(data.load_shakespeare()), return_inverse=True)
        at = np.arange(0, 50 * pieces, 50)[:, None] + np.arange(50)
        model.fit(codes[at], codes[at + later], batch_size=32, epochs=epochs, verbose=0)
    return model


def as_probabilities(model):
    import keras

    return keras.Sequential([keras.Input((None,)), model, keras.layers.Softmax()])


RIGHT = {
    "15.1": [(1.5 / np.log(2), np.exp(1.5)), (2.164, [4.4817])],
    "15.2": [("BD",), ("d, b",), (["B", "D"],)],
    "15.3": [(smooth(),), (by_weight,), (nb15._smoothed,)],
    "15.4": [
        (lambda p, T: p ** (1 / T) / (p ** (1 / T)).sum(),),
        (lambda p, T: softmax(np.log(p) / T),),
        (lambda p, T: list(np.exp(np.log(p) / T) / np.exp(np.log(p) / T).sum()),),
    ],
    "15.5": [
        (lambda z, k: cut(z, k),),
        (lambda z, k: np.where(z >= np.sort(z)[-k], np.exp(z), 0) / np.sort(np.exp(z))[-k:].sum(),),
    ],
}

WRONG = {
    "15.1": [
        ((1.5 * np.log(2), np.exp(1.5)), "Divide by ln 2"),
        ((1.5, np.exp(1.5)), "still nats"),
        ((np.log2(1.5), np.exp(1.5)), "already a logarithm"),
        ((1.5 / np.log(10), np.exp(1.5)), "ln 10"),
        ((np.exp(1.5), 1.5 / np.log(2)), "swapped"),
        ((1.5 / np.log(2), 2**1.5), "goes with bits"),
        ((1.5 / np.log(2), np.exp(1.5 / np.log(2))), "goes with nats"),
        ((1.5 / np.log(2), np.exp(-1.5)), "1 over it"),
        ((2.16, 4.4817), "Bits: right, but rounded"),
        ((2.164, 4.5), "Perplexity: right, but rounded"),
        ((-2.164, 4.4817), "positive"),
    ],
    "15.2": [
        (("B",), "D, too"),
        (("D",), "B, too"),
        (("ABD",), "A is clean"),
        (("BCD",), "as clean as A"),
        (("C",), "as clean as A"),
        (("none",), "A to D"),
    ],
    "15.3": [
        (smooth(other=lambda n, N, K: 0, below=lambda n, N, K: N), "no effect"),
        (smooth(other=lambda n, N, K: 1, below=lambda n, N, K: N + 1), "counts K times"),
        (smooth(below=lambda n, N, K: N), "more than 1"),
        (smooth(other=lambda n, N, K: N), "K, not N"),
        (smooth(other=lambda n, N, K: N, below=lambda n, N, K: 2 * N), "count one half"),
        (smooth(below=lambda n, N, K: 2 * K), "takes `len(followers)`"),
        (smooth(own=lambda n, N, K: n + 1, other=lambda n, N, K: 0, below=lambda n, N, K: N + 73), "adds one"),
        (smooth(own=lambda n, N, K: K * n / N, other=lambda n, N, K: N), "wrong way round"),
        (smooth(own=lambda n, N, K: 0), "count of c is missing"),
        (no_brackets, "Brackets"),
        (no_brackets_at_all, "both sums"),
        (smooth(own=lambda n, N, K: N), "in all"),
        (lambda followers, c, p: p(c), "is a number"),
        (smooth(other=lambda n, N, K: 1), "K before p_shorter"),
        (smooth(own=lambda n, N, K: n * 0.2, other=lambda n, N, K: K), "not the count"),
        (smooth(own=lambda n, N, K: n * (N + K) / N), "Both terms"),
        (fails_when_empty, "empty Counter is 0 / 0"),
        (smooth(empty=lambda p: 0.0), "empty Counter return"),
        (only_known, "never did has the count 0"),
        (lambda followers, c, p: p, "shorter context alone"),
        (lambda followers, c, p: -np.log2(smooth()(followers, c, p)), "not its logarithm"),
        (smooth(other=lambda n, N, K: 4, below=lambda n, N, K: N + 4), "another context"),
        (lambda followers, c: 0.5, "positional argument"),
    ],
    "15.4": [
        (lambda p, T: p ** (1 / T), "does not sum to 1"),
        (lambda p, T: softmax(p ** (1 / T)), "undoes"),
        (lambda p, T: p ** (1 / T) / (p ** (1 / T)).max(), "maximum"),
        (lambda p, T: softmax(p) / T, "only then"),
        (lambda p, T: softmax(np.log10(p) / T), "natural"),
        (lambda p, T: softmax(p / T), "no logits"),
        (lambda p, T: p / T, "scales all alike"),
        (lambda p, T: p / T / (p / T).sum(), "Nothing changed"),
        (lambda p, T: p**T / (p**T).sum(), "Turned around"),
        (lambda p, T: p**T, "1 / T"),
        (lambda p, T: np.log(p) / T, "into probabilities"),
        (lambda p, T: p**2 / (p**2).sum(), "argument temperature"),
        (lambda p, T: p**1 / T / (p**1 / T).sum(), "power comes first"),
        (lambda p, T: softmax(-np.log(p) / T), "sign"),
        (lambda p, T: softmax(np.log(p / (1 - p)) / T), "of a sigmoid"),
        (lambda p, T: np.exp(p / T), "no logits"),
        (lambda p, T: softmax(np.log2(p) / T), "natural"),
    ],
    "15.5": [
        (lambda z, k: softmax(np.where(z <= np.sort(z)[k - 1], z, -np.inf)), "least likely"),
        (lambda z, k: softmax(np.where(z >= np.sort(z)[-k], z, 0)), "exp(0) = 1"),
        (lambda z, k: softmax(z) * (z >= np.sort(z)[-k]), "Divide by its sum"),
        (lambda z, k: np.where(z >= np.sort(z)[-k], np.exp(z), 0), "do not sum"),
        (lambda z, k: np.where(z >= np.sort(z)[-k], z, 0), "logits"),
        (lambda z, k: np.where(z >= np.sort(z)[-k], z, -np.inf), "Now a softmax"),
        (lambda z, k: (z >= np.sort(z)[-k]) / k, "equally likely"),
        (lambda z, k: softmax(z), "Nothing was cut"),
        (lambda z, k: softmax(np.sort(z)[-k:]), "which characters"),
        (lambda z, k: cut(z, k, strict=True), "One is missing"),
        (lambda z, k: cut(z, k, shift=1), "One too many"),
        (lambda z, k: cut(z, 3), "use the arguments"),
        (lambda z, k: softmax(np.where(z == np.sort(z)[-k], z, -np.inf)), "only 1"),
        (lambda z, k: softmax(np.where(z >= np.sort(z)[k], z, -np.inf)), "5 characters"),
        (lambda z, k: np.sort(cut(z, k))[::-1], "sorted"),
        (lambda z, k: softmax(np.where(np.argsort(z) >= len(z) - k, z, -np.inf)), "not ranks"),
    ],
}
# A function as the only answer stands without a tuple above.

MODELS = {
    "15.6": (
        [
            lambda: language_model(units=96, epochs=2, pieces=10240),
            lambda: as_probabilities(language_model(units=96, epochs=2, pieces=10240)),
        ],
        [
            (lambda: language_model(epochs=0), "close to guessing"),
            (lambda: language_model(kind=None, rate=0.03), "one letter of memory"),
            (lambda: language_model(pieces=640), "bits per character"),
            (lambda: language_model(units=8, epochs=0, sequences=False), "once per piece"),
            (lambda: language_model(units=8, ahead=True, pieces=320), "later"),
            (lambda: language_model(units=32, later=0, rate=0.03, pieces=1280), "gives back"),
            (lambda: language_model(outputs=72, epochs=0), "a number for each character"),
            (lambda: language_model(rows=50, epochs=0), "has 50 rows"),
            (lambda: 2.4, "Keras model"),
        ],
    )
}
