import numpy as np

from dlhelpers.exercises import nb24


def attend(scale=lambda Q, K, V: np.sqrt(Q.shape[1]), axis=-1, after=None, mask=None, hidden=-np.inf):
    """Attention, right or with one thing changed."""

    def function(Q, K, V):
        scores = Q @ K.T / scale(Q, K, V)
        if mask is not None:
            scores = np.where(mask(len(Q)) > 0, scores, hidden)
        weights = nb24._softmax(scores, axis)
        if after is not None:
            weights = after(weights)
        return weights @ V, weights

    return function


def one_by_one(Q, K, V):
    """Causal attention with a loop over the places."""
    weights = np.zeros((len(Q), len(K)))
    for i in range(len(Q)):
        scores = K[: i + 1] @ Q[i] / np.sqrt(len(Q[i]))
        weights[i, : i + 1] = nb24._softmax(scores)
    return weights @ V, weights


def overflows(Q, K, V):
    powers = np.exp(Q @ K.T / np.sqrt(Q.shape[1]))
    weights = powers / powers.sum(axis=1, keepdims=True)
    return weights @ V, weights


def times_infinity(Q, K, V):
    with np.errstate(invalid="ignore"):
        weights = nb24._softmax(Q @ K.T / np.sqrt(3) + (1 - np.tri(len(Q))) * -np.inf)
    return weights @ V, weights


def with_ops(causal=False):
    """Attention in Keras' own operations."""

    def function(Q, K, V):
        from keras import ops

        scores = ops.matmul(Q, ops.transpose(K)) / ops.sqrt(ops.shape(Q)[1])
        if causal:
            scores = ops.where(ops.tri(len(Q)) > 0, scores, -np.inf)
        weights = ops.softmax(scores, axis=-1)
        return ops.matmul(weights, V), weights

    return function


def masked(change, softmax=nb24._softmax):
    """Causal attention with a mask of one's own, given the scores and where one may look."""

    def function(Q, K, V):
        with np.errstate(all="ignore"):
            weights = softmax(change(Q @ K.T / np.sqrt(Q.shape[1]), np.tri(len(Q)) > 0))
            return weights @ V, weights

    return function


def bare_softmax(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)


