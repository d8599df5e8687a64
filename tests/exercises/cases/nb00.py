import numpy as np

RIGHT = {
    "00.1": [(784,), (784.0,), ([784],)],
    "00.2": [(0.13066,), (33.318421 / 255,)],
    "00.3": [(lambda x: x.astype("float32") / 255,), (lambda x: np.float32(x) * np.float32(1 / 255),)],
}

WRONG = {
    "00.1": [
        ((28,), "height"),
        ((60_000,), "images"),
        ((47_040_000,), "all images"),
        ((7_840_000,), "all images"),
        ((56,), "sides"),
    ],
    "00.2": [
        ((33.318,), "255"),
        ((33.791 / 255,), "test"),
        ((33.318421 / 256,), "256"),
        ((1567205952,), "sum"),
        ((0.131,), "rounded"),
        ((0.86934,), "paper"),
        ((0.13093,), "all images"),
    ],
    "00.3": [
        ((lambda x: x.astype("float32"),), "Divide"),
        ((lambda x: x / 256,), "255, not 256"),
        ((lambda x: x // 255,), "rounds"),
        ((lambda x: x / 255,), "float32"),
        ((lambda x: (x / 255).ravel(),), "shape"),
        ((lambda x: (x / x.max()).astype("float32"),), "one scale"),
        ((lambda x: x.__itruediv__(255),), "in place"),
        ((lambda x: np.zeros((60, 28, 28), "float32"),), "images"),
        ((0.5,), "function"),
    ],
}
