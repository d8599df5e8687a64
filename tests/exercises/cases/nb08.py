import numpy as np


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


RIGHT = {
    "08.1": [([-2, 4],), (np.array([[-2.0, 4.0]]),), ((-2, 4),)],
    "08.2": [
        (lambda n, k, padding, stride: (n + 2 * padding - k) // stride + 1,),
        (lambda n, k, padding, stride: np.floor((n + 2 * padding - k) / stride) + 1,),
    ],
    "08.3": [(kernel(1, 0),), ([[0, 0, 0], [1, 0, 0], [0, 0, 0]],), (kernel(1, 0)[:, :, None, None],)],
    "08.4": [(lambda image, size: blocks(image, size).max(axis=(1, 3)),), (by_loops,)],
    "08.5": [(51264,), (np.float32(51264),), ([51264],)],
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
    "08.3": [
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
    "08.4": [
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
    "08.5": [
        ((51200,), "bias, too"),
        ((51201,), "One bias"),
        ((51232,), "not 32"),
        ((1664,), "channels are missing"),
        ((801,), "one kernel"),
        ((10304,), "25"),
        ((14 * 14 * 51264,), "share"),
        ((6400,), "outputs"),
        ((0.5,), "whole number"),
        ((53248,), "share it"),
    ],
}
