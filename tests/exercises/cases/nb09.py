import functools

import numpy as np

from dlhelpers import data

RAW = data.load_mnist()[0][0][:1000]
X = RAW[..., None].astype("float32") / 255


def right_by(x, k):
    result = np.zeros_like(x)
    result[:, :, k:] = x[:, :, : 28 - k]
    return result


def minus_k(x, k):
    result = np.zeros_like(x)
    result[:, :, k:] = x[:, :, :-k]
    return result


def down(x, k):
    result = np.zeros_like(x)
    result[:, k:] = x[:, : 28 - k]
    return result


def left(x, k):
    result = np.zeros_like(x)
    result[:, :, : 28 - k] = x[:, :, k:]
    return result


def shuffle(x, order):
    return x.reshape(len(x), 784)[:, order].reshape(x.shape)


def one_by_one(x, order):
    return np.stack([image.ravel()[order].reshape(28, 28, 1) for image in x])


def own_order(x, order):
    rng = np.random.default_rng(0)
    return np.stack([image.ravel()[rng.permutation(784)].reshape(28, 28, 1) for image in x])


def across_images(x, order):
    return x.ravel()[np.random.default_rng(0).permutation(x.size)].reshape(x.shape)


def rules(side, channels, kernel, kernels):
    return side - kernel + 1, kernels * (kernel * kernel * channels + 1)


def count(function):
    return lambda n, c, k, m: (n - k + 1, function(n, c, k, m))


def few_digits(n=10_000):
    (x, y), _ = data.load_mnist()
    return x[:n, ..., None].astype("float32") / 255, y[:n]


