import functools

import numpy as np

from dlhelpers import data
from dlhelpers.exercises import nb11


def mirrored(other=lambda x: x[:, :, ::-1], join=lambda a, b: (a + b) / 2):
    return lambda predict, x: join(predict(x), predict(other(x)))


def one_by_one(predict, x):
    return np.stack([predict(np.stack([a, np.fliplr(a)])).mean(axis=0) for a in x])


def ghosts(predict, x):
    return predict((x / 2) + (x[:, :, ::-1] / 2))


def block(
    *, norms=2, inner=True, ends=False, last=True, shortcut="all", bias=False, early=False, swapped=False, join="Add",
    filters=None, size=3, convs=2, padding="same", activation=None, bottle=None, tuple_=False,
):
    """The block of exercise 11.3, right or with one thing changed."""

    def residual_block(z):
        from keras import layers

        n, start = filters or z.shape[-1], z
        for k in range(convs):
            kernels = bottle if bottle and k == 0 else n
            conv = layers.Conv2D(kernels, size, padding=padding, use_bias=bias, activation=activation)
            if early:
                z = conv(layers.ReLU()(layers.BatchNormalization()(z)))
                continue
            z = conv(z)
            if swapped:
                z = layers.BatchNormalization()(layers.ReLU()(z))
                continue
            z = layers.BatchNormalization()(z) if k < norms else z
            if (k == 0 and inner) or (k == 1 and ends):
                z = layers.ReLU()(z)
            if k == 0 and shortcut == "second":
                start = z
        if shortcut != "none":
            z = getattr(layers, join)()([start, z])
        if shortcut == "twice":
            z = layers.Add()([start, z])
        z = layers.ReLU()(z) if last else z
        return (z, start) if tuple_ else z

    return residual_block


def with_plus(z):
    import keras
    from keras import layers

    f = layers.BatchNormalization()(layers.Conv2D(z.shape[-1], (3, 3), padding="same")(z))
    f = layers.Activation("relu")(f)
    f = layers.BatchNormalization()(layers.Conv2D(z.shape[-1], (3, 3), padding="same")(f))
    return keras.activations.relu(f + z)


def nested(z):
    import keras
    from keras import layers

    kernels = {"padding": "same", "use_bias": False}
    F = keras.Sequential([
        layers.Conv2D(z.shape[-1], 3, **kernels), layers.BatchNormalization(), layers.ReLU(),
        layers.Conv2D(z.shape[-1], 3, **kernels), layers.BatchNormalization(),
    ])
    return keras.ops.relu(z + F(z))


def overwritten(z):
    from keras import layers

    for k in range(2):
        z = layers.BatchNormalization()(layers.Conv2D(z.shape[-1], 3, padding="same")(z))
        z = layers.ReLU()(z) if k == 0 else z
    return layers.ReLU()(z + z)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def at_random(predict, x):
    from keras import layers

    return (predict(x) + predict(layers.RandomFlip("horizontal")(x, training=True))) / 2


def probabilities(predict, x):
    return (softmax(predict(x)) + softmax(predict(x[:, :, ::-1]))) / 2


def in_order(order):
    """A block of conv (c), batch norm (b), ReLU (r), dropout (d), and the addition of the input (+)."""

    def residual_block(z):
        from keras import layers

        start, n = z, z.shape[-1]
        for part in order:
            if part == "+":
                z = layers.Add()([start, z])
                continue
            layer = {
                "c": layers.Conv2D(n, 3, padding="same"), "b": layers.BatchNormalization(), "r": layers.ReLU(),
                "d": layers.Dropout(0.2),
            }[part]
            z = layer(z)
        return z

    return residual_block


def made_on_tensor(z):
    from keras import layers

    return layers.ReLU(in_order("cbrcb+")(z))


def two_arguments(z):
    from keras import layers

    return layers.ReLU()(layers.Add()(z, in_order("cbrcb")(z)))


def kernels_as_shape(z):
    from keras import layers

    return layers.Conv2D(z.shape, 3, padding="same")(z)


def not_called(z):
    from keras import layers

    return layers.ReLU()


def forgets(z):
    import keras

    return block()(keras.Input((8, 8, 6)))


LOWEST = -(0.91 * np.log(0.91) + 0.09 * np.log(0.01))

RIGHT = {
    "11.1": [(np.sqrt(0.6 * 0.4 / 2000),), (0.011,), ([0.01095],)],
    "11.4": [
        (mirrored(),),
        (one_by_one,),
        (lambda predict, x: np.mean([predict(x), predict(np.flip(x, axis=2))], axis=0),),
    ],
    "11.5": [(LOWEST,), (0.5003,), (-np.sum([0.91, *[0.01] * 9] * np.log([0.91, *[0.01] * 9])),)],
    "11.3": [(block(),), (block(bias=True),), (with_plus,), (nested,), (nb11._residual_block,)],
}

