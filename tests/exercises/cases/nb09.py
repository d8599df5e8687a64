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


def no_input():
    import keras
    from keras import layers

    return keras.Sequential([layers.Conv2D(8, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(100)])


def network(*, channels=3, classes=100, last=None, pool=True, flat=False, convolve=True, head=True):
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    parts = [keras.Input((32, 32, channels))]
    for kernels in (16, 32):
        parts += [layers.Conv2D(kernels, 3, activation="relu")] if convolve else []
        parts += [layers.MaxPooling2D()] if pool else []
    if head:
        parts += [layers.Flatten() if flat else layers.GlobalAveragePooling2D(), layers.Dense(classes, activation=last)]
    return keras.Sequential(parts)


def stride_only():
    import keras
    from keras import layers

    body = [layers.Conv2D(8, 3, strides=4, activation="relu"), layers.Flatten(), layers.Dense(100)]
    return keras.Sequential([keras.Input((32, 32, 3)), *body])


RIGHT = {
    "09.1": [(X,), (np.expand_dims(RAW, -1).astype(np.float32) / np.float32(255),)],
    "09.2": [(18496,), (np.float64(18496),)],
    "09.3": [(6,), (np.array([6]),)],
    "09.5": [(right_by,), (lambda x, k: np.pad(x, ((0, 0), (0, 0), (k, 0), (0, 0)))[:, :, :28].tolist(),)],
}

WRONG = {
    "09.1": [
        ((X[..., 0],), "channel is missing"),
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
        ((640,), "channels are missing"),
        ((18432,), "has a bias"),
        ((18464,), "not to each input channel"),
        ((6208,), "3 x 3"),
        ((320,), "first layer"),
        ((18816,), "both"),
    ],
    "09.3": [
        ((8,), "padding"),
        ((7,), "second convolution"),
        ((12,), "before the last"),
        ((5,), "F - 1"),
        ((26,), "poolings are missing"),
        ((36,), "area"),
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
    "09.4": (
        [lambda: network(), lambda: network(pool=False)],
        [
            (lambda: network(channels=1), "three"),
            (lambda: network(classes=10), "100 numbers"),
            (lambda: network(last="softmax"), "probabilities"),
            (lambda: network(last="relu"), "positive"),
            (lambda: network(last="tanh"), "any number"),
            (lambda: network(flat=True), "largest layer is a Dense"),
            (lambda: network(convolve=False), "no convolution"),
            (stride_only, "no pooling"),
            (lambda: network(head=False), "still a picture"),
            (lambda: 3, "Keras model"),
            (no_input, "does not know"),
        ],
    ),
}