def network(
    *, epochs=0, kernels=(8, 16), hidden=(), size=28, outputs=10, convolve=True, head=True, scale=1.0, moves=(0,)
):
    """A small CNN, trained on 10 000 digits, of which equal parts are moved by `moves` pixels."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    parts = [keras.Input((size, size, 1))]
    for count in kernels if convolve else ():
        parts += [layers.Conv2D(count, 5, activation="relu"), layers.MaxPooling2D()]
    if head:
        parts += [layers.Flatten(), *(layers.Dense(n, activation="relu") for n in hidden), layers.Dense(outputs)]
    model = keras.Sequential(parts)
    model.compile(keras.optimizers.Adam(0.004), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    if epochs:
        x, y = few_digits()
        m = len(moves)
        x = np.concatenate([right_by(x[i::m], k) for i, k in enumerate(moves)])
        y = np.concatenate([y[i::m] for i in range(m)])
        model.fit(x * scale, y, batch_size=50, epochs=epochs, verbose=0)
    return model


trained = functools.cache(network)


def sizeless():
    import keras
    from keras import layers

    return keras.Sequential([layers.Conv2D(8, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(10)])


def broken():
    model = network()
    model.set_weights([weights * np.nan for weights in model.get_weights()])
    return model


RIGHT = {
    "09.1": [
        (X,),
        (np.expand_dims(RAW, -1).astype(np.float32) / np.float32(255),),
        ((RAW.reshape(-1, 28, 28, 1) / 255).astype("float32"),),
    ],
    "09.2": [
        (rules,),
        (lambda n, c, k, m: [n - (k - 1), m * k**2 * c + m],),
        (lambda n, c, k, m: np.array([len(np.convolve(np.ones(n), np.ones(k), "valid")), (k * k * c + 1) * m]),),
    ],
    "09.4": [
        (shuffle,),
        (one_by_one,),
        (lambda x, order: np.take(x.reshape(-1, 784), order, axis=1).reshape(-1, 28, 28, 1),),
        (lambda x, order: x[:, order // 28, order % 28].reshape(x.shape),),
    ],
    "09.5": [
        (right_by,),
        (lambda x, k: np.pad(x, ((0, 0), (0, 0), (k, 0), (0, 0)))[:, :, :28].tolist(),),
        (lambda x, k: np.concatenate([np.zeros_like(x[:, :, :k]), x[:, :, : 28 - k]], axis=2),),
        (lambda x, k: np.roll(x, k, axis=2) * (np.arange(28) >= k)[:, None],),
    ],
}

WRONG = {
    "09.1": [
        ((X[..., 0],), "channel is missing"),
        ((data.load_mnist()[0][0][-1000:, ..., None].astype("float32") / 255,), "last"),
        ((data.load_mnist()[1][0][:1000, ..., None].astype("float32") / 255,), "test images"),
        ((X.reshape(-1, 784),), "784"),
        ((X.transpose(0, 3, 1, 2),), "first here"),
        ((X[None, ..., 0],), "new axis"),
        ((RAW[..., None].astype("float32"),), "Divide by 255"),
        ((X.astype("float64"),), "float64"),
        (((RAW[..., None] // 255).astype("float32"),), "throws"),
        ((X / 255,), "once"),
        ((X[:100],), "1000"),
        ((1 - X,), "Ink stays 1"),
        ((X.swapaxes(1, 2),), "on their side"),
        ((X[::-1],), "not the first"),
        (((RAW[..., None] / 255).astype("uint8"),), "whole numbers"),
    ],
    "09.2": [
        ((lambda n, c, k, m: rules(n, c, k, m)[::-1],), "order"),
        ((lambda n, c, k, m: (n, rules(n, c, k, m)[1]),), "padding"),
        ((lambda n, c, k, m: (n - k, rules(n, c, k, m)[1]),), "one too small"),
        ((lambda n, c, k, m: ((n - k + 1) ** 2, rules(n, c, k, m)[1]),), "number of places"),
        ((lambda n, c, k, m: (n - 2 * (k - 1), rules(n, c, k, m)[1]),), "in all"),
        ((count(lambda n, c, k, m: m * k * k * c),), "biases"),
        ((count(lambda n, c, k, m: m * k * k * c + 1),), "not enough"),
        ((count(lambda n, c, k, m: m * k * k * c + c),), "not to each input"),
        ((count(lambda n, c, k, m: m * (k * k + 1)),), "input channels"),
        ((count(lambda n, c, k, m: m * (k * c + 1)),), "k times k"),
        ((count(lambda n, c, k, m: k * k * c + 1),), "one kernel"),
        ((count(lambda n, c, k, m: m * (k * k * c + 1) * (n - k + 1) ** 2),), "share"),
        ((count(lambda n, c, k, m: 5),), "side is right"),
        ((lambda n, c, k, m: n - k + 1,), "two numbers"),
    ],
    "09.4": [
        ((lambda x, order: x.reshape(len(x), 784)[:, order],), "shape of images"),
        ((lambda x, order: x.copy(),), "as they were"),
        ((lambda x, order: shuffle(x, np.argsort(order)),), "argsort"),
        ((own_order,), "same order for all"),
        ((lambda x, order: shuffle(x.swapaxes(1, 2), order).swapaxes(1, 2),), "column by column"),
        ((across_images,), "into another"),
        ((lambda x, order: shuffle(x, np.arange(784)[::-1]),), "order that came in"),
        ((lambda x, order: shuffle(x, order % 28),), "lost or doubled"),
        ((lambda x, order: x[np.random.default_rng(1).permutation(len(x))],), "into another"),
    ],
    "09.5": [
        ((lambda x, k: np.roll(x, k, axis=2),), "comes back on the left"),
        ((lambda x, k: np.roll(x, k, axis=1),), "rows"),
        ((minus_k,), "k = 0"),
        ((lambda x, k: right_by(x, 4),), "whatever k is"),
        ((down,), "down"),
        ((left,), "to the left"),
        ((lambda x, k: x.copy(),), "Nothing"),
        ((lambda x, k: x[:, :, k:],), "size"),
        ((lambda x, k: np.roll(x, k),), "Without an axis"),
        ((lambda x, k: x * (np.arange(28) >= k)[:, None],), "only cover"),
        ((lambda x, k: np.concatenate([x[:, :, :k], x[:, :, : 28 - k]], axis=2),), "old image"),
    ],
}
MODELS = {
    "09.3": (
        [lambda: trained(epochs=5)],
        [
            (lambda: network(), "guessing"),
            (lambda: trained(epochs=5, convolve=False, hidden=(16,)), "no convolution"),
            (lambda: network(hidden=(128,)), "The largest layer is a Dense"),
            (lambda: network(kernels=(16, 64)), "take fewer kernels"),
            (lambda: network(size=32), "(28, 28, 1)"),
            (lambda: network(outputs=100), "Ten numbers"),
            (lambda: network(head=False), "feature maps"),
            (lambda: trained(epochs=1, kernels=(2,)), "96.5 %"),
            (lambda: trained(epochs=4, scale=255.0), "0 to 255"),
            (broken, "nan"),
            (sizeless, "size of its images"),
            (lambda: 3, "Keras model"),
        ],
    ),
    "09.6": (
        [lambda: trained(epochs=8, moves=(0, 1, 2, 3, 4))],
        [
            (lambda: trained(epochs=5), "such digits"),
            (lambda: trained(epochs=4, moves=(4,)), "Show it both"),
            (lambda: network(), "guessing"),
            (lambda: network(outputs=5), "Ten numbers"),
            (lambda: trained(epochs=1, kernels=(2, 4), moves=(0, 1, 2, 3, 4)), "more epochs"),
            (lambda: "model", "Keras model"),
        ],
    ),
}