WRONG = {
    "11.1": [
        ((0.24 / 2000,), "variance"),
        ((np.sqrt(0.24),), "single image"),
        ((np.sqrt(0.24) / 2000,), "under the root"),
        ((1.095,), "percent"),
        ((2 * 0.010954,), "two standard errors"),
        ((np.sqrt(2 * 0.24 / 2000),), "difference"),
        ((0.01,), "two digits"),
        ((np.sqrt(0.24 / 8000),), "validation"),
        ((np.sqrt(0.6 / 2000),), "1 - a"),
        ((np.float64("nan"),), "negative number"),
        ((0.24 / np.sqrt(2000),), "over n alone"),
        ((np.sqrt(0.24 / 4000),), "validation"),
        ((np.sqrt(0.36 / 2000),), "twice under"),
        ((np.sqrt(0.4 / 2000),), "both factors"),
        ((1.96 * 0.010954,), "two standard errors"),
        ((np.sqrt(0.24 / 1200),), "all images that were counted"),
        ((1 / np.sqrt(2000),), "a(1 - a) is missing"),
        ((0.015,), "difference"),
    ],
    "11.4": [
        (mirrored(lambda x: x[:, ::-1]), "heads"),
        (mirrored(lambda x: x[..., ::-1]), "Red and blue"),
        (mirrored(lambda x: x[::-1]), "reverse order"),
        (mirrored(lambda x: x[:, ::-1, ::-1]), "half a turn"),
        (mirrored(lambda x: np.swapaxes(x, 1, 2)), "swapped"),
        (mirrored(join=lambda a, b: a + b), "sum of both"),
        (mirrored(join=lambda a, b: a + b / 2), "Brackets"),
        (mirrored(join=lambda a, b: b), "mirrored images alone"),
        (mirrored(join=np.maximum), "larger"),
        (lambda predict, x: predict(x), "Where is the mirrored"),
        (ghosts, "ghosts"),
        (lambda predict, x: predict((x + x[:, :, ::-1]) / 2), "ghosts"),
        (probabilities, "averaged probabilities"),
        (lambda predict, x: (predict(x) + predict(x)[:, ::-1]) / 2, "turned around"),
        (lambda predict, x: (x + x[:, :, ::-1]) / 2, "never calls"),
        (lambda predict, x: predict(x) * 0 + x.reshape(4, -1)[:, :10] if x is None else predict(x)[:1], "Ten logits"),
        (lambda predict, x: np.stack([predict(a) for a in x]), "takes a batch"),
        (mirrored(np.flip), "All axes"),
        (mirrored(lambda x: x[:, :, :-1]), "keeps all pixels"),
        (mirrored(join=lambda a, b: np.stack([a, b])), "np.mean(..., axis=0)"),
        (lambda predict, x: softmax(mirrored()(predict, x)), "softmax at the end"),
        (at_random, "at random"),
    ],
    "11.5": [
        ((0.0,), "lowest loss for one-hot"),
        ((-LOWEST,), "minus"),
        ((-np.log(0.91),), "other nine"),
        ((0.0858,), "alone"),
        ((-(0.91 * np.log(0.91) + 0.01 * np.log(0.01)),), "nine other classes"),
        ((-(0.91 * np.log(0.91) + 0.1 * np.log(0.01)),), "not ten"),
        ((0.5448 * 0 + -(0.9 * np.log(0.9) + 0.1 * np.log(0.1 / 9)),), "shared among"),
        ((-(np.log(0.91) + 9 * np.log(0.01)),), "Weight"),
        ((LOWEST / np.log(2),), "natural"),
        ((2.3026,), "knows nothing"),
        ((LOWEST / 10,), "mean"),
        (([0.91] + 9 * [0.01],), "the targets themselves"),
        ((0.91,), "best probability"),
        ((-(0.91 * np.log(0.91) + 0.09 * np.log(0.09)),), "not one with 0.09"),
        ((-(0.9 * np.log(0.9) + 0.09 * np.log(0.01)),), "0.09 together"),
        ((-np.log(0.01),), "one other class"),
    ],
    "11.3": [
        (block(ends=True, last=False), "F ends in a ReLU"),
        (block(ends=True), "second one"),
        (block(last=False), "after the addition is missing"),
        (block(shortcut="none"), "no shortcut"),
        (block(shortcut="second"), "behind the first"),
        (block(shortcut="twice"), "twice"),
        (block(inner=False), "between the two"),
        (block(norms=1), "two batch norms"),
        (block(norms=0), "two batch norms"),
        (block(convs=1), "two convolutions"),
        (block(size=5), "3 x 3"),
        (block(filters=32), "z.shape[-1]"),
        (block(bottle=3), "number of channels"),
        (block(padding="valid"), "padding="),
        (overwritten, "overwritten"),
        (block(activation="relu", inner=False), "activation of the convolution"),
        (block(join="Concatenate"), "side by side"),
        (block(join="Multiply"), "multiplied"),
        (block(join="Subtract"), "subtracted"),
        (block(join="Average"), "mean of the two"),
        (block(early=True, last=False), "later variant"),
        (block(swapped=True), "behind the ReLUs"),
        (block(tuple_=True), "one tensor"),
        (not_called, "Call each layer"),
        (forgets, "does not depend"),
        (in_order("cbrcbd+r"), "no dropout"),
        (in_order("cbrc+br"), "behind the addition"),
        (in_order("cbr+cbr"), "in the middle"),
        (made_on_tensor, "layers.ReLU()(z)"),
        (two_arguments, "one list"),
        (kernels_as_shape, "one number"),
    ],
}


