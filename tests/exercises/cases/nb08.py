import numpy as np
from scipy.signal import correlate2d


def kernel(row, column, weight=1.0):
    values = np.zeros((3, 3))
    values[row, column] = weight
    return values


def blocks(image, size):
    rows, columns = image.shape
    return image.reshape(rows // size, size, columns // size, size)


def by_loops(image, size):
    rows, columns = image.shape[0] // size, image.shape[1] // size
    bands = [image[i * size : (i + 1) * size] for i in range(rows)]
    return [[float(band[:, j * size : (j + 1) * size].max()) for j in range(columns)] for band in bands]


def overlapping(image, size):
    return np.lib.stride_tricks.sliding_window_view(image, (size, size)).max(axis=(2, 3))


def first_windows(image, size):
    return overlapping(image, size)[: len(image) // size, : image.shape[1] // size]


def stops_early(image, size):
    result = np.zeros((image.shape[0] // size, image.shape[1] // size))
    for i in range(len(result)):
        for j in range(result.shape[1]):
            result[i, j] = image[i * size : (i + 1) * size, j * size : (j + 1) * size].max()
        return result


def windows(x, w):
    return np.lib.stride_tricks.sliding_window_view(x, w.shape) * w


def by_windows(x, w):
    return np.einsum("ijkl,kl->ij", np.lib.stride_tricks.sliding_window_view(x, w.shape), w)


def by_two_loops(image, kernel):
    height, width = kernel.shape
    out = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + height, j : j + width] * kernel)
    return out


def by_shifted_images(x, w):
    rows, columns = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    return sum(w[a, b] * x[a : a + rows, b : b + columns] for a, b in np.ndindex(w.shape))


def first_row_only(x, w):
    out = np.zeros_like(by_windows(x, w))
    out[0] = by_windows(x, w)[0]
    return out


def first_place_only(x, w):
    out = np.zeros_like(by_windows(x, w))
    out[0, 0] = by_windows(x, w)[0, 0]
    return out


def wrong_start(x, w):
    out = by_windows(x, w)
    return out[:, np.arange(out.shape[1]) // 2]


def bar_net(kernels=3, epochs=12, pool="GlobalMaxPooling2D", outputs=3, padding="same", kinds=3, size=16, head=True):
    """The network of exercise 08.4, trained on bars of so many kinds."""
    import keras
    from keras import layers

    from dlhelpers.exercises.nb08 import bar_images

    keras.utils.set_random_seed(1)
    x, y = bar_images(2000, seed=3, kinds=kinds)
    body = [layers.Conv2D(kernels, 5, padding=padding)] if kernels else []
    body += [getattr(layers, pool)()] if pool else []
    body += [layers.Dense(outputs, activation="softmax")] if head else []
    model = keras.Sequential([keras.Input((size, size, 1)), *body])
    model.compile(keras.optimizers.Adam(0.03), "sparse_categorical_crossentropy")
    if epochs:
        model.fit(x, y, batch_size=50, epochs=epochs, verbose=0)
    return model


def broken():
    model = bar_net(epochs=0)
    model.set_weights([weights * np.nan for weights in model.get_weights()])
    return model


def sizeless():
    import keras

    return keras.Sequential([keras.layers.Conv2D(2, 5), keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(3)])


RIGHT = {
    "08.1": [([-2, 4],), (np.array([[-2.0, 4.0]]),), ((-2, 4),)],
    "08.2": [(by_two_loops,), (by_windows,), (by_shifted_images,), (lambda x, w: correlate2d(x, w, mode="valid"),)],
    "08.3": [
        (lambda n, k, padding, stride: (n + 2 * padding - k) // stride + 1,),
        (lambda n, k, padding, stride: np.floor((n + 2 * padding - k) / stride) + 1,),
    ],
    "08.5": [(kernel(1, 0),), ([[0, 0, 0], [1, 0, 0], [0, 0, 0]],), (kernel(1, 0)[:, :, None, None],)],
    "08.6": [(lambda image, size: blocks(image, size).max(axis=(1, 3)),), (by_loops,)],
}

WRONG = {
    "08.1": [
        (([2, -4],), "turned round"),
        (([-5, -2, 4, 4],), "padding"),
        ((np.convolve([2, 5, 4, 1], [1, 0, -1]),), "Six"),
        (([2, 0, -4],), "products"),
        (([2, 0, -4, 5, 0, -1],), "products"),
        (([6, 6],), "sign"),
        (([11, 10],), "only adds"),
        (([4, -2],), "order"),
        ((-2,), "two answers"),
    ],
    "08.2": [
        ((lambda x, w: by_windows(x, w[::-1, ::-1]),), "turned round"),
        ((lambda x, w: correlate2d(x, w, mode="same"),), "stays inside"),
        ((lambda x, w: by_windows(x, w).T,), "transposed"),
        ((lambda x, w: by_windows(x[:-1, :-1], w),), "too few"),
        ((lambda x, w: by_windows(x, np.ones_like(w)),), "weights are missing"),
        ((lambda x, w: by_windows(x, w) / w.size,), "np.sum"),
        ((lambda x, w: by_windows(x, np.ones_like(w)) / w.size,), "averages"),
        ((lambda x, w: windows(x, w).max(axis=(2, 3)),), "largest product"),
        ((lambda x, w: np.zeros_like(by_windows(x, w)),), "still 0"),
        ((lambda x, w: np.sum(x[: w.shape[0], : w.shape[1]] * w),), "shape"),
        ((first_row_only,), "outer loop"),
        ((first_place_only,), "inside a loop"),
        ((wrong_start,), "starts at row i"),
        ((lambda x, w: x * w,), "entry by entry"),
        ((lambda x, w: by_windows(x, w) + 1,), "the numbers are not"),
    ],
    "08.3": [
        ((lambda n, k, padding, stride: (n + 2 * padding - k) // stride,), "starts"),
        ((lambda n, k, padding, stride: (n + 2 * padding - k) / stride + 1,), "fraction"),
        ((lambda n, k, padding, stride: np.ceil((n + 2 * padding - k) / stride) + 1,), "rounds up"),
        ((lambda n, k, padding, stride: (n + padding - k) // stride + 1,), "both sides"),
        ((lambda n, k, padding, stride: (n - k) // stride + 1,), "padding is missing"),
        ((lambda n, k, padding, stride: n + 2 * padding - k + 1,), "stride is missing"),
        ((lambda n, k, padding, stride: (n + 2 * padding - k + 1) // stride,), "after the division"),
        ((lambda n, k, padding, stride: (n + 2 * padding) // stride,), "kernel has a size"),
        ((lambda n, k, padding, stride: (n - 2 * padding - k) // stride + 1,), "larger"),
        ((lambda n, k, padding, stride: n + 2 * padding - k // stride + 1,), "Brackets"),
        ((lambda n, k, padding, stride: n - k + 1,), "steps of one"),
    ],
    "08.5": [
        ((kernel(1, 2),), "to the left"),
        ((kernel(0, 1),), "down"),
        ((kernel(2, 1),), "up"),
        ((kernel(1, 1),), "identity"),
        ((kernel(0, 0),), "diagonal"),
        ((kernel(1, 0) + kernel(1, 1),), "Exactly one"),
        ((kernel(1, 0, -1),), "brightness"),
        ((kernel(1, 0) - kernel(1, 1),), "edges"),
        ((np.eye(3),), "several pixels"),
        ((np.ones((3, 3)) / 9,), "several pixels"),
        (([1, 0, 0],), "3 x 3"),
        ((kernel(1, 0).ravel(),), "(9,)"),
    ],
    "08.6": [
        ((lambda image, size: blocks(image, size).mean(axis=(1, 3)),), "mean pooling"),
        ((lambda image, size: blocks(image, size).min(axis=(1, 3)),), "smallest"),
        ((lambda image, size: image[::size, ::size],), "every"),
        ((overlapping,), "overlap"),
        ((lambda image, size: image.max(),), "whole image"),
        ((lambda image, size: image[:size, :size].max(),), "`return`"),
        ((lambda image, size: blocks(image, size).max(axis=(1, 3)).T,), "transposed"),
        ((lambda image, size: np.maximum(blocks(image, size).max(axis=(1, 3)), 0),), "became 0"),
        ((lambda image, size: blocks(image, size).max(axis=1),), "gives"),
        ((first_windows,), "i * size"),
        ((stops_early,), "`return`"),
        ((lambda image, size: max(image[:size, :size]),), "np.max"),
    ],
}

MODELS = {
    "08.4": (
        [bar_net, lambda: bar_net(kernels=4)],
        [
            (lambda: bar_net(kernels=1), "one kernel"),
            (lambda: bar_net(epochs=0), "guessing"),
            (lambda: bar_net(kinds=2), "all three"),
            (lambda: bar_net(outputs=4, epochs=0), "three outputs"),
            (lambda: bar_net(kernels=8, epochs=0), "at most 150"),
            (lambda: bar_net(kernels=1, pool="Flatten", epochs=0), "in place of Flatten"),
            (lambda: bar_net(kernels=2, padding="valid", epochs=12), "border"),
            (lambda: bar_net(pool=None, head=False, epochs=0), "feature map"),
            (lambda: bar_net(size=28, epochs=0), "(16, 16, 1)"),
            (broken, "nan"),
            (sizeless, "size of its images"),
            (lambda: "0.97", "Keras model"),
        ],
    )
}