def transformer(
    first=True, second=True, attention=True, feed=True, norms=2, relu="relu", last=None, wide=4, ones=None,
    heads_fixed=None, mask="causal", key=None, name_kept=True, post=False, norm="LayerNormalization",
):  # fmt: skip
    """The block of exercise 24.3, right or with one thing changed."""

    def block(x, heads=4, causal=False):
        from keras import layers

        d = x.shape[-1]
        make = getattr(layers, norm)
        look = layers.MultiHeadAttention(heads_fixed or heads, key or d // heads)
        masked = {"causal": causal, "never": False, "always": True}[mask]
        if post:
            x = make()(x + look(x, x, use_causal_mask=masked))
            return make()(x + layers.Dense(d)(layers.Dense(wide * d, relu)(x)))
        if attention:
            y = make()(x) if norms else x
            x = y if not name_kept else x
            found = look(y, y, use_causal_mask=masked)
            x = x + found if first else found
        if not feed:
            return x
        y = make()(x) if norms > 1 else x
        x = y if not name_kept else x
        out = layers.Dense(ones or d, last)(layers.Dense(wide * d, relu)(y))
        return x + out if second else out

    return block


def with_relu_layer(x, heads=4, causal=False):
    from keras import layers

    d = x.shape[-1]
    y = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(num_heads=heads, key_dim=d // heads)(y, y, use_causal_mask=causal)])
    y = layers.ReLU()(layers.Dense(4 * d)(layers.LayerNormalization()(x)))
    return layers.Add()([x, layers.Dropout(0.1)(layers.Dense(d)(y))])


def written(order, relu="relu", feed="sequence", once=False):
    """A block whose sums are written down in `order`, a text of Python with its parts."""

    def block(x, heads=4, causal=False):
        import keras
        from keras import layers, ops

        d = x.shape[-1]
        attend, wide, back = layers.MultiHeadAttention(heads, d // heads), layers.Dense(4 * d), layers.Dense(d)
        n1 = layers.LayerNormalization()
        n2, n3 = n1 if once else layers.LayerNormalization(), layers.LayerNormalization()
        bend = {"relu": ops.relu, "linear": lambda y: y, "gelu": ops.gelu}[relu]
        stack = keras.Sequential([layers.Dense(4 * d, activation=relu), layers.Dense(d)])
        dense = stack if feed == "sequence" else lambda y: back(bend(wide(y)))
        found = {"x": x, "n1": n1, "n2": n2, "n3": n3, "dense": dense, "bend": ops.relu}
        found["look"] = lambda *seen: attend(*seen, use_causal_mask=causal)
        exec(order, found)
        return found["out"]

    return block


AS_TEXT = "y = n1(x); h = x + look(y, y); out = h + dense(n2(h))"


def pointer(epochs=4, position=True, attention=True, follow=True, gru=False, logits=True, outputs=10, rows=4000):
    """A network for exercise 24.4, trained or not."""
    import keras
    from keras import layers

    class Position(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(shape=shape[1:], initializer="random_normal")

        def call(self, x):
            return x + self.table

    keras.utils.set_random_seed(1)
    digits = keras.Input((10,))
    x = layers.Embedding(10, 32)(digits)
    x = Position()(x) if position else x
    x = layers.MultiHeadAttention(1, 32)(x, x) if attention else x
    x = layers.GRU(16, return_sequences=True)(x) if gru else x
    model = keras.Model(digits, layers.Dense(outputs, activation=None if logits else "softmax")(x))
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=logits))
    x = np.random.default_rng(3).integers(0, 10, (rows, 10))
    if epochs:
        model.fit(x, np.take_along_axis(x, x, axis=1) if follow else x, batch_size=50, epochs=epochs, verbose=0)
    return model


def cut(first=(4, 7, 4, 7), axes=(0, 1, 3, 2, 4), last=(16, 49)):
    """The patches of exercise 24.6, right or with one thing changed."""
    return lambda images: images.reshape(-1, *first).transpose(axes).reshape(-1, *last)


def slices(images):
    """The same with two loops."""
    parts = [images[:, i : i + 7, j : j + 7].reshape(-1, 49) for i in range(0, 28, 7) for j in range(0, 28, 7)]
    return np.stack(parts, axis=1)


def column_by_column(images):
    parts = [images[:, i : i + 7, j : j + 7].reshape(-1, 49) for j in range(0, 28, 7) for i in range(0, 28, 7)]
    return np.stack(parts, axis=1)


def splits(images):
    """The same with np.split, as a list of lists."""
    bands = np.split(np.asarray(images), 4, axis=1)
    parts = [part.reshape(len(images), 49) for band in bands for part in np.split(band, 4, axis=2)]
    return np.stack(parts, axis=1).tolist()


def count(block=lambda d: 12 * d**2 + 13 * d, token=1, place=1, end=2, blocks=True):
    return lambda n, d, v, t: token * v * d + place * t * d + end * d + (n if blocks else 1) * block(d)


RIGHT = {
    "24.1": [(nb24._attention,), (attend(),), (with_ops(),)],
    "24.2": [(nb24._causal_attention,), (attend(mask=np.tri, hidden=-1e9),), (one_by_one,), (with_ops(causal=True),)],
    "24.3": [(transformer(),), (with_relu_layer,), (transformer(relu="gelu"),), (transformer(post=True),),
        (written(AS_TEXT),), (written(AS_TEXT, feed="ops"),), (written(AS_TEXT, relu="gelu", feed="ops"),),
        (written("h = n1(x + look(x, x)); out = n2(h + dense(h))"),),
    ],  # fmt: skip
    "24.5": [(nb24._parameters,), (count(),), (lambda *shape: float(count()(*shape)),)],
    "24.6": [(nb24._patches,), (cut(),), (slices,), (splits,)],
}

WRONG = {
    "24.1": [
        (attend(lambda Q, K, V: 1), "scale is missing"),
        (attend(lambda Q, K, V: Q.shape[1]), "*root*"),
        (attend(lambda Q, K, V: 1 / np.sqrt(Q.shape[1])), "multiplied"),
        (attend(lambda Q, K, V: np.sqrt(len(K))), "number of words"),
        (attend(lambda Q, K, V: np.sqrt(V.shape[1])), "not of a value"),
        (attend(axis=0), "every row must sum to 1"),
        (attend(lambda Q, K, V: 1, after=lambda w: w / np.sqrt(3)), "inside the softmax"),
        (attend(after=np.round), "soft lookup"),
        (overflows, "nan"),
        (lambda Q, K, V: attend()(Q, K, V)[0], "two arrays"),
        (lambda Q, K, V: attend()(Q, K, V)[::-1], "wrong order"),
        (lambda Q, K, V: (attend()(Q, K, V)[0] * 2, attend()(Q, K, V)[1]), "weighted mean"),
        (lambda Q, K, V: (Q @ K.T @ V, Q @ K.T), "These are scores"),
        (lambda Q, K, V: (V, np.exp(Q @ K.T / np.sqrt(3))), "results should be"),
        (lambda Q, K, V: attend()(Q, K.T, V), "shapes do not fit"),
    ],
    "24.2": [
        (nb24._attention, "Nothing is masked"),
        (attend(after=lambda w: w * np.tri(5)), "before the softmax"),
        (attend(mask=np.tri, hidden=0), "no veto"),
        (attend(mask=np.tri, hidden=-1), "exp(-1)"),
        (attend(mask=lambda n: np.tri(n).T), "transposed"),
        (attend(mask=lambda n: np.tri(n, k=-1), hidden=-1e9), "diagonal"),
        (attend(lambda Q, K, V: 1, mask=np.tri), "24.1 is missing"),
        (attend(mask=np.tri, axis=0), "along each row"),
        (times_infinity, "0 times infinity"),
        (masked(lambda scores, may: np.where(may, scores, np.inf)), "*minus* infinity"),
        (masked(lambda scores, may: np.where(may, scores, np.inf), bare_softmax), "*minus* infinity"),
        (masked(lambda scores, may: np.where(may, -np.inf, scores)), "other way round"),
        (masked(lambda scores, may: np.where(may, -1e9, scores)), "other way round"),
        (masked(lambda scores, may: np.where(may, -np.inf, scores), bare_softmax), "other way round"),
        (masked(lambda scores, may: np.where(np.tri(len(may), k=-1) > 0, scores, -np.inf)), "diagonal"),
        (masked(lambda scores, may: np.where(np.tri(len(may), k=1) > 0, scores, -np.inf)), "right after it"),
        (masked(lambda scores, may: scores * np.where(may, 1, -np.inf)), "negative score times"),
        (masked(lambda scores, may: scores / may), "divided by 0"),
        (masked(lambda scores, may: np.where(np.tri(len(may), k=-2) > 0, scores, -np.inf)), "Some rows hold nan"),
        (lambda Q, K, V: attend(mask=np.tri)(Q, K, V)[1], "two arrays"),
    ],
    "24.3": [
        (transformer(attention=False), "no attention"),
        (transformer(feed=False), "feed-forward part is missing"),
        (transformer(norms=0), "no LayerNormalization"),
        (transformer(norms=1), "second LayerNormalization"),
        (transformer(norm="BatchNormalization"), "no LayerNormalization"),
        (transformer(relu=None), "one linear map"),
        (transformer(last="relu"), "may be negative"),
        (transformer(wide=2), "4 * d"),
        (transformer(ones=1), "goes back to d"),
        (transformer(heads_fixed=1), "use the argument `heads`"),
        (transformer(key=8), "d // heads"),
        (transformer(mask="never"), "still see the last one"),
        (transformer(mask="always"), "Hand the argument on"),
        (transformer(first=False), "The attention replaces x"),
        (transformer(second=False), "The Dense layers replace"),
        (transformer(name_kept=False), "name of its own"),
        (written("y = n1(x); h = x + look(y, y); out = x + dense(n2(h))"), "adds to the x that came in"),
        (written("y = n1(x); h = x + look(x, y); out = h + dense(n2(h))"), "query is x itself"),
        (written("y = n1(x); h = x + look(y, x); out = h + dense(n2(h))"), "values are x itself"),
        (written("y = n1(x); h = x + look(y, y); out = n3(h + dense(n2(h)))"), "One more normalisation"),
        (written("y = n1(x); h = x + look(y, y); out = n2(h + dense(h))"), "as it is"),
        (written("y = n1(x); h = x + look(y, y); out = h + dense(n2(x))"), "the normalised x"),
        (written("y = n1(x); h = x + look(y, y); out = h + dense(x) + 0 * n2(x)"), "get x itself"),
        (written("y = n1(x); a = look(y, y); out = x + a + dense(n2(a))"), "normalised attention alone"),
        (written("y = n1(x); a = look(y, y); out = x + a + dense(a) + 0 * n2(a)"), "attention alone"),
        (written("y = n1(x); h = x + look(y, y); z = n2(h); out = z + dense(z)"), "the normalised h"),
        (written("y = n1(x); a = look(y, y); h = x + a; out = y + dense(n2(h))"), "adds to the normalised x"),
        (written("y = n1(x); a = look(y, y); h = x + a; out = a + dense(n2(h))"), "adds to the attention alone"),
        (written("y = n1(x); h = x + look(y, y); out = x + h + dense(n2(h))"), "once more at the end"),
        (written("y = n1(x); h = x + look(y, y); out = h + h + dense(n2(h))"), "h is added twice"),
        (written("y = n1(x); h = x + x + look(y, y); out = h + dense(n2(h))"), "x is added twice"),
        (written("y = n1(x); h = x + y + look(y, y); out = h + dense(n2(h))"), "normalised x as well"),
        (written("y = n1(x); h = x + look(y, y); out = h + bend(dense(n2(h)))"), "may be negative"),
        (written("y = n1(x); h = x + look(y, y); out = 3 * (h + dense(n2(h)))"), "in another way"),
        (written(AS_TEXT, once=True), "a single one is used twice"),
        (written(AS_TEXT, relu="linear"), "one linear map"),
        (written(AS_TEXT, relu="linear", feed="ops"), "one linear map"),
        (lambda x, heads, causal: x, "no attention"),
        (lambda x, heads, causal: x[:, :3], "keeps the shape"),
        (lambda x: x, "positional argument"),
    ],
    "24.5": [
        (count(lambda d: 12 * d**2), "biases and normalisations"),
        (count(lambda d: 12 * d**2 + 4 * d), "Are all biases in it"),
        (count(lambda d: 12 * d**2 + 5 * d), "8 d are missing"),
        (count(lambda d: 12 * d**2 + 8 * d), "biases of the two Dense layers"),
        (count(lambda d: 12 * d**2 + 9 * d), "four biases of the attention"),
        (count(lambda d: 12 * d**2 + 9 * d), "two normalisations"),
        (count(lambda d: 12 * d**2 + 10 * d), "first Dense layer's bias"),
        (count(lambda d: 12 * d**2 + 11 * d), "two normalisations"),
        (count(lambda d: 12 * d**2 + 12 * d), "bias of the second Dense layer"),
        (count(lambda d: 12 * d**2 + 15 * d), "2 d too many"),
        (count(lambda d: 12 * d**2 + 15 * d, end=0), "2 d too many"),
        (count(lambda d: 12 * d**2 + 16 * d), "3 d too many"),
        (count(lambda d: 12 * d**2 + 30 * d), "30 d in each block"),
        (count(lambda d: 12 * d**2 + 9 * d + 4), "single numbers"),
        (count(lambda d: 12 * d**2, token=0, place=0, end=0), "Both tables"),
        (count(lambda d: 12 * d**2, end=0), "biases and normalisations"),
        (count(token=0, place=0), "Both tables"),
        (count(end=0), "after the last block is missing"),
        (count(end=1), "after the last block has 2d"),
        (count(end=4), "For 2 blocks"),
        (count(place=0), "positions"),
        (count(token=0), "table of tokens is missing"),
        (count(token=2), "once more"),
        (lambda n, d, v, t: count()(n, d, v, t) + v, "no bias"),
        (lambda n, d, v, t: n * count()(1, d, v, t), "not in each block"),
        (lambda n, d, v, t: count()(n, d, v, t) ** 2, "For 2 blocks"),
        (count(lambda d: 13 * d), "matrices of the blocks are missing"),
        (count(lambda d: 8 * d**2 + 9 * d), "attention's four matrices"),
        (count(lambda d: 8 * d**2 + 12 * d), "both Dense layers"),
        (count(lambda d: 11 * d**2 + 12 * d), "fourth matrix"),
        (count(lambda d: 9 * d**2 + 10 * d), "3 d² are missing"),
        (count(lambda d: 4 * d**2 + 8 * d), "two Dense layers"),
        (count(lambda d: 6 * d**2 + 10 * d), "not d²"),
        (count(lambda d: 24 * d**2 + 13 * d), "24 d²"),
        (count(lambda d: 20 * d**2 + 13 * d), "20 d²"),
        (count(blocks=False), "single block"),
        (124_439_808, "function is asked for"),
    ],
    "24.6": [
        (lambda images: images.reshape(-1, 16, 49), "strips"),
        (column_by_column, "column by column"),
        (cut(axes=(0, 1, 3, 4, 2)), "transposed"),
        (lambda images: cut()(images.swapaxes(1, 2)), "Every image is transposed"),
        (cut(first=(7, 4, 7, 4)), "not to (7, 4)"),
        (lambda images: cut(first=(7, 4, 7, 4), last=(49, 16))(images).swapaxes(1, 2), "every fourth pixel"),
        (cut(axes=(0, 2, 4, 1, 3)), "must come last"),
        (cut(axes=(0, 1, 2, 3, 4)), "strips"),
        (cut(axes=(0, 1, 4, 3, 2)), "wrong two axes"),
        (cut(axes=(0, 2, 1, 3, 4)), "wrong two axes"),
        (cut(axes=(0, 3, 2, 1, 4)), "wrong two axes"),
        (cut(last=(16, 7, 7)), "49 pixels of each patch in a row"),
        (lambda images: cut()(images).reshape(-1, 49), "one list"),
        (lambda images: cut()(images[:1])[0], "one image"),
        (lambda images: images.reshape(-1, 49, 16), "(3, 49, 16)"),
        (lambda images: images[:, :7, :7], "(3, 7, 7)"),
        (lambda images: slices(images)[::-1], "elsewhere"),
    ],
}

MODELS = {
    "24.4": (
        [pointer],
        [
            (lambda: pointer(epochs=0), "trained"),
            (lambda: pointer(epochs=1, rows=500), "of new digits are right"),
            (lambda: pointer(position=False), "which one it is"),
            (lambda: pointer(attention=False), "only its own digit"),
            (lambda: pointer(follow=False), "gives back"),
            (lambda: pointer(gru=True, epochs=0), "leave the recurrent layer out"),
            (lambda: pointer(outputs=1, epochs=0), "(1000, 10, 10)"),
            (lambda: 0.99, "Keras model"),
        ],
    )
}