def whitening(images):
    """A fixed first layer, with the principal directions of patches as kernels."""
    import keras
    from keras import layers

    view = np.lib.stride_tricks.sliding_window_view(images, (4, 4), axis=(1, 2))[:, ::4, ::4]
    values, vectors = np.linalg.eigh(np.cov(np.moveaxis(view, 3, -1).reshape(-1, 48).T))
    kernels = (vectors / np.sqrt(values + 0.01))[:, :-25:-1].reshape(4, 4, 3, 24)
    conv = layers.Conv2D(48, 4, strides=2, padding="same", use_bias=False)
    layer = keras.Sequential([keras.Input((32, 32, 3)), conv, layers.ReLU()])
    layer.set_weights([np.concatenate([kernels, -kernels], axis=-1)])
    layer.trainable = False
    return layer


def network(
    *, epochs=0, kernels=(24, 32), scale=True, outputs=10, side=32, convolve=True, divide=1, where="train", white=False
):
    """A small network for photographs, trained or not."""
    import keras
    from keras import layers
    from sklearn.model_selection import train_test_split

    keras.utils.set_random_seed(1)
    x, y = data.load_cifar10()[0]
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=2000, stratify=y, random_state=0)
    mean, sd = x_train.mean(axis=(0, 1, 2)), x_train.std(axis=(0, 1, 2))
    parts = [keras.Input((side, side, 3))]
    parts += [layers.Normalization(mean=mean, variance=sd**2)] if scale else []
    if convolve:
        first = layers.Conv2D(16, 4, strides=2, padding="same")
        parts.append(whitening((x_train[:500] - mean) / sd) if white else first)
    else:
        parts.append(layers.AveragePooling2D(2))
    for n in kernels if convolve else ():
        parts += [layers.Conv2D(n, 3, padding="same"), layers.BatchNormalization(momentum=0.9)]
        parts += [layers.ReLU(), layers.MaxPooling2D()]
    model = keras.Sequential([*parts, layers.Flatten(), layers.Dense(outputs)])
    if epochs:
        x, y = {"val": (x_val, y_val), "train": (x_train, y_train), "all": (x, y)}[where]
        rate = keras.optimizers.schedules.CosineDecay(0.003, epochs * len(x) // 100)
        model.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(x / divide, y, batch_size=100, epochs=epochs, verbose=0)
    return model


trained = functools.cache(network)


def history():
    import keras

    return keras.callbacks.History()


def broken():
    model = network()
    model.set_weights([weights * np.nan for weights in model.get_weights()])
    return model


MODELS = {
    "11.2": (
        [lambda: trained(epochs=4, white=True)],
        [
            (lambda: network(), "guessing"),
            (lambda: network(kernels=(128, 128)), "are the most"),
            (lambda: network(side=28), "(32, 32, 3)"),
            (lambda: network(outputs=100), "Ten logits"),
            (lambda: trained(epochs=1, kernels=(4, 4)), "enough epochs"),
            (lambda: trained(epochs=1, convolve=False, outputs=10), "no convolution"),
            (lambda: trained(epochs=3, scale=False, divide=255.0), "0 to 1"),
            (lambda: trained(epochs=12, where="val", white=True), "better than the training"),
            (broken, "nan"),
            (lambda: trained(epochs=12, where="all", white=True), "fresh ones"),
            (lambda: history(), "history"),
            (lambda: 0.7, "Keras model"),
        ],
    )
}
